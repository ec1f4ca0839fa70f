//! What cannot be read says why, under a stable code, and is never an empty listing.

use privlink_kinds::{AwsCloud, KINDS};
use privlink_model::{Cloud, Scope, ScopeSnapshot, Unread};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::bench::{Bench, account, options};

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

/// A server that answers everything alike.
async fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 65536];
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    let written = stream.write_all(answer.as_bytes()).await;
                    if written.is_err() {
                        break;
                    }
                }
            });
        }
    });
    url
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
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n<html>please log in</html>";
    let url = answering(page).await;
    let mut accounts = vec![account("222222222222", "deployer")];
    accounts[0].access = privlink_model::Access::Ambient;
    let cloud = AwsCloud::connect(options(accounts, &url)).await;
    let snapshot = cloud.gather(&Scope::new("222222222222", "us-east-1"), "shop", &[]).await;
    for (kind, listing) in &snapshot.listings {
        assert_eq!(
            listing.as_ref().map_err(|unread| unread.code),
            Err("privlink::aws::unreadable"),
            "{kind}: {listing:?}"
        );
    }
}

#[tokio::test]
async fn where_calls_go_is_known() {
    let cloud = AwsCloud::connect(options(vec![account("222222222222", "deployer")], "http://127.0.0.1:1")).await;
    assert_eq!(cloud.endpoints(), ["all services at http://127.0.0.1:1"]);
}
