//! A change lived through the shipped workflows: planned and commented, merged and applied as it was reviewed, watched for
//! drift; and each way in which that must not go.

use std::process::Command;

use super::repository::{HEAD, MERGED, Repository};
use super::{all, script};
use crate::scene::{Scene, Under};
use crate::served::root;
use crate::standin::{PULL_REQUEST, REPOSITORY, StandIn};
use serde_json::json;

#[test]
fn a_pull_request_is_planned_merged_and_applied_as_it_was_reviewed() {
    let repository = Repository::new();
    let planned = repository.plan();
    assert_eq!((planned.output("exitcode"), planned.output("changes")), ("2", "true"), "{planned}");
    let summary = planned.output("summary").to_owned();
    assert!(summary.starts_with("Plan: ") && summary.contains(" to create, 0 to change, 0 to delete"), "{summary}");
    assert!(planned.output("plan-path").ends_with("/privlink.plan"), "{planned}");
    assert!(repository.kept_plan().is_file());
    let comments = repository.github.comments();
    assert_eq!(comments.len(), 1, "{planned}");
    assert!(comments[0].1.starts_with("<!-- privlink:plan:crossaccount -->"), "{}", comments[0].1);
    assert!(planned.output("comment-url").starts_with("http"), "{planned}");
    assert!(planned.summary().contains("to create"), "{}", planned.summary());
    assert!(planned.summary().contains("target/orders/endpoint-service"), "{}", planned.summary());

    assert_eq!(repository.github.issue(PULL_REQUEST)["labels"], json!(["privlink:create"]));

    repository.merged_from(REPOSITORY);
    let applied = repository.apply();
    assert_eq!(applied.result(), "success", "{applied}");
    assert_eq!((applied.output("exitcode"), applied.output("changes")), ("0", "true"), "{applied}");
    assert!(applied.output("summary").starts_with("Applied: "), "{applied}");
    assert!(applied.summary().contains("### privlink apply"), "{}", applied.summary());

    // The next pull request finds nothing to do, and says so in the same comment.
    let again = repository.plan();
    assert_eq!((again.output("exitcode"), again.output("changes")), ("0", "false"), "{again}");
    assert!(again.output("summary").starts_with("No changes: "), "{again}");
    assert_eq!(repository.github.comments().len(), 1);
    assert_ne!(repository.github.comments(), comments);
    let nothing = repository.apply();
    assert_eq!(nothing.result(), "success", "{nothing}");
    assert_eq!((nothing.output("exitcode"), nothing.output("changes")), ("0", "false"), "{nothing}");
}

#[test]
fn a_plan_is_not_applied_to_a_world_or_a_spec_that_moved_on() {
    let mut repository = Repository::new();
    repository.plan();
    repository.merged_from(REPOSITORY);
    let before = repository.world();
    // Another change was merged meanwhile.
    repository.edit("10.0.0.0/8", "10.0.0.0/9");
    let refused = |repository: &Repository, why: &str| {
        let stale = repository.apply();
        assert_eq!(stale.result(), "failure", "{why}: {stale}");
        let log = stale.log("Compare it with what would be planned now");
        assert!(log.contains("::error::The reviewed plan is stale: ") && log.contains("exit code 6"), "{why}: {log}");
        assert_eq!(stale.step("privlink/privlink@")["outcome"], "skipped", "{why}: {stale}");
        assert!(stale.summary().contains("\nThe reviewed plan is stale: "), "{why}: {}", stale.summary());
        log.to_owned()
    };
    let log = refused(&repository, "another spec");
    let differs = |sign: &str, value: &str| log.lines().any(|line| line.starts_with(sign) && line.contains(value));
    assert!(differs("| -", "10.0.0.0/8") && differs("| +", "10.0.0.0/9"), "{log}");
    assert_eq!(repository.world(), before);
    repository.edit("10.0.0.0/9", "10.0.0.0/8");

    // Who may write into a pull request could make its job keep another plan than it shows.
    let kept = repository.kept_plan();
    let text = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, text.replace("10.0.0.0/8", "0.0.0.0/0")).unwrap();
    refused(&repository, "another plan");
    assert_eq!(repository.world(), before);
    std::fs::write(&kept, text).unwrap();

    // The run is run again when main is elsewhere: its own commit would plan what it planned.
    repository.attempt = 2;
    repository.has_on_main(HEAD);
    let old = repository.apply();
    let log = old.log("Find the plan that was reviewed");
    assert!(old.result() == "failure" && log.contains("::error::main has moved on since 2222"), "{old}");
    assert_eq!(repository.world(), before);
    repository.has_on_main(MERGED);

    // And at last it is applied, and then is none of the present world any more.
    let applied = repository.apply();
    assert_eq!(applied.result(), "success", "{applied}");
    repository.opened_by_hand();
    let changed = repository.world();
    refused(&repository, "another world");
    assert_eq!(repository.world(), changed);
}

