//! Which is which: each difference of a plan put with drift, with what is planned, or with what only follows from another.

use std::collections::BTreeSet;

use privlink_model::{
    Action, Address, AttributeChange, Attrs, Change, KindSchema, Owner, Ownership, Reason, Reference, Status, Undo,
    Value,
};

use super::{Attribute, Check, Drift, Drifted, Follows, Pending, Repair, Same, Unknown, What};
use crate::applied::{Known, Present, is_leftover};
use crate::outline;

/// Sorts the differences of one check.
pub(super) struct Sorter<'a> {
    check: Check<'a>,
    /// Nothing of the project is there.
    untouched: bool,
}

/// Which of the bins one difference belongs to.
enum Bin {
    Drift(Option<String>),
    /// Drift, and the spec wants something else than was applied too.
    Both,
    Pending,
    Follows,
}

impl<'a> Sorter<'a> {
    pub(super) fn new(check: Check<'a>) -> Self {
        // Without a run on record, what is not there at all was never applied.
        let untouched = check.plan.changes.changes.iter().all(|change| change.before.is_none());
        Self { check, untouched }
    }

    /// Puts a difference where it belongs.
    pub(super) fn sort(&self, change: &Change, drift: &mut Drift) {
        let Some(schema) = self.check.kinds.get(change.kind) else { return };
        let known = self.check.applied.of(change);
        let (address, kind, scope) = (change.address.clone(), change.kind, change.scope.clone());
        let from_others = matches!(change.reason, Reason::DeletedWith(_));
        match change.action {
            Action::NoOp => drift.same.push(Same { address, kind, scope }),
            // It is there, and not by privlink's hand, even where it is not known whether something uses it.
            Action::Unknown
                if is_leftover(change)
                    && self.check.applied.tells_all()
                    && matches!(known, Known::Gone | Known::Never) =>
            {
                drift.found.push(self.added(change, schema));
            }
            Action::Unknown => {
                let why = match &change.reason {
                    Reason::Unread(why) => why.clone(),
                    other => outline::reason(other),
                };
                drift.unknown.push(Unknown { address, kind, scope, why });
            }
            Action::Delete if from_others => drift.follows.push(follows(change)),
            Action::Delete => match known {
                Known::Left(_) | Known::Begun => drift.pending.push(pending(change, Vec::new())),
                Known::Gone | Known::Never => drift.found.push(self.added(change, schema)),
            },
            Action::Create => {
                let missing = match known {
                    Known::Left(_) => true,
                    Known::Gone | Known::Begun => false,
                    Known::Never => !self.check.applied.tells_all() && !self.untouched,
                };
                if !missing {
                    drift.pending.push(pending(change, Vec::new()));
                    return;
                }
                let attributes = all(schema, change.after.as_ref(), |key, value| {
                    let left = left(known).and_then(|present| present.attrs.get(&key).cloned());
                    let expected = if value.is_known() { Some(value) } else { left.or(Some(value)) };
                    Attribute { key, expected, found: None, name: None }
                });
                let wanted = self.otherwise(change, schema, known);
                drift.found.push(self.drifted(change, schema, What::Missing, attributes, wanted));
            }
            Action::Update
            | Action::Wait
            | Action::ReplaceCreateFirst
            | Action::ReplaceDeleteFirst
            | Action::ReplaceKeepOld => self.sort_present(change, schema, known, drift),
        }
    }

    fn added(&self, change: &Change, schema: &KindSchema) -> Drifted {
        let there = change.before.as_ref().map(|object| &object.attrs);
        let row = |key, value| Attribute { key, expected: None, found: Some(value), name: None };
        self.drifted(change, schema, What::Added, all(schema, there, row), Vec::new())
    }

