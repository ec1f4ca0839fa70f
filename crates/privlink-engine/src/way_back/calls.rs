//! The steps of a way back, one by one. Which there are and in what order is `way_back`'s.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Attrs, KindSchema, Op, Settle, Step, Undo, UndoOp, Waits, short_digest};

/// A step that takes one back, or brings back what went along with one.
pub(super) fn back(step: &Step, op: Op, call: &str, waits: Option<Waits>) -> Step {
    Step {
        id: step.id,
        address: step.address.clone(),
        kind: step.kind,
        scope: step.scope.clone(),
        op,
        call: call.to_owned(),
        needs: BTreeSet::new(),
        undo: Undo::Exact(UndoOp::Nothing),
        settle: waits.map(|waits| Settle {
            until: waits.until.to_owned(),
            typical: waits.typical,
            limit: waits.limit,
            poll: waits.poll,
        }),
        token: short_digest(&format!("{} back", step.token), 40),
        outage: None,
    }
}

/// A step that deletes what one made.
pub(super) fn delete(step: &Step, schema: &KindSchema, id: String, before: Attrs) -> Step {
    back(step, Op::Delete { id, before }, schema.delete.map_or("", |call| call.name), schema.gone)
}

/// A step that makes an object as it was, but for what no create sets.
pub(super) fn create(step: &Step, schema: &KindSchema, old: &Attrs, tags: BTreeMap<String, String>) -> Step {
    let sets = |key: &str| schema.sets(key) && schema.attribute(key).is_none_or(|fact| !fact.only_changed);
    let attrs = old.iter().filter(|(key, _)| sets(key)).map(|(key, value)| (key.clone(), value.clone()));
    let op = Op::Create { attrs: attrs.collect(), tags };
    back(step, op, schema.create.map_or("", |call| call.name), schema.ready)
}
