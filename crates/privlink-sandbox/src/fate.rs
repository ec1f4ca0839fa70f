//! How what a request sets going will end: as it always does, never, or in failure.
//!
//! Kept in the object that the request makes, so that it is part of the world like any other fact about it. Who deals out
//! fates, and to which calls, is in `gate/faults.rs`.

use serde::{Deserialize, Serialize};

/// How something that takes time will end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fate {
    /// As it does with AWS.
    #[default]
    Usual,
    /// It stays on its way for ever.
    Never,
    /// It ends in the failed state of its kind, for this reason.
    Failed(String),
}

impl Fate {
    /// Gives why it fails, if it does.
    pub(crate) fn failure(&self) -> Option<&str> {
        match self {
            Fate::Failed(reason) => Some(reason),
            Fate::Usual | Fate::Never => None,
        }
    }
}
