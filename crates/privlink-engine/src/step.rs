//! What happens around one call: the look before it, the record of it, the call, the wait for its end, the look after it.
//!
//! Each function here is part of the body of one task; what follows from its answer is decided by `dispatch`. Reads for values
//! that come late are in `late`, the search for what a lost answer would have said in `probe`.
//!
//! **Invariant:** no call is made before the intent to make it is on disk, and nothing more is called once that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use privlink_model::{
    Attrs, Clock, Cloud, CloudError, ErrorClass, Event, Kinds, Object, Observed, Operation, Progress, Record, Settle,
    Status, Step, StepFailure, StepId, StepRecord, Way, Write, Written,
};
use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::compare;
use crate::events::{EventSink, WaitNews};
use crate::journal::Journal;
use crate::probe::{Found, probe};
use crate::stop::StopSignal;

/// The pause before the first look at what may be there at once.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// The shortest pause between looks, whatever a plan says.
pub(crate) const SHORTEST: Duration = Duration::from_millis(100);
/// How long AWS's reads may not know what its writes made.
const UNSEEN: Duration = Duration::from_secs(60);
/// The pause between two looks at what reads do not show yet.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How often a read is repeated that failed in passing.
const READS: u32 = 6;

/// What tasks work with.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) cloud: Arc<dyn Cloud>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: EventSink,
    pub(crate) kinds: Kinds,
    pub(crate) journal: Journal,
    pub(crate) project: Arc<str>,
    /// Places for reads that are under way: those who wait for AWS do not all ask in the same moment.
    pub(crate) looks: Arc<Semaphore>,
    /// Given when nothing more may be called.
    pub(crate) blocked: StopSignal,
    /// Whether what was written must be seen to be as asked.
    pub(crate) confirm: bool,
}

impl Ports {
    pub(crate) fn since(&self, start: Duration) -> Duration {
        self.clock.now().saturating_sub(start)
    }
}

/// One step on its way, as its tasks know it.
#[derive(Clone)]
pub(crate) struct Walk {
    pub(crate) ports: Ports,
    pub(crate) step: StepId,
    pub(crate) way: Way,
    /// What the whole plan asks of the object.
    pub(crate) wanted: Attrs,
    /// The name of what a creation brings back, where that may still be there.
    pub(crate) left: Option<String>,
    /// Set when nothing new may start.
    pub(crate) halted: Arc<AtomicBool>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Called {
    /// It took effect.
    Written(Written),
    /// There was nothing to call.
    Skipped(Object),
    /// It surely took no effect.
    Refused(CloudError),
    /// The step cannot go on.
    Failed(StepFailure),
    /// Nothing new was to start, and it had not.
    Withdrawn,
    /// It could not be written down; why.
    Blocked(String),
}

impl Walk {
    /// Writes down what happened to the step.
    pub(crate) async fn record(&self, event: StepRecord) -> Result<(), String> {
        let record = Record::Step { step: self.step, way: self.way, event };
        self.ports.journal.record(record).await.map_err(|error| error.to_string())
    }

    /// Looks, writes down, calls, writes down. `again` says that this very call was refused before.
    pub(crate) async fn call(&self, write: &Write, again: bool) -> Called {
        let before = match self.look(write, again).await {
            Ok(before) => before,
            Err(end) => return end,
        };
        if self.halted.load(Ordering::SeqCst) || self.ports.blocked.is_stopped() {
            return Called::Withdrawn;
        }
        let before = self.redacted(write, before);
        let intent = StepRecord::Intent { token: write.token.clone(), id: write.id.clone(), before };
        if let Err(why) = self.record(intent).await {
            return Called::Blocked(why);
        }
        let answer = match self.ports.cloud.write(write).await {
            // That a deleted object is gone already is as good as deleting it.
            Err(error) if gone(write, &error) => Ok(Written { id: write.id.clone(), attrs: Attrs::new() }),
            answer => answer,
        };
        match answer {
            Ok(written) => self.written(write, written).await,
            Err(error) if error.class == ErrorClass::InDoubt || error.class == ErrorClass::Unreadable => {
                self.find_out(write, error).await
            }
            Err(error) => match self.record(StepRecord::Refused(error.to_string())).await {
                Ok(()) => Called::Refused(error),
                Err(why) => Called::Blocked(why),
            },
        }
    }

    /// Finds out what became of a call whose answer is not known.
    pub(crate) async fn find_out(&self, write: &Write, error: CloudError) -> Called {
        self.ports.events.send(Event::Probing { step: self.step });
        match probe(&self.ports, write, self.way).await {
            Found::Made(object) => match self.record(StepRecord::Found(self.object(write, object.clone()))).await {
                Ok(()) => Called::Written(Written { id: object.id, attrs: object.attrs }),
                Err(why) => Called::Blocked(why),
            },
            Found::Nothing => match self.record(StepRecord::Absent).await {
                Ok(()) => Called::Refused(error),
                Err(why) => Called::Blocked(why),
            },
            Found::Unknown(why) => Called::Failed(StepFailure::InDoubt(format!("{error}; and {why}"))),
        }
    }

