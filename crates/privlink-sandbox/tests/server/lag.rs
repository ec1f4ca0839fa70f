//! Reads that lag behind writes, and writes that never do.

use crate::client::{
    APP, Credentials, HUB, LOOPBACK, WORLD, assume, blocking, call, create_group, exchange, signed, text,
};
use privlink_sandbox::{Faults, Options, Sandbox, World};
use std::time::Duration;

/// An hour never ends within a test, and a hundred seconds are one.
const SPEED: f64 = 100.0;

async fn lagging(lag: Duration) -> Sandbox {
    let world = World::from_kdl("world.kdl", WORLD, &Options { speed: SPEED, seed: 1 }).unwrap();
    let sandbox = Sandbox::start(world, LOOPBACK, None).await.unwrap();
    sandbox.set_faults(Faults { reads_lag: lag, ..Faults::default() }).unwrap();
    sandbox
}

fn sees(url: &str, who: &Credentials, name: &str) -> bool {
    let (status, body) = call(url, who, "ec2", "Action=DescribeSecurityGroups&Version=2016-11-15");
    assert_eq!(status, 200, "{body}");
    body.contains(&format!("<groupName>{name}</groupName>"))
}

#[tokio::test]
async fn a_read_shows_a_write_only_after_the_lag() {
    let sandbox = lagging(Duration::from_secs(100)).await;
    let url = sandbox.url();
    blocking(move || {
        let who = assume(&url, HUB);
        assert!(sees(&url, &who, "default"), "what was there before is seen");
        assert_eq!(create_group(&url, &who, "new").0, 200);
        assert!(!sees(&url, &who, "new"));
        std::thread::sleep(Duration::from_millis(1100));
        assert!(sees(&url, &who, "new"));
    })
    .await;
}

#[tokio::test]
async fn a_write_sees_the_present_and_no_update_is_lost() {
    let sandbox = lagging(Duration::from_secs(3600)).await;
    let url = sandbox.url();
    blocking(move || {
        let who = assume(&url, HUB);
        let (status, made) = create_group(&url, &who, "new");
        assert_eq!(status, 200, "{made}");
        let id = text(&made, "groupId");
        // The second write stands on the first, and neither is on what reads show.
        for port in [1, 2] {
            let form = format!(
                "Action=AuthorizeSecurityGroupIngress&GroupId={id}&IpProtocol=tcp&FromPort={port}&ToPort={port}&CidrIp=10.0.0.0/8&Version=2016-11-15"
            );
            assert_eq!(call(&url, &who, "ec2", &form).0, 200);
        }
        let (status, twice) = create_group(&url, &who, "new");
        assert_eq!((status, text(&twice, "Code")), (400, "InvalidGroup.Duplicate"));
        let (status, body) = call(&url, &who, "ec2", &format!("Action=DescribeSecurityGroups&GroupId.1={id}&Version=2016-11-15"));
        assert_eq!((status, text(&body, "Code")), (400, "InvalidGroup.NotFound"), "reads do not know it yet");
        assert_eq!(call(&url, &who, "ec2", &format!("Action=DeleteSecurityGroup&GroupId={id}&Version=2016-11-15")).0, 200);
        assert_eq!(create_group(&url, &who, "new").0, 200);
    })
    .await;
    let summary = sandbox.summary().to_string();
    assert_eq!(summary.matches("\"name\":\"new\"").count(), 1, "the summary is of the present");
}

#[tokio::test]
async fn what_a_lagging_read_knows_it_shows_in_its_present_state() {
    let world = World::from_kdl("world.kdl", WORLD, &Options { speed: SPEED, seed: 1 }).unwrap();
    let sandbox = Sandbox::start(world, LOOPBACK, None).await.unwrap();
    let url = sandbox.url();
    let (made, who) = blocking(move || {
        let who = assume(&url, HUB);
        let (_, subnets) = call(&url, &who, "ec2", "Action=DescribeSubnets&Version=2016-11-15");
        let form = format!(
            "Action=CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={}&SubnetId.1={}&ServiceName=com.amazonaws.us-east-1.execute-api&PrivateDnsEnabled=false&Version=2016-11-15",
            text(&subnets, "vpcId"),
            text(&subnets, "subnetId")
        );
        let (status, made) = call(&url, &who, "ec2", &form);
        assert_eq!(status, 200, "{made}");
        (text(&made, "state").to_owned(), who)
    })
    .await;
    assert_eq!(made, "pending");
    sandbox.set_faults(Faults { reads_lag: Duration::from_secs(3600), ..Faults::default() }).unwrap();
    let url = sandbox.url();
    blocking(move || {
        std::thread::sleep(Duration::from_millis(1000));
        let (_, found) = call(&url, &who, "ec2", "Action=DescribeVpcEndpoints&Version=2016-11-15");
        assert_eq!(text(&found, "state"), "available");
    })
    .await;
}

#[tokio::test]
async fn gateways_and_balancers_lag_as_well() {
    let sandbox = lagging(Duration::from_secs(100)).await;
    let url = sandbox.url();
    blocking(move || {
        let who = assume(&url, APP);
        let tagged = |tag: &str| {
            let (_, found) = call(&url, &who, "elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2015-12-01");
            let arn = text(&found, "LoadBalancerArn");
            let form = format!("Action=DescribeTags&ResourceArns.member.1={arn}&Version=2015-12-01");
            (arn.to_owned(), call(&url, &who, "elasticloadbalancing", &form).1.contains(tag))
        };
        let apis = || exchange(&url, "GET", "/restapis", &signed(&who, "apigateway"), "").unwrap().body;
        let (arn, _) = tagged("new-tag");
        let form = format!("Action=AddTags&ResourceArns.member.1={arn}&Tags.member.1.Key=new-tag&Tags.member.1.Value=v&Version=2015-12-01");
        assert_eq!(call(&url, &who, "elasticloadbalancing", &form).0, 200);
        let body = r#"{"name":"new-api","endpointConfiguration":{"types":["REGIONAL"]}}"#;
        let made = exchange(&url, "POST", "/restapis", &signed(&who, "apigateway"), body).unwrap();
        assert_eq!(made.status, 201, "{made:?}");
        assert!(!tagged("new-tag").1 && !apis().contains("new-api"));
        std::thread::sleep(Duration::from_millis(1100));
        assert!(tagged("new-tag").1 && apis().contains("new-api"));
    })
    .await;
}

#[tokio::test]
async fn a_reset_is_seen_at_once() {
    let sandbox = lagging(Duration::from_secs(3600)).await;
    let url = sandbox.url();
    let (asked, who) = blocking(move || {
        let who = assume(&url, HUB);
        assert_eq!(create_group(&url, &who, "new").0, 200);
        (url, who)
    })
    .await;
    sandbox.set_faults(Faults::default()).unwrap();
    let (url, caller) = (asked.clone(), who.clone());
    blocking(move || assert!(sees(&url, &caller, "new"), "without a lag a read sees the present")).await;
    sandbox.set_faults(Faults { reads_lag: Duration::from_secs(3600), ..Faults::default() }).unwrap();
    sandbox.reset().unwrap();
    blocking(move || assert!(!sees(&asked, &who, "new"))).await;
    assert_eq!(sandbox.faults().reads_lag, Duration::from_secs(3600));
}
