//! Journals while they are written: order, sharing, failures.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use privlink_engine::{Journal, JournalError, LineError, MemoryObjects, ObjectStore, Store};
use privlink_model::{Attrs, Begun, End, Object, Record, State, StepId, StepRecord, Way};

use crate::faulty::{Counting, soon};

pub(crate) fn begun(steps: u32) -> Begun {
    Begun { run: "run".to_owned(), project: "shop".to_owned(), steps, ..Begun::default() }
}

pub(crate) fn forward(step: u32, event: StepRecord) -> Record {
    Record::Step { step: StepId(step), way: Way::Forward, event }
}

pub(crate) fn intent() -> StepRecord {
    StepRecord::Intent { token: "t".to_owned(), id: String::new(), before: Attrs::new() }
}

fn memory() -> Arc<dyn Store> {
    Arc::new(ObjectStore::new(Arc::new(MemoryObjects::default())))
}

#[tokio::test]
async fn what_was_recorded_is_read_and_gone_on_with() {
    let store = memory();
    let object = Object { id: "vpce-1".to_owned(), attrs: Attrs::new() };
    let journal = Journal::begin(Arc::clone(&store), "run", b"the plan", begun(2)).await.unwrap();
    journal.record(forward(1, intent())).await.unwrap();
    journal.record(forward(1, StepRecord::Answered(object.clone()))).await.unwrap();
    drop(journal);

    let (journal, history) = Journal::open(Arc::clone(&store), "run").await.unwrap();
    assert_eq!(history.begun(), Some(&begun(2)));
    assert_eq!(history.step(StepId(1)).forward, State::Answered(object.clone()));
    journal.record(Record::Resumed { by: "ben@mac".to_owned(), at: 5 }).await.unwrap();
    journal.record(forward(1, StepRecord::Settled(Attrs::new()))).await.unwrap();
    journal.record(Record::Ended { end: End::Applied, at: 9 }).await.unwrap();

    let history = Journal::read(&*store, "run").await.unwrap();
    assert_eq!(history.step(StepId(1)).forward, State::Done(object));
    assert_eq!((history.ended(), history.resumed()), (Some((End::Applied, 9)), 1));
    assert_eq!(Journal::plan(&*store, "run").await.unwrap(), b"the plan");
    let lines = String::from_utf8(journal.lines().await.unwrap()).unwrap();
    assert_eq!(lines.lines().count(), 6);
}

#[tokio::test]
async fn a_run_begins_once() {
    let store = memory();
    Journal::begin(Arc::clone(&store), "run", b"one", begun(1)).await.unwrap();
    let error = Journal::begin(Arc::clone(&store), "run", b"two", begun(1)).await.unwrap_err();
    assert!(error.to_string().contains("never overwritten"), "{error}");
    assert_eq!(Journal::plan(&*store, "run").await.unwrap(), b"one");
}

#[tokio::test]
async fn a_run_that_is_not_there_is_named_with_the_store() {
    for error in [
        Journal::open(memory(), "nine").await.unwrap_err(),
        Journal::read(&*memory(), "nine").await.unwrap_err(),
        Journal::plan(&*memory(), "nine").await.unwrap_err(),
    ] {
        assert!(error.to_string().starts_with("there is no journal of run nine in memory"), "{error}");
    }
}

#[tokio::test]
async fn what_cannot_have_happened_is_not_written_and_the_run_goes_on() {
    let journal = Journal::in_memory();
    let error = journal.record(forward(1, intent())).await.unwrap_err();
    assert!(matches!(error, JournalError::Illegal(_)), "{error}");
    journal.record(Record::Begun(begun(1))).await.unwrap();
    journal.record(forward(1, intent())).await.unwrap();
    let before = journal.lines().await.unwrap();
    assert!(journal.record(forward(1, intent())).await.is_err());
    assert!(journal.record(forward(2, intent())).await.is_err());
    assert_eq!(journal.lines().await.unwrap(), before);
    journal.record(forward(1, StepRecord::Refused("busy".to_owned()))).await.unwrap();
}

