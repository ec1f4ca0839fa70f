//! A small world that carries out plans, step by step, and refuses what AWS would refuse.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Address, Attrs, Begun, End, History, Observed, Op, Owner, Ownership, Phase, Plan, Record, Reference,
    ScopeSnapshot, Snapshot, Status, Step, StepId, StepRecord, Unread, Value, Way, keys,
};

use super::toy::{KINDS, here};

/// All objects there are.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) objects: Vec<Observed>,
    made: u32,
}

impl World {
    /// What a gather would read.
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.scopes.insert(here(), ScopeSnapshot::default());
        for object in &self.objects {
            let listings = &mut snapshot.scopes.entry(object.scope.clone()).or_default().listings;
            let listed = listings.entry(object.kind).or_insert_with(|| Ok(Vec::new())).as_mut().unwrap();
            if object.kind == "deployment" {
                // Only the newest of each API is listed.
                listed.retain(|other| other.attrs.get("api") != object.attrs.get("api"));
            }
            listed.push(object.clone());
        }
        snapshot
    }

    /// The same, without the listing of one kind.
    pub(super) fn snapshot_without(&self, kind: &'static str) -> Snapshot {
        let mut snapshot = self.snapshot();
        let unread = Unread {
            code: "privlink::aws::denied",
            operation: format!("toy:List {kind}"),
            message: "access denied".to_owned(),
            help: None,
        };
        snapshot.scopes.entry(here()).or_default().listings.insert(kind, Err(unread));
        snapshot
    }

    pub(super) fn object(&mut self, address: &str) -> &mut Observed {
        self.objects.iter_mut().rev().find(|object| object.owner == Owner::Ours(Address::new(address))).unwrap()
    }

    /// Carries out a plan in an order that `choose` picks among the ready steps, at most `limit` steps; what a journal would
    /// tell of it.
    pub(super) fn apply(&mut self, plan: &Plan, choose: &mut dyn FnMut(usize) -> usize, limit: usize) -> History {
        let mut run = Run { plan, outputs: BTreeMap::new() };
        let mut done: BTreeSet<StepId> = BTreeSet::new();
        let mut history = History::default();
        let steps = u32::try_from(plan.steps.len()).unwrap();
        history.record(&Record::Begun(Begun { steps, ..Begun::default() })).unwrap();
        for _ in 0..plan.steps.len().min(limit) {
            let ready: Vec<&Step> = plan
                .steps
                .iter()
                .filter(|step| !done.contains(&step.id) && step.needs.iter().all(|need| done.contains(need)))
                .collect();
            let step = ready[choose(ready.len()) % ready.len()];
            self.step(&mut run, step);
            done.insert(step.id);
            self.told(&run, step).iter().for_each(|record| history.record(record).unwrap());
        }
        if done.len() == plan.steps.len() {
            history.record(&Record::Ended { end: End::Applied, at: 1 }).unwrap();
        }
        history
    }

    /// The records of a step that was done.
    fn told(&self, run: &Run, step: &Step) -> [Record; 3] {
        let id = match &step.op {
            Op::Create { .. } => run.outputs[&step.address].clone(),
            Op::Update { id, .. } | Op::Delete { id, .. } | Op::Wait { id, .. } => id.clone(),
        };
        let live = self.objects.iter().find(|object| object.kind == step.kind && object.id == id);
        let attrs = live.map(|object| object.attrs.clone()).unwrap_or_default();
        let intent = StepRecord::Intent { token: String::new(), id: String::new(), before: Attrs::new() };
        let answered = StepRecord::Answered(privlink_model::Object { id, attrs: Attrs::new() });
        [intent, answered, StepRecord::Settled(attrs)].map(|event| Record::Step {
            step: step.id,
            way: Way::Forward,
            event,
        })
    }

    fn step(&mut self, run: &mut Run, step: &Step) {
        match &step.op {
            Op::Create { attrs, .. } => {
                let attrs = self.resolve(run, attrs);
                self.create(run, step, attrs);
            }
            Op::Update { id, after, changed, phase, .. } => {
                let after = self.resolve(run, after);
                let object = self.objects.iter_mut().find(|it| it.kind == step.kind && it.id == *id).unwrap();
                for key in changed {
                    write(&mut object.attrs, after.get(key), key, *phase);
                }
                object.status = Status::Ready;
                compute(object);
                run.outputs.insert(step.address.clone(), id.clone());
                self.refuse_dangling(step);
            }
            Op::Delete { id, .. } => self.delete(run, step, id),
            Op::Wait { id, .. } => {
                let object = self.objects.iter_mut().find(|it| it.kind == step.kind && it.id == *id).unwrap();
                object.status = Status::Ready;
                compute(object);
            }
        }
    }

    fn create(&mut self, run: &mut Run, step: &Step, mut attrs: Attrs) {
        self.made += 1;
        let schema = KINDS.get(step.kind).unwrap();
        // Children answer to their parent's id, as registered targets do.
        let id = match schema.ownership {
            Ownership::Parent(parent) if step.kind != "deployment" => {
                attrs.get(parent).unwrap().as_text().unwrap().to_owned()
            }
            _ => format!("{}-{}", step.kind, self.made),
        };
        let taken = self.objects.iter().any(|it| it.kind == step.kind && it.id == id);
        assert!(!taken, "{} {id} exists already", step.kind);
        attrs.insert(keys::ID.key(), Value::Text(id.clone()));
        let owner = match schema.ownership {
            // As kinds without tags do: an address made up of the parent's id.
            Ownership::Parent(_) => Owner::Ours(Address::new(format!("?/{}/{id}", step.kind))),
            _ => Owner::Ours(step.address.clone()),
        };
        let mut object = Observed {
            kind: schema.name,
            scope: step.scope.clone(),
            id: id.clone(),
            owner,
            status: Status::Ready,
            attrs,
            tags: BTreeMap::new(),
        };
        compute(&mut object);
        self.objects.push(object);
        run.outputs.insert(step.address.clone(), id);
        self.refuse_dangling(step);
    }

    fn delete(&mut self, run: &Run, step: &Step, id: &str) {
        let schema = KINDS.get(step.kind).unwrap();
        let taken_along = |object: &Observed| {
            let schema = KINDS.get(object.kind).unwrap();
            schema.deleted_with.iter().any(|key| object.attrs.get(key) == Some(&Value::Text(id.to_owned())))
        };
        let is_it = |object: &Observed| object.kind == step.kind && object.id == id;
        assert!(self.objects.iter().any(is_it), "{id} is deleted twice");
        let child = matches!(schema.ownership, Ownership::Parent(_));
        self.objects.retain(|object| !is_it(object) && (child || !taken_along(object)));
        let action = |change: &privlink_model::Change| change.address == step.address && change.before.is_some();
        let change = run.plan.changes.changes.iter().find(|change| action(change)).unwrap();
        if child || change.action == Action::ReplaceDeleteFirst {
            return;
        }
        for object in &self.objects {
            assert!(!mentions(object, id), "{id} is deleted by step {} while {} uses it", step.id.0, object.id);
        }
    }

    /// Nothing is written that refers to what is not there.
    fn refuse_dangling(&self, step: &Step) {
        let schema = KINDS.get(step.kind).unwrap();
        let written = self
            .objects
            .iter()
            .rev()
            .find(|object| object.kind == step.kind && object.address().is_some_and(|at| *at == step.address));
        for (key, value) in written.iter().flat_map(|object| object.attrs.iter()) {
            if schema.attribute(key).is_some_and(|fact| fact.computed) {
                continue;
            }
            assert!(value.is_known(), "{key} of {} was written unresolved: {value}", step.address);
        }
    }

    fn resolve(&self, run: &Run, attrs: &Attrs) -> Attrs {
        attrs.resolve(&|reference| Some(self.value(run, reference)))
    }

    fn value(&self, run: &Run, reference: &Reference) -> Value {
        let wanted = run.plan.changes.changes.iter().filter(|change| change.address == reference.address);
        let kind = wanted.clone().find(|change| change.after.is_some()).unwrap().kind;
        let before = wanted.filter_map(|change| change.before.as_ref()).map(|object| object.id.clone()).next();
        let id = run.outputs.get(&reference.address).cloned().or(before);
        let id = id.unwrap_or_else(|| panic!("{} is used before it exists", reference.address));
        let object = self.objects.iter().find(|object| object.kind == kind && object.id == id);
        let object = object.unwrap_or_else(|| panic!("{} is used after it is gone", reference.address));
        object.attrs.get(&reference.attribute).unwrap().clone()
    }
}

