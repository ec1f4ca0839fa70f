//! Kind schemas: the facts about an AWS resource kind that drive the differ, the planner, the engine and the views.
//!
//! **Invariant:** generic code never asks which kind it has before it; what it needs to know is a fact here.

use std::time::Duration;

use crate::cloud::Operation;
use crate::permission::Permission;
use crate::value::Value;

/// An AWS service, as quotas and permissions know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Amazon EC2, which owns networks and PrivateLink.
    Ec2,
    /// Elastic Load Balancing v2.
    Elb,
    /// Amazon API Gateway v1, the REST APIs.
    ApiGateway,
    /// AWS STS.
    Sts,
    /// AWS IAM, which has one region for each partition.
    Iam,
    /// AWS CloudTrail, which remembers who did what.
    CloudTrail,
    /// Amazon EventBridge.
    EventBridge,
}

/// A token bucket of AWS's control plane: `capacity` calls at once, `refill` more each second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Calls at once.
    pub capacity: f64,
    /// Calls a second.
    pub refill: f64,
}

/// A mutating API call: its name, and the buckets it draws from, each for one account and region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ApiCall {
    /// The operation, such as `CreateVpcEndpoint`.
    pub name: &'static str,
    /// Its own bucket.
    pub bucket: Bucket,
    /// Who shares that bucket: a class of the service's operations, or the operation's name when it is alone.
    pub shared: &'static str,
    /// The bucket of all operations of the service, where there is one.
    pub total: Option<Bucket>,
}

impl ApiCall {
    /// A call with a bucket of its own and no other.
    pub const fn new(name: &'static str, bucket: Bucket) -> Self {
        Self { name, bucket, shared: name, total: None }
    }
}

/// How long AWS takes until a resource is usable (or gone) after the call returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// What is waited for, such as `available`.
    pub until: &'static str,
    /// How long it takes as a rule; feeds the ETA.
    pub typical: Duration,
    /// When to give up.
    pub limit: Duration,
    /// How often to look.
    pub poll: Duration,
    /// Whether it may be over at once, so that a look right after the call is worth its call.
    pub early: bool,
}

impl Waits {
    /// Makes a wait of seconds.
    pub const fn secs(until: &'static str, typical: u64, poll: u64, limit: u64) -> Self {
        Self {
            until,
            typical: Duration::from_secs(typical),
            limit: Duration::from_secs(limit),
            poll: Duration::from_secs(poll),
            early: false,
        }
    }

    /// Marks it as one that may be over at once.
    pub const fn early(mut self) -> Self {
        self.early = true;
        self
    }
}

/// How privlink knows that an object is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// By the tags `privlink:project` and `privlink:address`.
    Tags,
    /// By the resource its named attribute refers to: the API has no tags for it. Paired by its natural key.
    Parent(&'static str),
    /// Never: it is only looked up.
    LookUp,
}

/// In which order a replacement happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceOrder {
    /// AWS allows two at once: make, switch over, break.
    CreateFirst,
    /// Two cannot exist at once.
    DeleteFirst,
    /// The old one stays, to go back to; a later owner's deletion takes it along.
    KeepOld,
}

/// How an attribute's value is to be read and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One value on one line.
    Plain,
    /// Unordered values.
    Set,
    /// A document (policy, definition) shown as a diff of its normalised text.
    Document,
}

/// What an attribute tells of who would miss what, for those who must not lose it unawares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// It names an object that somebody uses as long as this one stands: the service of an accepted connection.
    Used,
    /// It names who uses that: the endpoint of an accepted connection.
    User,
    /// It names the account of who uses that.
    UserAccount,
    /// It names ways to this object, maybe among other things: the endpoints of an API.
    WaysIn,
    /// It has a value while nobody uses what this object leads to: the connection was rejected.
    Unused,
}

/// What naming another object by an attribute means for the way that traffic takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Traffic goes on to what it names.
    To,
    /// Traffic comes from what it names.
    From,
    /// Traffic from what it names is let in: the way in where no other is known.
    LetsIn,
    /// The object is a part of what it names: its ways are that one's.
    PartOf,
    /// What it names is a part of the object.
    Has,
    /// It names the network that the object is in.
    Within,
}

