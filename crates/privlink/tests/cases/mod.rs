//! The plans that views are shown of: both examples made, changed and taken away, as the binary plans them on the sandbox.
#![allow(dead_code, clippy::disallowed_methods, reason = "each test crate uses a part; a case edits its spec")]

use std::path::PathBuf;

use crate::scene::Scene;
use crate::served::{python, root};

/// Their names, which are those of their folders.
pub(crate) const CASES: [&str; 6] = [
    "cross-account-change",
    "cross-account-create",
    "cross-account-destroy",
    "cross-network-change",
    "cross-network-create",
    "cross-network-destroy",
];

/// What a change does to the spec of an example: from, to.
fn edits(example: &str) -> &'static [(&'static str, &'static str)] {
    match example {
        // Names resolve differently, somebody new is let in, browsers of one site alone may call.
        "cross-account" => &[
            ("private-dns=#true", "private-dns=#false"),
            (r#"allow-from "10.0.0.0/8""#, r#"allow-from "10.0.0.0/8" "192.168.0.0/16""#),
            (r#"cors origins="*""#, r#"cors origins="https://shop.example""#),
        ],
        // One target moves to another address and port, the other goes.
        _ => &[
            ("address \"172.31.12.59\"\n    port 80\n", "address \"172.31.12.60\"\n    port 8080\n"),
            ("    route \"/billing\" target=\"billing\"\n", ""),
            (
                "target \"billing\" network=\"elsewhere\" {\n    host \"billing.corp.example\"\n    port 443 tls=#true\n}\n",
                "",
            ),
        ],
    }
}

/// One of them.
pub(crate) struct Case {
    /// The spec and the sandbox that it was planned on, as they are after it was planned.
    pub(crate) scene: Scene,
    /// The saved plan.
    pub(crate) plan: PathBuf,
}

impl Case {
    /// The same plan with ids that are the same at every run, beside it.
    pub(crate) fn steady(&self) -> PathBuf {
        let steady = self.scene.file("steady.plan");
        python("steady.py", &[&self.plan.display().to_string(), &steady.display().to_string()]);
        steady
    }
}

/// Makes one of them.
pub(crate) fn case(name: &str) -> Case {
    let (example, what) = name.rsplit_once('-').unwrap();
    let scene = Scene::new(example);
    if what != "create" {
        scene.expect(0, &["apply", "-y"]);
    }
    match what {
        "change" => edits(example).iter().for_each(|(from, to)| scene.edit(from, to)),
        "destroy" => {
            let spec = scene.file("privlink.kdl");
            let text = std::fs::read_to_string(&spec).unwrap();
            std::fs::write(&spec, without_apis(&text)).unwrap();
        }
        _ => {}
    }
    let plan = scene.file("saved.plan");
    scene.expect(0, &["plan", "-o", &plan.display().to_string()]);
    Case { scene, plan }
}

/// A spec's accounts and networks alone.
fn without_apis(spec: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in spec.lines() {
        let goes = ["target ", "api ", "expect "].iter().any(|node| line.starts_with(node));
        inside |= goes && line.ends_with('{');
        if !inside && !goes {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= line != "}";
    }
    kept
}

/// Where the views of a case are kept.
pub(crate) fn folder(name: &str) -> PathBuf {
    root().join("testdata/views").join(name)
}
