//! `privlink comment`, the whole binary, against a GitHub that checks each request by GitHub's own description.
//!
//! The plans in `testdata/github/plans` are of `examples/cross-account`: `plan -o` into an empty sandbox, and again after the
//! apply. Anything here works in a build without AWS.
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;
mod standin;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use served::{privlink, root, told};
use standin::{BOT, JOB, REPOSITORY, StandIn};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const URL: &str = "https://github.com/acme/infra/pull/1#issuecomment-1001\n";

/// A job of GitHub Actions that a pull request set off.
struct Job<'a> {
    github: &'a StandIn,
    folder: tempfile::TempDir,
    token: String,
    event: Value,
}

impl<'a> Job<'a> {
    fn new(github: &'a StandIn) -> Self {
        let repository = json!({ "full_name": REPOSITORY });
        let head = json!({ "sha": COMMIT, "repo": repository });
        let event = json!({ "pull_request": { "number": 1, "head": head, "base": { "repo": repository } } });
        Self { github, folder: tempfile::tempdir().unwrap(), token: JOB.to_owned(), event }
    }

    fn of_fork(github: &'a StandIn) -> Self {
        let mut job = Self::new(github);
        job.token = format!("{JOB}-readonly");
        job.event["pull_request"]["head"]["repo"]["full_name"] = json!("mallory/infra");
        job
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let event = self.path("event.json");
        write(&event, &self.event.to_string());
        let mut command = comment(arguments);
        command.current_dir(self.folder.path());
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_PATH", event);
        command.env("GITHUB_API_URL", &self.github.url).env("GITHUB_REPOSITORY", REPOSITORY);
        command.env("GITHUB_SERVER_URL", "https://github.com").env("GITHUB_RUN_ID", "77");
        command.env("GITHUB_TOKEN", &self.token).env("GITHUB_STEP_SUMMARY", self.path("summary.md"));
        command
    }