/// The facts about one attribute.
#[derive(Debug, Clone, Copy)]
pub struct AttributeSchema {
    /// The key, as in plans.
    pub key: &'static str,
    /// What it is, in one sentence.
    pub doc: &'static str,
    /// How it is read and shown.
    pub shape: Shape,
    /// Must be given.
    pub required: bool,
    /// AWS decides it; it can be referred to, and is never compared.
    pub computed: bool,
    /// A change means replacement.
    pub immutable: bool,
    /// Of a set: elements are added in place; one that is taken away means replacement, as far as both can stand at once.
    pub grows: bool,
    /// Left out of a spec it is to be left out of the object as well: a value was put there by hand. Of sets and documents that
    /// goes without saying.
    pub strict: bool,
    /// Only a change sets it, so that what is made again comes without it.
    pub only_changed: bool,
    /// Another resource's: AWS's call sets it as well, so a write carries it along as it is to be. Never compared.
    pub carried: bool,
    /// What is in force where it is absent and that is something, such as a policy that allows everything.
    pub without: Option<fn() -> Value>,
    /// Never shown or stored.
    pub secret: bool,
    /// AWS changes it by one call that adds and another that removes: two steps.
    pub additive: bool,
    /// AWS changes it by a call that changes nothing else: a step of its own.
    pub apart: bool,
    /// Why changing it in place interrupts traffic.
    pub outage: Option<&'static str>,
    /// Where it is on, AWS allows one object among those that agree on these attributes; empty when any number may have it.
    pub alone_in: &'static [&'static str],
    /// What it tells of who would miss what.
    pub tells: Option<Tells>,
    /// Whether the object it names waits for this one after it was made, so that nobody waits for that one itself.
    pub awaited: bool,
    /// What naming an object by it means for traffic.
    pub flow: Option<Flow>,
    /// Whether others name the object by it, beside its id.
    pub known_by: bool,
    /// What of a value that was read no write can bring back; none where all can.
    pub unwritable: fn(&Value) -> Option<String>,
    /// The one form two equal values have.
    pub normalise: fn(Value) -> Value,
}

impl AttributeSchema {
    /// An optional attribute that can be changed in place.
    pub const fn new(key: &'static str, doc: &'static str) -> Self {
        Self {
            key,
            doc,
            shape: Shape::Plain,
            required: false,
            computed: false,
            immutable: false,
            grows: false,
            strict: false,
            only_changed: false,
            carried: false,
            without: None,
            secret: false,
            additive: false,
            apart: false,
            outage: None,
            alone_in: &[],
            tells: None,
            awaited: false,
            flow: None,
            known_by: false,
            unwritable: |_| None,
            normalise: |value| value,
        }
    }
    /// Marks it as required.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// Marks it as decided by AWS.
    pub const fn computed(mut self) -> Self {
        self.computed = true;
        self
    }
    /// Marks it as unchangeable in place.
    pub const fn immutable(mut self) -> Self {
        self.immutable = true;
        self
    }
    /// Marks it as a set that can only grow in place.
    pub const fn grows(mut self) -> Self {
        self.shape = Shape::Set;
        self.grows = true;
        self
    }
    /// Marks it as unordered.
    pub const fn set(mut self) -> Self {
        self.shape = Shape::Set;
        self
    }
    /// Marks it as one that is AWS's default wherever a spec leaves it out.
    pub const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }
    /// Says what is in force where it is absent.
    pub const fn without(mut self, what: fn() -> Value) -> Self {
        self.without = Some(what);
        self
    }
    /// Marks it as another resource's, which a write of this one only carries along.
    pub const fn carried(mut self) -> Self {
        self.carried = true;
        self
    }
    /// Marks it as one that no create sets.
    pub const fn only_changed(mut self) -> Self {
        self.only_changed = true;
        self
    }
    /// Marks it as changed by separate calls that add and remove.
    pub const fn additive(mut self) -> Self {
        self.additive = true;
        self
    }
    /// Marks it as changed by a call of its own.
    pub const fn apart(mut self) -> Self {
        self.apart = true;
        self
    }
    /// Marks it as a document.
    pub const fn document(mut self) -> Self {
        self.shape = Shape::Document;
        self
    }
    /// Says why changing it in place interrupts traffic.
    pub const fn outage(mut self, why: &'static str) -> Self {
        self.outage = Some(why);
        self
    }
    /// Says among which objects one alone can have it on.
    pub const fn alone_in(mut self, keys: &'static [&'static str]) -> Self {
        self.alone_in = keys;
        self
    }
    /// Says what it tells of who would miss what.
    pub const fn tells(mut self, what: Tells) -> Self {
        self.tells = Some(what);
        self
    }
    /// Marks that the object it names waits for this one after it was made.
    pub const fn awaited(mut self) -> Self {
        self.awaited = true;
        self
    }
    /// Says what naming an object by it means for traffic.
    pub const fn flow(mut self, flow: Flow) -> Self {
        self.flow = Some(flow);
        self
    }
    /// Marks that others name the object by it, beside its id.
    pub const fn known_by(mut self) -> Self {
        self.known_by = true;
        self
    }
    /// Tells what of a value that was read no write can bring back.
    pub const fn unwritable(mut self, what: fn(&Value) -> Option<String>) -> Self {
        self.unwritable = what;
        self
    }
    /// Gives it a normaliser.
    pub const fn normalised(mut self, normalise: fn(Value) -> Value) -> Self {
        self.normalise = normalise;
        self
    }
}

