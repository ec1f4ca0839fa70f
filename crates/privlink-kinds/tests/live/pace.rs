//! Reads that go together, throttles, exhausted quotas: what is sent, and in which order.

use std::time::Duration;

use futures_util::future::join_all;
use privlink_model::keys::{rest_api, security_group, vpc_link};
use privlink_model::{Address, Attrs, Cloud, ErrorClass, Observed, Operation, Progress, Write};
use privlink_sandbox::{Fault, FaultKind, Turn};

use crate::bench::{Bench, create};

/// Security groups of ours, made one by one.
async fn groups(bench: &Bench, count: usize) -> Vec<Write> {
    let (vpc, _) = bench.network(&bench.hub, "hub").await;
    let mut made = Vec::new();
    for number in 0..count {
        let attrs = Attrs::new()
            .with(&security_group::NAME, format!("pl-{number}"))
            .with(&security_group::DESCRIPTION, "one of many".to_owned())
            .with(&security_group::VPC, vpc.clone());
        let write = create(&bench.hub, security_group::KIND, &format!("target/{number}/group"), attrs);
        made.push(Write { id: bench.write(&write).await.unwrap().id, ..write });
    }
    made
}

fn sent(bench: &Bench, operation: &str) -> u64 {
    bench.cloud.requests().get(operation).copied().unwrap_or_default()
}

const DESCRIBE: &str = "ec2:DescribeSecurityGroups";

#[tokio::test]
async fn reads_that_are_asked_for_together_are_one_call() {
    let bench = Bench::new().await;
    let made = groups(&bench, 12).await;
    let gone = Write { id: "sg-0123456789abcdef9".to_owned(), ..made[0].clone() };
    let before = sent(&bench, DESCRIBE);
    let asked: Vec<&Write> = made.iter().chain([&gone, &made[3]]).collect();
    let read: Vec<Option<Observed>> = join_all(asked.iter().map(|write| bench.read(write))).await;
    assert_eq!(sent(&bench, DESCRIBE) - before, 1);
    for (write, found) in made.iter().chain([&made[3]]).zip(read[..12].iter().chain([&read[13]])) {
        let found = found.as_ref().unwrap();
        assert_eq!((&found.id, found.address()), (&write.id, Some(&write.address)));
    }
    assert_eq!(read[12], None, "the others are found although one is not there");
}

#[tokio::test]
async fn one_that_is_gone_does_not_hide_the_others_where_aws_fails_the_whole_call() {
    let bench = Bench::new().await;
    let attrs = |name: &str| {
        Attrs::new().with(&rest_api::NAME, name.to_owned()).with(&rest_api::ENDPOINT_TYPE, "PRIVATE".to_owned())
    };
    let (one, _) = bench.create(&bench.hub, rest_api::KIND, "api/one", attrs("one")).await;
    let (two, _) = bench.create(&bench.hub, rest_api::KIND, "api/two", attrs("two")).await;
    let gone = Write { id: "aaaaaaaaaa".to_owned(), ..one.clone() };
    let read = join_all([&one, &gone, &two].map(|write| bench.read(write))).await;
    let names = read.iter().map(|found| found.as_ref().and_then(|found| found.attrs.read(&rest_api::NAME)));
    assert_eq!(names.collect::<Vec<_>>(), [Some("one".to_owned()), None, Some("two".to_owned())]);

    // Endpoints are asked for by id, and AWS knows none of some.
    let ghost = |number: u32| Write {
        id: format!("vpce-0123456789abcdef{number}"),
        kind: "endpoint",
        address: Address::new("ghost"),
        ..one.clone()
    };
    let ghosts: Vec<Write> = (0..3).map(ghost).collect();
    assert_eq!(join_all(ghosts.iter().map(|write| bench.read(write))).await, [None, None, None]);
}