    /// Runs it: it never fails, and never tells the token. What it wrote to its two streams.
    fn run(&self, arguments: &[&str]) -> (String, String) {
        succeeded(&mut self.command(arguments), &self.token)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

fn comment(arguments: &[&str]) -> Command {
    let mut command = privlink(&["comment"]);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("GITHUB_") || matches!(&*name, "GH_TOKEN" | "CI") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

fn succeeded(command: &mut Command, token: &str) -> (String, String) {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let Output { stdout, stderr, .. } = output;
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(!out.contains(token) && !err.contains(token), "{out}{err}");
    (out, err)
}

#[expect(clippy::disallowed_methods, reason = "a test sets its own stage")]
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn plan(name: &str) -> String {
    root().join(format!("testdata/github/plans/{name}.json")).display().to_string()
}

/// The one comment there is.
fn only(github: &StandIn) -> String {
    let mut comments = github.comments();
    assert_eq!(comments.len(), 1, "{comments:#?}");
    let (login, text) = comments.remove(0);
    assert_eq!(login, BOT);
    text
}

#[test]
fn a_pull_request_has_one_comment_that_says_how_things_are() {
    let github = StandIn::start();
    let mut job = Job::new(&github);
    let (out, err) = job.run(&[&plan("none")]);
    assert_eq!(out, "");
    assert_eq!(err, "comment of crossaccount: not needed: nothing changes, and nothing was said before\n");
    assert_eq!(github.writes(), 0);

    let (out, err) = job.run(&[&plan("create")]);
    assert_eq!((&*out, &*err), (URL, "comment of crossaccount: posted\n"));
    let text = only(&github);
    assert!(
        text.starts_with("<!-- privlink:plan:crossaccount -->\n<!-- labels: privlink:create -->\n**Plan for"),
        "{text}"
    );
    assert!(text.contains("20 to create") && text.contains("<details>"), "{text}");
    let about = "<sub>commit `0123456789ab` · [the run](https://github.com/acme/infra/actions/runs/77)</sub>";
    assert!(text.trim_end().ends_with(about), "{text}");

    let before = github.writes();
    let (out, err) = job.run(&[&plan("create")]);
    assert_eq!((&*out, &*err), (URL, "comment of crossaccount: says so already\n"));
    assert_eq!((only(&github), github.writes()), (text, before), "the same plan, byte for byte");

    job.event["pull_request"]["head"]["sha"] = json!(COMMIT.replace('0', "f"));
    let (out, err) = job.run(&[&plan("create")]);
    assert_eq!((&*out, &*err), (URL, "comment of crossaccount: edited in place\n"));
    assert!(only(&github).contains("commit `f123456789ab`"));
    job.run(&[&plan("none")]);
    let text = only(&github);
    assert!(text.contains("No changes") && !text.contains("labels:"), "{text}");
}

#[test]
fn specs_of_one_repository_have_comments_of_their_own() {
    let github = StandIn::start();
    let job = Job::new(&github);
    for name in ["eu/shop", "us/shop", "eu/shop"] {
        job.run(&[&plan("create"), "--name", name]);
    }
    let (other, text) = (job.path("other.json"), fs::read_to_string(plan("create")).unwrap());
    write(&other, &text.replace(r#""project":"crossaccount""#, r#""project":"other""#));
    // A second one of the same project would hide what the first one does.
    let (out, err) = job.run(&[&plan("create"), &other.display().to_string(), &plan("none")]);
    assert_eq!(out.lines().count(), 2, "one URL for each: {err}");
    assert!(err.contains("none.json is left out") && err.contains("--name"), "{err}");
    assert!(github.comments()[2].1.contains("20 to create"));
    let starts: Vec<String> =
        github.comments().into_iter().map(|(_, text)| text.lines().next().unwrap().to_owned()).collect();
    let of = |name: &str| format!("<!-- privlink:plan:{name} -->");
    assert_eq!(starts, [of("eu/shop"), of("us/shop"), of("crossaccount"), of("other")]);
}

#[test]
fn labels_are_those_of_all_comments_together() {
    let github = StandIn::start();
    github.control(&json!({ "issues": [{ "number": 1, "pull_request": true, "labels": ["bug", "privlink:outage"] }] }));
    let job = Job::new(&github);
    let labels = || github.issue(1)["labels"].clone();
    job.run(&[&plan("create"), "--name", "one"]);
    assert_eq!(labels(), json!(["bug", "privlink:outage"]), "only on request");
    write(&job.path("told"), "error: no\n");
    job.run(&["--failed", "told", "--name", "two", "--labels"]);
    assert_eq!(labels(), json!(["bug", "privlink:create", "privlink:failed"]));
    job.run(&[&plan("none"), "--name", "two", "--labels"]);
    assert_eq!(labels(), json!(["bug", "privlink:create"]));
    job.run(&[&plan("none"), "--name", "one", "--labels"]);
    assert_eq!(labels(), json!(["bug"]));
    job.run(&[&plan("none"), "--name", "three", "--labels"]);
    assert_eq!((labels(), github.comments().len()), (json!(["bug"]), 2));
}

#[test]
fn a_plan_that_failed_is_told_with_what_it_told() {
    let github = StandIn::start();
    let job = Job::new(&github);
    write(&job.path("told"), "error: the VPC of network \"hub\" is not there\n```\n@everyone </details>\n");
    let spec = root().join("examples/cross-account");
    let spec = spec.to_str().unwrap();
    job.run(&["--failed", "told", "-f", spec]);
    let text = only(&github);
    assert!(text.contains("**The plan for `crossaccount` failed.**"), "{text}");
    assert!(text.contains("````text\nerror: the VPC of network \"hub\" is not there\n```\n@everyone"), "{text}");
    job.run(&[&plan("create")]);
    assert!(only(&github).contains("20 to create"), "the next plan takes its place");

    // A spec that does not hold together tells its project all the same, and one that tells none is asked for a name.
    write(&job.path("privlink.kdl"), "project \"crossaccount\"\nnetwork {{{\n");
    job.run(&["--failed", "told"]);
    assert!(only(&github).contains("failed"));
    write(&job.path("privlink.kdl"), "network");
    let (out, err) = job.run(&["--failed", "told"]);
    assert_eq!(out, "");
    assert!(err.starts_with("::warning title=privlink::nothing was posted") && err.contains("--name"), "{err}");
    job.run(&["--failed", "told", "--name", "shop"]);
    assert_eq!(github.comments().len(), 2);
}

#[test]
fn what_prevents_it_is_said_and_fails_nothing() {
    let github = StandIn::start();
    let said = |job: &Job<'_>| {
        let (out, err) = job.run(&[&plan("create"), "--labels"]);
        assert_eq!(out, "", "{err}");
        err
    };
    let fork = said(&Job::of_fork(&github));
    for words in ["::warning title=privlink::", "from a fork", "read only", "workflow_run", "pull_request_target"] {
        assert!(fork.contains(words), "{words}: {fork}");
    }
    let mut job = Job::new(&github);
    job.token = format!("{JOB}-readonly");
    let rights = said(&job);
    assert!(rights.contains("pull-requests: write") && !rights.contains("fork"), "{rights}");

    job.token = "ghx_forgotten".to_owned();
    let unknown = said(&job);
    assert!(unknown.contains("does not accept the token"), "{unknown}");
    assert_eq!(unknown.lines().count(), 1, "what fails alike is said once: {unknown}");
    job.token = JOB.to_owned();
    job.event["pull_request"]["number"] = json!(404);
    assert!(said(&job).contains("does not exist, or the token may not see it"));
    job.event = json!({ "ref": "refs/heads/main" });
    assert_eq!(said(&job), "this is not about a pull request, so that there is nowhere to comment.\n");

    github.control(&json!({ "remaining": 0, "reset_in": 3000 }));
    let limited = said(&Job::new(&github));
    assert!(
        limited.contains("rate limit is reached for another") && limited.contains(" seconds, until 20"),
        "{limited}"
    );
    assert_eq!(github.comments(), []);
}

#[test]
fn without_a_token_or_a_github_it_is_said_as_well() {
    let github = StandIn::start();
    let job = Job::new(&github);
    let create = plan("create");
    let mut command = job.command(&[&create]);
    let (_, err) = succeeded(command.env("GITHUB_TOKEN", ""), JOB);
    assert!(err.contains("there is no token in GITHUB_TOKEN or GH_TOKEN") && err.contains("github.token"), "{err}");
    let (_, err) = succeeded(job.command(&[&create, "--token-env", "NONE"]).env("NONE", " \n"), JOB);
    assert!(err.contains("there is no token in NONE"), "{err}");
    let (_, err) = succeeded(job.command(&[&create]).env("GITHUB_API_URL", "http://ghe.example/api/v3"), JOB);
    assert!(err.contains("must be https"), "{err}");
    let (_, err) = succeeded(job.command(&[&create]).env("GITHUB_API_URL", "http://127.0.0.1:1"), JOB);
    assert!(err.contains("no answer from 127.0.0.1:1"), "{err}");
    let (_, err) = succeeded(job.command(&[&create]).env("GITHUB_EVENT_PATH", "none.json"), JOB);
    assert!(err.contains("not about a pull request"), "{err}");

    // Outside of GitHub Actions it is said to people.
    let (_, err) = succeeded(&mut comment(&[&create, "--pull-request", "1"]), JOB);
    assert!(err.starts_with("warning: nothing was posted: there is no token in"), "{err}");
    assert!(err.contains("\n  help: "), "{err}");
}

#[test]
fn a_plan_that_cannot_be_read_is_said_and_the_others_are_told() {
    let github = StandIn::start();
    let job = Job::new(&github);
    write(&job.path("broken.plan"), "{}");
    let (out, err) = job.run(&["none.plan", "broken.plan", "store:none", &plan("create")]);
    assert_eq!(out, URL);
    for file in ["none.plan is left out", "broken.plan is left out", "store:none is left out"] {
        assert!(err.contains(file), "{err}");
    }
    let (out, err) = job.run(&["--failed", "none", "--name", "shop"]);
    assert!(out.is_empty() && err.contains("cannot read none"), "{err}");
}

#[test]
fn a_plan_is_found_in_the_store() {
    let github = StandIn::start();
    let job = Job::new(&github);
    let plans = job.path("kept/runs/plans");
    fs::create_dir_all(&plans).unwrap();
    fs::copy(plan("create"), plans.join("pr-1.json")).unwrap();
    let (out, err) = job.run(&["store:pr-1", "--store", "kept"]);
    assert_eq!((&*out, &*err), (URL, "comment of crossaccount: posted\n"));
    assert!(only(&github).contains("`privlink apply store:pr-1`"));
}

#[test]
fn flags_stand_in_for_the_environment() {
    let github = StandIn::start_with(&["--base", "/api/v3"]);
    let create = plan("create");
    let mut command = comment(&[&create, "--repository", REPOSITORY, "--pull-request", "1", "--api-url", &github.url]);
    command.args(["--token-env", "MINE", "--author", "ana"]).env("MINE", "ghp_ana");
    for end in ["posted", "says so already"] {
        let (out, err) = succeeded(&mut command, "ghp_ana");
        assert_eq!((&*out, err), (URL, format!("comment of crossaccount: {end}\n")));
    }
    assert!(!github.comments()[0].1.contains("<sub>"), "nothing is known of a run");
    assert!(github.requests().iter().all(|line| !line.contains("graphql")), "who it is was said");
}

#[test]
fn certificates_are_those_of_the_system_or_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = folder.path().display().to_string();
    let github = StandIn::start_with(&["--tls", &certificates]);
    let job = Job::new(&github);
    let run = |authority: &str| {
        let mut command = job.command(&[&plan("create")]);
        command.env("GITHUB_API_URL", github.sealed.as_ref().unwrap());
        succeeded(command.env("SSL_CERT_FILE", folder.path().join(authority)), JOB)
    };
    let (out, err) = run("none.pem");
    assert!(out.is_empty() && err.contains("certificate") && err.contains("SSL_CERT_FILE"), "{err}");
    assert_eq!(run("ca.pem").0, URL);

    // Certificates of the system, or none at all: that of the stand-in is nobody's.
    let mut command = job.command(&[&plan("create")]);
    command.env("GITHUB_API_URL", github.sealed.as_ref().unwrap()).env_remove("SSL_CERT_FILE");
    let (out, _) = succeeded(&mut command, JOB);
    assert_eq!((&*out, github.comments().len()), ("", 1));
}

#[test]
fn the_page_of_the_step_has_it_too() {
    let github = StandIn::start();
    let job = Job::of_fork(&github);
    write(&job.path("summary.md"), "before\n");
    for name in ["create", "none"] {
        job.run(&[&plan(name), "--summary"]);
    }
    let page = fs::read_to_string(job.path("summary.md")).unwrap();
    assert!(page.starts_with("before\n**Plan for") && page.contains("No changes") && !page.contains("<!--"), "{page}");
    write(&job.path("summary.md"), &"x".repeat(1 << 20));
    let (_, err) = job.run(&[&plan("create"), "--summary"]);
    assert!(err.contains("1 MiB"), "{err}");
    let (_, err) = succeeded(job.command(&[&plan("create"), "--summary"]).env_remove("GITHUB_STEP_SUMMARY"), JOB);
    assert!(err.contains("GITHUB_STEP_SUMMARY is not set"), "{err}");
}

#[test]
fn comments_that_a_race_left_are_named() {
    let github = StandIn::start();
    let twin = json!({ "issue": 1, "body": "<!-- privlink:plan:crossaccount -->\nold", "login": BOT });
    github.control(&json!({ "comments": [twin, twin] }));
    let (out, err) = Job::new(&github).run(&[&plan("create")]);
    assert_eq!(out, URL);
    assert!(err.contains("1 more comment is of crossaccount as well"), "{err}");
    assert_eq!(github.comments().len(), 2, "nothing is deleted");
}

#[test]
fn only_a_command_line_that_cannot_be_meant_is_an_error() {
    let create = plan("create");
    for arguments in [
        &[][..],
        &[&create, "--failed", "told"],
        &[&create, &create, "--name", "x"],
        &[&create, "--name", "a b"],
        &[&create, "--pull-request", "0"],
        &[&create, "--token", "ghp_x"],
    ] {
        let output = comment(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {}", told(&output));
    }
}
