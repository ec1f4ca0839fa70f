//! The run of a plan: one owner of its state, and tasks that report to it.
//!
//! Owns which step may go on, and every fact that the run knows. Tasks (`step`, `late`) make calls, look, and sleep; they
//! decide nothing. Refuses to know what a call means.
//!
//! A step goes through these stages; what stands in brackets is left out where there is no need for it:
//!
//! ```text
//! Unstarted ─▶ [Reading] ─▶ Queued ─▶ Calling ─▶ [Settling] ─▶ Done
//!                             ▲          │ │          │
//!                             └─ Resting ◀─┘ └───────▶ Failed
//! ```
//!
//! **Invariant:** a call is made in [`Dispatcher::call`] and nowhere else, and its answer is first seen in
//! [`Dispatcher::answered`]: whatever must be on record before the one or after the other belongs there.
//!
//! **Invariant:** a step whose call may have had an effect is never abandoned. After a failure or a wish to stop it goes on
//! to its end; a step that has had none goes back to unstarted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use privlink_model::{
    Address, Attrs, Cause, Clock, Cloud, CloudError, ErrorClass, Event, Kinds, Outcome, Plan, Settle, Step,
    StepFailure, StepId, Why, Write, Written,
};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::events::EventSink;
use crate::late;
use crate::outputs::{Outputs, Resolved, in_words};
use crate::prepare::{Prepared, desired, prepare};
use crate::retry::{Attempts, Rule, Verdict};
use crate::step::{self, Ports, panic_message};
use crate::stop::StopSignal;

/// How many calls are under way at once, unless the user says otherwise.
pub const PARALLELISM: usize = 32;

/// All that carrying out a plan takes, beside the plan.
pub struct Run {
    /// The accounts.
    pub cloud: Arc<dyn Cloud>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The facts about the kinds of the plan.
    pub kinds: Kinds,
    /// Where events go.
    pub events: EventSink,
    /// The wish to stop.
    pub stop: StopSignal,
    /// How many calls may be under way at once, at least one. A step that waits for AWS after its call takes no place, and
    /// neither do the reads by which it waits; there may be as many of those again.
    pub parallelism: usize,
}

impl Run {
    /// Carries out a plan, starting each step as soon as those it needs are done, in the order of their numbers.
    ///
    /// For each step there is one `Started`, then any of `Retrying` and `Waiting`, then `Done` or `Failed`. A step that had
    /// no effect yet when the run was stopped ends without either, and is among those not started. A plan whose steps do not
    /// stand after those they need is not begun: its first such step fails.
    ///
    /// Dropping the future abandons calls under way: let it come to its end.
    pub async fn apply(self, plan: &Plan) -> Outcome {
        let mut steps: Vec<&Step> = plan.steps.iter().collect();
        steps.sort_by_key(|step| step.id);
        if let Some((step, failure)) = disorder(&steps) {
            self.events.send(Event::Failed { step, failure: failure.clone() });
            let not_started = steps.iter().map(|step| step.id).filter(|id| *id != step).collect();
            let cause = Cause { why: Why::Failed, failed: vec![(step, failure)], blocked: None };
            return Outcome::Kept { cause, done: Vec::new(), not_started };
        }
        Dispatcher::new(self, steps).run().await
    }
}

/// The first step that stands before one it needs, or stands there twice. A plan of ours has none; an edited file may.
fn disorder(steps: &[&Step]) -> Option<(StepId, StepFailure)> {
    let mut seen = BTreeSet::new();
    for step in steps {
        let missing = step.needs.iter().find(|need| !seen.contains(*need));
        if let Some(StepId(need)) = missing {
            let what = format!("step {need}, which is not before this one in the plan,");
            return Some((step.id, StepFailure::Unresolved(what)));
        }
        if !seen.insert(step.id) {
            let what = format!("which of two steps numbered {} is meant", step.id.0);
            return Some((step.id, StepFailure::Unresolved(what)));
        }
    }
    None
}

