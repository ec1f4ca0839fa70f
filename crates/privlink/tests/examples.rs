//! Both examples on the sandbox, from nothing to a chain and back, by the real binary.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use std::path::PathBuf;
use std::process::Output;

use served::{SPEED, example, privlink, told};

/// An example and a sandbox of its own.
struct Story {
    name: &'static str,
    folder: tempfile::TempDir,
}

impl Story {
    fn new(name: &'static str) -> Self {
        Self { name, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, verb: &[&str]) -> Output {
        let mut command = privlink(verb);
        command.arg("-f").arg(example(self.name));
        command.arg(format!("--sandbox={}", self.file("sandbox").display())).args(["--sandbox-speed", SPEED]);
        command.output().unwrap()
    }

    fn expect(&self, code: i32, verb: &[&str]) -> String {
        let output = self.run(verb);
        assert_eq!(output.status.code(), Some(code), "{verb:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn world(&self) -> String {
        let output = privlink(&["sandbox", "show"])
            .arg(format!("--sandbox={}", self.file("sandbox").display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn play(&self) {
        let check = privlink(&["check", "-f"]).arg(example(self.name)).output().unwrap();
        assert_eq!(check.status.code(), Some(0), "{}", told(&check));

        let saved = self.file("saved.plan").display().to_string();
        let plan = self.expect(2, &["plan", "--detailed-exitcode", "-o", &saved]);
        assert_eq!(plan, self.expect(0, &["plan"]), "two plans of the same differ");
        assert!(plan.contains("not yet proved: network \"hub\" can call"), "{plan}");
        let before = self.world();

        let refused = self.run(&["apply"]);
        assert_eq!(refused.status.code(), Some(5), "{}", told(&refused));
        assert_eq!(self.world(), before, "a refused apply changed something");

        let shown = privlink(&["show", &saved]).output().unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(!shown.is_empty() && plan.ends_with(&shown), "the saved plan reads otherwise:\n{shown}");
        let applied = self.expect(0, &["apply", &saved]);
        assert!(applied.starts_with("Applied: "), "{applied}");

        let nothing = self.expect(0, &["plan", "--detailed-exitcode"]);
        assert!(nothing.contains("No changes: "), "{nothing}");
        assert!(self.expect(0, &["apply"]).contains("No changes: "));
        let json: serde_json::Value = serde_json::from_str(&self.expect(0, &["plan", "--format", "json"])).unwrap();
        assert_eq!(json["format_version"], "1.1");
        assert_eq!(json["steps"].as_array().unwrap().len(), 0);

        let stale = self.run(&["apply", &saved]);
        assert_eq!(stale.status.code(), Some(6), "{}", told(&stale));
        assert!(told(&stale).contains("appeared since the plan was made"), "{}", told(&stale));

        assert!(self.expect(0, &["destroy", "-y"]).contains("Destroyed: "));
        assert_eq!(self.world(), before, "destroy left something, or took too much");
        assert!(self.expect(0, &["destroy", "-y"]).contains("No changes: "));
    }
}

#[test]
fn cross_account_comes_and_goes() {
    Story::new("cross-account").play();
}

#[test]
fn cross_network_comes_and_goes() {
    Story::new("cross-network").play();
}
