//! Faults from the command line: in a sandbox inside the process, and in one that is served.
#![cfg(feature = "aws")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make files; a failed set-up is a failed test"
)]

mod served;

use served::{SPEED, example, privlink, told};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

fn written(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("faults.kdl");
    std::fs::write(&file, text).unwrap();
    file
}

fn plan(folder: &Path, faults: &Path) -> Output {
    let mut command = privlink(&["plan", "--sandbox-speed", SPEED]);
    command.arg("-f").arg(example("cross-account")).arg(format!("--sandbox={}", folder.join("sandbox").display()));
    command.arg("--sandbox-faults").arg(faults).output().unwrap()
}

/// A sandbox that is served with these options, until it is dropped.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(options: &[&str]) -> Serving {
        let mut command = privlink(&["sandbox", "serve", "--listen", "127.0.0.1:0", "--speed", "1", "--world"]);
        command.arg(example("cross-account").join("world.kdl")).args(options);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.map_while(Result::ok).find_map(|line| Some(line.split("http://").nth(1)?.to_owned()));
        Serving { child, address: url.unwrap() }
    }

    /// Sends a request; gives the whole answer, which is empty when the connection is closed instead.
    fn ask(&self, method: &str, path: &str, service: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_file_that_cannot_be_used_is_refused_at_its_place_before_anything_begins() {
    let folder = tempfile::tempdir().unwrap();
    let bad =
        written(folder.path(), "fault \"ec2:CreateVpcEndpoint\" {\n    drop\n}\nfault \"ec2:Nothing\" { dropped }\n");
    let output = plan(folder.path(), &bad);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(words.contains("faults.kdl:2:5: 'drop' cannot stand in 'fault'"), "{words}");
    assert!(words.contains("faults.kdl:4:1: 'ec2:Nothing' is no operation of this sandbox"), "{words}");
    assert!(!folder.path().join("sandbox").exists(), "a world was made all the same");
    let missing = plan(folder.path(), &folder.path().join("none.kdl"));
    assert_eq!(missing.status.code(), Some(1), "{}", told(&missing));
    let served = privlink(&["sandbox", "serve", "--listen", "127.0.0.1:0", "--world"])
        .arg(example("cross-account").join("world.kdl"))
        .arg("--faults")
        .arg(&bad)
        .output()
        .unwrap();
    assert_eq!(served.status.code(), Some(1), "{}", told(&served));
    assert!(served.stdout.is_empty(), "it must not say where it listens: {}", told(&served));
}

#[test]
fn faults_are_a_sandboxs_alone() {
    let folder = tempfile::tempdir().unwrap();
    let faults = written(folder.path(), "reads-lag \"1s\"\n");
    let mut command = privlink(&["plan", "-f"]);
    let output = command.arg(example("cross-account")).arg("--sandbox-faults").arg(&faults).output().unwrap();
    assert_eq!(output.status.code(), Some(64), "{}", told(&output));
}

#[test]
fn a_refused_read_leaves_its_mark_on_the_plan_of_that_command_alone() {
    let folder = tempfile::tempdir().unwrap();
    let faults = written(
        folder.path(),
        "fault \"ec2:DescribeVpcs\" every=#true { refused \"UnauthorizedOperation\" status=403 }\n",
    );
    let output = plan(folder.path(), &faults);
    assert_ne!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("UnauthorizedOperation"), "{}", told(&output));
    let none = written(folder.path(), "");
    let output = plan(folder.path(), &none);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

#[test]
fn a_served_sandbox_has_its_faults_and_holds_back_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let faults = written(folder.path(), "fault \"apigateway:GetAccount\" { dropped }\n");
    let deletions = |serving: &Serving| -> Vec<String> {
        let answers = (0..3).map(|_| serving.ask("DELETE", "/restapis/none", "apigateway"));
        answers.map(|answer| answer.split(' ').nth(1).unwrap().to_owned()).collect()
    };
    let serving = Serving::start(&["--faults", &faults.display().to_string()]);
    assert!(serving.ask("GET", "/_sandbox/faults", "-").contains("GetAccount"));
    assert_eq!(serving.ask("GET", "/account", "apigateway"), "");
    assert!(serving.ask("GET", "/account", "apigateway").starts_with("HTTP/1.1 200"));
    assert_eq!(deletions(&serving), ["404", "429", "429"]);
    assert!(serving.ask("GET", "/_sandbox/throttled", "-").contains("apigateway:DeleteRestApi\":2"));
    assert_eq!(deletions(&Serving::start(&["--no-throttle"])), ["404", "404", "404"]);
}
