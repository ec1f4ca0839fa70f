//! What happens around one call: the call itself, and the wait for its end.
//!
//! Each function here is the body of one task; what follows from its answer is decided by `dispatch`. Reads for values that
//! come late are in `late`.

use std::sync::Arc;
use std::time::Duration;

use privlink_model::{
    Attrs, Clock, Cloud, CloudError, ErrorClass, Operation, Progress, Settle, StepFailure, StepId, Write, Written,
};
use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::events::{EventSink, WaitNews};

/// The longest pause before the first look at what a call began: much is there at once.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// The shortest pause between looks, whatever a plan says.
pub(crate) const SHORTEST: Duration = Duration::from_millis(100);
/// How long AWS's reads may not know what its writes made.
const UNSEEN: Duration = Duration::from_secs(60);

/// What tasks work with.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) cloud: Arc<dyn Cloud>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: EventSink,
    /// Places for reads that are under way: those who wait for AWS do not all ask in the same moment.
    pub(crate) looks: Arc<Semaphore>,
}

impl Ports {
    pub(crate) fn since(&self, start: Duration) -> Duration {
        self.clock.now().saturating_sub(start)
    }
}

/// Makes the call. That a deleted object is gone already is as good as deleting it.
pub(crate) async fn call(ports: &Ports, write: &Write) -> Result<Written, CloudError> {
    match ports.cloud.write(write).await {
        Err(error) if gone(write, &error) => Ok(Written { id: write.id.clone(), attrs: Attrs::new() }),
        answer => answer,
    }
}

/// Waits until what the call began has come to its end, and gives the attributes that are known then.
pub(crate) async fn settle(
    ports: &Ports,
    step: StepId,
    wait: &Settle,
    write: &Write,
    id: &str,
) -> Result<Attrs, StepFailure> {
    let start = ports.clock.now();
    let mut news = WaitNews::new(&ports.events, step);
    let mut pause = wait.poll.max(SHORTEST).min(FIRST_LOOK);
    loop {
        ports.clock.sleep(pause).await;
        let look = {
            let _place = ports.looks.acquire().await;
            ports.cloud.settle(write, id).await
        };
        let elapsed = ports.since(start);
        let status = match look {
            Ok(Progress::Done(attrs)) => return Ok(attrs),
            Ok(Progress::Failed(reason)) => return Err(StepFailure::Settled(reason)),
            Ok(Progress::Pending(status)) => status,
            Err(error) if gone(write, &error) => return Ok(Attrs::new()),
            Err(error) if passes(&error) || unseen(write, &error, elapsed) => unread(error),
            Err(error) => return Err(StepFailure::Call(error)),
        };
        if elapsed >= wait.limit {
            return Err(StepFailure::TimedOut(status));
        }
        news.tell(&status, elapsed);
        pause = next_look(wait, elapsed).min(wait.limit.saturating_sub(elapsed)).max(SHORTEST);
    }
}

/// How long until the next look. Every look is a call that counts against AWS's quotas, so until half of what it takes as a
/// rule none is made, and then ten in as much time again: whoever waits three minutes waits nine seconds too long on average.
fn next_look(wait: &Settle, elapsed: Duration) -> Duration {
    let half = wait.typical / 2;
    wait.poll.max(wait.typical / 10).max(half.saturating_sub(elapsed))
}

/// Whether the error says that what was to be deleted is no more.
fn gone(write: &Write, error: &CloudError) -> bool {
    write.operation == Operation::Delete && error.class == ErrorClass::NotFound
}

/// Whether the error says that AWS's reads lag behind its writes.
fn unseen(write: &Write, error: &CloudError, elapsed: Duration) -> bool {
    write.operation == Operation::Create && error.class == ErrorClass::NotFound && elapsed < UNSEEN
}

/// Whether a read that failed so is worth repeating.
pub(crate) fn passes(error: &CloudError) -> bool {
    matches!(error.class, ErrorClass::Throttled | ErrorClass::InDoubt | ErrorClass::Unreachable)
}

/// What stands in place of a state that could not be read: the same text for the same error.
pub(crate) fn unread(error: CloudError) -> String {
    format!("unread ({})", CloudError { request_id: None, ..error })
}

/// What a task of ours said when it broke down.
pub(crate) fn panic_message(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else {
        return "the task was taken away".to_owned();
    };
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("a bug in privlink: {}", text.as_deref().unwrap_or("no message"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use privlink_model::Settle;

    use super::next_look;

    /// The moments at which something that takes `secs` is looked at until it is done.
    fn looks(typical: u64, poll: u64, secs: u64) -> Vec<u64> {
        let wait = Settle {
            until: "there".to_owned(),
            typical: Duration::from_secs(typical),
            limit: Duration::from_secs(1200),
            poll: Duration::from_secs(poll),
        };
        let mut moments = vec![1];
        while let Some(last) = moments.last().copied().filter(|last| *last < secs) {
            moments.push(last + next_look(&wait, Duration::from_secs(last)).as_secs());
        }
        moments
    }

    #[test]
    fn long_waits_are_looked_at_late_and_seldom() {
        assert_eq!(looks(180, 5, 180), [1, 90, 108, 126, 144, 162, 180]);
        assert_eq!(looks(10, 2, 5), [1, 5]);
        assert_eq!(looks(1, 2, 4), [1, 3, 5]);
    }
}
