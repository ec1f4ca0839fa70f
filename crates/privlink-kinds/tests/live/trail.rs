//! Who changed what, and announcements, through the real SDK. Those who change something by hand speak plain HTTP.

use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::slice;
use std::time::Duration;

use privlink_kinds::AwsCloud;
use privlink_model::keys::*;
use privlink_model::{Announcement, Attrs, Bus, CloudError, Deed, Deeds, ErrorClass, Scope, Subject, Trail, Unread};
use privlink_sandbox::{Fault, FaultKind, Faults, Options, Sandbox, World};

use crate::bench::{Bench, account, options};

const HUB: &str = "222222222222";

/// Somebody who took on a role under a name.
#[derive(Clone)]
struct Somebody {
    url: String,
    key: String,
    token: String,
}

impl Somebody {
    fn named(name: &str, url: &str) -> Self {
        let nobody = Self { url: url.to_owned(), key: "AKIAEXAMPLE".to_owned(), token: String::new() };
        let role = format!("arn:aws:iam::{HUB}:role/deployer");
        let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName={name}");
        let answer = nobody.ask("sts", &form);
        Self { key: text(&answer, "AccessKeyId"), token: text(&answer, "SessionToken"), ..nobody }
    }

    fn ask(&self, service: &str, form: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let scope = format!("{}/20260101/us-east-1/{service}/aws4_request", self.key);
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        let token = Some(&self.token).filter(|token| !token.is_empty());
        let token = token.map(|token| format!("x-amz-security-token: {token}\r\n")).unwrap_or_default();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = form.len();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nuser-agent: console\r\n\
             authorization: {signature}\r\n{token}content-length: {length}\r\n\r\n{form}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer
    }

    fn ec2(&self, form: &str) -> String {
        self.ask("ec2", &format!("{form}&Version=2016-11-15"))
    }
}

