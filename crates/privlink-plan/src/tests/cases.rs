//! Cases of order, choice and estimate: a spec, a world, and the outline of the plan between them.

use expect_test::expect;
use privlink_model::{Action, Address, Desired, Reason, Snapshot, Value};

use super::chain::{applied, chain, check, deployment, endpoint, with, without};
use super::toy::{
    BALANCER, DEFINITION, FIRST, GROUP, LISTENER, MEMBERS, POOL, id, planned, planned_with, resource, set, spec,
};
use super::world::World;
use crate::{CODES, Options, outline};

#[test]
fn from_nothing() {
    check(
        &chain(),
        &Snapshot::default(),
        expect![[r#"
            1 + group group here CreateGroup
            4 + service service here CreateService
            6 + api api here CreateApi
            9 + pool pool here CreatePool
            ---
            2 + balancer balancer here CreateBalancer [1]
            5 + endpoint endpoint here CreateEndpoint [4]
            ---
            3 + link link here CreateLink [2]
            11 + balancer/enforcement enforcement here SetEnforcement [2]
            12 + listener listener here CreateListener [2 9]
            13 + pool/members members here Register [5 9]
            ---
            7 + api/definition definition here PutApi [3 6]
            ---
            8 + api/deployment deployment here CreateDeployment [7]
            ---
            10 + api/stage stage here CreateStage [8]
        "#]],
    );
}

#[test]
fn nothing_to_do() {
    check(
        &chain(),
        &applied(&chain()).snapshot(),
        expect![[r#"
        no steps
    "#]],
    );
}

#[test]
fn destroy() {
    let world = applied(&chain());
    let options = Options { destroy: true, ..Options::default() };
    let plan = planned_with(&Desired::default(), &world.snapshot(), options);
    expect![[r#"
        1 - api api here DeleteApi (undo loses its id)
        ---
        2 - link link here DeleteLink [1] (undo loses its id)
        ---
        3 - balancer balancer here DeleteBalancer [2] (undo loses its ARN and DNS name)
        ---
        4 - pool pool here DeletePool [3]
        5 - group group here DeleteGroup [3]
        ---
        6 - endpoint endpoint here DeleteEndpoint [4] (undo loses its id and addresses)
        ---
        7 - service service here DeleteService [6] (undo loses its name)
          - ?/definition/api-6 definition: is deleted with api
          - ?/deployment/deployment-8 deployment: is deleted with api
          - ?/enforcement/balancer-2 enforcement: is deleted with balancer
          - ?/members/pool-9 members: is deleted with pool
          - api/stage stage: is deleted with api
          - listener listener: is deleted with balancer
    "#]]
    .assert_eq(&outline(&plan).replace("111111111111/us-east-1", "here"));
    assert!(plan.changes.changes.iter().any(|change| change.reason == Reason::Destroy));
}

#[test]
fn a_link_is_deleted_after_the_stage_runs_a_deployment_without_it() {
    let world = applied(&chain());
    let definition = resource(
        "api/definition",
        &DEFINITION,
        [("api", id("api")), ("paths", Value::map([("/", "mock")].map(|(path, text)| (path, Value::from(text)))))],
    );
    let desired = with(with(without(chain(), &["link"]), definition), deployment(&[]));
    check(
        &desired,
        &world.snapshot(),
        expect![[r#"
            1 ~ api/definition definition here PutApi set paths
                paths: {"/": "link-3"} → {"/": "mock"}
            ---
            2 + api/deployment deployment here CreateDeployment [1]
            ---
            3 ~ api/stage stage here UpdateStage set deployment [2]
                deployment: "deployment-8" → (id of api/deployment)
            ---
            4 - link link here DeleteLink [3] (undo loses its id)
            note[privlink::plan::loses]: deleting the VPC link of link loses its id
        "#]],
    );
}

#[test]
fn what_goes_goes_after_what_takes_its_place() {
    let world = applied(&chain());
    let pool = id("pool");
    let other = resource("other", &LISTENER, [("balancer", id("balancer")), ("port", 81.into()), ("pool", pool)]);
    check(
        &with(without(chain(), &["listener"]), other),
        &world.snapshot(),
        expect![[r#"
            1 + other listener here CreateListener
            ---
            2 - listener listener here DeleteListener [1]
        "#]],
    );
}

#[test]
fn replacing_a_balancer_switches_over_before_the_old_one_goes() {
    let world = applied(&chain());
    let balancer = resource("balancer", &BALANCER, [("name", "other".into()), ("groups", set([id("group")]))]);
    check(
        &with(chain(), balancer),
        &world.snapshot(),
        expect![[r#"
            1 + balancer balancer here CreateBalancer
            ---
            2 + link link here CreateLink [1]
            6 + balancer/enforcement enforcement here SetEnforcement [1]
            7 + listener listener here CreateListener [1]
            ---
            3 ~ api/definition definition here PutApi set paths [2]
                paths: {"/": "link-3"} → {"/": (id of link)}
            ---
            4 + api/deployment deployment here CreateDeployment [3]
            ---
            5 ~ api/stage stage here UpdateStage set deployment [4]
                deployment: "deployment-8" → (id of api/deployment)
            ---
            8 - link link here DeleteLink [5 6 7] (undo loses its id)
            ---
            9 - balancer balancer here DeleteBalancer [8] (undo loses its ARN and DNS name)
            note[privlink::plan::loses]: deleting the load balancer of balancer loses its ARN and DNS name
            note[privlink::plan::loses]: deleting the VPC link of link loses its id
        "#]],
    );
}

#[test]
fn replacing_a_pool_that_must_go_first() {
    let world = applied(&chain());
    let pool = resource("pool", &POOL, [("port", 81.into()), ("vpc", "vpc-1".into())]);
    check(
        &with(chain(), pool),
        &world.snapshot(),
        expect![[r#"
            1 - pool pool here DeletePool
            ---
            2 + pool pool here CreatePool [1]
            ---
            3 ~ listener listener here ModifyListener set pool [2]
                pool: "pool-9" → (id of pool)
            4 + pool/members members here Register [2]
            warning[privlink::plan::outage]: pool does not exist between its deletion and its creation
            warning[privlink::plan::outage]: pool/members does not exist between its deletion and its creation
        "#]],
    );
}

#[test]
fn a_computed_set_follows_an_update_and_is_added_before_it_is_removed() {
    let world = applied(&chain());
    check(
        &with(chain(), endpoint("subnet-2")),
        &world.snapshot(),
        expect![[r#"
            1 ~ endpoint endpoint here ModifyEndpoint set subnets
                subnets: ["subnet-1"] → ["subnet-2"]
            ---
            2 ~ pool/members members here Register add addresses [1]
                addresses: ["endpoint-5 over [\"subnet-1\"]"] → (addresses of endpoint)
            ---
            3 ~ pool/members members here Register remove addresses [2]
                addresses: ["endpoint-5 over [\"subnet-1\"]"] → (addresses of endpoint)
        "#]],
    );
}

#[test]
fn only_the_needed_half_of_an_additive_change() {
    let members = |addresses: Value| {
        spec([
            resource("pool", &POOL, [("port", 80.into())]),
            resource("pool/members", &MEMBERS, [("pool", id("pool")), ("addresses", addresses)]),
        ])
    };
    let world = applied(&members(set(["10.0.0.1".into()])));
    let more = members(set(["10.0.0.1".into(), "10.0.0.2".into()]));
    check(
        &more,
        &world.snapshot(),
        expect![[r#"
            1 ~ pool/members members here Register add addresses
                addresses: ["10.0.0.1"] → ["10.0.0.1", "10.0.0.2"]
        "#]],
    );
}

#[test]
fn circles_missing_references_and_unknown_kinds() {
    let mut strange = resource("strange", &FIRST, [("version", 1.into())]);
    strange.kind = "strange";
    let desired = spec([
        resource("a", &FIRST, [("version", 1.into()), ("base", id("b"))]),
        resource("b", &FIRST, [("version", 1.into()), ("base", id("a"))]),
        resource("c", &FIRST, [("version", 1.into()), ("base", id("b"))]),
        resource("d", &FIRST, [("version", 1.into()), ("base", id("nowhere"))]),
        resource("e", &FIRST, [("version", 1.into()), ("base", id("strange"))]),
        strange,
    ]);
    check(
        &desired,
        &Snapshot::default(),
        expect![[r#"
        no steps
          ? a first: is not known: waits for itself
          ? b first: is not known: waits for itself
          ? c first: is not known: waits for itself
          ? d first: is not known: d refers to nowhere, which is not there
          ? e first: is not known: e refers to strange, which is not there
        error[privlink::plan::missing-reference]: d refers to nowhere, which is not there
        error[privlink::plan::missing-reference]: e refers to strange, which is not there
        error[privlink::plan::unknown-kind]: strange is of the kind "strange", which is not known
        error[privlink::plan::cycle]: these wait for each other: a → b → a
    "#]],
    );
}

#[test]
fn targets_bring_what_they_need_and_excludes_take_what_needs_them() {
    let show = |options| {
        let plan = planned_with(&chain(), &Snapshot::default(), options);
        outline(&plan).replace("111111111111/us-east-1", "here")
    };
    let targets = Options { targets: vec![Address::new("link")], ..Options::default() };
    expect![[r#"
        1 + group group here CreateGroup
        ---
        2 + balancer balancer here CreateBalancer [1]
        ---
        3 + link link here CreateLink [2]
        note[privlink::plan::partial]: 10 changes are left out by --target or --exclude
    "#]]
    .assert_eq(&show(targets));
    let excludes = Options { excludes: vec![Address::new("balancer"), Address::new("endpoint")], ..Options::default() };
    expect![[r#"
        1 + group group here CreateGroup
        2 + service service here CreateService
        3 + api api here CreateApi
        4 + pool pool here CreatePool
        note[privlink::plan::partial]: 9 changes are left out by --target or --exclude
    "#]]
    .assert_eq(&show(excludes));
}

#[test]
fn no_narrowed_plan_leaves_a_definition_undeployed() {
    let world = applied(&chain());
    let mock = Value::map([("/", Value::from("mock"))]);
    let definition = resource("api/definition", &DEFINITION, [("api", id("api")), ("paths", mock)]);
    let groups = set([id("group"), "sg-own".into()]);
    let balancer = resource("balancer", &BALANCER, [("name", "pl".into()), ("groups", groups)]);
    let desired = with(with(with(chain(), definition), deployment(&[])), balancer);
    let show = |targets: &[&str], excludes: &[&str]| {
        let [targets, excludes] = [targets, excludes].map(|of| of.iter().copied().map(Address::new).collect());
        outline(&planned_with(&desired, &world.snapshot(), Options { targets, excludes, ..Options::default() }))
    };
    let whole = expect![[r#"
        1 ~ api/definition definition 111111111111/us-east-1 PutApi set paths
            paths: {"/": "link-3"} → {"/": "mock"}
        ---
        2 + api/deployment deployment 111111111111/us-east-1 CreateDeployment [1]
        ---
        3 ~ api/stage stage 111111111111/us-east-1 UpdateStage set deployment [2]
            deployment: "deployment-8" → (id of api/deployment)
        note[privlink::plan::partial]: 1 change is left out by --target or --exclude
    "#]];
    whole.assert_eq(&show(&["api/definition"], &[]));
    assert_eq!(show(&["api/definition"], &[]), show(&["api/stage"], &[]));
    assert_eq!(show(&["api/definition"], &[]), show(&[], &["balancer"]));
    for part in ["api/definition", "api/deployment", "api/stage"] {
        assert_eq!(show(&["balancer"], &[]), show(&[], &[part]), "without {part}");
    }
}

#[test]
fn a_target_that_names_nothing_is_an_error() {
    let options =
        Options { targets: vec![Address::new("lnik")], excludes: vec![Address::new("ap")], ..Options::default() };
    let plan = planned_with(&chain(), &Snapshot::default(), options);
    expect![[r#"
        no steps
        error[privlink::plan::no-such-address]: lnik is no address of this project
        error[privlink::plan::no-such-address]: ap is no address of this project
        note[privlink::plan::partial]: 13 changes are left out by --target or --exclude
    "#]]
    .assert_eq(&outline(&plan));
}

#[test]
fn a_targeted_plan_works_by_itself() {
    let mut world = World::default();
    let options = Options { targets: vec![Address::new("api")], ..Options::default() };
    world.apply(&planned_with(&chain(), &world.snapshot(), options), &mut |_| 0, usize::MAX);
    world.apply(&planned(&chain(), &world.snapshot()), &mut |_| 0, usize::MAX);
    assert!(planned(&chain(), &world.snapshot()).changes.is_empty());
}

#[test]
fn quotas_and_waits_make_the_estimate() {
    let plan = planned(&chain(), &Snapshot::default());
    let (time, bottleneck) = plan.eta.unwrap();
    expect!["318s (create load balancer, then VPC link)"].assert_eq(&format!("{}s ({bottleneck})", time.as_secs()));
    // A bucket of four, refilled every two seconds: the last of ten waits for twelve.
    let many = Desired {
        resources: (0..10)
            .map(|number| resource(&format!("group/{number}"), &GROUP, [("name", "pl".into())]))
            .map(|resource| (resource.address.clone(), resource))
            .collect(),
    };
    let (time, bottleneck) = planned(&many, &Snapshot::default()).eta.unwrap();
    expect!["13s (create 7 security groups)"].assert_eq(&format!("{}s ({bottleneck})", time.as_secs()));
}

#[test]
fn user_tags_and_ours_are_written_at_creation() {
    let mut group = resource("group", &GROUP, [("name", "pl".into())]);
    group.tags.insert("team".to_owned(), "platform".to_owned());
    group.tags.insert("privlink:project".to_owned(), "someone else's".to_owned());
    let plan = planned(&spec([group]), &Snapshot::default());
    let [step] = plan.steps.as_slice() else { panic!("one step") };
    let privlink_model::Op::Create { tags, .. } = &step.op else { panic!("a creation") };
    let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(tags, ["privlink:address=group", "privlink:project=toys", "team=platform"]);
}

#[test]
fn the_id_and_the_tokens_follow_the_inputs() {
    let world = applied(&chain());
    let plan = planned(&Desired::default(), &world.snapshot());
    let mut tokens: Vec<&str> = plan.steps.iter().map(|step| step.token.as_str()).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), plan.steps.len());
    let other = planned(&Desired::default(), &world.snapshot_without("group"));
    assert_ne!(plan.id, other.id);
}

#[test]
fn every_code_is_explained() {
    for (code, summary, explanation) in CODES {
        assert!(code.starts_with("privlink::plan::") || code.starts_with("privlink::guard::"), "{code}");
        assert!(!summary.ends_with('.') && explanation.ends_with('.'), "{code}");
    }
    let plan = planned(&chain(), &Snapshot::default());
    assert_eq!(plan.changes.count(Action::Create), plan.changes.changes.len());
}