#[tokio::test]
async fn looks_of_many_leave_together() {
    let bench = Bench::new().await;
    let made = groups(&bench, 10).await;
    let before = sent(&bench, DESCRIBE);
    let looked = join_all(made.iter().map(|write| bench.cloud.settle(write, &write.id))).await;
    assert!(looked.iter().all(|look| matches!(look, Ok(Progress::Done(_)))), "{looked:?}");
    assert_eq!(sent(&bench, DESCRIBE) - before, 1);
}

#[tokio::test]
async fn an_answer_is_never_older_than_its_question() {
    let bench = Bench::new().await;
    let made = groups(&bench, 2).await;
    // AWS answers with what was true when the call came in, long after.
    let slow = FaultKind::Slow(Duration::from_secs(1000));
    bench.sandbox.set_faults(vec![Fault::new(DESCRIBE, slow)]).unwrap();
    let before = sent(&bench, DESCRIBE);
    let early = bench.read(&made[0]);
    let late = async {
        while sent(&bench, DESCRIBE) == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let delete = Write { operation: Operation::Delete, before: made[0].after.clone(), ..made[0].clone() };
        bench.write(&delete).await.unwrap();
        bench.read(&made[0]).await
    };
    let (early, late) = tokio::join!(early, late);
    assert!(early.is_some(), "it was there when it was asked for");
    assert_eq!(late, None, "asked for after it was deleted, while the first call was under way");
}

#[tokio::test]
async fn who_stops_asking_takes_nobodys_answer_along() {
    let bench = Bench::new().await;
    let made = groups(&bench, 2).await;
    bench.sandbox.set_faults(vec![Fault::new(DESCRIBE, FaultKind::Slow(Duration::from_secs(200)))]).unwrap();
    let impatient = tokio::time::timeout(Duration::from_millis(20), bench.read(&made[0]));
    let (gone, found) = tokio::join!(impatient, bench.read(&made[1]));
    assert!(gone.is_err());
    assert_eq!(found.unwrap().id, made[1].id);
    assert_eq!(bench.read(&made[0]).await.unwrap().id, made[0].id);
}

#[tokio::test]
async fn a_call_that_was_throttled_is_made_again_and_only_that() {
    let bench = Bench::new().await;
    let (vpc, _) = bench.network(&bench.hub, "hub").await;
    let faults = ["ec2:CreateSecurityGroup", "apigateway:CreateRestApi", "elbv2:DescribeLoadBalancers"];
    bench.sandbox.set_faults(faults.map(|operation| Fault::new(operation, FaultKind::Throttled)).to_vec()).unwrap();
    let attrs = Attrs::new()
        .with(&security_group::NAME, "pl-x".to_owned())
        .with(&security_group::DESCRIPTION, "x".to_owned())
        .with(&security_group::VPC, vpc);
    bench.cloud.write(&create(&bench.hub, security_group::KIND, "x", attrs)).await.unwrap();
    let attrs = Attrs::new().with(&rest_api::NAME, "x".to_owned()).with(&rest_api::ENDPOINT_TYPE, "PRIVATE".to_owned());
    bench.cloud.write(&create(&bench.hub, rest_api::KIND, "x", attrs)).await.unwrap();
    let before = sent(&bench, "elasticloadbalancing:DescribeLoadBalancers");
    assert!(bench.gather(&bench.hub, &[]).await.listings["load-balancer"].is_ok());
    assert_eq!(sent(&bench, "ec2:CreateSecurityGroup"), 2);
    assert_eq!(sent(&bench, "apigateway:CreateRestApi"), 2, "a throttle took no effect, so it may be repeated");
    assert_eq!(sent(&bench, "elasticloadbalancing:DescribeLoadBalancers") - before, 2);
}

