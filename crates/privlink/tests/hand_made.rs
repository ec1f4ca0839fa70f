//! Changes made by hand behind privlink's back: a plan shows each with its old and new value, an apply mends it.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use served::{Served, python};

const EXAMPLE: &str = "cross-account";

#[test]
fn what_was_changed_by_hand_is_seen_and_mended() {
    let sandbox = Served::start(EXAMPLE);
    sandbox.expect(0, &["apply", "-y"], EXAMPLE);
    for change in [
        "target-removed",
        "rule-opened",
        "policy-replaced",
        "method-added",
        "permission-deleted",
        "listener-port-changed",
    ] {
        let made = python("change.py", &[&sandbox.url, change]);
        let plan = sandbox.expect(2, &["plan", "--detailed-exitcode"], EXAMPLE);
        for line in made.lines() {
            let (_, value) = line.split_once(' ').unwrap();
            assert!(plan.contains(value), "{change}: the plan does not show {line:?}:\n{plan}");
        }
        sandbox.expect(0, &["apply", "-y"], EXAMPLE);
        let plan = sandbox.run(&["plan", "--detailed-exitcode"], EXAMPLE);
        assert_eq!(plan.status.code(), Some(0), "{change}: not mended: {}", served::told(&plan));
    }
    let facts = python("chain.py", &[&sandbox.url, EXAMPLE]);
    assert!(facts.contains(" 0 failed"), "{facts}");
}
