//! The log over the whole way of a request: what is noted, when it is shown, and what lookups are refused.

use super::Log;
use crate::gate::Gate;
use crate::gate::faults::{Fault, FaultKind, Faults};
use crate::route::{Delivery, Site};
use crate::wire::Call;
use crate::world::{Options, World};
use serde_json::{Value, json};
use std::time::Duration;

const ACCOUNT: &str = "000000000000";
const TARGET: &str = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";

/// A world that stands still, with one VPC.
struct Bench {
    world: World,
    gate: Gate,
    log: Log,
    calls: u32,
}

impl Bench {
    fn new() -> Bench {
        let text = format!(
            "account \"{ACCOUNT}\" {{\n    region \"us-east-1\" {{\n        vpc \"a\" cidr=\"10.0.0.0/16\" id=\"vpc-0123456789abcdef0\"\n    }}\n}}\n"
        );
        let world = World::from_kdl("world.kdl", &text, &Options { speed: 0.0, seed: 1 }).unwrap();
        Bench { world, gate: Gate::default(), log: Log::default(), calls: 0 }
    }

    /// The same without the time until calls are shown.
    fn prompt() -> Bench {
        let mut bench = Bench::new();
        bench.set(Faults { trail_lag: Some(Duration::ZERO), ..Faults::default() });
        bench
    }

    fn set(&mut self, faults: Faults) {
        self.gate.set_faults(faults, &self.world);
    }

    fn ask(&mut self, service: &str, mut call: Call) -> (u16, String) {
        self.calls += 1;
        call.request_id = format!("request-{}", self.calls);
        call.from = "127.0.0.1".to_owned();
        let scope = format!("AKIDEXAMPLE/20260101/us-east-1/{service}/aws4_request");
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        call.headers.push(("authorization".to_owned(), signature));
        call.headers.push(("user-agent".to_owned(), "a tool/1.0".to_owned()));
        let Bench { world, gate, log, .. } = self;
        let answered = Site { world, gate, log }.answer(call);
        assert!(answered.delivery != Delivery::Never || answered.reply.status == 200);
        (answered.reply.status, String::from_utf8(answered.reply.body).unwrap())
    }

    fn ec2(&mut self, form: &str) -> (u16, String) {
        let body = format!("{form}&Version=2016-11-15").into_bytes();
        self.ask("ec2", Call { method: "POST".to_owned(), path: "/".to_owned(), body, ..Call::default() })
    }

    fn group(&mut self, name: &str) -> (u16, String) {
        self.ec2(&format!("Action=CreateSecurityGroup&GroupName={name}&GroupDescription=d&VpcId=vpc-0123456789abcdef0"))
    }

    fn look(&mut self, asked: &Value) -> (u16, Value) {
        let (method, path) = ("POST".to_owned(), "/".to_owned());
        let headers = vec![("x-amz-target".to_owned(), TARGET.to_owned())];
        let call = Call { method, path, headers, body: asked.to_string().into_bytes(), ..Call::default() };
        let (status, body) = self.ask("cloudtrail", call);
        (status, serde_json::from_str(&body).unwrap())
    }

    /// The names of the events that are shown.
    fn shown(&mut self, asked: &Value) -> Vec<String> {
        let (status, answer) = self.look(asked);
        assert_eq!(status, 200, "{answer}");
        let names = answer["Events"].as_array().unwrap().iter().map(|event| event["EventName"].as_str().unwrap());
        // The clock of the bench stands still, and lookups draw tokens by it.
        self.world.clock.advance(Duration::from_secs(1));
        names.map(str::to_owned).collect()
    }

    /// The code of a refusal.
    fn refused(&mut self, asked: &Value) -> String {
        let (status, answer) = self.look(asked);
        assert_eq!(status, 400, "{answer}");
        self.world.clock.advance(Duration::from_secs(1));
        answer["__type"].as_str().unwrap().to_owned()
    }
}

