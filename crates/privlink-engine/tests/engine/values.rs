//! What steps hand to each other.

use privlink_model::{Address, Attrs, ErrorClass, Event, Op, Outcome, Phase, Step, StepFailure, StepId, Value};

use crate::toy::outcome::{only_error, only_failure};
use crate::toy::plan::{StepExt as _, attrs};
use crate::toy::{Object, create, run, update};

fn of(address: &str, attribute: &str) -> Value {
    Value::of(&Address::new(address), attribute)
}

#[test]
fn values_come_from_answers_and_from_the_end_of_waits() {
    let parts = Value::Digest(Box::new(of("a", "settled")));
    let steps = vec![
        create(1, "a").settles(60).with("name", "n".into()),
        create(2, "b")
            .needs([1])
            .with("id", of("a", "id"))
            .with("name", of("a", "name"))
            .with("all", Value::List(vec![of("a", "written"), of("a", "settled")]))
            .with("digest", parts.clone()),
    ];
    let ran = run(steps, |cloud| {
        cloud.object(
            "a",
            Object {
                settles_after: Some(0),
                written: attrs(&[("written", 1.into()), ("settled", 0.into())]),
                settled: attrs(&[("settled", 2.into())]),
                ..Object::default()
            },
        );
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    let expected = attrs(&[
        ("id", "a-id".into()),
        ("name", "n".into()),
        ("all", Value::List(vec![1.into(), 2.into()])),
        ("digest", parts.resolve(&|_| Some(2.into()))),
    ]);
    assert_eq!(ran.cloud.writes("b").first().map(|write| write.after.clone()), Some(expected));
}

#[test]
fn an_update_hands_on_what_it_kept_but_not_what_aws_decides() {
    let before = attrs(&[("kept", 1.into()), ("changed", 1.into()), ("computed", 1.into())]);
    let steps = vec![
        update(1, "a", before, attrs(&[("changed", 2.into())]), &["changed"]),
        create(2, "b")
            .needs([1])
            .with("x", Value::List(vec![of("a", "kept"), of("a", "changed"), of("a", "computed")])),
    ];
    let ran = run(steps, |cloud| {
        cloud.object("a", Object { shows: Some((0, attrs(&[("computed", 9.into())]))), ..Object::default() });
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    let given = ran.cloud.writes("b").first().and_then(|write| write.after.get("x").cloned());
    assert_eq!(given, Some(Value::List(vec![1.into(), 2.into(), 9.into()])));
}

#[test]
fn a_value_that_comes_late_is_read_until_it_is_there_and_then_known_to_all() {
    let steps = vec![
        create(1, "a").settles(60),
        create(2, "b").needs([1]).with("x", of("a", "late")),
        create(3, "c").needs([2]).with("x", of("a", "late")),
    ];
    let ran = run(steps, |cloud| {
        cloud.object(
            "a",
            Object { settles_after: Some(0), shows: Some((30, attrs(&[("late", 5.into())]))), ..Object::default() },
        );
    });
    assert_eq!(ran.outcome, Outcome::Applied);
    let log = ran.cloud.log();
    assert_eq!(log.iter().filter(|line| line.ends_with("read a")).count(), 7, "{log:?}");
    assert!(log.contains(&"31 call b".to_owned()), "{log:?}");
    assert_eq!(ran.cloud.writes("c").first().and_then(|write| write.after.get("x").cloned()), Some(5.into()));
    let waits = ran.events.iter().filter(|event| {
        matches!(event, Event::Waiting { step: StepId(2), status, .. } if status.starts_with("needs late of a: "))
    });
    assert_eq!(waits.count(), 3, "at once, after 10 s, after 20 s: {:?}", ran.events);
}

#[test]
fn a_late_value_is_given_up_at_the_limit_of_the_step_that_should_give_it() {
    let steps = vec![create(1, "a").settles(40), create(2, "b").needs([1]).with("x", of("a", "never"))];
    let ran = run(steps, |cloud| cloud.object("a", Object { settles_after: Some(0), ..Object::default() }));
    assert_eq!(
        ran.cloud.log().last().map(String::as_str),
        Some("41 read a"),
        "one look at the limit: {:?}",
        ran.cloud.log()
    );
    let failure = only_failure(ran.outcome);
    assert_eq!(failure, StepFailure::Unresolved("never of a (not there yet)".to_owned()));
}

#[test]
fn a_late_value_of_something_broken_is_given_up_at_once() {
    let steps = vec![create(1, "a"), create(2, "b").needs([1]).with("x", of("a", "late"))];
    let ran = run(steps.clone(), |cloud| {
        cloud.object("a", Object { fails: Some("out of addresses".to_owned()), ..Object::default() });
    });
    assert_eq!(only_failure(ran.outcome), StepFailure::Unresolved("late of a (out of addresses)".to_owned()));
    let ran = run(steps, |cloud| cloud.object("a", Object { hides: [ErrorClass::Denied].into(), ..Object::default() }));
    assert_eq!(only_error(ran.outcome).class, ErrorClass::Denied);
}

#[test]
fn reads_that_fail_in_passing_do_not_end_the_search_for_a_late_value() {
    use ErrorClass::{InDoubt, NotFound, Throttled, Unreachable};
    let steps = vec![create(1, "a"), create(2, "b").needs([1]).with("x", of("a", "late"))];
    let ran = run(steps, |cloud| {
        let shows = Some((0, attrs(&[("late", 5.into())])));
        let hides = [Throttled, InDoubt, Unreachable, NotFound].into();
        cloud.object("a", Object { shows, hides, ..Object::default() });
    });
    assert_eq!(ran.outcome, Outcome::Applied);
}

#[test]
fn a_value_that_no_step_gives_fails_at_once() {
    let ran = run(vec![create(1, "b").with("x", of("elsewhere", "id"))], |_| {});
    assert_eq!(only_failure(ran.outcome), StepFailure::Unresolved("id of elsewhere".to_owned()));
    assert_eq!(ran.cloud.log(), [] as [String; 0]);
}

#[test]
fn the_halves_of_a_change_call_only_for_what_they_do() {
    let halves = |after: Value| {
        let half = |id: u32, phase: Phase| -> Step {
            let before = attrs(&[("peers", Value::text_set(["x", "y"]))]);
            let mut step = update(id, "group", before, Attrs::new(), &["peers"]).with("peers", after.clone());
            if let Op::Update { phase: half, .. } = &mut step.op {
                *half = Some(phase);
            }
            step
        };
        vec![create(1, "a"), half(2, Phase::Add).needs([1]).settles(60), half(3, Phase::Remove).needs([2])]
    };
    let given = |peers: &[&str]| {
        let peers = Value::text_set(peers.iter().copied());
        let ran = run(halves(of("a", "peers")), |cloud| {
            cloud.object("a", Object { written: attrs(&[("peers", peers)]), ..Object::default() });
            cloud.object("group", Object { settles_after: Some(0), ..Object::default() });
        });
        assert_eq!(ran.outcome, Outcome::Applied);
        let writes = ran.cloud.writes("group").into_iter();
        writes
            .map(|write| (write.before.get("peers").unwrap().texts(), write.after.get("peers").unwrap().texts()))
            .collect::<Vec<_>>()
    };
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
    assert_eq!(
        given(&["y", "z"]),
        [(texts(&["x", "y"]), texts(&["x", "y", "z"])), (texts(&["x", "y", "z"]), texts(&["y", "z"]))]
    );
    assert_eq!(given(&["x"]), [(texts(&["x", "y"]), texts(&["x"]))]);
    assert_eq!(given(&["x", "y"]), []);
}
