//! Toy kinds with every fact a schema can state, and short ways to make specs of them.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Address, ApiCall, AttributeSchema, Bucket, Desired, KindSchema, Kinds, Origin, Ownership, Plan, Query,
    ReplaceOrder, Resource, Scope, Service, Snapshot, Tells, Value, Waits,
};

use crate::{Inputs, Options, plan};

const fn attr(key: &'static str) -> AttributeSchema {
    AttributeSchema::new(key, "An attribute.")
}

const fn call(name: &'static str) -> Option<ApiCall> {
    Some(ApiCall::new(name, Bucket { capacity: 4.0, refill: 0.5 }))
}

const BASE: KindSchema = KindSchema {
    ownership: Ownership::Tags,
    create: call("Create"),
    update: call("Update"),
    delete: call("Delete"),
    ..KindSchema::look_up("", "", Service::Ec2)
};

const SECRET: AttributeSchema = AttributeSchema { secret: true, ..attr("password") };
const ID: AttributeSchema = attr("id").computed();

pub(super) static BALANCER: KindSchema = KindSchema {
    name: "balancer",
    title: "load balancer",
    attributes: &[
        ID,
        attr("name").required().immutable(),
        attr("groups").set().outage("connections are cut"),
        attr("zones").set().apart(),
        attr("vpc").computed(),
    ],
    create: call("CreateBalancer"),
    update: call("SetGroups"),
    delete: call("DeleteBalancer"),
    ready: Some(Waits::secs("active", 120, 5, 600)),
    gone: Some(Waits::secs("gone", 30, 5, 600)),
    loses: Some("its ARN and DNS name"),
    ..BASE
};

pub(super) static GROUP: KindSchema = KindSchema {
    name: "group",
    title: "security group",
    attributes: &[ID, attr("name").immutable(), attr("vpc").immutable(), attr("rules").set(), attr("note")],
    create: call("CreateGroup"),
    update: call("ModifyGroup"),
    delete: call("DeleteGroup"),
    ..BASE
};

pub(super) static ENFORCEMENT: KindSchema = KindSchema {
    name: "enforcement",
    title: "enforcement",
    attributes: &[ID, attr("balancer").required().immutable(), attr("enforce")],
    ownership: Ownership::Parent("balancer"),
    key: &["balancer"],
    deleted_with: &["balancer"],
    create: call("SetEnforcement"),
    update: call("SetEnforcement"),
    delete: None,
    ..BASE
};

pub(super) static LISTENER: KindSchema = KindSchema {
    name: "listener",
    title: "listener",
    attributes: &[ID, attr("balancer").required().immutable(), attr("port"), attr("pool").required()],
    deleted_with: &["balancer"],
    create: call("CreateListener"),
    update: call("ModifyListener"),
    delete: call("DeleteListener"),
    ..BASE
};

pub(super) static POOL: KindSchema = KindSchema {
    name: "pool",
    title: "target group",
    attributes: &[ID, attr("port").immutable(), attr("vpc").immutable()],
    replace: ReplaceOrder::DeleteFirst,
    create: call("CreatePool"),
    delete: call("DeletePool"),
    update: None,
    ..BASE
};

pub(super) static MEMBERS: KindSchema = KindSchema {
    name: "members",
    title: "registered targets",
    attributes: &[ID, attr("pool").required().immutable(), attr("addresses").required().set().additive()],
    ownership: Ownership::Parent("pool"),
    key: &["pool"],
    deleted_with: &["pool"],
    create: call("Register"),
    update: call("Register"),
    delete: call("Deregister"),
    ..BASE
};

pub(super) static ENDPOINT: KindSchema = KindSchema {
    name: "endpoint",
    title: "endpoint",
    attributes: &[
        ID,
        attr("service").required().immutable(),
        attr("subnets").set(),
        SECRET,
        attr("addresses").computed().set(),
    ],
    create: call("CreateEndpoint"),
    update: call("ModifyEndpoint"),
    delete: call("DeleteEndpoint"),
    ready: Some(Waits::secs("available", 60, 5, 600)),
    loses: Some("its id and addresses"),
    ..BASE
};

pub(super) static SERVICE: KindSchema = KindSchema {
    name: "service",
    title: "endpoint service",
    attributes: &[ID, attr("balancers").set(), attr("service-name").computed()],
    create: call("CreateService"),
    update: call("ModifyService"),
    delete: call("DeleteService"),
    loses: Some("its name"),
    ..BASE
};

pub(super) static CONNECTION: KindSchema = KindSchema {
    name: "connection",
    title: "connection",
    attributes: &[
        ID,
        attr("service").required().immutable().tells(Tells::Used),
        attr("endpoint").required().immutable().tells(Tells::User).awaited(),
        attr("state").strict().tells(Tells::Unused),
        attr("account").computed().tells(Tells::UserAccount),
    ],
    ownership: Ownership::Parent("service"),
    key: &["service", "endpoint"],
    create: call("Accept"),
    update: call("Accept"),
    delete: call("Reject"),
    ..BASE
};

pub(super) static LINK: KindSchema = KindSchema {
    name: "link",
    title: "VPC link",
    attributes: &[ID, attr("balancer").required().immutable()],
    create: call("CreateLink"),
    delete: call("DeleteLink"),
    update: None,
    ready: Some(Waits::secs("available", 180, 5, 900)),
    loses: Some("its id"),
    ..BASE
};

