//! Makes the call of a step from its operation, once every value is known.
//!
//! Pure. Owns the two halves of additive changes; refuses to know where values come from.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Attrs, KindSchema, Kinds, Op, Operation, Ownership, Phase, Step, Value, Write, keys};

/// What a step has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Prepared {
    /// Make this call.
    Call(Write),
    /// Call nothing, wait for this.
    Wait(Write),
    /// Nothing: this half of a change is empty.
    Skip(Write),
}

/// The attributes of a step that may hold references.
pub(crate) fn desired(op: &Op) -> Option<&Attrs> {
    match op {
        Op::Create { attrs, .. } => Some(attrs),
        Op::Update { after, .. } => Some(after),
        Op::Delete { .. } | Op::Wait { .. } => None,
    }
}

/// Makes the call of a step; `desired` is [`desired`] with every value known.
pub(crate) fn prepare(step: &Step, desired: Attrs, kinds: &Kinds) -> Prepared {
    let write = Write {
        address: step.address.clone(),
        kind: step.kind,
        scope: step.scope.clone(),
        operation: Operation::Wait,
        id: String::new(),
        before: Attrs::new(),
        after: desired,
        changed: Vec::new(),
        tags: BTreeMap::new(),
        token: step.token.clone(),
    };
    match &step.op {
        Op::Create { tags, .. } => {
            let mut tags = tags.clone();
            if kinds.get(step.kind).is_some_and(|schema| schema.ownership == Ownership::Tags) {
                tags.insert(keys::TOKEN_TAG.to_owned(), step.token.clone());
            }
            Prepared::Call(Write { operation: Operation::Create, tags, ..write })
        }
        Op::Delete { id, before } => {
            Prepared::Call(Write { operation: Operation::Delete, id: id.clone(), before: before.clone(), ..write })
        }
        // What a wait looks for is what was observed: nothing else is asked of the object.
        Op::Wait { id, before } => {
            Prepared::Wait(Write { id: id.clone(), before: before.clone(), after: before.clone(), ..write })
        }
        Op::Update { id, before, changed, phase, .. } => {
            let mut write = Write {
                operation: Operation::Update,
                id: id.clone(),
                before: before.clone(),
                changed: changed.clone(),
                ..write
            };
            let Some(phase) = phase else {
                return Prepared::Call(write);
            };
            halve(&mut write, *phase, kinds.get(step.kind));
            if write.changed.is_empty() { Prepared::Skip(write) } else { Prepared::Call(write) }
        }
    }
}

/// Reduces a change to one of its halves, with the state between the two computed alike for both.
///
/// Only sets have a half that adds and one that removes. Anything else that differs changes whole, in the first.
fn halve(write: &mut Write, phase: Phase, schema: Option<&KindSchema>) {
    for key in &write.changed {
        let normal = |value: &Value| schema.map_or_else(|| value.clone(), |schema| schema.normal(key, value));
        let before = write.before.get(key).map(normal);
        let after = write.after.get(key).map(normal);
        let between = between(before.as_ref(), after.as_ref());
        match phase {
            Phase::Add => {
                put(&mut write.before, key, before);
                put(&mut write.after, key, between);
            }
            Phase::Remove => {
                put(&mut write.before, key, between);
                put(&mut write.after, key, after);
            }
        }
    }
    let Write { before, after, changed, .. } = write;
    changed.retain(|key| before.get(key) != after.get(key));
}

/// What there is once everything was added and nothing removed.
fn between(before: Option<&Value>, after: Option<&Value>) -> Option<Value> {
    let empty = BTreeSet::new();
    let (old, new) = match (before, after) {
        (Some(Value::Set(old)), Some(Value::Set(new))) => (old, new),
        (Some(Value::Set(old)), None) => (old, &empty),
        _ => return after.cloned(),
    };
    Some(Value::Set(old | new))
}

fn put(attrs: &mut Attrs, key: &str, value: Option<Value>) {
    match value {
        Some(value) => attrs.insert(key, value),
        None => {
            attrs.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Prepared, prepare};
    use privlink_model::{Address, Attrs, Kinds, Op, Phase, Scope, Step, StepId, Undo, UndoOp, Value, Write};
    use std::collections::BTreeSet;

    fn update(before: Attrs, after: Attrs, changed: &[&str], phase: Option<Phase>) -> Prepared {
        let step = Step {
            id: StepId(1),
            address: Address::new("a"),
            kind: "thing",
            scope: Scope::new("111111111111", "us-east-1"),
            op: Op::Update {
                id: "thing-1".to_owned(),
                before,
                after: after.clone(),
                changed: changed.iter().map(|&key| key.to_owned()).collect(),
                phase,
            },
            call: "ModifyThing".to_owned(),
            needs: BTreeSet::new(),
            undo: Undo::Exact(UndoOp::Restore),
            settle: None,
            token: "token".to_owned(),
            outage: None,
        };
        prepare(&step, after, &Kinds::new(&[]))
    }

    fn attrs(entries: &[(&str, Value)]) -> Attrs {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    fn called(prepared: Prepared) -> Write {
        match prepared {
            Prepared::Call(write) => write,
            other => panic!("a call, not {other:?}"),
        }
    }

    #[test]
    fn the_halves_of_a_change_meet_in_the_middle() {
        let before = attrs(&[("peers", Value::text_set(["a", "b"])), ("port", Value::Int(1))]);
        let after = attrs(&[("peers", Value::text_set(["b", "c"])), ("port", Value::Int(2))]);
        let add = called(update(before.clone(), after.clone(), &["peers", "port"], Some(Phase::Add)));
        let remove = called(update(before.clone(), after.clone(), &["peers", "port"], Some(Phase::Remove)));
        assert_eq!(add.before, before);
        assert_eq!(add.after.get("peers"), Some(&Value::text_set(["a", "b", "c"])));
        assert_eq!(add.changed, ["peers", "port"]);
        assert_eq!(remove.before, add.after);
        assert_eq!(remove.after, after);
        assert_eq!(remove.changed, ["peers"]);
    }

    #[test]
    fn a_half_with_nothing_to_do_is_no_call() {
        let (small, big) =
            (attrs(&[("peers", Value::text_set(["a"]))]), attrs(&[("peers", Value::text_set(["a", "b"]))]));
        for (before, after, empty) in
            [(&small, &big, Phase::Remove), (&big, &small, Phase::Add), (&big, &big, Phase::Add)]
        {
            let prepared = update(before.clone(), after.clone(), &["peers"], Some(empty));
            assert!(matches!(prepared, Prepared::Skip(_)), "{prepared:?}");
        }
    }

    #[test]
    fn a_set_that_appears_or_goes_is_all_added_or_all_removed() {
        let (none, set) = (Attrs::new(), attrs(&[("peers", Value::text_set(["a"]))]));
        let added = called(update(none.clone(), set.clone(), &["peers"], Some(Phase::Add)));
        assert_eq!((added.before, added.after), (none.clone(), set.clone()));
        assert!(matches!(update(none.clone(), set.clone(), &["peers"], Some(Phase::Remove)), Prepared::Skip(_)));
        let removed = called(update(set.clone(), none.clone(), &["peers"], Some(Phase::Remove)));
        assert_eq!((removed.before, removed.after), (set, none));
    }

    #[test]
    fn a_whole_change_is_called_as_planned() {
        let (before, after) = (attrs(&[("port", Value::Int(1))]), attrs(&[("port", Value::Int(2))]));
        let write = called(update(before.clone(), after.clone(), &["port"], None));
        assert_eq!((write.id.as_str(), write.before, write.after), ("thing-1", before, after));
    }
}
