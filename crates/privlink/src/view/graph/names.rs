//! Who is meant: from what attributes hold, ids and references, to the changes of a plan.
//!
//! Owns: by which texts an object is known. Refuses to know: what naming it means.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

use privlink_model::{Action, Address, Change, Kinds, Ownership, Plan, Scope, Shape, Value};

/// Who is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whom<'a> {
    /// The object of a change, by its place in the plan.
    Ours(usize),
    /// Something of ours that the plan leaves out.
    LeftOut(&'a Address),
    /// Something that is not ours, by AWS's name for it.
    Other(&'a str),
}

/// Where each object of a plan is, by what others call it.
pub(super) struct Names<'a> {
    changes: &'a [Change],
    addresses: BTreeMap<&'a Address, usize>,
    texts: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Names<'a> {
    /// The names in a plan.
    pub(super) fn of(plan: &'a Plan, kinds: &Kinds) -> Self {
        let mut names = Self { changes: &plan.changes.changes, addresses: BTreeMap::new(), texts: BTreeMap::new() };
        for (number, change) in plan.changes.changes.iter().enumerate() {
            // Of two changes at one address, a move, others will refer to the one that stays.
            if change.action != Action::Delete {
                names.addresses.insert(&change.address, number);
            } else {
                names.addresses.entry(&change.address).or_insert(number);
            }
            for text in known_by(change, kinds) {
                names.texts.entry(text).or_default().push(number);
            }
        }
        names
    }

    /// Who is named in a value of a change, each with the words that name it: two values that name the same
    /// object in other words mean another object at its address. In a document, most texts name nobody.
    pub(super) fn named(&self, value: &'a Value, by: &Change, shape: Shape) -> Vec<(Whom<'a>, String)> {
        let mut named = Vec::new();
        collect(value, &mut |part| match part {
            Value::Of(reference) => {
                let ours = self.addresses.get(&reference.address).copied();
                let whom = ours.map_or(Whom::LeftOut(&reference.address), Whom::Ours);
                named.push((whom, reference.attribute.clone()));
            }
            Value::Text(text) => match self.find(text, &by.scope, &by.address) {
                Some(number) => named.push((Whom::Ours(number), text.clone())),
                None if shape != Shape::Document && !text.is_empty() => named.push((Whom::Other(text), text.clone())),
                None => {}
            },
            _ => {}
        });
        named
    }

    /// The object that one of another address means by a text. An IP address means another object in another account; of several
    /// objects known by a text, which only those in networks of their own can be, it is the nearest.
    fn find(&self, text: &str, scope: &Scope, by: &Address) -> Option<usize> {
        let local = text.parse::<IpAddr>().is_ok();
        let near = |number: &&usize| {
            let change = self.changes.get(**number)?;
            let here = change.scope == *scope;
            (here || !local).then(|| (here, shared(&change.address, by)))
        };
        let found = self.texts.get(text)?;
        let nearest = found.iter().filter_map(|number| Some((near(&number)?, Reverse(*number)))).max();
        nearest.map(|(_, Reverse(number))| number)
    }
}

/// How many words two addresses begin with alike.
fn shared(one: &Address, other: &Address) -> usize {
    let words = one.as_str().split('/').zip(other.as_str().split('/'));
    words.take_while(|(one, other)| one == other).count()
}

/// What an object that exists is known by. What has no name of its own goes by its parent's, which means the parent.
fn known_by<'a>(change: &'a Change, kinds: &Kinds) -> Vec<&'a str> {
    let (Some(before), Some(schema)) = (&change.before, kinds.get(change.kind)) else { return Vec::new() };
    if matches!(schema.ownership, Ownership::Parent(_)) {
        return Vec::new();
    }
    let mut texts = vec![before.id.as_str()];
    let keys = schema.attributes.iter().filter(|fact| fact.known_by).map(|fact| fact.key);
    for value in keys.filter_map(|key| before.attrs.get(key)) {
        collect(value, &mut |part| texts.extend(part.as_text()));
    }
    texts
}

/// Visits a value's texts and references, at any depth.
fn collect<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a Value)) {
    match value {
        Value::List(items) => items.iter().for_each(|item| collect(item, visit)),
        Value::Set(items) => items.iter().for_each(|item| collect(item, visit)),
        Value::Map(map) => map.values().for_each(|item| collect(item, visit)),
        Value::Digest(inner) => collect(inner, visit),
        Value::Text(_) | Value::Of(_) => visit(value),
        Value::Bool(_) | Value::Int(_) => {}
    }
}