fn by(key: &str, value: &str) -> Value {
    json!({ "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }] })
}

#[test]
fn a_change_is_noted_with_who_what_and_where() {
    let mut bench = Bench::prompt();
    let (status, made) = bench.group("one");
    assert_eq!(status, 200, "{made}");
    let group = made.split("<groupId>").nth(1).unwrap().split('<').next().unwrap();
    let (_, answer) = bench.look(&json!({}));
    let event = &answer["Events"][0];
    assert_eq!((&event["Username"], &event["AccessKeyId"]), (&json!("sandbox"), &json!("AKIDEXAMPLE")));
    assert_eq!((&event["ReadOnly"], &event["EventSource"]), (&json!("false"), &json!("ec2.amazonaws.com")));
    assert_eq!(
        event["Resources"],
        json!([{ "ResourceType": "AWS::EC2::SecurityGroup", "ResourceName": group },
               { "ResourceType": "AWS::EC2::VPC", "ResourceName": "vpc-0123456789abcdef0" }])
    );
    assert_eq!(event["EventTime"], json!(bench.world.now().epoch_seconds()));
    let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["eventID"], event["EventId"]);
    assert_eq!(record["eventTime"], json!(bench.world.now().whole_seconds().rfc3339()));
    assert_eq!((&record["sourceIPAddress"], &record["userAgent"]), (&json!("127.0.0.1"), &json!("a tool/1.0")));
    assert_eq!(record["userIdentity"]["arn"], json!("arn:aws:iam::000000000000:user/sandbox"));
    assert_eq!(record["requestParameters"]["groupName"], json!("one"));
    assert_eq!(record["responseElements"]["groupId"], json!(group));
    assert_eq!((&record["requestID"], &record["recipientAccountId"]), (&json!("request-1"), &json!(ACCOUNT)));
    assert!(record.get("errorCode").is_none() && record["readOnly"] == json!(false));
}

#[test]
fn refused_calls_are_noted_with_their_error_and_reads_are_not() {
    let mut bench = Bench::prompt();
    assert_eq!(bench.ec2("Action=DescribeVpcs").0, 200);
    assert_eq!(bench.ec2("Action=NoSuchThing").0, 400);
    assert_eq!(bench.ec2("Action=DeleteSecurityGroup&GroupId=sg-0123456789abcdef0").0, 400);
    bench.set(Faults {
        list: vec![
            Fault::new("ec2:CreateTags", FaultKind::Dropped),
            Fault::new("ec2:CreateSecurityGroup", FaultKind::Throttled),
            Fault::new(
                "ec2:DeleteTags",
                FaultKind::Refused { code: "InternalError".to_owned(), message: "again".to_owned(), status: 500 },
            ),
            Fault::new("ec2:DeleteTags", FaultKind::LostAnswer),
        ],
        trail_lag: Some(Duration::ZERO),
        ..Faults::default()
    });
    bench.ec2("Action=CreateTags&ResourceId.1=vpc-0123456789abcdef0&Tag.1.Key=a&Tag.1.Value=b");
    bench.group("throttled");
    for _ in 0..2 {
        bench.ec2("Action=DeleteTags&ResourceId.1=vpc-0123456789abcdef0&Tag.1.Key=a");
    }
    let seen: Vec<(Value, Value)> = bench
        .log
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|record| (record["eventName"].clone(), record.get("errorCode").cloned().unwrap_or_default()))
        .collect();
    let expected = [
        (json!("DeleteSecurityGroup"), json!("Client.InvalidGroup.NotFound")),
        (json!("CreateSecurityGroup"), json!("Client.RequestLimitExceeded")),
        (json!("DeleteTags"), json!("Server.InternalError")),
        (json!("DeleteTags"), Value::Null),
    ];
    assert_eq!(seen, expected, "what was dropped on the way reached nobody");
}

#[test]
fn a_call_is_shown_when_it_is_old_enough_and_not_too_old() {
    let mut bench = Bench::new();
    bench.group("one");
    assert_eq!(bench.shown(&json!({})), Vec::<String>::new());
    bench.world.clock.advance(Duration::from_secs(299));
    assert_eq!(bench.shown(&json!({})), ["CreateSecurityGroup"]);
    bench.world.clock.advance(Duration::from_secs(90 * 24 * 3600));
    assert_eq!(bench.shown(&json!({})), Vec::<String>::new());
}

