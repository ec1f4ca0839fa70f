//! What the runs on record have to do with drift: killed, rolled back, taken back, destroyed, gone, narrowed.

use expect_test::expect;
use privlink_model::{Action, Address, Attrs, End, History, Record, Status, StepRecord, Unwinding, Value, Way, Why};

use super::*;

#[test]
fn what_a_run_deleted_and_is_back_was_added() {
    let mut project = Project::applied();
    let members = project.world.object("?/members/pool-9").clone();
    project.desired = without(project.desired, &["pool/members"]);
    project.apply(usize::MAX);
    project.world.objects.push(members);
    project.check(expect![[r#"
        added ?/members/pool-9 addresses: none → ["endpoint-5 over [\"subnet-1\"]"] pool: none → "pool-9"
    "#]]);
}

#[test]
fn what_a_killed_run_did_not_do_is_pending_and_what_it_did_counts() {
    let mut project = Project::applied();
    project.desired = with(project.desired, resource("group2", &GROUP, [("name", "two".into())]));
    let listener = [("balancer", id("balancer")), ("port", 90.into()), ("pool", id("pool"))];
    project.desired = with(project.desired, resource("listener", &LISTENER, listener));
    project.desired = with(project.desired, endpoint("subnet-2"));
    project.apply(1);
    let plan = project.plan();
    assert_eq!(plan.changes.count(Action::NoOp), 11, "one of the changes is done");
    project.check(expect![[r#"
        pending Create group2
        pending Update listener port
        pending Update pool/members addresses
    "#]]);
    // What the run had done, and what it had not, and both were changed by hand since.
    project.set("endpoint", "subnets", Value::text_set(["subnet-9"]));
    project.set("listener", "port", 99);
    project.check(expect![[r#"
        changed endpoint subnets: ["subnet-2"] → ["subnet-9"]
        changed listener port: 90 → 99 (pending port)
        pending Create group2
        follows pool/members from endpoint
    "#]]);
}

#[test]
fn what_a_killed_repair_has_not_put_back_is_drift_as_before() {
    let mut project = Project::applied();
    // An attribute that was applied, and one that no run ever gave it.
    project.set("listener", "port", 81);
    project.set("?/definition/api-6", "policy", "Allow");
    let drift = expect![[r#"
        changed api/definition policy: none → "Allow"
        changed listener port: 80 → 81
    "#]];
    drift.assert_eq(&told(&project.drift()));
    project.apply(0);
    drift.assert_eq(&told(&project.drift()));
}

/// What a hand sets: the object's own address, the one that is told, the attribute, the value.
type Hand = (&'static str, &'static str, &'static str, Value);

#[test]
fn whenever_a_hand_changes_something_it_is_drift_until_a_run_has_set_it() {
    let hands: [Hand; 5] = [
        ("listener", "listener", "port", 81.into()),
        ("balancer", "balancer", "groups", Value::text_set(["group-9"])),
        ("?/definition/api-6", "api/definition", "policy", "Allow".into()),
        ("endpoint", "endpoint", "subnets", Value::text_set(["subnet-9"])),
        ("group", "group", "name", "mine".into()),
    ];
    let listener = [("balancer", id("balancer")), ("port", 90.into()), ("pool", id("pool"))];
    let moved = with(with(chain(), resource("listener", &LISTENER, listener)), endpoint("subnet-2"));
    let moved = with(moved, resource("group2", &GROUP, [("name", "two".into())]));
    let narrow = || Options { targets: vec![Address::new("listener"), Address::new("api")], ..Options::default() };
    for spec in [chain(), moved] {
        for options in [Options::default(), narrow()] {
            for before in hands.iter().map(Some).chain([None]) {
                for after in hands.iter().map(Some).chain([None]) {
                    for steps in [0, 1, 3] {
                        lived(&spec, options.clone(), before, after, steps);
                    }
                }
            }
        }
    }
}

/// Applied, changed by hand, applied in part, changed by hand again: what is told is what no run has set since.
fn lived(spec: &Desired, options: Options, before: Option<&Hand>, after: Option<&Hand>, steps: usize) {
    let mut project = Project::applied();
    let told_of = |hand: &Hand| (hand.1.to_owned(), hand.2.to_owned());
    let mut expected = std::collections::BTreeSet::new();
    if let Some(hand) = before {
        project.set(hand.0, hand.2, hand.3.clone());
        expected.insert(told_of(hand));
    }
    project.desired = spec.clone();
    project.apply_with(steps, options);
    if let Some(hand) = before
        && project.world.object(hand.0).attrs.get(hand.2) != Some(&hand.3)
    {
        expected.clear();
    }
    if let Some(hand) = after {
        project.set(hand.0, hand.2, hand.3.clone());
        expected.insert(told_of(hand));
    }
    let found = project.drift();
    let keys = |it: &crate::Drifted| -> Vec<(String, String)> {
        it.attributes.iter().map(|attribute| (it.address.to_string(), attribute.key.clone())).collect()
    };
    let drifted: std::collections::BTreeSet<_> = found.found.iter().flat_map(keys).collect();
    assert_eq!(drifted, expected, "{before:?}, {steps} steps, {after:?}: {}", told(&found));
}

#[test]
fn what_a_killed_run_was_still_waiting_for_is_pending() {
    let mut project = Project::of(chain());
    project.apply(usize::MAX);
    let (plan, whole) = project.runs.pop().unwrap();
    let link = plan.steps.iter().find(|step| step.address == Address::new("link")).unwrap().id;
    let mut history = History::default();
    history.record(&Record::Begun(whole.begun().unwrap().clone())).unwrap();
    for (id, ways) in whole.steps() {
        let object = ways.forward.object().unwrap().clone();
        let intent = StepRecord::Intent { token: String::new(), id: String::new(), before: Attrs::new() };
        for event in [intent, StepRecord::Answered(object), StepRecord::Settled(Attrs::new())] {
            if id != link || !matches!(event, StepRecord::Settled(_)) {
                history.record(&Record::Step { step: id, way: Way::Forward, event }).unwrap();
            }
        }
    }
    project.runs.push((plan, history));
    project.world.object("link").status = Status::Pending("PENDING".to_owned());
    project.check(expect![[r#"
        pending Wait link
    "#]]);
}

#[test]
fn a_run_that_was_rolled_back_counts_for_nothing() {
    let mut project = Project::applied();
    let listener = [("balancer", id("balancer")), ("port", 90.into()), ("pool", id("pool"))];
    project.desired = with(project.desired, resource("listener", &LISTENER, listener));
    let before = project.world.clone();
    project.apply(0);
    let history = &mut project.runs.last_mut().unwrap().1;
    history.record(&Record::Unwinding(Unwinding { why: Why::Failed, failed: Vec::new() })).unwrap();
    history.record(&Record::Ended { end: End::RolledBack, at: 2 }).unwrap();
    project.world = before;
    project.check(expect![[r#"
        pending Update listener port
    "#]]);
    project.set("listener", "port", 81);
    project.check(expect![[r#"
        changed listener port: 90 → 81 (pending port)
    "#]]);
    assert_eq!(project.drift().runs, 2);
}

#[test]
fn a_step_that_was_taken_back_was_not_applied() {
    let mut project = Project::applied();
    let listener = [("balancer", id("balancer")), ("port", 90.into()), ("pool", id("pool"))];
    project.desired = with(project.desired, resource("listener", &LISTENER, listener));
    project.apply(usize::MAX);
    let (plan, whole) = project.runs.pop().unwrap();
    let step = plan.steps[0].id;
    let mut history = History::default();
    history.record(&Record::Begun(whole.begun().unwrap().clone())).unwrap();
    let object = whole.step(step).forward.object().unwrap().clone();
    let intent = StepRecord::Intent { token: String::new(), id: String::new(), before: Attrs::new() };
    let events = [intent, StepRecord::Answered(object), StepRecord::Settled(Attrs::new())];
    for way in [Way::Forward, Way::Back] {
        for event in events.clone() {
            history.record(&Record::Step { step, way, event }).unwrap();
        }
        if way == Way::Forward {
            history.record(&Record::Unwinding(Unwinding { why: Why::Failed, failed: Vec::new() })).unwrap();
        }
    }
    // Something else could not be taken back.
    history.record(&Record::Ended { end: End::Stuck, at: 2 }).unwrap();
    project.runs.push((plan, history));
    project.set("listener", "port", 80);
    project.check(expect![[r#"
        pending Update listener port
    "#]]);
}

#[test]
fn a_destroyed_project_is_pending_and_not_missing() {
    let mut project = Project::applied();
    let wanted = std::mem::take(&mut project.desired);
    project.apply_with(usize::MAX, Options { destroy: true, ..Options::default() });
    project.desired = wanted;
    let found = project.drift();
    assert_eq!((found.found.len(), found.pending.len(), found.runs), (0, 13, 1), "{}", told(&found));
}

#[test]
fn without_a_run_on_record_all_that_differs_is_drift() {
    let mut project = Project::applied();
    project.runs.clear();
    project.desired = with(project.desired, endpoint("subnet-2"));
    project.delete("listener");
    project.check(expect![[r#"
        changed endpoint subnets: ["subnet-2"] → ["subnet-1"]
        missing listener balancer: "balancer-2" → none pool: "pool-9" → none port: 80 → none
        follows pool/members from endpoint
    "#]]);
}

#[test]
fn older_runs_are_read_until_all_is_known() {
    let mut project = Project::applied();
    let only = |address: &str| Options { targets: vec![Address::new(address)], ..Options::default() };
    for note in ["one", "two", "three"] {
        let group = [("name", "pl".into()), ("vpc", "vpc-1".into()), ("note", note.into())];
        project.desired = with(project.desired.clone(), resource("group", &GROUP, group));
        project.apply_with(usize::MAX, only("group"));
    }
    project.set("group", "note", "mine");
    assert_eq!(project.drift().runs, 1);
    // The runs since then left the listener out, though it was as asked for.
    project.delete("listener");
    let found = project.drift();
    assert_eq!(found.runs, 4);
    expect![[r#"
        changed group note: "three" → "mine"
        missing listener balancer: "balancer-2" → none pool: "pool-9" → none port: 80 → none
    "#]]
    .assert_eq(&told(&found));
}

#[test]
fn half_of_an_additive_change_counts() {
    let mut project = Project::of(chain());
    let members = |address: &str| {
        let attrs = [("pool", id("pool")), ("addresses", set([address.into()]))];
        resource("pool/members", &MEMBERS, attrs)
    };
    project.desired = with(project.desired, members("10.0.0.1"));
    project.apply(usize::MAX);
    project.desired = with(project.desired, members("10.0.0.2"));
    project.apply(1);
    project.check(expect![[r#"
        pending Update pool/members addresses
    "#]]);
    project.set("?/members/pool-9", "addresses", Value::text_set(["10.0.0.1"]));
    project.check(expect![[r#"
        changed pool/members addresses: ["10.0.0.2"] → ["10.0.0.1"] (pending addresses)
    "#]]);
}
