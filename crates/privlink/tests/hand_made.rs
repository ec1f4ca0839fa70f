//! Changes made by hand behind privlink's back: a plan shows each with its old and new value, an apply mends it.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use served::{Served, python};

#[test]
fn what_was_changed_by_hand_in_cross_account_is_seen_and_mended() {
    mended("cross-account", &["permission-deleted"]);
}

#[test]
fn what_was_changed_by_hand_in_cross_network_is_seen_and_mended() {
    mended("cross-network", &[]);
}

/// Changes that every example has something for.
const CHANGES: [&str; 5] =
    ["target-removed", "rule-opened", "policy-replaced", "method-added", "listener-port-changed"];

fn mended(example: &str, more: &[&str]) {
    let sandbox = Served::start(example);
    sandbox.expect(0, &["apply", "-y"], example);
    for change in CHANGES.iter().chain(more) {
        let made = python("change.py", &[&sandbox.url, change]);
        let plan = sandbox.expect(2, &["plan", "--detailed-exitcode"], example);
        for line in made.lines() {
            let (_, value) = line.split_once(' ').unwrap();
            assert!(plan.contains(value), "{change}: the plan does not show {line:?}:\n{plan}");
        }
        sandbox.expect(0, &["apply", "-y"], example);
        let plan = sandbox.run(&["plan", "--detailed-exitcode"], example);
        assert_eq!(plan.status.code(), Some(0), "{change}: not mended: {}", served::told(&plan));
    }
    let facts = python("chain.py", &[&sandbox.url, example]);
    assert!(facts.contains(" 0 failed"), "{facts}");
}
