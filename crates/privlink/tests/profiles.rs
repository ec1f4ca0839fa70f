//! Accounts that are entered through profiles of the AWS configuration.
#![allow(clippy::disallowed_methods, reason = "tests make files")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use served::{SPEED, Served, example, privlink, told};

const CONFIG: &str = "[profile base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = example

[profile gateway]
role_arn = arn:aws:iam::222222222222:role/privlink-deployer
source_profile = base
";

#[test]
fn a_profile_that_a_spec_names_goes_before_the_keys_of_the_environment() {
    let sandbox = Served::start("cross-network");
    let folder = tempfile::tempdir().unwrap();
    let (config, spec) = (folder.path().join("config"), folder.path().join("privlink.kdl"));
    std::fs::write(&config, CONFIG).unwrap();
    let text = std::fs::read_to_string(example("cross-network").join("privlink.kdl")).unwrap();
    let with_profile = text.replace("role \"privlink-deployer\"", "profile \"gateway\"");
    assert_ne!(text, with_profile);
    std::fs::write(&spec, with_profile).unwrap();
    // The environment holds keys of its own, of an account that is not the spec's.
    let mut plan = privlink(&["plan", "--sandbox-speed", SPEED, "-f"]);
    plan.arg(&spec).env("AWS_CONFIG_FILE", &config).env("AWS_ENDPOINT_URL", &sandbox.url);
    plan.env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("none"));
    let output = plan.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("17 to create"), "{}", told(&output));
}
