//! The wait for what a call began: when AWS is looked at, and what ends it.
//!
//! Reads, never writes: a wait may be abandoned at any moment.

use std::time::Duration;

use privlink_model::{Attrs, CloudError, ErrorClass, Operation, Progress, Settle, StepFailure, StepId, Write};

use crate::events::WaitNews;
use crate::ports::{Ports, SHORTEST, UNSEEN, gone, passes, unread};

/// The pause before the first look at what may be there at once.
const FIRST_LOOK: Duration = Duration::from_secs(1);

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
    let facts = ports.kinds.get(write.kind);
    let facts = facts.and_then(|facts| if write.operation == Operation::Delete { facts.gone } else { facts.ready });
    let mut pause = first_look(wait, facts.is_some_and(|facts| facts.early)).min(wait.limit);
    loop {
        ports.clock.sleep(pause).await;
        let look = ports.progress(write, id).await;
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

/// How long until the first look.
fn first_look(wait: &Settle, early: bool) -> Duration {
    let soon = early || wait.typical <= FIRST_LOOK;
    if soon { FIRST_LOOK.min(wait.poll).max(SHORTEST) } else { next_look(wait, Duration::ZERO) }
}

/// How long until the next look. Every look is a call that counts against AWS's quotas, so until half of what it takes as a
/// rule none is made, and then ten in as much time again: whoever waits three minutes waits nine seconds too long on average.
fn next_look(wait: &Settle, elapsed: Duration) -> Duration {
    let half = wait.typical / 2;
    wait.poll.max(wait.typical / 10).max(half.saturating_sub(elapsed))
}

/// Whether the error says that AWS's reads lag behind its writes.
fn unseen(write: &Write, error: &CloudError, elapsed: Duration) -> bool {
    write.operation == Operation::Create && error.class == ErrorClass::NotFound && elapsed < UNSEEN
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use privlink_model::Settle;

    use super::{first_look, next_look};

    /// The moments at which something that takes `secs` is looked at until it is done.
    fn looks(typical: u64, poll: u64, secs: u64) -> Vec<u64> {
        let wait = Settle {
            until: "there".to_owned(),
            typical: Duration::from_secs(typical),
            limit: Duration::from_secs(1200),
            poll: Duration::from_secs(poll),
        };
        let mut moments = vec![first_look(&wait, false).as_secs()];
        while let Some(last) = moments.last().copied().filter(|last| *last < secs) {
            moments.push(last + next_look(&wait, Duration::from_secs(last)).as_secs());
        }
        moments
    }

    #[test]
    fn long_waits_are_looked_at_late_and_seldom() {
        assert_eq!(looks(180, 5, 180), [90, 108, 126, 144, 162, 180]);
        assert_eq!(looks(10, 2, 5), [5]);
        assert_eq!(looks(1, 2, 4), [1, 3, 5]);
    }
}
