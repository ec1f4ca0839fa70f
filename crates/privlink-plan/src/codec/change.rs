//! Changes and findings in the saved plan.

use privlink_model::{Action, Address, AttributeChange, Change, Finding, Kinds, Origin, Reason, Severity};
use serde::{Deserialize, Serialize};

use super::value::{AttrsFile, ObservedFile, ScopeFile, ValueFile, attrs, attrs_file};
use super::{DecodeError, code, kind, mirror};

mirror!(ActionFile of Action {
    Create, Update, ReplaceCreateFirst, ReplaceDeleteFirst, ReplaceKeepOld, Delete, Wait, NoOp, Unknown,
});

mirror!(SeverityFile of Severity { Error, Unknown, Warning, Note });

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ReasonFile {
    Absent,
    NotInSpec,
    Differs,
    Immutable(Vec<String>),
    Failed(String),
    Unfinished(String),
    Unread(String),
    DeletedWith(String),
    Same,
    Destroy,
}

impl From<&Reason> for ReasonFile {
    fn from(reason: &Reason) -> Self {
        match reason {
            Reason::Absent => Self::Absent,
            Reason::NotInSpec => Self::NotInSpec,
            Reason::Differs => Self::Differs,
            Reason::Immutable(keys) => Self::Immutable(keys.clone()),
            Reason::Failed(why) => Self::Failed(why.clone()),
            Reason::Unfinished(state) => Self::Unfinished(state.clone()),
            Reason::Unread(why) => Self::Unread(why.clone()),
            Reason::DeletedWith(address) => Self::DeletedWith(address.as_str().to_owned()),
            Reason::Same => Self::Same,
            Reason::Destroy => Self::Destroy,
        }
    }
}

impl From<ReasonFile> for Reason {
    fn from(file: ReasonFile) -> Self {
        match file {
            ReasonFile::Absent => Self::Absent,
            ReasonFile::NotInSpec => Self::NotInSpec,
            ReasonFile::Differs => Self::Differs,
            ReasonFile::Immutable(keys) => Self::Immutable(keys),
            ReasonFile::Failed(why) => Self::Failed(why),
            ReasonFile::Unfinished(state) => Self::Unfinished(state),
            ReasonFile::Unread(why) => Self::Unread(why),
            ReasonFile::DeletedWith(address) => Self::DeletedWith(Address::new(address)),
            ReasonFile::Same => Self::Same,
            ReasonFile::Destroy => Self::Destroy,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct OriginFile {
    file: u32,
    start: u32,
    end: u32,
}

impl From<Origin> for OriginFile {
    fn from(origin: Origin) -> Self {
        Self { file: origin.file, start: origin.start, end: origin.end }
    }
}

impl From<OriginFile> for Origin {
    fn from(file: OriginFile) -> Self {
        Self { file: file.file, start: file.start, end: file.end }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct AttributeChangeFile {
    key: String,
    before: Option<ValueFile>,
    after: Option<ValueFile>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ChangeFile {
    address: String,
    kind: String,
    scope: ScopeFile,
    action: ActionFile,
    reason: ReasonFile,
    before: Option<ObservedFile>,
    after: Option<AttrsFile>,
    attributes: Vec<AttributeChangeFile>,
    because: String,
    origin: Option<OriginFile>,
}

impl From<&Change> for ChangeFile {
    fn from(change: &Change) -> Self {
        let Change { address, kind, scope, action, reason, before, after, attributes, because, origin } = change;
        let attribute = |change: &AttributeChange| AttributeChangeFile {
            key: change.key.clone(),
            before: change.before.as_ref().map(ValueFile::from),
            after: change.after.as_ref().map(ValueFile::from),
        };
        Self {
            address: address.as_str().to_owned(),
            kind: (*kind).to_owned(),
            scope: scope.into(),
            action: (*action).into(),
            reason: reason.into(),
            before: before.as_ref().map(ObservedFile::from),
            after: after.as_ref().map(attrs_file),
            attributes: attributes.iter().map(attribute).collect(),
            because: because.clone(),
            origin: origin.map(OriginFile::from),
        }
    }
}

impl ChangeFile {
    pub(super) fn into_change(self, kinds: &Kinds) -> Result<Change, DecodeError> {
        let attribute = |file: AttributeChangeFile| AttributeChange {
            key: file.key,
            before: file.before.map(Into::into),
            after: file.after.map(Into::into),
        };
        Ok(Change {
            address: Address::new(self.address),
            kind: kind(&self.kind, kinds)?,
            scope: self.scope.into(),
            action: self.action.into(),
            reason: self.reason.into(),
            before: self.before.map(|object| object.into_observed(kinds)).transpose()?,
            after: self.after.map(attrs),
            attributes: self.attributes.into_iter().map(attribute).collect(),
            because: self.because,
            origin: self.origin.map(Into::into),
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FindingFile {
    code: String,
    severity: SeverityFile,
    message: String,
    address: Option<String>,
    origin: Option<OriginFile>,
    label: Option<String>,
    help: Option<String>,
}

impl From<&Finding> for FindingFile {
    fn from(finding: &Finding) -> Self {
        let Finding { code, severity, message, address, origin, label, help } = finding;
        Self {
            code: (*code).to_owned(),
            severity: (*severity).into(),
            message: message.clone(),
            address: address.as_ref().map(|address| address.as_str().to_owned()),
            origin: origin.map(OriginFile::from),
            label: label.clone(),
            help: help.clone(),
        }
    }
}

impl From<FindingFile> for Finding {
    fn from(file: FindingFile) -> Self {
        Self {
            code: code(file.code),
            severity: file.severity.into(),
            message: file.message,
            address: file.address.map(Address::new),
            origin: file.origin.map(Into::into),
            label: file.label,
            help: file.help,
        }
    }
}
