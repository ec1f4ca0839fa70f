//! What has another name since it was made again: an endpoint brought back has another id and other addresses, and whatever
//! named the old one must name the new one.
//!
//! Pure. Owns: putting new names in place of old ones, in values and inside of documents.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Attrs, KindSchema, Value};

/// The shortest name that is looked for inside of longer texts; AWS's ids are longer than this.
const SHORTEST: usize = 8;

/// New names by old ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Renamed {
    texts: BTreeMap<String, String>,
    sets: Vec<(BTreeSet<Value>, BTreeSet<Value>)>,
}

impl Renamed {
    /// Takes up that one object is in another's place: what AWS decided of the old one is called as the new one's now.
    pub(crate) fn learn(&mut self, schema: &KindSchema, old: (&str, &Attrs), new: (&str, &Attrs)) {
        self.text(old.0, new.0);
        for (key, before) in old.1.iter().filter(|(key, _)| !schema.compares(key)) {
            match (before, new.1.get(key)) {
                (Value::Text(before), Some(Value::Text(after))) => self.text(before, after),
                (Value::Set(before), Some(Value::Set(after))) if !before.is_empty() && before != after => {
                    self.sets.push((before.clone(), after.clone()));
                }
                _ => {}
            }
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

#[cfg(test)]
mod tests {
    use privlink_model::{AttributeSchema, Attrs, KindSchema, Service, Value};

    use super::Renamed;

    static ATTRIBUTES: [AttributeSchema; 2] =
        [AttributeSchema::new("addresses", "AWS's.").computed(), AttributeSchema::new("name", "Ours.")];
    static SCHEMA: KindSchema =
        KindSchema { attributes: &ATTRIBUTES, ..KindSchema::look_up("thing", "thing", Service::Ec2) };

    fn attrs(entries: &[(&str, Value)]) -> Attrs {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    #[test]
    fn what_named_the_old_one_names_the_new_one() {
        let old = attrs(&[("addresses", Value::text_set(["10.0.0.1", "10.0.0.2"])), ("name", Value::Text("n".into()))]);
        let new = attrs(&[("addresses", Value::text_set(["10.0.0.8", "10.0.0.9"])), ("name", Value::Text("n".into()))]);
        let mut renamed = Renamed::default();
        renamed.learn(&SCHEMA, ("vpce-11111111", &old), ("vpce-22222222", &new));
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
