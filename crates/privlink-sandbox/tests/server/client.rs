//! A client that knows no more of AWS than its wire formats.

use privlink_sandbox::{Options, World};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

pub(crate) const WORLD: &str = include_str!("../../../../examples/cross-account/world.kdl");
pub(crate) const HUB: &str = "arn:aws:iam::222222222222:role/privlink-deployer";
pub(crate) const APP: &str = "arn:aws:iam::111111111111:role/privlink-deployer";
pub(crate) const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

pub(crate) fn world() -> World {
    World::from_kdl("world.kdl", WORLD, &Options { speed: 1.0, seed: 1 }).unwrap()
}

/// Credentials: an access key and perhaps a session token.
#[derive(Clone)]
pub(crate) struct Credentials(pub(crate) String, pub(crate) Option<String>);

pub(crate) fn ambient() -> Credentials {
    Credentials("AKIDEXAMPLE".to_owned(), None)
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case, a line each.
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// Sends one request; gives nothing when the connection is closed before an answer.
pub(crate) fn exchange(url: &str, method: &str, path: &str, headers: &str, body: &str) -> Option<Answer> {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    if answer.is_empty() {
        return None;
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(Answer { status, headers: head.to_lowercase(), body: body.to_owned() })
}

/// Sends one request that is answered; gives the status and the body.
pub(crate) fn send(url: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let answer = exchange(url, method, path, headers, body).unwrap();
    (answer.status, answer.body)
}

/// Writes the headers that say who asks which service.
pub(crate) fn signed(who: &Credentials, service: &str) -> String {
    let Credentials(key, token) = who;
    let token = token.as_ref().map(|token| format!("x-amz-security-token: {token}\r\n")).unwrap_or_default();
    format!(
        "authorization: AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=00\r\n{token}"
    )
}

/// Makes a query-protocol call.
pub(crate) fn call(url: &str, who: &Credentials, service: &str, form: &str) -> (u16, String) {
    send(url, "POST", "/", &signed(who, service), form)
}

pub(crate) fn text<'t>(xml: &'t str, name: &str) -> &'t str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no <{name}> in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

pub(crate) fn assume(url: &str, role: &str) -> Credentials {
    let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=test");
    let (status, body) = call(url, &ambient(), "sts", &form);
    assert_eq!(status, 200, "{body}");
    Credentials(text(&body, "AccessKeyId").to_owned(), Some(text(&body, "SessionToken").to_owned()))
}

pub(crate) fn create_group(url: &str, who: &Credentials, name: &str) -> (u16, String) {
    let (_, vpcs) = call(url, who, "ec2", "Action=DescribeVpcs&Version=2016-11-15");
    let vpc = text(&vpcs, "vpcId");
    let form = format!("Action=CreateSecurityGroup&GroupName={name}&GroupDescription=d&VpcId={vpc}&Version=2016-11-15");
    call(url, who, "ec2", &form)
}

/// Blocking clients must not stop the runtime that the server is on.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}
