//! The pre-flight over a sandbox whose roles have policies.
#![cfg(feature = "aws")]
#![allow(clippy::disallowed_methods, reason = "tests make files")]

use std::collections::{BTreeMap, BTreeSet};

use clap::Parser as _;
use expect_test::{Expect, expect};
use privlink_engine::SystemClock;
use privlink_kinds::{AwsCloud, ConnectOptions};
use privlink_sandbox::{Options, Sandbox, World};
use serde_json::{Value as Json, json};

use super::*;
use crate::cli::{Cli, Command};
use crate::connection::{Place, Silence};
use crate::exit_code::ERROR;
use crate::hosts::Names;
use crate::prepare::{self, Prepared, Request};
use crate::session::AwsConnect;
use crate::streams::captured;

const SPEC: &str = include_str!("../../../../examples/cross-account/privlink.kdl");
const WORLD: &str = include_str!("../../../../examples/cross-account/world.kdl");
const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// What the role of an account is allowed: lines of a world file, by the account's name in the spec.
type Roles = BTreeMap<&'static str, String>;

fn roles(gateway: &str, application: &str) -> Roles {
    BTreeMap::from([("gateway", gateway.to_owned()), ("application", application.to_owned())])
}

/// The example's world with other roles.
fn text(roles: &Roles) -> String {
    let parts: Vec<&str> = WORLD.split("role \"privlink-deployer\"").collect();
    let [first, second, third] = parts.as_slice() else { panic!("the example has two roles") };
    let role = |name: &str| format!("role \"privlink-deployer\" {{\n{}\n}}", roles[name]);
    format!("{first}{}{second}{}{third}", role("gateway"), role("application"))
}

/// The plan of the example, made by roles that may do everything.
async fn example() -> Plan {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("world.kdl"), WORLD).unwrap();
    std::fs::write(folder.path().join("privlink.kdl"), SPEC).unwrap();
    let spec = folder.path().display().to_string();
    let sandbox = format!("--sandbox={}", folder.path().join("sandbox").display());
    let line = ["privlink", "plan", "-f", &spec, &sandbox, "--sandbox-speed", "2000"];
    let Command::Plan(args) = Cli::try_parse_from(line).unwrap().command else { unreachable!() };
    let request = Request {
        spec: &args.spec,
        cloud: &args.cloud,
        select: &args.select,
        destroy: false,
        consent: None,
        format: args.format.format.of_messages(),
    };
    let (streams, ..) = captured::streams(None);
    let opened = prepare::open(request, &AwsConnect, &streams).await.unwrap().unwrap();
    match prepare::prepare(&opened, request, &streams).await.unwrap() {
        Prepared::Plan(ready) => ready.plan,
        Prepared::Ended(_) => panic!("no plan"),
    }
}

/// How a pre-flight of the plan ends where roles have these policies, and what it says.
async fn flown(plan: &Plan, roles: &Roles) -> (Option<Exit>, String) {
    let world = World::from_kdl("world.kdl", &text(roles), &Options { speed: 2000.0, seed: 0 }).unwrap();
    let sandbox = Sandbox::start(world, "127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let options = ConnectOptions {
        accounts: plan.accounts.clone(),
        project: plan.project.clone(),
        endpoint: Some(sandbox.url()),
        credentials: Some(("AKIAEXAMPLE".to_owned(), "example".to_owned())),
        time_scale: 2000.0,
        parallelism: None,
    };
    let connection = Connection {
        cloud: Arc::new(AwsCloud::connect(options).await),
        clock: Arc::new(SystemClock::new(2000.0)),
        names: Names::World(Arc::new(|_| None)),
        place: Place::Aws,
        buckets: None,
        trail: Arc::new(Silence),
        bus: Arc::new(Silence),
    };
    let before = sandbox.summary();
    let (streams, out, err) = captured::streams(None);
    let exit = preflight(plan, &connection, false, &streams).await.unwrap();
    assert_eq!(sandbox.summary(), before, "a pre-flight changed something");
    assert!(sandbox.requests().keys().all(|request| request.contains(" sts:") || request.contains(" iam:")));
    assert_eq!(out.text(), "");
    (exit, err.text())
}

/// The policies that the plan needs, as IAM would be given them.
fn policies(plan: &Plan) -> BTreeMap<&'static str, Vec<Json>> {
    ["gateway", "application"]
        .into_iter()
        .map(|name| {
            let account = plan.accounts.iter().find(|account| account.name == name).unwrap();
            (name, privlink_kinds::permissions::plan_policy(account, plan).documents())
        })
        .collect()
}

/// Policies as lines of a world file, without some of their statements' actions.
fn written(policies: &BTreeMap<&'static str, Vec<Json>>, without: impl Fn(&str, &str) -> bool) -> Roles {
    let role = |name: &str, documents: &[Json]| {
        let lines = documents.iter().map(|document| {
            let mut document = document.clone();
            let statements = document["Statement"].as_array_mut().unwrap();
            for statement in statements.iter_mut() {
                let actions = statement["Action"].as_array_mut().unwrap();
                actions.retain(|action| !without(name, action.as_str().unwrap()));
            }
            statements.retain(|statement| statement["Action"] != json!([]));
            format!("policy #\"{document}\"#\n")
        });
        lines.collect::<String>()
    };
    policies.iter().map(|(name, documents)| (*name, role(name, documents))).collect()
}

