//! A small GitHub in a process of its own, with a place for webhooks: `testdata/github/standin.py`.
//!
//! It checks each request against GitHub's published description; a test that made one that does not fit fails when this
//! value goes.
#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "each test crate uses a part; a failed set-up is a failed test"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// The repository that there is.
pub(crate) const REPOSITORY: &str = "acme/infra";
/// The pull request that there is.
pub(crate) const PULL_REQUEST: u64 = 1;
/// The token of a job, which may write.
pub(crate) const JOB: &str = "ghs_job";
/// Whose it is.
pub(crate) const BOT: &str = "github-actions[bot]";

/// A stand-in; it ends with this value.
pub(crate) struct StandIn {
    child: Child,
    /// The URL of its API.
    pub(crate) url: String,
    /// The same over HTTPS, where it was started with `--tls FOLDER`; who signed is in `FOLDER/ca.pem`.
    pub(crate) sealed: Option<String>,
}

impl StandIn {
    /// Starts one with a pull request in it and nothing else.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with options of its own.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        let mut command = Command::new(interpreter());
        command.arg(root().join("testdata/github/standin.py")).args(options).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let url = lines.next().expect("the stand-in did not start");
        let sealed = options.contains(&"--tls").then(|| lines.next().expect("it speaks HTTPS"));
        Self { child, url, sealed }
    }

    /// `http://127.0.0.1:PORT`, without the API's path.
    pub(crate) fn origin(&self) -> String {
        self.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
    }

    /// Everything that is on it.
    pub(crate) fn state(&self) -> Value {
        self.ask("GET", "/_standin/state", "")
    }

    /// Puts things on it, or makes things go wrong; what a wish may hold is said in `standin.py`.
    pub(crate) fn control(&self, wish: &Value) {
        let answer = self.ask("POST", "/_standin/control", &wish.to_string());
        assert_eq!(answer, json!({}), "{wish}");
    }

    /// Makes it as it was at the beginning, which is quicker than another one.
    pub(crate) fn reset(&self) {
        self.control(&json!({ "reset": true }));
    }

    /// The next request of a method whose path fits goes wrong.
    pub(crate) fn fault(&self, method: &str, path: &str, how: &Value) {
        let mut fault = json!({ "method": method, "path": path });
        fault.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        self.control(&json!({ "faults": [fault] }));
    }

    /// Who wrote which comments, in order.
    pub(crate) fn comments(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let state = self.state();
        let all = state["comments"].as_array().unwrap().iter();
        all.map(|comment| (text(&comment["login"]), text(&comment["body"]))).collect()
    }

    /// An issue or a pull request.
    pub(crate) fn issue(&self, number: u64) -> Value {
        let state = self.state();
        let found = state["issues"].as_array().unwrap().iter().find(|issue| issue["number"] == number).cloned();
        found.unwrap_or_else(|| panic!("there is no issue {number}: {:#}", state["issues"]))
    }

    /// What was asked since the beginning: `POST /repos/acme/infra/issues 201`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let line = |request: &Value| [&request["method"], &request["path"], &request["status"]].map(word).join(" ");
        self.state()["requests"].as_array().unwrap().iter().map(line).collect()
    }

    /// How many requests changed something.
    pub(crate) fn writes(&self) -> usize {
        let changes = |line: &&String| !line.starts_with("GET ") && !line.contains("/graphql ");
        self.requests().iter().filter(changes).count()
    }

    /// What came to its webhook.
    pub(crate) fn hooks(&self) -> Vec<Value> {
        self.state()["hooks"].as_array().unwrap().iter().map(|hook| hook["body"].clone()).collect()
    }

    /// A request as it is, each header's line included; the status and what was answered.
    pub(crate) fn raw(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let origin = self.origin();
        let mut stream = TcpStream::connect(origin.trim_start_matches("http://")).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: standin\r\nconnection: close\r\n{headers}");
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {answer}")))
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        self.raw(method, path, "", body).1
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let breaches = (!std::thread::panicking()).then(|| self.state()["breaches"].clone());
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(breaches) = breaches {
            assert_eq!(breaches, json!([]), "what does not fit GitHub's description");
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap().to_path_buf()
}

fn interpreter() -> PathBuf {
    let named = std::env::var_os("PRIVLINK_TEST_PYTHON").map(PathBuf::from);
    let interpreter = named.unwrap_or_else(|| root().join("target/venv/bin/python"));
    assert!(interpreter.exists(), "no interpreter at {}; run `cargo xtask test`", interpreter.display());
    interpreter
}
