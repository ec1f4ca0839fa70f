//! Roles with policies over HTTP, as the SDKs write their requests: what is denied, and what a simulation says of it.
#![allow(clippy::unwrap_used)]

use privlink_sandbox::{Options, Sandbox, World};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const ROLE: &str = "arn:aws:iam::222222222222:role/privlink-deployer";
const WORLD: &str = r##"
account "222222222222" {
    role "privlink-deployer" {
        allow "*"
        deny "ec2:CreateVpcEndpoint" "elasticloadbalancing:Set*"
        deny "apigateway:DELETE" resource="arn:aws:apigateway:*::/restapis/*"
    }
    role "reader" {
        policy #"{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Action": ["ec2:Describe*", "iam:SimulatePrincipalPolicy"], "Resource": "*" }, { "Effect": "Allow", "Action": "ec2:DeleteSecurityGroup", "Resource": "arn:aws:ec2:*:*:security-group/*", "Condition": { "StringEquals": { "aws:ResourceTag/privlink:project": "shop" } } } ] }"#
    }
    regions "eu-west-1"
    region "eu-west-1" {
        vpc "hub" cidr="10.0.0.0/16"
    }
}
"##;

/// Sends one request; gives the status, the head and the body.
fn send(url: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

/// An access key and perhaps a session token.
struct Who(String, Option<String>);

impl Who {
    fn call(&self, url: &str, service: &str, method: &str, path: &str, body: &str) -> (u16, String, String) {
        // IAM is signed for the region that stands for the whole partition.
        let region = if service == "iam" { "us-east-1" } else { "eu-west-1" };
        let token = self.1.as_ref().map(|token| format!("x-amz-security-token: {token}\r\n")).unwrap_or_default();
        let headers = format!(
            "authorization: AWS4-HMAC-SHA256 Credential={}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=00\r\n{token}",
            self.0
        );
        send(url, method, path, &headers, body)
    }

    fn query(&self, url: &str, service: &str, form: &str) -> (u16, String) {
        let (status, _, body) = self.call(url, service, "POST", "/", form);
        (status, body)
    }
}

fn text<'t>(xml: &'t str, name: &str) -> &'t str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no <{name}> in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn all<'t>(xml: &'t str, name: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap()).collect()
}

fn assume(url: &str, role: &str) -> Who {
    let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=test");
    let (status, body) = Who("AKIDEXAMPLE".to_owned(), None).query(url, "sts", &form);
    assert_eq!(status, 200, "{body}");
    Who(text(&body, "AccessKeyId").to_owned(), Some(text(&body, "SessionToken").to_owned()))
}

/// Serves the world to a client that blocks.
async fn served(test: impl FnOnce(&str) + Send + 'static) -> Sandbox {
    let world = World::from_kdl("world.kdl", WORLD, &Options { speed: 1.0, seed: 1 }).unwrap();
    let sandbox = Sandbox::start(world, LOOPBACK, None).await.unwrap();
    let url = sandbox.url();
    tokio::task::spawn_blocking(move || test(&url)).await.unwrap();
    sandbox
}

