//! What is tried again, and what a failure ends.

use privlink_model::{Address, ErrorClass, Event, Outcome, Step, StepFailure, Value};

use crate::toy::outcome::{failed, ids, only_error, only_failure};
use crate::toy::plan::{StepExt as _, attrs};
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
fn a_call_in_doubt_is_found_out_about_and_repeated_only_when_it_had_no_effect() {
    let doubtful = |step: Step, doubts: &[ErrorClass], takes_effect: bool| {
        let ran = run(vec![step], |cloud| {
            cloud.object("a", Object { loses_answers: takes_effect, ..Object::refusing(doubts) });
        });
        let probes = ran.events.iter().filter(|event| matches!(event, Event::Probing { .. })).count();
        (ran.outcome, ran.cloud.writes("a").len(), probes)
    };
    let steps = || {
        let before = attrs(&[("x", 1.into())]);
        let after = attrs(&[("x", 2.into())]);
        [create(1, "a"), create(1, "a").tokened(), update(1, "a", before, after, &["x"]), delete(1, "a")]
    };
    for step in steps() {
        assert_eq!(doubtful(step.clone(), &[InDoubt], true), (Outcome::Applied, 1, 1), "{step:?}");
        assert_eq!(doubtful(step.clone(), &[InDoubt], false), (Outcome::Applied, 2, 1), "{step:?}");
        let (outcome, calls, probes) = doubtful(step.clone(), &[InDoubt; 9], false);
        assert_eq!((only_error(outcome).class, calls, probes), (InDoubt, 4, 4), "{step:?}");
    }
}

#[test]
fn a_call_is_surely_without_effect_once_nothing_showed_for_half_a_minute() {
    let ran = run(vec![create(1, "a")], |cloud| cloud.object("a", Object::refusing(&[InDoubt])));
    let calls: Vec<String> = ran.cloud.log().into_iter().filter(|line| line.contains("call")).collect();
    assert_eq!(calls, ["0 call a", "39 call a"], "looks of five seconds every eleven, then the pause of a second");
}

#[test]
fn what_cannot_be_read_stays_in_doubt_and_is_not_called_again() {
    let before = attrs(&[("x", 1.into())]);
    let step = update(1, "a", before, attrs(&[("x", 2.into())]), &["x"]);
    let ran = run(vec![step], |cloud| {
        // The look before the call; then the probes.
        cloud.object("a", Object { hides_after_call: [Denied].into(), ..Object::refusing(&[InDoubt]) });
    });
    let StepFailure::InDoubt(why) = only_failure(ran.outcome) else { panic!("no doubt") };
    assert!(why.contains("Denied"), "{why}");
    assert_eq!(ran.cloud.writes("a").len(), 1);
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
        create(7, "lost"),
    ];
    let ran = run(steps, |cloud| {
        cloud.object("bad", Object { call_takes: 10, ..Object::refusing(&[Refused]) });
        cloud.object("throttled", Object::refusing(&[Throttled; 20]));
        cloud.object("answered-late", Object { call_takes: 15, ..Object::refusing(&[Busy]) });
        cloud.object("doubtful", Object { call_takes: 9, ..Object::refusing(&[InDoubt, Throttled, Throttled]) });
        cloud.object("lost", Object { call_takes: 9, loses_answers: true, ..Object::refusing(&[InDoubt]) });
    });
    let (failures, done, not_started) = failed(ran.outcome);
    assert_eq!(failures.len(), 1);
    assert_eq!(done, ids([5, 7]));
    assert_eq!(not_started, ids([2, 3, 4, 6]), "a doubtful call turned out to have had no effect");
    assert_eq!(ran.cloud.writes("doubtful").len(), 1, "what had no effect is not made again");
    assert_eq!(ran.cloud.writes("lost").len(), 1);
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
