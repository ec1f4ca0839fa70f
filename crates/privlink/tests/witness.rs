//! Independent witnesses: after an apply, boto3 reads the sandbox as AWS would be read and checks every fact of the chain.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use served::{Served, python};

fn chain(example: &str) {
    let sandbox = Served::start(example);
    let url = sandbox.url.clone();
    sandbox.expect(0, &["apply", "-y"], example);
    let facts = python("chain.py", &[&url, example]);
    assert!(facts.contains(" 0 failed"), "{facts}");
    sandbox.expect(0, &["plan", "--detailed-exitcode"], example);
    sandbox.expect(0, &["destroy", "-y"], example);
    sandbox.expect(2, &["plan", "--detailed-exitcode"], example);
}

#[test]
fn boto3_finds_the_chain_of_cross_account_whole() {
    chain("cross-account");
}

#[test]
fn boto3_finds_the_chain_of_cross_network_whole() {
    chain("cross-network");
}