struct Run<'a> {
    plan: &'a Plan,
    /// The ids that steps gave to addresses.
    outputs: BTreeMap<Address, String>,
}

/// What AWS would compute of the attributes.
fn compute(object: &mut Observed) {
    let id = object.id.clone();
    let derived = |from: &str| Value::text_set([format!("{id} over {from}")]);
    match object.kind {
        "balancer" => object.attrs.insert("vpc", "vpc-1".into()),
        "service" => object.attrs.insert("service-name", Value::Text(format!("com.example.{id}"))),
        "endpoint" => {
            let subnets = object.attrs.get("subnets").map(ToString::to_string).unwrap_or_default();
            object.attrs.insert("addresses", derived(&subnets));
        }
        "first" | "last" => {
            let size = object.attrs.get("size").map(ToString::to_string).unwrap_or_default();
            object.attrs.insert("shape", derived(&size));
        }
        _ => {}
    }
}

fn write(attrs: &mut Attrs, after: Option<&Value>, key: &str, phase: Option<Phase>) {
    let Some(phase) = phase else {
        match after {
            Some(value) => attrs.insert(key, value.clone()),
            None => {
                attrs.remove(key);
            }
        }
        return;
    };
    let elements =
        |value: Option<&Value>| -> BTreeSet<Value> { value.into_iter().flat_map(Value::elements).cloned().collect() };
    let (now, wanted) = (elements(attrs.get(key)), elements(after));
    let kept = match phase {
        Phase::Add => now.union(&wanted).cloned().collect(),
        Phase::Remove => now.intersection(&wanted).cloned().collect(),
    };
    attrs.insert(key, Value::Set(kept));
}

/// Whether an object has a text anywhere in what AWS did not compute.
pub(super) fn mentions(object: &Observed, text: &str) -> bool {
    let schema = KINDS.get(object.kind).unwrap();
    object
        .attrs
        .iter()
        .filter(|(key, _)| schema.attribute(key).is_none_or(|fact| !fact.computed))
        .any(|(_, value)| holds(value, text))
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::Text(own) => own == text,
        Value::Map(map) => map.values().any(|value| holds(value, text)),
        other => other.elements().into_iter().any(|value| holds(value, text)),
    }
}
