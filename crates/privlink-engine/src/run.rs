//! A run: a plan carried out, and taken back when it fails.
//!
//! Owns: what follows from how a way through the steps ended, and the journal's first and last words about it. Refuses to know
//! single steps (`dispatch`) and how a way back is found (`way_back`).
//!
//! ```text
//! apply ─▶ forward ─┬─ all done ───────────────────────────▶ Applied
//!                   ├─ failed, stopped; to be kept ─────────▶ Kept
//!                   ├─ failed, stopped ─▶ doubts ─▶ back ─┬─▶ RolledBack
//!                   └─ journal or lock lost ──────────────┴─▶ Stuck
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use privlink_model::{
    Cause, Clock, Cloud, End, Event, History, Kinds, Outcome, Plan, Record, Residue, State, Step, StepFailure, StepId,
    StepRecord, Unwinding, Way, Why, Write,
};
use tokio::sync::Semaphore;

use crate::course::{Course, Played};
use crate::dispatch::Dispatcher;
use crate::events::EventSink;
use crate::journal::Journal;
use crate::late;
use crate::outputs::{Outputs, Resolved};
use crate::ports::Ports;
use crate::prepare::{Prepared, desired, prepare};
use crate::probe::{Found, probe};
use crate::stop::StopSignal;
use crate::store::wall_seconds;
use crate::way_back::{self, WayBack};

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
    /// The wish to stop: what is under way ends, then all is taken back, or kept.
    pub stop: StopSignal,
    /// Given when nothing more may be called: the lock was lost.
    pub blocked: StopSignal,
    /// How many calls may be under way at once, at least one. A step that waits for AWS after its call takes no place, and
    /// neither do the reads by which it waits; there may be as many of those again.
    pub parallelism: usize,
    /// Where it is written down.
    pub journal: Journal,
    /// Whether a failed run is left as it is.
    pub keep: bool,
    /// Whether it is looked, after each write, if all of it was done. Emulators of AWS keep less than they accept.
    pub confirm: bool,
    /// Who carries it out, as `user@host`.
    pub by: String,
}

