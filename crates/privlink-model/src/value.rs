//! Attribute values, some of which are only known once another resource exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::address::Address;
use crate::digest::digest;

/// The value of an attribute.
///
/// **Invariant:** equality of values is meaningful only after the schema's normaliser has run on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Values whose order matters.
    List(Vec<Value>),
    /// Values whose order does not matter.
    Set(BTreeSet<Value>),
    /// Named values.
    Map(BTreeMap<String, Value>),
    /// Another resource's attribute: known after that resource exists.
    Of(Reference),
    /// The digest of a value: known when all of that value is.
    Digest(Box<Value>),
}

/// An attribute of another resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The other resource.
    pub address: Address,
    /// Its attribute.
    pub attribute: String,
}

impl Value {
    /// A reference to another resource's attribute.
    pub fn of(address: &Address, attribute: &str) -> Self {
        Self::Of(Reference { address: address.clone(), attribute: attribute.to_owned() })
    }

    /// A set of texts.
    pub fn text_set<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::Set(items.into_iter().map(|item| Self::Text(item.into())).collect())
    }

    /// A map of named values.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, where it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The map, where it is one.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The elements of a list or a set; empty for anything else.
    pub fn elements(&self) -> Vec<&Value> {
        match self {
            Self::List(items) => items.iter().collect(),
            Self::Set(items) => items.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The texts among the elements of a list or a set.
    pub fn texts(&self) -> Vec<String> {
        self.elements().into_iter().filter_map(Value::as_text).map(str::to_owned).collect()
    }

    /// Whether there is nothing in it: an empty text, list, set or map.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Set(items) => items.is_empty(),
            Self::Map(map) => map.is_empty(),
            _ => false,
        }
    }

    /// Whether something holds of it or of a part of it, at any depth.
    pub fn any(&self, holds: &dyn Fn(&Value) -> bool) -> bool {
        holds(self)
            || match self {
                Self::List(items) => items.iter().any(|item| item.any(holds)),
                Self::Set(items) => items.iter().any(|item| item.any(holds)),
                Self::Map(map) => map.values().any(|value| value.any(holds)),
                Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::Of(_) | Self::Digest(_) => false,
            }
    }

    /// Whether nothing in it waits for another resource.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Bool(_) | Self::Int(_) | Self::Text(_) => true,
            Self::List(items) => items.iter().all(Self::is_known),
            Self::Set(items) => items.iter().all(Self::is_known),
            Self::Map(map) => map.values().all(Self::is_known),
            Self::Of(_) => false,
            // A digest of known parts is computed when it is resolved; until then it is unknown.
            Self::Digest(_) => false,
        }
    }

    /// Every reference in it.
    pub fn references(&self) -> BTreeSet<&Reference> {
        let mut found = BTreeSet::new();
        self.collect_references(&mut found);
        found
    }

    fn collect_references<'a>(&'a self, found: &mut BTreeSet<&'a Reference>) {
        match self {
            Self::Bool(_) | Self::Int(_) | Self::Text(_) => {}
            Self::List(items) => items.iter().for_each(|item| item.collect_references(found)),
            Self::Set(items) => items.iter().for_each(|item| item.collect_references(found)),
            Self::Map(map) => map.values().for_each(|item| item.collect_references(found)),
            Self::Of(reference) => {
                found.insert(reference);
            }
            Self::Digest(inner) => inner.collect_references(found),
        }
    }

    /// Replaces every reference `lookup` knows, and every digest whose parts are all known then.
    pub fn resolve(&self, lookup: &dyn Fn(&Reference) -> Option<Value>) -> Value {
        match self {
            Self::Bool(_) | Self::Int(_) | Self::Text(_) => self.clone(),
            Self::List(items) => Self::List(items.iter().map(|item| item.resolve(lookup)).collect()),
            Self::Set(items) => Self::Set(items.iter().map(|item| item.resolve(lookup)).collect()),
            Self::Map(map) => Self::Map(map.iter().map(|(key, value)| (key.clone(), value.resolve(lookup))).collect()),
            Self::Of(reference) => lookup(reference).unwrap_or_else(|| self.clone()),
            Self::Digest(inner) => {
                let inner = inner.resolve(lookup);
                if inner.is_known() { Self::Text(digest(&inner.to_string())) } else { Self::Digest(Box::new(inner)) }
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// The canonical text: what digests are made of, and what one line of a plan shows.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(items) => write_items(f, items.iter()),
            Self::Set(items) => write_items(f, items.iter()),
            Self::Map(map) => {
                f.write_str("{")?;
                for (index, (key, value)) in map.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{key:?}: {value}")?;
                }
                f.write_str("}")
            }
            Self::Of(reference) => write!(f, "({} of {})", reference.attribute, reference.address),
            Self::Digest(_) => f.write_str("(known after apply)"),
        }
    }
}

fn write_items<'a>(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = &'a Value>) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    f.write_str("]")
}

#[cfg(test)]
mod tests {
    use super::Value;
    use crate::address::Address;

    #[test]
    fn a_digest_is_known_once_its_parts_are() {
        let endpoint = Address::new("entry/hub");
        let value = Value::Digest(Box::new(Value::map([("vpce", Value::of(&endpoint, "id"))])));
        assert!(!value.resolve(&|_| None).is_known());
        let first = value.resolve(&|_| Some("vpce-1".into()));
        let second = value.resolve(&|_| Some("vpce-2".into()));
        assert!(first.is_known());
        assert_ne!(first, second);
    }

    #[test]
    fn references_are_found_at_any_depth() {
        let endpoint = Address::new("entry/hub");
        let value = Value::List(vec![Value::map([("a", Value::of(&endpoint, "id"))]), Value::Int(1)]);
        assert_eq!(value.references().len(), 1);
    }
}
