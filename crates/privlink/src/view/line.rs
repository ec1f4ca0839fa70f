//! A line about a change: what it is, what it does, what it says.
//!
//! Owns: the parts of a line. Refuses to know: which lines a change has (see `change`), and what one looks like in a view.

/// What a line does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It comes.
    Added,
    /// It goes.
    Removed,
    /// It changes, or is to be minded.
    Changed,
    /// It stays.
    Kept,
    /// It says which lines of a document follow.
    Place,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Why traffic is interrupted.
    Outage,
    /// A key and its value.
    Attribute,
    /// A line of the document under the key before it.
    Document,
    /// What a policy means for who can call.
    Access,
    /// What cannot be undone exactly.
    Undo,
}

/// A line under a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// What it is.
    pub(crate) part: Part,
    /// What it does.
    pub(crate) mark: Mark,
    /// What it says, with nothing in it that cannot be seen.
    pub(crate) text: String,
}
