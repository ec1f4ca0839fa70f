//! Golden pages of runs: their progress, their ends, the ways back, the table of a store.

use std::time::Duration;

use expect_test::{Expect, expect};
use privlink_kinds::KINDS;
use privlink_model::{
    Address, Attrs, Begun, Cause, CloudError, End, ErrorClass, Event, History, Object, Op, Outcome, Record, Residue,
    Settle, Step, StepFailure, StepId, StepRecord, Undo, Unwinding, Way, Why,
};

use super::outcome::{self, Ending, Words};
use super::progress::{self, Progress};
use super::style::Style;
use super::tests::{everything, hub};
use super::{run_story, runs, way_back};

#[test]
fn a_run_leaves_a_line_for_each_finished_step() {
    let plan = everything();
    let mut progress = Progress::new(&plan, &KINDS, Style::default());
    let at = Duration::from_secs;
    let error = CloudError {
        class: ErrorClass::Refused,
        operation: "ec2:CreateVpcEndpoint".to_owned(),
        scope: hub(),
        code: "InvalidServiceName".to_owned(),
        message: "The service does not exist".to_owned(),
        request_id: Some("r-1".to_owned()),
    };
    let started = |id| Event::Started { step: StepId(id), address: Address::new("x") };
    let done = |id, name: &str| Event::Done { step: StepId(id), id: name.to_owned(), elapsed: at(2) };
    let waiting = Event::Waiting { step: StepId(2), status: "pending".to_owned(), elapsed: at(3) };
    let events = [
        started(1),
        started(3),
        done(1, "sg-1"),
        started(2),
        waiting,
        Event::Retrying { step: StepId(3), error: error.clone() },
    ];
    let mut lines: Vec<String> = events.iter().filter_map(|event| progress.note(event, at(1))).collect();
    lines.push("--".to_owned());
    lines.extend(progress.block(at(31), at(31), 3));
    lines.push("--".to_owned());
    let failed = Event::Failed { step: StepId(2), failure: StepFailure::Call(error) };
    lines.extend(
        [Event::Stopping, failed, done(5, "a1b2c3/old")].iter().filter_map(|event| progress.note(event, at(40))),
    );
    expect![[r#"
        [1/5] ok created entry/hub/security-group sg-1 (2s)
        --
          ⠸ create entry/hub (interface endpoint)  is pending  30s
          ⠸ change target/orders/targets (targets)  tried again: InvalidServiceName  30s
          [####................] 1/5 steps · 31s · about 5m 49s left
        --
        Stopping: nothing new starts, steps under way finish. Press Ctrl-C again to leave at once.
        [1/5] failed create entry/hub (interface endpoint): ec2:CreateVpcEndpoint in 222222222222/us-east-1: InvalidServiceName: The service does not exist (request r-1)
        [2/5] ok deleted api/shop/stage/old (2s)"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn a_block_is_cut_to_the_screen_and_drawn_over_the_last_one() {
    assert_eq!(progress::redraw(0, &["abcdef".to_owned()], 4), "\r\x1b[Jabc\n");
    assert_eq!(progress::redraw(2, &[], 80), "\x1b[2A\r\x1b[J");
}

fn ended(outcome: &Outcome, expected: Expect) {
    let mut plan = everything();
    plan.steps[1].call = "CreateVpcEndpoint".to_owned();
    plan.steps[1].settle = Some(Settle {
        until: "available".to_owned(),
        typical: Duration::from_secs(60),
        limit: Duration::from_secs(600),
        poll: Duration::from_secs(5),
    });
    let words = Words {
        done: "Applied",
        again: "privlink apply".to_owned(),
        resume: "privlink resume R".to_owned(),
        rollback: "privlink rollback R".to_owned(),
    };
    let ending = Ending {
        plan: &plan,
        kinds: &KINDS,
        style: Style::default(),
        elapsed: Duration::from_secs(302),
        words: &words,
    };
    expected.assert_eq(&outcome::text(outcome, ending));
}

#[test]
fn a_failure_says_where_what_and_what_next() {
    let error = CloudError {
        class: ErrorClass::Refused,
        operation: "ec2:CreateVpcEndpoint".to_owned(),
        scope: hub(),
        code: "InvalidServiceName".to_owned(),
        message: "The Vpc Endpoint Service 'x' does not exist".to_owned(),
        request_id: Some("7a62c49f-347e-4fc4-9331-6e8e".to_owned()),
    };
    let failed = Outcome::Kept {
        cause: Cause { why: Why::Failed, failed: vec![(StepId(2), StepFailure::Call(error))], blocked: None },
        done: vec![StepId(3), StepId(1)],
        not_started: vec![StepId(4), StepId(5)],
    };
    ended(
        &failed,
        expect![[r#"
            error: step 2 of 5 failed: create entry/hub (interface endpoint)
              where    gateway 222222222222 us-east-1
              call     ec2:CreateVpcEndpoint
              code     InvalidServiceName
              message  The Vpc Endpoint Service 'x' does not exist
              request  7a62c49f-347e-4fc4-9331-6e8e

            Done (2):
               1  create entry/hub/security-group (security group)
               3  change target/orders/targets (targets)

            Not started (2):
               4  change api/shop/definition (API definition)
               5  delete api/shop/stage/old (stage)

            Failed after 5m 02s; left as it is, as asked. `privlink resume R` does what is left, `privlink rollback R` takes back what is done.
        "#]],
    );
    let late = Outcome::Kept {
        cause: Cause {
            why: Why::Failed,
            failed: vec![(StepId(2), StepFailure::TimedOut("pending".to_owned()))],
            blocked: None,
        },
        done: Vec::new(),
        not_started: Vec::new(),
    };
    ended(
        &late,
        expect![[r#"
            error: step 2 of 5 failed: create entry/hub (interface endpoint)
              where    gateway 222222222222 us-east-1
              call     CreateVpcEndpoint was accepted
              then     still pending at the time limit

            Done: nothing

            Not started: nothing

            Failed after 5m 02s; left as it is, as asked. `privlink resume R` does what is left, `privlink rollback R` takes back what is done.
        "#]],
    );
}

#[test]
fn good_ends_are_short() {
    ended(
        &Outcome::Applied,
        expect![[r#"
        Applied: 5 steps in 5m 02s.
    "#]],
    );
    ended(
        &Outcome::Kept {
            cause: Cause { why: Why::Interrupted, failed: Vec::new(), blocked: None },
            done: vec![StepId(1)],
            not_started: vec![StepId(2)],
        },
        expect![[r#"
            Done (1):
               1  create entry/hub/security-group (security group)

            Not started (1):
               2  create entry/hub (interface endpoint)

            Stopped after 5m 02s; left as it is, as asked. `privlink resume R` does what is left, `privlink rollback R` takes back what is done.
        "#]],
    );
}

/// The steps back of the first steps of the plan.
fn back(steps: &[u32]) -> Vec<Step> {
    let plan = everything();
    let done = plan.steps.into_iter().filter(|step| steps.contains(&step.id.0));
    let mut steps: Vec<Step> =
        done.map(|step| Step { op: Op::Delete { id: "sg-1".to_owned(), before: Attrs::new() }, ..step }).collect();
    let op = Op::Create { attrs: Attrs::new(), tags: Default::default() };
    let along = steps.first().cloned().unwrap();
    steps.push(Step { id: StepId(6), address: Address::new("api/shop/deployment"), op, ..along });
    steps
}

#[test]
fn a_way_back_is_told_by_what_it_takes_back() {
    let plan = everything();
    let mut progress = Progress::new(&plan, &KINDS, Style::default());
    let at = Duration::from_secs;
    let events = [
        Event::Probing { step: StepId(2) },
        Event::Unwinding { why: Why::Failed, steps: back(&[1, 2]) },
        Event::Started { step: StepId(2), address: Address::new("entry/hub") },
        Event::Done { step: StepId(2), id: "vpce-1".to_owned(), elapsed: at(2) },
        Event::Started { step: StepId(6), address: Address::new("api/shop/deployment") },
        Event::Done { step: StepId(6), id: "d1".to_owned(), elapsed: at(2) },
        Event::Started { step: StepId(1), address: Address::new("entry/hub/security-group") },
    ];
    let mut lines: Vec<String> = events.iter().filter_map(|event| progress.note(event, at(1))).collect();
    lines.extend(progress.block(at(31), at(31), 3));
    let nothing = Event::Unwinding { why: Why::Interrupted, steps: Vec::new() };
    lines.extend(progress.note(&nothing, at(32)));
    expect![[r#"
        [0/5] in doubt create entry/hub (interface endpoint): looked for before anything else
        Rolling back 3 steps, a step failed
        [1/3] ok undo create entry/hub (interface endpoint) (2s)
        [2/3] ok bring back api/shop/deployment (security group) d1 (2s)
          ⠸ undo create entry/hub/security-group (security group)  30s
          [#############.......] 2/3 steps · 31s · rolling back
        Rolling back, the run was stopped: nothing was done that must be taken back"#]]
    .assert_eq(&lines.join("\n"));
}

fn cause(why: Why) -> Cause {
    let failure = StepFailure::Settled("NLB is not active".to_owned());
    let failed = if matches!(why, Why::Failed) { vec![(StepId(2), failure)] } else { Vec::new() };
    Cause { why, failed, blocked: None }
}

#[test]
fn a_run_that_is_rolled_back_says_what_is_as_before() {
    let back = |why, undone: &[u32], inexact: &[(u32, &str)]| Outcome::RolledBack {
        cause: cause(why),
        undone: undone.iter().copied().map(StepId).collect(),
        inexact: inexact.iter().map(|(id, what)| (StepId(*id), (*what).to_owned())).collect(),
    };
    ended(
        &back(Why::Failed, &[1, 3], &[]),
        expect![[r#"
        error: step 2 of 5 failed: create entry/hub (interface endpoint)
          where    gateway 222222222222 us-east-1
          call     CreateVpcEndpoint was accepted
          then     AWS reports: NLB is not active

        Failed after 5m 02s and rolled back: 2 steps were taken back, all is as it was before. `privlink apply` tries it again.
    "#]],
    );
    ended(
        &back(Why::Interrupted, &[1], &[(5, "its cache")]),
        expect![[r#"
        Not as it was before, as the plan had declared (1):
           5  delete api/shop/stage/old (stage): its cache

        Stopped after 5m 02s and rolled back: 1 step was taken back, all else is as it was before. `privlink apply` tries it again.
    "#]],
    );
    ended(
        &back(Why::Asked, &[1, 2, 3], &[(5, "its cache")]),
        expect![[r#"
        Not as it was before, as the plan had declared (1):
           5  delete api/shop/stage/old (stage): its cache

        Rolled back: 3 steps in 5m 02s. All else is as it was before.
    "#]],
    );
    let stale = Outcome::RolledBack {
        cause: Cause {
            why: Why::Stale,
            failed: vec![(StepId(3), StepFailure::Stale("port is 81, not 80".to_owned()))],
            blocked: None,
        },
        undone: Vec::new(),
        inexact: Vec::new(),
    };
    ended(
        &stale,
        expect![[r#"
        error: step 3 of 5 was not done: change target/orders/targets (targets)
          where    application 111111111111 us-east-1
          why      it changed since the plan was made: port is 81, not 80

        Stale: the world moved since the plan was made; ended after 5m 02s; nothing had been done, so all is as it was before. `privlink apply` tries it again.
    "#]],
    );
}

#[test]
fn a_run_that_is_stuck_says_exactly_what_is_left() {
    let residue = Residue {
        step: StepId(2),
        address: Address::new("entry/hub"),
        kind: privlink_model::keys::endpoint::KIND,
        scope: hub(),
        id: Some("vpce-1".to_owned()),
        why: "ec2:DeleteVpcEndpoints: it is in use".to_owned(),
    };
    let doubtful = Residue { step: StepId(1), id: None, why: "it is not known".to_owned(), ..residue.clone() };
    ended(
        &Outcome::Stuck { cause: cause(Why::Failed), residue: vec![residue.clone(), doubtful] },
        expect![[r#"
        error: step 2 of 5 failed: create entry/hub (interface endpoint)
          where    gateway 222222222222 us-east-1
          call     CreateVpcEndpoint was accepted
          then     AWS reports: NLB is not active

        Left behind (2):
          entry/hub  interface endpoint · vpce-1 · gateway 222222222222 us-east-1
              step 2: ec2:DeleteVpcEndpoints: it is in use
          entry/hub  interface endpoint · its id is not known · gateway 222222222222 us-east-1
              step 1: it is not known

        Failed after 5m 02s; not all of it could be taken back. `privlink resume R` tries the rest again.
    "#]],
    );
    let blocked = Cause { why: Why::Blocked, failed: Vec::new(), blocked: Some("no space left".to_owned()) };
    ended(
        &Outcome::Stuck { cause: blocked, residue: vec![residue] },
        expect![[r#"
        error: no space left

        Left behind (1):
          entry/hub  interface endpoint · vpce-1 · gateway 222222222222 us-east-1
              step 2: ec2:DeleteVpcEndpoints: it is in use

        Blocked after 5m 02s; nothing more is called. `privlink resume R` goes on from here.
    "#]],
    );
}

/// A history of the plan: its first step done and taken back, its second in doubt.
fn history(end: Option<End>) -> History {
    let mut history = History::default();
    let object = Object { id: "sg-1".to_owned(), attrs: Attrs::new() };
    let intent = || StepRecord::Intent { token: String::new(), id: String::new(), before: Attrs::new() };
    let step = |id, way, event| Record::Step { step: StepId(id), way, event };
    let begun = Begun {
        run: "R".to_owned(),
        project: "shop".to_owned(),
        verb: "apply".to_owned(),
        plan: "0123456789abcdef".to_owned(),
        steps: 5,
        by: "ana@mac".to_owned(),
        at: 1_795_214_292,
        keep: false,
        version: "0.1.0".to_owned(),
        place: String::new(),
    };
    let unwinding = Unwinding { why: Why::Failed, failed: vec![(StepId(3), "AWS reports: no".to_owned())] };
    let records = [
        Record::Begun(begun),
        step(1, Way::Forward, intent()),
        step(1, Way::Forward, StepRecord::Answered(object.clone())),
        step(1, Way::Forward, StepRecord::Settled(Attrs::new())),
        step(2, Way::Forward, intent()),
        step(3, Way::Forward, StepRecord::Failed("AWS reports: no".to_owned())),
        Record::Unwinding(unwinding),
        step(1, Way::Back, intent()),
        step(1, Way::Back, StepRecord::Answered(object)),
        step(1, Way::Back, StepRecord::Settled(Attrs::new())),
    ];
    for record in records.into_iter().chain(end.map(|end| Record::Ended { end, at: 1_795_214_352 })) {
        history.record(&record).unwrap();
    }
    history
}

#[test]
fn the_runs_of_a_store_are_a_table() {
    let rows = [
        runs::Row { run: "R3".to_owned(), history: Ok(history(None)), held: true },
        runs::Row { run: "R2".to_owned(), history: Ok(history(None)), held: false },
        runs::Row { run: "R1".to_owned(), history: Ok(history(Some(End::Stuck))), held: false },
        runs::Row { run: "R0".to_owned(), history: Err("line 2 is damaged".to_owned()), held: false },
    ];
    expect![[r#"
        run  verb   project  begun                    by       steps          how it ended
        R3   apply  shop     2026-11-20 22:38:12 UTC  ana@mac  1/5, 1 undone  being rolled back now
        R2   apply  shop     2026-11-20 22:38:12 UTC  ana@mac  1/5, 1 undone  unfinished, being rolled back, 1 in doubt
        R1   apply  shop     2026-11-20 22:38:12 UTC  ana@mac  1/5, 1 undone  stuck, 1 in doubt
        R0   ?      ?        ?                        ?        ?              cannot be read: line 2 is damaged
    "#]]
    .assert_eq(&runs::text(&rows, Style::default()));
    let json = runs::json(&rows);
    assert_eq!(json["runs"][2]["steps"], serde_json::json!({ "total": 5, "done": 1, "undone": 1, "in_doubt": 1 }));
    assert_eq!(json["runs"][3]["state"], "unreadable");
}

#[test]
fn the_story_of_a_run_is_told_step_by_step() {
    let (plan, history) = (everything(), history(Some(End::Stuck)));
    let story = run_story::Story { run: "R", history: &history, plan: Some(&plan) };
    expect![[r#"
        Run R: apply of project "shop"
          begun    2026-11-20 22:38:12 UTC by ana@mac, with privlink 0.1.0
          plan     0123456789ab, 5 steps
          back     taken back because a step failed
                   step 3: AWS reports: no
          state    stuck at 2026-11-20 22:39:12 UTC

           1  create entry/hub/security-group (security group)
                done · sg-1; taken back
           2  create entry/hub (interface endpoint)
                in doubt: the call was about to be made, and no answer is on record
           3  change target/orders/targets (targets)
                not done
                said at last: AWS reports: no
           4  change api/shop/definition (API definition)
                not done
           5  delete api/shop/stage/old (stage)
                not done
    "#]]
    .assert_eq(&run_story::text(story, Style::default()));
    let json = run_story::json(story);
    assert_eq!(json["steps"][1]["forward"], "in-doubt");
    assert_eq!(json["steps"][0]["address"], "entry/hub/security-group");
    let without = run_story::Story { plan: None, ..story };
    assert!(run_story::text(without, Style::default()).contains("   1  a step whose plan cannot be read"));
}

#[test]
fn a_way_back_is_shown_before_it_is_gone() {
    let (mut plan, history) = (everything(), history(None));
    plan.steps[1].undo = Undo::Recreate { loses: "its id".to_owned() };
    let page = way_back::Page { plan: &plan, kinds: &KINDS, style: Style::default(), history: &history };
    expect![[r#"
        The way back of this apply of project "shop": 3 steps, 1 of them taken back already

           1  undo create entry/hub/security-group (security group): delete it · sg-1 · gateway 222222222222 us-east-1
           2  undo create entry/hub (interface endpoint): delete it · sg-1 · gateway 222222222222 us-east-1
                lost all the same: its id
           6  bring back api/shop/deployment (security group): create it · gateway 222222222222 us-east-1

    "#]]
    .assert_eq(&way_back::text(&back(&[1, 2]), page));
    assert_eq!(way_back::text(&[], page), "Nothing of this run is left to be taken back.\n");
}
