//! The way back of small plans, step by step.

use privlink_engine::way_back;
use privlink_model::{
    Address, Attrs, Begun, History, Object, Op, Phase, Plan, Record, Step, StepRecord, Undo, UndoOp, Value, Way,
};

use crate::toy::plan::{self as toy, StepExt as _, attrs};
use crate::toy::{create, update};
use crate::world::kinds::KINDS;
use crate::world::plan_of;
use crate::world::scene::{Drawn, api_that_goes, gate_under_an_api, group_with_a_rule};

fn told(step: &Step) -> String {
    let what = match &step.op {
        Op::Create { .. } => "create",
        Op::Update { .. } => "update",
        Op::Delete { .. } => "delete",
        Op::Wait { .. } => "wait for",
    };
    format!("{what} {}", step.address)
}

/// The history of a run whose steps are all done, but for those in doubt.
fn history(plan: &Plan, doubtful: &[&str]) -> History {
    let mut history = History::default();
    let begun = Begun { steps: u32::try_from(plan.steps.len()).unwrap(), ..Begun::default() };
    history.record(&Record::Begun(begun)).unwrap();
    for step in &plan.steps {
        let id = match &step.op {
            Op::Create { .. } => format!("{}-{:07}", step.kind, 100 + step.id.0),
            Op::Update { id, .. } | Op::Delete { id, .. } | Op::Wait { id, .. } => id.clone(),
        };
        let intent = StepRecord::Intent { token: step.token.clone(), id: id.clone(), before: Attrs::new() };
        let answered = StepRecord::Answered(Object { id, attrs: Attrs::new() });
        let mut events = vec![intent, answered, StepRecord::Settled(Attrs::new())];
        if doubtful.contains(&told(step).as_str()) {
            events.truncate(1);
        }
        for event in events {
            history.record(&Record::Step { step: step.id, way: Way::Forward, event }).unwrap();
        }
    }
    history
}

/// The way back, each step with those right before it.
fn back(drawn: &Drawn, doubtful: &[&str]) -> Vec<String> {
    let (plan, _) = plan_of(drawn);
    let steps = way_back(&plan, &KINDS, &history(&plan, doubtful));
    for (at, step) in steps.iter().enumerate() {
        let before = &steps[..at];
        assert!(step.needs.iter().all(|need| before.iter().any(|step| step.id == *need)), "{step:#?}");
    }
    steps.iter().map(told).collect()
}

/// Asserts that these are steps of the way, in this order.
fn check(way: &[String], order: &[&str]) {
    let places: Vec<Option<usize>> = order.iter().map(|told| way.iter().position(|step| step == told)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{order:?} in {way:#?}");
}

#[test]
fn a_snapshot_that_names_what_is_gone_is_made_again_before_anything_points_to_it() {
    let way = back(&gate_under_an_api(), &[]);
    let order = [
        "create gate/0",
        "update api/1/definition",
        "create api/1/snapshot",
        "update api/1/pointer",
        "delete api/1/snapshot",
    ];
    check(&way, &order);
    check(&way, &["update api/1/definition", "delete gate/0"]);
    assert_eq!(way.len(), 6);
}

#[test]
fn what_went_along_is_brought_back_in_order() {
    let order = ["create api/0", "create api/0/definition", "create api/0/snapshot", "create api/0/pointer"];
    assert_eq!(back(&api_that_goes(), &[]), order);
}

#[test]
fn what_went_along_with_something_replaced_is_brought_back_too() {
    let way = back(&group_with_a_rule(), &[]);
    check(&way, &["create group/0", "create rule/1"]);
    check(&way, &["delete rule/1", "delete group/0"]);
    assert_eq!(way.iter().filter(|told| told.ends_with("rule/1")).count(), 2);
}

#[test]
fn nothing_is_done_about_what_is_in_doubt_nor_about_what_it_rests_on() {
    let way = back(&group_with_a_rule(), &["create rule/1"]);
    assert!(!way.contains(&"delete rule/1".to_owned()), "{way:?}");
    assert!(!way.contains(&"delete group/0".to_owned()), "the rule may be in it: {way:?}");
    assert!(way.contains(&"delete gate/2".to_owned()), "{way:?}");
}

#[test]
fn the_numbers_of_what_is_brought_back_do_not_depend_on_what_else_is() {
    let drawn = Drawn::of(&[api_that_goes(), group_with_a_rule()]);
    let (plan, _) = plan_of(&drawn);
    let number = |doubtful: &[&str]| {
        let steps = way_back(&plan, &KINDS, &history(&plan, doubtful));
        let rule = steps.iter().find(|step| told(step) == "create rule/2");
        rule.map(|step| step.id)
    };
    assert_eq!(number(&["delete api/0"]), number(&[]));
    assert!(number(&[]).is_some());
}

#[test]
fn what_was_changed_with_values_that_came_late_is_taken_back_half_by_half() {
    let (old, new, both) = (["x"], ["y"], ["x", "y"]);
    let peers = |peers: &[&str]| attrs(&[("peers", Value::text_set(peers.iter().copied()))]);
    let half = |id: u32, half: Phase| {
        let mut step = update(id, "group", peers(&old), Attrs::new(), &["peers"]);
        step.undo = Undo::Exact(UndoOp::Restore);
        if let Op::Update { phase, after, .. } = &mut step.op {
            *phase = Some(half);
            after.insert("peers", Value::of(&Address::new("a"), "late"));
        }
        step
    };
    let plan = toy::plan(vec![create(1, "a"), half(2, Phase::Add).needs([1]), half(3, Phase::Remove).needs([2])]);
    let mut history = History::default();
    history.record(&Record::Begun(Begun { steps: 3, ..Begun::default() })).unwrap();
    // Nothing but the calls themselves tells what was wanted.
    for (step, left) in plan.steps.iter().zip([Attrs::new(), peers(&both), peers(&new)]) {
        let intent = StepRecord::Intent { token: step.token.clone(), id: String::new(), before: Attrs::new() };
        let answered = StepRecord::Answered(Object { id: step.address.to_string(), attrs: left.clone() });
        for event in [intent, answered, StepRecord::Settled(left)] {
            history.record(&Record::Step { step: step.id, way: Way::Forward, event }).unwrap();
        }
    }
    let steps = way_back(&plan, &toy::KINDS, &history);
    let changes = steps.iter().filter_map(|step| match &step.op {
        Op::Update { before, after, .. } => {
            Some((step.id.0, before.get("peers").cloned(), after.get("peers").cloned()))
        }
        _ => None,
    });
    let set = |texts: &[&str]| Some(Value::text_set(texts.iter().copied()));
    assert_eq!(changes.collect::<Vec<_>>(), [(3, set(&new), set(&both)), (2, set(&both), set(&old))]);
}

#[test]
fn nothing_done_is_nothing_to_take_back() {
    let (plan, _) = plan_of(&gate_under_an_api());
    assert_eq!(way_back(&plan, &KINDS, &History::default()), []);
}
