//! The sandbox over HTTP, as any AWS client meets it: identities, kept worlds, and what survives a kill.
//!
//! The client is in `client.rs`; what goes wrong on purpose in `faults.rs`, `lag.rs` and `throttling.rs`.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![allow(clippy::unwrap_used)]

mod client;
mod faults;
mod lag;
mod throttling;
mod trail;

use client::{HUB, LOOPBACK, WORLD, ambient, assume, blocking, call, create_group, send, text, world};
use privlink_sandbox::{Options, Sandbox, World};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[tokio::test]
async fn a_role_leads_to_its_account_and_no_other() {
    let sandbox = Sandbox::start(world(), LOOPBACK, None).await.unwrap();
    let url = sandbox.url();
    blocking(move || {
        let (_, body) = call(&url, &ambient(), "sts", "Action=GetCallerIdentity");
        assert_eq!(text(&body, "Arn"), "arn:aws:iam::000000000000:user/sandbox");
        let hub = assume(&url, HUB);
        let (_, body) = call(&url, &hub, "sts", "Action=GetCallerIdentity");
        assert_eq!(text(&body, "Arn"), "arn:aws:sts::222222222222:assumed-role/privlink-deployer/test");
        let (_, body) = call(&url, &hub, "ec2", "Action=DescribeVpcs");
        assert_eq!(text(&body, "cidrBlock"), "10.0.0.0/16");
        let app = assume(&url, &HUB.replace("222222222222", "111111111111"));
        let (_, body) = call(&url, &app, "ec2", "Action=DescribeVpcs");
        assert_eq!(text(&body, "cidrBlock"), "10.1.0.0/16");
        let (_, body) = call(&url, &ambient(), "ec2", "Action=DescribeVpcs");
        assert!(body.contains("<vpcSet></vpcSet>"), "{body}");
        for role in ["arn:aws:iam::222222222222:role/other", "arn:aws:iam::999999999999:role/privlink-deployer"] {
            let form = format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=test");
            let (status, body) = call(&url, &ambient(), "sts", &form);
            assert_eq!(status, 403);
            let expected = format!(
                "User: arn:aws:iam::000000000000:user/sandbox is not authorized to perform: sts:AssumeRole on resource: {role}"
            );
            assert_eq!(text(&body, "Message"), expected);
        }
    })
    .await;
    let counts = sandbox.requests();
    assert_eq!(counts["222222222222/us-east-1 ec2:DescribeVpcs"], 1);
    assert_eq!(counts["000000000000/us-east-1 sts:AssumeRole"], 4);
    sandbox.stop().await.unwrap();
}

#[tokio::test]
async fn an_external_id_is_asked_for() {
    let text = WORLD.replacen("role \"privlink-deployer\"", "role \"privlink-deployer\" external-id=\"secret\"", 1);
    let world = World::from_kdl("world.kdl", &text, &Options { speed: 1.0, seed: 1 }).unwrap();
    let sandbox = Sandbox::start(world, LOOPBACK, None).await.unwrap();
    let url = sandbox.url();
    blocking(move || {
        let form = format!("Action=AssumeRole&RoleArn={HUB}&RoleSessionName=test");
        assert_eq!(call(&url, &ambient(), "sts", &form).0, 403);
        assert_eq!(call(&url, &ambient(), "sts", &format!("{form}&ExternalId=wrong")).0, 403);
        assert_eq!(call(&url, &ambient(), "sts", &format!("{form}&ExternalId=secret")).0, 200);
    })
    .await;
}

#[tokio::test]
async fn a_world_can_be_shown_summarised_and_reset() {
    let sandbox = Sandbox::start(world(), LOOPBACK, None).await.unwrap();
    let before = sandbox.summary();
    let url = sandbox.url();
    blocking(move || {
        let hub = assume(&url, HUB);
        assert_eq!(create_group(&url, &hub, "new").0, 200);
        let (_, shown) = send(&url, "GET", "/_sandbox/summary", "", "");
        assert!(shown.contains("\"new\""), "{shown}");
        assert_eq!(send(&url, "GET", "/_sandbox/world", "", "").0, 200);
        assert!(send(&url, "GET", "/_sandbox/requests", "", "").1.contains("ec2:CreateSecurityGroup"));
        assert_eq!(send(&url, "GET", "/_sandbox/resolve?host=nowhere.example", "", "").0, 404);
        assert_eq!(send(&url, "GET", "/_sandbox/nothing", "", "").0, 404);
    })
    .await;
    assert_ne!(sandbox.summary(), before);
    let url = sandbox.url();
    blocking(move || assert_eq!(send(&url, "POST", "/_sandbox/reset", "", "").0, 204)).await;
    assert_eq!(sandbox.summary(), before);
    sandbox.stop().await.unwrap();
}

