//! One way through the steps of a plan: one owner of its state, and tasks that report to it.
//!
//! Owns which step may go on, and every fact that the run knows. Tasks (`step`, `late`, `probe`) look, write down, call and
//! sleep; they decide nothing. Refuses to know what a call means, and what follows from how it all ends (`run`).
//!
//! A step goes through these stages; what stands in brackets is left out where there is no need for it:
//!
//! ```text
//! Unstarted ─▶ [Reading] ─▶ Queued ─▶ Calling ─▶ Settling ─▶ Done
//!                             ▲          │ │          │
//!                             └─ Resting ◀─┘ └───────▶ Failed
//! ```
//!
//! A step that an earlier part of the run has begun goes in where it was left: in doubt at Calling, by a probe; called at
//! Settling.
//!
//! **Invariant:** a step whose call may have had an effect is never abandoned. After a failure or a wish to stop it goes on
//! to its end; a step that has had none goes back to unstarted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use privlink_model::{
    Address, Attrs, Event, Kinds, Object, Settle, State, Step, StepFailure, StepId, Way, Write, Written,
};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use crate::course::{Course, Played};
use crate::late;
use crate::lost::{broken_down, lost_answer};
use crate::outputs::{Late, Outputs, Resolved, in_words};
use crate::ports::Ports;
use crate::prepare::{Prepared, desired, prepare};
use crate::renamed::Renamed;
use crate::retry::{Attempts, Rule, Verdict};
use crate::step::{Called, Unfinished, Walk};
use crate::stop::StopSignal;
use crate::track::{Stage, Track};

/// What a task reports.
enum Report {
    Read(Result<Vec<(Address, Attrs)>, StepFailure>),
    Rested(Write),
    Called(Write, Called),
    Finished(Write, Written, Result<Attrs, Unfinished>),
}

pub(crate) struct Dispatcher<'p> {
    way: Way,
    ports: Ports,
    kinds: Kinds,
    stop: StopSignal,
    parallelism: usize,
    tracks: BTreeMap<StepId, Track<'p>>,
    outputs: Outputs,
    lost: BTreeMap<StepId, Object>,
    unsure: BTreeSet<StepId>,
    renamed: Renamed,
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
    blocked: Option<String>,
    /// Seen by tasks: nothing new may start.
    halted: Arc<AtomicBool>,
}

impl<'p> Dispatcher<'p> {
    pub(crate) fn new(ports: Ports, stop: StopSignal, parallelism: usize, course: Course<'p>) -> Self {
        let mut tracks: BTreeMap<StepId, Track<'p>> = BTreeMap::new();
        for step in &course.steps {
            for need in &step.needs {
                if let Some(track) = tracks.get_mut(need) {
                    track.dependents.push(step.id);
                }
            }
            let track = Track {
                step,
                stage: Stage::Unstarted,
                left: course.states.get(&step.id).cloned().unwrap_or_default(),
                missing: step.needs.len(),
                dependents: Vec::new(),
                attempts: Attempts::default(),
                in_place: false,
                since: None,
            };
            tracks.insert(step.id, track);
        }
        let ready = tracks.values().filter(|track| track.missing == 0).map(|track| track.step.id).collect();
        let mut dispatcher = Self {
            way: course.way,
            kinds: ports.kinds,
            ports,
            stop,
            parallelism,
            tracks,
            outputs: Outputs::default(),
            lost: course.lost,
            unsure: course.unsure,
            renamed: Renamed::default(),
            ready,
            queue: BTreeSet::new(),
            calling: 0,
            tasks: JoinSet::new(),
            task_steps: HashMap::new(),
            stopping: false,
            failed: false,
            blocked: None,
            halted: Arc::new(AtomicBool::new(false)),
        };
        dispatcher.take_up();
        dispatcher
    }

