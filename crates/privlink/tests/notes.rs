//! What is noted under a plan, and what is not worth a note.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use served::{SPEED, example, privlink, told};

#[test]
fn expectations_are_noted_when_something_is_made_and_not_when_everything_goes() {
    let folder = tempfile::tempdir().unwrap();
    let run = |verb: &[&str]| {
        let mut command = privlink(verb);
        command.arg("-f").arg(example("cross-account")).args(["--sandbox-speed", SPEED]);
        let output = command.arg(format!("--sandbox={}", folder.path().display())).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{verb:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&["plan"]).contains("not yet proved: network \"hub\" can call"));
    run(&["apply", "-y"]);
    let destroyed = run(&["destroy", "-y"]);
    assert!(destroyed.contains("  - api/orders/stage/test  stage"), "{destroyed}");
    assert!(!destroyed.contains("not yet proved") && !destroyed.contains("Notes\n"), "{destroyed}");
}
