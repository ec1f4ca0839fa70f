//! What cannot be read says why, under a stable code, and is never an empty listing.

use privlink_kinds::{AwsCloud, KINDS};
use privlink_model::keys::{security_group, vpc_link};
use privlink_model::{Access, Attrs, Cloud, ErrorClass, Query, Scope, ScopeSnapshot, Selector, Unread, Write};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bench::{Bench, account, create, options};

/// What every listing says, which must be the same.
fn the_unread(snapshot: &ScopeSnapshot) -> Unread {
    let unread: Vec<&Unread> = snapshot.listings.values().map(|listing| listing.as_ref().unwrap_err()).collect();
    assert_eq!(unread.len(), KINDS.iter().count());
    assert!(unread.iter().all(|one| one == &unread[0]));
    unread[0].clone()
}

async fn gather(role: &str, scope: &Scope, endpoint: &str) -> ScopeSnapshot {
    let cloud = AwsCloud::connect(options(vec![account("222222222222", role)], endpoint)).await;
    cloud.gather(scope, "shop", &[]).await
}

/// What a server does with a request for anything but whose the credentials are.
#[derive(Clone, Copy)]
enum Manner {
    Answers(&'static str, &'static str),
    HangsUp,
}

const ACCOUNT: &str = "000000000000";
const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root</Arn><UserId>u</UserId><Account>000000000000</Account>\
    </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>";

/// A cloud whose every service is a server of bad manners.
async fn ill_mannered(manner: Manner) -> (AwsCloud, Scope) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, manner));
        }
    });
    let mut accounts = vec![account(ACCOUNT, "unused")];
    accounts[0].access = Access::Ambient;
    (AwsCloud::connect(options(accounts, &url)).await, Scope::new(ACCOUNT, "us-east-1"))
}

async fn serve(mut stream: TcpStream, manner: Manner) -> Option<()> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        let length = |head: &str| {
            let line =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
            line.map_or(0, |length| length.trim().parse::<usize>().unwrap())
        };
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| body.len() >= length(head));
        if whole {
            let (status, body) = match manner {
                _ if text.contains("Action=GetCallerIdentity") => ("200 OK", IDENTITY),
                Manner::Answers(status, body) => (status, body),
                Manner::HangsUp => return None,
            };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.ok()?;
            request.clear();
        }
        let mut buffer = [0; 65536];
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&buffer[..read]);
    }
}

fn group(scope: &Scope) -> Write {
    let attrs = Attrs::new()
        .with(&security_group::NAME, "pl-orders".to_owned())
        .with(&security_group::DESCRIPTION, "orders".to_owned())
        .with(&security_group::VPC, "vpc-0123456789abcdef0".to_owned());
    create(scope, "security-group", "target/orders/group", attrs)
}

fn vpc_link(scope: &Scope) -> Write {
    let balancer = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/0123456789abcdef".to_owned();
    let attrs = Attrs::new().with(&vpc_link::NAME, "x".to_owned()).with(&vpc_link::LOAD_BALANCER, balancer);
    create(scope, "vpc-link", "target/orders/link", attrs)
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_is_named_in_awss_words() {
    let bench = Bench::new().await;
    let cloud = AwsCloud::connect(options(vec![account("222222222222", "nobody")], &bench.sandbox.url())).await;
    let unread = the_unread(&cloud.gather(&bench.hub, "shop", &[]).await);
    assert_eq!(unread.code, "privlink::aws::assume-role");
    assert_eq!(unread.operation, "sts:AssumeRole");
    assert!(unread.message.contains("AccessDenied"), "{}", unread.message);
    assert!(unread.message.contains("is not authorized to perform: sts:AssumeRole"), "{}", unread.message);
    assert!(unread.help.unwrap().contains("arn:aws:iam::222222222222:role/nobody"));
    assert_eq!(cloud.requests().get("sts:AssumeRole"), Some(&1), "{:?}", cloud.requests());
    assert_eq!(cloud.requests().len(), 1, "nothing else was asked: {:?}", cloud.requests());
}

#[tokio::test]
async fn credentials_of_another_account_read_nothing() {
    let bench = Bench::new().await;
    let mut accounts = vec![account("222222222222", "deployer")];
    accounts[0].access = Access::Ambient;
    let cloud = AwsCloud::connect(options(accounts, &bench.sandbox.url())).await;
    let unread = the_unread(&cloud.gather(&bench.hub, "shop", &[]).await);
    assert_eq!(unread.code, "privlink::aws::wrong-account");
    assert!(unread.message.contains("000000000000") && unread.message.contains("222222222222"), "{}", unread.message);
    assert_eq!(cloud.requests().keys().collect::<Vec<_>>(), ["sts:GetCallerIdentity"]);
}

#[tokio::test]
async fn throttled_calls_are_repeated_and_then_told() {
    let body = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>\
                </Error></Errors><RequestID>r-1</RequestID></Response>";
    let (cloud, scope) = ill_mannered(Manner::Answers("503 Service Unavailable", body)).await;
    let error = cloud.write(&group(&scope)).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Throttled, "RequestLimitExceeded"));
    assert_eq!(cloud.requests().get("ec2:CreateSecurityGroup"), Some(&7), "repeated in one place only");
    let snapshot = cloud.gather(&scope, "shop", &[]).await;
    let unread = snapshot.listings.get("endpoint").unwrap().as_ref().unwrap_err();
    assert_eq!(unread.code, "privlink::aws::throttled");
}

