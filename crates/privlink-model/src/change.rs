//! What differs between what is desired and what was observed.

use crate::address::{Address, Scope};
use crate::attrs::Attrs;
use crate::desired::Origin;
use crate::snapshot::Observed;
use crate::value::Value;

/// What is to be done about a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Make a new one, then delete the old one.
    ReplaceCreateFirst,
    /// Delete the old one, then make a new one.
    ReplaceDeleteFirst,
    /// Make a new one and leave the old one to go back to.
    ReplaceKeepOld,
    /// Delete it.
    Delete,
    /// Wait until it is usable: it exists but was never finished.
    Wait,
    /// Nothing.
    NoOp,
    /// Not known: something it rests on could not be read.
    Unknown,
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It does not exist.
    Absent,
    /// It is no longer asked for.
    NotInSpec,
    /// These attributes differ.
    Differs,
    /// These attributes differ and cannot be changed in place.
    Immutable(Vec<String>),
    /// It failed and AWS never repairs it; AWS's reason.
    Failed(String),
    /// It exists and is not usable yet; AWS's word for its state.
    Unfinished(String),
    /// Something could not be read; why.
    Unread(String),
    /// It is deleted together with this other resource.
    DeletedWith(Address),
    /// As asked for.
    Same,
    /// The project is being destroyed.
    Destroy,
}

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeChange {
    /// Its key.
    pub key: String,
    /// The value observed; none when absent.
    pub before: Option<Value>,
    /// The value desired; none when it is to go.
    pub after: Option<Value>,
}

/// What is to happen to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The address.
    pub address: Address,
    /// The kind.
    pub kind: &'static str,
    /// Where.
    pub scope: Scope,
    /// What is to be done.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// What was observed.
    pub before: Option<Observed>,
    /// What is desired, resolved as far as the snapshot allows.
    pub after: Option<Attrs>,
    /// The attributes that differ.
    pub attributes: Vec<AttributeChange>,
    /// The user's node that asked for it.
    pub because: String,
    /// Where in the spec it comes from; none for what is no longer in it.
    pub origin: Option<Origin>,
}

/// All changes, by address. No-ops are kept; there is no order in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// The changes.
    pub changes: Vec<Change>,
}

impl ChangeSet {
    /// How many changes have this action.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::NoOp)
    }
}