/// How far a step has come.
enum Stage {
    Unstarted,
    /// Values it needs are read again.
    Reading(AbortHandle),
    /// Its call waits for a place.
    Queued(Write),
    /// Its call is under way.
    Calling,
    /// Its call was refused and is made again after a pause.
    Resting(AbortHandle),
    /// What its call began is waited for.
    Settling,
    Done,
    Failed(StepFailure),
}

/// A step and what the run knows of it.
struct Track<'p> {
    step: &'p Step,
    stage: Stage,
    /// How many of the steps it needs are not done.
    missing: usize,
    /// The steps that need it.
    dependents: Vec<StepId>,
    attempts: Attempts,
    /// When it started.
    since: Option<Duration>,
}

/// What a task reports.
enum Report {
    Read(Result<Vec<(Address, Attrs)>, StepFailure>),
    Rested(Write),
    Answered(Write, Result<Written, CloudError>),
    Settled(Write, Written, Result<Attrs, StepFailure>),
}

struct Dispatcher<'p> {
    ports: Ports,
    kinds: Kinds,
    stop: StopSignal,
    parallelism: usize,
    tracks: BTreeMap<StepId, Track<'p>>,
    outputs: Outputs,
    /// Steps whose needs are met.
    ready: BTreeSet<StepId>,
    /// Steps whose calls wait for a place.
    queue: BTreeSet<StepId>,
    /// Calls under way.
    calling: usize,
    tasks: JoinSet<Report>,
    task_steps: HashMap<Id, StepId>,
    stopping: bool,
    failed: bool,
}

impl<'p> Dispatcher<'p> {
    fn new(run: Run, steps: Vec<&'p Step>) -> Self {
        let parallelism = run.parallelism.clamp(1, Semaphore::MAX_PERMITS);
        let mut tracks: BTreeMap<StepId, Track<'p>> = BTreeMap::new();
        for step in steps {
            for need in &step.needs {
                if let Some(track) = tracks.get_mut(need) {
                    track.dependents.push(step.id);
                }
            }
            let track = Track {
                step,
                stage: Stage::Unstarted,
                missing: step.needs.len(),
                dependents: Vec::new(),
                attempts: Attempts::default(),
                since: None,
            };
            tracks.insert(step.id, track);
        }
        let ready = tracks.values().filter(|track| track.missing == 0).map(|track| track.step.id).collect();
        let looks = Arc::new(Semaphore::new(parallelism));
        Self {
            ports: Ports { cloud: run.cloud, clock: run.clock, events: run.events, looks },
            kinds: run.kinds,
            stop: run.stop,
            parallelism,
            tracks,
            outputs: Outputs::default(),
            ready,
            queue: BTreeSet::new(),
            calling: 0,
            tasks: JoinSet::new(),
            task_steps: HashMap::new(),
            stopping: false,
            failed: false,
        }
    }

    async fn run(mut self) -> Outcome {
        loop {
            if !self.stopping && self.stop.is_stopped() {
                self.stopping = true;
                self.ports.events.send(Event::Stopping);
                self.halt();
            }
            while let Some(id) = self.ready.pop_first() {
                self.prepare(id, false);
            }
            while self.calling < self.parallelism
                && let Some(id) = self.queue.pop_first()
            {
                self.call(id);
            }
            if self.tasks.is_empty() {
                return self.outcome();
            }
            tokio::select! {
                biased;
                () = self.stop.stopped(), if !self.stopping => {}
                Some(joined) = self.tasks.join_next_with_id() => self.joined(joined),
            }
        }
    }

    /// Lets nothing new start. What has had no effect goes back to unstarted.
    fn halt(&mut self) {
        self.ready.clear();
        for track in self.tracks.values_mut().filter(|track| !track.attempts.in_doubt()) {
            match &track.stage {
                Stage::Reading(task) | Stage::Resting(task) => task.abort(),
                Stage::Queued(_) => {}
                _ => continue,
            }
            track.stage = Stage::Unstarted;
        }
        let tracks = &self.tracks;
        self.queue.retain(|id| tracks.get(id).is_some_and(|track| matches!(track.stage, Stage::Queued(_))));
    }

