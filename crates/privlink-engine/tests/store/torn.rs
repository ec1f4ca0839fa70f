//! Journals that end anywhere: a process or a machine stopped while it was writing.
#![expect(clippy::disallowed_methods, reason = "journals that are not whole")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use privlink_engine::{FolderStore, Journal, JournalError};
use privlink_model::{Attrs, End, History, Object, Record, StepId, StepRecord, Unwinding, Way, Why};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest};

use crate::journals::{begun, forward, intent};

/// A store whose run has a journal of these bytes.
fn journal_of(folder: &Path, bytes: &[u8]) -> Arc<FolderStore> {
    let run = folder.join("runs/run");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("journal.jsonl"), bytes).unwrap();
    Arc::new(FolderStore::new(folder.to_owned()))
}

fn bytes_in(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("runs/run/journal.jsonl")).unwrap()
}

/// The bytes of a journal of these records, and the histories after each.
async fn write(records: &[Record]) -> (Vec<u8>, Vec<History>) {
    let journal = Journal::in_memory();
    let mut histories = vec![History::default()];
    for record in records {
        journal.record(record.clone()).await.unwrap();
        let mut history = histories.last().unwrap().clone();
        history.record(record).unwrap();
        histories.push(history);
    }
    (journal.lines().await.unwrap(), histories)
}

/// Opens a journal that was cut off, goes on with it, and opens it again.
async fn cut_and_go_on(bytes: &[u8], cut: usize, histories: &[History]) {
    let folder = tempfile::tempdir().unwrap();
    let part = &bytes[..cut];
    let whole = part.iter().filter(|byte| **byte == b'\n').count();
    let store = journal_of(folder.path(), part);
    let opened = Journal::open(Arc::<FolderStore>::clone(&store), "run").await;
    if whole == 0 {
        assert!(matches!(opened, Err(JournalError::None { .. })), "{opened:?}");
        return;
    }
    let (journal, history) = opened.unwrap();
    assert_eq!(history, histories[whole], "cut at {cut}");
    assert_eq!(Journal::read(&*store, "run").await.unwrap(), history);
    assert_eq!(bytes_in(folder.path()), part, "reading and opening write nothing");
    journal.record(Record::Resumed { by: "ben@mac".to_owned(), at: 1 }).await.unwrap();
    let mut resumed = history;
    resumed.record(&Record::Resumed { by: "ben@mac".to_owned(), at: 1 }).unwrap();
    assert_eq!(Journal::read(&*store, "run").await.unwrap(), resumed);
    let after = bytes_in(folder.path());
    assert_eq!(after.last(), Some(&b'\n'), "nothing of the torn line is left");
    assert_eq!(after.iter().filter(|byte| **byte == b'\n').count(), whole + 1);
}

#[tokio::test]
async fn a_journal_that_ends_at_any_byte_is_gone_on_with() {
    let object = Object { id: "vpce-1".to_owned(), attrs: Attrs::from_iter([("name".to_owned(), "Ä\n\"".into())]) };
    let (bytes, histories) = write(&[
        Record::Begun(begun(2)),
        forward(1, intent()),
        forward(1, StepRecord::Answered(object)),
        Record::Ended { end: End::Kept, at: 7 },
    ])
    .await;
    for cut in 0..=bytes.len() {
        cut_and_go_on(&bytes, cut, &histories).await;
    }
}

#[tokio::test]
async fn what_the_disk_had_not_written_yet_is_a_torn_line() {
    let (bytes, histories) = write(&[Record::Begun(begun(1)), forward(1, intent())]).await;
    let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    // After a power failure the file may have its new length, and zeros.
    let zeros = [&bytes[..first], &vec![0; bytes.len() - first]].concat();
    let folder = tempfile::tempdir().unwrap();
    let (journal, history) = Journal::open(journal_of(folder.path(), &zeros), "run").await.unwrap();
    assert_eq!(history, histories[1]);
    journal.record(forward(1, intent())).await.unwrap();
    assert_eq!(bytes_in(folder.path()), bytes);
}

#[tokio::test]
async fn only_the_last_line_may_be_torn() {
    let (bytes, _) = write(&[Record::Begun(begun(2)), forward(1, intent()), forward(2, intent())]).await;
    let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for hole in [bytes[first..first + 9].to_vec(), vec![0; 9], Vec::new()] {
        let folder = tempfile::tempdir().unwrap();
        let damaged = [&bytes[..first], &hole, &bytes[first + 10..]].concat();
        let error = Journal::open(journal_of(folder.path(), &damaged), "run").await.unwrap_err();
        assert!(matches!(error, JournalError::Line { line: 2, .. }), "{error}");
        assert_eq!(bytes_in(folder.path()), damaged, "nothing is mended");
    }
}

fn event() -> impl Strategy<Value = StepRecord> {
    let object = any::<String>().prop_map(|id| Object { id, attrs: Attrs::new() });
    prop_oneof![
        Just(intent()),
        Just(intent()),
        object.clone().prop_map(StepRecord::Answered),
        object.clone().prop_map(StepRecord::Found),
        object.prop_map(StepRecord::Skipped),
        any::<String>().prop_map(StepRecord::Refused),
        any::<String>().prop_map(StepRecord::Failed),
        Just(StepRecord::Absent),
        Just(StepRecord::Settled(Attrs::new())),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let way = prop_oneof![Just(Way::Forward), Just(Way::Back)];
    prop_oneof![
        20 => (1..4_u32, way, event()).prop_map(|(step, way, event)| Record::Step { step: StepId(step), way, event }),
        1 => Just(Record::Unwinding(Unwinding { why: Why::Failed, failed: Vec::new() })),
        1 => Just(Record::Ended { end: End::Stuck, at: 1 }),
        1 => Just(Record::Resumed { by: "ana@mac".to_owned(), at: 2 }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_prefix_of_every_journal_is_gone_on_with(records in vec(record(), 0..60), cut in any::<proptest::sample::Index>()) {
        let mut history = History::default();
        let legal: Vec<Record> = std::iter::once(Record::Begun(begun(3)))
            .chain(records)
            .filter(|record| history.record(record).is_ok())
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (bytes, histories) = write(&legal).await;
            prop_assert_eq!(histories.last(), Some(&history));
            cut_and_go_on(&bytes, cut.index(bytes.len() + 1), &histories).await;
            Ok(())
        })?;
    }
}