    /// Takes over what an earlier part of the run has done.
    fn take_up(&mut self) {
        let done: Vec<(StepId, &'p Step, Object)> = self
            .tracks
            .values()
            .filter(|track| track.left.is_done())
            .filter_map(|track| Some((track.step.id, track.step, track.left.object()?.clone())))
            .collect();
        for (id, step, object) in &done {
            self.ready.remove(id);
            self.outputs.restore(step, object, &self.kinds);
            self.rename(*id, object);
            self.set(*id, Stage::Done);
        }
        for (id, ..) in done {
            self.release(id);
        }
    }

    pub(crate) async fn run(mut self) -> Played {
        loop {
            if self.way == Way::Forward && !self.stopping && self.stop.is_stopped() {
                self.stopping = true;
                self.ports.events.send(Event::Stopping);
                self.halt();
            }
            if self.blocked.is_none() && self.ports.blocked.is_stopped() {
                self.block("the lock of the project was lost".to_owned());
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
                return self.played();
            }
            let heeds = self.way == Way::Forward && !self.stopping;
            let open = self.blocked.is_none();
            tokio::select! {
                biased;
                () = self.stop.stopped(), if heeds => {}
                () = self.ports.blocked.stopped(), if open => {}
                Some(joined) = self.tasks.join_next_with_id() => self.joined(joined),
            }
        }
    }

    /// Lets nothing more be called at all.
    fn block(&mut self, why: String) {
        self.blocked.get_or_insert(why);
        self.ports.blocked.stop();
        self.halt();
    }

    /// Lets nothing new start. What has had no effect goes back to unstarted.
    fn halt(&mut self) {
        self.halted.store(true, Ordering::SeqCst);
        self.ready.clear();
        self.queue.clear();
        for track in self.tracks.values_mut() {
            match &track.stage {
                Stage::Reading(task) | Stage::Resting(task) => task.abort(),
                Stage::Queued(_) => {}
                _ => continue,
            }
            track.stage = Stage::Unstarted;
        }
    }

    fn is_halted(&self) -> bool {
        self.halted.load(Ordering::SeqCst)
    }

    /// Finds the values of a step whose needs are met, and with them its call.
    fn prepare(&mut self, id: StepId, read_again: bool) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let step = track.step;
        if track.since.is_none() {
            track.since = Some(self.ports.clock.now());
            self.ports.events.send(Event::Started { step: id, address: step.address.clone() });
        }
        let missing = self.renamed.missing(step);
        if !missing.is_empty() && !read_again {
            return self.read(id, missing);
        }
        let values = match desired(&step.op).map(|attrs| self.outputs.resolve(attrs)) {
            None => Attrs::new(),
            Some(Resolved::Known(values)) => values,
            Some(Resolved::Late(late)) if !read_again => return self.read(id, late),
            Some(Resolved::Late(late)) => {
                let late: Vec<String> = late.iter().map(late::wanted).collect();
                return self.fail(id, StepFailure::Unresolved(late.join(", ")));
            }
            Some(Resolved::Never(reference)) => {
                return self.fail(id, StepFailure::Unresolved(in_words(&reference)));
            }
        };
        let wanted = values.clone();
        match prepare(step, values, &self.kinds) {
            Prepared::Call(write) => self.launch(id, self.in_new_names(write), wanted),
            Prepared::Wait(write) => {
                let written = Written { id: write.id.clone(), attrs: Attrs::new() };
                self.settle(id, write, written);
            }
            Prepared::Skip(write) => {
                let object = Object { id: write.id.clone(), attrs: write.before.clone() };
                self.working(id, wanted, async move |walk| {
                    let called = walk.skip(&write, object).await;
                    Report::Called(write, called)
                });
            }
        }
    }

    /// Reads values again that were not there in time.
    fn read(&mut self, id: StepId, late: Vec<Late>) {
        let ports = self.ports.clone();
        let task = self.spawn(id, async move { Report::Read(late::read_all(&ports, id, late).await) });
        self.set(id, Stage::Reading(task));
    }

