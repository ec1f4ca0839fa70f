//! One way through the steps of a plan, before it begins and after it ended. What lies between is `dispatch`.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Object, State, Step, StepFailure, StepId, Way};

/// One way through steps: which, and where an earlier part of the run left them.
pub(crate) struct Course<'p> {
    /// Carried out or taken back.
    pub(crate) way: Way,
    /// In the order of their numbers.
    pub(crate) steps: Vec<&'p Step>,
    /// How far they had come.
    pub(crate) states: BTreeMap<StepId, State>,
    /// What objects were, before, that steps bring back.
    pub(crate) lost: BTreeMap<StepId, Object>,
    /// Those of them that may still be there.
    pub(crate) unsure: BTreeSet<StepId>,
}

/// How it ended.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) done: Vec<StepId>,
    pub(crate) failed: Vec<(StepId, StepFailure)>,
    pub(crate) not_started: Vec<StepId>,
    /// Why nothing more may be called.
    pub(crate) blocked: Option<String>,
}