    /// Finds the values of a step whose needs are met, and with them its call.
    fn prepare(&mut self, id: StepId, read_again: bool) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let step = track.step;
        if track.since.is_none() {
            track.since = Some(self.ports.clock.now());
            self.ports.events.send(Event::Started { step: id, address: step.address.clone() });
        }
        let values = match desired(&step.op).map(|attrs| self.outputs.resolve(attrs)) {
            None => Attrs::new(),
            Some(Resolved::Known(values)) => values,
            Some(Resolved::Late(late)) if !read_again => {
                let ports = self.ports.clone();
                let read = async move { Report::Read(late::read_all(&ports, id, late).await) };
                let task = self.spawn(id, read);
                self.set(id, Stage::Reading(task));
                return;
            }
            Some(Resolved::Late(late)) => {
                let late: Vec<String> = late.iter().map(late::wanted).collect();
                return self.fail(id, StepFailure::Unresolved(late.join(", ")));
            }
            Some(Resolved::Never(reference)) => {
                return self.fail(id, StepFailure::Unresolved(in_words(&reference)));
            }
        };
        match prepare(step, values, &self.kinds) {
            Prepared::Call(write) => self.enqueue(id, write),
            Prepared::Wait(write) => {
                let written = Written { id: write.id.clone(), attrs: Attrs::new() };
                self.settle(id, write, written);
            }
            Prepared::Skip(write) => self.done(id, &write, &Written::default(), &Attrs::new()),
        }
    }

    fn enqueue(&mut self, id: StepId, write: Write) {
        self.set(id, Stage::Queued(write));
        self.queue.insert(id);
    }

    /// Makes the call of a step that was queued.
    fn call(&mut self, id: StepId) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let Stage::Queued(write) = std::mem::replace(&mut track.stage, Stage::Calling) else { return };
        self.calling += 1;
        let ports = self.ports.clone();
        self.spawn(id, async move {
            let answer = step::call(&ports, &write).await;
            Report::Answered(write, answer)
        });
    }

    /// Decides what follows from the answer to a call.
    fn answered(&mut self, id: StepId, write: Write, answer: Result<Written, CloudError>) {
        let error = match answer {
            Ok(written) => return self.settle(id, write, written),
            Err(error) => error,
        };
        let rule = Rule::of(&write, self.kinds.get(write.kind));
        let now = self.ports.clock.now();
        let halted = self.stopping || self.failed;
        let Some(track) = self.tracks.get_mut(&id) else { return };
        match track.attempts.judge(error.clone(), rule, now) {
            Verdict::GiveUp(error) => self.fail(id, StepFailure::Call(error)),
            // The call was refused without effect, and the run is ending: nothing has to be brought to an end here.
            Verdict::Again(_) if halted && !track.attempts.in_doubt() => track.stage = Stage::Unstarted,
            Verdict::Again(pause) => {
                self.ports.events.send(Event::Retrying { step: id, error });
                let clock = Arc::clone(&self.ports.clock);
                let task = self.spawn(id, async move {
                    clock.sleep(pause).await;
                    Report::Rested(write)
                });
                self.set(id, Stage::Resting(task));
            }
        }
    }

    /// Waits for what a call began, where there is something to wait for.
    fn settle(&mut self, id: StepId, write: Write, written: Written) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let Some(wait) = track.step.settle.clone() else {
            return self.done(id, &write, &written, &Attrs::new());
        };
        track.stage = Stage::Settling;
        let ports = self.ports.clone();
        self.spawn(id, settle_task(ports, id, wait, write, written));
    }

    fn done(&mut self, id: StepId, write: &Write, written: &Written, settled: &Attrs) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        track.stage = Stage::Done;
        self.outputs.record(track.step, write, written, settled, &self.kinds);
        let object = if written.id.is_empty() { &write.id } else { &written.id };
        let elapsed = self.ports.since(track.since.unwrap_or_default());
        self.ports.events.send(Event::Done { step: id, id: object.clone(), elapsed });
        let halted = self.stopping || self.failed;
        for dependent in std::mem::take(&mut track.dependents) {
            if let Some(track) = self.tracks.get_mut(&dependent) {
                track.missing = track.missing.saturating_sub(1);
                if track.missing == 0 && !halted {
                    self.ready.insert(dependent);
                }
            }
        }
    }

    fn fail(&mut self, id: StepId, failure: StepFailure) {
        self.ports.events.send(Event::Failed { step: id, failure: failure.clone() });
        self.set(id, Stage::Failed(failure));
        self.failed = true;
        self.halt();
    }

    /// Takes up what a task reports.
    fn joined(&mut self, joined: Result<(Id, Report), JoinError>) {
        let task = match &joined {
            Ok((task, _)) => *task,
            Err(error) => error.id(),
        };
        let Some(id) = self.task_steps.remove(&task) else { return };
        let Some(track) = self.tracks.get(&id) else { return };
        let called = matches!(track.stage, Stage::Calling);
        if called {
            self.calling -= 1;
        }
        // A step that was taken back to unstarted may still have had a report on its way: it no longer counts.
        if matches!(track.stage, Stage::Unstarted) {
            return;
        }
        match joined {
            Ok((_, Report::Read(Ok(found)))) => {
                for (address, attrs) in &found {
                    self.outputs.learn(address, attrs);
                }
                self.prepare(id, true);
            }
            Ok((_, Report::Read(Err(failure)))) => self.fail(id, failure),
            Ok((_, Report::Rested(write))) => self.enqueue(id, write),
            Ok((_, Report::Answered(write, answer))) => self.answered(id, write, answer),
            Ok((_, Report::Settled(write, written, Ok(attrs)))) => self.done(id, &write, &written, &attrs),
            Ok((_, Report::Settled(_, _, Err(failure)))) => self.fail(id, failure),
            Err(error) => {
                let failure = broken_down(track.step, called, error);
                self.fail(id, failure);
            }
        }
    }

    fn set(&mut self, id: StepId, stage: Stage) {
        if let Some(track) = self.tracks.get_mut(&id) {
            track.stage = stage;
        }
    }

    fn spawn(&mut self, id: StepId, task: impl Future<Output = Report> + Send + 'static) -> AbortHandle {
        let handle = self.tasks.spawn(task);
        self.task_steps.insert(handle.id(), id);
        handle
    }

    fn outcome(self) -> Outcome {
        let (mut failed, mut done, mut not_started) = (Vec::new(), Vec::new(), Vec::new());
        for (id, track) in self.tracks {
            match track.stage {
                Stage::Done => done.push(id),
                Stage::Failed(failure) => failed.push((id, failure)),
                _ => not_started.push(id),
            }
        }
        let why = if failed.is_empty() { Why::Interrupted } else { Why::Failed };
        if failed.is_empty() && not_started.is_empty() {
            return Outcome::Applied;
        }
        Outcome::Kept { cause: Cause { why, failed, blocked: None }, done, not_started }
    }
}

async fn settle_task(ports: Ports, id: StepId, wait: Settle, write: Write, written: Written) -> Report {
    let object = if written.id.is_empty() { &write.id } else { &written.id };
    let end = step::settle(&ports, id, &wait, &write, object).await;
    Report::Settled(write, written, end)
}

/// The failure of a step whose task broke down: a bug of ours, which must not take the run along.
fn broken_down(step: &Step, called: bool, error: JoinError) -> StepFailure {
    StepFailure::Call(CloudError {
        // If it was about to call, nobody knows whether it did.
        class: if called { ErrorClass::InDoubt } else { ErrorClass::Unreadable },
        operation: step.call.clone(),
        scope: step.scope.clone(),
        code: String::new(),
        message: panic_message(error),
        request_id: None,
    })
}