#[tokio::test]
async fn many_records_share_one_wait_for_the_disk() {
    let store = Counting::new(0, 1);
    let journal = Journal::begin(Arc::<Counting>::clone(&store), "run", b"", begun(100)).await.unwrap();
    let steps = 1..=100_u32;
    let all: Vec<_> = steps.map(|step| tokio::spawn(recording(journal.clone(), forward(step, intent())))).collect();
    // The first of them is at the gate; the others gather behind it.
    while store.appends.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    store.gate.add_permits(100);
    for end in join_all(all).await {
        end.unwrap().unwrap();
    }
    let appends = store.appends.load(Ordering::SeqCst);
    assert!((2..=4).contains(&appends), "{appends} appends for 101 records");
    assert_eq!(Journal::read(&*store, "run").await.unwrap().steps().count(), 100);
}

async fn recording(journal: Journal, record: Record) -> Result<(), JournalError> {
    journal.record(record).await
}

#[tokio::test]
async fn after_one_failure_nothing_more_is_recorded() {
    let store = Counting::new(3, 100);
    let journal = Journal::begin(Arc::<Counting>::clone(&store), "run", b"", begun(9)).await.unwrap();
    journal.record(forward(1, intent())).await.unwrap();
    let error = journal.record(forward(2, intent())).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot write journal.jsonl: No space left on device");
    // The disk would take it again.
    for record in [forward(1, StepRecord::Absent), forward(3, intent())] {
        assert_eq!(journal.record(record).await.unwrap_err(), error);
    }
    assert_eq!(store.appends.load(Ordering::SeqCst), 3, "nothing was tried after the failure");
    let history = Journal::read(&*store, "run").await.unwrap();
    assert_eq!(history.steps().count(), 1);
}

#[tokio::test]
async fn a_record_is_kept_whether_or_not_anybody_waits() {
    let store = Counting::new(0, 1);
    let journal = Journal::begin(Arc::<Counting>::clone(&store), "run", b"", begun(1)).await.unwrap();
    let waiting = tokio::spawn(recording(journal.clone(), forward(1, intent())));
    while store.appends.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    drop(journal);
    store.gate.add_permits(1);
    soon(async {
        while Journal::read(&*store, "run").await.unwrap().steps().count() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_who_go_on_with_a_run_one_is_stopped() {
    let store = memory();
    drop(Journal::begin(Arc::clone(&store), "run", b"", begun(1)).await.unwrap());
    let (first, _) = Journal::open(Arc::clone(&store), "run").await.unwrap();
    let (second, _) = Journal::open(Arc::clone(&store), "run").await.unwrap();
    let resumed = || Record::Resumed { by: "ana@mac".to_owned(), at: 1 };
    first.record(resumed()).await.unwrap();
    let error = second.record(resumed()).await.unwrap_err();
    assert!(
        error.to_string().starts_with("memory/runs/run/journal/00000002.jsonl is not as this run left it"),
        "{error}"
    );
    first.record(forward(1, intent())).await.unwrap();
    assert_eq!(Journal::read(&*store, "run").await.unwrap().resumed(), 1);
}

#[tokio::test]
async fn damage_is_told_with_its_line() {
    for (lines, line, words) in [
        ("not JSON\n", 2, "is damaged"),
        ("{\"v\":7,\"record\":{}}\n", 2, "has the form 7"),
        ("{\"v\":1,\"record\":{\"melted\":1}}\n", 2, "does not have the form 1"),
        ("{\"v\":1,\"record\":{\"ended\":{\"end\":\"applied\",\"at\":1}}}\n\n", 3, "is damaged"),
    ] {
        let store = memory();
        drop(Journal::begin(Arc::clone(&store), "run", b"", begun(1)).await.unwrap());
        store.append("run", 1, lines.as_bytes()).await.unwrap();
        let error = Journal::open(Arc::clone(&store), "run").await.unwrap_err();
        let start = format!("line {line} of the journal of run run {words}");
        assert!(error.to_string().starts_with(&start), "{error}");
    }
    let store = memory();
    drop(Journal::begin(Arc::clone(&store), "run", b"", begun(1)).await.unwrap());
    let twice = store.journal("run").await.unwrap().0;
    store.append("run", 1, &twice).await.unwrap();
    let error = Journal::read(&*store, "run").await.unwrap_err();
    assert!(matches!(error, JournalError::Impossible { line: 2, .. }), "{error}");
    assert_eq!(
        LineError::Newer(7).to_string().split(':').next(),
        Some("has the form 7, and this program knows forms up to 1")
    );
}
