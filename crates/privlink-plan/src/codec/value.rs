//! Values, scopes and observed objects in the saved plan.
//!
//! Truth values, numbers, texts and lists stand for themselves; what JSON has no form for is an object with one member. The
//! journal's lines have the same form, and a codec of their own, as the two formats change separately.

use std::collections::BTreeMap;

use privlink_model::{Address, Attrs, Kinds, Observed, Owner, Reference, Scope, Status, Value};
use serde::{Deserialize, Serialize};

use super::{DecodeError, kind};

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum ValueFile {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<ValueFile>),
    Other(Other),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Other {
    Set(Vec<ValueFile>),
    Map(BTreeMap<String, ValueFile>),
    Of { address: String, attribute: String },
    Digest(Box<ValueFile>),
}

impl From<&Value> for ValueFile {
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

impl From<ValueFile> for Value {
    fn from(file: ValueFile) -> Self {
        match file {
            ValueFile::Bool(value) => Self::Bool(value),
            ValueFile::Int(number) => Self::Int(number),
            ValueFile::Text(text) => Self::Text(text),
            ValueFile::List(items) => Self::List(items.into_iter().map(Self::from).collect()),
            ValueFile::Other(Other::Set(items)) => Self::Set(items.into_iter().map(Self::from).collect()),
            ValueFile::Other(Other::Map(map)) => {
                Self::Map(map.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
            ValueFile::Other(Other::Of { address, attribute }) => {
                Self::Of(Reference { address: Address::new(address), attribute })
            }
            ValueFile::Other(Other::Digest(inner)) => Self::Digest(Box::new((*inner).into())),
        }
    }
}

pub(super) type AttrsFile = BTreeMap<String, ValueFile>;

pub(super) fn attrs_file(attrs: &Attrs) -> AttrsFile {
    attrs.iter().map(|(key, value)| (key.clone(), value.into())).collect()
}

pub(super) fn attrs(file: AttrsFile) -> Attrs {
    file.into_iter().map(|(key, value)| (key, value.into())).collect()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ScopeFile {
    account: String,
    region: String,
}

impl From<&Scope> for ScopeFile {
    fn from(scope: &Scope) -> Self {
        Self { account: scope.account.clone(), region: scope.region.clone() }
    }
}

impl From<ScopeFile> for Scope {
    fn from(file: ScopeFile) -> Self {
        Self::new(file.account, file.region)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OwnerFile {
    Ours(String),
    Project(String),
    Nobody,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StatusFile {
    Ready,
    Pending(String),
    Failed(String),
    Deleting,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ObservedFile {
    kind: String,
    scope: ScopeFile,
    id: String,
    owner: OwnerFile,
    status: StatusFile,
    attrs: AttrsFile,
    tags: BTreeMap<String, String>,
}

impl From<&Observed> for ObservedFile {
    fn from(object: &Observed) -> Self {
        let Observed { kind, scope, id, owner, status, attrs, tags } = object;
        Self {
            kind: (*kind).to_owned(),
            scope: scope.into(),
            id: id.clone(),
            owner: match owner {
                Owner::Ours(address) => OwnerFile::Ours(address.as_str().to_owned()),
                Owner::Project(name) => OwnerFile::Project(name.clone()),
                Owner::Nobody => OwnerFile::Nobody,
            },
            status: match status {
                Status::Ready => StatusFile::Ready,
                Status::Pending(state) => StatusFile::Pending(state.clone()),
                Status::Failed(why) => StatusFile::Failed(why.clone()),
                Status::Deleting => StatusFile::Deleting,
            },
            attrs: attrs_file(attrs),
            tags: tags.clone(),
        }
    }
}

impl ObservedFile {
    pub(super) fn into_observed(self, kinds: &Kinds) -> Result<Observed, DecodeError> {
        Ok(Observed {
            kind: kind(&self.kind, kinds)?,
            scope: self.scope.into(),
            id: self.id,
            owner: match self.owner {
                OwnerFile::Ours(address) => Owner::Ours(Address::new(address)),
                OwnerFile::Project(name) => Owner::Project(name),
                OwnerFile::Nobody => Owner::Nobody,
            },
            status: match self.status {
                StatusFile::Ready => Status::Ready,
                StatusFile::Pending(state) => Status::Pending(state),
                StatusFile::Failed(why) => Status::Failed(why),
                StatusFile::Deleting => Status::Deleting,
            },
            attrs: attrs(self.attrs),
            tags: self.tags,
        })
    }
}
