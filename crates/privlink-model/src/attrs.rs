//! Attribute maps with typed keys: generic code sees one map, kind code gets types the compiler checks.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use crate::value::Value;

/// The typed key of an attribute: `const PORT: Attr<i64> = Attr::new("port")`.
pub struct Attr<T> {
    key: &'static str,
    kind: PhantomData<fn() -> T>,
}

impl<T> Attr<T> {
    /// Makes a key.
    pub const fn new(key: &'static str) -> Self {
        Self { key, kind: PhantomData }
    }

    /// The key's text.
    pub const fn key(&self) -> &'static str {
        self.key
    }
}

/// A type attributes can be read as.
pub trait AttrValue: Sized {
    /// Reads a value; none when it is of another type or not known yet.
    fn read(value: &Value) -> Option<Self>;
    /// Makes a value.
    fn write(self) -> Value;
}

impl AttrValue for String {
    fn read(value: &Value) -> Option<Self> {
        value.as_text().map(str::to_owned)
    }
    fn write(self) -> Value {
        Value::Text(self)
    }
}

impl AttrValue for i64 {
    fn read(value: &Value) -> Option<Self> {
        value.as_int()
    }
    fn write(self) -> Value {
        Value::Int(self)
    }
}

impl AttrValue for bool {
    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }
    fn write(self) -> Value {
        Value::Bool(self)
    }
}

/// Sets of texts: read from a list or a set, written as a set.
impl AttrValue for Vec<String> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::List(_) | Value::Set(_) => Some(value.texts()),
            _ => None,
        }
    }
    fn write(self) -> Value {
        Value::text_set(self)
    }
}

/// Anything, for attributes with an inner structure.
impl AttrValue for Value {
    fn read(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
    fn write(self) -> Value {
        self
    }
}

/// The attributes of one resource, in the order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attrs(BTreeMap<String, Value>);

impl Attrs {
    /// No attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads an attribute by its typed key; none when absent, of another type, or not known yet.
    pub fn read<T: AttrValue>(&self, key: &Attr<T>) -> Option<T> {
        self.0.get(key.key()).and_then(T::read)
    }

    /// Sets an attribute by its typed key.
    pub fn set<T: AttrValue>(&mut self, key: &Attr<T>, value: T) -> &mut Self {
        self.0.insert(key.key().to_owned(), value.write());
        self
    }

    /// Sets an attribute where there is a value.
    pub fn set_some<T: AttrValue>(&mut self, key: &Attr<T>, value: Option<T>) -> &mut Self {
        if let Some(value) = value {
            self.set(key, value);
        }
        self
    }

    /// The same, for building in one expression.
    pub fn with<T: AttrValue>(mut self, key: &Attr<T>, value: T) -> Self {
        self.set(key, value);
        self
    }

    /// Gives an attribute a value that need not be known yet: a reference, or something that holds one.
    pub fn with_value<T>(mut self, key: &Attr<T>, value: Value) -> Self {
        self.0.insert(key.key().to_owned(), value);
        self
    }

    /// The raw value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Sets a raw value.
    pub fn insert(&mut self, key: impl Into<String>, value: Value) {
        self.0.insert(key.into(), value);
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    /// All keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces every reference that `lookup` knows.
    pub fn resolve(&self, lookup: &dyn Fn(&crate::Reference) -> Option<Value>) -> Self {
        Self(self.0.iter().map(|(key, value)| (key.clone(), value.resolve(lookup))).collect())
    }

    /// Adds and overwrites with the attributes of `other`.
    pub fn merge(&mut self, other: &Attrs) {
        for (key, value) in &other.0 {
            self.0.insert(key.clone(), value.clone());
        }
    }
}

impl FromIterator<(String, Value)> for Attrs {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Attr, Attrs};
    use crate::{Address, Value};

    const PORT: Attr<i64> = Attr::new("port");

    #[test]
    fn an_attribute_that_is_not_known_yet_reads_as_none() {
        let attrs = Attrs::new().with_value(&PORT, Value::of(&Address::new("a"), "port"));
        assert_eq!(attrs.read(&PORT), None);
        assert_eq!(attrs.resolve(&|_| Some(Value::Int(80))).read(&PORT), Some(80));
    }
}
