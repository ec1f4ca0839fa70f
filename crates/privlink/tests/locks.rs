//! Two who work on one project: one does, the other is told who, waits if told to, and no lock is broken but the one shown.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod scene;
mod served;

use std::process::{Command, Output};

use scene::Under;
use served::moto::Server;
use served::{SPEED, Served, example, privlink, python, root, told};

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

/// A project whose spec keeps its runs in a bucket, on moto.
struct Shared {
    moto: Server,
    folder: tempfile::TempDir,
}

impl Shared {
    fn new() -> Self {
        let (moto, folder) = (Server::start(), tempfile::tempdir().unwrap());
        python("moto_world.py", &[&moto.url]);
        python("moto_store.py", &[&moto.url, "make", "acme-privlink"]);
        let spec = std::fs::read_to_string(root().join("testdata/moto/chain/privlink.kdl")).unwrap();
        let store = "tags team=\"platform\"\n    store \"s3://acme-privlink/moto\" account=\"gateway\"";
        let spec = spec.replace("tags team=\"platform\"", store);
        assert!(spec.contains("s3://"));
        std::fs::write(folder.path().join("privlink.kdl"), spec).unwrap();
        Self { moto, folder }
    }

    fn command(&self, verb: &[&str]) -> Command {
        let mut command = privlink(verb);
        command.current_dir(self.folder.path()).args(["--endpoint", &self.moto.url, "--sandbox-speed", "20"]);
        command
    }

    fn expect(&self, code: i32, verb: &[&str]) -> String {
        expect(code, &self.command(verb).output().unwrap())
    }
}

#[test]
fn a_lock_in_a_bucket_outlives_its_holder_until_it_is_broken() {
    let shared = Shared::new();
    // What moto carries without a difference.
    shared.expect(0, &["plan", "-o", "store:first", "--target", "entry/hub"]);
    Under::until(shared.command(&["apply", "-y", "--target", "entry/hub"]), " ok ", 1).kill();
    let held = shared.expect(7, &["apply", "-y", "--lock-timeout", "1s"]);
    for word in ["Waiting: project \"moto\"", "is locked by", "it expires at", "`privlink unlock` breaks it"] {
        assert!(held.contains(word), "{word}: {held}");
    }
    let shown = shared.expect(5, &["unlock"]);
    assert!(shown.contains("is locked by") && shown.contains("privlink resume"), "{shown}");
    assert!(shared.expect(7, &["resume"]).contains("is locked by"));
    assert!(shared.expect(0, &["unlock", "-y"]).contains("The lock is broken."));
    assert!(shared.expect(0, &["unlock", "-y"]).contains("Nobody holds the lock"));

    // Another machine with the same spec finds the run, and a folder of its own holds nothing of it.
    assert!(!shared.folder.path().join(".privlink").exists());
    assert!(shared.expect(5, &["apply", "-y"]).contains("has not come to an end"));
    shared.expect(0, &["resume", "--rollback"]);
    assert!(shared.expect(0, &["runs"]).contains("rolled back"));
    // What was planned is still so, as all is as it was.
    shared.expect(0, &["apply", "store:first"]);
}

/// A sandbox for everything but S3, which is a moto: each is found by its variable, and time is what it is.
fn beside(shared: &Shared, sandbox: &Served, verb: &[&str]) -> Command {
    let mut command = privlink(verb);
    command.arg("-f").arg(shared.folder.path()).env("AWS_ENDPOINT_URL", &sandbox.url);
    command.env("AWS_ENDPOINT_URL_S3", &shared.moto.url);
    command
}

#[test]
fn a_run_that_loses_its_lock_calls_nothing_more() {
    let shared = Shared::new();
    let faults = shared.folder.path().join("faults.kdl");
    // Longer than it takes to find out that a lock is broken: it is renewed every 20 seconds.
    std::fs::write(&faults, "fault \"ec2:CreateSecurityGroup\" { slow \"27s\" }").unwrap();
    let faults = faults.display().to_string();
    let sandbox = Served::start_with(EXAMPLE, &["--speed", "1", "--faults", &faults]);
    let spec = std::fs::read_to_string(example(EXAMPLE).join("privlink.kdl")).unwrap();
    let store = "region \"us-east-1\"\n    store \"s3://acme-privlink/lost\" account=\"gateway\"";
    let spec = spec.replacen("region \"us-east-1\"", store, 1);
    std::fs::write(shared.folder.path().join("privlink.kdl"), spec).unwrap();
    let verb = ["apply", "-y", "--target", "entry/hub/security-group"];
    let mut run = Under::until(beside(&shared, &sandbox, &verb), "Run ", 1);
    let broken = expect(0, &beside(&shared, &sandbox, &["unlock", "-y"]).output().unwrap());
    assert!(broken.contains("The lock is broken."), "{broken}");
    run.wait_for("the lock was lost: somebody broke it: nothing more is called", 1);
    let told = expect(4, &run.end());
    assert!(told.contains("Left behind (1)") && told.contains("privlink resume "), "{told}");
    let runs = expect(0, &beside(&shared, &sandbox, &["runs"]).output().unwrap());
    assert!(runs.contains("unfinished"), "{runs}");
    // The call that was under way has made the group; its rule was not called for.
    let left = world(&sandbox);
    assert!(left.contains("\"entry/hub/security-group\"") && !left.contains("10.0.0.0/8"), "{left}");
}
