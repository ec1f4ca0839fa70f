//! Every form of target at once, then a spec that changes: nothing to do after each apply, nothing left after destroy.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use std::path::{Path, PathBuf};

use served::{SPEED, privlink, root, told};

/// A spec folder of its own, and a world kept beside it.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("testdata/forms"), folder.path());
        Self { folder }
    }

    fn spec(&self) -> PathBuf {
        self.folder.path().join("privlink.kdl")
    }

    fn edit(&self, edits: &[(&str, &str)]) {
        let mut text = std::fs::read_to_string(self.spec()).unwrap();
        for (old, new) in edits {
            assert!(text.contains(old), "{old:?} is not in the spec");
            text = text.replace(old, new);
        }
        std::fs::write(self.spec(), text).unwrap();
    }

    fn expect(&self, code: i32, verb: &[&str]) -> String {
        let world = format!("--sandbox={}", self.folder.path().join("sandbox").display());
        let mut command = privlink(verb);
        let output = command.arg("-f").arg(self.spec()).args([&world, "--sandbox-speed", SPEED]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{verb:?}: {}", told(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn summary(&self) -> String {
        let world = format!("--sandbox={}", self.folder.path().join("sandbox").display());
        let output = privlink(&["sandbox", "show", &world]).output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn every_form_of_target_works_and_can_be_changed() {
    let project = Project::new();
    project.expect(2, &["plan", "--detailed-exitcode"]);
    let before = project.summary();
    project.expect(0, &["apply", "-y"]);
    project.expect(0, &["plan", "--detailed-exitcode"]);

    // The target the shared endpoint service is named for goes; the other one behind the same load balancer stays.
    project.edit(&[
        ("target \"orders\" network=\"app\" {\n    load-balancer tag=\"kubernetes.io/service-name=shop/orders\"\n    port 80\n}\n", ""),
        ("    route \"/orders\" target=\"orders\"\n", ""),
        ("    route \"/\" target=\"orders\"\n", "    route \"/\" target=\"orders-admin\"\n"),
    ]);
    let plan = project.expect(2, &["plan", "--detailed-exitcode"]);
    assert!(!plan.contains("- target/orders/endpoint-service"), "the service is still used:\n{plan}");
    project.expect(0, &["apply", "-y"]);
    project.expect(0, &["plan", "--detailed-exitcode"]);

    // Ports, addresses, health, clients, routes, stages, tags of what is new: each in its own way.
    project.edit(&[
        (
            "address \"172.31.12.59\" \"192.168.7.9\"\n    port 8080",
            "address \"172.31.12.60\" \"192.168.7.9\"\n    port 8088",
        ),
        ("path=\"/healthz\"", "path=\"/ready\""),
        ("allow-from \"10.0.0.0/8\" \"172.16.0.0/12\"", "allow-from \"10.0.0.0/9\""),
        (
            "    route \"/inside\" target=\"inside\"\n",
            "    route \"/inside\" target=\"inside\" { to \"/\"; methods \"GET\" }\n",
        ),
        ("    stage \"prod\"\n", "    stage \"production\"\n"),
        ("dedicated=#true", "dedicated=#false"),
    ]);
    project.expect(0, &["apply", "-y"]);
    project.expect(0, &["plan", "--detailed-exitcode"]);

    project.expect(0, &["destroy", "-y"]);
    assert_eq!(project.summary(), before);
}
