//! Drift told apart from what is pending and from what follows: specs that change, worlds that are changed by hand, runs that
//! are killed, kept, rolled back or on nobody's record.

mod rules;
mod runs;
mod taken_back;

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use privlink_model::{Action, Address, Desired, History, Observed, Owner, Plan, Status, Value};

use super::chain::{chain, endpoint, with, without};
use super::toy::{DEFINITION, ENDPOINT, GROUP, KINDS, LISTENER, MEMBERS, id, planned, planned_with, resource, set};
use super::view::validate_by;
use super::world::World;
use crate::{Applied, Attribute, Check, DRIFT_SCHEMA_JSON, Drift, Options, Rule, What, drift, drift_json};

/// A project with its spec, its world and the runs on record, the oldest first.
struct Project {
    desired: Desired,
    world: World,
    runs: Vec<(Plan, History)>,
    names: BTreeMap<(Address, String), String>,
    rules: Vec<Rule>,
    /// Runs that were taken back when newer ones had begun.
    overruling: Vec<(Plan, History)>,
    /// What came back under another name with the last run.
    renamed: BTreeMap<String, String>,
}

impl Project {
    fn of(desired: Desired) -> Self {
        Self {
            desired,
            world: World::default(),
            runs: Vec::new(),
            names: BTreeMap::new(),
            rules: Vec::new(),
            overruling: Vec::new(),
            renamed: BTreeMap::new(),
        }
    }

    /// The whole chain, applied.
    fn applied() -> Self {
        let mut project = Self::of(chain());
        project.apply(usize::MAX);
        project
    }

    /// Applies the spec, at most so many steps.
    fn apply(&mut self, steps: usize) {
        self.apply_with(steps, Options::default());
    }

    fn apply_with(&mut self, steps: usize, options: Options) {
        let plan = planned_with(&self.desired, &self.world.snapshot(), options);
        let history = self.world.apply(&plan, &mut |_| 0, steps);
        self.runs.push((plan, history));
    }

    fn plan(&self) -> Plan {
        planned(&self.desired, &self.world.snapshot())
    }

    /// The runs that have to be read for a plan, the newest first.
    fn record(&self, plan: &Plan) -> Applied {
        let mut applied = Applied::default();
        self.overruling.iter().for_each(|(plan, history)| applied.overrule(plan, history));
        applied.rename(&self.renamed);
        for (plan_of_run, history) in self.runs.iter().rev() {
            if plan.changes.changes.iter().any(|change| applied.is_open(change)) {
                applied.add(plan_of_run, history);
            }
        }
        applied
    }

    fn drift(&self) -> Drift {
        self.drift_of(&self.plan())
    }

    fn drift_of(&self, plan: &Plan) -> Drift {
        let applied = self.record(plan);
        let found = drift(Check { plan, applied: &applied, kinds: &KINDS, names: &self.names, rules: &self.rules });
        let json = drift_json(&found, &[]);
        assert_eq!(validate_by(DRIFT_SCHEMA_JSON, &json), Vec::<String>::new(), "{json:#}");
        found
    }

    fn check(&self, expected: Expect) {
        expected.assert_eq(&told(&self.drift()));
    }

    fn set(&mut self, address: &str, key: &str, value: impl Into<Value>) {
        self.world.object(address).attrs.insert(key, value.into());
    }

    fn delete(&mut self, address: &str) {
        let address = Owner::Ours(Address::new(address));
        self.world.objects.retain(|object| object.owner != address);
    }
}

/// A check in few lines.
fn told(drift: &Drift) -> String {
    let mut text = String::new();
    let shown = |value: &Option<Value>| value.as_ref().map_or("none".to_owned(), ToString::to_string);
    let rows = |attributes: &[Attribute]| -> String {
        let row = |it: &Attribute| {
            let name = it.name.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
            format!(" {}: {} → {}{name}", it.key, shown(&it.expected), shown(&it.found))
        };
        attributes.iter().map(row).collect()
    };
    let what = |what: &What| match what {
        What::Changed => "changed".to_owned(),
        What::Missing => "missing".to_owned(),
        What::Added => "added".to_owned(),
        What::State(state) => format!("state {state}"),
    };
    for it in &drift.found {
        let also = if it.pending.is_empty() { String::new() } else { format!(" (pending {})", it.pending.join(" ")) };
        text.push_str(&format!("{} {}{}{also}\n", what(&it.what), it.address, rows(&it.attributes)));
    }
    for it in &drift.ignored {
        let drifted = &it.drifted;
        let what = what(&drifted.what);
        text.push_str(&format!(
            "ignored {what} {}{} until {}\n",
            drifted.address,
            rows(&drifted.attributes),
            it.rule.until
        ));
    }
    for it in &drift.pending {
        let line = format!("pending {:?} {} {}", it.action, it.address, it.keys.join(" "));
        text.push_str(&format!("{}\n", line.trim_end()));
    }
    for it in &drift.follows {
        let from: Vec<&str> = it.from.iter().map(Address::as_str).collect();
        text.push_str(&format!("follows {} from {}\n", it.address, from.join(" ")));
    }
    for it in &drift.unknown {
        text.push_str(&format!("unknown {}: {}\n", it.address, it.why));
    }
    for it in &drift.ended {
        text.push_str(&format!("ended {} {:?}\n", it.address, it.attribute));
    }
    for it in &drift.idle {
        text.push_str(&format!("idle {} {:?}\n", it.address, it.attribute));
    }
    text
}