#[tokio::test]
async fn names_are_resolved_as_the_world_says() {
    let text = include_str!("../../../../examples/cross-network/world.kdl");
    let world = World::from_kdl("world.kdl", text, &Options { speed: 1.0, seed: 1 }).unwrap();
    let sandbox = Sandbox::start(world, LOOPBACK, None).await.unwrap();
    let addresses = sandbox.resolve("Billing.corp.example.").unwrap();
    assert_eq!(addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["172.31.40.10", "172.31.40.11"]);
    assert_eq!(sandbox.resolve("other.example"), None);
}

#[tokio::test]
async fn it_listens_on_loopback_alone() {
    let refused = Sandbox::start(world(), "0.0.0.0:0".parse().unwrap(), None).await.unwrap_err();
    assert!(refused.to_string().contains("is not a loopback address"), "{refused}");
}

#[tokio::test]
async fn a_folder_serves_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let keep = || Some(folder.path().to_owned());
    assert!(World::load(folder.path()).unwrap().is_none());
    let first = Sandbox::start(world(), LOOPBACK, keep()).await.unwrap();
    let held = Sandbox::start(world(), LOOPBACK, keep()).await.unwrap_err();
    assert!(held.to_string().contains("in use by another process"), "{held}");
    let early = World::load(folder.path()).unwrap().unwrap();
    first.stop().await.unwrap();
    // `stop` saved once more, so what was loaded before it is no longer what the folder keeps.
    let stale = Sandbox::start(early, LOOPBACK, keep()).await.unwrap_err();
    assert!(stale.to_string().contains("since it was loaded"), "{stale}");
    let anew = Sandbox::start(world(), LOOPBACK, keep()).await.unwrap_err();
    assert!(anew.to_string().contains("since it was loaded"), "{anew}");
    let loaded = World::load(folder.path()).unwrap().unwrap();
    Sandbox::start(loaded, LOOPBACK, keep()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_damaged_world_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("world.json"), "{\"clock\":").unwrap();
    let damaged = World::load(folder.path()).unwrap_err();
    assert!(damaged.to_string().contains("world.json"), "{damaged}");
    std::fs::write(folder.path().join("world.json"), "{\"format\":99}").unwrap();
    let newer = World::load(folder.path()).unwrap_err();
    assert!(newer.to_string().contains("another version"), "{newer}");
}

/// Names the folder for [`serve_until_killed`].
const FOLDER: &str = "SANDBOX_TEST_FOLDER";

/// Runs this same test in a process of its own, where it serves until it is killed.
#[test]
fn serve_until_killed() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(folder.path());
        assert_eq!(call(&server.url, &ambient(), "sts", "Action=GetCallerIdentity").0, 200);
        return;
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let world = World::load(&folder).unwrap().unwrap_or_else(world);
        let sandbox = Sandbox::start(world, LOOPBACK, Some(folder)).await.unwrap();
        writeln!(std::io::stderr(), "url={}", sandbox.url()).unwrap();
        std::future::pending::<()>().await;
    });
}

struct Server {
    child: std::process::Child,
    url: String,
}

fn serve(folder: &Path) -> Server {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "serve_until_killed", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let url = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("url=").map(str::to_owned)).unwrap();
    Server { child, url }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_kill_loses_no_answered_change() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered: Vec<String> = Vec::new();
    for round in 0..5 {
        let server = serve(folder.path());
        let who = assume(&server.url, HUB);
        let url = server.url.clone();
        let (told, hear) = std::sync::mpsc::channel();
        let client = std::thread::spawn(move || {
            for number in 0..200 {
                let name = format!("group-{round}-{number}");
                let made = std::panic::catch_unwind(|| create_group(&url, &who, &name));
                match made {
                    Ok((200, _)) => told.send(name).unwrap(),
                    _ => return,
                }
            }
        });
        // Killed in the middle of its work, at another point each round.
        for _ in 0..=round * 3 {
            answered.push(hear.recv().unwrap());
        }
        drop(server);
        client.join().unwrap();
        answered.extend(hear.try_iter());
        let world = World::load(folder.path()).unwrap().unwrap();
        let kept = serde_json::to_string(&world).unwrap();
        for name in &answered {
            assert!(
                kept.contains(&format!("\"{name}\"")),
                "{name} was answered in or before round {round} and is lost"
            );
        }
    }
}