#[test]
fn a_fork_gets_no_plan_and_what_nobody_planned_is_not_applied() {
    let repository = Repository::new();
    let before = repository.world();
    let skipped = repository.plan_from("mallory/infra", 12);
    assert_eq!(skipped.result(), "skipped", "{skipped}");
    assert!(repository.github.requests().is_empty());

    let refused = |why: &str| {
        let ended = repository.apply();
        assert_eq!(ended.result(), "failure", "{ended}");
        let log = ended.log("Find the plan that was reviewed");
        assert!(log.contains("::error::") && log.contains(why) && log.contains("nothing was applied"), "{log}");
        assert_eq!(repository.world(), before);
    };
    refused("is not the merge of a pull request of this repository");
    // A fork's pull request that was merged by hand, with a run that says it succeeded.
    repository.merged_from("mallory/infra");
    refused("is not the merge of a pull request of this repository");
    let merge = json!({ MERGED: { "head": HEAD, "from": REPOSITORY, "number": 1 } });
    repository.knows(&merge, &json!([]));
    refused("plan.yml made no plan for 1111");
    let run = |from: &str, event: &str, conclusion: &str| json!([{ "id": 12, "head": HEAD, "from": from, "event": event, "conclusion": conclusion }]);
    for (from, event, conclusion) in [
        ("mallory/infra", "pull_request", "success"),
        (REPOSITORY, "push", "success"),
        (REPOSITORY, "pull_request", "failure"),
    ] {
        repository.knows(&merge, &run(from, event, conclusion));
        refused("plan.yml made no plan for 1111");
    }
}

#[test]
fn a_plan_that_fails_is_told_and_kept_by_nobody() {
    let repository = Repository::new();
    repository.edit("load-balancer \"orders-internal\"", "load-balancer \"nobody\"");
    let failed = repository.plan_from(REPOSITORY, 11);
    assert_eq!(failed.result(), "failure", "{failed}");
    assert_eq!((failed.output("exitcode"), failed.output("changes")), ("1", ""), "{failed}");
    assert_eq!((failed.output("plan-path"), failed.output("summary")), ("", "plan failed; nothing was changed."));
    assert_eq!(failed.outcome("actions/upload-artifact"), "skipped");
    assert!(!repository.kept_plan().exists());
    let comments = repository.github.comments();
    assert!(comments.len() == 1 && comments[0].1.contains("nobody"), "{comments:?}: {failed}");
    assert!(failed.summary().contains("nobody"), "{}", failed.summary());
}

#[test]
fn two_specs_of_one_project_have_a_comment_each() {
    let mut repository = Repository::new();
    for name in ["eu/shop", "us/shop", "eu/shop"] {
        repository.inputs["name"] = name.into();
        repository.plan();
    }
    let comments = repository.github.comments();
    let marks: Vec<&str> = comments.iter().filter_map(|(_, text)| text.lines().next()).collect();
    assert_eq!(marks, ["<!-- privlink:plan:eu/shop -->", "<!-- privlink:plan:us/shop -->"]);

    repository.inputs["comment"] = "false".into();
    repository.inputs["name"] = "asia/shop".into();
    repository.plan();
    assert_eq!(repository.github.comments(), comments);
}

#[test]
fn who_may_not_comment_still_plans() {
    let mut repository = Repository::new();
    repository.token = "ghs_job-readonly";
    let planned = repository.plan();
    assert_eq!((planned.output("exitcode"), planned.output("comment-url")), ("2", ""), "{planned}");
    assert!(planned.log("privlink/privlink@").contains("::warning"), "{planned}");
    assert!(repository.kept_plan().is_file() && repository.github.comments().is_empty());
}

