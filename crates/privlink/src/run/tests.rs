//! Whole command lines in this process, over a toy cloud that holds one security group.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]

mod events;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use expect_test::expect;
use privlink_kinds::KINDS;
use privlink_model::keys::security_group;
use privlink_model::{
    Address, Attrs, BoxFuture, Clock, Cloud, CloudError, ErrorClass, Observed, Owner, Progress, Query, Scope,
    ScopeSnapshot, Status, Unread, Write, Written,
};

use super::*;
use crate::connection::{Connection, Destination, Place, Silence};
use crate::hosts::Names;
use crate::streams::captured;

const SPEC: &str = "project \"shop\" { region \"us-east-1\" }\naccount \"gateway\" id=\"222222222222\"\n";

/// What the world does when it is asked.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Willing,
    /// Refuses each write.
    Refusing,
    /// Cannot be read.
    Closed,
}

/// One account with at most one security group, which the spec no longer asks for.
struct Toy {
    mood: Mood,
    group: Mutex<Option<String>>,
}

impl Toy {
    fn group(scope: &Scope, name: &str) -> Observed {
        Observed {
            kind: security_group::KIND,
            scope: scope.clone(),
            id: "sg-1".to_owned(),
            owner: Owner::Ours(Address::new("entry/hub/security-group")),
            status: Status::Ready,
            attrs: Attrs::new().with(&security_group::NAME, name.to_owned()),
            tags: BTreeMap::new(),
        }
    }
}

impl Cloud for Toy {
    fn gather<'a>(&'a self, scope: &'a Scope, _: &'a str, _: &'a [Query]) -> BoxFuture<'a, ScopeSnapshot> {
        let unread = || Unread {
            code: "privlink::aws::denied",
            operation: "ec2:DescribeSecurityGroups".to_owned(),
            message: "not yours".to_owned(),
            help: Some("ask for it".to_owned()),
        };
        let group = self.group.lock().unwrap().clone();
        let groups: Vec<Observed> = group.iter().map(|name| Self::group(scope, name)).collect();
        let listing = |kind| match self.mood {
            Mood::Closed => Err(unread()),
            _ if kind == security_group::KIND => Ok(groups.clone()),
            _ => Ok(Vec::new()),
        };
        let listings = KINDS.iter().map(|schema| (schema.name, listing(schema.name))).collect();
        Box::pin(async move { ScopeSnapshot { listings } })
    }

    fn write<'a>(&'a self, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
        Box::pin(async move {
            if self.mood == Mood::Refusing {
                return Err(CloudError {
                    class: ErrorClass::Refused,
                    operation: "ec2:DeleteSecurityGroup".to_owned(),
                    scope: write.scope.clone(),
                    code: "CannotDelete".to_owned(),
                    message: "You may not".to_owned(),
                    request_id: Some("r-1".to_owned()),
                });
            }
            *self.group.lock().unwrap() = None;
            Ok(Written { id: write.id.clone(), attrs: Attrs::new() })
        })
    }

    fn settle<'a>(&'a self, _: &'a Write, _: &'a str) -> BoxFuture<'a, Result<Progress, CloudError>> {
        Box::pin(async { Ok(Progress::Done(Attrs::new())) })
    }

    fn read<'a>(
        &'a self,
        scope: &'a Scope,
        _: &'a str,
        _: &'a str,
        _: &'a Attrs,
    ) -> BoxFuture<'a, Result<Option<Observed>, CloudError>> {
        Box::pin(async { Ok(self.group.lock().unwrap().as_deref().map(|name| Self::group(scope, name))) })
    }
}

/// A clock on which nothing takes time.
struct Still;

impl Clock for Still {
    fn now(&self) -> Duration {
        Duration::ZERO
    }
    fn sleep<'a>(&'a self, _: Duration) -> BoxFuture<'a, ()> {
        Box::pin(tokio::task::yield_now())
    }
}

struct ToyConnect(Arc<Toy>);

impl Connect for ToyConnect {
    fn connect<'a>(&'a self, _: Destination<'a>) -> BoxFuture<'a, Result<Connection, Failure>> {
        let cloud = Arc::clone(&self.0) as Arc<dyn Cloud>;
        let (clock, names, place) = (Arc::new(Still), Names::System, Place::Aws);
        let (trail, bus) = (Arc::new(Silence), Arc::new(Silence));
        Box::pin(async { Ok(Connection { cloud, clock, names, place, buckets: None, trail, bus }) })
    }
}

