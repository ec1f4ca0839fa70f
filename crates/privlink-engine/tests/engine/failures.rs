//! What is tried again, and what a failure ends.

use privlink_model::{Address, Attrs, ErrorClass, Event, Outcome, Step, Value};

use crate::toy::outcome::{failed, ids, only_error};
use crate::toy::plan::StepExt as _;
use crate::toy::{Object, create, delete, run, update};

use ErrorClass::{Busy, Denied, InDoubt, NotFound, Refused, Throttled, Unreachable};

#[test]
fn what_passes_is_called_again_and_said_so() {
    let ran = run(vec![create(1, "a")], |cloud| {
        cloud.object("a", Object::refusing(&[Throttled, Busy, Unreachable, Throttled]))
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    let calls: Vec<String> = ran.cloud.log().into_iter().filter(|line| line.contains("call")).collect();
    assert_eq!(calls, ["0 call a", "1 call a", "2 call a", "3 call a", "5 call a"]);
    assert_eq!(ran.events.iter().filter(|event| matches!(event, Event::Retrying { .. })).count(), 4);
    assert_eq!(ran.events.iter().filter(|event| matches!(event, Event::Started { .. })).count(), 1);
    assert!(matches!(ran.events.last(), Some(Event::Done { elapsed, .. }) if elapsed.as_secs() == 5));
}

#[test]
fn a_call_in_doubt_is_repeated_only_with_its_token_or_for_a_delete() {
    let doubtful = |step: Step| {
        let ran = run(vec![step], |cloud| cloud.object("a", Object::refusing(&[InDoubt])));
        (ran.outcome, ran.cloud.writes("a").into_iter().map(|write| write.token).collect::<Vec<_>>())
    };
    let (outcome, tokens) = doubtful(create(1, "a"));
    assert_eq!(only_error(outcome).class, InDoubt);
    assert_eq!(tokens.len(), 1);
    let (outcome, tokens) = doubtful(update(1, "a", Attrs::new(), Attrs::new(), &["x"]).tokened());
    assert_eq!(only_error(outcome).class, InDoubt);
    assert_eq!(tokens.len(), 1);
    let (outcome, tokens) = doubtful(create(1, "a").tokened());
    assert_eq!(outcome, Outcome::Applied);
    assert_eq!(tokens, ["token-1", "token-1"]);
    assert_eq!(doubtful(delete(1, "a")).0, Outcome::Applied);
}

#[test]
fn what_is_in_the_way_is_waited_for_as_long_as_the_kind_takes_or_five_minutes() {
    let given_up = |step: Step| {
        let ran = run(vec![step], |cloud| cloud.object("a", Object::refusing(&[Busy; 99])));
        assert_eq!(only_error(ran.outcome).class, Busy);
        ran.cloud.log().last().cloned()
    };
    assert_eq!(given_up(delete(1, "a").tokened()).as_deref(), Some("40 Busy a"));
    assert_eq!(given_up(create(1, "a").tokened()).as_deref(), Some("300 Busy a"));
    assert_eq!(given_up(delete(1, "a")).as_deref(), Some("300 Busy a"));
}

#[test]
fn deleting_what_is_gone_is_done() {
    let steps = vec![delete(1, "a").settles(60), create(2, "b").needs([1])];
    let ran = run(steps, |cloud| {
        cloud.object("a", Object { hides: [NotFound].into(), ..Object::refusing(&[NotFound]) });
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    assert_eq!(
        only_error(run(vec![create(1, "a")], |cloud| cloud.object("a", Object::refusing(&[NotFound]))).outcome).class,
        NotFound
    );
}

#[test]
fn after_a_failure_nothing_starts_and_what_is_under_way_comes_to_its_end() {
    let steps = vec![
        create(1, "bad"),
        create(2, "slow").settles(100),
        create(3, "also-bad"),
        create(4, "quick"),
        create(5, "late").needs([2]),
        create(6, "free").needs([4]),
    ];
    let ran = run(steps, |cloud| {
        cloud.object("bad", Object { call_takes: 2, ..Object::refusing(&[Refused]) });
        cloud.object("also-bad", Object { call_takes: 4, ..Object::refusing(&[Denied]) });
        cloud.object("slow", Object { settles_after: Some(20), ..Object::default() });
        cloud.object("quick", Object { call_takes: 3, ..Object::default() });
    });
    let (failures, done, not_started) = failed(ran.outcome);
    assert_eq!(failures.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(done, ids([2, 4]));
    assert_eq!(not_started, ids([5, 6]));
}

#[test]
fn after_a_failure_a_step_that_had_no_effect_is_taken_back_and_one_in_doubt_is_not() {
    let steps = vec![
        create(1, "bad"),
        create(2, "throttled"),
        create(3, "answered-late"),
        create(4, "doubtful").tokened(),
        create(5, "source"),
        create(6, "reading").needs([5]).with("x", Value::of(&Address::new("source"), "never")),
    ];
    let ran = run(steps, |cloud| {
        cloud.object("bad", Object { call_takes: 10, ..Object::refusing(&[Refused]) });
        cloud.object("throttled", Object::refusing(&[Throttled; 20]));
        cloud.object("answered-late", Object { call_takes: 15, ..Object::refusing(&[Busy]) });
        cloud.object("doubtful", Object { call_takes: 9, ..Object::refusing(&[InDoubt, Throttled, Throttled]) });
    });
    let (failures, done, not_started) = failed(ran.outcome);
    assert_eq!(failures.len(), 1);
    assert_eq!(done, ids([4, 5]));
    assert_eq!(not_started, ids([2, 3, 6]));
    assert_eq!(ran.cloud.writes("doubtful").len(), 4);
}

#[test]
fn a_bug_under_a_call_fails_its_step_and_leaves_the_others_alone() {
    let ran = run(vec![create(1, "broken"), create(2, "slow").settles(60)], |cloud| {
        cloud.object("broken", Object { panics: true, ..Object::default() });
        cloud.object("slow", Object { settles_after: Some(30), ..Object::default() });
    });
    let (_, done, _) = failed(ran.outcome.clone());
    assert_eq!(done, ids([2]));
    let error = only_error(ran.outcome);
    assert_eq!(error.class, InDoubt);
    assert_eq!(error.message, "a bug in privlink: the toy broken broke");
}