pub(super) static API: KindSchema = KindSchema {
    name: "api",
    title: "REST API",
    attributes: &[ID, attr("name").required().immutable()],
    create: call("CreateApi"),
    update: call("UpdateApi"),
    delete: call("DeleteApi"),
    loses: Some("its id"),
    ..BASE
};

pub(super) static DEFINITION: KindSchema = KindSchema {
    name: "definition",
    title: "definition",
    attributes: &[
        ID,
        attr("api").required().immutable(),
        attr("paths").document(),
        attr("policy").document().tells(Tells::WaysIn),
    ],
    ownership: Ownership::Parent("api"),
    key: &["api"],
    deleted_with: &["api"],
    create: call("PutApi"),
    update: call("PutApi"),
    delete: None,
    ..BASE
};

pub(super) static DEPLOYMENT: KindSchema = KindSchema {
    name: "deployment",
    title: "deployment",
    attributes: &[ID, attr("api").required().immutable(), attr("digest").required().immutable()],
    ownership: Ownership::Parent("api"),
    key: &["api"],
    deleted_with: &["api"],
    replace: ReplaceOrder::KeepOld,
    create: call("CreateDeployment"),
    update: None,
    delete: call("DeleteDeployment"),
    ..BASE
};

pub(super) static STAGE: KindSchema = KindSchema {
    name: "stage",
    title: "stage",
    attributes: &[ID, attr("api").required().immutable(), attr("deployment").required()],
    deleted_with: &["api"],
    create: call("CreateStage"),
    update: call("UpdateStage"),
    delete: call("DeleteStage"),
    ..BASE
};

/// Nodes of random graphs: `base` and `version` cannot be changed in place, `uses` and `size` can.
const NODE: &[AttributeSchema] = &[
    ID,
    attr("version").required().immutable(),
    attr("base").immutable(),
    attr("size"),
    attr("uses").set(),
    attr("shape").computed().set(),
];
pub(super) static FIRST: KindSchema = KindSchema { name: "first", title: "first", attributes: NODE, ..BASE };
pub(super) static LAST: KindSchema =
    KindSchema { name: "last", title: "last", attributes: NODE, replace: ReplaceOrder::DeleteFirst, ..BASE };
pub(super) static CHILD: KindSchema = KindSchema {
    name: "child",
    title: "child",
    attributes: &[ID, attr("of").required().immutable(), attr("size"), attr("uses").set().additive()],
    ownership: Ownership::Parent("of"),
    key: &["of"],
    deleted_with: &["of"],
    ..BASE
};
/// Told from others by its name.
pub(super) static KEYED: KindSchema = KindSchema {
    name: "keyed",
    title: "keyed",
    attributes: &[ID, attr("name").required().immutable(), attr("shape").immutable()],
    key: &["name"],
    ..BASE
};
/// One alone is private in a place; its doors are closed in place only where it cannot be replaced.
pub(super) static GATE: KindSchema = KindSchema {
    name: "gate",
    title: "gate",
    attributes: &[ID, attr("place").immutable(), attr("private").alone_in(&["place"]), attr("doors").grows()],
    ..BASE
};
/// Something that is only looked up.
pub(super) static NETWORK: KindSchema = KindSchema {
    name: "network",
    title: "network",
    attributes: &[ID],
    ownership: Ownership::LookUp,
    create: None,
    update: None,
    delete: None,
    ..BASE
};

pub(super) static KINDS: Kinds = Kinds::new(&[
    &BALANCER,
    &GROUP,
    &ENFORCEMENT,
    &LISTENER,
    &POOL,
    &MEMBERS,
    &ENDPOINT,
    &SERVICE,
    &CONNECTION,
    &LINK,
    &API,
    &DEFINITION,
    &DEPLOYMENT,
    &STAGE,
    &FIRST,
    &LAST,
    &CHILD,
    &KEYED,
    &GATE,
    &NETWORK,
]);

pub(super) fn here() -> Scope {
    Scope::new("111111111111", "us-east-1")
}

/// A reference to another resource's id.
pub(super) fn id(address: &str) -> Value {
    Value::of(&Address::new(address), "id")
}

/// A spec of resources: address, kind, attributes.
pub(super) fn spec<const N: usize>(resources: [Resource; N]) -> Desired {
    Desired { resources: resources.into_iter().map(|it| (it.address.clone(), it)).collect() }
}

pub(super) fn resource<const N: usize>(
    address: &str,
    kind: &'static KindSchema,
    attrs: [(&str, Value); N],
) -> Resource {
    Resource {
        address: Address::new(address),
        kind: kind.name,
        scope: here(),
        attrs: attrs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        tags: BTreeMap::new(),
        after: BTreeSet::new(),
        origin: Origin::default(),
        because: format!("node {address:?}"),
    }
}

pub(super) fn set<const N: usize>(items: [Value; N]) -> Value {
    Value::Set(items.into_iter().collect())
}

pub(super) fn planned(desired: &Desired, snapshot: &Snapshot) -> Plan {
    planned_with(desired, snapshot, Options::default())
}

pub(super) fn planned_with(desired: &Desired, snapshot: &Snapshot, options: Options) -> Plan {
    let queries: BTreeMap<Scope, Vec<Query>> = BTreeMap::new();
    plan(Inputs {
        project: "toys",
        kinds: &KINDS,
        desired,
        snapshot,
        accounts: &[],
        queries: &queries,
        findings: Vec::new(),
        options,
    })
}
