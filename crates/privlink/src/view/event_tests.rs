//! Every sort of line of the stream of events. What they look like is `testdata/events/lines.jsonl`; that they are as the schema
//! says is found by a validator that is not ours (`tests/events.rs`).

use std::time::Duration;

use expect_test::expect_file;
use privlink_engine::Holder;
use privlink_model::{
    Address, Attrs, Begun, Cause, CloudError, ErrorClass, Event, Finding, History, Object, Op, Outcome, Record,
    Residue, Severity, Step, StepFailure, StepId, StepRecord, Unwinding, Way, Why,
};
use privlink_spec::Sources;
use serde_json::{Value as Json, json};

use super::event_stream::{self, SCHEMA_JSON, Start, Telling};
use super::message::Message;
use super::outcome::Words;
use super::tests::{everything, hub};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;

const MINUTE: Duration = Duration::from_secs(60);

fn words() -> Words {
    Words {
        done: "Applied",
        again: "privlink apply".to_owned(),
        resume: "privlink resume R".to_owned(),
        rollback: "privlink rollback R".to_owned(),
    }
}

fn error(class: ErrorClass, code: &str) -> CloudError {
    CloudError {
        class,
        operation: "ec2:CreateVpcEndpoint".to_owned(),
        scope: hub(),
        code: code.to_owned(),
        message: "The service does not exist".to_owned(),
        request_id: Some("r-1".to_owned()).filter(|_| !code.is_empty()),
    }
}

/// A run of which two steps are done and one is taken back.
fn history() -> History {
    let mut history = History::default();
    let begun = Begun {
        run: "R".to_owned(),
        project: "shop".to_owned(),
        verb: "apply".to_owned(),
        steps: 5,
        ..Begun::default()
    };
    let done = |id, way| {
        let intent = StepRecord::Intent { token: String::new(), id: String::new(), before: Attrs::new() };
        let events = [intent, StepRecord::Answered(Object::default()), StepRecord::Settled(Attrs::new())];
        events.map(|event| Record::Step { step: StepId(id), way, event })
    };
    let mut records = vec![Record::Begun(begun)];
    records.extend(done(1, Way::Forward));
    records.extend(done(2, Way::Forward));
    records.push(Record::Unwinding(Unwinding { why: Why::Asked, failed: Vec::new() }));
    records.extend(done(2, Way::Back));
    records.iter().for_each(|record| history.record(record).unwrap());
    history
}

fn before_the_run() -> Vec<Json> {
    let finding = Finding {
        code: "privlink::aws::denied",
        severity: Severity::Unknown,
        message: "security groups cannot be read".to_owned(),
        address: Some(Address::new("entry/hub/security-group")),
        origin: None,
        label: None,
        help: Some("ask for it".to_owned()),
    };
    let holder = Holder { owner: "ana@mac".to_owned(), run: "Q".to_owned(), ..Holder::default() };
    let read = Event::Gathered { scope: hub(), objects: 12, unread: 1 };
    let mut lines = vec![
        event_stream::version(),
        event_stream::diagnostic(&Message::of_finding(&finding), &Sources::default()),
        event_stream::remark(Severity::Warning, None, "run Q failed", Some("`privlink resume Q` goes on with it")),
        event_stream::locked("project \"shop\" is locked by ana@mac", &holder),
    ];
    lines.extend([Event::GatherStarted(hub()), read].iter().filter_map(event_stream::gather));
    lines.push(event_stream::plan(&everything(), &["--dangerous-empty is given.".to_owned()]));
    lines
}

fn under_way() -> Vec<Json> {
    let plan = everything();
    let (history, words) = (history(), words());
    let mut telling = Telling::new(&plan, &history);
    let step = |id: u32| plan.steps.iter().find(|step| step.id.0 == id).cloned().unwrap();
    let op = Op::Delete { id: "sg-1".to_owned(), before: Attrs::new() };
    let undo = Step { op, needs: [StepId(2)].into(), ..step(1) };
    let along = Step { id: StepId(6), op: Op::Create { attrs: Attrs::new(), tags: Default::default() }, ..step(2) };
    let failures = [
        StepFailure::Call(error(ErrorClass::Refused, "InvalidServiceName")),
        StepFailure::Call(error(ErrorClass::InDoubt, "")),
        StepFailure::Settled("FAILED: no capacity".to_owned()),
        StepFailure::TimedOut("pending".to_owned()),
        StepFailure::Unresolved("id of entry/hub".to_owned()),
        StepFailure::Stale("its name differs".to_owned()),
        StepFailure::ReadBack("its name was dropped".to_owned()),
        StepFailure::InDoubt("nothing can be read".to_owned()),
        StepFailure::Journal("the disk is full".to_owned()),
        StepFailure::Recorded("it failed before".to_owned()),
    ];
    let mut events = vec![
        Event::Started { step: StepId(2), address: Address::new("entry/hub") },
        Event::Waiting { step: StepId(2), status: "pending".to_owned(), elapsed: MINUTE },
        Event::Retrying { step: StepId(2), error: error(ErrorClass::Throttled, "RequestLimitExceeded") },
        Event::Probing { step: StepId(2) },
        Event::Done { step: StepId(2), id: "vpce-1".to_owned(), elapsed: 2 * MINUTE },
    ];
    events.extend(failures.map(|failure| Event::Failed { step: StepId(3), failure }));
    events.extend([
        Event::Stopping,
        Event::Unwinding { why: Why::Failed, steps: vec![step(2), undo, along] },
        Event::Started { step: StepId(1), address: Address::new("entry/hub/security-group") },
        Event::Done { step: StepId(1), id: String::new(), elapsed: Duration::from_millis(1) },
        Event::Done { step: StepId(6), id: "vpce-2".to_owned(), elapsed: MINUTE },
    ]);
    let start = Start { history: &history, store: ".privlink", way: Way::Back, words: &words };
    let mut lines = vec![event_stream::run(start)];
    lines.extend(events.iter().filter_map(|event| telling.note(event)));
    lines.push(event_stream::stopping("lock-lost", "the lock is gone: nothing more is called"));
    lines
}

