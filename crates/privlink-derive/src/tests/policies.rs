//! Policies of the user's own, and the length of derived ones.

use std::collections::BTreeMap;

use privlink_model::keys::endpoint;
use privlink_model::{Address, Attrs, Owner};
use serde_json::{Value as Json, json};

use super::{HUB, Live, SPEC, run};
use crate::{Hosts, derive};

/// What is found about a policy file, beside what is found without one.
fn codes(policy: &Json, live: &Live) -> Vec<&'static str> {
    let loaded = privlink_spec::load_text("privlink.kdl", SPEC, &BTreeMap::new());
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let mut document = loaded.document;
    let api = document.apis.get_mut("shop").unwrap();
    api.allows.clear();
    api.policy = Some(privlink_spec::document::PolicyFile { file: api.name.clone(), text: policy.to_string().into() });
    let derived = derive(&document, &live.0, &Hosts::new());
    let codes = derived.findings.iter().map(|finding| finding.code);
    codes.filter(|code| code.starts_with("privlink::policy::")).collect()
}

fn allow(principal: &Json, condition: &Json) -> Json {
    json!({ "Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
            "Condition": condition })
}

fn deny(condition: &Json) -> Json {
    let mut statement = allow(&json!("*"), condition);
    statement["Effect"] = json!("Deny");
    statement
}

fn policy(statements: &[Json]) -> Json {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn through(operator: &str, key: &str, value: &str) -> Json {
    json!({ operator: { key: value } })
}

/// A world in which the hub's entry is `vpce-0a1b2c3d`.
fn entered() -> Live {
    let mut live = Live::new();
    live.push(HUB, endpoint::KIND, "vpce-0a1b2c3d", Owner::Ours(Address::new("entry/hub")), Attrs::new(), &[]);
    live
}

#[test]
fn a_policy_that_confines_nobody_is_open() {
    let everybody = json!("*");
    let none = json!({});
    let by_vpc = through("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d");
    let not_by_vpc = through("StringNotEquals", "aws:sourcevpc", "vpc-0a1b2c3d");
    let by_address = through("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8");
    for (statements, open) in [
        (vec![allow(&everybody, &none)], true),
        (vec![allow(&json!({ "AWS": "*" }), &by_address)], true),
        (vec![allow(&everybody, &not_by_vpc)], true),
        (vec![allow(&everybody, &through("StringLike", "aws:SourceVpce", "*"))], true),
        (vec![allow(&everybody, &none), deny(&through("Null", "aws:SourceVpce", "true"))], true),
        (vec![allow(&everybody, &by_vpc), allow(&everybody, &none)], true),
        (vec![allow(&everybody, &by_vpc)], false),
        (vec![allow(&everybody, &none), deny(&not_by_vpc)], false),
        (vec![allow(&everybody, &none), deny(&through("StringNotEqualsIfExists", "aws:SourceVpc", "vpc-1"))], false),
        (vec![deny(&none)], false),
    ] {
        let policy = policy(&statements);
        let expected: &[&str] = if open { &["privlink::policy::open"] } else { &[] };
        assert_eq!(codes(&policy, &Live::new()), expected, "{policy}");
    }
    // One statement need not stand in a list.
    assert_eq!(codes(&json!({ "Statement": allow(&everybody, &none) }), &Live::new()), ["privlink::policy::open"]);
}

#[test]
fn a_policy_without_statements_is_an_error() {
    for policy in [json!({}), policy(&[]), json!({ "Statement": "Allow" })] {
        assert_eq!(codes(&policy, &Live::new()), ["privlink::policy::no-statement"]);
    }
}

#[test]
fn the_clients_address_goes_by_another_key() {
    let confined = deny(&through("StringNotEquals", "aws:SourceVpc", "vpc-0a1b2c3d"));
    let by = |key| policy(&[confined.clone(), allow(&json!("*"), &through("IpAddress", key, "10.0.0.0/8"))]);
    assert_eq!(codes(&by("aws:SourceIp"), &Live::new()), ["privlink::policy::source-ip"]);
    assert_eq!(codes(&by("AWS:sourceip"), &Live::new()), ["privlink::policy::source-ip"]);
    assert_eq!(codes(&by("aws:VpcSourceIp"), &Live::new()), Vec::<&str>::new());
}

#[test]
fn anonymous_calls_match_no_principal() {
    let condition = through("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d");
    for (principal, named) in [
        (json!({ "AWS": "arn:aws:iam::333333333333:role/app" }), true),
        (json!({ "AWS": ["333333333333", "444444444444"] }), true),
        (json!({ "Service": "states.amazonaws.com" }), true),
        (json!({ "AWS": ["*"] }), false),
        (json!("*"), false),
    ] {
        let expected: &[&str] = if named { &["privlink::policy::signed-principal"] } else { &[] };
        assert_eq!(codes(&policy(&[allow(&principal, &condition)]), &Live::new()), expected, "{principal}");
    }
}

#[test]
fn endpoints_in_a_policy_are_entries_of_the_api() {
    let by = |id: &str| policy(&[allow(&json!("*"), &through("StringEquals", "aws:SourceVpce", id))]);
    assert_eq!(codes(&by("vpce-0a1b2c3d"), &entered()), Vec::<&str>::new());
    let both = ["privlink::policy::entry-left-out", "privlink::policy::unknown-endpoint"];
    assert_eq!(codes(&by("vpce-0f0f0f0f"), &entered()), both);
    assert_eq!(codes(&by("vpce-0a1b2c3d"), &Live::new()), both);
    assert_eq!(codes(&by("vpce-0a*"), &Live::new()), Vec::<&str>::new());
    // Keeping one out says nothing of others.
    let out = policy(&[
        deny(&through("StringEquals", "aws:SourceVpce", "vpce-0f0f0f0f")),
        deny(&through("StringNotEquals", "aws:SourceVpc", "vpc-0a1b2c3d")),
        allow(&json!("*"), &json!({})),
    ]);
    assert_eq!(codes(&out, &entered()), Vec::<&str>::new());
    let wider = allow(&json!("*"), &through("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d"));
    let mut both = by("vpce-0f0f0f0f");
    both["Statement"].as_array_mut().unwrap().push(wider);
    assert_eq!(codes(&both, &entered()), ["privlink::policy::unknown-endpoint"]);
    let mut unread = entered();
    unread.unreadable(HUB, endpoint::KIND);
    assert_eq!(codes(&by("vpce-0f0f0f0f"), &unread), Vec::<&str>::new());
}

#[test]
fn a_derived_policy_has_an_end() {
    let with = |count: usize| {
        let allows: Vec<String> =
            (0..count).map(|number| format!("allow network=\"hub\" path=\"/orders/{number:02}\"\n")).collect();
        let derived = run(&SPEC.replace("allow network=\"hub\"", &allows.concat()), &Live::new(), &Hosts::new());
        derived.findings.iter().any(|finding| finding.code == "privlink::policy::too-long")
    };
    assert!(!with(30));
    assert!(with(60));
}
