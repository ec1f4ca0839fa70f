//! Cases of guards: what is refused, what is counted, and what is nobody's business.

use std::collections::BTreeMap;

use privlink_model::{Address, Attrs, Desired, Finding, Observed, Owner, Plan, Snapshot, Status, Value};

use super::chain::{applied, chain, deployment, endpoint, with, without};
use super::toy::{CONNECTION, DEFINITION, FIRST, KINDS, LAST, here, id, planned, planned_with, resource, set, spec};
use super::world::World;
use crate::{CODES, Danger, Guard, Options, guard};

fn dangers(plan: &Plan, snapshot: &Snapshot, limits: Guard) -> Vec<Danger> {
    let found = guard(plan, &KINDS, snapshot, limits);
    for finding in &found {
        let danger = Danger::of(finding).unwrap();
        assert!(finding.help.as_ref().unwrap().contains(danger.flag()), "{finding:?}");
        assert!(CODES.iter().any(|(code, _, text)| *code == finding.code && text.contains(danger.flag())));
    }
    found.iter().filter_map(Danger::of).collect()
}

fn messages(plan: &Plan, snapshot: &Snapshot) -> Vec<String> {
    let findings: Vec<Finding> = guard(plan, &KINDS, snapshot, Guard::default());
    findings.into_iter().map(|finding| finding.message).collect()
}

/// This many of a kind that can be replaced beside itself, and of one that cannot.
fn many(first: u32, last: u32, version: i64, size: i64) -> Desired {
    let node =
        |kind, number| resource(&format!("{number}"), kind, [("version", version.into()), ("size", size.into())]);
    let all = (0..first).map(|it| node(&FIRST, it)).chain((first..first + last).map(|it| node(&LAST, it)));
    Desired { resources: all.map(|it| (it.address.clone(), it)).collect() }
}

fn limits(deletes: f64, updates: f64, minimum: usize) -> Guard {
    Guard { deletes, updates, minimum }
}

#[test]
fn more_than_the_share_of_deletions_is_refused() {
    let world = applied(&many(40, 0, 1, 1)).snapshot();
    let leaving = |count| planned(&many(count, 0, 1, 1), &world);
    assert_eq!(dangers(&leaving(27), &world, Guard::default()), [Danger::Deletes]);
    assert_eq!(
        messages(&leaving(27), &world),
        ["13 of the 40 objects of this project would be deleted: 32 %, and 30 % is the limit"]
    );
    // Exactly the share is allowed.
    assert_eq!(dangers(&leaving(28), &world, Guard::default()), []);
    assert_eq!(dangers(&leaving(28), &world, limits(29.9, 30.0, 10)), [Danger::Deletes]);
    assert_eq!(dangers(&leaving(28), &world, limits(0.0, 100.0, 13)), []);
    assert_eq!(dangers(&leaving(39), &world, limits(0.0, 100.0, 1)), [Danger::Deletes]);
    assert_eq!(dangers(&leaving(1), &world, limits(100.0, 100.0, 1)), []);
    // What is left out of a plan is not deleted by it.
    let chosen = Options { targets: vec![Address::new("39")], ..Options::default() };
    assert_eq!(dangers(&planned_with(&many(1, 0, 1, 1), &world, chosen), &world, Guard::default()), []);
}

#[test]
fn a_few_objects_are_no_share() {
    let world = applied(&many(12, 0, 1, 1)).snapshot();
    assert_eq!(dangers(&planned(&many(3, 0, 1, 1), &world), &world, Guard::default()), []);
    assert_eq!(dangers(&planned(&many(2, 0, 1, 1), &world), &world, Guard::default()), [Danger::Deletes]);
}

#[test]
fn a_replacement_is_an_update_where_the_new_one_comes_first_and_else_a_deletion() {
    let world = applied(&many(20, 20, 1, 1)).snapshot();
    let both = planned(&many(20, 20, 2, 1), &world);
    assert_eq!(dangers(&both, &world, Guard::default()), [Danger::Deletes, Danger::Updates]);
    let changed = planned(&many(20, 20, 1, 2), &world);
    assert_eq!(dangers(&changed, &world, Guard::default()), [Danger::Updates]);
    assert_eq!(dangers(&changed, &world, limits(0.0, 100.0, 10)), []);
    let first = applied(&many(20, 0, 1, 1)).snapshot();
    assert_eq!(dangers(&planned(&many(20, 0, 2, 1), &first), &first, Guard::default()), [Danger::Updates]);
    let last = applied(&many(0, 20, 1, 1)).snapshot();
    assert_eq!(dangers(&planned(&many(0, 20, 2, 1), &last), &last, Guard::default()), [Danger::Deletes]);
}

#[test]
fn a_new_deployment_beside_the_old_one_is_neither_a_deletion_nor_an_update() {
    let world = applied(&chain());
    let again = with(without(chain(), &["listener"]), deployment(&["link", "balancer"]));
    let plan = planned(&again, &world.snapshot());
    let said: Vec<String> =
        guard(&plan, &KINDS, &world.snapshot(), limits(0.0, 0.0, 1)).into_iter().map(|it| it.message).collect();
    // The listener goes; the stage is pointed to the new deployment.
    assert_eq!(
        said,
        [
            "1 of the 13 objects of this project would be deleted: 7 %, and 0 % is the limit",
            "1 of the 13 objects of this project would be changed: 7 %, and 0 % is the limit",
        ]
    );
}

