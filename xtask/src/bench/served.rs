//! A sandbox in a process of its own, and what it counts.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Counts by operation, over all scopes.
pub(super) type Requests = BTreeMap<String, u64>;

/// What a command needs to come to a sandbox.
pub(super) const ENVIRONMENT: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "example"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// A sandbox in a process of its own; ends with this value.
pub(super) struct Served {
    child: Child,
    pub(super) url: String,
}

impl Served {
    pub(super) fn start(program: &Path, world: &Path, speed: &str) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.args(["sandbox", "serve", "--listen", "127.0.0.1:0", "--speed", speed, "--world"]).arg(world);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| error.to_string())?;
        let printed = child.stdout.take().ok_or("the sandbox has no output")?;
        for line in BufReader::new(printed).lines() {
            let line = line.map_err(|error| error.to_string())?;
            if let Some(url) = line.split("AWS_ENDPOINT_URL=").nth(1) {
                return Ok(Self { child, url: url.trim_matches(['"', '\'', ' ']).to_owned() });
            }
        }
        Err("the sandbox did not say where it listens".to_owned())
    }

    /// How many requests it had.
    pub(super) fn requests(&self) -> Result<Requests, String> {
        self.counted("/_sandbox/requests")
    }

    /// How many of them it refused because they came too soon.
    pub(super) fn throttled(&self) -> Result<Requests, String> {
        self.counted("/_sandbox/throttled")
    }

    fn counted(&self, path: &str) -> Result<Requests, String> {
        let body = get(&self.url, path)?;
        let counted: BTreeMap<String, u64> = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        let mut by_operation = Requests::new();
        for (key, count) in counted {
            let operation = key.split_once(' ').map_or(key.as_str(), |(_, operation)| operation);
            *by_operation.entry(operation.to_owned()).or_default() += count;
        }
        Ok(by_operation)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It holds nothing worth a clean end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One GET over a plain connection; the body.
fn get(url: &str, path: &str) -> Result<String, String> {
    exchange(url, &format!("GET {path}"), "", "")
}

/// One form over a plain connection, with headers of its own; the body of a good answer.
pub(super) fn post(url: &str, headers: &str, form: &str) -> Result<String, String> {
    let kind = "Content-Type: application/x-www-form-urlencoded";
    exchange(url, "POST /", &format!("{headers}{kind}\r\nContent-Length: {}\r\n", form.len()), form)
}

fn exchange(url: &str, line: &str, headers: &str, sent: &str) -> Result<String, String> {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).map_err(|error| format!("{host}: {error}"))?;
    write!(stream, "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n{sent}")
        .map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?;
    let good = head.split(' ').nth(1) == Some("200");
    if good { Ok(body.to_owned()) } else { Err(answer) }
}
