//! Processes that share a store: they race for its lock, are killed while they hold it, and lose it.

use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{FolderStore, Journal, Lock, LockError, ObjectStore, Store, Unlocked, lock, wall_seconds};
use privlink_model::{Attrs, Begun, PutEnd, Record, StepId, StepRecord, Way, When};

use super::{BUCKET, PART, PREFIX, Process, bucket, claim, objects, soon, store};
use crate::served::python;

const RACERS: u64 = 16;
const TURNS: u64 = 3;
/// Short, so that a test need not wait a minute for a lock to expire.
const LEASE: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(300);
const STEPS: u32 = 100_000;

/// Says something to the process that started this one.
#[expect(clippy::print_stdout, reason = "how one process of a test tells the other how far it has come")]
fn say(words: &str) {
    println!("\n{words}");
}

/// What the processes do that the tests start; by itself it is told nothing and does nothing.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how one process of a test tells the other what it is")]
async fn a_process_of_these_tests() {
    let Ok(told) = std::env::var(PART) else { return };
    let (place, part) = told.split_once(' ').unwrap();
    match part {
        "race" => race(place).await,
        "hold" => hold(place).await,
        "record" if place.starts_with("http") => record(Arc::new(store(place).await)).await,
        _ => record(Arc::new(FolderStore::new(place.into()))).await,
    }
}

/// Adds to a number, some times: what is lost if two do it at once.
async fn race(url: &str) {
    let (objects, store) = (objects(url).await, store(url).await);
    for _ in 0..TURNS {
        let held = lock(&store, "shop", &claim("racer"), PATIENCE, &mut |_| {}).await.unwrap();
        let entered = objects.put("inside", Vec::new(), When::Absent).await.unwrap();
        assert!(matches!(entered, PutEnd::Done(_)), "two at once");
        let number = objects.get("number").await.unwrap();
        let before: u64 = number.map_or(0, |(text, _)| String::from_utf8(text).unwrap().parse().unwrap());
        objects.put("number", (before + 1).to_string().into_bytes(), When::Always).await.unwrap();
        objects.delete("inside", When::Always).await.unwrap();
        held.release().await.unwrap();
    }
    say("done");
}

async fn short(url: &str) -> ObjectStore {
    store(url).await.with_lease(LEASE)
}

async fn hold(url: &str) {
    let held: Lock = short(url).await.lock("shop", &claim("ana")).await.unwrap();
    say("held");
    let lost = held.lost().await;
    say(&format!("lost: {lost}"));
}

/// Records one intent after the other, and says of each that it was kept.
async fn record(store: Arc<dyn Store>) {
    let begun = Begun { steps: STEPS, ..Begun::default() };
    let journal = Journal::begin(store, "run", b"the plan", begun).await.unwrap();
    for step in 1..=STEPS {
        let event = StepRecord::Intent { token: "t".to_owned(), id: String::new(), before: Attrs::new() };
        journal.record(Record::Step { step: StepId(step), way: Way::Forward, event }).await.unwrap();
        say(&format!("kept {step}"));
    }
}

#[tokio::test]
async fn no_turn_of_racing_processes_is_lost() {
    let moto = bucket();
    let mut racers: Vec<Process> = (0..RACERS).map(|_| Process::start(&moto.url, "race")).collect();
    for racer in &mut racers {
        racer.says("done");
        assert!(racer.child.wait().unwrap().success());
    }
    let number = python("moto_store.py", &[&moto.url, "show", BUCKET, &format!("{PREFIX}/number")]);
    assert_eq!(number, (RACERS * TURNS).to_string());
    let left = python("moto_store.py", &[&moto.url, "keys", BUCKET, PREFIX]);
    assert_eq!(left.lines().collect::<Vec<_>>(), [format!("{PREFIX}/number")], "no lock is left");
}

#[tokio::test]
async fn the_lock_of_a_killed_process_is_broken_by_a_person_alone() {
    let moto = bucket();
    let store = short(&moto.url).await;
    let mut holder = Process::start(&moto.url, "hold");
    holder.says("held");
    tokio::time::sleep(LEASE).await;
    let alive = store.holder("shop").await.unwrap().unwrap();
    assert!(alive.expires.unwrap() >= wall_seconds(), "it is renewed while its process lives");
    assert_eq!(alive.process, holder.child.id());
    holder.kill();

    // It stands beyond the time at which it expires.
    let wait = LEASE + Duration::from_secs(2);
    let end = lock(&store, "shop", &claim("ben"), wait, &mut |_| {}).await;
    let Err(LockError::Held(dead)) = end else { panic!("a lock that has expired was taken") };
    assert!(dead.expires.unwrap() <= wall_seconds());
    assert_eq!((&*dead.owner, &*dead.run, dead.since), ("ana", "run-of-ana", alive.since));
    assert_eq!(store.unlock("shop", &dead).await.unwrap(), Unlocked::Done);
    let next = store.lock("shop", &claim("ben")).await.unwrap();
    assert!(matches!(store.unlock("shop", &dead).await.unwrap(), Unlocked::Held(holder) if holder.owner == "ben"));
    next.release().await.unwrap();
    assert_eq!(store.holder("shop").await.unwrap(), None);
}

#[tokio::test]
async fn who_loses_the_lock_hears_of_it() {
    let moto = bucket();
    let store = short(&moto.url).await;
    let mut holder = Process::start(&moto.url, "hold");
    holder.says("held");
    let broken = soon(async {
        loop {
            let shown = store.holder("shop").await.unwrap().unwrap();
            // It may be renewed between the look and the blow.
            match store.unlock("shop", &shown).await.unwrap() {
                Unlocked::Held(_) => {}
                end => return end,
            }
        }
    });
    assert_eq!(broken.await, Unlocked::Done);
    let next = store.lock("shop", &claim("ben")).await.unwrap();
    assert_eq!(holder.says("lost"), ": the lock was lost: somebody broke it");
    assert!(holder.child.wait().unwrap().success());
    assert_eq!(store.holder("shop").await.unwrap().unwrap().owner, "ben", "the loser took nothing away");
    next.release().await.unwrap();
}

/// Kills a process that records, and reads what it has recorded.
async fn kill_and_read(place: &str, store: Arc<dyn Store>, kept: u32) {
    let mut process = Process::start(place, "record");
    process.says(&format!("kept {kept}"));
    process.kill();
    let said = process.lines.by_ref().map_while(Result::ok).filter_map(|line| line.strip_prefix("kept ")?.parse().ok());
    let kept: u32 = said.max().unwrap_or(kept);
    let (journal, history) = Journal::open(Arc::clone(&store), "run").await.unwrap();
    let found = u32::try_from(history.steps().count()).unwrap();
    assert!((kept..=kept + 1).contains(&found), "{kept} were kept, as was said, and {found} are found");
    journal.record(Record::Resumed { by: "ben@mac".to_owned(), at: 1 }).await.unwrap();
    assert_eq!(Journal::read(&*store, "run").await.unwrap().resumed(), 1);
    assert_eq!(Journal::plan(&*store, "run").await.unwrap(), b"the plan");
}

#[tokio::test]
async fn nothing_that_was_recorded_is_lost_by_a_kill() {
    for kept in [1, 7, 40] {
        let moto = bucket();
        kill_and_read(&moto.url, Arc::new(store(&moto.url).await), kept).await;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(".privlink");
        kill_and_read(place.to_str().unwrap(), Arc::new(FolderStore::new(place.clone())), kept).await;
    }
}
