//! What the steps that are done hand to those after them.
//!
//! Owns the attributes of every resource that a step of this run made, changed or waited for, by address. Refuses to know
//! when a step starts (`dispatch`) and how a value is read that was not there in time (`late`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::{
    Address, Attrs, History, Kinds, Object, Op, Operation, Plan, Reference, Scope, Step, Value, Write, Written, keys,
};

/// How long, and how often, a value is looked for where neither step nor kind says so.
const LOOK: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(5));

/// A resource as the run knows it.
#[derive(Debug)]
struct Output {
    kind: &'static str,
    scope: Scope,
    id: String,
    attrs: Attrs,
    limit: Duration,
    poll: Duration,
}

/// A resource that must be read again, because attributes that are needed were not there when its step was done.
#[derive(Debug, Clone)]
pub(crate) struct Late {
    pub(crate) address: Address,
    pub(crate) kind: &'static str,
    pub(crate) scope: Scope,
    pub(crate) id: String,
    /// What is known of it.
    pub(crate) attrs: Attrs,
    /// What is missing.
    pub(crate) wanted: BTreeSet<String>,
    pub(crate) limit: Duration,
    pub(crate) poll: Duration,
}

/// Attributes with their references looked up.
#[derive(Debug)]
pub(crate) enum Resolved {
    /// Every value is known.
    Known(Attrs),
    /// These must be read again first.
    Late(Vec<Late>),
    /// No step of this run hands this over.
    Never(Reference),
}

/// The resources of the steps that are done.
#[derive(Debug, Default)]
pub(crate) struct Outputs(BTreeMap<Address, Output>);

impl Outputs {
    /// What the steps of an earlier part of a run left.
    pub(crate) fn of_history(plan: &Plan, history: &History, kinds: &Kinds) -> Self {
        let mut outputs = Self::default();
        for step in &plan.steps {
            if let Some(object) = history.step(step.id).forward.object() {
                outputs.restore(step, object, kinds);
            }
        }
        outputs
    }

    /// The attributes whose values are all known.
    pub(crate) fn known(&self, attrs: &Attrs) -> Attrs {
        let resolved = attrs.resolve(&|reference| self.value(reference).cloned());
        resolved.iter().filter(|(_, value)| value.is_known()).map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Looks up every reference.
    pub(crate) fn resolve(&self, attrs: &Attrs) -> Resolved {
        let mut late: BTreeMap<&Address, Late> = BTreeMap::new();
        for reference in attrs.iter().flat_map(|(_, value)| value.references()) {
            if self.value(reference).is_some() {
                continue;
            }
            let Some(output) = self.0.get(&reference.address) else {
                return Resolved::Never(reference.clone());
            };
            let entry = late.entry(&reference.address).or_insert_with(|| Late {
                address: reference.address.clone(),
                kind: output.kind,
                scope: output.scope.clone(),
                id: output.id.clone(),
                attrs: output.attrs.clone(),
                wanted: BTreeSet::new(),
                limit: output.limit,
                poll: output.poll,
            });
            entry.wanted.insert(reference.attribute.clone());
        }
        if late.is_empty() {
            Resolved::Known(attrs.resolve(&|reference| self.value(reference).cloned()))
        } else {
            Resolved::Late(late.into_values().collect())
        }
    }

    fn value(&self, reference: &Reference) -> Option<&Value> {
        let output = self.0.get(&reference.address)?;
        output.attrs.get(&reference.attribute).filter(|value| value.is_known())
    }

    /// Remembers what a step that is done leaves behind.
    pub(crate) fn record(&mut self, step: &Step, write: &Write, written: &Written, settled: &Attrs, kinds: &Kinds) {
        let schema = kinds.get(step.kind);
        let mut attrs = match write.operation {
            Operation::Delete => return,
            Operation::Create => Attrs::new(),
            // What AWS decides may have changed with the call (an endpoint in another subnet has other addresses): unless
            // an answer says it anew, it is read again when needed.
            Operation::Update | Operation::Wait => write
                .before
                .iter()
                .filter(|(key, _)| !schema.and_then(|schema| schema.attribute(key)).is_some_and(|fact| fact.computed))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        };
        if write.operation != Operation::Wait {
            attrs.merge(&write.after);
        }
        attrs.merge(&written.attrs);
        attrs.merge(settled);
        let id = if written.id.is_empty() { write.id.clone() } else { written.id.clone() };
        self.insert(step, id, attrs, kinds);
    }

    fn insert(&mut self, step: &Step, id: String, mut attrs: Attrs, kinds: &Kinds) {
        let schema = kinds.get(step.kind);
        attrs.set(&keys::ID, id.clone());

        let ready = schema.and_then(|schema| schema.ready).map(|waits| (waits.limit, waits.poll));
        let settle = step.settle.as_ref().map(|settle| (settle.limit, settle.poll));
        let (limit, poll) = settle.or(ready).unwrap_or(LOOK);
        let output = Output { kind: step.kind, scope: step.scope.clone(), id, attrs, limit, poll };
        self.0.insert(step.address.clone(), output);
    }

    /// Takes over what a step left in an earlier part of the run.
    pub(crate) fn restore(&mut self, step: &Step, object: &Object, kinds: &Kinds) {
        if matches!(step.op, Op::Delete { .. }) {
            return;
        }
        self.insert(step, object.id.clone(), object.attrs.clone(), kinds);
    }

    /// Adds what was read later. What steps may have been given already stays as it is.
    pub(crate) fn learn(&mut self, address: &Address, read: &Attrs) {
        if let Some(output) = self.0.get_mut(address) {
            for (key, value) in read.iter() {
                if output.attrs.get(key).is_none() {
                    output.attrs.insert(key.clone(), value.clone());
                }
            }
        }
    }
}

/// A reference in words.
pub(crate) fn in_words(reference: &Reference) -> String {
    format!("{} of {}", reference.attribute, reference.address)
}