    /// Sorts what is there and not as asked for.
    fn sort_present(&self, change: &Change, schema: &KindSchema, known: Known, drift: &mut Drift) {
        let mut attributes = Vec::new();
        let mut wanted = Vec::new();
        for attribute in &change.attributes {
            let bin = self.bin(change, schema, known, attribute);
            if matches!(bin, Bin::Pending | Bin::Both) {
                wanted.push(attribute.key.clone());
            }
            let name = match bin {
                Bin::Drift(name) => name,
                Bin::Both => None,
                Bin::Pending | Bin::Follows => continue,
            };
            let after = attribute.after.clone();
            let applied = || left(known).and_then(|present| present.attrs.get(&attribute.key).cloned());
            let expected = if after.as_ref().is_none_or(Value::is_known) { after } else { applied().or(after) };
            attributes.push(Attribute { key: attribute.key.clone(), expected, found: attribute.before.clone(), name });
        }
        let state = match change.before.as_ref().map(|object| &object.status) {
            Some(Status::Failed(why)) => Some(why.clone()),
            // What a run has not waited for to its end may still become usable.
            Some(Status::Pending(state)) if matches!(known, Known::Left(_)) && !self.check.applied.is_begun(change) => {
                Some(state.clone())
            }
            _ => None,
        };
        let what = state.map_or(What::Changed, What::State);
        if what != What::Changed || !attributes.is_empty() {
            drift.found.push(self.drifted(change, schema, what, attributes, wanted));
        } else if !wanted.is_empty() || matches!(change.before.as_ref().map(|it| &it.status), Some(Status::Pending(_)))
        {
            drift.pending.push(pending(change, wanted));
        } else {
            drift.follows.push(follows(change));
        }
    }

    fn bin(&self, change: &Change, schema: &KindSchema, known: Known, attribute: &AttributeChange) -> Bin {
        let AttributeChange { key, before, after } = attribute;
        let waits = after.as_ref().is_some_and(|after| !after.is_known());
        let secret = schema.attribute(key).is_some_and(|fact| fact.secret);
        let nobodys = change.before.as_ref().is_some_and(|object| object.owner == Owner::Nobody);
        let present = match known {
            // How a secret was left is not on record.
            Known::Left(present) if present.knows(key) && !secret => present,
            Known::Left(present) if !present.knows(key) => {
                return match (waits, self.check.applied.tells_all()) {
                    (true, _) => Bin::Follows,
                    (false, true) => Bin::Pending,
                    // A run that cannot be read may have left it otherwise.
                    (false, false) => Bin::Drift(None),
                };
            }
            Known::Begun => return if waits { Bin::Follows } else { Bin::Pending },
            Known::Never if self.check.applied.tells_all() && nobodys => return Bin::Pending,
            Known::Left(_) | Known::Never | Known::Gone => return if waits { Bin::Follows } else { Bin::Drift(None) },
        };
        let applied = present.attrs.get(key);
        let untouched = schema.same(key, applied, before.as_ref());
        match (untouched, waits) {
            (true, true) => Bin::Follows,
            (true, false) => match self.check.names.get(&(change.address.clone(), key.clone())) {
                Some(name) if !self.is_new(name) => Bin::Drift(Some(name.clone())),
                _ => Bin::Pending,
            },
            (false, false) if !schema.same(key, applied, after.as_ref()) => Bin::Both,
            (false, _) => Bin::Drift(None),
        }
    }

    /// The attributes with which something that is missing is to be made, and which it did not have as it was applied. What only
    /// names another object by its id is no such thing: that may be another one now.
    fn otherwise(&self, change: &Change, schema: &KindSchema, known: Known) -> Vec<String> {
        let Some(present) = left(known) else { return Vec::new() };
        let changes = &self.check.plan.changes.changes;
        let is_id = |part: &Value| {
            let text = part.as_text();
            text.is_some_and(|text| changes.iter().any(|it| it.before.as_ref().is_some_and(|object| object.id == text)))
        };
        let differs = |key: &str, value: &Value| {
            let applied = present.attrs.get(key).filter(|_| present.knows(key));
            applied.is_some_and(|applied| !schema.same(key, Some(applied), Some(value)))
        };
        let wanted = change.after.iter().flat_map(Attrs::iter).filter(|(key, value)| {
            schema.compares(key) && value.is_known() && differs(key, value) && !value.any(&is_id)
        });
        wanted.map(|(key, _)| key.clone()).collect()
    }