/// A folder with the spec, and the world.
struct Scene {
    folder: tempfile::TempDir,
    toy: Arc<Toy>,
}

impl Scene {
    fn new(mood: Mood) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("privlink.kdl"), SPEC).unwrap();
        Self { folder, toy: Arc::new(Toy { mood, group: Mutex::new(Some("old".to_owned())) }) }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command line; `answer` is what a person types, where one is there.
    fn run(&self, line: &str, answer: Option<&str>) -> (Exit, String, String) {
        let (streams, out, err) = captured::streams(answer);
        let spec = self.folder.path().display().to_string();
        let line = line.replace("SPEC", &format!("-f {spec}")).replace("PLAN", &format!("{spec}/saved.plan"));
        let args = line.split(' ').map(OsString::from);
        let exit = run(std::iter::once("privlink".into()).chain(args), &ToyConnect(Arc::clone(&self.toy)), |_| streams);
        (exit, out.text(), err.text())
    }

    fn is_untouched(&self) -> bool {
        self.toy.group.lock().unwrap().as_deref() == Some("old")
    }
}

#[test]
fn a_plan_is_shown_and_its_changes_can_be_told_by_the_exit_code() {
    let scene = Scene::new(Mood::Willing);
    let (exit, out, err) = scene.run("plan SPEC", None);
    expect![[r#"
        gateway 222222222222 us-east-1

          - entry/hub/security-group  security group · sg-1 · no longer in the spec · undo exact
              name  "old"

        Order: 1 step; those of one number may run together, once what they need is done
           1  - entry/hub/security-group

        Notes
          the spec asks for nothing, so the one object of this project would be deleted (apply refuses this unless --dangerous-empty is given)

        Plan: 0 to create, 0 to change, 1 to delete · 1 account · about 1s (delete security group) · undo: exact
    "#]]
    .assert_eq(&out);
    assert_eq!(exit, exit_code::DONE);
    assert!(err.contains("privlink::guard::empty-spec") && err.ends_with("1 warning\n"), "{err}");
    assert_eq!(scene.run("plan SPEC --detailed-exitcode", None).0, exit_code::CHANGES);
    assert!(scene.is_untouched());
}

/// The runs of a scene, as programs see them.
fn runs(scene: &Scene) -> Vec<serde_json::Value> {
    let (exit, out, err) = scene.run("runs SPEC --format json", None);
    assert_eq!(exit, exit_code::DONE, "{err}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["format_version"], "1.0");
    json["runs"].as_array().unwrap().clone()
}

#[test]
fn an_apply_asks_and_does_nothing_without_a_yes() {
    let scene = Scene::new(Mood::Willing);
    let (exit, _, err) = scene.run("apply SPEC --dangerous-empty", Some("no\n"));
    assert_eq!(exit, exit_code::REFUSED);
    assert!(err.contains("Apply 1 step? Only \"yes\""), "{err}");
    let (exit, _, err) = scene.run("apply SPEC --dangerous-empty", None);
    assert_eq!(exit, exit_code::REFUSED);
    assert!(err.contains("nobody can be asked here"), "{err}");
    assert!(scene.is_untouched());
    assert!(runs(&scene).is_empty(), "what was not agreed to is no run");

    let (exit, out, err) = scene.run("apply SPEC --dangerous-empty", Some("yes\n"));
    assert_eq!(exit, exit_code::DONE, "{err}");
    assert!(out.starts_with("! --dangerous-empty is given.\n"), "{out}");
    assert!(out.ends_with("Applied: 1 step in 0s.\n"), "{out}");
    assert!(err.ends_with("[1/1] ok deleted entry/hub/security-group (0s)\n"), "{err}");
    let (exit, out, _) = scene.run("apply SPEC", None);
    assert_eq!(
        (exit, out.as_str()),
        (exit_code::DONE, "No changes: there is nothing of this project, and nothing is asked for.\n")
    );
}

#[test]
fn what_a_guard_refuses_is_not_asked_about() {
    let scene = Scene::new(Mood::Willing);
    let (exit, _, err) = scene.run("apply SPEC", Some("yes\n"));
    assert_eq!(exit, exit_code::REFUSED);
    assert!(err.contains("--dangerous-empty") && !err.contains("Only \"yes\""), "{err}");
    assert!(scene.is_untouched() && runs(&scene).is_empty());
}

#[test]
fn a_destroy_asks_in_its_own_words() {
    let scene = Scene::new(Mood::Willing);
    let (exit, out, err) = scene.run("destroy SPEC", Some("yes\n"));
    assert_eq!(exit, exit_code::DONE);
    assert!(err.starts_with("Destroy project \"shop\" in 1 step?"), "{err}");
    assert!(out.ends_with("Destroyed: 1 step in 0s.\n"), "{out}");
    assert!(!scene.is_untouched());
}

#[test]
fn a_saved_plan_is_applied_unasked_and_only_to_the_world_it_was_made_for() {
    let scene = Scene::new(Mood::Willing);
    let (exit, planned, err) = scene.run("plan SPEC -o PLAN", None);
    assert_eq!(exit, exit_code::DONE);
    // The command leads to the same spec.
    assert!(err.contains("saved.plan -f ") && err.contains("` does exactly this"), "{err}");
    assert_eq!(scene.run("show PLAN", None), (exit_code::DONE, planned, String::new()));

    *scene.toy.group.lock().unwrap() = Some("renamed".to_owned());
    let (exit, out, err) = scene.run("apply PLAN SPEC --dangerous-empty", None);
    assert_eq!((exit, out.as_str()), (exit_code::STALE, ""));
    assert!(err.contains("security-group sg-1 in 222222222222/us-east-1 changed since the plan was made"), "{err}");

    *scene.toy.group.lock().unwrap() = Some("old".to_owned());
    assert_eq!(scene.run("apply PLAN SPEC", None).0, exit_code::REFUSED, "a saved plan passed a guard");
    let (exit, out, _) = scene.run("apply PLAN SPEC --dangerous-empty", None);
    assert_eq!((exit, out.as_str()), (exit_code::DONE, "Applied: 1 step in 0s.\n"));
    assert!(scene.file("saved.plan").exists());
}

#[test]
fn a_plan_can_be_kept_beside_the_runs() {
    let scene = Scene::new(Mood::Willing);
    let (exit, planned, err) = scene.run("plan SPEC -o store:tuesday", None);
    assert_eq!(exit, exit_code::DONE, "{err}");
    assert!(err.contains("`privlink apply store:tuesday -f "), "{err}");
    assert_eq!(scene.run("show SPEC store:tuesday", None), (exit_code::DONE, planned, String::new()));
    let (exit, _, err) = scene.run("plan SPEC -o store:tuesday", None);
    assert_eq!(exit, exit_code::ERROR, "a plan that was kept was overwritten");
    assert!(err.contains("tuesday"), "{err}");
    let (exit, _, err) = scene.run("apply SPEC store:monday", None);
    assert_eq!(exit, exit_code::ERROR);
    assert!(err.contains("no plan named monday"), "{err}");
    assert!(runs(&scene).is_empty(), "a plan is no run");
    assert_eq!(scene.run("apply SPEC store:tuesday --dangerous-empty", None).0, exit_code::DONE);
    assert_eq!(runs(&scene)[0]["state"], "applied");
}

#[test]
fn a_refused_call_is_told_whole() {
    let scene = Scene::new(Mood::Refusing);
    let (exit, _, err) = scene.run("destroy -y SPEC", None);
    assert_eq!(exit, exit_code::ROLLED_BACK);
    let next = format!("privlink destroy -f {}", scene.folder.path().display());
    let run = runs(&scene)[0]["run"].as_str().unwrap().to_owned();
    expect![[r#"
        note: what the credentials of gateway (222222222222, us-east-1) may do is not known: nothing tells what the credentials of 222222222222/us-east-1 may do
        Run RUN
        [0/1] failed delete entry/hub/security-group (security group): ec2:DeleteSecurityGroup in 222222222222/us-east-1: CannotDelete: You may not (request r-1)
        Rolling back, a step failed: nothing was done that must be taken back
        error: step 1 of 1 failed: delete entry/hub/security-group (security group)
          where    gateway 222222222222 us-east-1
          call     ec2:DeleteSecurityGroup
          code     CannotDelete
          message  You may not
          request  r-1

        Failed after 0s; nothing had been done, so all is as it was before. `NEXT` tries it again.
    "#]]
    .assert_eq(&err.replace(&next, "NEXT").replace(&run, "RUN"));
    assert_eq!(scene.run(&format!("resume {run} SPEC"), None).0, exit_code::DONE);
    assert_eq!(scene.run(&format!("rollback {run} SPEC"), None).0, exit_code::DONE);
}

#[test]
fn a_run_that_was_to_be_kept_says_how_it_goes_on() {
    let scene = Scene::new(Mood::Refusing);
    let (exit, _, err) = scene.run("destroy -y --no-rollback SPEC", None);
    assert_eq!(exit, exit_code::STUCK);
    let run = runs(&scene)[0]["run"].as_str().unwrap().to_owned();
    for verb in ["resume", "rollback"] {
        assert!(err.contains(&format!("`privlink {verb} {run} -f ")), "{err}");
    }
    assert_eq!(runs(&scene)[0]["state"], "kept");
    let (exit, _, err) = scene.run("destroy SPEC", None);
    assert_eq!(exit, exit_code::REFUSED);
    assert!(err.contains("failed and was left as it is") && err.contains("nobody can be asked here"), "{err}");
    let (exit, out, err) = scene.run(&format!("runs show {run} SPEC"), None);
    assert_eq!(exit, exit_code::DONE, "{err}");
    assert!(out.contains("destroy of project \"shop\"") && out.contains("said at last: "), "{out}");
    // Again it is refused, and this time it is taken back: there is nothing to take back.
    assert_eq!(scene.run("resume SPEC", None).0, exit_code::ROLLED_BACK);
    let runs = runs(&scene);
    assert_eq!((runs.len(), &runs[0]["state"], &runs[0]["resumed"]), (1, &"rolled-back".into(), &1.into()));
}

#[test]
fn where_runs_cannot_be_written_nothing_is_called() {
    let scene = Scene::new(Mood::Willing);
    std::fs::write(scene.file("occupied"), "").unwrap();
    let place = scene.file("occupied").display().to_string();
    for line in [format!("destroy -y SPEC --store {place}"), format!("unlock -y SPEC --store {place}")] {
        let (exit, _, err) = scene.run(&line, None);
        assert_eq!(exit, exit_code::ERROR, "{line}: {err}");
        assert!(err.contains("occupied"), "{err}");
    }
    let (exit, _, err) = scene.run("destroy -y SPEC --store s3://bucket/prefix", None);
    assert_eq!(exit, exit_code::ERROR);
    assert!(err.contains("s3://bucket/prefix cannot be reached"), "{err}");
    assert!(scene.is_untouched());
}

#[test]
fn a_run_that_was_killed_before_its_first_record_is_in_nobodys_way() {
    let scene = Scene::new(Mood::Willing);
    let folder = scene.file(".privlink/runs/20991231-235959-shop-0000");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("plan.json"), "").unwrap();
    assert_eq!(runs(&scene)[0]["state"], "never-begun");
    let (exit, out, _) = scene.run("runs SPEC", None);
    assert_eq!(exit, exit_code::DONE);
    assert!(out.contains("called nothing"), "{out}");
    assert_eq!(scene.run("destroy -y SPEC", None).0, exit_code::DONE);
    assert_eq!(scene.run("resume SPEC", None).0, exit_code::ERROR);
}

#[test]
fn a_run_that_is_not_there_is_told() {
    let scene = Scene::new(Mood::Willing);
    for line in ["resume SPEC", "resume nothing SPEC", "rollback -y nothing SPEC", "runs show nothing SPEC"] {
        let (exit, _, err) = scene.run(line, None);
        assert_eq!(exit, exit_code::ERROR, "{line}");
        assert!(err.contains("`privlink runs`"), "{line}: {err}");
    }
    assert_eq!(scene.run("unlock SPEC", None).0, exit_code::DONE);
    let (exit, out, _) = scene.run("runs SPEC", None);
    assert_eq!(exit, exit_code::DONE);
    assert!(out.starts_with("No runs in "), "{out}");
    std::fs::write(scene.file("privlink.kdl"), "project").unwrap();
    for line in ["runs SPEC", "unlock SPEC", "resume SPEC"] {
        let (exit, _, err) = scene.run(line, None);
        assert_eq!(exit, exit_code::ERROR, "{line}");
        assert!(err.contains("does not tell which project"), "{line}: {err}");
    }
}

#[test]
fn what_cannot_be_read_is_never_taken_for_absent() {
    let scene = Scene::new(Mood::Closed);
    for line in ["plan SPEC", "apply -y SPEC", "destroy -y SPEC"] {
        let (exit, out, err) = scene.run(line, None);
        assert_eq!((exit, out.as_str()), (exit_code::ERROR, ""), "{line}: {err}");
        assert!(err.contains("privlink::aws::denied") && err.contains("help: ask for it"), "{err}");
        assert!(err.contains("privlink.kdl:2:9") && err.contains("Nothing could be read"), "{err}");
    }
    let (exit, out, _) = scene.run("plan --format json SPEC", None);
    assert_eq!(exit, exit_code::ERROR);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["diagnostics"][0]["severity"], "unknown");
    assert!(scene.is_untouched());
}

#[test]
fn a_reference_to_nothing_is_found_in_spec_and_world_together() {
    let scene = Scene::new(Mood::Willing);
    let network = "network \"hub\" account=\"gateway\" { vpc name=\"hub\" }\n\
                   network \"dc\" { cidr \"172.31.0.0/16\"; via \"hub\" }\n\
                   target \"erp\" network=\"dc\" { address \"172.31.0.9\"; port 80 }\n\
                   api \"shop\" account=\"gateway\" network=\"hub\" {\n  entry network=\"hub\"\n  allow network=\"hub\"\n  \
                   route \"/\" target=\"erp\"\n  stage \"prod\"\n}\n";
    std::fs::write(scene.file("privlink.kdl"), format!("{SPEC}{network}")).unwrap();
    let (exit, out, err) = scene.run("plan SPEC", None);
    assert_eq!((exit, out.as_str()), (exit_code::ERROR, ""), "{err}");
    assert!(err.contains("privlink::network::vpc-not-found") && err.contains("privlink.kdl:3:"), "{err}");
    assert!(scene.is_untouched());
}

#[cfg(feature = "aws")]
#[test]
fn the_help_is_what_it_was() {
    let help = cli::command().term_width(100).render_long_help().to_string();
    // Lines of nothing but indentation would not survive in the expectation.
    let help: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    expect![[r#"
        Plans and applies private AWS API chains, across accounts and networks.

        privlink keeps no state file: it reads the live accounts each time, knows its own resources by their
        tags, and never changes what it does not own. It sends no telemetry.

        Usage: privlink [OPTIONS] <COMMAND>

        Commands:
          check        Check a spec without calling AWS [alias: validate]
          plan         Show what an apply would do [aliases: preview, diff]
          apply        Make the accounts as the spec says
          destroy      Delete everything this project owns
          drift        Find what was changed behind privlink's back, tell it, and put it back
          runs         List the runs of this project and how they ended
          resume       Go on with a run that was killed, interrupted or is stuck
          rollback     Take back what a run did
          unlock       Break a lock that nobody will release
          show         Show a saved plan
          graph        Draw what stands where and leads where, and what a plan changes of it
          comment      Tell a pull request on GitHub what a saved plan does, in one comment that is edited
                       in place
          explain      Explain a code that a message carries; without one, list them all
          schema       Print the JSON Schema of plans, the permissions of a spec, or a page of the reference
          sandbox      An AWS on this machine to try things on
          completions  Print a completion script for a shell

        Options:
              --no-color
                  Write without colours

                  [env: PRIVLINK_NO_COLOR]

          -h, --help
                  Print help (see a summary with '-h')

          -V, --version
                  Print version

        Exit codes:
            0  done; with --detailed-exitcode: nothing to change; drift: nothing drifted
            1  error before anything was changed, or when the results could not be written; drift: somebody
            was not told
            2  with --detailed-exitcode: there are changes; drift, always: something drifted
            3  the run failed and was rolled back: all is as it was, but for what the plan had declared
            4  the run failed and something is left of it; the command that goes on is printed
            5  refused by a guard or by the person asked
            6  stale: the world moved since the plan was made; nothing is left of the run
            7  somebody else holds the lock; the message says who, and since when
            8  something that is needed could not be read
           64  usage error
          130  interrupted (Ctrl-C); the message says whether what was done is taken back
          143  terminated; as for 130
    "#]]
    .assert_eq(&help);
}
