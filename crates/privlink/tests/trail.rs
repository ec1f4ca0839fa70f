//! What a sandbox remembers of who did what, seen by boto3, which checks each answer by AWS's models.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a failed set-up is a failed test")]

mod served;

use std::path::Path;
use std::process::Output;

use serde_json::Value as Json;
use served::{SPEED, Served, example, privlink, python, told};

const EXAMPLE: &str = "cross-account";

/// A file of faults with which the log shows calls at once.
fn at_once(folder: &Path) -> String {
    let faults = folder.join("faults.kdl");
    std::fs::write(&faults, "trail-lag \"0s\"\n").unwrap();
    faults.display().to_string()
}

#[test]
fn boto3_finds_in_the_log_who_changed_what_beside_the_apply() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Served::start_with(EXAMPLE, &["--speed", SPEED, "--faults", &at_once(folder.path())]);
    sandbox.expect(0, &["apply", "-y"], EXAMPLE);
    let facts = python("trail.py", &[&sandbox.url]);
    assert!(facts.contains(" 0 failed"), "{facts}");
}

/// What `schema permissions` prints for a spec.
fn printed(arguments: &[&str], spec: &Path) -> Json {
    let output = privlink(&["schema", "permissions", "-f"]).arg(spec).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)))
}

/// A role of a world file with the policies that are printed for an account; one without may do everything.
fn role(policies: Option<&Json>) -> String {
    let documents = policies.map(|one| one.as_array().cloned().unwrap_or_else(|| vec![one.clone()]));
    let lines = documents.iter().flatten().map(|document| format!("policy #\"{document}\"#\n"));
    format!("role \"checker\" {{\n{}}}\n    role \"privlink-deployer\"", lines.collect::<String>())
}

#[test]
fn exactly_the_printed_policies_find_out_who_did_it_and_tell_the_bus() {
    let folder = tempfile::tempdir().unwrap();
    let read = |file: &str| std::fs::read_to_string(example(EXAMPLE).join(file)).unwrap();
    let spec = folder.path().join("privlink.kdl");
    std::fs::write(&spec, read("privlink.kdl").replace("role \"privlink-deployer\"", "role \"checker\"")).unwrap();
    let telling = printed(&["--drift", "--event-bus", "default@gateway"], &spec);
    let check = |policies: [Option<&Json>; 2]| {
        let world = read("world.kdl");
        let mut parts = world.split("role \"privlink-deployer\"");
        let mut made = parts.next().unwrap().to_owned();
        for (part, policies) in parts.by_ref().zip(policies) {
            made.push_str(&format!("{}{part}", role(policies)));
        }
        let file = folder.path().join("world.kdl");
        std::fs::write(&file, made).unwrap();
        let sandbox = Served::start_world(&file, &["--speed", SPEED, "--faults", &at_once(folder.path())]);
        sandbox.expect(0, &["apply", "-y"], EXAMPLE);
        python("change.py", &[&sandbox.url, "rule-opened"]);
        let mut drift = privlink(&["drift", "--event-bus", "default@gateway", "-f"]);
        drift.arg(&spec).args(["--endpoint", &sandbox.url, "--sandbox-speed", SPEED]);
        let output: Output = drift.env("PRIVLINK_STORE", sandbox.store()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
        told(&output)
    };
    let [gateway, application] = ["gateway", "application"].map(|name| Some(&telling[name]));
    let by = "by hand (arn:aws:sts::222222222222:assumed-role/privlink-deployer/hand)";
    let text = check([gateway, application]);
    assert!(text.contains(by) && text.contains("put on default@gateway"), "{text}");
    assert!(!text.contains("is not known") && !text.contains("not authorized"), "{text}");

    // Without what is printed for telling and asking, the check itself goes on and says what it could not do.
    let reading = printed(&[], &spec);
    let text = check([Some(&reading["gateway"]), Some(&reading["application"])]);
    assert!(text.contains("0.0.0.0/0") && !text.contains(by), "{text}");
    for lacks in ["cloudtrail:LookupEvents", "events:PutEvents"] {
        assert!(text.contains(&format!("not authorized to perform: {lacks}")), "{lacks}: {text}");
    }
}
