//! One change while it is being planned: the change itself with the facts and the objects it was made of.

use privlink_model::{Action, Change, KindSchema, Observed, Resource, Value, keys};

/// One change while it is being planned.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    /// What will be shown.
    pub(crate) change: Change,
    /// The facts about its kind.
    pub(crate) schema: &'static KindSchema,
    /// What is desired; none for what is to go.
    pub(crate) desired: Option<&'a Resource>,
    /// What was observed.
    pub(crate) old: Option<&'a Observed>,
    /// The item whose deletion takes this one's old object along.
    pub(crate) deleted_with: Option<usize>,
}

impl Item<'_> {
    /// Whether the object that was observed is to go.
    pub(crate) fn removes_old(&self) -> bool {
        self.old.is_some()
            && matches!(self.change.action, Action::Delete | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst)
    }

    /// Whether a new object is to be made.
    pub(crate) fn makes_new(&self) -> bool {
        makes_new(self.change.action)
    }
}

/// Whether an action makes a new object.
pub(crate) fn makes_new(action: Action) -> bool {
    matches!(action, Action::Create | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst | Action::ReplaceKeepOld)
}

/// The value of an observed object's attribute; its id is one even where the listing left it out.
pub(crate) fn observed_value(object: &Observed, key: &str) -> Option<Value> {
    match object.attrs.get(key) {
        Some(value) => Some(value.clone()),
        None if key == keys::ID.key() => Some(Value::Text(object.id.clone())),
        None => None,
    }
}
