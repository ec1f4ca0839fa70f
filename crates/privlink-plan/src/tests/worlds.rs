//! Cases of what is found in the world: foreign, failed, half done, on its way out, put there by hand, or not read.

use expect_test::expect;
use privlink_model::{Desired, Observed, Owner, Scope, Status};

use super::chain::{applied, chain, check, with, without};
use super::toy::{BALANCER, FIRST, GROUP, LAST, MEMBERS, POOL, id, planned, resource, set, spec};

#[test]
fn what_was_put_there_by_hand() {
    let mut world = applied(&chain());
    world.object("group").attrs.insert("note", "hand-written".into());
    world.object("group").attrs.insert("rules", set(["0.0.0.0/0".into()]));
    // A plain attribute the spec leaves out is AWS's to choose, a set is not.
    check(
        &chain(),
        &world.snapshot(),
        expect![[r#"
            1 ~ group group here ModifyGroup set rules
                rules: ["0.0.0.0/0"] → none
        "#]],
    );
}

#[test]
fn failed_and_unfinished_objects() {
    let mut world = applied(&chain());
    world.object("link").status = Status::Failed("no such balancer".to_owned());
    world.object("endpoint").status = Status::Pending("pending".to_owned());
    check(
        &chain(),
        &world.snapshot(),
        expect![[r#"
            1 + link link here CreateLink
            2 . endpoint endpoint here wait
            ---
            3 ~ api/definition definition here PutApi set paths [1]
                paths: {"/": "link-3"} → {"/": (id of link)}
            ---
            4 + api/deployment deployment here CreateDeployment [3]
            ---
            5 ~ api/stage stage here UpdateStage set deployment [4]
                deployment: "deployment-8" → (id of api/deployment)
            ---
            6 - link link here DeleteLink [2 5] (undo loses its id)
            note[privlink::plan::loses]: deleting the VPC link of link loses its id
        "#]],
    );
}

#[test]
fn an_object_on_its_way_out_is_absent() {
    let mut world = applied(&chain());
    world.object("api/stage").status = Status::Deleting;
    check(
        &chain(),
        &world.snapshot(),
        expect![[r#"
            1 + api/stage stage here CreateStage
        "#]],
    );
}

#[test]
fn a_value_that_is_not_there_yet_is_waited_for() {
    let mut world = applied(&chain());
    world.object("endpoint").attrs.remove("addresses");
    world.objects.retain(|object| object.kind != "members");
    check(
        &chain(),
        &world.snapshot(),
        expect![[r#"
            1 . endpoint endpoint here wait
            ---
            2 + pool/members members here Register [1]
        "#]],
    );
}

#[test]
fn an_unread_listing_blocks_both_directions_and_says_so_once() {
    let world = applied(&chain());
    let balancer = resource("balancer", &BALANCER, [("name", "other".into()), ("groups", set([id("group")]))]);
    let desired = without(with(chain(), balancer), &["api/stage"]);
    check(
        &desired,
        &world.snapshot_without("listener"),
        expect![[r#"
            no steps
              ? api/definition definition: is not known: rests on link, which is not known
              ? api/deployment deployment: is not known: rests on link, which is not known
              ? api/stage stage: is not known: toy:List listener failed in here, where something may still use it
              ? balancer balancer: is not known: toy:List listener failed in here, where something may still use it
              ? balancer/enforcement enforcement: is not known: toy:List listener failed in here, where something may still use it
              ? link link: is not known: toy:List listener failed in here, where something may still use it
              ? listener listener: is not known: toy:List listener: access denied
            unknown[privlink::aws::denied]: toy:List listener failed in here: access denied
        "#]],
    );
}

#[test]
fn two_objects_with_one_address_are_both_left_alone() {
    let mut world = applied(&chain());
    let mut twin = world.object("group").clone();
    twin.id = "group-99".to_owned();
    twin.attrs.insert("id", "group-99".into());
    world.objects.push(twin);
    check(
        &chain(),
        &world.snapshot(),
        expect![[r#"
            no steps
              ? api/definition definition: is not known: rests on link, which is not known
              ? api/deployment deployment: is not known: rests on api/definition, which is not known
              ? api/stage stage: is not known: rests on api/deployment, which is not known
              ? balancer balancer: is not known: rests on group, which is not known
              ? balancer/enforcement enforcement: is not known: rests on balancer, which is not known
              ? group group: is not known: 2 objects carry the address group: group-1 in here, group-99 in here
              ? link link: is not known: rests on balancer, which is not known
              ? listener listener: is not known: rests on balancer, which is not known
            error[privlink::plan::duplicate-address]: 2 objects carry the address group: group-1 in here, group-99 in here
        "#]],
    );
    // Destroying takes both: there it does not matter which is meant.
    let plan = planned(&Desired::default(), &world.snapshot());
    assert_eq!(plan.steps.iter().filter(|step| step.kind == "group").count(), 2);
}

#[test]
fn a_half_done_replacement_is_finished() {
    let old = spec([resource("balancer", &BALANCER, [("name", "old".into())])]);
    let new = spec([resource("balancer", &BALANCER, [("name", "new".into())])]);
    let mut world = applied(&old);
    world.apply(&planned(&new, &world.snapshot()), &mut |_| 0, 1);
    assert_eq!(world.objects.len(), 2);
    check(
        &new,
        &world.snapshot(),
        expect![[r#"
            1 - balancer balancer here DeleteBalancer (undo loses its ARN and DNS name)
            note[privlink::plan::loses]: deleting the load balancer of balancer loses its ARN and DNS name
        "#]],
    );
}

#[test]
fn a_move_to_another_scope_or_kind_makes_and_deletes() {
    let world = applied(&spec([resource("a", &FIRST, [("version", 1.into())])]));
    let mut elsewhere = resource("a", &FIRST, [("version", 1.into())]);
    elsewhere.scope = Scope::new("222222222222", "eu-west-1");
    check(
        &spec([elsewhere]),
        &world.snapshot(),
        expect![[r#"
            1 + a first 222222222222/eu-west-1 Create
            ---
            2 - a first here Delete [1]
        "#]],
    );
    check(
        &spec([resource("a", &LAST, [("version", 1.into())])]),
        &world.snapshot(),
        expect![[r#"
            1 + a last here Create
            ---
            2 - a first here Delete [1]
        "#]],
    );
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let mut world = applied(&spec([resource("group", &GROUP, [("name", "pl".into())])]));
    for (number, owner) in [Owner::Nobody, Owner::Project("other".to_owned())].into_iter().enumerate() {
        let theirs = Observed { owner, id: format!("sg-{number}"), ..world.object("group").clone() };
        world.objects.push(theirs);
    }
    check(
        &Desired::default(),
        &world.snapshot(),
        expect![[r#"
            1 - group group here DeleteGroup
        "#]],
    );
}

#[test]
fn a_child_of_nobody_is_adopted_by_its_key_and_never_left_over() {
    let desired = spec([
        resource("pool", &POOL, [("port", 80.into())]),
        resource("pool/members", &MEMBERS, [("pool", id("pool")), ("addresses", set(["10.0.0.1".into()]))]),
    ]);
    let mut world = applied(&desired);
    world.objects.iter_mut().filter(|object| object.kind == "members").for_each(|object| object.owner = Owner::Nobody);
    check(
        &desired,
        &world.snapshot(),
        expect![[r#"
        no steps
    "#]],
    );
    check(
        &without(desired, &["pool/members"]),
        &world.snapshot(),
        expect![[r#"
        no steps
    "#]],
    );
}

#[test]
fn what_the_spec_leaves_out_lets_go_of_what_goes() {
    let base = resource("base", &FIRST, [("version", 1.into())]);
    let user = resource("user", &FIRST, [("version", 1.into()), ("size", id("base"))]);
    let world = applied(&spec([base, user]));
    let user = resource("user", &FIRST, [("version", 1.into())]);
    check(
        &spec([user]),
        &world.snapshot(),
        expect![[r#"
        1 ~ user first here Update set size
            size: "first-1" → none
        ---
        2 - base first here Delete [1]
    "#]],
    );
}
