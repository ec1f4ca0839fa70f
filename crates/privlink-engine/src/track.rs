//! A step and how far it has come on its way. What comes next is decided by `dispatch`.

use std::time::Duration;

use privlink_model::{State, Step, StepFailure, StepId, Write};
use tokio::task::AbortHandle;

use crate::retry::Attempts;

/// How far a step has come.
pub(crate) enum Stage {
    Unstarted,
    /// Values it needs are read again.
    Reading(AbortHandle),
    /// Its call waits for a place.
    Queued(Write),
    /// Its call is under way, or found out about.
    Calling,
    /// Its call was refused and is made again after a pause.
    Resting(AbortHandle),
    /// What its call began is waited for.
    Settling,
    Done,
    Failed(StepFailure),
}

/// A step and what the run knows of it.
pub(crate) struct Track<'p> {
    pub(crate) step: &'p Step,
    pub(crate) stage: Stage,
    /// Where an earlier part of the run left it.
    pub(crate) left: State,
    /// How many of the steps it needs are not done.
    pub(crate) missing: usize,
    /// The steps that need it.
    pub(crate) dependents: Vec<StepId>,
    pub(crate) attempts: Attempts,
    /// Whether it takes a place of those for calls.
    pub(crate) in_place: bool,
    /// When it started.
    pub(crate) since: Option<Duration>,
}