#[test]
fn lookups_are_by_one_attribute_and_by_time() {
    let mut bench = Bench::prompt();
    let start = bench.world.now().epoch_seconds();
    let (_, made) = bench.group("one");
    let group = made.split("<groupId>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    bench.world.clock.advance(Duration::from_secs(100));
    bench.ec2("Action=CreateTags&ResourceId.1=vpc-0123456789abcdef0&Tag.1.Key=a&Tag.1.Value=b");
    let both = ["CreateTags", "CreateSecurityGroup"];
    assert_eq!(bench.shown(&json!({})), both, "the newest first");
    assert_eq!(bench.shown(&by("ReadOnly", "false")), both);
    assert_eq!(bench.shown(&by("ReadOnly", "true")), Vec::<String>::new());
    assert_eq!(bench.shown(&by("EventName", "CreateTags")), ["CreateTags"]);
    assert_eq!(bench.shown(&by("Username", "sandbox")), both);
    assert_eq!(bench.shown(&by("Username", "nobody")), Vec::<String>::new());
    assert_eq!(bench.shown(&by("AccessKeyId", "AKIDEXAMPLE")), both);
    assert_eq!(bench.shown(&by("EventSource", "ec2.amazonaws.com")), both);
    assert_eq!(bench.shown(&by("ResourceName", &group)), ["CreateSecurityGroup"]);
    assert_eq!(bench.shown(&by("ResourceType", "AWS::EC2::VPC")), both);
    let (_, answer) = bench.look(&by("EventName", "CreateTags"));
    let id = answer["Events"][0]["EventId"].as_str().unwrap();
    assert_eq!(bench.shown(&by("EventId", id)), ["CreateTags"]);
    assert_eq!(bench.shown(&json!({ "StartTime": start + 50 })), ["CreateTags"]);
    assert_eq!(bench.shown(&json!({ "EndTime": start + 50 })), ["CreateSecurityGroup"]);
    assert_eq!(bench.shown(&json!({ "EventCategory": "insight" })), Vec::<String>::new());
}

#[test]
fn pages_hold_what_was_there_when_the_first_was_read() {
    let mut bench = Bench::prompt();
    (0..5).for_each(|number| assert_eq!(bench.group(&format!("g{number}")).0, 200));
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let (_, answer) = bench.look(&json!({ "MaxResults": 2, "NextToken": token }));
        for event in answer["Events"].as_array().unwrap() {
            let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap();
            seen.push(record["requestParameters"]["groupName"].as_str().unwrap().to_owned());
        }
        token = answer["NextToken"].clone();
        bench.group(&format!("later{}", seen.len()));
        bench.world.clock.advance(Duration::from_secs(1));
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, ["g4", "g3", "g2", "g1", "g0"]);
}

#[test]
fn lookups_that_cannot_be_are_refused() {
    let mut bench = Bench::prompt();
    (0..3).for_each(|number| assert_eq!(bench.group(&format!("g{number}")).0, 200));
    let attribute = |key: &str| json!({ "AttributeKey": key, "AttributeValue": "x" });
    let two = json!({ "LookupAttributes": [attribute("EventName"), attribute("Username")] });
    assert_eq!(bench.refused(&two), "InvalidLookupAttributesException");
    assert_eq!(bench.refused(&by("Colour", "x")), "InvalidLookupAttributesException");
    assert_eq!(bench.refused(&by("EventName", "")), "InvalidLookupAttributesException");
    assert_eq!(bench.refused(&by("ReadOnly", "maybe")), "InvalidLookupAttributesException");
    assert_eq!(bench.refused(&json!({ "StartTime": 2, "EndTime": 1 })), "InvalidTimeRangeException");
    assert_eq!(bench.refused(&json!({ "MaxResults": 51 })), "InvalidMaxResultsException");
    assert_eq!(bench.refused(&json!({ "MaxResults": 0 })), "InvalidMaxResultsException");
    assert_eq!(bench.refused(&json!({ "EventCategory": "data" })), "InvalidEventCategoryException");
    assert_eq!(bench.refused(&json!({ "NextToken": "x" })), "InvalidNextTokenException");
    assert_eq!(bench.refused(&json!({ "MaxResults": "many" })), "SerializationException");
    let (_, first) = bench.look(&json!({ "MaxResults": 1 }));
    let other = json!({ "MaxResults": 1, "NextToken": first["NextToken"], "EndTime": 9e9 });
    assert_eq!(bench.refused(&other), "InvalidNextTokenException", "a token is for one question");
}

#[test]
fn two_lookups_a_second_are_let_through() {
    let mut bench = Bench::prompt();
    let codes: Vec<u16> = (0..3).map(|_| bench.look(&json!({})).0).collect();
    assert_eq!(codes, [200, 200, 400]);
    let (_, refused) = bench.look(&json!({}));
    assert_eq!(refused, json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }));
    bench.world.clock.advance(Duration::from_millis(500));
    assert_eq!(bench.look(&json!({})).0, 200);
}
