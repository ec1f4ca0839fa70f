//! What credentials lack, asked of IAM through the real SDK.

use std::collections::BTreeMap;

use privlink_kinds::{AwsCloud, ConnectOptions};
use privlink_model::{Access, Account, Cloud, Denial, Lack, Scope, Unread, Want};
use privlink_sandbox::{Options, Sandbox, World};

use crate::bench::{account, options};

const WORLD: &str = r##"
ambient account="000000000000"
account "222222222222" {
    role "deployer" {
        allow "ec2:*" "iam:Simulate*"
        deny "ec2:CreateVpcEndpoint"
        policy #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"apigateway:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/privlink:project":"shop"}}},{"Effect":"Allow","Action":"elasticloadbalancing:*","Resource":"*","Condition":{"StringEquals":{"elasticloadbalancing:Scheme":"internal"}}}]}"#
    }
}
account "111111111111" {
    role "deployer" { allow "ec2:*"; }
}
"##;

const CREATE: &str = "ec2:CreateVpcEndpoint";

fn arn(rest: &str) -> String {
    format!("arn:aws:ec2:us-east-1:222222222222:{rest}")
}

fn want(action: &str, resource: &str, context: &[(&str, &str)]) -> Want {
    let context = context.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]));
    Want { action: action.to_owned(), resource: resource.to_owned(), context: context.collect() }
}

async fn bench(accounts: Vec<Account>) -> (Sandbox, AwsCloud) {
    let world = World::from_kdl("world.kdl", WORLD, &Options { speed: 1000.0, seed: 7 }).unwrap();
    let sandbox = Sandbox::start(world, "127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let cloud = AwsCloud::connect(ConnectOptions { time_scale: 1000.0, ..options(accounts, &sandbox.url()) }).await;
    (sandbox, cloud)
}

async fn lacking(cloud: &AwsCloud, account: &str, wants: &[Want]) -> Result<Vec<Lack>, Unread> {
    cloud.lacking(&Scope::new(account, "us-east-1"), wants).await
}

fn told(lacks: &[Lack]) -> BTreeMap<(String, String), Denial> {
    lacks.iter().map(|lack| ((lack.want.action.clone(), lack.want.resource.clone()), lack.denial)).collect()
}

#[tokio::test]
async fn each_lack_is_told_with_its_reason_and_nothing_is_done() {
    let (sandbox, cloud) = bench(vec![account("222222222222", "deployer")]).await;
    let before = sandbox.summary();
    let shop = [("aws:ResourceTag/privlink:project", "shop")];
    let api = "arn:aws:apigateway:us-east-1::/restapis/a";
    let wants = [
        want("ec2:DescribeVpcs", "*", &[]),
        want(CREATE, &arn("vpc-endpoint/*"), &[]),
        want(CREATE, &arn("vpc/vpc-1"), &[]),
        want("ec2:DeleteVpcEndpoints", &arn("vpc-endpoint/vpce-1"), &shop),
        want("apigateway:PATCH", api, &shop),
        want("apigateway:PATCH", &format!("{api}b"), &[("aws:ResourceTag/privlink:project", "other")]),
        want("iam:CreateServiceLinkedRole", "*", &[]),
        // What decides is the scheme, which nobody said: the call itself may be allowed.
        want(
            "elasticloadbalancing:CreateLoadBalancer",
            "arn:aws:elasticloadbalancing:us-east-1:222222222222:loadbalancer/net/*",
            &[],
        ),
    ];
    let lacks = told(&lacking(&cloud, "222222222222", &wants).await.unwrap());
    let expected = [
        ((CREATE.to_owned(), arn("vpc-endpoint/*")), Denial::Forbidden),
        ((CREATE.to_owned(), arn("vpc/vpc-1")), Denial::Forbidden),
        (("apigateway:PATCH".to_owned(), format!("{api}b")), Denial::NotAllowed),
        (("iam:CreateServiceLinkedRole".to_owned(), "*".to_owned()), Denial::NotAllowed),
    ];
    assert_eq!(lacks, expected.into());
    assert_eq!(sandbox.summary(), before);
    assert!(sandbox.requests().keys().all(|key| key.contains(" sts:") || key.contains(" iam:")));
}

#[tokio::test]
async fn more_than_fits_one_question_is_asked_in_several() {
    let (sandbox, cloud) = bench(vec![account("222222222222", "deployer")]).await;
    let wants: Vec<Want> = (0..150).map(|number| want(CREATE, &arn(&format!("subnet/subnet-{number}")), &[])).collect();
    assert_eq!(lacking(&cloud, "222222222222", &wants).await.unwrap().len(), 150);
    let actions: Vec<Want> = (0..250).map(|number| want(&format!("s3:Action{number}"), "*", &[])).collect();
    assert_eq!(lacking(&cloud, "222222222222", &actions).await.unwrap().len(), 250);
    assert!(sandbox.requests()["222222222222/us-east-1 iam:SimulatePrincipalPolicy"] >= 6);
    assert_eq!(lacking(&cloud, "222222222222", &[]).await.unwrap(), []);
}

#[tokio::test]
async fn who_may_not_ask_does_not_know() {
    let (_sandbox, cloud) = bench(vec![account("111111111111", "deployer")]).await;
    let unread = lacking(&cloud, "111111111111", &[want("ec2:DescribeVpcs", "*", &[])]).await.unwrap_err();
    assert_eq!((unread.code, unread.operation.as_str()), ("privlink::aws::denied", "iam:SimulatePrincipalPolicy"));
    assert!(unread.message.contains("AccessDenied"), "{}", unread.message);
}

#[tokio::test]
async fn without_a_role_the_caller_is_asked_about() {
    let ambient = Account {
        name: "own".to_owned(),
        id: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        access: Access::Ambient,
    };
    let (sandbox, cloud) = bench(vec![ambient]).await;
    assert_eq!(lacking(&cloud, "000000000000", &[want("ec2:DescribeVpcs", "*", &[])]).await.unwrap(), []);
    let requests = sandbox.requests();
    assert!(requests.keys().any(|key| key.ends_with("sts:GetCallerIdentity")), "{requests:?}");
    assert!(requests.keys().any(|key| key.ends_with("iam:SimulatePrincipalPolicy")), "{requests:?}");
}
