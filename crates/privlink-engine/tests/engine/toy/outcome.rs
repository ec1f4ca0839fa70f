//! Shorter ways to say what an outcome should be.

use privlink_model::{Cause, CloudError, Outcome, StepFailure, StepId, Why};

pub(crate) fn ids(ids: impl IntoIterator<Item = u32>) -> Vec<StepId> {
    ids.into_iter().map(StepId).collect()
}

/// A run that was stopped.
pub(crate) fn interrupted(done: Vec<StepId>, not_started: Vec<StepId>) -> Outcome {
    Outcome::Kept { cause: Cause { why: Why::Interrupted, failed: Vec::new(), blocked: None }, done, not_started }
}

/// The failed steps and why, the done, the not started.
pub(crate) fn failed(outcome: Outcome) -> (Vec<(u32, StepFailure)>, Vec<StepId>, Vec<StepId>) {
    match outcome {
        Outcome::Kept { cause, done, not_started } => {
            (cause.failed.into_iter().map(|(id, failure)| (id.0, failure)).collect(), done, not_started)
        }
        other => panic!("a failure, not {other:?}"),
    }
}

pub(crate) fn only_failure(outcome: Outcome) -> StepFailure {
    let (mut failures, _, _) = failed(outcome);
    assert_eq!(failures.len(), 1, "{failures:?}");
    failures.remove(0).1
}

pub(crate) fn only_error(outcome: Outcome) -> CloudError {
    match only_failure(outcome) {
        StepFailure::Call(error) => error,
        other => panic!("a failed call, not {other:?}"),
    }
}