fn text(xml: &str, name: &str) -> String {
    let rest = xml.split(&format!("<{name}>")).nth(1).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

/// Clients that block must not stop the runtime that the server is on.
async fn by_hand<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn at_once(sandbox: &Sandbox) {
    sandbox.set_faults(Faults { trail_lag: Some(Duration::ZERO), ..Faults::default() }).unwrap();
}

fn subject(kind: &'static str, id: &str, within: Option<&str>) -> Subject {
    Subject { kind, id: id.to_owned(), within: within.map(str::to_owned) }
}

async fn deeds(cloud: &AwsCloud, scope: &Scope, subjects: &[Subject]) -> Deeds {
    cloud.deeds(scope, 0, subjects).await.unwrap()
}

fn told(deed: &Deed) -> (&str, &str, bool, bool) {
    (&deed.by, &deed.call, deed.by_privlink, deed.only_parent)
}

#[tokio::test]
async fn it_is_told_who_changed_what_and_what_was_privlinks_own_doing() {
    let bench = Bench::new().await;
    at_once(&bench.sandbox);
    let (vpc, _) = bench.network(&bench.hub, "hub").await;
    let attrs = Attrs::new()
        .with(&security_group::NAME, "pl-a".to_owned())
        .with(&security_group::DESCRIPTION, "a".to_owned())
        .with(&security_group::VPC, vpc);
    let (group, _) = bench.create(&bench.hub, security_group::KIND, "a/group", attrs).await;
    let whole = subject(security_group::KIND, &group.id, None);
    let gone = subject(security_group_rule::KIND, "sgr-00000000000000000", Some(&group.id));
    let other = subject(endpoint::KIND, "vpce-00000000000000000", None);
    let found = deeds(&bench.cloud, &bench.hub, slice::from_ref(&whole)).await;
    let expected = ("privlink", "ec2:CreateSecurityGroup", true, false);
    assert_eq!(told(found.last(&whole, |_| true).unwrap()), expected, "{found:?}");

    let (url, id) = (bench.sandbox.url(), group.id.clone());
    let rule = by_hand(move || {
        let (alice, bob) = (Somebody::named("alice", &url), Somebody::named("bob", &url));
        let rule = |port: u16| {
            format!(
                "GroupId={id}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort={port}&IpPermissions.1.ToPort={port}\
                 &IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8"
            )
        };
        let made = alice.ec2(&format!("Action=AuthorizeSecurityGroupIngress&{}", rule(443)));
        bob.ec2(&format!("Action=AuthorizeSecurityGroupIngress&{}", rule(80)));
        bob.ec2(&format!("Action=RevokeSecurityGroupIngress&{}", rule(80)));
        text(&made, "securityGroupRuleId")
    })
    .await;
    let rule = subject(security_group_rule::KIND, &rule, Some(&group.id));
    let subjects = [whole.clone(), rule.clone(), gone.clone(), other.clone()];
    let found = deeds(&bench.cloud, &bench.hub, &subjects).await;
    let deed = found.last(&rule, |_| true).unwrap();
    assert_eq!(told(deed), ("alice", "ec2:AuthorizeSecurityGroupIngress", false, false));
    assert_eq!(deed.arn.as_deref(), Some("arn:aws:sts::222222222222:assumed-role/deployer/alice"));
    assert_eq!((deed.from.as_deref(), deed.event.len()), (Some("127.0.0.1"), 36));
    assert_eq!(told(found.last(&whole, |_| true).unwrap()), expected, "its rules are no part of it");
    assert_eq!(told(found.last(&gone, |_| true).unwrap()), ("bob", "ec2:RevokeSecurityGroupIngress", false, true));
    assert_eq!((found.last(&other, |_| true), found.only_since), (None, None));
    assert_eq!(deeds(&bench.cloud, &bench.app, &subjects).await, Deeds::default(), "another account's log");
    let later = bench.cloud.deeds(&bench.hub, deed.at + 1_000_000, &subjects).await.unwrap();
    assert_eq!(later, Deeds::default(), "nothing since then");
}

#[tokio::test]
async fn the_log_lags_and_a_throttled_lookup_is_repeated() {
    let bench = Bench::new().await;
    let url = bench.sandbox.url();
    let (_, subnets) = bench.network(&bench.hub, "hub").await;
    let one = subnets[0].clone();
    let lag = |seconds: u64| Faults { trail_lag: Some(Duration::from_secs(seconds)), ..Faults::default() };
    bench.sandbox.set_faults(lag(24 * 3600)).unwrap();
    let tags = format!("Action=CreateTags&ResourceId.1={one}&Tag.1.Key=a&Tag.1.Value=b");
    by_hand(move || Somebody::named("alice", &url).ec2(&tags)).await;
    let subjects = [subject("subnet", &one, None)];
    assert_eq!(deeds(&bench.cloud, &bench.hub, &subjects).await, Deeds::default());
    let list = vec![Fault::new("cloudtrail:LookupEvents", FaultKind::Throttled)];
    bench.sandbox.set_faults(Faults { list, ..lag(0) }).unwrap();
    let found = deeds(&bench.cloud, &bench.hub, &subjects).await;
    assert_eq!(told(found.last(&subjects[0], |_| true).unwrap()).0, "alice");
    assert_eq!(bench.sandbox.requests()["222222222222/us-east-1 cloudtrail:LookupEvents"], 3);
}

#[tokio::test]
async fn a_log_without_end_is_read_to_a_bound_and_then_by_names() {
    let bench = Bench::new().await;
    at_once(&bench.sandbox);
    let (vpc, subnets) = bench.network(&bench.hub, "hub").await;
    let (url, one, other) = (bench.sandbox.url(), subnets[0].clone(), subnets[1].clone());
    let group = by_hand(move || {
        let alice = Somebody::named("alice", &url);
        let tag = |id: &str, key: usize| {
            alice.ec2(&format!("Action=CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value={key}"));
        };
        let form = "Action=CreateSecurityGroup&GroupName=a&GroupDescription=a";
        let group = text(&alice.ec2(&format!("{form}&VpcId={vpc}")), "groupId");
        alice.ec2(&format!("Action=DeleteSecurityGroup&GroupId={group}"));
        tag(&one, 0);
        (0..600).for_each(|key| tag(&other, key));
        group
    })
    .await;
    let lookups = || bench.sandbox.requests().get("222222222222/us-east-1 cloudtrail:LookupEvents").copied();
    let often = subject("subnet", &subnets[1], None);
    let found = deeds(&bench.cloud, &bench.hub, slice::from_ref(&often)).await;
    assert_eq!((found.of[&often].len(), lookups()), (50, Some(1)), "one page tells enough");
    let found = deeds(&bench.cloud, &bench.hub, &[subject("subnet", &subnets[0], None)]).await;
    assert_eq!((found.of.len(), found.only_since.is_some(), lookups()), (0, true, Some(11)), "any call may be it");
    let gone = subject(security_group::KIND, &group, None);
    let found = deeds(&bench.cloud, &bench.hub, slice::from_ref(&gone)).await;
    assert_eq!(told(found.last(&gone, |_| true).unwrap()), ("alice", "ec2:DeleteSecurityGroup", false, false));
    assert_eq!((found.of[&gone].len(), lookups()), (2, Some(25)), "ten pages and four names");
    assert!(found.only_since.is_some(), "tags were given more often than fits a page");
    let rule = subject(targets::KIND, "arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/x/1", None);
    let found = deeds(&bench.cloud, &bench.hub, &[rule]).await;
    assert_eq!(found, Deeds::default(), "by names the whole time was looked through");
}

const WORLD: &str = r#"
account "222222222222" {
    role "deployer" { allow "events:*"; }
    region "us-east-1" { event-bus "news"; }
}
account "111111111111" {
    role "deployer" { allow "cloudtrail:*"; }
    region "us-east-1" {
        event-bus "open" { allow "222222222222"; }
        event-bus "closed"
    }
}
"#;

async fn confined() -> (Sandbox, AwsCloud) {
    let world = World::from_kdl("world.kdl", WORLD, &Options { speed: 2000.0, seed: 7 }).unwrap();
    let sandbox = Sandbox::start(world, "127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let accounts = vec![account(HUB, "deployer"), account("111111111111", "deployer")];
    let cloud = AwsCloud::connect(options(accounts, &sandbox.url())).await;
    (sandbox, cloud)
}

#[tokio::test]
async fn what_may_not_be_asked_is_not_known_and_says_what_it_lacks() {
    let (_sandbox, cloud) = confined().await;
    let subjects = [subject(endpoint::KIND, "vpce-1", None)];
    let Err(Unread { code, operation, message, help }) = cloud.deeds(&Scope::new(HUB, "us-east-1"), 0, &subjects).await
    else {
        panic!("it was told");
    };
    assert_eq!((code, operation.as_str()), ("privlink::aws::denied", "cloudtrail:LookupEvents"));
    assert!(message.contains("is not authorized to perform: cloudtrail:LookupEvents"), "{message}");
    assert_eq!(help.as_deref(), Some("allow cloudtrail:LookupEvents to the credentials of account 222222222222"));
    assert_eq!(deeds(&cloud, &Scope::new("111111111111", "us-east-1"), &subjects).await, Deeds::default());
}

fn news(detail: &str) -> Announcement {
    Announcement { source: "privlink".to_owned(), detail_type: "Drift Found".to_owned(), detail: detail.to_owned() }
}

async fn put(cloud: &AwsCloud, bus: &str, detail: &str) -> Result<String, CloudError> {
    cloud.put(&Scope::new(HUB, "us-east-1"), bus, &news(detail)).await
}

#[tokio::test]
async fn announcements_reach_their_bus_and_failures_say_why() {
    let (sandbox, cloud) = confined().await;
    let own = |name: &str| format!("arn:aws:events:us-east-1:222222222222:event-bus/{name}");
    let other = |name: &str| format!("arn:aws:events:us-east-1:111111111111:event-bus/{name}");
    let mut ids = Vec::new();
    for bus in ["default", "news", &own("news"), &other("open")] {
        ids.push(put(&cloud, bus, r#"{"found":1}"#).await.unwrap_or_else(|error| panic!("{bus}: {error}")));
    }
    let at = |account: &str, bus: &str| {
        let summary = sandbox.summary();
        let pointer = format!("/{account}~1us-east-1/events/buses/{bus}/events");
        summary.pointer(&pointer).and_then(|events| events.as_array()).cloned().unwrap_or_default()
    };
    assert_eq!((at(HUB, "default").len(), at(HUB, "news").len(), at("111111111111", "open").len()), (1, 2, 1));
    let kept = &at(HUB, "default")[0];
    assert_eq!(kept["id"], ids[0].as_str());
    assert_eq!((kept["source"].as_str(), kept["detail_type"].as_str()), (Some("privlink"), Some("Drift Found")));
    assert_eq!(kept["detail"]["found"], 1);

    let missing = put(&cloud, "nowhere", "{}").await.unwrap_err();
    assert_eq!((missing.class, missing.operation.as_str()), (ErrorClass::NotFound, "events:DescribeEventBus"));
    assert!(missing.message.contains("there is no event bus nowhere"), "{missing}");
    let closed = put(&cloud, &other("closed"), "{}").await.unwrap_err();
    assert_eq!((closed.class, closed.code.as_str()), (ErrorClass::Denied, "AccessDeniedException"), "{closed}");
    let malformed = put(&cloud, "news", "[1]").await.unwrap_err();
    assert_eq!((malformed.class, malformed.code.as_str()), (ErrorClass::Refused, "MalformedDetail"));
    let large = put(&cloud, "news", &format!(r#"{{"a":"{}"}}"#, "x".repeat(256 * 1024))).await.unwrap_err();
    assert_eq!((large.class, large.code.as_str()), (ErrorClass::Refused, "ValidationException"), "{large}");
    let denied = cloud.put(&Scope::new("111111111111", "us-east-1"), "open", &news("{}")).await.unwrap_err();
    assert_eq!((denied.class, denied.operation.as_str()), (ErrorClass::Denied, "events:PutEvents"));
    assert_eq!((at(HUB, "news").len(), at("111111111111", "open").len()), (2, 1));
}