#[tokio::test]
async fn what_is_denied_is_told_in_each_services_words_and_changes_nothing() {
    let sandbox = served(|url| {
        let who = assume(url, ROLE);
        let (status, body) = who.query(url, "ec2", "Action=DescribeVpcs&Version=2016-11-15");
        assert_eq!(status, 200, "{body}");
        let (status, body) = who.query(url, "ec2", "Action=CreateVpcEndpoint&Version=2016-11-15&VpcId=vpc-1&ServiceName=s");
        assert_eq!((status, text(&body, "Code")), (403, "UnauthorizedOperation"));
        assert!(text(&body, "Message").contains(
            "User: arn:aws:sts::222222222222:assumed-role/privlink-deployer/test is not authorized to perform: ec2:CreateVpcEndpoint on resource: arn:aws:ec2:eu-west-1:222222222222:vpc-endpoint/* with an explicit deny"
        ), "{body}");
        let form = "Action=SetSubnets&Version=2015-12-01&LoadBalancerArn=arn:aws:elasticloadbalancing:eu-west-1:222222222222:loadbalancer/net/x/1";
        let (status, body) = who.query(url, "elasticloadbalancing", form);
        assert_eq!((status, text(&body, "Code")), (403, "AccessDenied"));
        let made = who.call(url, "apigateway", "POST", "/restapis", r#"{"name":"a"}"#);
        assert_eq!(made.0, 201, "{}", made.2);
        let id = made.2.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();
        let (status, head, body) = who.call(url, "apigateway", "DELETE", &format!("/restapis/{id}"), "");
        assert_eq!(status, 403);
        assert!(head.to_lowercase().contains("x-amzn-errortype: accessdeniedexception"), "{head}");
        assert!(body.contains("apigateway:DELETE on resource: arn:aws:apigateway:eu-west-1::/restapis/"), "{body}");
        assert_eq!(who.call(url, "apigateway", "GET", &format!("/restapis/{id}"), "").0, 200);
    })
    .await;
    assert!(sandbox.summary().to_string().contains("\"apis\""));
}

/// A request as boto3 writes it: every list as `member.N`, `+` for spaces, ARNs percent-encoded.
fn simulation(source: &str, actions: &[&str], resources: &[&str], context: &[(&str, &str)], more: &str) -> String {
    let escape = |text: &str| text.replace(':', "%3A").replace('/', "%2F").replace('*', "%2A");
    let mut form = format!("Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn={}", escape(source));
    for (at, action) in actions.iter().enumerate() {
        form.push_str(&format!("&ActionNames.member.{}={}", at + 1, escape(action)));
    }
    for (at, resource) in resources.iter().enumerate() {
        form.push_str(&format!("&ResourceArns.member.{}={}", at + 1, escape(resource)));
    }
    for (at, (key, value)) in context.iter().enumerate() {
        let entry = format!("&ContextEntries.member.{}", at + 1);
        form.push_str(&format!(
            "{entry}.ContextKeyName={}{entry}.ContextKeyValues.member.1={}",
            escape(key),
            escape(value)
        ));
        form.push_str(&format!("{entry}.ContextKeyType=string"));
    }
    form + more
}

#[tokio::test]
async fn a_simulation_says_what_would_be_allowed() {
    let sandbox = served(|url| {
        let who = assume(url, ROLE);
        let group = "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1";
        let actions = ["ec2:CreateVpcEndpoint", "ec2:DescribeVpcs"];
        let (status, body) = who.query(url, "iam", &simulation(ROLE, &actions, &[], &[], ""));
        assert_eq!(status, 200, "{body}");
        assert_eq!(all(&body, "EvalActionName"), actions);
        assert_eq!(all(&body, "EvalDecision"), ["explicitDeny", "allowed"]);
        assert_eq!(text(&body, "IsTruncated"), "false");
        let reader = ROLE.replace("privlink-deployer", "reader");
        let delete = ["ec2:DeleteSecurityGroup"];
        let tag = |value| [("aws:ResourceTag/privlink:project", value)];
        let other = group.replace("sg-1", "sg-2");
        let form = simulation(&reader, &delete, &[group, &other], &tag("shop"), "");
        let (_, body) = who.query(url, "iam", &form);
        assert_eq!(all(&body, "EvalDecision"), ["allowed"], "one result for an action: {body}");
        assert_eq!(all(&body, "EvalResourceDecision"), ["allowed", "allowed"]);
        let (_, body) = who.query(url, "iam", &simulation(&reader, &delete, &[group], &tag("other"), ""));
        assert_eq!(all(&body, "EvalResourceDecision"), ["implicitDeny"]);
        let (_, body) = who.query(url, "iam", &simulation(&reader, &delete, &[group], &[], ""));
        assert!(
            text(&body, "ResourceSpecificResults").contains("<member>aws:ResourceTag/privlink:project</member>"),
            "{body}"
        );
        // The reader may look at its own policies, and the deployer is somebody else only in name.
        let who = assume(url, &reader);
        assert_eq!(who.query(url, "iam", &simulation(&reader, &delete, &[], &[], "")).0, 200);
    })
    .await;
    assert_eq!(sandbox.requests()["222222222222/us-east-1 iam:SimulatePrincipalPolicy"], 5);
}

#[tokio::test]
async fn a_simulation_comes_in_pages() {
    served(|url| {
        let who = assume(url, ROLE);
        let actions = ["ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:CreateVpcEndpoint"];
        let (mut seen, mut marker) = (Vec::new(), String::new());
        loop {
            let more = format!("&MaxItems=2{marker}");
            let (_, body) = who.query(url, "iam", &simulation(ROLE, &actions, &[], &[], &more));
            seen.extend(all(&body, "EvalActionName").into_iter().map(str::to_owned));
            if text(&body, "IsTruncated") == "false" {
                break;
            }
            marker = format!("&Marker={}", text(&body, "Marker"));
        }
        assert_eq!(seen, actions);
    })
    .await;
}

#[tokio::test]
async fn a_simulation_that_cannot_be_is_refused() {
    served(|url| {
        let who = assume(url, ROLE);
        let code = |who: &Who, form: &str| {
            let (status, body) = who.query(url, "iam", form);
            (status, text(&body, "Code").to_owned())
        };
        let ask = |source: &str, action: &str| simulation(source, &[action], &[], &[], "");
        assert_eq!(code(&who, &ask(&ROLE.replace("privlink", "nobody"), "ec2:A")), (404, "NoSuchEntity".to_owned()));
        let elsewhere = "arn:aws:iam::111111111111:role/privlink-deployer";
        assert_eq!(code(&who, &ask(elsewhere, "ec2:A")), (404, "NoSuchEntity".to_owned()));
        assert_eq!(code(&who, &ask("me", "ec2:A")), (400, "InvalidInput".to_owned()));
        assert_eq!(code(&who, &ask(ROLE, "DescribeVpcs")), (400, "InvalidInput".to_owned()));
        assert_eq!(code(&who, &simulation(ROLE, &[], &[], &[], "")), (400, "ValidationError".to_owned()));
        assert_eq!(code(&who, &simulation(ROLE, &["ec2:A"], &["vpc-1"], &[], "")), (400, "InvalidInput".to_owned()));
        assert_eq!(code(&who, "Action=ListRoles&Version=2010-05-08"), (400, "InvalidAction".to_owned()));
        let twice = simulation(ROLE, &["ec2:A"], &[], &[("a:b", "1"), ("A:B", "2")], "");
        assert_eq!(code(&who, &twice), (400, "InvalidInput".to_owned()));
    })
    .await;
}
