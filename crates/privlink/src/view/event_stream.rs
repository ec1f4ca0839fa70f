//! What a program is told while a command changes things, as JSON: one object a line, first the version, last the outcome. The
//! schema of a line is `schema/events.schema.json`.
//!
//! Owns: the members of each line. Refuses to know: where lines go (see `events`), what people read (see `progress`,
//! `outcome`). A minor version adds members and types of lines, a major one takes some away.
//!
//! **Invariant:** no attribute is in it, and of AWS's answers nothing that people are not told as well.

use std::time::Duration;

use privlink_engine::Holder;
use privlink_kinds::KINDS;
use privlink_model::{
    Cause, CloudError, ErrorClass, Event, History, Op, Outcome, Plan, Residue, Scope, Severity, Step, StepFailure,
    StepId, Way, Ways, Why,
};
use privlink_spec::Sources;
use serde_json::{Map, Value as Json, json};

use super::message::{self, Message};
use super::outcome::Words;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;

/// The JSON Schema (2020-12) of a line.
pub(crate) static SCHEMA_JSON: &str = include_str!("../../schema/events.schema.json");

/// The first line.
pub(crate) fn version() -> Json {
    json!({ "type": "version", "format_version": "1.0", "privlink": env!("CARGO_PKG_VERSION") })
}

/// A message about the spec or the world.
pub(crate) fn diagnostic(message: &Message, sources: &Sources) -> Json {
    typed("diagnostic", message::json(message, sources))
}

/// A message about neither.
pub(crate) fn remark(severity: Severity, code: Option<&str>, message: &str, help: Option<&str>) -> Json {
    let severity = message::severity(severity);
    json!({
        "type": "diagnostic", "severity": severity, "code": code, "message": message, "labels": [], "help": help,
    })
}

/// Somebody else's run is waited for.
pub(crate) fn locked(told: &str, holder: &Holder) -> Json {
    json!({ "type": "lock", "event": "waiting", "owner": holder.owner, "run": holder.run, "message": told })
}

/// How reading the accounts goes on; none for an event of something else.
pub(crate) fn gather(event: &Event) -> Option<Json> {
    match event {
        Event::GatherStarted(Scope { account, region }) => {
            Some(json!({ "type": "gather", "event": "started", "account": account, "region": region }))
        }
        Event::Gathered { scope: Scope { account, region }, objects, unread } => Some(json!({
            "type": "gather", "event": "done", "account": account, "region": region, "objects": objects, "unread": unread,
        })),
        _ => None,
    }
}

/// What is to be done, without the attributes; and what people are told above it.
pub(crate) fn plan(plan: &Plan, announcements: &[String]) -> Json {
    let mut whole = privlink_plan::json(plan, &KINDS);
    let mut member = |name: &str| whole.get_mut(name).map(Json::take).unwrap_or_default();
    let accounts = plan
        .accounts
        .iter()
        .map(|account| json!({ "name": account.name, "account": account.id, "region": account.region }));
    json!({
        "type": "plan",
        "project": member("project"),
        "plan": member("plan"),
        "accounts": accounts.collect::<Vec<_>>(),
        "summary": member("summary"),
        "steps": member("steps"),
        "eta": member("eta"),
        "announcements": announcements,
    })
}

/// What is known of a run when it begins or is gone on with.
#[derive(Clone, Copy)]
pub(crate) struct Start<'a> {
    /// How far it had come.
    pub(crate) history: &'a History,
    /// Where it is kept.
    pub(crate) store: &'a str,
    /// Whether it is carried out or taken back.
    pub(crate) way: Way,
    /// The commands that follow.
    pub(crate) words: &'a Words,
}

/// A run begins, or is gone on with.
pub(crate) fn run(start: Start<'_>) -> Json {
    let Start { history, store, way, words } = start;
    let begun = history.begun().cloned().unwrap_or_default();
    let all = |done: &dyn Fn(&Ways) -> bool| -> Vec<u32> {
        history.steps().filter(|(_, ways)| done(ways)).map(|(id, _)| id.0).collect()
    };
    json!({
        "type": "run",
        "run": begun.run,
        "verb": begun.verb,
        "project": begun.project,
        "way": self::way(way),
        "store": store,
        "place": Some(begun.place).filter(|place| !place.is_empty()),
        "done": all(&|ways| ways.forward.is_done()),
        "undone": all(&|ways| ways.back.is_done()),
        "next": next(&[("resume", &words.resume), ("rollback", &words.rollback)]),
    })
}

/// Tells how a run goes on.
pub(crate) struct Telling<'a> {
    plan: &'a Plan,
    /// The steps back, once what was done is taken back.
    back: Option<Vec<Step>>,
    /// The steps that an earlier part of the run has taken back.
    undone: Vec<StepId>,
}