#[test]
fn drift_is_told_once_and_told_as_gone() {
    let repository = Repository::new();
    repository.plan();
    repository.merged_from(REPOSITORY);
    assert_eq!(repository.apply().result(), "success");
    let clean = repository.drift();
    assert_eq!(clean.result(), "success", "{clean}");
    assert_eq!((clean.output("exitcode"), clean.output("changes")), ("0", "false"), "{clean}");

    repository.opened_by_hand();
    for _ in 0..2 {
        let drifted = repository.drift();
        assert_eq!(drifted.result(), "failure", "{drifted}");
        assert_eq!((drifted.output("exitcode"), drifted.output("changes")), ("2", "true"), "{drifted}");
        let issue = repository.github.issue(2);
        assert_eq!(issue["state"], "open");
        assert!(issue["body"].as_str().unwrap().contains("entry/hub/security-group"), "{issue:#}");
        assert_eq!(repository.github.hooks().len(), 1, "told once");
        assert!(drifted.summary().contains("0.0.0.0/0"), "{}", drifted.summary());
    }
    // A pull request, an empty one will do, puts it back.
    repository.plan();
    let repaired = repository.apply();
    assert_eq!(repaired.result(), "success", "{repaired}");
    let clean = repository.drift();
    assert_eq!(clean.result(), "success", "{clean}");
    assert_eq!(repository.github.issue(2)["state"], "closed");
    assert_eq!(repository.github.hooks().len(), 2, "told as gone");
}

/// The script that runs privlink, in the folder of a scene.
fn run(scene: &Scene, command: &str, plan: &str) -> Command {
    let mut run = script("run.sh");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_privlink")).parent().unwrap().display().to_string();
    run.env("PATH", format!("{binary}:{}", std::env::var("PATH").unwrap())).current_dir(scene.file("."));
    run.env("INPUT_COMMAND", command).env("INPUT_PLAN_PATH", plan).env("INPUT_COMMENT", "false");
    run.env("PRIVLINK_SANDBOX", scene.file("sandbox")).env("PRIVLINK_SANDBOX_SPEED", "2000");
    run.env("GITHUB_OUTPUT", scene.file("output")).env("GITHUB_STEP_SUMMARY", scene.file("summary"));
    run.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_REGION", "us-east-1");
    run
}

#[test]
fn a_stale_plan_is_told_as_stale() {
    let scene = Scene::new("cross-account");
    let read = |name: &str| std::fs::read_to_string(scene.file(name)).unwrap();
    for (command, code) in [("plan", 0), ("apply", 0), ("apply", 6)] {
        let _ = std::fs::remove_file(scene.file("output"));
        let output = run(&scene, command, "privlink.plan").output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", all(&output));
    }
    let told = read("output");
    assert!(told.starts_with("exitcode=6\nchanges=false\nsummary=The plan is stale: "), "{told}");
    assert!(read("summary").contains("appeared since the plan was made"), "{}", read("summary"));
}

#[test]
fn a_cancelled_apply_takes_back_what_it_did() {
    let scene = Scene::new("cross-account");
    let planned = run(&scene, "plan", "privlink.plan").output().unwrap();
    assert!(planned.status.success(), "{}", all(&planned));
    std::fs::remove_file(scene.file("output")).unwrap();
    let before = scene.world();
    // As action.yml calls it, by `exec`; what it tells goes where this test reads.
    let mut apply = Command::new("bash");
    apply.args(["-c", "exec bash \"$0\" >&2"]).arg(root().join("action/run.sh")).current_dir(scene.file("."));
    for (name, value) in run(&scene, "apply", "privlink.plan").get_envs() {
        match value {
            Some(value) => apply.env(name, value),
            None => apply.env_remove(name),
        };
    }
    apply.env("PRIVLINK_SANDBOX_SPEED", "300");
    let under = Under::until(apply, "ok created", 3);
    // As the runner does: the first process of the step alone is told.
    under.signal("INT");
    let output = under.end();
    assert_eq!(output.status.code(), Some(130), "{}", all(&output));
    let told = std::fs::read_to_string(scene.file("output")).unwrap();
    assert!(
        told.contains("exitcode=130\n") && told.contains("summary=Stopped after ") && told.contains("rolled back"),
        "{told}"
    );
    scene.is_as(&before);
}

