//! A bucket in a moto, the store in it, and processes that share it.

mod answers;
mod conditions;
mod processes;

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{Claim, ObjectStore};
use privlink_kinds::{AwsCloud, ConnectOptions};
use privlink_model::{Access, Account, Objects};

use crate::served::moto::Server;
use crate::served::python;

/// The account that moto takes every key of its own for.
const ACCOUNT: &str = "123456789012";
const BUCKET: &str = "acme-privlink";
const PREFIX: &str = "teams/shop";

/// How a process of these tests is told what it is: `URL PART`.
const PART: &str = "PRIVLINK_TEST_PART";

/// A moto with an empty bucket.
fn bucket() -> Server {
    let moto = Server::start();
    python("moto_store.py", &[&moto.url, "make", BUCKET]);
    moto
}

/// What an account sees at a URL.
async fn objects_of(url: &str, bucket: &str, prefix: &str) -> Arc<dyn Objects> {
    let account = Account {
        name: "gateway".to_owned(),
        id: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        access: Access::Ambient,
    };
    let cloud = AwsCloud::connect(ConnectOptions {
        accounts: vec![account],
        project: "shop".to_owned(),
        endpoint: Some(url.to_owned()),
        credentials: Some(("AKIAIOSFODNN7EXAMPLE".to_owned(), "example".to_owned())),
        time_scale: 1.0,
        parallelism: None,
    });
    cloud.await.objects(ACCOUNT, bucket, prefix)
}

async fn objects(url: &str) -> Arc<dyn Objects> {
    objects_of(url, BUCKET, PREFIX).await
}

async fn store(url: &str) -> ObjectStore {
    ObjectStore::new(objects(url).await)
}

fn claim(owner: &str) -> Claim {
    Claim { owner: owner.to_owned(), run: format!("run-of-{owner}"), command: "privlink apply".to_owned() }
}

/// A process of these tests, which ends with this value.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(url: &str, part: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "shared_store::processes::a_process_of_these_tests", "--nocapture"]);
        command.env(PART, format!("{url} {part}")).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until it says something that begins with a word; the rest of that line.
    fn says(&mut self, word: &str) -> String {
        let said = self.lines.by_ref().map_while(Result::ok).find_map(|line| Some(line.strip_prefix(word)?.to_owned()));
        said.unwrap_or_else(|| panic!("the process ended without saying {word:?}"))
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The end of something that must come.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), what).await.expect("it comes to an end")
}
