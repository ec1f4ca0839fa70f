//! Calls whose answer never came: because the run ended before, or the task that made them broke down.

use privlink_model::{CloudError, ErrorClass, Step, StepFailure};
use tokio::task::JoinError;

/// What a task of ours said when it broke down.
pub(crate) fn panic_message(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else {
        return "the task was taken away".to_owned();
    };
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("a bug in privlink: {}", text.as_deref().unwrap_or("no message"))
}

/// What is known of a call whose answer never came because the run ended before.
pub(crate) fn lost_answer(step: &Step) -> CloudError {
    CloudError {
        class: ErrorClass::InDoubt,
        operation: step.call.clone(),
        scope: step.scope.clone(),
        code: String::new(),
        message: "the run ended before an answer came".to_owned(),
        request_id: None,
    }
}

/// The failure of a step whose task broke down: a bug of ours, which must not take the run along.
pub(crate) fn broken_down(step: &Step, called: bool, error: JoinError) -> StepFailure {
    StepFailure::Call(CloudError {
        // If it was about to call, nobody knows whether it did.
        class: if called { ErrorClass::InDoubt } else { ErrorClass::Unreadable },
        message: panic_message(error),
        ..lost_answer(step)
    })
}
