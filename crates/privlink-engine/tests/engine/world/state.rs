//! What there is in the little world, and what its AWS allows.
//!
//! Refuses to know faults and time, but for the moments that it is given.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::{Attrs, ErrorClass, Operation, Ownership, Scope, Value, Write, keys};

use super::kinds::{ADDRESSES, CONTENT, NAME, OWNER, PEERS, POINTS, SIZE, USES, schema};

/// One object.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    pub(crate) kind: &'static str,
    pub(crate) scope: Scope,
    pub(crate) id: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) attrs: Attrs,
    /// What it was until the last change, which reads show for a while; none when it was not there.
    pub(crate) earlier: Option<Attrs>,
    /// When it last changed.
    pub(crate) changed_at: Duration,
    /// When it is usable.
    pub(crate) ready_at: Duration,
    /// Why it never will be.
    pub(crate) failed: Option<String>,
    /// When it is gone.
    pub(crate) gone_at: Option<Duration>,
}

impl Thing {
    pub(crate) fn is_there(&self, now: Duration) -> bool {
        self.gone_at.is_none_or(|at| now < at)
    }

    pub(crate) fn stays(&self) -> bool {
        self.gone_at.is_none()
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.attrs.get(key).and_then(Value::as_text)
    }

    /// Whether it names an object that must be there as long as it does so.
    fn holds(&self, id: &str) -> bool {
        let uses = self.attrs.get(USES.key()).map(Value::texts).unwrap_or_default();
        uses.iter().any(|used| used == id) || self.text(POINTS.key()) == Some(id)
    }
}

/// Everything there is, and was.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) things: Vec<Thing>,
    next: u32,
}

/// Why something is not done.
pub(crate) type Refusal = (ErrorClass, String);

fn refused<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err((ErrorClass::Refused, why.into()))
}

impl State {
    /// The object of a kind with an id.
    pub(crate) fn find(&self, kind: &str, id: &str) -> Option<&Thing> {
        self.things.iter().rev().find(|thing| thing.kind == kind && thing.id == id)
    }

    pub(crate) fn find_mut(&mut self, kind: &str, id: &str) -> Option<&mut Thing> {
        self.things.iter_mut().rev().find(|thing| thing.kind == kind && thing.id == id)
    }

    /// What stays.
    pub(crate) fn staying(&self) -> impl Iterator<Item = &Thing> {
        self.things.iter().filter(|thing| thing.stays())
    }

    /// Does what a write asks, or refuses. Gives the id.
    pub(crate) fn write(&mut self, write: &Write, now: Duration) -> Result<String, Refusal> {
        match write.operation {
            Operation::Create => self.create(write, now),
            Operation::Update => self.update(write, now),
            Operation::Delete => self.delete(write, now),
            Operation::Wait => refused("a wait is no call"),
        }
    }

    fn create(&mut self, write: &Write, now: Duration) -> Result<String, Refusal> {
        if let Some((key, value)) = write.after.iter().find(|(_, value)| !value.is_known()) {
            return refused(format!("{key} is {value}"));
        }
        self.can_name(&write.after)?;
        self.is_free(write, now)?;
        let text = |key: &str| write.after.get(key).and_then(Value::as_text).unwrap_or_default().to_owned();
        self.next += 1;
        let id = match write.kind {
            "rule" => format!("{}|{}", text(OWNER.key()), text(NAME.key())),
            "definition" => text(OWNER.key()),
            kind => format!("{kind}-{:07}", self.next),
        };
        let mut attrs = write.after.clone();
        attrs.set(&keys::ID, id.clone());
        if write.kind == "gate" {
            let addresses = Value::text_set([format!("10.0.{}.1", self.next), format!("10.0.{}.2", self.next)]);
            attrs.set(&ADDRESSES, addresses);
        }
        if write.kind == "snapshot" {
            attrs.set(&CONTENT, self.content(&text(OWNER.key()))?);
        }
        let waits = schema(write.kind).ready.map_or(Duration::ZERO, |waits| waits.typical);
        self.things.push(Thing {
            kind: write.kind,
            scope: write.scope.clone(),
            id: id.clone(),
            tags: write.tags.clone(),
            attrs,
            earlier: None,
            changed_at: now,
            ready_at: now + waits,
            failed: None,
            gone_at: None,
        });
        Ok(id)
    }

