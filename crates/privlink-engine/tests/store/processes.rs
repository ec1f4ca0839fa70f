//! Locks of a folder between processes: this test calls itself.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use privlink_engine::{FolderStore, LockError, Store as _, Unlocked, lock};

use crate::faulty::{claim, soon};

/// Says to a process what it is: the folder of the store, and what to do with it.
const FOLDER: &str = "PRIVLINK_TEST_FOLDER";
const PART: &str = "PRIVLINK_TEST_PART";
const RACERS: u64 = 16;
const TURNS: u64 = 10;

fn start(folder: &Path, part: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "processes::a_process_of_these_tests", "--nocapture"]);
    command.env(FOLDER, folder).env(PART, part).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

/// What the processes do that the tests start; by itself it is told nothing and does nothing.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how one process of a test tells the other what it is")]
async fn a_process_of_these_tests() {
    let (Ok(folder), Ok(part)) = (std::env::var(FOLDER), std::env::var(PART)) else { return };
    let (folder, store) = (Path::new(&folder), FolderStore::new(folder.clone().into()));
    match part.as_str() {
        "race" => race(folder, &store).await,
        _ => hold(&store).await,
    }
}

async fn hold(store: &FolderStore) {
    let _held = store.lock("shop", &claim("ana")).await.unwrap();
    #[expect(clippy::print_stdout, reason = "how one process of a test tells the other that it has come so far")]
    {
        println!("\nheld");
    }
    std::future::pending().await
}

/// Adds to a number, many times: what is lost if two do it at once.
async fn race(folder: &Path, store: &FolderStore) {
    let (inside, number) = (folder.join("inside"), folder.join("number"));
    for _ in 0..TURNS {
        let held = lock(store, "shop", &claim("racer"), Duration::from_secs(300), &mut |_| {}).await.unwrap();
        fs::create_dir(&inside).expect("two at once");
        let before: u64 = fs::read_to_string(&number).map_or(0, |text| text.parse().unwrap());
        tokio::task::yield_now().await;
        #[expect(clippy::disallowed_methods, reason = "a torn number would be found")]
        fs::write(&number, (before + 1).to_string()).unwrap();
        fs::remove_dir(&inside).unwrap();
        held.release().await.unwrap();
    }
}

#[test]
fn no_turn_of_racing_processes_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let racers: Vec<Child> = (0..RACERS).map(|_| start(folder.path(), "race")).collect();
    for racer in racers {
        let output = racer.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    assert_eq!(fs::read_to_string(folder.path().join("number")).unwrap(), (RACERS * TURNS).to_string());
}

#[tokio::test]
async fn a_lock_goes_with_its_process_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::new(folder.path().to_owned());
    let mut child = start(folder.path(), "hold");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "held"));

    let Err(LockError::Held(holder)) = store.lock("shop", &claim("ben")).await else { panic!("two hold it") };
    assert_eq!((&*holder.owner, holder.process, holder.alive), ("ana", child.id(), Some(true)));
    let end = store.unlock("shop", &holder).await.unwrap();
    assert_eq!(end, Unlocked::Held(*holder), "a living process is not robbed");

    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(store.holder("shop").await.unwrap(), None);
    soon(store.lock("shop", &claim("ben"))).await.unwrap().release().await.unwrap();
}