impl<'a> Telling<'a> {
    /// Of a run that had come this far.
    pub(crate) fn new(plan: &'a Plan, history: &History) -> Self {
        let undone = history.steps().filter(|(_, ways)| ways.back.is_done()).map(|(id, _)| id).collect();
        Self { plan, back: None, undone }
    }

    /// The line of an event.
    pub(crate) fn note(&mut self, event: &Event) -> Option<Json> {
        let (step, name, members) = match event {
            Event::GatherStarted(_) | Event::Gathered { .. } => return gather(event),
            Event::Stopping => return Some(stopping("interrupted", "nothing new starts, steps under way finish")),
            Event::Unwinding { why, steps } => {
                self.back = Some(steps.clone());
                return Some(self.unwinding(*why, steps));
            }
            Event::Started { step, .. } => (step, "started", json!({})),
            Event::Probing { step } => (step, "probing", json!({})),
            Event::Waiting { step, status, elapsed } => {
                (step, "waiting", json!({ "status": status, "elapsed_ms": milliseconds(*elapsed) }))
            }
            Event::Retrying { step, error } => (step, "retrying", json!({ "call": call(error) })),
            Event::Done { step, id, elapsed } => {
                let id = Some(id).filter(|id| !id.is_empty());
                (step, "done", json!({ "id": id, "elapsed_ms": milliseconds(*elapsed) }))
            }
            Event::Failed { step, failure } => (step, "failed", json!({ "failure": self::failure(failure) })),
        };
        let way = if self.back.is_some() { Way::Back } else { Way::Forward };
        let steps = self.back.as_deref().unwrap_or(&self.plan.steps);
        let address = steps.iter().find(|known| known.id == *step).map(|known| known.address.as_str());
        let head = json!({ "event": name, "step": step.0, "way": self::way(way), "address": address });
        Some(typed("step", joined(head, members)))
    }

    fn unwinding(&self, why: Why, steps: &[Step]) -> Json {
        let done = steps.iter().map(|step| step.id).filter(|id| self.undone.contains(id));
        json!({
            "type": "unwinding",
            "why": because(why),
            "steps": steps.iter().map(|step| self.step_back(step)).collect::<Vec<_>>(),
            "done": numbers(done),
        })
    }

    fn step_back(&self, step: &Step) -> Json {
        let operation = match step.op {
            Op::Create { .. } => "create",
            Op::Update { .. } => "update",
            Op::Delete { .. } => "delete",
            Op::Wait { .. } => "wait",
        };
        // One with a number of its own brings back what went along with something that was deleted.
        let undoes = self.plan.steps.iter().any(|done| done.id == step.id).then_some(step.id.0);
        json!({
            "id": step.id.0,
            "address": step.address.as_str(),
            "kind": step.kind,
            "account": step.scope.account,
            "region": step.scope.region,
            "operation": operation,
            "call": step.call,
            "needs": numbers(step.needs.iter().copied()),
            "undoes": undoes,
        })
    }
}

/// Nothing new starts.
pub(crate) fn stopping(why: &str, message: &str) -> Json {
    json!({ "type": "stopping", "why": why, "message": message })
}

/// How a run ended, but for the exit code.
pub(crate) fn ended(outcome: &Outcome, run: &str, elapsed: Duration, closing: &str, words: &Words) -> Json {
    let Words { again, resume, rollback, .. } = words;
    let (name, next, details) = match outcome {
        Outcome::Applied => ("applied", next(&[]), json!({})),
        Outcome::RolledBack { cause, undone, inexact } => {
            let again: &[(&str, &str)] = if cause.why == Why::Asked { &[] } else { &[("again", again)] };
            let inexact: Vec<Json> = inexact.iter().map(|(id, what)| json!({ "step": id.0, "what": what })).collect();
            let details = json!({ "undone": numbers(undone.iter().copied()), "inexact": inexact });
            ("rolled-back", next(again), joined(of_cause(cause), details))
        }
        Outcome::Stuck { cause, residue } => {
            let details = json!({ "residue": residue.iter().map(left).collect::<Vec<_>>() });
            ("stuck", next(&[("resume", resume)]), joined(of_cause(cause), details))
        }
        Outcome::Kept { cause, done, not_started } => {
            let (done, not_started) = (numbers(done.iter().copied()), numbers(not_started.iter().copied()));
            let details = json!({ "done": done, "not_started": not_started });
            ("kept", next(&[("resume", resume), ("rollback", rollback)]), joined(of_cause(cause), details))
        }
    };
    let head = json!({ "outcome": name, "message": closing, "next": next });
    joined(joined(head, json!({ "run": run, "elapsed_ms": milliseconds(elapsed) })), details)
}

