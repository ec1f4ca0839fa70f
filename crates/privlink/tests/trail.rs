//! What a sandbox remembers of who did what, seen by boto3, which checks each answer by AWS's models.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a failed set-up is a failed test")]

mod served;

use served::{SPEED, Served, python};

#[test]
fn boto3_finds_in_the_log_who_changed_what_beside_the_apply() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.kdl");
    std::fs::write(&faults, "trail-lag \"0s\"\n").unwrap();
    let faults = faults.display().to_string();
    let sandbox = Served::start_with("cross-account", &["--speed", SPEED, "--faults", &faults]);
    sandbox.expect(0, &["apply", "-y"], "cross-account");
    let facts = python("trail.py", &[&sandbox.url]);
    assert!(facts.contains(" 0 failed"), "{facts}");
}