/// The facts about one kind of AWS resource.
#[derive(Debug, Clone, Copy)]
pub struct KindSchema {
    /// Its name in plans and files, such as `vpc-link`.
    pub name: &'static str,
    /// Its name in sentences, such as `VPC link`.
    pub title: &'static str,
    /// The service that owns it.
    pub service: Service,
    /// Its attributes.
    pub attributes: &'static [AttributeSchema],
    /// How we know that one is ours.
    pub ownership: Ownership,
    /// The attributes that AWS tells one from another by, such as a name: two cannot agree on all of them. Kinds that carry no
    /// address of ours are paired by them.
    pub key: &'static [&'static str],
    /// The attributes whose referred resource, when deleted, takes this one along; such a delete is no step.
    pub deleted_with: &'static [&'static str],
    /// How it is replaced.
    pub replace: ReplaceOrder,
    /// The call that creates it.
    pub create: Option<ApiCall>,
    /// The call that changes it.
    pub update: Option<ApiCall>,
    /// The call that deletes it.
    pub delete: Option<ApiCall>,
    /// Until it is usable after create or update.
    pub ready: Option<Waits>,
    /// Until it is gone after delete.
    pub gone: Option<Waits>,
    /// What recreating a deleted one cannot bring back; none when nothing is lost.
    pub loses: Option<&'static str>,
    /// Why its creation cannot be undone; none when deleting it undoes it.
    pub permanent: Option<&'static str>,
    /// The permissions that reading it takes.
    pub read_actions: &'static [Permission],
    /// The permissions that writing it takes, each with the operation that takes it.
    pub write_actions: &'static [(Operation, Permission)],
}

impl KindSchema {
    /// A kind that is only looked up, without its attributes and what reading it takes.
    pub const fn look_up(name: &'static str, title: &'static str, service: Service) -> Self {
        Self {
            name,
            title,
            service,
            attributes: &[],
            ownership: Ownership::LookUp,
            key: &[],
            deleted_with: &[],
            replace: ReplaceOrder::CreateFirst,
            create: None,
            update: None,
            delete: None,
            ready: None,
            gone: None,
            loses: None,
            permanent: None,
            read_actions: &[],
            write_actions: &[],
        }
    }

    /// The keys of the attributes that tell something of who would miss what.
    pub fn telling(&self, what: Tells) -> impl Iterator<Item = &'static str> {
        self.attributes.iter().filter(move |attribute| attribute.tells == Some(what)).map(|attribute| attribute.key)
    }

    /// Whether two values of an attribute are the same to AWS. No value and an empty one are.
    pub fn same(&self, key: &str, one: Option<&Value>, other: Option<&Value>) -> bool {
        let some = |value| Some(self.normal(key, value)).filter(|value| !value.is_empty());
        one.and_then(some) == other.and_then(some)
    }

    /// The one form that equal values of an attribute share.
    pub fn normal(&self, key: &str, value: &Value) -> Value {
        let Some(fact) = self.attribute(key) else { return value.clone() };
        match ((fact.normalise)(value.clone()), fact.shape) {
            (Value::List(items), Shape::Set) => Value::Set(items.into_iter().collect()),
            (value, _) => value,
        }
    }

    /// Whether an attribute is one that a write sets and a read shows: neither AWS's to decide, nor the identity, nor another
    /// resource's.
    pub fn compares(&self, key: &str) -> bool {
        self.sets(key) && self.attribute(key).is_none_or(|fact| !fact.carried)
    }

    /// Whether an attribute is one that a write sets: neither AWS's to decide, nor the identity.
    pub fn sets(&self, key: &str) -> bool {
        key != crate::keys::ID.key() && self.attribute(key).is_none_or(|fact| !fact.computed)
    }

    /// The facts about one of its attributes.
    pub fn attribute(&self, key: &str) -> Option<&'static AttributeSchema> {
        self.attributes.iter().find(|attribute| attribute.key == key)
    }
}

/// The table of kinds, handed to whoever needs it.
#[derive(Debug, Clone, Copy)]
pub struct Kinds(&'static [&'static KindSchema]);

impl Kinds {
    /// Makes a table.
    pub const fn new(kinds: &'static [&'static KindSchema]) -> Self {
        Self(kinds)
    }

    /// The schema of a kind.
    pub fn get(&self, name: &str) -> Option<&'static KindSchema> {
        self.0.iter().copied().find(|schema| schema.name == name)
    }

    /// All kinds.
    pub fn iter(&self) -> impl Iterator<Item = &'static KindSchema> {
        self.0.iter().copied()
    }
}
