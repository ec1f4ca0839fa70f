//! Which permissions an account's credentials need: to be read, and to carry out a plan.
//!
//! Owns: choosing permissions from the schemas, and putting names into their resources.
//! Refuses to know: how a policy document is written (`policy_document`), what credentials are allowed (`simulation`).
//! Read next: `policy_document`.
//!
//! A plan needs what its steps need, what taking each of them back needs, and what reading all that needs: the pre-flight
//! asks for no less, so that an apply which may begin may also be rolled back.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::keys::{ADDRESS_TAG, ID, PROJECT_TAG, endpoint, route_table, subnet, vpc};
use privlink_model::keys::{transit_gateway, visible_service};
use privlink_model::{
    Access, Account, Attrs, Confined, KindSchema, Op, Operation, Ownership, Permission, Plan, Query, Scope, Step,
    StepId, Undo, UndoOp, Value, Want, partition,
};

use crate::KINDS;
use crate::policy_document::{PolicyDocument, Statement};

/// A permission that creating takes.
pub(crate) const fn create(action: &'static str, resource: &'static str, by: Confined) -> (Operation, Permission) {
    (Operation::Create, Permission::new(action, resource).confined(by))
}

/// A permission that changing in place takes.
pub(crate) const fn update(action: &'static str, resource: &'static str, by: Confined) -> (Operation, Permission) {
    (Operation::Update, Permission::new(action, resource).confined(by))
}

/// A permission that deleting takes.
pub(crate) const fn delete(action: &'static str, resource: &'static str, by: Confined) -> (Operation, Permission) {
    (Operation::Delete, Permission::new(action, resource).confined(by))
}

/// Making the role with which Elastic Load Balancing acts in an account: it does with the first load balancer.
pub(crate) const LOAD_BALANCING_ROLE: (Operation, Permission) = create(
    SERVICE_ROLE,
    concat!(
        "iam::{account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/",
        "AWSServiceRoleForElasticLoadBalancing"
    ),
    Confined::ByService("elasticloadbalancing.amazonaws.com"),
);

/// Making the role with which API Gateway acts in an account: it does with the first API or VPC link.
pub(crate) const API_GATEWAY_ROLE: (Operation, Permission) = create(
    SERVICE_ROLE,
    "iam::{account}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
    Confined::ByService("ops.apigateway.amazonaws.com"),
);

const SERVICE_ROLE: &str = "iam:CreateServiceLinkedRole";

/// Finds out beforehand what credentials lack.
const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// Finds out who did something.
pub(crate) const LOOKUP: &str = "cloudtrail:LookupEvents";

/// Puts an event on a bus.
pub(crate) const PUT: &str = "events:PutEvents";

/// Finds out whether there is such a bus, for what is put on none is lost.
pub(crate) const DESCRIBE: &str = "events:DescribeEventBus";

/// Where permissions hold, and for which project.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    account: &'a str,
    region: &'a str,
    project: &'a str,
}

/// The policy that reading an account takes: what is the project's own there, and what the queries look up.
pub fn gather_policy(account: &Account, project: &str, queries: &[Query]) -> PolicyDocument {
    let place = Place { account: &account.id, region: &account.region, project };
    let mut statements = Vec::new();
    for schema in KINDS.iter().filter(|schema| is_read(schema, queries)) {
        statements.extend(schema.read_actions.iter().map(|permission| place.statement(permission)));
    }
    PolicyDocument::of(statements)
}

/// The policy that applying a saved plan takes in one of its accounts, from reading it again to rolling it back.
pub fn plan_policy(account: &Account, plan: &Plan) -> PolicyDocument {
    let scope = Scope::new(&account.id, &account.region);
    let place = Place { account: &account.id, region: &account.region, project: &plan.project };
    let queries = plan.queries.get(&scope).map(Vec::as_slice).unwrap_or_default();
    let mut policy = gather_policy(account, &plan.project, queries);
    let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.scope == scope).collect();
    if steps.is_empty() {
        return policy;
    }
    for permission in steps.into_iter().flat_map(permissions).map(|(permission, _)| permission) {
        policy.add(place.statement(&permission));
    }
    policy.add(simulating(account));
    policy
}

/// The policy that a check for drift takes in an account: reading it, asking its log who did it, and putting what was found on
/// an event bus, by its name or ARN, where the account's credentials are to do that.
pub fn drift_policy(account: &Account, project: &str, queries: &[Query], bus: Option<&str>) -> PolicyDocument {
    let mut policy = gather_policy(account, project, queries);
    policy.add(Statement::new([LOOKUP], [ANY.to_owned()]));
    if let Some(bus) = bus {
        let partition = partition(&account.region);
        let arn = || format!("arn:{partition}:events:{}:{}:event-bus/{bus}", account.region, account.id);
        let arn = if bus.starts_with("arn:") { bus.to_owned() } else { arn() };
        policy.add(Statement::new([PUT, DESCRIBE], [arn]));
    }
    policy
}