impl Run {
    /// Carries out a plan, or goes on with it where its journal says it was left, each step as soon as those it needs are
    /// done, in the order of their numbers. A run that was being taken back goes on to be taken back.
    ///
    /// For each step there is one `Started`, then any of `Retrying`, `Probing` and `Waiting`, then `Done` or `Failed`. A step
    /// that had no effect yet when the run was stopped ends without either. A plan whose steps do not stand after those they
    /// need is not begun: its first such step fails.
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
        let history = self.journal.history();
        if let Some(blocked) = self.take_up(&history).await {
            return self.blocked(plan, blocked);
        }
        if let Some(unwinding) = history.unwinding() {
            let cause = recorded(unwinding);
            return self.unwind(plan, cause).await;
        }
        let states = history.steps().map(|(id, ways)| (id, ways.forward.clone())).collect();
        let course = Course { way: Way::Forward, steps, states, lost: Default::default(), unsure: Default::default() };
        let played = self.dispatcher(plan, course).run().await;
        if let Some(blocked) = played.blocked {
            return self.blocked(plan, blocked);
        }
        if played.failed.is_empty() && played.not_started.is_empty() {
            return self.end(plan, End::Applied, Outcome::Applied).await;
        }
        let Played { done, failed, not_started, .. } = played;
        let cause = Cause { why: why(&failed), failed, blocked: None };
        if self.keep {
            return self.end(plan, End::Kept, Outcome::Kept { cause, done, not_started }).await;
        }
        self.unwind(plan, cause).await
    }

    /// Takes back what a run has done, whether it came to its end or not.
    pub async fn roll_back(self, plan: &Plan) -> Outcome {
        let history = self.journal.history();
        if let Some(blocked) = self.take_up(&history).await {
            return self.blocked(plan, blocked);
        }
        let cause =
            history.unwinding().map_or_else(|| Cause { why: Why::Asked, failed: Vec::new(), blocked: None }, recorded);
        self.unwind(plan, cause).await
    }

    /// Writes down that somebody goes on with a run; why not, when that fails.
    async fn take_up(&self, history: &History) -> Option<String> {
        let fresh = history.steps().next().is_none() && history.ended().is_none() && history.unwinding().is_none();
        if fresh {
            return None;
        }
        let resumed = Record::Resumed { by: self.by.clone(), at: wall_seconds() };
        self.journal.record(resumed).await.err().map(|error| error.to_string())
    }

    fn ports(&self, plan: &Plan) -> Ports {
        Ports {
            cloud: Arc::clone(&self.cloud),
            clock: Arc::clone(&self.clock),
            events: self.events.clone(),
            kinds: self.kinds,
            journal: self.journal.clone(),
            project: Arc::from(plan.project.as_str()),
            looks: Arc::new(Semaphore::new(self.places())),
            blocked: self.blocked.clone(),
            confirm: self.confirm,
        }
    }

    fn places(&self) -> usize {
        self.parallelism.clamp(1, Semaphore::MAX_PERMITS)
    }

    fn dispatcher<'p>(&self, plan: &Plan, course: Course<'p>) -> Dispatcher<'p> {
        Dispatcher::new(self.ports(plan), self.stop.clone(), self.places(), course)
    }

    /// Takes back what is done.
    async fn unwind(self, plan: &Plan, cause: Cause) -> Outcome {
        if let Err(blocked) = self.clear_doubts(plan).await {
            return self.blocked(plan, blocked);
        }
        let history = self.journal.history();
        if history.unwinding().is_none() {
            let failed = cause.failed.iter().map(|(id, failure)| (*id, failure.to_string())).collect();
            let unwinding = Record::Unwinding(Unwinding { why: cause.why, failed });
            if let Err(error) = self.journal.record(unwinding).await {
                return self.blocked(plan, error.to_string());
            }
        }
        let way = way_back::find(plan, &self.kinds, &history);
        self.events.send(Event::Unwinding { why: cause.why, steps: way.steps.clone() });
        let states = history.steps().map(|(id, ways)| (id, ways.back.clone())).collect();
        let (lost, unsure) = (way.lost.clone(), way.unsure.clone());
        let course = Course { way: Way::Back, steps: way.steps.iter().collect(), states, lost, unsure };
        let played = self.dispatcher(plan, course).run().await;
        if let Some(blocked) = &played.blocked {
            return self.blocked(plan, blocked.clone());
        }
        let residue = residue(plan, &self.journal.history(), &way, &played);
        if residue.is_empty() {
            let outcome = Outcome::RolledBack { cause, undone: played.done, inexact: way.inexact };
            self.end(plan, End::RolledBack, outcome).await
        } else {
            self.end(plan, End::Stuck, Outcome::Stuck { cause, residue }).await
        }
    }

    /// Finds out about every call whose effect is not on record.
    async fn clear_doubts(&self, plan: &Plan) -> Result<(), String> {
        let history = self.journal.history();
        let ports = self.ports(plan);
        let mut outputs = Outputs::of_history(plan, &history, &self.kinds);
        let mut writes = Vec::new();
        for step in &plan.steps {
            if matches!(history.step(step.id).forward, State::Intended { .. }) {
                writes.extend(self.call_of(step, &ports, &mut outputs).await.map(|write| (step.id, write)));
            }
        }
        let probes = writes.iter().map(|(step, write)| {
            let ports = &ports;
            async move {
                ports.events.send(Event::Probing { step: *step });
                (*step, probe(ports, write, Way::Forward).await)
            }
        });
        for (step, found) in join_all(probes).await {
            let event = match found {
                Found::Made(object) => StepRecord::Found(object),
                Found::Nothing => StepRecord::Absent,
                Found::Unknown(_) => continue,
            };
            let record = Record::Step { step, way: Way::Forward, event };
            self.journal.record(record).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// The call that a step made, its values read again where they had come late; none where they are not to be had.
    async fn call_of(&self, step: &Step, ports: &Ports, outputs: &mut Outputs) -> Option<Write> {
        let wanted = desired(&step.op).cloned().unwrap_or_default();
        if let Resolved::Late(late) = outputs.resolve(&wanted) {
            for (address, attrs) in late::read_all(ports, step.id, late).await.ok()? {
                outputs.learn(&address, &attrs);
            }
        }
        let Resolved::Known(values) = outputs.resolve(&wanted) else { return None };
        match prepare(step, values, &self.kinds) {
            Prepared::Call(write) => Some(write),
            Prepared::Wait(_) | Prepared::Skip(_) => None,
        }
    }

    /// Writes down the end.
    async fn end(self, plan: &Plan, end: End, outcome: Outcome) -> Outcome {
        match self.journal.record(Record::Ended { end, at: wall_seconds() }).await {
            Ok(()) => outcome,
            // All is done, and only that is not on record: a resumed run finds nothing left to do.
            Err(_) if outcome == Outcome::Applied => outcome,
            Err(error) => self.blocked(plan, error.to_string()),
        }
    }

    /// The end of a run that may call nothing more: all it did is still there.
    fn blocked(&self, plan: &Plan, why: String) -> Outcome {
        let history = self.journal.history();
        let residue = plan
            .steps
            .iter()
            .filter_map(|step| {
                let ways = history.step(step.id);
                let why = match ways.forward {
                    State::Intended { .. } => "it is not known whether its call took effect",
                    _ if ways.forward.has_effect() && !ways.back.is_done() => "it is left as it is",
                    _ => return None,
                };
                Some(residue_of(step, &ways.forward, why.to_owned()))
            })
            .collect();
        Outcome::Stuck { cause: Cause { why: Why::Blocked, failed: Vec::new(), blocked: Some(why) }, residue }
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

fn why(failed: &[(StepId, StepFailure)]) -> Why {
    if failed.is_empty() {
        Why::Interrupted
    } else if failed.iter().any(|(_, failure)| matches!(failure, StepFailure::Stale(_))) {
        Why::Stale
    } else {
        Why::Failed
    }
}

/// The cause that an earlier part of the run wrote down.
fn recorded(unwinding: &Unwinding) -> Cause {
    let failed = unwinding.failed.iter().map(|(id, text)| (*id, StepFailure::Recorded(text.clone()))).collect();
    Cause { why: unwinding.why, failed, blocked: None }
}

/// What could not be taken back.
fn residue(plan: &Plan, history: &History, way: &WayBack, played: &Played) -> Vec<Residue> {
    let held = plan.steps.iter().filter(|step| way.held.contains(&step.id)).filter_map(|step| {
        let forward = history.step(step.id).forward;
        let why = match forward {
            State::Intended { .. } => "it is not known whether its call took effect, and it could not be found out",
            _ if forward.has_effect() => "something that may be there rests on it",
            _ => return None,
        };
        Some(residue_of(step, &forward, why.to_owned()))
    });
    let failed = played.failed.iter().map(|(id, failure)| (id, failure.to_string()));
    let waiting =
        played.not_started.iter().map(|id| (id, "it waits for others that could not be taken back".to_owned()));
    let undone = failed.chain(waiting).filter_map(|(id, why)| {
        let step = way.steps.iter().find(|step| step.id == *id)?;
        let ways = history.step(*id);
        let object = if ways.forward.object().is_some() { &ways.forward } else { &ways.back };
        Some(residue_of(step, object, why))
    });
    held.chain(undone).collect()
}

fn residue_of(step: &Step, state: &State, why: String) -> Residue {
    let id = state.object().map(|object| object.id.clone()).filter(|id| !id.is_empty());
    Residue { step: step.id, address: step.address.clone(), kind: step.kind, scope: step.scope.clone(), id, why }
}
