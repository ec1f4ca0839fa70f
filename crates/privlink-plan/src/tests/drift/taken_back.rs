//! Runs that were taken back: late, in doubt, and with what came back under another name; and runs that cannot be read.

use expect_test::expect;
use privlink_model::{Begun, End, Op, Record, StepId, StepRecord, Unwinding, Way, Why};

use super::*;

/// A run's history again, from and until these moments, with some of its records left out.
fn again(whole: &History, at: u64, kept: impl Fn(StepId, &StepRecord) -> bool) -> History {
    let mut history = History::default();
    history.record(&Record::Begun(Begun { at, ..whole.begun().unwrap().clone() })).unwrap();
    for (step, ways) in whole.steps() {
        let object = ways.forward.object().unwrap().clone();
        let intent = StepRecord::Intent { token: String::new(), id: object.id.clone(), before: Default::default() };
        for event in [intent, StepRecord::Answered(object), StepRecord::Settled(Default::default())] {
            if kept(step, &event) {
                history.record(&Record::Step { step, way: Way::Forward, event }).unwrap();
            }
        }
    }
    history
}

fn taken_back(history: &mut History, at: u64) {
    history.record(&Record::Unwinding(Unwinding { why: Why::Asked, failed: Vec::new() })).unwrap();
    history.record(&Record::Ended { end: End::RolledBack, at }).unwrap();
}

#[test]
fn a_run_that_was_taken_back_after_a_newer_one_was_made_counts_for_nothing() {
    let mut project = Project::applied();
    let before = project.world.object("listener").attrs.clone();
    let listener = [("balancer", id("balancer")), ("port", 90.into()), ("pool", id("pool"))];
    project.desired = with(project.desired, resource("listener", &LISTENER, listener));
    project.desired = with(project.desired, resource("group2", &GROUP, [("name", "two".into())]));
    project.apply(usize::MAX);
    project.desired = with(project.desired, endpoint("subnet-2"));
    project.apply(usize::MAX);
    // The newer one saw what the older one had done, which was taken back then.
    project.world.object("listener").attrs = before;
    project.delete("group2");
    for (number, (_, history)) in project.runs.iter_mut().enumerate() {
        *history = again(history, 10 * number as u64, |_, _| true);
    }
    taken_back(&mut project.runs[1].1, 30);
    project.check(expect![[r#"
        missing group2 name: "two" → none
        changed listener port: 90 → 80
    "#]]);
    let (plan, history) = project.runs[1].clone();
    project.overruling.push((plan, history));
    project.check(expect![[r#"
        pending Create group2
        pending Update listener port
    "#]]);
    // What was changed by hand since is told as what it is, by what the oldest left.
    project.set("listener", "port", 81);
    project.check(expect![[r#"
        changed listener port: 90 → 81 (pending port)
        pending Create group2
    "#]]);
    assert_eq!(project.drift().found[0].since, Some(0));
}

#[test]
fn what_came_back_under_another_name_is_as_it_was_applied() {
    let mut project = Project::applied();
    let wanted = std::mem::take(&mut project.desired);
    project.apply_with(0, Options { destroy: true, ..Options::default() });
    project.desired = wanted;
    taken_back(&mut project.runs.last_mut().unwrap().1, 2);
    // The link was deleted and made again, and what calls it was written anew.
    project.world.object("link").id = "link-77".to_owned();
    project.world.object("link").attrs.insert("id", "link-77".into());
    project.set("?/definition/api-6", "paths", Value::map([("/", "link-77".into())]));
    project.renamed = BTreeMap::from([("link-3".to_owned(), "link-77".to_owned())]);
    let paths = Value::map([("/", id("link")), ("/more", id("link"))]);
    let definition = resource("api/definition", &DEFINITION, [("api", id("api")), ("paths", paths)]);
    let whole = project.desired.clone();
    project.desired = with(project.desired, definition);
    let found = project.drift();
    assert!(found.found.is_empty(), "{}", told(&found));
    // And what is no longer asked for was made by a run, whatever it is called now.
    project.desired = without(whole, &["link", "api/definition", "api/deployment", "api/stage"]);
    let found = project.drift();
    assert!(found.found.is_empty(), "{}", told(&found));
    assert!(told(&found).contains("pending Delete link"), "{}", told(&found));
}

#[test]
fn what_a_killed_run_may_have_deleted_is_not_missing() {
    let mut project = Project::applied();
    let wanted = project.desired.clone();
    project.desired = without(project.desired, &["listener"]);
    project.apply(usize::MAX);
    let (plan, whole) = project.runs.pop().unwrap();
    assert!(matches!(plan.steps[0].op, Op::Delete { .. }) && plan.steps.len() == 1);
    let killed = again(&whole, 1, |_, event| matches!(event, StepRecord::Intent { .. }));
    project.runs.push((plan, killed));
    project.desired = wanted;
    project.check(expect![[r#"
        pending Create listener
    "#]]);
}

#[test]
fn what_only_a_run_that_cannot_be_read_would_tell_is_drift() {
    let mut project = Project::applied();
    project.set("listener", "port", 81);
    project.delete("?/members/pool-9");
    let narrowed = Options { targets: vec![Address::new("listener")], ..Options::default() };
    project.apply_with(usize::MAX, narrowed);
    project.set("listener", "port", 82);
    project.desired = with(project.desired, endpoint("subnet-2"));
    let applied = |torn: bool| {
        let mut applied = Applied::default();
        let (plan, history) = project.runs.last().unwrap();
        applied.add(plan, history);
        if torn {
            applied.tear();
        }
        applied
    };
    let plan = project.plan();
    let check = |applied: &Applied| {
        told(&drift(Check { plan: &plan, applied, kinds: &KINDS, names: &project.names, rules: &[] }))
    };
    assert!(check(&applied(false)).contains("pending Create pool/members"));
    expect![[r#"
        changed endpoint subnets: ["subnet-2"] → ["subnet-1"]
        changed listener port: 80 → 82
        missing pool/members addresses: (addresses of endpoint) → none pool: "pool-9" → none
    "#]]
    .assert_eq(&check(&applied(true)));
}
