//! A repository with our example workflows, AWS and GitHub on this machine: what it takes to live a change through it.
//!
//! The roles have exactly the policies that we ship, and whoever assumes one must be who its trust policy names.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::{Server, all, here, python, script};
use crate::served::{SPEED, Served, example, privlink, root};
use crate::standin::{PULL_REQUEST, REPOSITORY, StandIn};

/// The last commit of the pull request.
pub(super) const HEAD: &str = "1111111111111111111111111111111111111111";
/// What it became on main.
pub(super) const MERGED: &str = "2222222222222222222222222222222222222222";

/// The repository and all around it.
pub(super) struct Repository {
    folder: tempfile::TempDir,
    /// AWS.
    pub(super) sandbox: Served,
    /// GitHub, but for what it knows of merges and runs.
    pub(super) github: StandIn,
    server: Server,
    /// What the job's token is.
    pub(super) token: &'static str,
    /// Which attempt of its run a job is.
    pub(super) attempt: u32,
    /// Inputs of our action that the workflow does not give.
    pub(super) inputs: Json,
}

/// A job that ended.
pub(super) struct Ended(Json);

impl Ended {
    /// `success`, `failure` or `skipped`.
    pub(super) fn result(&self) -> &str {
        self.0["result"].as_str().unwrap()
    }

    /// A step, by its name or the action it uses; the last one of that name.
    pub(super) fn step(&self, name: &str) -> &Json {
        let steps = self.0["steps"].as_array().unwrap().iter().rev();
        let mut found = steps.filter(|step| step["name"].as_str().unwrap().contains(name));
        found.next().unwrap_or_else(|| panic!("no step {name}: {self}"))
    }

    /// An output of our action, where it ran last.
    pub(super) fn output(&self, name: &str) -> &str {
        let step = self.step("privlink/privlink@");
        step["outputs"][name].as_str().unwrap_or_else(|| panic!("no output {name}: {self}"))
    }

    /// The page of the run.
    pub(super) fn summary(&self) -> &str {
        self.0["summary"].as_str().unwrap()
    }

    /// What came of a step.
    pub(super) fn outcome(&self, name: &str) -> &str {
        self.step(name)["outcome"].as_str().unwrap()
    }

    /// What a step told.
    pub(super) fn log(&self, name: &str) -> &str {
        self.step(name)["log"].as_str().unwrap()
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.result())?;
        for step in self.0["steps"].as_array().unwrap() {
            writeln!(f, "== {} {}\n{}", step["outcome"], step["name"], step["log"].as_str().unwrap_or_default())?;
        }
        Ok(())
    }
}

/// A file of the example.
pub(super) fn shipped(name: &str) -> PathBuf {
    example("github").join(name)
}

/// A world in which each account has roles of these names, with lines of a world file that say what each may do.
pub(super) fn world(roles: impl Fn(&str, &str) -> String) -> String {
    let world = std::fs::read_to_string(example("cross-account").join("world.kdl")).unwrap();
    let mut parts = world.split("role \"privlink-deployer\"");
    let mut made = parts.next().unwrap().to_owned();
    for (part, account) in parts.by_ref().zip(["gateway", "application"]) {
        for role in ["planner", "deployer", "watcher"] {
            made.push_str(&format!("role \"privlink-{role}\" {{\n{}\n}}\n", roles(account, role)));
        }
        made.push_str("role \"privlink-hand\"");
        made.push_str(part);
    }
    assert_eq!(made.matches("role \"privlink-").count(), 8, "{made}");
    made
}

/// The policies of a role, as we ship them: lines of a world file.
fn policies(account: &str, role: &str) -> String {
    let file = match role {
        "planner" => "plan-policy.json",
        "deployer" => "apply-policy.json",
        _ => "drift-policy.json",
    };
    let text = std::fs::read_to_string(shipped("iam").join(file)).unwrap();
    let all: Json = serde_json::from_str(&text).unwrap();
    let of = &all[account];
    let documents = of.as_array().cloned().unwrap_or_else(|| vec![of.clone()]);
    documents.iter().map(|document| format!("policy #\"{document}\"#\n")).collect()
}

