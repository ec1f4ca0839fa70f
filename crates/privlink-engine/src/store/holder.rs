//! Who asks for a lock, and who holds one.

use std::fmt;

/// Who asks for a lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// The person, as `user@host`.
    pub owner: String,
    /// The run it is for.
    pub run: String,
    /// What they do, such as `privlink apply`.
    pub command: String,
}

/// Who holds a lock, as they wrote it down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// The person, as `user@host`; empty when it is not known.
    pub owner: String,
    /// The run it is for.
    pub run: String,
    /// What they do.
    pub command: String,
    /// The number of their process, on their machine.
    pub process: u32,
    /// Since when, in seconds since 1970.
    pub since: u64,
    /// Until when they will have renewed it or are gone, in seconds since 1970; none where the lock goes with the process.
    pub expires: Option<u64>,
    /// Whether their process lives; none where that cannot be known.
    pub alive: Option<bool>,
    /// What tells this moment of this lock from every other.
    pub mark: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.owner.is_empty() {
            return f.write_str("a process that has not yet said whose it is");
        }
        write!(f, "{} ({}, process {}, run {})", self.owner, self.command, self.process, self.run)
    }
}
