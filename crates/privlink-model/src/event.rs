//! What a run says while it goes on, and how it ends. Views consume these; the engine prints nothing.

use std::time::Duration;

use crate::address::{Address, Scope};
use crate::cloud::CloudError;
use crate::plan::StepId;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A scope is being read.
    GatherStarted(Scope),
    /// A scope was read; how many objects, and how many listings could not be.
    Gathered {
        /// The scope.
        scope: Scope,
        /// Objects read.
        objects: usize,
        /// Listings that could not be read.
        unread: usize,
    },
    /// A step's call is about to be made.
    Started {
        /// The step.
        step: StepId,
        /// Its resource.
        address: Address,
    },
    /// A step's call was made and its end is waited for.
    Waiting {
        /// The step.
        step: StepId,
        /// AWS's word for the state.
        status: String,
        /// How long so far.
        elapsed: Duration,
    },
    /// A step's call is tried again.
    Retrying {
        /// The step.
        step: StepId,
        /// What was in the way.
        error: CloudError,
    },
    /// A step is done.
    Done {
        /// The step.
        step: StepId,
        /// AWS's name for the object.
        id: String,
        /// How long it took.
        elapsed: Duration,
    },
    /// A step failed.
    Failed {
        /// The step.
        step: StepId,
        /// How.
        failure: StepFailure,
    },
    /// The person asked to stop: steps under way finish, nothing new starts.
    Stopping,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepFailure {
    /// Its call failed.
    Call(CloudError),
    /// It came to a bad end after the call; AWS's reason.
    Settled(String),
    /// It did not come to its end in time; its last state.
    TimedOut(String),
    /// A value it needs was not given by the steps before it.
    Unresolved(String),
}

impl std::fmt::Display for StepFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Settled(reason) => write!(f, "AWS reports: {reason}"),
            Self::TimedOut(status) => write!(f, "still {status} at the time limit"),
            Self::Unresolved(what) => write!(f, "{what} was not known when it was needed"),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every step was done.
    Applied,
    /// A step failed; these were done and these were not.
    Failed {
        /// The steps that failed, and why.
        failed: Vec<(StepId, StepFailure)>,
        /// The steps that were done.
        done: Vec<StepId>,
        /// The steps that were never started.
        not_started: Vec<StepId>,
    },
    /// The person stopped it at a step boundary.
    Interrupted {
        /// The steps that were done.
        done: Vec<StepId>,
        /// The steps that were never started.
        not_started: Vec<StepId>,
    },
}
