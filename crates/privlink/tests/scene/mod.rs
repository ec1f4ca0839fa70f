//! A project of its own on a sandbox of its own, for tests of runs: they are started, failed, killed and looked at.
#![allow(dead_code, reason = "each test crate uses a part")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::served::{SPEED, example, privlink, told};

/// A spec, the folder of a sandbox, and the runs in it.
pub(crate) struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    /// Of an example's spec and world.
    pub(crate) fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["privlink.kdl", "world.kdl"] {
            std::fs::copy(example(name).join(file), folder.path().join(file)).unwrap();
        }
        let scene = Self { folder };
        // The world begins with the first command.
        scene.expect(2, &["plan", "--detailed-exitcode"]);
        scene
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the spec.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let spec = self.file("privlink.kdl");
        let text = std::fs::read_to_string(&spec).unwrap();
        assert!(text.contains(from), "the spec no longer says {from}");
        std::fs::write(spec, text.replace(from, to)).unwrap();
    }

    /// A command on the sandbox.
    pub(crate) fn command(&self, verb: &[&str]) -> Command {
        let mut command = privlink(verb);
        command.current_dir(self.folder.path()).arg("--sandbox=sandbox");
        // The variable and not the flag: a test may give the flag.
        command.env("PRIVLINK_SANDBOX_SPEED", SPEED);
        command
    }

    /// Runs a command, which must exit with `code`; what it told.
    pub(crate) fn expect(&self, code: i32, verb: &[&str]) -> String {
        let output = self.command(verb).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{verb:?}: {}", told(&output));
        told(&output)
    }

    /// Runs a command while things go wrong as these faults say.
    pub(crate) fn expect_with(&self, faults: &str, code: i32, verb: &[&str]) -> String {
        let file = self.file("faults.kdl");
        std::fs::write(&file, faults).unwrap();
        let output = self.command(verb).arg("--sandbox-faults").arg(file).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{verb:?} with {faults}: {}", told(&output));
        told(&output)
    }

    /// What the world holds.
    pub(crate) fn world(&self) -> String {
        let mut command = privlink(&["sandbox", "show", "--sandbox=sandbox"]);
        let output = command.current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The world is as it was. AWS lists an endpoint for a while after it is deleted, so time must pass on the sandbox.
    pub(crate) fn is_as(&self, before: &str) {
        for _ in 0..10 {
            if self.world() == before {
                return;
            }
            let plan = self.command(&["plan"]).output().unwrap();
            assert_eq!(plan.status.code(), Some(0), "{}", told(&plan));
        }
        assert_eq!(self.world(), before, "something is left, or gone");
    }

    /// The runs, the last one first.
    pub(crate) fn runs(&self) -> Vec<Value> {
        let output = self.command(&["runs", "--format", "json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        json["runs"].as_array().unwrap().clone()
    }

    /// The name and the state of the last run.
    pub(crate) fn last(&self) -> (String, String) {
        let runs = self.runs();
        let text = |key: &str| runs[0][key].as_str().unwrap().to_owned();
        (text("run"), text("state"))
    }

    /// Starts a command, slowly, and waits until it has said this so many times.
    pub(crate) fn until(&self, verb: &[&str], says: &str, times: usize) -> Under {
        let mut command = self.command(verb);
        command.env("PRIVLINK_SANDBOX_SPEED", "300").stdout(Stdio::piped()).stderr(Stdio::piped());
        Under::until(command, says, times)
    }

    /// Nothing is left to do.
    pub(crate) fn is_applied(&self) {
        self.expect(0, &["plan", "--detailed-exitcode"]);
    }
}

/// A command under way.
pub(crate) struct Under {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Under {
    /// Starts a command and waits until it has said this so many times.
    pub(crate) fn until(mut command: Command, says: &str, times: usize) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut under = Self { child, stderr, said: String::new() };
        under.wait_for(says, times);
        under
    }

    /// Waits until it has said this so many times more.
    pub(crate) fn wait_for(&mut self, says: &str, times: usize) {
        for _ in 0..times {
            let mut line = String::new();
            while !line.contains(says) {
                line.clear();
                let read = self.stderr.read_line(&mut line).unwrap();
                self.said.push_str(&line);
                assert_ne!(read, 0, "it ended before it said {says:?}: {}", self.said);
            }
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Kills it on the spot.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end; all that it told.
    pub(crate) fn end(mut self) -> Output {
        self.stderr.read_to_string(&mut self.said).unwrap();
        let mut output = self.child.wait_with_output().unwrap();
        output.stderr = self.said.into_bytes();
        output
    }
}