/// A run was left in the middle of it.
pub(crate) fn abandoned(run: &str, elapsed: Duration, message: &str, words: &Words) -> Json {
    let next = next(&[("resume", &words.resume)]);
    let elapsed = milliseconds(elapsed);
    json!({ "outcome": "abandoned", "message": message, "next": next, "run": run, "elapsed_ms": elapsed })
}

/// The world moved before anything was changed.
pub(crate) fn stale(message: &str, moved: &[String], help: &str) -> Json {
    json!({ "outcome": "stale", "message": message, "help": help, "moved": moved })
}

/// The last line: the outcome that is known, or what the end of the command says by itself.
pub(crate) fn outcome(known: Option<Json>, end: &Result<Exit, Failure>) -> Json {
    let (exit, message, help) = match end {
        Ok(exit) => (*exit, bare(*exit).to_owned(), None),
        Err(failure) => (failure.exit(), failure.to_string(), failure.help()),
    };
    let head = json!({
        "outcome": name(exit), "exit_code": exit.0, "message": message, "help": help, "next": [],
    });
    typed("outcome", joined(head, known.unwrap_or_else(|| json!({}))))
}

/// How a command ended that began no run.
fn name(exit: Exit) -> &'static str {
    match exit {
        exit_code::DONE => "nothing-to-do",
        exit_code::REFUSED => "refused",
        exit_code::STALE => "stale",
        exit_code::LOCKED => "locked",
        exit_code::UNKNOWN => "incomplete",
        exit_code::INTERRUPTED | exit_code::TERMINATED => "interrupted",
        _ => "error",
    }
}

/// The same in words, where nothing else is known of it.
fn bare(exit: Exit) -> &'static str {
    match exit {
        exit_code::DONE => "nothing is to be done",
        exit_code::UNKNOWN => "what was not read is not known to be absent; nothing was changed",
        _ => "the diagnostics say why; nothing was changed",
    }
}

fn of_cause(cause: &Cause) -> Json {
    let failed = cause.failed.iter().map(|(id, failure)| json!({ "step": id.0, "failure": self::failure(failure) }));
    json!({ "why": because(cause.why), "blocked": cause.blocked, "failed": failed.collect::<Vec<_>>() })
}

fn left(residue: &Residue) -> Json {
    let Residue { step, address, kind, scope, id, why } = residue;
    json!({
        "step": step.0,
        "address": address.as_str(),
        "kind": kind,
        "account": scope.account,
        "region": scope.region,
        "id": id,
        "why": why,
    })
}

fn failure(failure: &StepFailure) -> Json {
    let (sort, error) = match failure {
        StepFailure::Call(error) => ("call", Some(error)),
        StepFailure::Settled(_) => ("settled", None),
        StepFailure::TimedOut(_) => ("timed-out", None),
        StepFailure::Unresolved(_) => ("unresolved", None),
        StepFailure::Stale(_) => ("stale", None),
        StepFailure::ReadBack(_) => ("read-back", None),
        StepFailure::InDoubt(_) => ("in-doubt", None),
        StepFailure::Journal(_) => ("journal", None),
        StepFailure::Recorded(_) => ("recorded", None),
    };
    json!({ "sort": sort, "message": failure.to_string(), "call": error.map(call) })
}

/// A call that failed.
fn call(error: &CloudError) -> Json {
    json!({
        "operation": error.operation,
        "account": error.scope.account,
        "region": error.scope.region,
        "class": class(error.class),
        "code": Some(&error.code).filter(|code| !code.is_empty()),
        "message": error.message,
        "request_id": error.request_id,
    })
}

fn class(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Throttled => "throttled",
        ErrorClass::Quota => "quota",
        ErrorClass::Denied => "denied",
        ErrorClass::NotFound => "not-found",
        ErrorClass::Busy => "busy",
        ErrorClass::Refused => "refused",
        ErrorClass::InDoubt => "in-doubt",
        ErrorClass::Unreachable => "unreachable",
        ErrorClass::Unreadable => "unreadable",
    }
}

fn because(why: Why) -> &'static str {
    match why {
        Why::Failed => "failed",
        Why::Stale => "stale",
        Why::Interrupted => "interrupted",
        Why::Asked => "asked",
        Why::Blocked => "blocked",
    }
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Forward => "forward",
        Way::Back => "back",
    }
}

fn next(commands: &[(&str, &str)]) -> Vec<Json> {
    commands.iter().map(|(to, command)| json!({ "to": to, "command": command })).collect()
}

fn numbers(ids: impl Iterator<Item = StepId>) -> Vec<u32> {
    ids.map(|id| id.0).collect()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn typed(name: &str, members: Json) -> Json {
    joined(json!({ "type": name }), members)
}

/// One object of two; the second's members win.
fn joined(one: Json, other: Json) -> Json {
    let members = |json| if let Json::Object(members) = json { members } else { Map::new() };
    let mut all = members(one);
    all.extend(members(other));
    Json::Object(all)
}
