//! Who uses whom: by the references of the spec, and by what observed objects mention of each other.
//!
//! An observed object uses another when one of its attributes that AWS did not compute holds the other's id, at any depth,
//! or as a part of an ARN, a URL or a policy. It *may* use another when it holds a text the other computed, such as a
//! service name or an address. The latter is a guess: a load balancer's computed VPC id stands in everything in that VPC. So
//! the two are kept apart, and a guess gives way where it contradicts anything.
//!
//! **Invariant:** children that go by their parent's id do not answer to it: what mentions the id means the parent.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Tells, Value, keys};

use crate::graph::Graph;
use crate::item::Item;

/// Who uses whom, by the numbers of the items.
#[derive(Debug)]
pub(crate) struct Uses {
    /// Item → the items its old object surely uses.
    pub(crate) surely: Graph,
    /// Item → the items its old object may use.
    pub(crate) maybe: Graph,
    /// Item → the items it needs by the spec.
    pub(crate) desired: Graph,
    /// Sure uses and needs together.
    pub(crate) known: Graph,
}

impl Uses {
    /// Finds them.
    pub(crate) fn of(items: &[Item]) -> Self {
        let mut uses = Self {
            surely: Graph::new(items.len()),
            maybe: Graph::new(items.len()),
            desired: Graph::new(items.len()),
            known: Graph::new(items.len()),
        };
        let by_address: BTreeMap<_, _> =
            items.iter().enumerate().filter_map(|(number, item)| Some((&item.desired?.address, number))).collect();
        for (number, item) in items.iter().enumerate() {
            for address in item.desired.map(|resource| resource.needs()).unwrap_or_default() {
                if let Some(need) = by_address.get(address) {
                    uses.desired.add(number, *need);
                    uses.known.add(number, *need);
                }
            }
        }
        uses.mentions(items);
        uses
    }

    fn mentions(&mut self, items: &[Item]) {
        let mentioned: Vec<BTreeSet<&str>> = items.iter().map(|item| texts(item, false)).collect();
        let mut ids: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut computed: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, item) in items.iter().enumerate() {
            let Some(object) = item.old else { continue };
            let own = mentioned.get(number).is_some_and(|texts| texts.contains(object.id.as_str()));
            if !object.id.is_empty() && !own {
                ids.entry(&object.id).or_default().push(number);
            }
            for text in texts(item, true) {
                computed.entry(text).or_default().push(number);
            }
        }
        // What several computed, or what is somebody's id, points at nobody in particular.
        computed.retain(|text, owners| owners.len() == 1 && !ids.contains_key(text));
        for (number, texts) in mentioned.iter().enumerate() {
            for text in texts {
                for used in ids.get(text).into_iter().flatten() {
                    self.surely.add(number, *used);
                    self.known.add(number, *used);
                }
                for used in computed.get(text).into_iter().flatten() {
                    self.maybe.add(number, *used);
                }
            }
        }
    }

    /// Everything that uses an item, through others too, guesses included.
    pub(crate) fn all_users(&self, item: usize) -> BTreeSet<usize> {
        let mut users = self.known.all_users(item);
        let guessed: BTreeSet<usize> = self.maybe.users(item).collect();
        for user in guessed {
            users.insert(user);
            users.extend(self.known.all_users(user));
        }
        users.remove(&item);
        users
    }
}

/// The texts of an item's old object: those AWS computed, or the others with their parts.
fn texts<'a>(item: &Item<'a>, computed: bool) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let Some(object) = item.old else { return found };
    for (key, value) in object.attrs.iter() {
        let fact = item.schema.attribute(key);
        let is_computed = fact.is_some_and(|fact| fact.computed);
        // An account stands in every ARN and policy, and means nothing there.
        let is_account = fact.is_some_and(|fact| fact.tells == Some(Tells::UserAccount));
        if key == keys::ID.key() || is_computed != computed || is_account {
            continue;
        }
        match value {
            // What a computed structure holds is a description, such as a protocol, and names nothing.
            Value::Map(_) if computed => {}
            Value::List(items) if computed => found.extend(items.iter().filter_map(Value::as_text)),
            Value::Set(items) if computed => found.extend(items.iter().filter_map(Value::as_text)),
            value => collect(value, !computed, &mut found),
        }
    }
    found
}

fn collect<'a>(value: &'a Value, parts: bool, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Text(text) => {
            insert(text, parts, found);
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, parts, found)),
        Value::Set(items) => items.iter().for_each(|item| collect(item, parts, found)),
        Value::Map(map) => {
            for (key, value) in map {
                insert(key, parts, found);
                collect(value, parts, found);
            }
        }
        Value::Bool(_) | Value::Int(_) | Value::Of(_) | Value::Digest(_) => {}
    }
}

fn insert<'a>(text: &'a str, parts: bool, found: &mut BTreeSet<&'a str>) {
    if !text.is_empty() {
        found.insert(text);
    }
    if parts {
        let pieces = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')));
        found.extend(pieces.filter(|piece| !piece.is_empty()));
    }
}