    /// Whatever is named is there.
    fn can_name(&self, attrs: &Attrs) -> Result<(), Refusal> {
        let mut named: BTreeSet<String> =
            attrs.get(USES.key()).map(Value::texts).unwrap_or_default().into_iter().collect();
        named.extend(attrs.read(&OWNER));
        named.extend(attrs.read(&POINTS));
        let there: BTreeSet<&str> = self.staying().map(|thing| thing.id.as_str()).collect();
        match named.iter().find(|id| !there.contains(id.as_str())) {
            Some(id) => refused(format!("there is no {id}")),
            None => Ok(()),
        }
    }

    /// There is none in its place.
    fn is_free(&self, write: &Write, now: Duration) -> Result<(), Refusal> {
        let keys: &[&str] = match write.kind {
            "rule" | "pointer" => &["owner", "name"],
            "definition" => &["owner"],
            "sole" => &["name"],
            _ => return Ok(()),
        };
        let same = |thing: &&Thing| {
            thing.kind == write.kind && keys.iter().all(|key| thing.attrs.get(key) == write.after.get(key))
        };
        match self.things.iter().filter(|thing| thing.is_there(now)).find(same) {
            Some(other) if other.stays() => refused(format!("{} is in its place", other.id)),
            Some(other) => Err((ErrorClass::Busy, format!("{} is on its way out", other.id))),
            None => Ok(()),
        }
    }

    fn content(&self, owner: &str) -> Result<Value, Refusal> {
        let Some(definition) = self.find("definition", owner).filter(|thing| thing.stays()) else {
            return refused("there is nothing to make a snapshot of");
        };
        let part = |key: &str| definition.attrs.get(key).cloned().unwrap_or(Value::List(Vec::new()));
        Ok(Value::List(vec![part(USES.key()), part(SIZE.key())]))
    }

    fn update(&mut self, write: &Write, now: Duration) -> Result<String, Refusal> {
        let Some(thing) = self.find(write.kind, &write.id).filter(|thing| thing.stays()) else {
            return Err((ErrorClass::NotFound, format!("there is no {}", write.id)));
        };
        let mut attrs = thing.attrs.clone();
        for key in &write.changed {
            if schema(write.kind).attribute(key).is_some_and(|fact| fact.immutable) {
                return refused(format!("{key} cannot be changed"));
            }
            match write.after.get(key) {
                Some(value) if !value.is_known() => return refused(format!("{key} is {value}")),
                Some(value) => attrs.insert(key.clone(), value.clone()),
                None => {
                    attrs.remove(key);
                }
            }
        }
        let peers = |attrs: &Attrs| -> BTreeSet<String> {
            attrs.get(PEERS.key()).map(Value::texts).unwrap_or_default().into_iter().collect()
        };
        let (was, is) = (peers(&thing.attrs), peers(&attrs));
        if !was.is_subset(&is) && !is.is_subset(&was) {
            return refused("peers are added by one call and removed by another");
        }
        let named: Attrs = attrs.iter().filter(|(key, _)| write.changed.contains(key)).map(owned).collect();
        self.can_name(&named)?;
        let id = write.id.clone();
        if let Some(thing) = self.find_mut(write.kind, &id) {
            thing.earlier = Some(std::mem::replace(&mut thing.attrs, attrs));
            thing.changed_at = now;
            thing.ready_at = now + schema(write.kind).ready.map_or(Duration::ZERO, |waits| waits.typical);
            thing.failed = None;
        }
        Ok(id)
    }

