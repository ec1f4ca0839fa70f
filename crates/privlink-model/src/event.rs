//! What a run says while it goes on, and how it ends. Views consume these; the engine prints nothing.

use std::time::Duration;

use crate::address::{Address, Scope};
use crate::cloud::CloudError;
use crate::journal::Why;
use crate::plan::{Step, StepId};

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
    /// A step's call may or may not have taken effect: it is being found out.
    Probing {
        /// The step.
        step: StepId,
    },
    /// The person asked to stop: steps under way finish, nothing new starts.
    Stopping,
    /// What was done is taken back now. The events of steps that follow speak of these, which have numbers of their own only
    /// where they bring back what went along with something deleted.
    Unwinding {
        /// Why.
        why: Why,
        /// The steps back, in the order of a plan.
        steps: Vec<Step>,
    },
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
    /// The object is not as the plan says it was; what differs.
    Stale(String),
    /// After the call the object is not as asked; what differs.
    ReadBack(String),
    /// Nobody knows whether its call took effect, and it could not be found out; why.
    InDoubt(String),
    /// It could not be written down, so it was not called; why.
    Journal(String),
    /// It failed in an earlier part of the run; in words.
    Recorded(String),
}

impl std::fmt::Display for StepFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Settled(reason) => write!(f, "AWS reports: {reason}"),
            Self::TimedOut(status) => write!(f, "still {status} at the time limit"),
            Self::Unresolved(what) => write!(f, "{what} was not known when it was needed"),
            Self::Stale(what) => write!(f, "it changed since the plan was made: {what}"),
            Self::ReadBack(what) => write!(f, "AWS accepted the call and did not do all of it: {what}"),
            Self::InDoubt(why) => write!(f, "whether the call took effect is not known: {why}"),
            Self::Journal(why) => write!(f, "it could not be written down, so it was not called: {why}"),
            Self::Recorded(what) => f.write_str(what),
        }
    }
}

/// Why a run did not go on to its good end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The kind of reason.
    pub why: Why,
    /// The steps that failed, and how.
    pub failed: Vec<(StepId, StepFailure)>,
    /// What blocked the run as a whole, in words.
    pub blocked: Option<String>,
}

/// Something that a run left behind and could not take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residue {
    /// The step that made or changed it, or that was to bring it back.
    pub step: StepId,
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where it is.
    pub scope: Scope,
    /// AWS's name for it; none where nobody knows.
    pub id: Option<String>,
    /// What is left to do, and why it was not done, in one sentence.
    pub why: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every step was done.
    Applied,
    /// The world is as it was, but for what the plan had declared.
    RolledBack {
        /// Why it did not go on.
        cause: Cause,
        /// The steps that were taken back.
        undone: Vec<StepId>,
        /// What was not brought back as it was, as declared: each step and what was lost or left.
        inexact: Vec<(StepId, String)>,
    },
    /// Some of what was done could not be taken back.
    Stuck {
        /// Why it did not go on.
        cause: Cause,
        /// What is left.
        residue: Vec<Residue>,
    },
    /// It was left as it is, as asked.
    Kept {
        /// Why it did not go on.
        cause: Cause,
        /// The steps that were done.
        done: Vec<StepId>,
        /// The steps that were never started.
        not_started: Vec<StepId>,
    },
}
