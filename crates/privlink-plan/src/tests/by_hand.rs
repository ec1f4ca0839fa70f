//! What somebody did by hand to what is ours: made again what was deleted, rejected what was accepted.

use std::collections::BTreeMap;

use privlink_model::{Action, Address, Desired, Observed, Op, Owner, Plan, Reason, Status, Step, Value};

use super::toy::{BALANCER, CONNECTION, ENDPOINT, KEYED, SERVICE, id, planned, resource, set, spec};
use super::world::World;

fn connected() -> Desired {
    let service = resource("service", &SERVICE, [("balancers", set(["balancer-1".into()]))]);
    let endpoint = resource("endpoint", &ENDPOINT, [("service", id("service"))]);
    let connection = resource("connection", &CONNECTION, [("service", id("service")), ("endpoint", id("endpoint"))]);
    spec([service, endpoint, connection])
}

fn applied(desired: &Desired) -> World {
    let mut world = World::default();
    let plan = planned(desired, &world.snapshot());
    world.apply(&plan, &mut |_| 0, usize::MAX);
    world
}

fn done(plan: &Plan) -> Vec<(&str, Action)> {
    let changes = plan.changes.changes.iter().filter(|change| change.action != Action::NoOp);
    changes.map(|change| (change.address.as_str(), change.action)).collect()
}

fn fails(world: &mut World) {
    world.object("endpoint").status = Status::Failed("rejected".to_owned());
}

#[test]
fn a_rejected_connection_is_accepted_again_and_its_endpoint_stays() {
    let desired = connected();
    let mut world = applied(&desired);
    fails(&mut world);
    let connection = world.objects.iter_mut().find(|object| object.kind == "connection").unwrap();
    connection.attrs.insert("state", Value::from("rejected"));
    let plan = planned(&desired, &world.snapshot());
    assert_eq!(done(&plan), [("connection", Action::Update)]);
    let change = plan.changes.changes.iter().find(|change| change.action == Action::Update).unwrap();
    assert_eq!((&change.reason, change.attributes.len()), (&Reason::Differs, 1));
    assert_eq!((change.attributes[0].before.clone(), &change.attributes[0].after), (Some("rejected".into()), &None));
}

#[test]
fn an_endpoint_that_failed_for_reasons_of_its_own_is_replaced() {
    let desired = connected();
    let mut world = applied(&desired);
    fails(&mut world);
    let plan = planned(&desired, &world.snapshot());
    assert!(done(&plan).contains(&("endpoint", Action::ReplaceCreateFirst)), "{:?}", done(&plan));
}

#[test]
fn what_takes_a_call_of_its_own_is_a_step_of_its_own() {
    let balancer = |zone: &str, group: &str| {
        let attrs = [("name", "b".into()), ("zones", set([zone.into()])), ("groups", set([group.into()]))];
        spec([resource("balancer", &BALANCER, attrs)])
    };
    let world = applied(&balancer("a", "one"));
    let changed = |desired: &Desired| {
        let plan = planned(desired, &world.snapshot());
        let changed = |step: &Step| match &step.op {
            Op::Update { changed, .. } => changed.join(" "),
            other => panic!("{other:?}"),
        };
        plan.steps.iter().map(changed).collect::<Vec<_>>()
    };
    assert_eq!(changed(&balancer("b", "two")), ["groups", "zones"]);
    assert_eq!(changed(&balancer("b", "one")), ["zones"]);
}

fn by_hand(name: &str, tags: &[(&str, &str)]) -> Observed {
    let mut world =
        applied(&spec([resource("whole/keyed/made", &KEYED, [("name", name.into()), ("shape", "round".into())])]));
    let mut object = world.objects.remove(0);
    object.tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>();
    object
}

#[test]
fn what_was_made_again_by_hand_is_known_by_its_key() {
    let desired = spec([resource("door", &KEYED, [("name", "front".into()), ("shape", "round".into())])]);
    let mut world = World::default();
    world.objects.push(by_hand("front", &[]));
    assert_eq!(done(&planned(&desired, &world.snapshot())), []);
    // Under another key it is something else, and so is what carries an address of its own.
    world.objects = vec![by_hand("back", &[])];
    let two = [("door", Action::Create), ("whole/keyed/made", Action::Delete)];
    assert_eq!(done(&planned(&desired, &world.snapshot())), two);
    world.objects = vec![by_hand("front", &[("privlink:address", "whole/keyed/made")])];
    assert_eq!(done(&planned(&desired, &world.snapshot())), two);
    // Where something carries the address, the other goes.
    world = applied(&desired);
    world.objects.push(Observed { id: "keyed-2".to_owned(), ..by_hand("front", &[]) });
    let owner = Owner::Ours(Address::new("whole/keyed/made"));
    assert!(world.objects.iter().any(|object| object.owner == owner));
    assert_eq!(done(&planned(&desired, &world.snapshot())), [("whole/keyed/made", Action::Delete)]);
}