    fn delete(&mut self, write: &Write, now: Duration) -> Result<String, Refusal> {
        if self.find(write.kind, &write.id).is_none_or(|thing| !thing.stays()) {
            return Err((ErrorClass::NotFound, format!("there is no {}", write.id)));
        }
        let along = self.along(write.kind, &write.id);
        let is_along = |thing: &Thing| along.contains(&(thing.kind, thing.id.clone()));
        let going: BTreeSet<&str> = self
            .staying()
            .filter(|thing| is_along(thing) && thing.kind != "definition")
            .map(|thing| thing.id.as_str())
            .chain((write.kind != "definition").then_some(write.id.as_str()))
            .collect();
        let user = self
            .things
            .iter()
            .filter(|thing| thing.is_there(now) && !is_along(thing))
            .filter(|thing| (thing.kind, thing.id.as_str()) != (write.kind, write.id.as_str()))
            .find(|thing| going.iter().any(|id| thing.holds(id)));
        if let Some(user) = user {
            return Err((ErrorClass::Busy, format!("{} uses it", user.id)));
        }
        let waits = schema(write.kind).gone.map_or(Duration::ZERO, |waits| waits.typical);
        for thing in &mut self.things {
            if thing.gone_at.is_none() && along.contains(&(thing.kind, thing.id.clone())) {
                thing.gone_at = Some(now);
            }
        }
        if let Some(thing) = self.find_mut(write.kind, &write.id) {
            thing.gone_at = Some(now + waits);
        }
        Ok(write.id.clone())
    }

    /// What goes along with something.
    fn along(&self, kind: &str, id: &str) -> BTreeSet<(&'static str, String)> {
        let owned = |thing: &&Thing| {
            kind != "definition" && schema(thing.kind).deleted_with.iter().any(|key| thing.text(key) == Some(id))
        };
        self.staying().filter(owned).map(|thing| (thing.kind, thing.id.clone())).collect()
    }

    /// The world in names that do not depend on ids, so that two can be compared: each object by its address or, without
    /// tags, by its place. A snapshot counts as part of what points to it; one that nothing points to is history.
    pub(crate) fn told(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let names = self.names();
        let mut told = BTreeMap::new();
        for thing in self.staying().filter(|thing| thing.kind != "snapshot") {
            let mut facts: BTreeMap<String, String> = thing
                .attrs
                .iter()
                .filter(|(key, _)| schema(thing.kind).compares(key))
                .map(|(key, value)| (key.clone(), in_names(value, &names)))
                .collect();
            if let Some(snapshot) = thing.text(POINTS.key()).and_then(|id| self.find("snapshot", id)) {
                let content = snapshot.attrs.get(CONTENT.key()).unwrap();
                facts.insert("runs".to_owned(), in_names(content, &names));
            }
            if let Some(failed) = &thing.failed {
                facts.insert("failed".to_owned(), failed.clone());
            }
            let name = format!("{} {}", thing.kind, name(thing, &names));
            assert!(told.insert(name, facts).is_none(), "there are two of {} {}", thing.kind, name_of(thing));
        }
        told
    }

    /// Names by ids and addresses.
    fn names(&self) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for thing in self.staying().filter(|thing| thing.kind != "definition" && thing.kind != "rule") {
            let name = if thing.kind == "snapshot" { "a snapshot".to_owned() } else { name_of(thing) };
            for address in thing.attrs.get(ADDRESSES.key()).map(Value::texts).unwrap_or_default() {
                names.insert(address.clone(), format!("{name} at {}", &address[address.len() - 1..]));
            }
            names.insert(thing.id.clone(), name);
        }
        names
    }

    /// Whether there is only one object of each token.
    pub(crate) fn tokens_are_single(&self) -> bool {
        let mut seen = BTreeSet::new();
        self.things.iter().filter_map(|thing| thing.tags.get(keys::TOKEN_TAG)).all(|token| seen.insert(token))
    }
}

fn owned((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

fn name_of(thing: &Thing) -> String {
    thing.tags.get(keys::ADDRESS_TAG).cloned().unwrap_or_else(|| thing.id.clone())
}

fn name(thing: &Thing, names: &BTreeMap<String, String>) -> String {
    match schema(thing.kind).ownership {
        Ownership::Parent(parent) => {
            let of = thing.text(parent).unwrap_or_default();
            let of = names.get(of).cloned().unwrap_or_else(|| format!("lost {of}"));
            format!("{of}|{}", thing.text(NAME.key()).unwrap_or_default())
        }
        _ => name_of(thing),
    }
}

fn in_names(value: &Value, names: &BTreeMap<String, String>) -> String {
    match value {
        Value::Text(text) => names.get(text).cloned().unwrap_or_else(|| text.clone()),
        Value::List(_) | Value::Set(_) => {
            let mut items: Vec<String> = value.elements().into_iter().map(|item| in_names(item, names)).collect();
            if matches!(value, Value::Set(_)) {
                items.sort();
            }
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}