    async fn written(&self, write: &Write, written: Written) -> Called {
        let id = if written.id.is_empty() { write.id.clone() } else { written.id.clone() };
        // With all that was asked: whoever goes on after a death does not have to find values again that came late.
        // What else the plan asks of the object is for other steps to say.
        let asked = |key: &String| write.operation != Operation::Update || write.changed.contains(key);
        let asked = write.after.iter().filter(|(key, _)| asked(key)).map(|(key, value)| (key.clone(), value.clone()));
        let mut attrs: Attrs = asked.collect();
        attrs.merge(&written.attrs);
        let object = self.object(write, Object { id, attrs });
        match self.record(StepRecord::Answered(object)).await {
            Ok(()) => Called::Written(written),
            Err(why) => Called::Blocked(why),
        }
    }

    /// Writes down that there was nothing to call.
    pub(crate) async fn skip(&self, write: &Write, object: Object) -> Called {
        match self.record(StepRecord::Skipped(self.object(write, object.clone()))).await {
            Ok(()) => Called::Skipped(object),
            Err(why) => Called::Blocked(why),
        }
    }

    /// Reads what is about to change, and gives it; ends the step when it is not as it was.
    async fn look(&self, write: &Write, again: bool) -> Result<Attrs, Called> {
        if let (Some(left), Operation::Create, false) = (&self.left, write.operation, again) {
            return match self
                .still_there(write, left)
                .await
                .map_err(|error| Called::Failed(StepFailure::Call(error)))?
            {
                None => Ok(write.before.clone()),
                Some(Observed { status: Status::Failed(why), .. }) => {
                    Err(Called::Failed(StepFailure::Settled(format!("{left} is still there and does not work: {why}"))))
                }
                Some(live) => Err(self.skip(write, Object { id: live.id, attrs: live.attrs }).await),
            };
        }
        let ours = self.way == Way::Back && write.operation == Operation::Delete;
        if write.operation == Operation::Create || again || ours {
            return Ok(write.before.clone());
        }
        let Some(schema) = self.ports.kinds.get(write.kind) else { return Ok(write.before.clone()) };
        let live = match self.read(write, &write.id).await {
            Ok(live) => live.filter(|live| write.operation != Operation::Delete || live.status != Status::Deleting),
            Err(error) => return Err(Called::Failed(StepFailure::Call(error))),
        };
        let Some(live) = live else {
            if write.operation == Operation::Delete {
                let object = Object { id: write.id.clone(), attrs: Attrs::new() };
                return Err(self.skip(write, object).await);
            }
            return Err(Called::Failed(StepFailure::Stale("it is gone".to_owned())));
        };
        match compare::moved(schema, write, &self.wanted, &live, self.way) {
            Some(moved) => Err(Called::Failed(StepFailure::Stale(moved))),
            None => Ok(live.attrs),
        }
    }

    /// Looks whether something is there whose deletion did not come to its good end. Reads may lag behind that.
    async fn still_there(&self, write: &Write, id: &str) -> Result<Option<Observed>, CloudError> {
        let start = self.ports.clock.now();
        loop {
            match self.read(write, id).await?.filter(|live| live.status != Status::Deleting) {
                Some(_) if self.ports.since(start) < UNSEEN => self.ports.clock.sleep(LOOK_AGAIN).await,
                live => return Ok(live),
            }
        }
    }

    async fn read(&self, write: &Write, id: &str) -> Result<Option<Observed>, CloudError> {
        let mut known = write.before.clone();
        known.merge(&write.after);
        let mut reads = 0;
        loop {
            let read = {
                let _place = self.ports.looks.acquire().await;
                self.ports.cloud.read(&write.scope, write.kind, id, &known).await
            };
            reads += 1;
            match read {
                Err(error) if error.class == ErrorClass::NotFound => return Ok(None),
                Err(error) if passes(&error) && reads < READS => self.ports.clock.sleep(LOOK_AGAIN).await,
                read => return read,
            }
        }
    }

