//! A sandbox in a process of its own, the real binary against it, and Python scripts that know nothing of privlink.
#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "each test crate uses a part; a failed set-up is a failed test"
)]

pub(crate) mod moto;

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// How much faster than AWS.
pub(crate) const SPEED: &str = "2000";

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap().to_path_buf()
}

/// The spec folder of an example.
pub(crate) fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

/// The binary, in an environment without AWS settings of whoever runs the tests.
pub(crate) fn privlink(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_privlink"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("AWS_") || name.starts_with("PRIVLINK_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "example");
    command.env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// What a command wrote and how it ended, for messages.
pub(crate) fn told(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A sandbox that ends with this value.
pub(crate) struct Served {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
    /// Where runs on it are kept.
    store: tempfile::TempDir,
}

impl Served {
    /// Serves an example's world.
    pub(crate) fn start(name: &str) -> Self {
        Self::start_at(name, SPEED)
    }

    /// The same at a speed of its own.
    pub(crate) fn start_at(name: &str, speed: &str) -> Self {
        Self::start_with(name, &["--speed", speed])
    }

    /// The same with options of its own.
    pub(crate) fn start_with(name: &str, options: &[&str]) -> Self {
        Self::start_world(&example(name).join("world.kdl"), options)
    }

    /// Serves a world of its own.
    pub(crate) fn start_world(world: &Path, options: &[&str]) -> Self {
        let mut command = privlink(&["sandbox", "serve", "--listen", "127.0.0.1:0"]);
        command.args(options).arg("--world");
        let mut child = command.arg(world).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split("AWS_ENDPOINT_URL=").nth(1)?.trim_matches(['"', '\'', ' ']).to_owned()))
            .unwrap();
        Self { child, url, store: tempfile::tempdir().unwrap() }
    }

    /// Where runs on it are kept.
    pub(crate) fn store(&self) -> &Path {
        self.store.path()
    }

    /// What its world holds.
    pub(crate) fn world(&self) -> serde_json::Value {
        let mut stream = std::net::TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        stream.write_all(b"GET /_sandbox/world HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Runs the binary on an example against it.
    pub(crate) fn run(&self, verb: &[&str], name: &str) -> Output {
        let spec = example(name);
        let mut command = privlink(verb);
        // The variable and not the flag: not every verb has runs.
        command.env("PRIVLINK_STORE", self.store());
        command.arg("-f").arg(spec).args(["--endpoint", &self.url, "--sandbox-speed", SPEED]).output().unwrap()
    }

    /// The same, and it must exit with `code`.
    pub(crate) fn expect(&self, code: i32, verb: &[&str], name: &str) -> String {
        let output = self.run(verb, name);
        assert_eq!(output.status.code(), Some(code), "{verb:?}: {}", told(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a witness; what it wrote. `cargo xtask test` names an interpreter that has boto3 and moto; without one the test
/// fails and says so, because a witness that did not look has seen nothing.
pub(crate) fn python(script: &str, arguments: &[&str]) -> String {
    let output = python_command(script, arguments).output().unwrap();
    assert!(output.status.success(), "{script} {arguments:?}: {}", told(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The same of a folder of scripts.
pub(crate) fn python_module(module: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(interpreter());
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness"));
    command.args(["-m", module]).args(arguments).env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(output.status.success(), "{module} {arguments:?}: {}", told(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A witness, to be run.
pub(crate) fn python_command(script: &str, arguments: &[&str]) -> Command {
    let interpreter = interpreter();
    let mut command = Command::new(interpreter);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness");
    command.arg(folder.join(script)).args(arguments).env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// The interpreter of the virtual environment.
pub(crate) fn interpreter() -> PathBuf {
    let named = std::env::var_os("PRIVLINK_TEST_PYTHON").map(PathBuf::from);
    let usual = root().join("target/venv/bin/python");
    let interpreter = named.unwrap_or(usual);
    assert!(interpreter.exists(), "no interpreter with boto3 at {}; run `cargo xtask test`", interpreter.display());
    interpreter
}
