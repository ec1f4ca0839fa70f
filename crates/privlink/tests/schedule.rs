//! A schedule's life: checked and clean, changed by hand in every way there is, found, told once, put back, told as gone.
//! The sandbox, a small GitHub with a webhook, and boto3 for the hand, each in a process of its own.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;
mod standin;

use std::process::Output;

use serde_json::Value;
use served::{Served, python, python_module, told};
use standin::{BOT, JOB, REPOSITORY, StandIn};

/// What a hand changes between two checks, by round; those of one round have nothing to do with each other.
const CROSS_NETWORK: [&[&str]; 7] = [
    &[
        "target-added",
        "health-port",
        "listener-port-changed",
        "rule-added",
        "endpoint-groups",
        "link-renamed",
        "api-renamed",
        "denial-customised",
        "method-added",
        "stage-variables",
    ],
    &[
        "target-removed",
        "health-protocol",
        "listener-repointed",
        "egress-added",
        "endpoint-subnets",
        "api-described",
        "resource-added",
        "stage-throttled",
    ],
    &[
        "health-path",
        "health-interval",
        "listener-added",
        "enforcement-on",
        "rule-deleted",
        "endpoint-policy",
        "compression",
        "integration-changed",
        "stage-traced",
    ],
    &["listener-deleted", "balancer-groups", "private-dns-off", "binary-types", "authorization-changed", "stage-added"],
    &["default-endpoint-off", "integration-moved", "policy-replaced", "stage-repointed"],
    &["alias-removed", "method-deleted", "stage-canary"],
    &["edited-and-deployed"],
];
const CROSS_ACCOUNT: [&[&str]; 4] = [
    &["acceptance-off", "principal-added", "stage-deleted"],
    &["permission-deleted"],
    &["connection-rejected"],
    &["endpoint-deleted"],
];

#[test]
fn whatever_is_changed_by_hand_in_cross_network_is_found_told_once_and_told_as_gone() {
    lived("cross-network", &CROSS_NETWORK);
}

#[test]
fn whatever_is_changed_by_hand_in_cross_account_is_found_told_once_and_told_as_gone() {
    lived("cross-account", &CROSS_ACCOUNT);
}

fn lived(example: &'static str, rounds: &[&[&str]]) {
    let schedule = Schedule::applied(example);
    schedule.drift(0, &[]);
    assert_eq!(schedule.told(), Told::default(), "nothing to tell of what is clean");
    for (number, round) in rounds.iter().enumerate() {
        let changes = schedule.hand(round);
        let found = schedule.drift(2, &[]);
        for change in &changes {
            change.is_shown(&found);
        }
        let told = schedule.told();
        assert_eq!((told.open, told.hooks, told.events), (1, 2 * number + 1, 2 * number + 1), "{round:?}: told once");

        schedule.drift(2, &[]);
        assert_eq!(schedule.told(), told, "{round:?}: the same drift is not told again");

        schedule.drift(0, &["--repair", "-y"]);
        schedule.drift(0, &[]);
        let gone = schedule.told();
        assert_eq!(
            (gone.open, gone.hooks, gone.events),
            (0, 2 * number + 2, 2 * number + 2),
            "{round:?}: told as gone"
        );
    }
    let facts = python("chain.py", &[&schedule.sandbox.url, example]);
    assert!(facts.contains(" 0 failed"), "{facts}");
}

#[test]
fn more_drift_is_told_in_the_same_issue_which_says_who_did_it() {
    let schedule = Schedule::applied("cross-network");
    schedule.hand(&["rule-added"]);
    schedule.drift(2, &[]);
    let first = schedule.issue();
    assert!(first.contains("0.0.0.0/0") && first.contains("by `hand`"), "{first}");
    schedule.hand(&["stage-variables"]);
    let found = schedule.drift(2, &[]);
    assert_eq!(found["drifted"].as_array().unwrap().len(), 2);
    let both = schedule.issue();
    assert!(both.contains("0.0.0.0/0") && both.contains("green"), "{both}");
    assert_eq!((schedule.told().open, schedule.told().issues, schedule.told().hooks), (1, 1, 2));
}

#[test]
fn answers_of_the_gateways_own_are_found_as_they_are_with_the_call_that_made_them_and_put_back() {
    let schedule = Schedule::applied("cross-network");
    for (change, call) in [
        ("denial-customised", "apigateway:PutGatewayResponse"),
        ("server-errors-customised", "apigateway:UpdateGatewayResponse"),
    ] {
        schedule.hand(&[change]);
        let found = schedule.drift(2, &[]);
        assert_eq!(found["drifted"][0]["by"]["call"], call, "{found:#}");
    }
    assert!(schedule.customised().contains("'hidden'"));
    schedule.drift(0, &["--repair", "-y"]);
    schedule.drift(0, &[]);
    assert_eq!(schedule.customised(), "");
}

