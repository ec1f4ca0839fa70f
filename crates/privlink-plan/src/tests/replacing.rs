//! Cases of replacement: what stands beside what it replaces, what cannot, and what a run that ended half-way leaves.

use expect_test::expect;
use privlink_model::{Action, Desired, Op, Resource, Status, Value};

use super::chain::{applied, chain, check, with};
use super::toy::{
    BALANCER, DEFINITION, ENDPOINT, FIRST, GATE, GROUP, KEYED, MEMBERS, POOL, id, planned, resource, set, spec,
};
use super::world::World;

/// The chain with a balancer and all that stands on it replaced.
fn replaced() -> Desired {
    let balancer = resource("balancer", &BALANCER, [("name", "other".into()), ("groups", set([id("group")]))]);
    with(chain(), balancer)
}

/// How many objects of a kind there are.
fn count(world: &World, kind: &str) -> usize {
    world.objects.iter().filter(|object| object.kind == kind).count()
}

#[test]
fn whatever_part_of_a_replacement_was_done_the_next_plan_finishes_it_and_makes_nothing_twice() {
    let before = applied(&chain());
    let whole = planned(&replaced(), &before.snapshot());
    let made = whole.steps.iter().filter(|step| matches!(step.op, Op::Create { .. })).count();
    assert!(made > 3 && whole.changes.count(Action::ReplaceCreateFirst) > 2, "not the case that is meant");
    for limit in 0..=whole.steps.len() {
        let mut world = before.clone();
        world.apply(&whole, &mut |_| 0, limit);
        let done = whole.steps.iter().take(limit).filter(|step| matches!(step.op, Op::Create { .. })).count();
        let rest = planned(&replaced(), &world.snapshot());
        let again = rest.steps.iter().filter(|step| matches!(step.op, Op::Create { .. })).count();
        assert_eq!(done + again, made, "after {limit} steps something is made twice, or not at all");
        world.apply(&rest, &mut |_| 0, usize::MAX);
        for kind in ["balancer", "link", "listener"] {
            assert_eq!(count(&world, kind), 1, "{kind} after {limit} steps");
        }
        let last = planned(&replaced(), &world.snapshot());
        assert!(last.steps.is_empty(), "after {limit} steps: {}", crate::outline(&last));
    }
}

