//! What has another name since it was made again: an endpoint brought back has another id and other addresses, and whatever
//! named the old one must name the new one.
//!
//! Pure. Owns: putting new names in place of old ones, in values and inside of documents; which names are not there yet.
//! Refuses to know how they are read then (`late`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::{Address, Attrs, KindSchema, Object, Op, Step, Value};

use crate::outputs::Late;

/// How long, and how often, a name is looked for that comes late.
const LOOK: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(5));
/// The shortest name that is looked for inside of longer texts; AWS's ids are longer than this.
const SHORTEST: usize = 8;

/// New names by old ones.
#[derive(Debug, Default)]
pub(crate) struct Renamed {
    texts: BTreeMap<String, String>,
    sets: Vec<(BTreeSet<Value>, BTreeSet<Value>)>,
    /// Objects that AWS has not said all of yet: an endpoint has its addresses once its connection is accepted.
    unsaid: Vec<Unsaid>,
}

/// An object with old names whose new ones are not known yet.
#[derive(Debug)]
struct Unsaid {
    late: Late,
    old: Attrs,
}

impl Renamed {
    /// Takes up that a step has put one object in another's place: what AWS decided of the old one is called as the new one's
    /// now.
    pub(crate) fn learn(&mut self, schema: &KindSchema, step: &Step, old: &Object, new: &Object) {
        self.text(&old.id, &new.id);
        let mut wanted = BTreeSet::new();
        for (key, before) in old.attrs.iter().filter(|(key, _)| !schema.sets(key)) {
            match new.attrs.get(key) {
                Some(after) => self.pair(before, after),
                None if matches!(before, Value::Text(_) | Value::Set(_)) && !before.is_empty() => {
                    wanted.insert(key.clone());
                }
                None => {}
            }
        }
        if !wanted.is_empty() {
            let late = Late {
                address: step.address.clone(),
                kind: step.kind,
                scope: step.scope.clone(),
                id: new.id.clone(),
                attrs: new.attrs.clone(),
                wanted,
                limit: LOOK.0,
                poll: LOOK.1,
            };
            self.unsaid.push(Unsaid { late, old: old.attrs.clone() });
        }
    }

    fn pair(&mut self, before: &Value, after: &Value) {
        match (before, after) {
            (Value::Text(before), Value::Text(after)) => self.text(before, after),
            (Value::Set(before), Value::Set(after)) if !before.is_empty() && before != after => {
                self.sets.push((before.clone(), after.clone()));
            }
            _ => {}
        }
    }

    /// What has to be read before a step can name what it names.
    pub(crate) fn missing(&self, step: &Step) -> Vec<Late> {
        let (one, other) = match &step.op {
            Op::Create { attrs, .. } | Op::Delete { before: attrs, .. } | Op::Wait { before: attrs, .. } => {
                (attrs, None)
            }
            Op::Update { before, after, .. } => (before, Some(after)),
        };
        let mentioned = |unsaid: &&Unsaid, key: &String| {
            unsaid
                .old
                .get(key)
                .is_some_and(|name| mentions(one, name) || other.is_some_and(|attrs| mentions(attrs, name)))
        };
        let late = self.unsaid.iter().filter_map(|unsaid| {
            let wanted: BTreeSet<String> =
                unsaid.late.wanted.iter().filter(|key| mentioned(&unsaid, key)).cloned().collect();
            (!wanted.is_empty()).then(|| Late { wanted, ..unsaid.late.clone() })
        });
        late.collect()
    }

    /// Takes up what was read late.
    pub(crate) fn found(&mut self, address: &Address, attrs: &Attrs) {
        for number in 0..self.unsaid.len() {
            let Some(unsaid) = self.unsaid.get_mut(number).filter(|unsaid| unsaid.late.address == *address) else {
                continue;
            };
            let said: Vec<String> = unsaid.late.wanted.iter().filter(|key| attrs.get(key).is_some()).cloned().collect();
            unsaid.late.wanted.retain(|key| !said.contains(key));
            let pairs: Vec<(Value, Value)> =
                said.iter().filter_map(|key| Some((unsaid.old.get(key)?.clone(), attrs.get(key)?.clone()))).collect();
            pairs.iter().for_each(|(before, after)| self.pair(before, after));
        }
    }

    fn text(&mut self, before: &str, after: &str) {
        if before != after && !before.is_empty() && !after.is_empty() {
            self.texts.insert(before.to_owned(), after.to_owned());
        }
    }

    /// The attributes with new names in place of old ones.
    pub(crate) fn attrs(&self, attrs: &Attrs) -> Attrs {
        attrs.iter().map(|(key, value)| (key.clone(), self.value(value))).collect()
    }

