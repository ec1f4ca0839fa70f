//! What the tests of the action share: where things are, programs in Python and Node, servers that end with the test.

#[cfg(feature = "aws")]
mod flow;
mod install;
mod lint;
#[cfg(feature = "aws")]
mod policies;
#[cfg(feature = "aws")]
mod repository;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::served::{interpreter, root};

/// This folder.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/actions")
}

/// The packages of `xtask/node`.
fn modules() -> PathBuf {
    let named = std::env::var_os("PRIVLINK_TEST_NODE_MODULES").map(PathBuf::from);
    let modules = named.unwrap_or_else(|| root().join("target/node/node_modules"));
    assert!(modules.exists(), "no packages at {}; run `cargo xtask test`", modules.display());
    modules
}

/// A program that pip has put beside the interpreter.
fn tool(name: &str) -> Command {
    let program = interpreter().with_file_name(name);
    assert!(program.exists(), "no {} ; run `cargo xtask test`", program.display());
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

/// A script of ours in Python.
fn python(script: &Path) -> Command {
    let mut command = Command::new(interpreter());
    command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    command.env("PRIVLINK_TEST_NODE_MODULES", modules());
    command
}

/// One of the action's scripts, with nothing of GitHub's but what is given.
fn script(name: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc"]).arg(root().join("action").join(name)).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["GITHUB_", "RUNNER_", "INPUT_", "PRIVLINK_"].iter().any(|of| name.starts_with(of)) {
            command.env_remove(name);
        }
    }
    command
}

/// All that a command wrote, in the order of its streams.
fn all(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A server that ends with this value.
struct Server {
    child: Child,
    /// Where it listens.
    url: String,
}

impl Server {
    /// Starts a program whose first line is its URL.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let url = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