impl Repository {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["checkout", "state/tools", "network", "store"] {
            std::fs::create_dir_all(path(name)).unwrap();
        }
        std::fs::copy(shipped("privlink.kdl"), path("checkout/privlink.kdl")).unwrap();
        std::fs::write(path("world.kdl"), world(policies)).unwrap();
        let github = StandIn::start();
        let mut server = python(&here().join("server.py"));
        server.arg(path("network")).arg(&github.url);
        let sandbox = Served::start_world(&path("world.kdl"), &["--speed", SPEED]);
        let mut repository = Self {
            server: Server::start(server),
            folder,
            sandbox,
            github,
            token: "ghs_job",
            attempt: 1,
            inputs: json!({}),
        };
        repository.inputs["releases"] = format!("{}/releases", repository.server.url).into();
        repository.release();
        repository.knows(&json!({}), &json!([]));
        repository
    }

    /// Puts the binary under test among the releases, packed as a release is.
    fn release(&self) {
        let binary = self.path("binary");
        std::fs::write(&binary, format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_privlink"))).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        let version = format!("v{}", env!("CARGO_PKG_VERSION"));
        let mut package = script("package.sh");
        package.arg(&binary).arg(super::install::target()).arg(self.path("network/releases").join(version));
        let output = package.output().unwrap();
        assert!(output.status.success(), "{}", all(&output));
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What GitHub knows of merges and of runs of plan.yml.
    pub(super) fn knows(&self, merges: &Json, runs: &Json) {
        let text = json!({ "merges": merges, "runs": runs, "main": MERGED }).to_string();
        std::fs::write(self.path("network/merges.json"), text).unwrap();
    }

    /// What is on main by now.
    pub(super) fn has_on_main(&self, commit: &str) {
        let file = self.path("network/merges.json");
        let mut known: Json = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        known["main"] = commit.into();
        std::fs::write(file, known.to_string()).unwrap();
    }

    /// The pull request is merged, which GitHub does not know at once, and run 11 of plan.yml was for its last commit.
    pub(super) fn merged_from(&self, from: &str) {
        self.knows(
            &json!({ MERGED: { "head": HEAD, "from": from, "number": PULL_REQUEST, "late": 2 } }),
            &json!([
                { "id": 10, "head": MERGED, "from": from, "event": "pull_request", "conclusion": "success" },
                { "id": 11, "head": HEAD, "from": from, "event": "pull_request", "conclusion": "success" },
            ]),
        );
    }

    /// Changes the spec of the checkout.
    pub(super) fn edit(&self, from: &str, to: &str) {
        let spec = self.path("checkout/privlink.kdl");
        let text = std::fs::read_to_string(&spec).unwrap();
        assert!(text.contains(from), "the spec no longer says {from}");
        std::fs::write(spec, text.replace(from, to)).unwrap();
    }

    /// plan.yml, for the pull request, from a repository, as a run of this number.
    pub(super) fn plan_from(&self, from: &str, run: u64) -> Ended {
        let head = json!({ "sha": HEAD, "repo": { "full_name": from } });
        let payload = json!({ "pull_request": { "number": PULL_REQUEST, "head": head } });
        self.job("plan.yml", "pull_request", &format!("refs/pull/{PULL_REQUEST}/merge"), &payload, run)
    }

    /// plan.yml, which must succeed, as run 11.
    pub(super) fn plan(&self) -> Ended {
        let _ = std::fs::remove_dir_all(self.path("state/artifacts/11"));
        let ended = self.plan_from(REPOSITORY, 11);
        assert_eq!(ended.result(), "success", "{ended}");
        ended
    }

    /// apply.yml, for what is on main now.
    pub(super) fn apply(&self) -> Ended {
        self.job("apply.yml", "push", "refs/heads/main", &json!({ "ref": "refs/heads/main" }), 21)
    }

    /// drift.yml, by the clock.
    pub(super) fn drift(&self) -> Ended {
        self.job("drift.yml", "schedule", "refs/heads/main", &json!({ "schedule": "17 */6 * * *" }), 31)
    }

    fn job(&self, workflow: &str, event: &str, at: &str, payload: &Json, run: u64) -> Ended {
        let trust = |name: &str| shipped("iam").join(format!("{name}-role-trust.json"));
        let spec = json!({
            "workflow": shipped(workflow),
            "event": event,
            "payload": payload,
            "repository": REPOSITORY,
            // As GitHub names repositories that were made since the summer of 2026.
            "subject": "repo:acme@1234/infra@5678",
            "sha": MERGED,
            "ref": at,
            "run": run,
            "attempt": self.attempt,
            "token": self.token,
            "api": self.server.url,
            "checkout": self.path("checkout"),
            "action": root(),
            "state": self.path("state"),
            "inputs": self.inputs,
            "env": {
                "AWS_EC2_METADATA_DISABLED": "true",
                // Both: the roles of profiles are assumed where the SDK's own settings say, and only an endpoint has a speed.
                "AWS_ENDPOINT_URL": self.sandbox.url,
                "PRIVLINK_ENDPOINT": self.sandbox.url,
                "PRIVLINK_SANDBOX_SPEED": SPEED,
                "PRIVLINK_STORE": self.path("store"),
            },
            "trust": {
                "privlink-planner": trust("plan"),
                "privlink-deployer": trust("apply"),
                "privlink-watcher": trust("drift"),
            },
            "keys": ["AKIAIOSFODNN7EXAMPLE", "example"],
            "secrets": { "PRIVLINK_WEBHOOK": format!("{}/hook", self.github.origin()) },
        });
        let file = self.path("job.json");
        std::fs::write(&file, spec.to_string()).unwrap();
        let output = python(&here().join("runner.py")).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", all(&output));
        Ended(serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Somebody opens the entry to everybody, by hand.
    pub(super) fn opened_by_hand(&self) {
        let output = python(&here().join("hand.py")).arg(&self.sandbox.url).output().unwrap();
        assert!(output.status.success(), "{}", all(&output));
    }

    /// What exists in the accounts.
    pub(super) fn world(&self) -> String {
        let output = privlink(&["sandbox", "show", "--url", &self.sandbox.url]).output().unwrap();
        assert!(output.status.success(), "{}", all(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The plan that run 11 has kept.
    pub(super) fn kept_plan(&self) -> PathBuf {
        self.path("state/artifacts/11/privlink-plan/privlink.plan")
    }
}