#[tokio::test]
async fn a_lost_answer_is_in_doubt_and_what_has_no_token_is_not_repeated() {
    let (cloud, scope) = ill_mannered(Manner::HangsUp).await;
    let error = cloud.write(&group(&scope)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::InDoubt, "{error}");
    let error = cloud.write(&vpc_link(&scope)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::InDoubt, "{error}");
    assert_eq!(cloud.requests().get("apigateway:CreateVpcLink"), Some(&1), "{:?}", cloud.requests());
}

#[tokio::test]
async fn what_failed_inside_aws_is_in_doubt() {
    let body = "<Response><Errors><Error><Code>InternalError</Code><Message>An internal error has occurred</Message>\
                </Error></Errors><RequestID>r-1</RequestID></Response>";
    let (cloud, scope) = ill_mannered(Manner::Answers("500 Internal Server Error", body)).await;
    let error = cloud.write(&group(&scope)).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::InDoubt, "InternalError"));
}

#[tokio::test]
async fn a_region_that_is_off_is_said_to_be() {
    let bench = Bench::new().await;
    let scope = Scope::new("222222222222", "ap-east-1");
    let snapshot = gather("deployer", &scope, &bench.sandbox.url()).await;
    let codes: Vec<&str> = snapshot.listings.values().map(|listing| listing.as_ref().unwrap_err().code).collect();
    assert!(codes.iter().all(|code| *code == "privlink::aws::region-off"), "{:?}", snapshot.listings);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_unreachable() {
    let scope = Scope::new("222222222222", "us-east-1");
    let unread = the_unread(&gather("deployer", &scope, "http://127.0.0.1:1").await);
    assert_eq!(unread.code, "privlink::aws::unreachable", "{unread:?}");
    assert!(unread.message.contains("Connection refused"), "{}", unread.message);
    assert!(unread.help.unwrap().contains("http://127.0.0.1:1"));
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    for status in ["200 OK", "403 Forbidden", "404 Not Found", "502 Bad Gateway"] {
        let (cloud, scope) = ill_mannered(Manner::Answers(status, "<html><body>please log in</body></html>")).await;
        let queries = [
            Query::Vpc(Selector::Name("x".to_owned())),
            Query::EndpointService("x".to_owned()),
            Query::TransitGateway("x".to_owned()),
        ];
        let snapshot = cloud.gather(&scope, "shop", &queries).await;
        assert_eq!(snapshot.listings.len(), KINDS.iter().count());
        for (kind, listing) in &snapshot.listings {
            let code = listing.as_ref().map_err(|unread| unread.code);
            assert_eq!(code, Err("privlink::aws::unreadable"), "{status} for {kind}: {listing:?}");
        }
        let error = cloud.write(&group(&scope)).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Unreadable, "{status}: {error}");
    }
}

#[tokio::test]
async fn where_calls_go_is_known() {
    let cloud = AwsCloud::connect(options(vec![account("222222222222", "deployer")], "http://127.0.0.1:1")).await;
    assert_eq!(cloud.endpoints(), ["all services at http://127.0.0.1:1"]);
}