    /// Whether it is the spec that says another name, as far as that shows: what calls a target says its name too.
    fn is_new(&self, name: &str) -> bool {
        let says = |value: Option<&Value>| {
            value.is_some_and(|value| value.any(&|part| part.as_text().is_some_and(|text| text.contains(name))))
        };
        self.check.plan.changes.changes.iter().any(|change| {
            let Some(present) = left(self.check.applied.of(change)) else { return false };
            let differs = |it: &AttributeChange| says(it.after.as_ref()) && !says(present.attrs.get(&it.key));
            change.attributes.iter().any(differs)
        })
    }

    fn drifted(
        &self,
        change: &Change,
        schema: &KindSchema,
        what: What,
        attributes: Vec<Attribute>,
        pending: Vec<String>,
    ) -> Drifted {
        let known = self.check.applied.of(change);
        let live = change.before.as_ref();
        let id = live.map(|object| object.id.clone()).or_else(|| left(known).map(|present| present.id.clone()));
        let attrs = live.map(|object| &object.attrs).or_else(|| left(known).map(|present| &present.attrs));
        // Of several owners the first that is known: a rule's group, a principal's service.
        let parent = match schema.ownership {
            Ownership::Parent(parent) => Some(parent),
            Ownership::Tags | Ownership::LookUp => None,
        };
        let owners = parent.into_iter().chain(schema.deleted_with.iter().copied());
        let within = owners.into_iter().find_map(|key| attrs?.get(key)?.as_text().map(str::to_owned));
        Drifted {
            address: change.address.clone(),
            kind: change.kind,
            scope: change.scope.clone(),
            id: id.filter(|id| !id.is_empty()),
            within,
            what,
            attributes,
            pending,
            repair: self.repair(change),
            since: left(known).map(|present| present.since),
            by: None,
            because: change.because.clone(),
        }
    }

    fn repair(&self, change: &Change) -> Repair {
        let steps = self.check.plan.steps.iter().filter(|step| step.carries_out(change));
        let steps: Vec<_> = steps.collect();
        Repair {
            action: change.action,
            fixed: match &change.reason {
                Reason::Immutable(keys) => keys.clone(),
                _ => Vec::new(),
            },
            outage: steps.iter().find_map(|step| step.outage.clone()),
            loses: steps.iter().find_map(|step| match &step.undo {
                Undo::Recreate { loses } => Some(loses.clone()),
                Undo::Exact(_) | Undo::None { .. } => None,
            }),
        }
    }
}

fn left(known: Known<'_>) -> Option<&Present> {
    match known {
        Known::Left(present) => Some(present),
        Known::Gone | Known::Begun | Known::Never => None,
    }
}

/// The attributes that are not AWS's to decide.
fn all(schema: &KindSchema, attrs: Option<&Attrs>, row: impl Fn(String, Value) -> Attribute) -> Vec<Attribute> {
    let secret = |key: &str| schema.attribute(key).is_some_and(|fact| fact.secret);
    let own = attrs.into_iter().flat_map(Attrs::iter).filter(|(key, _)| schema.compares(key));
    own.map(|(key, value)| {
        let shown = if secret(key) { Value::Text("(secret)".to_owned()) } else { value.clone() };
        row(key.clone(), shown)
    })
    .collect()
}

fn pending(change: &Change, keys: Vec<String>) -> Pending {
    let keys = if keys.is_empty() && !change.attributes.is_empty() {
        change.attributes.iter().map(|attribute| attribute.key.clone()).collect()
    } else {
        keys
    };
    Pending {
        address: change.address.clone(),
        kind: change.kind,
        scope: change.scope.clone(),
        action: change.action,
        keys,
    }
}

fn follows(change: &Change) -> Follows {
    let references = |value: &Value| -> Vec<Address> {
        value.references().into_iter().map(|reference: &Reference| reference.address.clone()).collect()
    };
    let mut from: BTreeSet<Address> =
        change.attributes.iter().filter_map(|attribute| attribute.after.as_ref()).flat_map(references).collect();
    if let Reason::DeletedWith(owner) = &change.reason {
        from.insert(owner.clone());
    }
    Follows { address: change.address.clone(), kind: change.kind, scope: change.scope.clone(), from }
}
