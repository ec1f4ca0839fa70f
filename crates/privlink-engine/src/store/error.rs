//! What can go wrong with a store, in words that name the place.

use std::io;
use std::path::{Path, PathBuf};

use privlink_model::ObjectError;

use super::holder::Holder;

/// Why a store could not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("cannot {doing} {}: {reason}", path.display())]
    Folder {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The store of objects refused, or did not answer.
    #[error(transparent)]
    Objects(Box<ObjectError>),
    /// Something is there that must not be overwritten.
    #[error("{object} is there already, and what a run has written is never overwritten")]
    Exists {
        /// What.
        object: String,
    },
    /// A journal is not as long as whoever wrote it last knows it to be.
    #[error("{object} is not as this run left it: somebody else has written to it, so this run writes nothing more")]
    Moved {
        /// The journal.
        object: String,
    },
    /// Something is there that privlink did not write so.
    #[error("{object} is damaged: {what}")]
    Damaged {
        /// Where.
        object: String,
        /// What is wrong with it.
        what: String,
    },
    /// A name that cannot be one.
    #[error(
        "{name:?} cannot be the name of a project or a run: it takes letters, digits, - _ and dots, a letter or digit first"
    )]
    Name {
        /// The name.
        name: String,
    },
}

impl From<ObjectError> for StoreError {
    fn from(error: ObjectError) -> Self {
        Self::Objects(Box::new(error))
    }
}

impl StoreError {
    /// What can be done about it, where that is known.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Objects(error) => error.help.as_deref(),
            Self::Folder { .. }
            | Self::Exists { .. }
            | Self::Moved { .. }
            | Self::Damaged { .. }
            | Self::Name { .. } => None,
        }
    }

    /// A failure of the file system.
    pub(super) fn folder(doing: &'static str, path: &Path, error: &io::Error) -> Self {
        Self::Folder { doing, path: path.to_owned(), reason: error.to_string() }
    }
}

/// Why a lock was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Somebody holds it.
    #[error("the project is locked by {0}")]
    Held(Box<Holder>),
    /// It could not be asked for.
    #[error("the lock cannot be taken: {0}")]
    Store(#[from] StoreError),
}

impl LockError {
    /// Somebody holds it.
    pub(super) fn held(holder: Holder) -> Self {
        Self::Held(Box::new(holder))
    }
}
