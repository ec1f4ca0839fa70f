//! Plans of any size, with a little of everything that a reviewer must not miss.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::keys::{api_definition, security_group};
use privlink_model::{
    Access, Account, Action, Address, AttributeChange, Attrs, Change, ChangeSet, Observed, Op, Owner, Plan, Reason,
    Scope, Status, Step, StepId, Undo, UndoOp, Value,
};

/// A plan of so many steps in so many accounts. Of every 20 changes of an account two delete, one loosens a policy, and one
/// interrupts; `bulk` is how many paths each policy is about.
pub(super) fn plan(steps: usize, accounts: usize, bulk: usize) -> Plan {
    let scopes: Vec<Scope> =
        (0..accounts).map(|number| Scope::new(format!("{:012}", 100_000_000_000 + number), "us-east-1")).collect();
    let (changes, steps) = (0..steps).map(|number| one(number, &scopes[number % accounts], bulk)).unzip();
    let account = |(number, scope): (usize, &Scope)| Account {
        name: format!("team-{number}"),
        id: scope.account.clone(),
        region: scope.region.clone(),
        access: Access::Ambient,
    };
    Plan {
        project: "big".to_owned(),
        id: "0".to_owned(),
        accounts: scopes.iter().enumerate().map(account).collect(),
        queries: BTreeMap::new(),
        objects: BTreeMap::new(),
        changes: ChangeSet { changes },
        steps,
        findings: Vec::new(),
        eta: Some((Duration::from_secs(3_000), "change API definition".to_owned())),
    }
}

fn one(number: usize, scope: &Scope, bulk: usize) -> (Change, Step) {
    let name = format!("api/service-{number}/definition");
    let (action, reason) = match number / 7 % 20 {
        0 | 1 => (Action::Delete, Reason::NotInSpec),
        2 | 3 => (Action::Update, Reason::Differs),
        _ => (Action::Create, Reason::Absent),
    };
    let policy = |who: usize| {
        let paths = (0..bulk).map(|path| format!("execute-api:/*/GET/service-{number}/path-{path}"));
        let endpoints = (0..who).map(|endpoint| format!("vpce-{endpoint}"));
        let met = Value::map([("StringEquals", Value::map([("aws:SourceVpce", Value::text_set(endpoints))]))]);
        let statement = Value::map([
            ("Effect", Value::from("Allow")),
            ("Principal", Value::from("*")),
            ("Action", Value::from("execute-api:Invoke")),
            ("Resource", Value::text_set(paths)),
            ("Condition", met),
        ]);
        Value::map([("Statement", Value::List(vec![statement]))])
    };
    let kind = if action == Action::Update { api_definition::KIND } else { security_group::KIND };
    let attrs = Attrs::new().with(&security_group::NAME, format!("service-{number}"));
    let before = Observed {
        kind,
        scope: scope.clone(),
        id: format!("id-{number}"),
        owner: Owner::Nobody,
        status: Status::Ready,
        attrs: attrs.clone(),
        tags: BTreeMap::new(),
    };
    let update = action == Action::Update;
    let attributes = update.then(|| AttributeChange {
        key: api_definition::POLICY.key().to_owned(),
        before: Some(policy(1)),
        after: Some(policy(2)),
    });
    let change = Change {
        address: Address::new(name),
        kind,
        scope: scope.clone(),
        action,
        reason,
        before: (action != Action::Create).then_some(before),
        after: (action != Action::Delete).then(|| attrs.clone()),
        attributes: attributes.into_iter().collect(),
        because: format!("api \"service-{number}\""),
        origin: None,
    };
    let op = match action {
        Action::Delete => Op::Delete { id: format!("id-{number}"), before: attrs },
        Action::Update => Op::Update {
            id: format!("id-{number}"),
            before: attrs.clone(),
            after: attrs,
            changed: vec!["policy".to_owned()],
            phase: None,
        },
        _ => Op::Create { attrs, tags: BTreeMap::new() },
    };
    let step = Step {
        id: StepId(u32::try_from(number).unwrap() + 1),
        address: change.address.clone(),
        kind,
        scope: scope.clone(),
        op,
        call: "Call".to_owned(),
        needs: BTreeSet::new(),
        undo: Undo::Exact(UndoOp::Delete),
        settle: None,
        token: String::new(),
        outage: (update && number.is_multiple_of(2)).then(|| "requests fail until it is deployed".to_owned()),
    };
    (change, step)
}
