//! The kinds of the little world, one for each way in which AWS's kinds differ.

use privlink_model::{
    ApiCall, Attr, AttributeSchema, Bucket, KindSchema, Kinds, Ownership, ReplaceOrder, Service, Value, Waits,
};

pub(crate) const NAME: Attr<String> = Attr::new("name");
pub(crate) const SIZE: Attr<i64> = Attr::new("size");
pub(crate) const ZONE: Attr<i64> = Attr::new("zone");
pub(crate) const PEERS: Attr<Value> = Attr::new("peers");
pub(crate) const USES: Attr<Value> = Attr::new("uses");
pub(crate) const TARGETS: Attr<Value> = Attr::new("targets");
pub(crate) const OWNER: Attr<String> = Attr::new("owner");
pub(crate) const DIGEST: Attr<String> = Attr::new("digest");
pub(crate) const POINTS: Attr<String> = Attr::new("points");
pub(crate) const ADDRESSES: Attr<Value> = Attr::new("addresses");
pub(crate) const CONTENT: Attr<Value> = Attr::new("content");

const fn plain(key: &'static str) -> AttributeSchema {
    AttributeSchema::new(key, "A toy.")
}

static ATTRIBUTES: [AttributeSchema; 11] = [
    plain("name").required().immutable(),
    plain("size"),
    plain("zone").immutable(),
    plain("peers").set().additive(),
    plain("uses").set(),
    plain("targets").set(),
    plain("owner").immutable(),
    plain("digest").immutable(),
    plain("points"),
    plain("addresses").set().computed(),
    plain("content").computed(),
];

const fn call(name: &'static str) -> Option<ApiCall> {
    Some(ApiCall::new(name, Bucket { capacity: 1.0, refill: 1.0 }))
}

const fn kind(name: &'static str) -> KindSchema {
    KindSchema {
        attributes: &ATTRIBUTES,
        ownership: Ownership::Tags,
        create: call("CreateToy"),
        update: call("UpdateToy"),
        delete: call("DeleteToy"),
        ..KindSchema::look_up(name, name, Service::Ec2)
    }
}

/// Comes back under another id with other addresses; takes a while to come and to go.
static GATE: KindSchema = KindSchema {
    ready: Some(Waits::secs("open", 5, 2, 60)),
    gone: Some(Waits::secs("gone", 10, 2, 60)),
    loses: Some("its id and its addresses"),
    ..kind("gate")
};
/// Comes back under another id, which nobody misses; has a set that is changed in two calls.
static GROUP: KindSchema = kind("group");
/// Belongs to another object, which takes it along; has no tags.
static RULE: KindSchema = KindSchema {
    ownership: Ownership::Parent("owner"),
    key: &["owner", "name"],
    deleted_with: &["owner"],
    ..kind("rule")
};
/// Of which there are no two under one name.
static SOLE: KindSchema = KindSchema {
    replace: ReplaceOrder::DeleteFirst,
    gone: Some(Waits::secs("gone", 5, 2, 60)),
    loses: Some("its id"),
    ..kind("sole")
};
/// Takes along what makes it up.
static API: KindSchema = KindSchema { loses: Some("its id"), ..kind("api") };
/// What an API does. Its id is the API's.
static DEFINITION: KindSchema = KindSchema {
    ownership: Ownership::Parent("owner"),
    key: &["owner"],
    deleted_with: &["owner"],
    replace: ReplaceOrder::DeleteFirst,
    ..kind("definition")
};
/// What an API did at a time.
static SNAPSHOT: KindSchema = KindSchema {
    ownership: Ownership::Parent("owner"),
    key: &["owner"],
    deleted_with: &["owner"],
    replace: ReplaceOrder::KeepOld,
    update: None,
    loses: Some("its id, and what it was a snapshot of"),
    ..kind("snapshot")
};
/// Which snapshot runs.
static POINTER: KindSchema = KindSchema {
    deleted_with: &["owner"],
    replace: ReplaceOrder::DeleteFirst,
    loses: Some("its history"),
    ..kind("pointer")
};
/// Stays for ever.
static MARK: KindSchema = KindSchema { permanent: Some("a mark cannot be deleted"), delete: None, ..kind("mark") };

static ALL: [&KindSchema; 9] = [&GATE, &GROUP, &RULE, &SOLE, &API, &DEFINITION, &SNAPSHOT, &POINTER, &MARK];

/// All of them.
pub(crate) static KINDS: Kinds = Kinds::new(&ALL);

/// The facts about one.
pub(crate) fn schema(kind: &str) -> &'static KindSchema {
    KINDS.get(kind).unwrap()
}
