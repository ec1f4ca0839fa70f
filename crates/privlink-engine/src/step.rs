//! What happens around one call: the look before it, the record of it, the call, the wait for its end, the look after it.
//!
//! Each function here is part of the body of one task; what follows from its answer is decided by `dispatch`. The wait itself is
//! in `settle`, reads for values that come late in `late`, the search for what a lost answer would have said in `probe`.
//!
//! **Invariant:** no call is made before the intent to make it is on disk, and nothing more is called once that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use privlink_model::{
    Attrs, CloudError, ErrorClass, Event, Object, Observed, Operation, Progress, Record, Settle, Status, StepFailure,
    StepId, StepRecord, Way, Write, Written,
};

use crate::compare;
use crate::ports::{Ports, UNSEEN, gone, passes, unread};
use crate::probe::{Found, probe};
use crate::settle::settle;

/// The pause between two looks at what reads do not show yet.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How often a read is repeated that failed in passing.
const READS: u32 = 6;

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
        let mut reads = 0;
        loop {
            let read = self.ports.read_of(write, id).await;
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
        match self.ports.progress(write, id).await {
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
