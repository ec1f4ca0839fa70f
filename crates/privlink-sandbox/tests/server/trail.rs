//! The log of calls and the buses over HTTP: sessions by their names, a log that a folder keeps, and a reset.

use crate::client::{Credentials, LOOPBACK, WORLD, ambient, blocking, call, create_group, exchange, signed, text};
use privlink_sandbox::{Faults, Options, Sandbox, World};
use std::time::Duration;

const HUB: &str = "arn:aws:iam::222222222222:role/privlink-deployer";
const LOOKUP: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";

fn named(url: &str, session: &str) -> Credentials {
    let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={HUB}&RoleSessionName={session}");
    let (status, body) = call(url, &ambient(), "sts", &form);
    assert_eq!(status, 200, "{body}");
    Credentials(text(&body, "AccessKeyId").to_owned(), Some(text(&body, "SessionToken").to_owned()))
}

/// Makes a call of the JSON protocol.
fn json(url: &str, who: &Credentials, service: &str, target: &str, body: &str) -> (u16, serde_json::Value) {
    let headers =
        format!("{}x-amz-target: {target}\r\ncontent-type: application/x-amz-json-1.1\r\n", signed(who, service));
    let answer = exchange(url, "POST", "/", &headers, body).unwrap();
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

/// Who is shown to have done what, the newest first.
fn shown(url: &str, who: &Credentials) -> Vec<String> {
    let (status, answer) = json(url, who, "cloudtrail", LOOKUP, "{}");
    assert_eq!(status, 200, "{answer}");
    let line = |event: &serde_json::Value| format!("{} {}", event["Username"], event["EventName"]).replace('"', "");
    answer["Events"].as_array().unwrap().iter().map(line).collect()
}

fn at_once(sandbox: &Sandbox) {
    sandbox.set_faults(Faults { trail_lag: Some(Duration::ZERO), ..Faults::default() }).unwrap();
}

fn world() -> World {
    World::from_kdl("world.kdl", WORLD, &Options { speed: 60.0, seed: 1 }).unwrap()
}

#[tokio::test]
async fn a_log_is_kept_with_its_world_and_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let keep = || Some(folder.path().to_owned());
    let sandbox = Sandbox::start(world(), LOOPBACK, keep()).await.unwrap();
    at_once(&sandbox);
    let url = sandbox.url();
    blocking(move || {
        let (alice, bob) = (named(&url, "alice"), named(&url, "bob"));
        assert_eq!(create_group(&url, &alice, "one").0, 200);
        assert_eq!(create_group(&url, &bob, "one").0, 400, "the name is taken");
        assert_eq!(shown(&url, &alice), ["bob CreateSecurityGroup", "alice CreateSecurityGroup"]);
        assert_eq!(shown(&url, &ambient()), Vec::<String>::new(), "another account's log");
    })
    .await;
    sandbox.stop().await.unwrap();
    let file = folder.path().join("trail.jsonl");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert_eq!(kept.lines().count(), 2);
    // What a kill left behind.
    std::fs::write(&file, format!("{kept}{}", &kept[..100])).unwrap();

    let again = World::load(folder.path()).unwrap().unwrap();
    let sandbox = Sandbox::start(again, LOOPBACK, keep()).await.unwrap();
    at_once(&sandbox);
    let url = sandbox.url();
    blocking(move || {
        let carol = named(&url, "carol");
        assert_eq!(create_group(&url, &carol, "two").0, 200);
        let before = ["carol CreateSecurityGroup", "bob CreateSecurityGroup", "alice CreateSecurityGroup"];
        assert_eq!(shown(&url, &carol), before);
        let whole = exchange(&url, "GET", "/_sandbox/trail", "", "").unwrap().body;
        let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
        let ids: std::collections::BTreeSet<&str> =
            whole.as_array().unwrap().iter().map(|record| record["eventID"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 3);
        assert_eq!(exchange(&url, "POST", "/_sandbox/reset", "", "").unwrap().status, 204);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(shown(&url, &carol), Vec::<String>::new());
    })
    .await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
    sandbox.stop().await.unwrap();
}

#[tokio::test]
async fn events_are_listed_in_the_summary() {
    let sandbox = Sandbox::start(world(), LOOPBACK, None).await.unwrap();
    let before = sandbox.summary();
    let url = sandbox.url();
    blocking(move || {
        let alice = named(&url, "alice");
        let entry = r#"{"Entries":[{"Source":"privlink","DetailType":"Drift Found","Detail":"{\"found\":1}"}]}"#;
        let (status, answer) = json(&url, &alice, "events", "AWSEvents.PutEvents", entry);
        assert_eq!((status, &answer["FailedEntryCount"]), (200, &serde_json::json!(0)));
    })
    .await;
    let summary = sandbox.summary();
    let event = summary.pointer("/222222222222~1us-east-1/events/buses/default/events/0").unwrap();
    assert_eq!((&event["account"], &event["source"]), (&"222222222222".into(), &"privlink".into()));
    assert_eq!(event["detail"]["found"], 1);
    sandbox.reset().unwrap();
    assert_eq!(sandbox.summary(), before);
}