/// What looking at one's own permissions takes. It is no more than a wish: without it an apply begins unexamined.
fn simulating(account: &Account) -> Statement {
    let partition = partition(&account.region);
    let principals = match &account.access {
        Access::Role(role) => vec![role.arn.clone()],
        Access::Ambient | Access::Profile(_) => {
            ["role", "user"].map(|kind| format!("arn:{partition}:iam::{}:{kind}/*", account.id)).to_vec()
        }
    };
    Statement::new([SIMULATE], principals)
}

/// What is looked up is read only where a query asks for it.
fn is_read(schema: &KindSchema, queries: &[Query]) -> bool {
    let asks = |query: &Query| {
        let kinds: &[&str] = match query {
            Query::Vpc(_) => &[vpc::KIND, subnet::KIND, route_table::KIND, endpoint::KIND],
            Query::LoadBalancer(_) => &[],
            Query::EndpointService(_) => &[visible_service::KIND],
            Query::TransitGateway(_) => &[transit_gateway::KIND],
        };
        kinds.contains(&schema.name)
    };
    schema.ownership != Ownership::LookUp || queries.iter().any(asks)
}

/// Something that a plan needs in a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What must be allowed.
    pub want: Want,
    /// The steps that need it, or whose undo does.
    pub steps: BTreeSet<StepId>,
    /// Whether only taking steps back needs it.
    pub only_undo: bool,
    /// Whether it is needed once in the life of an account, so that whoever lacks it may well do without.
    pub once: bool,
}

/// Everything that a plan needs in each scope.
pub fn wants(plan: &Plan) -> BTreeMap<Scope, Vec<Wanted>> {
    let mut all: BTreeMap<Scope, BTreeMap<Want, Wanted>> = BTreeMap::new();
    for step in &plan.steps {
        let place = Place { account: &step.scope.account, region: &step.scope.region, project: &plan.project };
        let of_scope = all.entry(step.scope.clone()).or_default();
        for (permission, undo) in permissions(step) {
            for want in place.wants(&permission, step) {
                let once = matches!(permission.confined, Confined::ByService(_));
                let wanted = of_scope.entry(want.clone()).or_insert_with(|| Wanted {
                    want,
                    steps: BTreeSet::new(),
                    only_undo: true,
                    once,
                });
                wanted.steps.insert(step.id);
                wanted.only_undo &= undo;
            }
        }
    }
    all.into_iter().map(|(scope, wants)| (scope, wants.into_values().collect())).collect()
}

/// What a step and its undo take, each with whether only the undo does.
fn permissions(step: &Step) -> Vec<(Permission, bool)> {
    let Some(schema) = KINDS.get(step.kind) else { return Vec::new() };
    let own = match step.op {
        Op::Create { .. } => Operation::Create,
        Op::Update { .. } => Operation::Update,
        Op::Delete { .. } => Operation::Delete,
        Op::Wait { .. } => Operation::Wait,
    };
    let back = match step.undo {
        Undo::Exact(UndoOp::Delete) => Some(Operation::Delete),
        Undo::Exact(UndoOp::Restore) => Some(Operation::Update),
        Undo::Exact(UndoOp::Recreate) | Undo::Recreate { .. } => Some(Operation::Create),
        Undo::Exact(UndoOp::Nothing) | Undo::None { .. } => None,
    };
    let of = |wanted: Option<Operation>, undo: bool| {
        let matching = schema.write_actions.iter().filter(move |(operation, _)| Some(*operation) == wanted);
        matching.map(move |(_, permission)| (*permission, undo))
    };
    let reads = schema.read_actions.iter().map(|permission| (*permission, false));
    let all = reads.chain(of(Some(own), false)).chain(of(back, true));
    all.filter(|(permission, _)| permission.turns_on.is_none_or(|key| turns_on(step, key))).collect()
}

/// Whether a step or its undo turns an attribute on.
fn turns_on(step: &Step, key: &str) -> bool {
    let is_off = |attrs: &Attrs| attrs.get(key).and_then(Value::as_bool) == Some(false);
    match &step.op {
        Op::Create { attrs, .. } => !is_off(attrs),
        Op::Update { before, after, .. } => is_off(before) != is_off(after),
        Op::Delete { before, .. } | Op::Wait { before, .. } => !is_off(before),
    }
}