    /// Lets a call take its place, or goes on with one that was made.
    fn launch(&mut self, id: StepId, write: Write, wanted: Attrs) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        match std::mem::take(&mut track.left) {
            State::Answered(object) | State::Broken(object) => {
                self.settle(id, write, Written { id: object.id, attrs: object.attrs });
            }
            State::Intended { .. } => {
                let error = lost_answer(track.step);
                self.working(id, wanted, async move |walk| {
                    let called = walk.find_out(&write, error).await;
                    Report::Called(write, called)
                });
            }
            State::Unstarted | State::Done(_) | State::Skipped(_) => self.enqueue(id, write),
        }
    }

    /// The write with the names that objects have since they were made again.
    fn in_new_names(&self, write: Write) -> Write {
        if self.way == Way::Forward {
            return write;
        }
        Write {
            id: self.renamed.name(&write.id),
            before: self.renamed.attrs(&write.before),
            after: self.renamed.attrs(&write.after),
            ..write
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
        track.in_place = true;
        self.calling += 1;
        let again = track.attempts.any();
        let wanted = match desired(&track.step.op).map(|attrs| self.outputs.resolve(attrs)) {
            Some(Resolved::Known(values)) => values,
            _ => Attrs::new(),
        };
        self.working(id, wanted, async move |walk| {
            let called = walk.call(&write, again).await;
            Report::Called(write, called)
        });
    }

    /// Starts a task at whose end the step's call is known.
    fn working<F>(&mut self, id: StepId, wanted: Attrs, task: impl FnOnce(Walk) -> F)
    where
        F: Future<Output = Report> + Send + 'static,
    {
        let walk = self.walk(id, wanted);
        self.set(id, Stage::Calling);
        self.spawn(id, task(walk));
    }

    fn walk(&self, id: StepId, wanted: Attrs) -> Walk {
        let left = self.lost.get(&id).filter(|_| self.unsure.contains(&id)).map(|old| old.id.clone());
        Walk { ports: self.ports.clone(), step: id, way: self.way, wanted, left, halted: Arc::clone(&self.halted) }
    }

    /// Decides what follows from the end of a call.
    fn called(&mut self, id: StepId, write: Write, called: Called) {
        let error = match called {
            Called::Written(written) => return self.settle(id, write, written),
            Called::Skipped(object) => {
                let attrs = object.attrs;
                return self.done(id, &write, &Written { id: object.id, attrs: Attrs::new() }, &attrs);
            }
            Called::Failed(failure) => return self.fail(id, failure),
            Called::Withdrawn => return self.set(id, Stage::Unstarted),
            Called::Blocked(why) => {
                self.set(id, Stage::Failed(StepFailure::Journal(why.clone())));
                return self.block(format!("the journal could not be written: {why}"));
            }
            Called::Refused(error) => error,
        };
        let rule = Rule::of(&write, self.kinds.get(write.kind), self.way);
        let (now, halted) = (self.ports.clock.now(), self.is_halted());
        let Some(track) = self.tracks.get_mut(&id) else { return };
        match track.attempts.judge(error.clone(), rule, now) {
            Verdict::GiveUp(error) => self.fail(id, StepFailure::Call(error)),
            // The call was refused without effect, and the run is ending: nothing has to be brought to an end here.
            Verdict::Again(_) if halted => track.stage = Stage::Unstarted,
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

    /// Waits for what a call began, and looks at what came of it.
    fn settle(&mut self, id: StepId, write: Write, written: Written) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        track.stage = Stage::Settling;
        let wait: Option<Settle> = track.step.settle.clone();
        let walk = self.walk(id, Attrs::new());
        self.spawn(id, async move {
            let end = walk.finish(wait.as_ref(), &write, &written).await;
            Report::Finished(write, written, end)
        });
    }

    fn done(&mut self, id: StepId, write: &Write, written: &Written, settled: &Attrs) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        track.stage = Stage::Done;
        self.outputs.record(track.step, write, written, settled, &self.kinds);
        let object = if written.id.is_empty() { &write.id } else { &written.id };
        let elapsed = self.ports.since(track.since.unwrap_or_default());
        self.ports.events.send(Event::Done { step: id, id: object.clone(), elapsed });
        let mut attrs = written.attrs.clone();
        attrs.merge(settled);
        self.rename(id, &Object { id: object.clone(), attrs });
        self.release(id);
    }

    /// Lets those go on that needed a step.
    fn release(&mut self, id: StepId) {
        let halted = self.is_halted();
        let Some(track) = self.tracks.get_mut(&id) else { return };
        for dependent in std::mem::take(&mut track.dependents) {
            if let Some(track) = self.tracks.get_mut(&dependent) {
                track.missing = track.missing.saturating_sub(1);
                // On the way back one with a lower number may be done already.
                let waits = matches!(track.stage, Stage::Unstarted);
                if track.missing == 0 && waits && !halted {
                    self.ready.insert(dependent);
                }
            }
        }
    }

    /// Takes up that an object was brought back under another name.
    fn rename(&mut self, id: StepId, new: &Object) {
        if let Some(old) = self.lost.get(&id)
            && let Some(track) = self.tracks.get(&id)
            && let Some(schema) = self.kinds.get(track.step.kind)
        {
            self.renamed.learn(schema, track.step, old, new);
        }
    }

    fn fail(&mut self, id: StepId, failure: StepFailure) {
        self.ports.events.send(Event::Failed { step: id, failure: failure.clone() });
        self.set(id, Stage::Failed(failure));
        self.failed = true;
        // On the way back those that do not need it go on.
        if self.way == Way::Forward {
            self.halt();
        }
    }

    /// Takes up what a task reports.
    fn joined(&mut self, joined: Result<(Id, Report), JoinError>) {
        let task = match &joined {
            Ok((task, _)) => *task,
            Err(error) => error.id(),
        };
        let Some(id) = self.task_steps.remove(&task) else { return };
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let called = matches!(track.stage, Stage::Calling);
        if called && std::mem::take(&mut track.in_place) {
            self.calling -= 1;
        }
        // A step that was taken back to unstarted may still have had a report on its way: it no longer counts.
        if matches!(track.stage, Stage::Unstarted) {
            return;
        }
        let step = track.step;
        match joined {
            Ok((_, Report::Read(Ok(found)))) => {
                for (address, attrs) in &found {
                    self.outputs.learn(address, attrs);
                    self.renamed.found(address, attrs);
                }
                self.prepare(id, true);
            }
            Ok((_, Report::Read(Err(failure)))) => self.fail(id, failure),
            Ok((_, Report::Rested(write))) => self.enqueue(id, write),
            Ok((_, Report::Called(write, called))) => self.called(id, write, called),
            Ok((_, Report::Finished(write, written, Ok(attrs)))) => self.done(id, &write, &written, &attrs),
            Ok((_, Report::Finished(_, _, Err(Unfinished::Failed(failure))))) => self.fail(id, failure),
            Ok((_, Report::Finished(_, _, Err(Unfinished::Blocked(why))))) => {
                self.set(id, Stage::Failed(StepFailure::Journal(why.clone())));
                self.block(format!("the journal could not be written: {why}"));
            }
            Err(error) => {
                let failure = broken_down(step, called, error);
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

    fn played(self) -> Played {
        let mut played = Played { blocked: self.blocked, ..Played::default() };
        for (id, track) in self.tracks {
            match track.stage {
                Stage::Done => played.done.push(id),
                Stage::Failed(failure) => played.failed.push((id, failure)),
                _ => played.not_started.push(id),
            }
        }
        played
    }
}