/// A project that was applied on a sandbox, and all who are told of its drift.
struct Schedule {
    example: &'static str,
    sandbox: Served,
    github: StandIn,
}

/// Who was told, and how often.
#[derive(Debug, Default, PartialEq)]
struct Told {
    open: usize,
    issues: usize,
    comments: usize,
    hooks: usize,
    events: usize,
}

impl Schedule {
    fn applied(example: &'static str) -> Self {
        let schedule = Self { example, sandbox: Served::start(example), github: StandIn::start() };
        schedule.sandbox.expect(0, &["apply", "-y"], example);
        schedule
    }

    fn hand(&self, changes: &[&str]) -> Vec<Change> {
        let made = python_module("hand", &[&[self.sandbox.url.as_str(), self.example], changes].concat());
        made.lines().map(|line| Change(serde_json::from_str(line).unwrap())).collect()
    }

    /// One check as a schedule makes it, which must exit with `code`; its JSON.
    fn drift(&self, code: i32, more: &[&str]) -> Value {
        let output = self.run(more);
        assert_eq!(output.status.code(), Some(code), "{more:?}: {}", told(&output));
        let (_, json) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        // A repair shows its plan as well, for people.
        if more.is_empty() { serde_json::from_str(&json).unwrap() } else { Value::Null }
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut command = served::privlink(&["drift", "-f"]);
        command.arg(served::example(self.example)).args([
            "--endpoint",
            &self.sandbox.url,
            "--sandbox-speed",
            served::SPEED,
        ]);
        command.args(["--issue", "--repository", REPOSITORY, "--api-url", &self.github.url, "--author", BOT]);
        command.args(["--event-bus", "default@gateway"]).args(more);
        if more.is_empty() {
            command.args(["--format", "json"]);
        }
        command.env("PRIVLINK_STORE", self.sandbox.store()).env("GITHUB_TOKEN", JOB);
        command.env("PRIVLINK_WEBHOOK", format!("{}/hook", self.github.origin()));
        command.output().unwrap()
    }

    fn told(&self) -> Told {
        let state = self.github.state();
        let issues: Vec<&Value> =
            state["issues"].as_array().unwrap().iter().filter(|issue| issue["pull_request"] == false).collect();
        Told {
            open: issues.iter().filter(|issue| issue["state"] == "open").count(),
            issues: issues.len(),
            comments: state["comments"].as_array().unwrap().len(),
            hooks: self.github.hooks().len(),
            events: self.sandbox.world()["scopes"]["222222222222/us-east-1"]["events"]["buses"]["default"]["events"]
                .as_array()
                .map_or(0, Vec::len),
        }
    }

    /// What APIs answer by themselves that is not AWS's own.
    fn customised(&self) -> String {
        let world = self.sandbox.world();
        let apis = world["scopes"]["222222222222/us-east-1"]["gateway"]["apis"].as_object().unwrap();
        let given = apis.values().map(|api| &api["definition"]["gateway_responses"]).filter(|given| !given.is_null());
        given.map(Value::to_string).collect()
    }

    /// The text of the one issue that is open.
    fn issue(&self) -> String {
        let state = self.github.state();
        let open = |issue: &&Value| issue["pull_request"] == false && issue["state"] == "open";
        let issue = state["issues"].as_array().unwrap().iter().find(open).unwrap();
        issue["body"].as_str().unwrap().to_owned()
    }
}

/// What was changed, and what a check has to show of it.
struct Change(Value);

impl Change {
    fn is_shown(&self, found: &Value) {
        let said = |key: &str| self.0[key].as_str().unwrap();
        let about = |it: &&Value| it["address"].as_str().unwrap().starts_with(said("address"));
        let shows = |it: &Value, side: &str| {
            let values = it["attributes"].as_array().unwrap().iter().map(|attribute| &attribute[side]);
            let state = it["state"].as_str().unwrap_or_default().to_owned();
            let text = values.map(Value::to_string).chain([state]).collect::<Vec<_>>().join("\n");
            text.contains(said(side))
        };
        let shown = found["drifted"]
            .as_array()
            .unwrap()
            .iter()
            .filter(about)
            .find(|it| shows(it, "found") && shows(it, "expected"));
        let Some(shown) = shown else { panic!("{} is not shown in {found:#}", self.0) };
        assert_eq!(shown["by"]["who"], "hand", "{}: {shown:#}", self.0);
    }
}