impl Place<'_> {
    /// The statement that grants a permission here, whatever the names of the objects.
    fn statement(self, permission: &Permission) -> Statement {
        let resource = self.resources(permission.resource, |_, _| vec![ANY.to_owned()]);
        let statement = Statement::new([permission.action], resource);
        let project = |key: &str| (format!("{key}/{PROJECT_TAG}"), self.project.to_owned());
        match permission.confined {
            Confined::Not => statement,
            Confined::ByRequest => statement.when([project("aws:RequestTag")]),
            Confined::ByObject => statement.when([project("aws:ResourceTag")]),
            Confined::ByTagging(call) => {
                statement.when([project("aws:RequestTag"), (create_action(permission.action), call.to_owned())])
            }
            Confined::ByService(service) => statement.when([(SERVICE_NAME.to_owned(), service.to_owned())]),
        }
    }

    /// What a step wants to be allowed for the sake of a permission: one want for each object it is about.
    fn wants(self, permission: &Permission, step: &Step) -> Vec<Want> {
        let mut context = BTreeMap::from([(REQUESTED_REGION.to_owned(), vec![self.region.to_owned()])]);
        let mut tell = |key: String, value: &str| {
            context.entry(key).or_insert_with(Vec::new).push(value.to_owned());
        };
        match permission.confined {
            Confined::Not => {}
            Confined::ByObject => tell(format!("aws:ResourceTag/{PROJECT_TAG}"), self.project),
            Confined::ByService(service) => tell(SERVICE_NAME.to_owned(), service),
            Confined::ByRequest | Confined::ByTagging(_) => {
                let mine = BTreeMap::from([(PROJECT_TAG.to_owned(), self.project.to_owned())]);
                let tags = match &step.op {
                    Op::Create { tags, .. } if !tags.is_empty() => tags,
                    _ => &mine,
                };
                for (key, value) in tags {
                    tell("aws:TagKeys".to_owned(), key);
                    // No two steps have the same address, and no policy is about one: all would have to be asked for.
                    if key != ADDRESS_TAG {
                        tell(format!("aws:RequestTag/{key}"), value);
                    }
                }
                if let Confined::ByTagging(call) = permission.confined {
                    tell(create_action(permission.action), call);
                }
            }
        }
        let named = |before: &str, key: &str| {
            let known = texts(step, key);
            if known.is_empty() { vec![stand_in(before)] } else { known }
        };
        let resources = self.resources(permission.resource, named);
        let want = |resource| Want { action: permission.action.to_owned(), resource, context: context.clone() };
        resources.into_iter().map(want).collect()
    }

    /// The ARNs that a pattern stands for. `named` gives the values of an attribute, by what stands before it and its name.
    fn resources(self, pattern: &str, named: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
        if pattern == ANY {
            return vec![ANY.to_owned()];
        }
        let mut arns = vec![format!("arn:{}:", partition(self.region))];
        let mut rest = pattern;
        while let Some((before, key, after)) = placeholder(rest) {
            let values = match key {
                "region" => vec![self.region.to_owned()],
                "account" => vec![self.account.to_owned()],
                key => named(before, key),
            };
            arns = arns
                .iter()
                .flat_map(|arn| {
                    // An identity that is an ARN says all itself.
                    let whole = |value: &String| value.starts_with("arn:");
                    values.iter().map(move |value| match whole(value) {
                        true => value.clone(),
                        false => format!("{arn}{before}{value}"),
                    })
                })
                .collect();
            rest = after;
        }
        arns.iter().map(|arn| format!("{arn}{rest}")).collect()
    }
}

/// Any name, and any resource.
const ANY: &str = "*";

/// What a name is like that AWS has not given yet: a policy may allow only names that begin as AWS's do.
fn stand_in(before: &str) -> String {
    const PREFIXES: [(&str, &str); 6] = [
        (":vpc-endpoint/", "vpce-"),
        (":vpc-endpoint-service/", "vpce-svc-"),
        (":security-group/", "sg-"),
        (":security-group-rule/", "sgr-"),
        (":vpc/", "vpc-"),
        (":subnet/", "subnet-"),
    ];
    let prefix = PREFIXES.iter().find(|(kind, _)| before.ends_with(kind)).map_or("", |(_, prefix)| prefix);
    format!("{prefix}{ANY}")
}

/// What the role is for that a service makes for itself.
const SERVICE_NAME: &str = "iam:AWSServiceName";
const REQUESTED_REGION: &str = "aws:RequestedRegion";

/// The condition key that says with which call tags are given.
fn create_action(action: &str) -> String {
    let service = action.split(':').next().unwrap_or_default();
    format!("{service}:CreateAction")
}

/// The first name in braces, with what is before and after it.
fn placeholder(pattern: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = pattern.split_once('{')?;
    let (key, after) = rest.split_once('}')?;
    Some((before, key, after))
}

/// What is known of an attribute of the resource of a step, before and after it.
fn texts(step: &Step, key: &str) -> Vec<String> {
    let of = |attrs: &Attrs| match attrs.get(key) {
        Some(Value::Text(text)) => vec![text.clone()],
        Some(value) => value.texts(),
        None => Vec::new(),
    };
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut known = true;
    let mut add = |attrs: &Attrs| {
        known &= attrs.get(key).is_none_or(Value::is_known);
        found.extend(of(attrs));
    };
    match &step.op {
        Op::Create { attrs, .. } => add(attrs),
        Op::Update { id, before, after, .. } => {
            add(before);
            add(after);
            found.extend((key == ID.key()).then(|| id.clone()));
        }
        Op::Delete { id, before } | Op::Wait { id, before } => {
            add(before);
            found.extend((key == ID.key()).then(|| id.clone()));
        }
    }
    // Some of them would be taken for all.
    if known { found.into_iter().collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests;
