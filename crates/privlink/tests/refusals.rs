//! What goes wrong, each with an exit code, a message at its place and nothing changed.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use served::{SPEED, Served, example, privlink, told};

const EXAMPLE: &str = "cross-account";

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// The example's spec with something replaced, in a folder of its own with the example's world.
fn changed(folder: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(example(EXAMPLE).join("privlink.kdl")).unwrap();
    assert!(text.contains(from), "the example no longer says {from}");
    fs::write(folder.join("privlink.kdl"), text.replace(from, to)).unwrap();
    fs::copy(example(EXAMPLE).join("world.kdl"), folder.join("world.kdl")).unwrap();
}

fn on_sandbox(folder: &Path, spec: &Path, verb: &[&str]) -> Command {
    let mut command = privlink(verb);
    command.arg("-f").arg(spec).arg(format!("--sandbox={}", folder.join("sandbox").display()));
    // The variable and not the flag: a test may give the flag.
    command.env("PRIVLINK_SANDBOX_SPEED", SPEED);
    command
}

fn world(folder: &Path) -> String {
    let sandbox = format!("--sandbox={}", folder.join("sandbox").display());
    let output = privlink(&["sandbox", "show", &sandbox]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for arguments in [&[][..], &["frob"], &["plan", "--frob"], &["plan", "--var", "x"], &["explain", "no::such"]] {
        let output = privlink(arguments).output().unwrap();
        assert_eq!(code(&output), 64, "{arguments:?}: {}", told(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["plan", "-h"]] {
        let output = privlink(arguments).output().unwrap();
        assert_eq!(code(&output), 0, "{arguments:?}");
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn every_problem_of_a_spec_is_told_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    changed(folder.path(), "target=\"orders\"", "target=\"odrers\"");
    let spec = folder.path().join("privlink.kdl");
    let text = fs::read_to_string(&spec).unwrap().replace("\"222222222222\"", "\"2222\"");
    fs::write(&spec, text).unwrap();
    for verb in ["check", "plan", "apply", "destroy"] {
        let output = privlink(&[verb, "-f"]).arg(&spec).output().unwrap();
        let told = told(&output);
        assert_eq!(code(&output), 1, "{verb}: {told}");
        assert!(told.contains("privlink::target::unknown") && told.contains("did you mean `orders`?"), "{told}");
        assert!(told.contains("privlink::account::id") && told.contains("privlink.kdl:6:"), "{told}");
        assert!(told.contains("2 errors"), "{told}");
    }
    let output = privlink(&["check", "--format", "json", "-f"]).arg(&spec).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 2);
    assert_eq!(json["diagnostics"][0]["labels"][0]["line"], 6);
}

#[test]
fn a_reader_who_goes_away_ends_nothing() {
    let mut child = privlink(&["explain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", told(&output));
    assert!(output.stderr.is_empty(), "{}", told(&output));
}

#[test]
fn without_credentials_nothing_is_planned() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = privlink(&["plan", "-f"]);
    command.arg(example(EXAMPLE)).env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    // No profile and no cached login of whoever runs the tests.
    let output = command.env("HOME", folder.path()).output().unwrap();
    assert_eq!(code(&output), 1, "{}", told(&output));
    assert!(told(&output).contains("privlink::aws::no-credentials"), "{}", told(&output));
    assert!(told(&output).contains("privlink.kdl:"), "{}", told(&output));
}

#[test]
fn a_role_that_cannot_be_assumed_makes_a_plan_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let application = "account \"application\" id=\"111111111111\" {\n    role \"privlink-deployer\"";
    changed(folder.path(), application, &application.replace("privlink-deployer", "nobody"));
    let plan = on_sandbox(folder.path(), folder.path(), &["plan"]).output().unwrap();
    assert_eq!(code(&plan), 8, "{}", told(&plan));
    // The message is broken into lines, so its words are looked for one by one.
    for word in ["privlink::aws::assume-role", "arn:aws:iam::111111111111:role/nobody", "AccessDenied", "incomplete"] {
        assert!(told(&plan).contains(word), "{word}: {}", told(&plan));
    }
    let saved = folder.path().join("saved.plan");
    let plan =
        on_sandbox(folder.path(), folder.path(), &["plan", "-o", &saved.display().to_string()]).output().unwrap();
    assert_eq!(code(&plan), 8, "{}", told(&plan));
    assert!(!saved.exists(), "an incomplete plan was saved");
    let before = world(folder.path());
    for verb in ["apply", "destroy"] {
        let output = on_sandbox(folder.path(), folder.path(), &[verb, "-y"]).output().unwrap();
        assert_eq!(code(&output), 8, "{verb}: {}", told(&output));
    }
    assert_eq!(world(folder.path()), before);
}

#[test]
fn a_part_that_cannot_be_read_is_never_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let applied = on_sandbox(folder.path(), &example(EXAMPLE), &["apply", "-y"]).output().unwrap();
    assert_eq!(code(&applied), 0, "{}", told(&applied));
    let before = world(folder.path());
    let spec = tempfile::tempdir().unwrap();
    let application = "account \"application\" id=\"111111111111\" {\n    role \"privlink-deployer\"";
    changed(spec.path(), application, &application.replace("privlink-deployer", "nobody"));
    let plan = on_sandbox(folder.path(), spec.path(), &["plan", "--format", "json"]).output().unwrap();
    assert_eq!(code(&plan), 8, "{}", told(&plan));
    let json: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    assert_eq!(json["summary"]["delete"], 0, "{json:#}");
    assert_eq!(json["steps"].as_array().unwrap().len(), 0, "{json:#}");
    let output = on_sandbox(folder.path(), spec.path(), &["apply", "-y"]).output().unwrap();
    assert_eq!(code(&output), 8, "{}", told(&output));
    assert_eq!(world(folder.path()), before);
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_named() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let output = privlink(&["plan", "--endpoint", &url, "-f"]).arg(example(EXAMPLE)).output().unwrap();
    assert_eq!(code(&output), 1, "{}", told(&output));
    assert!(told(&output).contains("privlink::aws::unreachable"), "{}", told(&output));
    assert!(told(&output).contains("Nothing could be read"), "{}", told(&output));
}

#[test]
fn an_answer_that_is_not_aws_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Answers until the test's process ends.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\n<html>hello");
        }
    });
    let output = privlink(&["plan", "--endpoint", &url, "-f"]).arg(example(EXAMPLE)).output().unwrap();
    assert_eq!(code(&output), 1, "{}", told(&output));
    assert!(told(&output).contains("privlink::aws::unreadable"), "{}", told(&output));
}