#[test]
fn what_is_told_of_a_spec_is_no_command_to_the_runner() {
    let scene = Scene::new("cross-account");
    std::fs::write(scene.file("privlink.kdl"), "::error::mine \"\n::add-mask::Plan\n\"\n").unwrap();
    let output = run(&scene, "plan", "privlink.plan").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    assert!(output.stderr.is_empty(), "the runner reads two streams in no order");
    let text = all(&output);
    let seal = text.lines().find_map(|line| line.strip_prefix("::stop-commands::")).unwrap();
    assert_eq!(seal.len(), 32, "{text}");
    // Until the seal is said again the runner obeys nothing.
    let (before, rest) = text.split_once(&format!("::stop-commands::{seal}\n")).unwrap();
    let (inside, after) = rest.split_once(&format!("::{seal}::\n")).unwrap();
    assert!(before.is_empty() && inside.contains("::error::mine"), "{text}");
    assert_eq!(after, "::error title=privlink plan::plan failed; nothing was changed.\n");
    let again = run(&scene, "plan", "privlink.plan").output().unwrap();
    assert!(!all(&again).contains(seal), "a seal that is known beforehand keeps nobody out");

    let told = std::fs::read_to_string(scene.file("output")).unwrap();
    assert!(told.lines().all(|line| line.starts_with("exitcode=") || line.contains('=')), "{told}");
    let page = std::fs::read_to_string(scene.file("summary")).unwrap();
    let ours = |line: &&str| line.starts_with("### privlink plan") || *line == "plan failed; nothing was changed.";
    let rest = page.lines().filter(|line| !line.is_empty() && !ours(line));
    assert!(rest.clone().all(|line| line.starts_with("    ")) && page.contains("::error::mine"), "{page}");
}

#[test]
fn another_command_is_refused() {
    let scene = Scene::new("cross-account");
    let output = run(&scene, "destroy", "").output().unwrap();
    assert_eq!(output.status.code(), Some(64), "{}", all(&output));
    assert!(all(&output).contains("command: expected plan, apply or drift; this is \"destroy\""), "{}", all(&output));
}

#[test]
fn inputs_are_one_a_line_and_never_a_script() {
    let scene = Scene::new("cross-account");
    let read = |name: &str| std::fs::read_to_string(scene.file(name)).unwrap();
    // A spec of two parts, in a folder with a space, and arguments with what a shell would obey.
    let (folder, whole) = (scene.file("a b"), read("privlink.kdl"));
    std::fs::create_dir(&folder).unwrap();
    let (project, rest) = whole.split_once("account \"gateway\"").unwrap();
    std::fs::write(folder.join("project.kdl"), project).unwrap();
    std::fs::write(folder.join("rest.kdl"), format!("account \"gateway\"{rest}")).unwrap();
    let plan = |spec: &str, more: &str| {
        let _ = std::fs::remove_file(scene.file("output"));
        let mut command = run(&scene, "plan", "a b/$(touch owned).plan");
        command.env("INPUT_SPEC", spec).env("INPUT_ARGS", more);
        let output = command.output().unwrap();
        assert!(!scene.file("owned").exists() && !folder.join("owned").exists());
        (output.status.code(), all(&output), read("output"))
    };
    let parts = "  a b/project.kdl\n\n a b/rest.kdl  \n";
    let (code, text, told) = plan(parts, "--target\ntarget/orders/endpoint-service\n");
    assert_eq!(code, Some(0), "{text}");
    assert!(told.contains("\nsummary=Plan: 1 to create, 0 to change, 0 to delete"), "{told}");
    let at = scene.file("a b/$(touch owned).plan");
    assert!(
        at.is_file()
            && told.lines().any(|line| line.starts_with("plan-path=") && line.ends_with("/a b/$(touch owned).plan")),
        "{told}"
    );

    // A variable of the spec is one to whatever reads the spec, the comment of a plan that failed too.
    let github = StandIn::start();
    let spec = whole.replace("project \"crossaccount\"", "variable \"name\"\nproject \"${name}\"");
    std::fs::write(scene.file("privlink.kdl"), spec.replace("vpc name=\"hub\"", "vpc name=\"nobody\"")).unwrap();
    for given in ["--var\nname=shop", "--var=name=shop"] {
        let mut command = run(&scene, "plan", "");
        command.env("INPUT_ARGS", given).env("INPUT_COMMENT", "true").env("INPUT_TOKEN", "ghs_job");
        command.env("GITHUB_API_URL", &github.url).env("GITHUB_REPOSITORY", REPOSITORY);
        let output = command.env("GITHUB_REF", format!("refs/pull/{PULL_REQUEST}/merge")).output().unwrap();
        let comments = github.comments();
        let told = comments.len() == 1 && comments[0].1.contains("**The plan for `shop` failed.**");
        assert!(told, "{comments:?} {}", all(&output));
    }

    let (code, text, told) = plan(parts, "--target=$(touch owned)`touch owned`; touch owned");
    assert_eq!(code, Some(1), "{text}");
    assert!(told.starts_with("exitcode=1\nchanges=\nsummary=plan failed; nothing was changed.\n"), "{told}");
}
