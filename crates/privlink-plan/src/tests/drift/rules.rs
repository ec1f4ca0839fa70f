//! Ignore rules: what they take out of drift, and what a plan says of them.

use expect_test::expect;

use super::*;
use crate::{Held, HeldBy, Repairs};

fn rule(address: &str, attribute: Option<&str>, ended: bool) -> Rule {
    Rule {
        address: Address::new(address),
        attribute: attribute.map(str::to_owned),
        reason: "a test".to_owned(),
        until: "2027-01-31".to_owned(),
        ended,
    }
}

#[test]
fn rules_take_out_what_they_name_until_they_end() {
    let mut project = Project::applied();
    project.set("listener", "port", 81);
    project.set("balancer", "groups", Value::text_set(["group-9"]));
    project.delete("link");
    project.rules =
        vec![rule("listener", Some("port"), false), rule("balancer", None, true), rule("link", None, false)];
    let found = project.drift();
    expect![[r#"
        changed balancer groups: ["group-1"] → ["group-9"]
        ignored missing link balancer: "balancer-2" → none until 2027-01-31
        ignored changed listener port: 80 → 81 until 2027-01-31
        follows api/definition from link
        follows api/deployment from link
        follows api/stage from api/deployment
        ended balancer None
    "#]]
    .assert_eq(&told(&found));
    // What follows from what is ignored is not repaired.
    assert_eq!(found.repairs().chosen.into_iter().collect::<Vec<_>>(), [Address::new("balancer")]);
    assert_ne!(found.digest(), Drift::default().digest());
}

#[test]
fn a_rule_for_an_attribute_does_not_hide_the_rest() {
    let mut project = Project::applied();
    project.set("listener", "port", 81);
    project.set("listener", "pool", "pool-77");
    project.rules = vec![rule("listener", Some("port"), false)];
    project.check(expect![[r#"
        changed listener pool: "pool-9" → "pool-77"
        ignored changed listener port: 80 → 81 until 2027-01-31
    "#]]);
    project.delete("listener");
    project.check(expect![[r#"
        missing listener balancer: "balancer-2" → none pool: "pool-9" → none port: 80 → none
    "#]]);
}

#[test]
fn what_cannot_be_put_back_without_what_is_ignored_is_not_repaired() {
    let mut project = Project::applied();
    project.set("listener", "port", 81);
    project.set("listener", "pool", "pool-77");
    project.set("balancer", "groups", Value::text_set(["group-9"]));
    project.rules = vec![rule("listener", Some("port"), false)];
    let found = project.drift();
    assert_eq!(found.looked_at(), 13, "one that is ignored in part is one");
    let repairs = found.repairs();
    assert_eq!(repairs.chosen.iter().collect::<Vec<_>>(), [&Address::new("balancer")]);
    assert_eq!(held(&repairs), ["listener by port"]);
    // Nor what needs it: the stage runs what is made of a definition that calls the link.
    let mut project = Project::applied();
    project.delete("link");
    project.set("api/stage", "deployment", "deployment-99");
    project.rules = vec![rule("link", None, false)];
    let found = project.drift();
    assert_eq!(held(&found.repairs()), ["api/stage by ignored link"], "{}", told(&found));
}

#[test]
fn what_cannot_be_put_back_without_what_is_planned_elsewhere_is_not_repaired() {
    let mut project = Project::applied();
    let paths = Value::map([("/", id("link")), ("/more", id("link"))]);
    let definition = resource("api/definition", &DEFINITION, [("api", id("api")), ("paths", paths)]);
    project.desired = with(project.desired, definition);
    project.delete("api/stage");
    project.set("listener", "port", 81);
    let found = project.drift();
    let repairs = found.repairs();
    assert_eq!(held(&repairs), ["api/stage by planned api/definition"], "{}", told(&found));
    assert_eq!(repairs.chosen.iter().collect::<Vec<_>>(), [&Address::new("listener")]);
}

#[test]
fn what_is_planned_for_several_is_not_repaired_for_one() {
    let mut project = Project::applied();
    let listener = [("balancer", id("balancer")), ("port", 82.into()), ("pool", id("pool"))];
    let listener = resource("listener", &LISTENER, listener);
    let paths = Value::map([("/", id("link")), ("/82", "calls 82".into())]);
    let mut definition = resource("api/definition", &DEFINITION, [("api", id("api")), ("paths", paths)]);
    definition.after.insert(Address::new("listener"));
    project.delete("listener");
    project.desired = with(project.desired, listener);
    let found = project.drift();
    assert_eq!((&found.found[0].what, &found.found[0].pending), (&What::Missing, &vec!["port".to_owned()]));
    assert_eq!(found.repairs().chosen.len(), 1, "nobody calls it");
    project.desired = with(project.desired, definition);
    let found = project.drift();
    assert_eq!(held(&found.repairs()), ["listener by planned api/definition"], "{}", told(&found));
}

#[test]
fn what_is_set_right_in_place_waits_for_nothing_that_is_changed_in_place() {
    let mut project = Project::applied();
    // The definition calls the link, which is of the balancer: an apply changes that one first.
    project.set("?/definition/api-6", "policy", "Allow");
    project.set("balancer", "groups", Value::text_set(["group-9"]));
    project.rules = vec![rule("balancer", None, false)];
    let found = project.drift();
    let repairs = found.repairs();
    assert_eq!(held(&repairs), [""; 0], "{}", told(&found));
    let options = Options { only: Some(repairs.chosen), ..Options::default() };
    let plan = planned_with(&project.desired, &project.world.snapshot(), options.clone());
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.address.as_str()).collect();
    assert_eq!(steps, ["api/definition"], "what is ignored stays");
    project.apply_with(usize::MAX, options);
    project.check(expect![[r#"
        ignored changed balancer groups: ["group-1"] → ["group-9"] until 2027-01-31
    "#]]);
}

fn held(repairs: &Repairs) -> Vec<String> {
    let by = |held: &Held| match &held.by {
        HeldBy::Ignored(it) => it.rule.attribute.clone().unwrap_or_else(|| format!("ignored {}", it.drifted.address)),
        HeldBy::Planned(it) => format!("planned {}", it.address),
    };
    repairs.held.iter().map(|held| format!("{} by {}", held.drifted.address, by(held))).collect()
}

#[test]
fn a_rule_that_names_nothing_is_told() {
    let mut project = Project::applied();
    project.rules = vec![rule("pool", None, false), rule("poo", None, false), rule("listener", Some("colour"), true)];
    project.check(expect![[r#"
        idle poo None
        idle listener Some("colour")
    "#]]);
    let narrowed = planned_with(
        &project.desired,
        &project.world.snapshot(),
        Options { targets: vec![Address::new("pool")], ..Options::default() },
    );
    assert!(project.drift_of(&narrowed).idle.is_empty(), "of the rest nothing is known");
}

#[test]
fn a_plan_says_what_it_changes_although_its_drift_is_ignored() {
    let mut project = Project::applied();
    project.set("listener", "port", 81);
    let rules =
        [rule("listener", Some("port"), true), rule("listener", Some("pool"), false), rule("pool", None, false)];
    let notes: Vec<String> =
        crate::ignored_changes(&project.plan(), &rules).into_iter().map(|finding| finding.message).collect();
    assert_eq!(notes, ["an apply sets port; its drift is ignored until 2027-01-31: a test"]);
}
