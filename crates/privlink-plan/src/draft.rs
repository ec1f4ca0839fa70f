//! The calls that each change takes, not yet in order.
//!
//! **Invariant:** a draft is one mutating call, or none for a wait.
//!
//! Read next: `order`.

use std::collections::BTreeMap;

use privlink_model::{Action, Attrs, Observed, Op, Phase, Value, Waits, keys};

use crate::compare::lacks;
use crate::item::Item;

/// One call, not yet numbered.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The item it belongs to.
    pub(crate) item: usize,
    /// The call.
    pub(crate) op: Op,
    /// The AWS operation; empty for a wait.
    pub(crate) call: &'static str,
    /// What it waits for afterwards.
    pub(crate) waits: Option<Waits>,
}

/// The drafts of one item, by their part in the order.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parts {
    /// The first call that makes or changes.
    pub(crate) first: Option<usize>,
    /// The call after which what needs the item may go on.
    pub(crate) ready: Option<usize>,
    /// The call after which the item has let go of what it no longer wants.
    pub(crate) last: Option<usize>,
    /// The first call that only takes away.
    pub(crate) takes: Option<usize>,
    /// The call that deletes the old object.
    pub(crate) old: Option<usize>,
}

/// Drafts the calls of all items.
pub(crate) fn draft(items: &[Item], project: &str) -> (Vec<Draft>, Vec<Parts>) {
    let mut drafts = Vec::new();
    let parts = items.iter().enumerate().map(|(number, item)| draft_item(number, item, project, &mut drafts)).collect();
    (drafts, parts)
}

fn draft_item(number: usize, item: &Item, project: &str, drafts: &mut Vec<Draft>) -> Parts {
    let mut parts = Parts::default();
    let mut push = |op, call, waits| {
        drafts.push(Draft { item: number, op, call, waits });
        Some(drafts.len() - 1)
    };
    let schema = item.schema;
    if let (true, Some(object), Some(call), None) = (item.removes_old(), item.old, schema.delete, item.deleted_with) {
        let op = Op::Delete { id: object.id.clone(), before: object.attrs.clone() };
        parts.old = push(op, call.name, schema.gone);
    }
    if item.makes_new() {
        let op = Op::Create { attrs: item.change.after.clone().unwrap_or_default(), tags: tags(item, project) };
        parts.first = push(op, schema.create.map_or("", |call| call.name), schema.ready);
        parts.ready = parts.first;
        parts.last = parts.first;
    } else if let (Action::Wait, Some(object)) = (item.change.action, item.old) {
        parts.first = push(Op::Wait { id: object.id.clone(), before: object.attrs.clone() }, "", schema.ready);
        parts.ready = parts.first;
    } else if let (Action::Update, Some(object)) = (item.change.action, item.old) {
        let call = schema.update.map_or("", |call| call.name);
        for (changed, phase) in writes(item) {
            let step = push(update(object, item, changed, phase), call, schema.ready);
            parts.first = parts.first.or(step);
            parts.last = step;
            if phase == Some(Phase::Remove) {
                parts.takes = parts.takes.or(step);
            }
            if phase != Some(Phase::Remove) || parts.ready.is_none() {
                parts.ready = step;
            }
        }
    }
    parts
}

fn update(object: &Observed, item: &Item, changed: Vec<String>, phase: Option<Phase>) -> Op {
    Op::Update {
        id: object.id.clone(),
        before: object.attrs.clone(),
        after: item.change.after.clone().unwrap_or_default(),
        changed,
        phase,
    }
}

/// The calls an update takes: one for all that is set as a whole, one for each attribute that takes its own, then for each
/// additive attribute one that adds, then for each one that removes. What is surely not needed is left out.
fn writes(item: &Item) -> Vec<(Vec<String>, Option<Phase>)> {
    let additive = |key: &str| item.schema.attribute(key).is_some_and(|fact| fact.additive);
    let apart = |key: &String| item.schema.attribute(key).is_some_and(|fact| fact.apart);
    let set = item.change.attributes.iter().map(|c| c.key.clone()).filter(|key| !additive(key));
    let (alone, whole): (Vec<String>, Vec<String>) = set.partition(apart);
    let mut writes = Vec::new();
    if !whole.is_empty() {
        writes.push((whole, None));
    }
    writes.extend(alone.into_iter().map(|key| (vec![key], None)));
    let halves = |phase| {
        let needed = item.change.attributes.iter().filter(move |change| match phase {
            Phase::Add => lacks(item.schema, &change.key, change.before.as_ref(), change.after.as_ref()),
            Phase::Remove => lacks(item.schema, &change.key, change.after.as_ref(), change.before.as_ref()),
        });
        needed.filter(|change| additive(&change.key)).map(move |change| (vec![change.key.clone()], Some(phase)))
    };
    writes.extend(halves(Phase::Add).chain(halves(Phase::Remove)));
    writes
}

/// The tags a new object gets: the user's, then ours, which win.
fn tags(item: &Item, project: &str) -> BTreeMap<String, String> {
    let mut tags = item.desired.map(|resource| resource.tags.clone()).unwrap_or_default();
    tags.insert(keys::PROJECT_TAG.to_owned(), project.to_owned());
    tags.insert(keys::ADDRESS_TAG.to_owned(), item.change.address.as_str().to_owned());
    tags
}

/// The texts at an attribute of observed attributes.
pub(crate) fn texts_at(attrs: &Attrs, key: &str) -> Vec<String> {
    match attrs.get(key) {
        Some(Value::Text(text)) => vec![text.clone()],
        Some(other) => other.texts(),
        None => Vec::new(),
    }
}
