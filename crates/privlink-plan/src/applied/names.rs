//! New names of what came back under another one: a run that is taken back makes again what it had deleted, and AWS gives that
//! another id. What older runs left says the old one, as a value or inside of a longer one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use privlink_model::{Attrs, Value};

/// The shortest name that is looked for inside of longer texts; a shorter one could be a part of anything.
const SHORTEST: usize = 8;

/// New names by old ones.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Takes up what came back before all that is known already: it may have got yet another name since.
    pub(super) fn learn(&mut self, older: &BTreeMap<String, String>) {
        let chained: Vec<_> = older.iter().map(|(old, new)| (old.clone(), self.name(new).into_owned())).collect();
        self.0.extend(chained);
    }

    /// A text with new names in place of old ones.
    pub(super) fn name<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if let Some(new) = self.0.get(text) {
            return Cow::Owned(new.clone());
        }
        let mut text = Cow::Borrowed(text);
        for (old, new) in self.0.iter().filter(|(old, _)| old.len() >= SHORTEST) {
            if text.contains(old.as_str()) {
                text = Cow::Owned(text.replace(old.as_str(), new));
            }
        }
        text
    }

    /// Attributes with new names in place of old ones.
    pub(super) fn attrs(&self, attrs: Attrs) -> Attrs {
        if self.0.is_empty() {
            return attrs;
        }
        attrs.iter().map(|(key, value)| (key.clone(), self.value(value))).collect()
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) => Value::Text(self.name(text).into_owned()),
            Value::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            Value::Set(items) => Value::Set(items.iter().map(|item| self.value(item)).collect()),
            Value::Map(map) => {
                Value::Map(map.iter().map(|(key, value)| (self.name(key).into_owned(), self.value(value))).collect())
            }
            Value::Digest(_) | Value::Bool(_) | Value::Int(_) | Value::Of(_) => value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_changed_twice_is_the_last_one_wherever_it_stands() {
        let map = |old: &str, new: &str| BTreeMap::from([(old.to_owned(), new.to_owned())]);
        let mut names = Names::default();
        names.learn(&map("vpce-22222222", "vpce-33333333"));
        names.learn(&map("vpce-11111111", "vpce-22222222"));
        names.learn(&map("a1", "b2"));
        assert_eq!(names.name("vpce-11111111"), "vpce-33333333");
        assert_eq!(names.name("arn:x/vpce-22222222/y"), "arn:x/vpce-33333333/y");
        assert_eq!([names.name("a1"), names.name("a10")], ["b2", "a10"], "a short name is no part of another");
        let attrs = Attrs::from_iter([(
            "k".to_owned(),
            Value::map([("a1", Value::List(vec![Value::text_set(["vpce-11111111"])]))]),
        )]);
        let renamed = names.attrs(attrs).get("k").cloned();
        assert_eq!(renamed, Some(Value::map([("b2", Value::List(vec![Value::text_set(["vpce-33333333"])]))])));
    }
}