#[tokio::test]
async fn an_exhausted_quota_is_told_at_once_with_what_uses_it() {
    let bench = Bench::new().await;
    let limit = FaultKind::Refused {
        code: "LimitExceededException".to_owned(),
        message: "Maximum number of VPC links for this account has been reached.".to_owned(),
        status: 429,
    };
    bench.sandbox.set_faults(vec![Fault::new("apigateway:CreateVpcLink", limit)]).unwrap();
    let balancer = "arn:aws:elasticloadbalancing:us-east-1:222222222222:loadbalancer/net/x/0123456789abcdef".to_owned();
    let attrs = Attrs::new().with(&vpc_link::NAME, "x".to_owned()).with(&vpc_link::LOAD_BALANCER, balancer);
    let error = bench.cloud.write(&create(&bench.hub, vpc_link::KIND, "link/x", attrs)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Quota);
    assert_eq!(sent(&bench, "apigateway:CreateVpcLink"), 1, "no waiting mends it");
    for words in ["has been reached; the quota is \"VPC links per Region\", 20 by default", "there are 0 VPC links"] {
        assert!(error.message.contains(words), "{}", error.message);
    }
    // Who may not count them is told the rest.
    let denied = FaultKind::Refused { code: "AccessDeniedException".to_owned(), message: "no".to_owned(), status: 403 };
    let limit =
        FaultKind::Refused { code: "VpcEndpointLimitExceeded".to_owned(), message: "50".to_owned(), status: 400 };
    let every = |operation: &str, kind| Fault { turn: Turn::Every, ..Fault::new(operation, kind) };
    let faults = vec![every("ec2:CreateVpcEndpoint", limit), every("ec2:DescribeVpcEndpoints", denied)];
    bench.sandbox.set_faults(faults).unwrap();
    let attrs = Attrs::new()
        .with(&privlink_model::keys::endpoint::VPC, bench.network(&bench.hub, "hub").await.0)
        .with(&privlink_model::keys::endpoint::SERVICE_NAME, "com.amazonaws.us-east-1.execute-api".to_owned())
        .with(&privlink_model::keys::endpoint::SUBNETS, Vec::new())
        .with(&privlink_model::keys::endpoint::SECURITY_GROUPS, Vec::new());
    let error = bench.cloud.write(&create(&bench.hub, "endpoint", "entry/hub", attrs)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Quota);
    assert!(error.message.contains("50 by default; delete some"), "{}", error.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_keep_the_pace_are_never_throttled() {
    let bench = Bench::new().await;
    let apis = (0..8).map(async |number| {
        let attrs = Attrs::new()
            .with(&rest_api::NAME, format!("api-{number}"))
            .with(&rest_api::ENDPOINT_TYPE, "PRIVATE".to_owned());
        let write = create(&bench.hub, rest_api::KIND, &format!("api/{number}"), attrs);
        let id = bench.cloud.write(&write).await.unwrap().id;
        let rename = Write { operation: Operation::Update, changed: vec!["name".to_owned()], id, ..write };
        bench.cloud.write(&rename).await.unwrap();
    });
    let gathers = (0..20).map(async |_| {
        let snapshot = bench.gather(&bench.hub, &[]).await;
        assert!(snapshot.listings.values().all(Result::is_ok), "{snapshot:?}");
    });
    tokio::join!(join_all(apis), join_all(gathers));
    assert!(sent(&bench, "apigateway:GetVpcLinks") >= 20);
    assert_eq!(bench.sandbox.throttled(), Default::default());
}

#[tokio::test]
async fn what_is_wrong_with_one_question_is_not_answered_to_the_others() {
    let bench = Bench::new().await;
    let read = async |id: &str| {
        let none = Attrs::new();
        bench.cloud.read(&bench.app, "endpoint-connection", id, &none).await
    };
    let good = "vpce-svc-0123456789abcdef0/vpce-0123456789abcdef0";
    let (bad, good) = tokio::join!(read("no connection"), read(good));
    assert_eq!(bad.unwrap_err().class, ErrorClass::Refused);
    assert_eq!(good, Ok(None));
}