#[test]
fn a_spec_that_moves_on_while_a_replacement_is_half_done_leaves_neither_of_the_two() {
    let named = |name: &str| spec([resource("balancer", &BALANCER, [("name", name.into())])]);
    let mut world = applied(&named("first"));
    world.apply(&planned(&named("second"), &world.snapshot()), &mut |_| 0, 1);
    check(
        &named("third"),
        &world.snapshot(),
        expect![[r#"
            1 + balancer balancer here CreateBalancer
            ---
            2 - balancer balancer here DeleteBalancer [1] (undo loses its ARN and DNS name)
            3 - balancer balancer here DeleteBalancer [1] (undo loses its ARN and DNS name)
            note[privlink::plan::loses]: deleting the load balancer of balancer loses its ARN and DNS name
            note[privlink::plan::loses]: deleting the load balancer of balancer loses its ARN and DNS name
        "#]],
    );
    world.apply(&planned(&named("third"), &world.snapshot()), &mut |_| 0, usize::MAX);
    assert_eq!(count(&world, "balancer"), 1);
    assert!(planned(&named("third"), &world.snapshot()).steps.is_empty());
}

#[test]
fn a_new_one_that_failed_goes_and_the_one_that_works_is_replaced() {
    let named = |name: &str| spec([resource("balancer", &BALANCER, [("name", name.into())])]);
    let mut world = applied(&named("first"));
    world.apply(&planned(&named("second"), &world.snapshot()), &mut |_| 0, 1);
    world.object("balancer").status = Status::Failed("an address is taken".to_owned());
    let plan = planned(&named("second"), &world.snapshot());
    let replaced = plan.changes.changes.iter().find(|change| change.action == Action::ReplaceCreateFirst).unwrap();
    assert_eq!(replaced.before.as_ref().unwrap().status, Status::Ready);
    world.apply(&plan, &mut |_| 0, usize::MAX);
    assert_eq!(count(&world, "balancer"), 1);
    assert!(planned(&named("second"), &world.snapshot()).steps.is_empty());
}

fn keyed(name: &str, shape: &str) -> Desired {
    spec([resource("keyed", &KEYED, [("name", name.into()), ("shape", shape.into())])])
}

#[test]
fn two_cannot_stand_under_one_key() {
    let mut world = applied(&keyed("a", "round"));
    check(
        &keyed("b", "flat"),
        &world.snapshot(),
        expect![[r#"
            1 + keyed keyed here Create
            ---
            2 - keyed keyed here Delete [1]
        "#]],
    );
    let away = "warning[privlink::plan::outage]: keyed does not exist between its deletion and its creation\n";
    let outline = |desired: &Desired, world: &World| {
        let plan = planned(desired, &world.snapshot());
        assert!(plan.steps[0].outage.is_some());
        crate::outline(&plan).replace("111111111111/us-east-1", "here")
    };
    let first = "1 - keyed keyed here Delete\n---\n2 + keyed keyed here Create [1]\n";
    assert_eq!(outline(&keyed("a", "flat"), &world), format!("{first}{away}"));
    // The name is taken by one that failed, too; nobody misses that.
    world.object("keyed").status = Status::Failed("broken".to_owned());
    let plan = planned(&keyed("a", "round"), &world.snapshot());
    assert_eq!(plan.changes.changes[0].action, Action::ReplaceDeleteFirst);
    assert!(plan.findings.is_empty() && plan.steps.iter().all(|step| step.outage.is_none()));
}

fn gate(place: &str, private: bool, doors: Value) -> Resource {
    resource("gate", &GATE, [("place", place.into()), ("private", private.into()), ("doors", doors)])
}

fn doors<const N: usize>(doors: [&str; N]) -> Value {
    set(doors.map(Value::from))
}

fn action(before: &Desired, after: &Desired) -> Action {
    let world = applied(before);
    let plan = planned(after, &world.snapshot());
    plan.changes.changes.iter().find(|change| change.address.as_str() == "gate").unwrap().action
}

#[test]
fn what_is_alone_where_it_is_gives_way_first() {
    let at = |place: &str, private: bool| spec([gate(place, private, doors(["a"]))]);
    assert_eq!(action(&at("here", true), &at("there", true)), Action::ReplaceCreateFirst);
    let mut failed = applied(&at("here", true));
    failed.object("gate").status = Status::Failed("broken".to_owned());
    let plan = |private: bool| planned(&at("here", private), &failed.snapshot()).changes.changes[0].action;
    assert_eq!((plan(true), plan(false)), (Action::ReplaceDeleteFirst, Action::ReplaceCreateFirst));
}

#[test]
fn a_set_that_grows_in_place_is_replaced_where_it_shrinks_unless_that_is_worse() {
    let with = |private: bool, open: Value| spec([gate("here", private, open)]);
    assert_eq!(action(&with(false, doors(["a"])), &with(false, doors(["a", "b"]))), Action::Update);
    assert_eq!(action(&with(false, doors(["a", "b"])), &with(false, doors(["b"]))), Action::ReplaceCreateFirst);
    assert_eq!(action(&with(false, doors(["a"])), &with(false, doors(["b"]))), Action::ReplaceCreateFirst);
    // It could not stand beside the old one.
    assert_eq!(action(&with(true, doors(["a", "b"])), &with(true, doors(["b"]))), Action::Update);
    // Others come in by it, and know it by its names.
    let entered = |open: Value| {
        let policy = Value::map([("from", set([id("gate")]))]);
        let definition = resource("api/definition", &DEFINITION, [("api", id("api")), ("policy", policy)]);
        super::chain::with(super::chain::with(chain(), gate("here", false, open)), definition)
    };
    assert_eq!(action(&entered(doors(["a", "b"])), &entered(doors(["b"]))), Action::Update);
}

#[test]
fn only_what_takes_something_away_interrupts() {
    let groups = |groups: Value| spec([resource("balancer", &BALANCER, [("name", "pl".into()), ("groups", groups)])]);
    let outages = |before: Value, after: Value| {
        let world = applied(&groups(before));
        let plan = planned(&groups(after), &world.snapshot());
        (plan.findings.len(), plan.steps[0].outage.clone())
    };
    assert_eq!(outages(doors(["a"]), doors(["a", "b"])), (0, None));
    let cut = Some("connections are cut".to_owned());
    assert_eq!(outages(doors(["a", "b"]), doors(["a"])), (1, cut.clone()));
    assert_eq!(outages(doors(["a"]), doors(["b"])), (1, cut));
}

#[test]
fn what_is_taken_away_goes_after_what_is_built_on_it_has_followed() {
    let desired = |size: i64, version: i64| {
        let mut user = resource("user", &FIRST, [("version", version.into()), ("uses", set([id("pool/members")]))]);
        user.attrs.insert("size", size.into());
        let addresses = set([if size == 1 { "10.0.0.1" } else { "10.0.0.2" }.into()]);
        spec([
            resource("group", &GROUP, [("name", "pl".into())]),
            resource("pool", &POOL, [("port", 80.into())]),
            resource("pool/members", &MEMBERS, [("pool", id("pool")), ("addresses", addresses)]),
            user,
        ])
    };
    let world = applied(&desired(1, 1));
    check(
        &desired(2, 1),
        &world.snapshot(),
        expect![[r#"
            1 ~ pool/members members here Register add addresses
                addresses: ["10.0.0.1"] → ["10.0.0.2"]
            ---
            2 ~ user first here Update set size [1]
                size: 1 → 2
            ---
            3 ~ pool/members members here Register remove addresses [2]
                addresses: ["10.0.0.1"] → ["10.0.0.2"]
        "#]],
    );
    // An endpoint whose addresses are targets is replaced: new ones in, old ones out, then it goes.
    let subnet = |service: &str| {
        let addresses = Value::of(&privlink_model::Address::new("endpoint"), "addresses");
        spec([
            resource("endpoint", &ENDPOINT, [("service", service.into()), ("subnets", doors(["a"]))]),
            resource("pool", &POOL, [("port", 80.into())]),
            resource("pool/members", &MEMBERS, [("pool", id("pool")), ("addresses", addresses)]),
        ])
    };
    let world = applied(&subnet("one"));
    let plan = planned(&subnet("two"), &world.snapshot());
    let calls: Vec<&str> = plan.steps.iter().map(|step| step.call.as_str()).collect();
    assert_eq!(calls, ["CreateEndpoint", "Register", "Register", "DeleteEndpoint"]);
}