fn actions(documents: &[Json]) -> BTreeSet<String> {
    let statements = documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

fn is_read(action: &str) -> bool {
    action.contains(":Describe") || action == "apigateway:GET"
}

fn check(text: &str, expect: Expect) {
    expect.assert_eq(text);
}

#[tokio::test]
async fn everything_that_all_accounts_lack_is_listed_at_once() {
    let plan = example().await;
    let gateway = "deny \"ec2:CreateVpcEndpoint\" \"apigateway:DELETE\"\nallow \"*\"";
    let application =
        "allow \"ec2:Describe*\" \"ec2:*VpcEndpoint*\" \"elasticloadbalancing:*\" \"apigateway:*\" \"iam:*\"";
    let (exit, text) = flown(&plan, &roles(gateway, application)).await;
    assert_eq!(exit, Some(ERROR));
    check(
        &text,
        expect![[r#"
        privlink::permission::lacking: the credentials of 2 accounts may not do all that this plan needs

          application (111111111111, us-east-1)
            ec2:CreateTags: no policy allows it
              on arn:aws:ec2:us-east-1:111111111111:vpc-endpoint-service/vpce-svc-*
              for target/orders/endpoint-service

          gateway (222222222222, us-east-1)
            apigateway:DELETE: a policy forbids it
              on arn:aws:apigateway:us-east-1::/restapis/*
              on arn:aws:apigateway:us-east-1::/restapis/*/deployments/*
              on arn:aws:apigateway:us-east-1::/restapis/*/stages/test
              on arn:aws:apigateway:us-east-1::/vpclinks/*
              to take back api/orders, api/orders/deployment, api/orders/stage/test, link/gateway/hub
            ec2:CreateVpcEndpoint: a policy forbids it
              on arn:aws:ec2:us-east-1:222222222222:security-group/sg-*
              on arn:aws:ec2:us-east-1:222222222222:subnet/subnet-06c580280ed50e1fc
              on arn:aws:ec2:us-east-1:222222222222:subnet/subnet-301c76dc26e7ea18b
              on arn:aws:ec2:us-east-1:222222222222:subnet/subnet-4853d7528d55fa5a5
              on 2 more
              for entry/hub, target/orders/endpoint

          help: `privlink plan -o FILE`, then `privlink schema permissions FILE`, prints the policy that each account needs
        Nothing was changed.
    "#]],
    );
}

#[tokio::test]
async fn the_policies_of_a_plan_lack_nothing_and_without_any_one_action_it_is_told() {
    let plan = example().await;
    let policies = policies(&plan);
    assert_eq!(flown(&plan, &written(&policies, |_, _| false)).await, (None, String::new()));
    let mut tried = 0;
    for (account, documents) in &policies {
        for action in actions(documents).iter().filter(|action| !is_read(action)) {
            let (exit, text) = flown(&plan, &written(&policies, |name, one| name == *account && one == action)).await;
            match action.as_str() {
                SIMULATE => {
                    assert_eq!(exit, None);
                    assert!(text.contains("is not known: iam:SimulatePrincipalPolicy: AccessDenied"), "{text}");
                }
                "iam:CreateServiceLinkedRole" => {
                    assert_eq!(exit, None);
                    assert!(text.contains("which AWS makes once"), "{text}");
                }
                _ => {
                    let told = text.contains(&format!("    {action}: no policy allows it\n"));
                    assert!(exit == Some(ERROR) && told, "{account} without {action}: {exit:?} {text}");
                }
            }
            tried += 1;
        }
    }
    assert!(tried > 30, "only {tried} actions were tried");
}

#[tokio::test]
async fn reading_what_is_about_to_be_made_is_needed_too() {
    let plan = example().await;
    let (exit, text) = flown(&plan, &written(&policies(&plan), |_, action| is_read(action))).await;
    assert_eq!(exit, Some(ERROR));
    for action in [
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeVpcEndpointServicePermissions",
        "elasticloadbalancing:DescribeTargetHealth",
        "apigateway:GET",
        // With it AWS itself looks at what an endpoint is made in.
        "ec2:DescribeVpcs",
    ] {
        assert!(text.contains(&format!("    {action}: no policy allows it\n")), "{action} is not in {text}");
    }
    // What is only looked up was read before there was a plan.
    assert!(!text.contains("ec2:DescribeRouteTables"), "{text}");
}

#[tokio::test]
async fn who_may_not_be_asked_about_stops_nothing() {
    let plan = example().await;
    let nothing = "allow \"sts:*\"";
    let (exit, text) = flown(&plan, &roles(nothing, "allow \"*\"")).await;
    assert_eq!(exit, None);
    check(
        &text,
        expect![[r#"
        note: what the credentials of gateway (222222222222, us-east-1) may do is not known: iam:SimulatePrincipalPolicy: AccessDenied: User: arn:aws:sts::222222222222:assumed-role/privlink-deployer/privlink is not authorized to perform: iam:SimulatePrincipalPolicy on resource: arn:aws:iam::222222222222:role/privlink-deployer because no identity-based policy allows the iam:SimulatePrincipalPolicy action
    "#]],
    );
}
