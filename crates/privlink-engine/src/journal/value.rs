//! Values in a journal's lines: truth values, numbers, texts and lists stand for themselves; what JSON has no form for is an
//! object with one member. The saved plan has the same form, and a codec of its own, as the two formats change separately.

use std::collections::BTreeMap;

use privlink_model::{Address, Attrs, Object, Reference, Value};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum ValueLine {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<ValueLine>),
    Other(Other),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Other {
    Set(Vec<ValueLine>),
    Map(BTreeMap<String, ValueLine>),
    Of { address: String, attribute: String },
    Digest(Box<ValueLine>),
}

impl From<&Value> for ValueLine {
    fn from(value: &Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(number) => Self::Int(*number),
            Value::Text(text) => Self::Text(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Set(items) => Self::Other(Other::Set(items.iter().map(Self::from).collect())),
            Value::Map(map) => {
                Self::Other(Other::Map(map.iter().map(|(key, value)| (key.clone(), value.into())).collect()))
            }
            Value::Of(reference) => Self::Other(Other::Of {
                address: reference.address.as_str().to_owned(),
                attribute: reference.attribute.clone(),
            }),
            Value::Digest(inner) => Self::Other(Other::Digest(Box::new((&**inner).into()))),
        }
    }
}

impl From<ValueLine> for Value {
    fn from(line: ValueLine) -> Self {
        match line {
            ValueLine::Bool(value) => Self::Bool(value),
            ValueLine::Int(number) => Self::Int(number),
            ValueLine::Text(text) => Self::Text(text),
            ValueLine::List(items) => Self::List(items.into_iter().map(Self::from).collect()),
            ValueLine::Other(Other::Set(items)) => Self::Set(items.into_iter().map(Self::from).collect()),
            ValueLine::Other(Other::Map(map)) => {
                Self::Map(map.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
            ValueLine::Other(Other::Of { address, attribute }) => {
                Self::Of(Reference { address: Address::new(address), attribute })
            }
            ValueLine::Other(Other::Digest(inner)) => Self::Digest(Box::new((*inner).into())),
        }
    }
}

pub(super) type AttrsLine = BTreeMap<String, ValueLine>;

pub(super) fn attrs_line(attrs: &Attrs) -> AttrsLine {
    attrs.iter().map(|(key, value)| (key.clone(), value.into())).collect()
}

pub(super) fn attrs(line: AttrsLine) -> Attrs {
    line.into_iter().map(|(key, value)| (key, value.into())).collect()
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectLine {
    id: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attrs: AttrsLine,
}

impl From<&Object> for ObjectLine {
    fn from(object: &Object) -> Self {
        Self { id: object.id.clone(), attrs: attrs_line(&object.attrs) }
    }
}

impl From<ObjectLine> for Object {
    fn from(line: ObjectLine) -> Self {
        Self { id: line.id, attrs: attrs(line.attrs) }
    }
}
