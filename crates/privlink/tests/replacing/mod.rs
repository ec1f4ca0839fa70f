//! A sandbox behind a witness: a proxy that hands every request on, and looks at the world before and after each that
//! changes something.
//!
//! Owns: what it means that traffic flows. Refuses to know: privlink's plans; it reads the world as the sandbox keeps it.

mod flow;
mod witness;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::served::{Served, privlink, root, told};
use witness::Witness;

/// How much faster than AWS: slow enough that what is not waited for is not ready by chance.
const SPEED: &str = "300";

/// A spec of its own, applied to a served world.
pub(crate) struct Project {
    sandbox: Served,
    folder: tempfile::TempDir,
    /// What existed before the first apply.
    world: String,
}

/// What was seen during one apply.
pub(crate) struct Story {
    /// The plan before it, as text.
    pub(crate) plan: String,
    /// The operations that changed something, in the order in which they were answered.
    pub(crate) operations: Vec<String>,
    /// What was broken, and after which request.
    broken: Vec<String>,
    /// How often the world was looked at.
    looks: usize,
}

impl Project {
    /// The spec of `testdata/replacement`, applied.
    pub(crate) fn new() -> Self {
        let from = root().join("testdata/replacement");
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(from.join("privlink.kdl"), folder.path().join("privlink.kdl")).unwrap();
        let sandbox = Served::start_world(&from.join("world.kdl"), &["--speed", SPEED]);
        let mut project = Self { sandbox, folder, world: String::new() };
        project.world = project.summary();
        project.expect(0, &["apply", "-y"], &project.sandbox.url);
        project
    }

    fn spec(&self) -> PathBuf {
        self.folder.path().join("privlink.kdl")
    }

    fn command(&self, verb: &[&str], url: &str) -> Command {
        let mut command = privlink(verb);
        command.env("PRIVLINK_STORE", self.sandbox.store());
        command.arg("-f").arg(self.spec()).args(["--endpoint", url, "--sandbox-speed", SPEED]);
        command
    }

    fn run(&self, verb: &[&str], url: &str) -> Output {
        self.command(verb, url).output().unwrap()
    }

    fn expect(&self, code: i32, verb: &[&str], url: &str) -> String {
        let output = self.run(verb, url);
        assert_eq!(output.status.code(), Some(code), "{verb:?}: {}", told(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Changes the spec and applies it, with the witness looking on. Afterwards nothing is left to do, and nothing is left.
    pub(crate) fn change(&self, edits: &[(&str, &str)]) -> Story {
        self.edit(edits);
        let plan = self.expect(2, &["plan", "--detailed-exitcode"], &self.sandbox.url);
        let witness = Witness::start(&self.sandbox.url, usize::MAX);
        self.expect(0, &["apply", "-y"], &witness.url);
        self.ended(plan, witness)
    }

    /// The same, with an apply that is killed after so many changes, and another that comes to it.
    pub(crate) fn change_killed(&self, edits: &[(&str, &str)], after: usize) -> Story {
        self.edit(edits);
        let plan = self.expect(2, &["plan", "--detailed-exitcode"], &self.sandbox.url);
        let witness = Witness::start(&self.sandbox.url, after);
        let mut command = self.command(&["apply", "-y"], &witness.url);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        witness.enough.recv_timeout(Duration::from_secs(60)).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let (_, first, _) = witness.end();
        assert!(first.is_empty(), "{first:?}");
        let witness = Witness::start(&self.sandbox.url, usize::MAX);
        self.expect(0, &["apply", "-y", "--dangerous-unfinished-run"], &witness.url);
        self.ended(plan, witness)
    }

    fn ended(&self, plan: String, witness: Witness) -> Story {
        let (operations, broken, looks) = witness.end();
        self.expect(0, &["plan", "--detailed-exitcode"], &self.sandbox.url);
        Story { plan, operations, broken, looks }
    }

    /// Takes everything down, and nothing is left: no half of a replacement that was lost sight of.
    pub(crate) fn leaves_nothing(self) {
        self.expect(0, &["destroy", "-y"], &self.sandbox.url);
        assert_eq!(self.summary(), self.world);
    }

    /// What exists.
    fn summary(&self) -> String {
        let output = privlink(&["sandbox", "show", "--url", &self.sandbox.url]).output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn edit(&self, edits: &[(&str, &str)]) {
        let mut text = std::fs::read_to_string(self.spec()).unwrap();
        for (old, new) in edits {
            assert!(text.contains(old), "{old:?} is not in the spec");
            text = text.replace(old, new);
        }
        std::fs::write(self.spec(), text).unwrap();
    }
}

impl Story {
    /// Traffic never stopped.
    pub(crate) fn flows(&self) {
        assert!(self.looks > 1, "nobody looked");
        assert!(self.broken.is_empty(), "{}\n{}\n{:?}", self.plan, self.broken.join("\n"), self.operations);
    }

    /// These operations were made in this order, whatever stood between them.
    pub(crate) fn replaces(&self, wanted: &[&str]) {
        let mut found = self.operations.iter();
        for operation in wanted {
            assert!(
                found.any(|made| made == operation),
                "{operation} is not among {:?} after what came before it in {wanted:?}\n{}",
                self.operations,
                self.plan
            );
        }
    }
}