    /// A name, or the new one in its place.
    pub(crate) fn name(&self, text: &str) -> String {
        if let Some(after) = self.texts.get(text) {
            return after.clone();
        }
        let mut text = text.to_owned();
        for (before, after) in self.texts.iter().filter(|(before, _)| before.len() >= SHORTEST) {
            if text.contains(before.as_str()) {
                text = text.replace(before.as_str(), after);
            }
        }
        text
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) => Value::Text(self.name(text)),
            Value::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            Value::Set(items) => {
                let mut items = items.clone();
                for (before, after) in &self.sets {
                    if before.is_subset(&items) {
                        items.retain(|item| !before.contains(item));
                        items.extend(after.iter().cloned());
                    }
                }
                Value::Set(items.iter().map(|item| self.value(item)).collect())
            }
            Value::Map(map) => Value::Map(map.iter().map(|(key, value)| (self.name(key), self.value(value))).collect()),
            Value::Digest(inner) => Value::Digest(Box::new(self.value(inner))),
            Value::Bool(_) | Value::Int(_) | Value::Of(_) => value.clone(),
        }
    }
}

/// Whether attributes mention a name or a set of them.
fn mentions(attrs: &Attrs, name: &Value) -> bool {
    let is_it = |part: &Value| match (part, name) {
        (Value::Text(text), Value::Text(name)) => text == name || (name.len() >= SHORTEST && text.contains(name)),
        (Value::Set(items), Value::Set(names)) => names.is_subset(items),
        _ => false,
    };
    attrs.iter().any(|(_, value)| value.any(&is_it))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use privlink_model::{
        Address, AttributeSchema, Attrs, KindSchema, Object, Op, Scope, Service, Step, StepId, Undo, UndoOp, Value,
    };

    use super::Renamed;

    static ATTRIBUTES: [AttributeSchema; 2] =
        [AttributeSchema::new("addresses", "AWS's.").computed(), AttributeSchema::new("name", "Ours.")];
    static SCHEMA: KindSchema =
        KindSchema { attributes: &ATTRIBUTES, ..KindSchema::look_up("thing", "thing", Service::Ec2) };

    fn attrs(entries: &[(&str, Value)]) -> Attrs {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    fn object(id: &str, attrs: Attrs) -> Object {
        Object { id: id.to_owned(), attrs }
    }

    fn step(attrs: Attrs) -> Step {
        Step {
            id: StepId(1),
            address: Address::new("a"),
            kind: "thing",
            scope: Scope::new("1", "r"),
            op: Op::Create { attrs, tags: BTreeMap::new() },
            call: String::new(),
            needs: BTreeSet::new(),
            undo: Undo::Exact(UndoOp::Nothing),
            settle: None,
            token: String::new(),
            outage: None,
        }
    }

    #[test]
    fn a_name_that_comes_late_is_missing_to_who_mentions_it() {
        let old = attrs(&[("addresses", Value::text_set(["10.0.0.1", "10.0.0.2"]))]);
        let mut renamed = Renamed::default();
        renamed.learn(
            &SCHEMA,
            &step(Attrs::new()),
            &object("vpce-11111111", old),
            &object("vpce-22222222", Attrs::new()),
        );
        let user = attrs(&[("targets", Value::text_set(["10.0.0.1", "10.0.0.2"]))]);
        assert_eq!(renamed.missing(&step(user.clone())).len(), 1);
        assert!(renamed.missing(&step(attrs(&[("targets", Value::text_set(["10.0.0.1"]))]))).is_empty());
        renamed.found(&Address::new("a"), &attrs(&[("addresses", Value::text_set(["10.0.0.8", "10.0.0.9"]))]));
        assert!(renamed.missing(&step(user.clone())).is_empty());
        assert_eq!(renamed.attrs(&user), attrs(&[("targets", Value::text_set(["10.0.0.8", "10.0.0.9"]))]));
    }

    #[test]
    fn what_named_the_old_one_names_the_new_one() {
        let old = attrs(&[("addresses", Value::text_set(["10.0.0.1", "10.0.0.2"])), ("name", Value::Text("n".into()))]);
        let new = attrs(&[("addresses", Value::text_set(["10.0.0.8", "10.0.0.9"])), ("name", Value::Text("n".into()))]);
        let mut renamed = Renamed::default();
        renamed.learn(&SCHEMA, &step(Attrs::new()), &object("vpce-11111111", old), &object("vpce-22222222", new));
        let users = attrs(&[
            ("targets", Value::text_set(["10.0.0.1", "10.0.0.2", "10.0.0.3"])),
            ("id", Value::Text("vpce-svc-1/vpce-11111111".into())),
            ("policy", Value::Text(r#"{"aws:SourceVpce":"vpce-11111111"}"#.into())),
            ("name", Value::Text("n".into())),
        ]);
        let expected = attrs(&[
            ("targets", Value::text_set(["10.0.0.3", "10.0.0.8", "10.0.0.9"])),
            ("id", Value::Text("vpce-svc-1/vpce-22222222".into())),
            ("policy", Value::Text(r#"{"aws:SourceVpce":"vpce-22222222"}"#.into())),
            ("name", Value::Text("n".into())),
        ]);
        assert_eq!(renamed.attrs(&users), expected);
    }
}