#[test]
fn an_empty_spec_is_refused_and_a_destroy_is_not() {
    for count in [1, 40] {
        let world = applied(&many(count, 0, 1, 1)).snapshot();
        let empty = planned(&Desired::default(), &world);
        assert_eq!(dangers(&empty, &world, Guard::default()), [Danger::Empty]);
        let destroy = Options { destroy: true, ..Options::default() };
        assert_eq!(dangers(&planned_with(&Desired::default(), &world, destroy), &world, Guard::default()), []);
    }
    // Nothing is there to lose, and what is replaced whole by something else is a matter of shares.
    let nothing = Snapshot::default();
    assert_eq!(dangers(&planned(&Desired::default(), &nothing), &nothing, Guard::default()), []);
    let world = applied(&many(20, 0, 1, 1)).snapshot();
    let renamed = spec([resource("other", &FIRST, [("version", 1.into())])]);
    assert_eq!(dangers(&planned(&renamed, &world), &world, Guard::default()), [Danger::Deletes]);
}

/// The chain, and somebody connected to its service.
fn connected(users: &[(&str, &str)]) -> World {
    let mut world = applied(&chain());
    let service = world.object("service").id.clone();
    for (user, account) in users {
        let id = format!("{service}/{user}");
        let attrs: Attrs = [("id", id.as_str()), ("service", &service), ("endpoint", user), ("account", account)]
            .into_iter()
            .map(|(key, text)| (key.to_owned(), Value::from(text)))
            .collect();
        world.objects.push(Observed {
            kind: CONNECTION.name,
            scope: here(),
            id,
            owner: Owner::Nobody,
            status: Status::Ready,
            attrs,
            tags: BTreeMap::new(),
        });
    }
    world
}

#[test]
fn the_loss_of_what_others_are_connected_to_is_refused_even_by_a_destroy() {
    let mut world = connected(&[("vpce-them", "333333333333")]);
    let own = world.object("endpoint").id.clone();
    let destroy = Options { destroy: true, ..Options::default() };
    let plan = planned_with(&Desired::default(), &world.snapshot(), destroy.clone());
    assert_eq!(
        messages(&plan, &world.snapshot()),
        ["losing the endpoint service of service cuts off who is connected to it: vpce-them of account 333333333333"]
    );
    assert_eq!(dangers(&plan, &world.snapshot(), Guard::default()), [Danger::Consumers]);
    // Nothing happens to the service.
    let other = planned(&without(chain(), &["link"]), &world.snapshot());
    assert_eq!(dangers(&other, &world.snapshot(), Guard::default()), []);
    // The project's own endpoint is none.
    let world = connected(&[(&own, "111111111111")]);
    let plan = planned_with(&Desired::default(), &world.snapshot(), destroy);
    assert_eq!(dangers(&plan, &world.snapshot(), Guard::default()), []);
    // A service that is made anew beside the old one goes all the same in the end, under another name.
    let mut world = connected(&[
        ("vpce-1", "3"),
        ("vpce-2", "3"),
        ("vpce-3", "3"),
        ("vpce-4", "3"),
        ("vpce-5", "3"),
        ("vpce-6", "3"),
    ]);
    world.object("service").status = Status::Failed("broken".to_owned());
    let plan = planned(&chain(), &world.snapshot());
    let said = messages(&plan, &world.snapshot());
    assert!(said[0].ends_with("vpce-5 of account 3 and 1 more"), "{said:?}");
}

/// The chain with an API that is entered by the endpoint and names it in its policy.
fn entered() -> Desired {
    let policy = Value::map([("Condition", Value::map([("vpce", set([id("endpoint")]))]))]);
    let definition = resource(
        "api/definition",
        &DEFINITION,
        [("api", id("api")), ("paths", Value::map([("/", id("link"))])), ("policy", policy)],
    );
    with(chain(), definition)
}

#[test]
fn an_api_that_stays_keeps_a_way_to_it() {
    let world = applied(&entered()).snapshot();
    let destroy = |targets: &[&str]| {
        let targets = targets.iter().map(|it| Address::new(*it)).collect();
        let options = Options { destroy: true, targets, ..Options::default() };
        dangers(&planned_with(&Desired::default(), &world, options), &world, Guard::default())
    };
    // A chosen part takes along what must go before it, the API among it.
    assert_eq!(destroy(&["endpoint"]), []);
    assert_eq!(destroy(&[]), []);
    // Replaced with the new one first, there is always one.
    let moved = Value::of(&Address::new("service-2"), "service-name");
    let mut other = endpoint("subnet-1");
    other.attrs.insert("service", moved);
    let mut service = entered().resources[&Address::new("service")].clone();
    service.address = Address::new("service-2");
    let desired = with(with(entered(), service), other);
    let plan = planned(&desired, &world);
    assert!(plan.steps.iter().any(|step| step.address.as_str() == "endpoint"));
    assert_eq!(dangers(&plan, &world, Guard::default()), []);
    // The API names nothing any more, and what it named goes.
    let closed = without(
        with(chain(), chain().resources[&Address::new("api/definition")].clone()),
        &["endpoint", "pool/members"],
    );
    let said = messages(&planned(&closed, &world), &world);
    assert_eq!(said, ["api/definition stays, and the last way to it goes: endpoint-5"]);
}

#[test]
fn the_last_way_is_lost_where_its_replacement_comes_after_it() {
    let entry = |version: i64| resource("entry", &LAST, [("version", version.into())]);
    let definition = || {
        let policy = Value::map([("vpce", set([id("entry")]))]);
        resource("api/definition", &DEFINITION, [("api", id("api")), ("policy", policy)])
    };
    let desired = |version| with(with(chain(), entry(version)), definition());
    let world = applied(&desired(1)).snapshot();
    assert_eq!(dangers(&planned(&desired(1), &world), &world, Guard::default()), []);
    assert_eq!(dangers(&planned(&desired(2), &world), &world, Guard::default()), [Danger::LastEntry]);
}