    /// Waits for what a call began, looks whether AWS did what was asked, and writes that down. Gives what is known then.
    pub(crate) async fn finish(
        &self,
        wait: Option<&Settle>,
        write: &Write,
        written: &Written,
    ) -> Result<Attrs, Unfinished> {
        let id = if written.id.is_empty() { &write.id } else { &written.id };
        let end = match wait {
            Some(wait) => settle(&self.ports, self.step, wait, write, id).await,
            None => Ok(Attrs::new()),
        };
        let end = match end {
            Ok(attrs) => self.read_back(write, id, attrs, wait.is_some()).await,
            Err(failure) => Err(failure),
        };
        let (record, end) = match end {
            // Without a call there is none to have come to its end.
            Ok(attrs) if write.operation == Operation::Wait => {
                (StepRecord::Skipped(self.object(write, Object { id: id.clone(), attrs: attrs.clone() })), Ok(attrs))
            }
            Ok(attrs) => (StepRecord::Settled(self.redacted(write, attrs.clone())), Ok(attrs)),
            Err(failure) => (StepRecord::Failed(failure.to_string()), Err(Unfinished::Failed(failure))),
        };
        match self.record(record).await {
            Ok(()) => end,
            Err(why) => Err(Unfinished::Blocked(why)),
        }
    }

    /// Compares what there is now with what was asked. What a wait saw last counts as a look.
    async fn read_back(&self, write: &Write, id: &str, seen: Attrs, waited: bool) -> Result<Attrs, StepFailure> {
        let Some(schema) = self.ports.kinds.get(write.kind) else { return Ok(seen) };
        let over = write.operation == Operation::Wait || (write.operation == Operation::Delete && waited);
        if over || !self.ports.confirm {
            return Ok(seen);
        }
        let start = self.ports.clock.now();
        if waited && compare::dropped(schema, write, &seen).is_none() {
            return Ok(seen);
        }
        loop {
            let why = if write.operation == Operation::Delete {
                match self.is_gone(write, id).await? {
                    None => return Ok(Attrs::new()),
                    Some(why) => why,
                }
            } else {
                match self.read(write, id).await.map_err(StepFailure::Call)? {
                    None => "it is not there".to_owned(),
                    Some(live) => match compare::dropped(schema, write, &live.attrs) {
                        None => {
                            // A wait may have seen what a read does not show, and not yet what was asked.
                            let mut known = seen;
                            write.changed.iter().for_each(|key| {
                                known.remove(key);
                            });
                            known.merge(&live.attrs);
                            return Ok(known);
                        }
                        Some(dropped) => dropped,
                    },
                }
            };
            if self.ports.since(start) >= UNSEEN {
                return Err(StepFailure::ReadBack(why));
            }
            self.ports.clock.sleep(LOOK_AGAIN).await;
        }
    }

    /// Looks whether what was deleted is gone, as the kind understands it: an emptied definition is; what is in the way if not.
    async fn is_gone(&self, write: &Write, id: &str) -> Result<Option<String>, StepFailure> {
        let look = {
            let _place = self.ports.looks.acquire().await;
            self.ports.cloud.settle(write, id).await
        };
        match look {
            Ok(Progress::Done(_)) => Ok(None),
            Ok(Progress::Pending(status)) => Ok(Some(format!("it is still there ({status})"))),
            Ok(Progress::Failed(reason)) => Err(StepFailure::Settled(reason)),
            Err(error) if gone(write, &error) => Ok(None),
            Err(error) if passes(&error) => Ok(Some(unread(error))),
            Err(error) => Err(StepFailure::Call(error)),
        }
    }

    fn object(&self, write: &Write, object: Object) -> Object {
        Object { attrs: self.redacted(write, object.attrs), ..object }
    }

    /// Attributes as they may be written down: a digest stands in place of a secret.
    fn redacted(&self, write: &Write, attrs: Attrs) -> Attrs {
        let Some(schema) = self.ports.kinds.get(write.kind) else { return attrs };
        let is_secret = |key: &str| schema.attribute(key).is_some_and(|fact| fact.secret);
        let redact = |value: &privlink_model::Value| {
            privlink_model::Value::Text(format!("digest {}", privlink_model::digest(&value.to_string())))
        };
        attrs
            .iter()
            .map(|(key, value)| (key.clone(), if is_secret(key) { redact(value) } else { value.clone() }))
            .collect()
    }
}

/// Why a step did not come to its good end after its call.
#[derive(Debug)]
pub(crate) enum Unfinished {
    /// It came to a bad end.
    Failed(StepFailure),
    /// Its end could not be written down; why.
    Blocked(String),
}

/// Waits until what the call began has come to its end, and gives the attributes that are known then.
async fn settle(ports: &Ports, step: StepId, wait: &Settle, write: &Write, id: &str) -> Result<Attrs, StepFailure> {
    let start = ports.clock.now();
    let mut news = WaitNews::new(&ports.events, step);
    let facts = ports.kinds.get(write.kind);
    let facts = facts.and_then(|facts| if write.operation == Operation::Delete { facts.gone } else { facts.ready });
    let mut pause = first_look(wait, facts.is_some_and(|facts| facts.early)).min(wait.limit);
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