#[test]
fn a_region_that_is_off_is_named() {
    let (folder, spec) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    changed(spec.path(), "region \"us-east-1\"", "region \"ap-east-1\"");
    let output = on_sandbox(folder.path(), spec.path(), &["plan"]).output().unwrap();
    assert_eq!(code(&output), 1, "{}", told(&output));
    for word in ["privlink::aws::region-off", "ap-east-1"] {
        assert!(told(&output).contains(word), "{word}: {}", told(&output));
    }
}

#[test]
fn an_endpoint_elsewhere_is_not_written_to_unasked() {
    // An address of documentation: nothing may be sent there, so this ends at once.
    for verb in ["apply", "destroy"] {
        let mut command = privlink(&[verb, "-y", "--endpoint", "http://192.0.2.1:9", "-f"]);
        let output = command.arg(example(EXAMPLE)).output().unwrap();
        assert_eq!(code(&output), 5, "{verb}: {}", told(&output));
        assert!(told(&output).contains("--dangerous-endpoint"), "{}", told(&output));
    }
}

#[test]
fn a_file_that_is_no_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not-a-plan");
    for text in ["", "{}", "{\"format_version\": \"99.0\"}", "\u{0}\u{1}", "[[[["] {
        fs::write(&path, text).unwrap();
        for verb in ["apply", "show"] {
            let output = privlink(&[verb]).arg(&path).output().unwrap();
            assert_eq!(code(&output), 1, "{verb} of {text:?}: {}", told(&output));
            assert!(told(&output).contains("privlink plan -o FILE"), "{}", told(&output));
        }
    }
}

#[test]
fn a_spec_that_cannot_be_derived_is_no_wish_to_delete() {
    let (folder, spec) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let applied = on_sandbox(folder.path(), &example(EXAMPLE), &["apply", "-y"]).output().unwrap();
    assert_eq!(code(&applied), 0, "{}", told(&applied));
    changed(spec.path(), "port 80", "port 8080");
    let output = on_sandbox(folder.path(), spec.path(), &["plan"]).output().unwrap();
    assert_eq!(code(&output), 1, "{}", told(&output));
    assert!(told(&output).contains("does not listen on port 8080"), "{}", told(&output));
    assert!(!told(&output).contains("would be deleted"), "{}", told(&output));
}

#[test]
fn a_served_sandbox_is_shown_saved_and_reset() {
    let sandbox = Served::start(EXAMPLE);
    let folder = tempfile::tempdir().unwrap();
    let show = || privlink(&["sandbox", "show", "--url", &sandbox.url]).output().unwrap();
    let before = show();
    assert_eq!(code(&before), 0, "{}", told(&before));
    sandbox.expect(0, &["apply", "-y"], EXAMPLE);
    assert_ne!(show().stdout, before.stdout);
    let file = folder.path().join("world.json");
    let save = privlink(&["sandbox", "save", "--url", &sandbox.url]).arg(&file).output().unwrap();
    assert_eq!(code(&save), 0, "{}", told(&save));
    let saved: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(saved.is_object());
    let reset = privlink(&["sandbox", "reset", "--url", &sandbox.url]).output().unwrap();
    assert_eq!(code(&reset), 0, "{}", told(&reset));
    assert_eq!(show().stdout, before.stdout);
    let gone = privlink(&["sandbox", "show", "--url", "http://192.0.2.1:80"]).output().unwrap();
    assert_eq!(code(&gone), 1, "{}", told(&gone));
}
