//! How often a call to a place for objects is made before its failure counts, and how long is waited in between.
//!
//! Refuses to know what is called: whoever repeats a call sees to it that doing so is harmless.

use std::time::Duration;

use privlink_model::{ErrorClass, ObjectError};
use tokio::time::sleep;

use super::chance::jittered;

/// How often a call without an answer is made before it counts as failed; the client has tried several times each time.
const TRIES: u32 = 4;
/// The same where others write at the same time and one of them gets on each time.
const TRIES_AMONG_OTHERS: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_DOUBLING: u32 = 3;

/// How long calls are made again that may do better.
#[derive(Default)]
pub(super) struct Patience {
    failures: u32,
}

impl Patience {
    /// Waits a little after a failure.
    ///
    /// # Errors
    /// The failure, when there is no use in waiting.
    pub(super) async fn after(&mut self, error: ObjectError) -> Result<(), ObjectError> {
        self.failures += 1;
        if self.failures >= tries(error.class) {
            return Err(error);
        }
        sleep(jittered(FIRST_PAUSE * 2_u32.pow((self.failures - 1).min(LONGEST_DOUBLING)))).await;
        Ok(())
    }
}

/// How often a call is made that fails in a way.
fn tries(class: ErrorClass) -> u32 {
    match class {
        ErrorClass::Busy | ErrorClass::Throttled => TRIES_AMONG_OTHERS,
        ErrorClass::InDoubt | ErrorClass::Unreachable | ErrorClass::Unreadable => TRIES,
        ErrorClass::Quota | ErrorClass::Denied | ErrorClass::NotFound | ErrorClass::Refused => 1,
    }
}
