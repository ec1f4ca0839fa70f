//! The IAM policies of the example are what `privlink schema permissions` prints for its spec and its first plan.
//!
//! `UPDATE_EXPECT=1` writes them anew.

use std::process::Output;

use expect_test::expect_file;
use serde_json::Value as Json;

use super::all;
use super::repository::{shipped, world};
use crate::served::{SPEED, Served, example, privlink};

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", all(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_policies_are_what_the_spec_and_its_first_plan_need() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.kdl");
    std::fs::write(&file, world(|_, _| "allow \"*\"".to_owned())).unwrap();
    let sandbox = Served::start_world(&file, &["--speed", SPEED]);
    let config: String = [("gateway", "222222222222"), ("application", "111111111111")]
        .map(|(name, id)| {
            let role = format!("role_arn = arn:aws:iam::{id}:role/privlink-deployer");
            format!("[profile {name}]\nregion = us-east-1\n{role}\nsource_profile = ambient\n")
        })
        .concat();
    let keys = "[ambient]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=example\n";
    std::fs::write(folder.path().join("config"), config).unwrap();
    std::fs::write(folder.path().join("credentials"), keys).unwrap();
    let saved = folder.path().join("first.plan").display().to_string();
    let mut plan = privlink(&["plan", "-o", &saved, "--endpoint", &sandbox.url, "--sandbox-speed", SPEED, "-f"]);
    // Keys in the environment would go before the profiles of the spec.
    plan.arg(example("github")).env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    plan.env("AWS_ENDPOINT_URL", &sandbox.url).env("AWS_CONFIG_FILE", folder.path().join("config"));
    plan.env("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("credentials"));
    printed(&plan.output().unwrap());

    let of_spec = |more: &[&str]| {
        printed(&privlink(&["schema", "permissions"]).args(more).arg("-f").arg(example("github")).output().unwrap())
    };
    expect_file![shipped("iam/plan-policy.json")].assert_eq(&of_spec(&[]));
    let applying = printed(&privlink(&["schema", "permissions", &saved]).output().unwrap());
    expect_file![shipped("iam/apply-policy.json")].assert_eq(&applying);
    expect_file![shipped("iam/drift-policy.json")].assert_eq(&of_spec(&["--drift"]));
}

#[test]
fn each_role_is_trusted_to_one_kind_of_job_of_one_repository() {
    let subjects = [("plan", "pull_request"), ("apply", "environment:production"), ("drift", "ref:refs/heads/main")];
    for (role, subject) in subjects {
        let text = std::fs::read_to_string(shipped(&format!("iam/{role}-role-trust.json"))).unwrap();
        let trust: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(trust["Statement"].as_array().unwrap().len(), 1);
        let statement = &trust["Statement"][0];
        assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity");
        assert_eq!(statement["Condition"].as_object().unwrap().len(), 1, "StringEquals alone: no pattern");
        let equals = &statement["Condition"]["StringEquals"];
        assert_eq!(equals["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com");
        assert_eq!(equals["token.actions.githubusercontent.com:sub"], format!("SUBJECT:{subject}"));
    }
}
