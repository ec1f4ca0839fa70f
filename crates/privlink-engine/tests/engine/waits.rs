//! Waiting for the end of what a call began.

use privlink_model::{Address, ErrorClass, Event, Outcome, StepFailure, Value};

use crate::toy::outcome::{only_error, only_failure};
use crate::toy::plan::{StepExt as _, attrs, wait};
use crate::toy::{Object, create, run};

#[test]
fn a_bad_end_is_told_in_aws_words() {
    let ran = run(vec![create(1, "a").settles(60)], |cloud| {
        let ends = Some("no healthy hosts".to_owned());
        cloud.object("a", Object { settles_after: Some(3), ends, ..Object::default() });
    });
    assert_eq!(only_failure(ran.outcome), StepFailure::Settled("no healthy hosts".to_owned()));
}

#[test]
fn the_limit_ends_a_wait_with_the_last_state() {
    let ran = run(vec![create(1, "a").settles(33)], |_| {});
    assert_eq!(ran.cloud.log().last().map(String::as_str), Some("33 look a"));
    assert_eq!(only_failure(ran.outcome), StepFailure::TimedOut("pending".to_owned()));
    let said: Vec<u64> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Waiting { elapsed, .. } => Some(elapsed.as_secs()),
            _ => None,
        })
        .collect();
    assert_eq!(said, [1, 11, 21, 31], "a look every 5 s, a word every 10 s");
}

#[test]
fn a_change_of_state_is_told_at_once() {
    let ran = run(vec![create(1, "a").settles(60)], |cloud| {
        let hides = [ErrorClass::Throttled].into();
        cloud.object("a", Object { settles_after: Some(14), hides, ..Object::default() });
    });
    let told = ran.events.iter().filter_map(|event| match event {
        Event::Waiting { status, elapsed, .. } => Some((status.starts_with("unread ("), elapsed.as_secs())),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [(true, 1), (false, 6)]);
}

#[test]
fn looks_that_fail_in_passing_do_not_fail_the_step_before_its_limit() {
    use ErrorClass::{Denied, InDoubt, NotFound, Throttled, Unreachable};
    let hiding = |classes: &[ErrorClass]| {
        let hides = classes.iter().copied().collect();
        run(vec![create(1, "a").settles(60)], |cloud| {
            cloud.object("a", Object { settles_after: Some(0), hides, ..Object::default() });
        })
        .outcome
    };
    assert_eq!(hiding(&[Throttled, InDoubt, Unreachable, NotFound]), Outcome::Applied);
    assert_eq!(only_error(hiding(&[Denied])).class, Denied);
    let StepFailure::TimedOut(status) = only_failure(hiding(&[Throttled; 100])) else { panic!("no time-out") };
    assert!(status.contains("told to fail"), "{status}");
    assert_eq!(only_error(hiding(&[NotFound; 100])).class, NotFound, "not seen for a minute is not there");
}

#[test]
fn a_step_that_only_waits_calls_nothing_and_hands_on_what_it_learns() {
    let steps =
        vec![wait(1, "a").settles(60), create(2, "b").needs([1]).with("x", Value::of(&Address::new("a"), "computed"))];
    let ran = run(steps, |cloud| {
        let settled = attrs(&[("computed", 3.into())]);
        cloud.object("a", Object { settles_after: Some(20), settled, ..Object::default() });
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    assert_eq!(ran.cloud.writes("a"), []);
    assert_eq!(ran.cloud.writes("b").first().and_then(|write| write.after.get("x").cloned()), Some(3.into()));
}