#[test]
fn where_nothing_differs_no_run_is_read() {
    let project = Project::applied();
    let found = project.drift();
    assert!(found.is_clean() && found.runs == 0 && found.looked_at() == 13, "{found:?}");
}

#[test]
fn a_spec_that_was_never_applied_is_pending() {
    let project = Project::of(chain());
    let found = project.drift();
    assert_eq!((found.found.len(), found.pending.len(), found.follows.len()), (0, 13, 0));
    assert!(found.is_clean());
}

#[test]
fn what_was_changed_by_hand_is_drift_and_what_the_spec_changed_is_pending() {
    let mut project = Project::applied();
    project.set("listener", "port", 81);
    project.set("?/definition/api-6", "policy", "Allow");
    project.desired = with(project.desired, endpoint("subnet-2"));
    project.check(expect![[r#"
        changed api/definition policy: none → "Allow"
        changed listener port: 80 → 81
        pending Update endpoint subnets
        follows pool/members from endpoint
    "#]]);
}

#[test]
fn one_attribute_can_be_drift_and_pending_at_once() {
    let mut project = Project::applied();
    project.set("listener", "port", 81);
    let listener = [("balancer", id("balancer")), ("port", 82.into()), ("pool", id("pool"))];
    project.desired = with(project.desired, resource("listener", &LISTENER, listener));
    project.check(expect![[r#"
        changed listener port: 82 → 81 (pending port)
    "#]]);
}

#[test]
fn what_is_gone_is_missing_and_what_rests_on_it_follows() {
    let mut project = Project::applied();
    project.delete("link");
    let found = project.drift();
    expect![[r#"
        missing link balancer: "balancer-2" → none
        follows api/definition from link
        follows api/deployment from link
        follows api/stage from api/deployment
    "#]]
    .assert_eq(&told(&found));
    assert_eq!(found.found[0].id.as_deref(), Some("link-3"));
    // A repair carries out what follows too, else the API would still call the link that is gone.
    let chosen: Vec<String> = found.repairs().chosen.iter().map(ToString::to_string).collect();
    assert_eq!(chosen, ["api/definition", "api/deployment", "api/stage", "link"]);
}

#[test]
fn what_somebody_added_is_drift_and_what_left_the_spec_is_pending() {
    let mut project = Project::applied();
    let extra = Observed { id: "listener-99".to_owned(), ..project.world.object("listener").clone() };
    project.world.objects.push(Observed { owner: Owner::Ours(Address::new("balancer/listener/8099")), ..extra });
    project.desired = without(project.desired, &["listener"]);
    let found = project.drift();
    expect![[r#"
        added balancer/listener/8099 balancer: none → "balancer-2" pool: none → "pool-9" port: none → 80
        pending Delete listener
    "#]]
    .assert_eq(&told(&found));
    assert_eq!(found.found[0].within.as_deref(), Some("balancer-2"));
    assert_eq!(found.runs, 1, "the last run saw all there was");
}

#[test]
fn a_child_is_known_by_what_it_is_and_not_by_the_address_it_is_listed_under() {
    let mut project = Project::applied();
    project.desired = without(project.desired, &["pool/members"]);
    project.check(expect![[r#"
        pending Delete ?/members/pool-9
    "#]]);
    // Deleted by a run under that address, it is gone for the address that it was made at as well.
    project.apply(usize::MAX);
    project.desired = chain();
    project.check(expect![[r#"
        pending Create pool/members
    "#]]);
}

#[test]
fn what_does_not_work_is_drift_whoever_is_to_blame() {
    let mut project = Project::applied();
    project.world.object("link").status = Status::Failed("the balancer is gone".to_owned());
    project.world.object("endpoint").status = Status::Pending("pendingAcceptance".to_owned());
    project.check(expect![[r#"
        state pendingAcceptance endpoint
        state the balancer is gone link
        follows api/definition from link
        follows api/deployment from link
        follows api/stage from api/deployment
    "#]]);
}

#[test]
fn a_name_that_resolves_to_something_else_is_drift_of_its_addresses() {
    let mut project = Project::applied();
    let members = |address: &str| {
        let attrs = [("pool", id("pool")), ("addresses", set([address.into()]))];
        resource("pool/members", &MEMBERS, attrs)
    };
    project.desired = with(project.desired, members("10.0.0.1"));
    project.apply(usize::MAX);
    project.desired = with(project.desired, members("10.0.0.2"));
    project.check(expect![[r#"
        pending Update pool/members addresses
    "#]]);
    project.names.insert((Address::new("pool/members"), "addresses".to_owned()), "billing.example".to_owned());
    project.check(expect![[r#"
        changed pool/members addresses: ["10.0.0.2"] → ["10.0.0.1"] by billing.example
    "#]]);
    // The spec says another name, and what calls it does too.
    let calls = |name: &str| {
        let paths = Value::map([("/", id("link")), ("/erp", format!("https://{name}:443/").into())]);
        resource("api/definition", &DEFINITION, [("api", id("api")), ("paths", paths)])
    };
    let (members, before) = (project.desired.clone(), project.world.clone());
    project.desired = with(project.desired, calls("billing.example"));
    project.check(expect![[r#"
        pending Update api/definition paths
        pending Update pool/members addresses
    "#]]);
    (project.desired, project.world) = (members, before);
    // Somebody touched AWS.
    project.set("?/members/pool-9", "addresses", Value::text_set(["10.0.0.9"]));
    project.check(expect![[r#"
        changed pool/members addresses: ["10.0.0.2"] → ["10.0.0.9"] (pending addresses)
    "#]]);
}

#[test]
fn what_could_not_be_read_is_neither_drift_nor_clean() {
    let project = Project::applied();
    let plan = planned(&project.desired, &project.world.snapshot_without("link"));
    let found = project.drift_of(&plan);
    assert!(!found.is_clean());
    let lines = told(&found);
    assert!(lines.contains("unknown link: toy:List link: access denied"), "{lines}");
    assert_eq!(drift_json(&found, &[])["verdict"], "unknown");
}

#[test]
fn what_somebody_added_is_known_even_where_it_may_not_be_deleted() {
    let mut project = Project::applied();
    let extra = Observed { id: "listener-99".to_owned(), ..project.world.object("listener").clone() };
    project.world.objects.push(Observed { owner: Owner::Ours(Address::new("balancer/listener/8099")), ..extra });
    project.desired = without(project.desired, &["pool/members"]);
    let plan = planned(&project.desired, &project.world.snapshot_without("link"));
    let lines = told(&project.drift_of(&plan));
    assert!(lines.contains("added balancer/listener/8099"), "{lines}");
    assert!(lines.contains("unknown ?/members/pool-9"), "it was applied, and is to go: {lines}");
}

#[test]
fn a_secret_shows_that_it_differs_and_no_more() {
    let secret = |password: &str| {
        let attrs = [("service", "s".into()), ("password", password.into())];
        resource("door", &ENDPOINT, attrs)
    };
    let mut project = Project::of(with(Desired::default(), secret("hunter2")));
    project.apply(usize::MAX);
    project.set("door", "password", "hunter3");
    let text = drift_json(&project.drift(), &[]).to_string();
    assert!(text.contains("\"key\":\"password\"") && !text.contains("hunter"), "{text}");
    project.delete("door");
    let text = drift_json(&project.drift(), &[]).to_string();
    assert!(text.contains("missing") && !text.contains("hunter"), "{text}");
}

#[test]
fn a_repair_is_of_what_drifted_and_of_nothing_beside_it() {
    let mut project = Project::applied();
    project.set("balancer", "groups", Value::text_set(["group-9"]));
    project.desired = with(project.desired, resource("balancer/more", &GROUP, [("name", "more".into())]));
    project.desired = with(project.desired, endpoint("subnet-2"));
    let found = project.drift();
    let options = Options { only: Some(found.repairs().chosen), ..Options::default() };
    let plan = planned_with(&project.desired, &project.world.snapshot(), options.clone());
    let calls: Vec<String> = plan.steps.iter().map(|step| format!("{} {}", step.call, step.address)).collect();
    assert_eq!(calls, ["SetGroups balancer"]);
    assert!(plan.findings.iter().any(|finding| finding.message.starts_with("3 changes are left out by a repair")));
    project.apply_with(usize::MAX, options);
    project.check(expect![[r#"
        pending Create balancer/more
        pending Update endpoint subnets
        follows pool/members from endpoint
    "#]]);
}

#[test]
fn the_same_drift_has_the_same_digest_and_another_has_another() {
    let mut project = Project::applied();
    project.set("listener", "port", 81);
    let first = project.drift().digest();
    project.desired = with(project.desired, endpoint("subnet-2"));
    assert_eq!(project.drift().digest(), first, "what is pending is no drift");
    project.set("listener", "port", 82);
    assert_ne!(project.drift().digest(), first);
}

#[test]
fn how_it_is_repaired_is_told_with_what_that_costs() {
    let mut project = Project::applied();
    project.set("balancer", "groups", Value::text_set(["group-9"]));
    project.set("group", "vpc", "vpc-9");
    let found = project.drift();
    let repair = |address: &str| found.found.iter().find(|it| it.address.as_str() == address).unwrap().repair.clone();
    assert_eq!(repair("balancer").outage.as_deref(), Some("connections are cut"));
    let group = repair("group");
    assert_eq!((group.action, group.fixed), (Action::ReplaceCreateFirst, vec!["vpc".to_owned()]));
}