fn ends() -> Vec<Json> {
    let cause = |why| Cause {
        why,
        failed: vec![(StepId(3), StepFailure::Call(error(ErrorClass::Denied, "AccessDenied")))],
        blocked: None,
    };
    let residue = Residue {
        step: StepId(1),
        address: Address::new("entry/hub/security-group"),
        kind: "security-group",
        scope: hub(),
        id: None,
        why: "nobody knows whether it was made".to_owned(),
    };
    let blocked = Cause { blocked: Some("the lock was lost".to_owned()), ..cause(Why::Blocked) };
    let asked = Cause { why: Why::Asked, failed: Vec::new(), blocked: None };
    let inexact = vec![(StepId(2), "it comes back without its id".to_owned())];
    let run_ends = [
        (Outcome::Applied, exit_code::DONE),
        (
            Outcome::RolledBack { cause: cause(Why::Failed), undone: vec![StepId(1), StepId(2)], inexact },
            exit_code::ROLLED_BACK,
        ),
        (Outcome::RolledBack { cause: asked, undone: vec![StepId(1)], inexact: Vec::new() }, exit_code::DONE),
        (Outcome::Stuck { cause: blocked, residue: vec![residue] }, exit_code::STUCK),
        (
            Outcome::Kept { cause: cause(Why::Stale), done: vec![StepId(1)], not_started: vec![StepId(4), StepId(5)] },
            exit_code::STUCK,
        ),
    ];
    let words = words();
    let mut lines: Vec<Json> = run_ends
        .into_iter()
        .map(|(outcome, exit)| {
            let known = event_stream::ended(&outcome, "R", MINUTE, "How it ended.", &words);
            event_stream::outcome(Some(known), &Ok(exit))
        })
        .collect();
    let abandoned = event_stream::abandoned("R", MINUTE, "Left at once.", &words);
    let moved = ["security-group sg-1 changed since the plan was made".to_owned()];
    let stale = event_stream::stale("The world moved.", &moved, "make a new plan");
    lines.push(event_stream::outcome(Some(abandoned), &Ok(exit_code::INTERRUPTED)));
    lines.push(event_stream::outcome(Some(stale), &Ok(exit_code::STALE)));
    lines.extend(bare_ends().iter().map(|end| event_stream::outcome(None, end)));
    lines
}

/// Ends that nothing but the exit code or an error is known of.
fn bare_ends() -> Vec<Result<Exit, Failure>> {
    let (why, help) = ("somebody is at work".to_owned(), "wait".to_owned());
    vec![
        Ok(exit_code::DONE),
        Ok(exit_code::ERROR),
        Ok(exit_code::UNKNOWN),
        Err(Failure::Refused { why: why.clone(), help: help.clone() }),
        Err(Failure::Locked { why, help }),
        Err(Failure::Interrupted(exit_code::TERMINATED)),
        Err(Failure::cloud("nothing can be called")),
    ]
}

#[test]
fn each_sort_of_line_is_as_it_was() {
    let lines = [before_the_run(), under_way(), ends()].concat();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    expect_file!["../../../../testdata/events/lines.jsonl"].assert_eq(&text);
}

#[test]
fn a_plan_is_told_in_the_words_of_its_own_schema_and_without_attributes() {
    let (ours, plans): (Json, Json) =
        (serde_json::from_str(SCHEMA_JSON).unwrap(), serde_json::from_str(privlink_plan::SCHEMA_JSON).unwrap());
    for name in ["summary", "step", "undo", "text-or-null"] {
        assert_eq!(ours["$defs"][name], plans["$defs"][name], "{name} differs from the plan's schema");
    }
    assert_eq!(ours["$defs"]["plan-line"]["properties"]["eta"], plans["properties"]["eta"]);
    let line = event_stream::plan(&everything(), &[]);
    let members: Vec<&String> = line.as_object().unwrap().keys().collect();
    assert_eq!(members, ["type", "project", "plan", "accounts", "summary", "steps", "eta", "announcements"]);
}

#[test]
fn a_step_that_is_not_known_is_told_all_the_same() {
    let plan = everything();
    let mut telling = Telling::new(&plan, &History::default());
    let line = telling.note(&Event::Probing { step: StepId(99) }).unwrap();
    assert_eq!(line, json!({ "type": "step", "event": "probing", "step": 99, "way": "forward", "address": null }));
}
