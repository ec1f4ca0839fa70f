//! Plans in one line a step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::{
    Address, AttributeSchema, Attrs, ChangeSet, KindSchema, Kinds, Op, Ownership, Plan, Scope, Service, Settle, Step,
    StepId, Undo, UndoOp, Value, Waits,
};

static ATTRIBUTES: [AttributeSchema; 1] = [AttributeSchema::new("computed", "What the toy cloud decides.").computed()];

const fn kind(name: &'static str, service: Service) -> KindSchema {
    KindSchema { attributes: &ATTRIBUTES, ownership: Ownership::Tags, ..KindSchema::look_up(name, name, service) }
}

static PLAIN: KindSchema = kind("plain", Service::ApiGateway);
static TOKEN: KindSchema = KindSchema { gone: Some(Waits::secs("gone", 5, 5, 40)), ..kind("token", Service::Ec2) };
static ALL: [&KindSchema; 2] = [&PLAIN, &TOKEN];
/// A kind whose creates have no token, and one whose creates have and that is gone within 40 s of its delete.
pub(crate) static KINDS: Kinds = Kinds::new(&ALL);

pub(crate) fn scope(account: u8) -> Scope {
    Scope::new(format!("{account:012}"), "us-east-1")
}

pub(crate) fn step(id: u32, address: &str, op: Op) -> Step {
    Step {
        id: StepId(id),
        address: Address::new(address),
        kind: "plain",
        scope: scope(1),
        op,
        call: "CallToy".to_owned(),
        needs: BTreeSet::new(),
        undo: Undo::Exact(UndoOp::Nothing),
        settle: None,
        token: format!("token-{id}"),
        outage: None,
    }
}

pub(crate) fn create(id: u32, address: &str) -> Step {
    step(id, address, Op::Create { attrs: Attrs::new(), tags: BTreeMap::new() })
}

pub(crate) fn update(id: u32, address: &str, before: Attrs, after: Attrs, changed: &[&str]) -> Step {
    let changed = changed.iter().map(|&key| key.to_owned()).collect();
    step(id, address, Op::Update { id: format!("{address}-id"), before, after, changed, phase: None })
}

pub(crate) fn delete(id: u32, address: &str) -> Step {
    step(id, address, Op::Delete { id: format!("{address}-id"), before: Attrs::new() })
}

pub(crate) fn wait(id: u32, address: &str) -> Step {
    step(id, address, Op::Wait { id: format!("{address}-id"), before: Attrs::new() })
}

pub(crate) trait StepExt {
    fn needs(self, needs: impl IntoIterator<Item = u32>) -> Step;
    fn settles(self, limit: u64) -> Step;
    fn tokened(self) -> Step;
    fn in_account(self, account: u8) -> Step;
    fn with(self, key: &str, value: Value) -> Step;
}

impl StepExt for Step {
    fn needs(mut self, needs: impl IntoIterator<Item = u32>) -> Step {
        self.needs = needs.into_iter().map(StepId).collect();
        self
    }

    /// Polled every five seconds.
    fn settles(mut self, limit: u64) -> Step {
        let (typical, poll) = (Duration::from_secs(1), Duration::from_secs(5));
        self.settle = Some(Settle { until: "ready".to_owned(), typical, limit: Duration::from_secs(limit), poll });
        self
    }

    fn tokened(mut self) -> Step {
        self.kind = "token";
        self
    }

    fn in_account(mut self, account: u8) -> Step {
        self.scope = scope(account);
        self
    }

    fn with(mut self, key: &str, value: Value) -> Step {
        match &mut self.op {
            Op::Create { attrs, .. } => attrs.insert(key, value),
            Op::Update { after, .. } => after.insert(key, value),
            Op::Delete { .. } | Op::Wait { .. } => panic!("nothing is asked of what is deleted or waited for"),
        }
        self
    }
}

pub(crate) fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        project: "toys".to_owned(),
        id: "plan".to_owned(),
        accounts: Vec::new(),
        queries: BTreeMap::new(),
        objects: BTreeMap::new(),
        changes: ChangeSet::default(),
        steps,
        findings: Vec::new(),
        eta: None,
    }
}

pub(crate) fn attrs(entries: &[(&str, Value)]) -> Attrs {
    entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}
