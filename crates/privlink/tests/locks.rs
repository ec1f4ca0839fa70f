//! Two who work on one project: one does, the other is told who, waits if told to, and no lock is broken but the one shown.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod scene;
mod served;

use std::process::{Command, Output};

use scene::Under;
use served::{SPEED, Served, example, privlink, told};

const EXAMPLE: &str = "cross-account";

/// A command on a served sandbox: two processes can share that.
fn command(sandbox: &Served, verb: &[&str]) -> Command {
    let mut command = privlink(verb);
    command.arg("-f").arg(example(EXAMPLE)).args(["--endpoint", &sandbox.url, "--sandbox-speed", SPEED]);
    command.arg("--store").arg(sandbox.store());
    command
}

fn expect(code: i32, output: &Output) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
    told(output)
}

fn world(sandbox: &Served) -> String {
    let output = privlink(&["sandbox", "show", "--url", &sandbox.url]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_second_is_told_who_is_at_work_or_waits() {
    // So slow that the first is still at work while the others ask.
    let sandbox = Served::start_at(EXAMPLE, "100");
    let slow = |verb: &[&str]| {
        let mut command = privlink(verb);
        command.arg("-f").arg(example(EXAMPLE)).args(["--endpoint", &sandbox.url, "--sandbox-speed", "100"]);
        command.arg("--store").arg(sandbox.store()).env("USER", "ana");
        command
    };
    let first = Under::until(slow(&["apply", "-y"]), "Run ", 1);
    let second = expect(7, &slow(&["apply", "-y"]).output().unwrap());
    for word in ["is locked by ana@", "privlink apply, run ", "--lock-timeout", &first.id().to_string()] {
        assert!(second.contains(word), "{word}: {second}");
    }
    let unlock = expect(7, &slow(&["unlock", "-y"]).output().unwrap());
    assert!(unlock.contains("stop process"), "{unlock}");
    let runs = expect(0, &slow(&["runs"]).output().unwrap());
    assert!(runs.contains("under way"), "{runs}");
    let waited = Under::until(slow(&["apply", "-y", "--lock-timeout", "5m"]), "Waiting: project", 1);
    expect(0, &first.end());
    let waited = expect(0, &waited.end());
    assert!(waited.contains("No changes"), "{waited}");
    let none = expect(0, &slow(&["unlock", "-y"]).output().unwrap());
    assert!(none.contains("Nobody holds the lock"), "{none}");
}

#[test]
fn a_lock_goes_with_its_process() {
    let sandbox = Served::start(EXAMPLE);
    let before = world(&sandbox);
    Under::until(command(&sandbox, &["apply", "-y"]), " ok ", 1).kill();
    let none = expect(0, &command(&sandbox, &["unlock"]).output().unwrap());
    assert!(none.contains("Nobody holds the lock"), "{none}");
    expect(0, &command(&sandbox, &["resume", "--rollback"]).output().unwrap());
    assert_eq!(world(&sandbox), before);
}

#[test]
fn where_a_run_cannot_be_written_down_nothing_is_called() {
    let sandbox = Served::start(EXAMPLE);
    let before = world(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let occupied = folder.path().join("occupied");
    std::fs::write(&occupied, "").unwrap();
    for verb in ["apply", "destroy"] {
        let mut command = privlink(&[verb, "-y", "--endpoint", &sandbox.url, "-f"]);
        let output = command.arg(example(EXAMPLE)).arg("--store").arg(&occupied).output().unwrap();
        let told = expect(1, &output);
        assert!(told.contains("occupied") && told.contains("nothing was called"), "{told}");
    }
    assert_eq!(world(&sandbox), before);
}
