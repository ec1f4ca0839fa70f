//! Which step starts when.

use privlink_model::{ErrorClass, Outcome, StepFailure, StepId};

use crate::toy::outcome::failed;
use crate::toy::plan::StepExt as _;
use crate::toy::{Object, Setting, create, run, run_with};

#[test]
fn an_empty_plan_is_applied() {
    let ran = run(Vec::new(), |_| {});
    assert_eq!(ran.outcome, Outcome::Applied);
    assert_eq!(ran.events, []);
}

#[test]
fn a_step_starts_when_those_it_needs_are_settled_and_not_before() {
    let steps = vec![create(1, "a").settles(60), create(2, "b"), create(3, "c").needs([1, 2])];
    let ran = run(steps, |cloud| {
        cloud.object("a", Object { settles_after: Some(11), ..Object::default() });
        cloud.object("b", Object { call_takes: 3, ..Object::default() });
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    assert_eq!(
        ran.cloud.calls(),
        [
            "0 call a",
            "0 call b",
            "0 answer a",
            "1 look a",
            "3 answer b",
            "6 look a",
            "11 look a",
            "11 call c",
            "11 answer c"
        ]
    );
}

#[test]
fn independent_steps_of_all_accounts_start_at_once() {
    let account = |id: u32| u8::try_from(id % 4).unwrap();
    let steps = (1..=20).map(|id| create(id, &format!("toy/{id}")).in_account(account(id))).collect();
    let ran = run(steps, |cloud| {
        for id in 1..=20 {
            cloud.object(&format!("toy/{id}"), Object { call_takes: 7, ..Object::default() });
        }
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    assert_eq!(ran.cloud.most_calling(), 20);
    assert_eq!(ran.cloud.calls().last().map(String::as_str), Some("7 answer toy/20"));
}

#[test]
fn no_more_calls_than_allowed_are_under_way_and_lower_numbers_go_first() {
    let steps = (1..=7).map(|id| create(id, &format!("toy/{id}"))).collect();
    let setting = Setting { parallelism: 2, ..Setting::default() };
    let ran = run_with(setting, steps, |cloud| {
        for id in 1..=7 {
            cloud.object(&format!("toy/{id}"), Object { call_takes: 1, ..Object::default() });
        }
    });
    assert_eq!(ran.cloud.most_calling(), 2);
    let called: Vec<String> = ran.cloud.log().into_iter().filter(|line| line.contains("call")).collect();
    let expected: Vec<String> = (1..=7).map(|id| format!("{} call toy/{id}", (id - 1) / 2)).collect();
    assert_eq!(called, expected);
}

#[test]
fn a_step_that_waits_for_aws_or_rests_takes_no_place() {
    let steps = vec![create(1, "slow").settles(600), create(2, "busy"), create(3, "quick")];
    let setting = Setting { parallelism: 1, ..Setting::default() };
    let ran = run_with(setting, steps, |cloud| {
        cloud.object("slow", Object { settles_after: Some(300), ..Object::default() });
        cloud.object("busy", Object::refusing(&[ErrorClass::Busy; 3]));
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    assert!(ran.cloud.log().contains(&"0 answer quick".to_owned()), "{:?}", ran.cloud.log());
}

#[test]
fn a_parallelism_of_none_counts_as_one() {
    let setting = Setting { parallelism: 0, ..Setting::default() };
    assert_eq!(run_with(setting, vec![create(1, "a")], |_| {}).outcome, Outcome::Applied);
}

#[test]
fn a_plan_out_of_order_is_not_begun() {
    for steps in [
        vec![create(1, "a"), create(2, "b").needs([3]), create(3, "c").needs([2])],
        vec![create(1, "a"), create(2, "b").needs([9])],
        vec![create(1, "a"), create(2, "b"), create(2, "c")],
    ] {
        let ran = run(steps, |_| {});
        let (failures, done, not_started) = failed(ran.outcome);
        assert!(matches!(failures.as_slice(), [(2, StepFailure::Unresolved(_))]), "{failures:?}");
        assert_eq!(done, []);
        assert!(not_started.contains(&StepId(1)));
        assert_eq!(ran.cloud.log(), [] as [String; 0]);
    }
}
