//! A store in a folder: modes, full disks, second writers.
#![expect(clippy::disallowed_methods, reason = "what others leave in the folder")]

use std::fs;
use std::path::Path;

use privlink_engine::{FolderStore, Journal, LockError, Store, StoreError, Unlocked};
use privlink_model::Begun;

use crate::faulty::claim;

fn store(folder: &Path) -> FolderStore {
    FolderStore::new(folder.join("deep/.privlink"))
}

#[tokio::test]
async fn all_is_where_the_pages_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    assert_eq!(store.runs().await.unwrap(), [""; 0]);
    let held = store.lock("shop", &claim("ana")).await.unwrap();
    store.save("run-2", "plan.json", b"plan").await.unwrap();
    assert_eq!(store.append("run-1", 0, b"1\n").await.unwrap(), 2);
    assert_eq!(store.append("run-1", 2, b"2\n").await.unwrap(), 4);
    let inside = folder.path().join("deep/.privlink");
    assert_eq!(fs::read_to_string(inside.join("runs/run-1/journal.jsonl")).unwrap(), "1\n2\n");
    assert_eq!(fs::read_to_string(inside.join("runs/run-2/plan.json")).unwrap(), "plan");
    assert!(fs::read_to_string(inside.join("locks/shop")).unwrap().contains("\"owner\":\"ana\""));
    held.release().await.unwrap();
    assert_eq!(fs::read_to_string(inside.join("locks/shop")).unwrap(), "");
    fs::write(inside.join("runs/notes.txt"), "").unwrap();
    fs::create_dir(inside.join("runs/.hidden")).unwrap();
    assert_eq!(store.runs().await.unwrap(), ["run-1", "run-2"]);
    assert_eq!(store.load("run-2", "plan.json").await.unwrap().unwrap(), b"plan");
    assert_eq!(store.load("run-9", "plan.json").await.unwrap(), None);
    assert_eq!(store.journal("run-9").await.unwrap(), (Vec::new(), 0));
}

#[cfg(unix)]
#[tokio::test]
async fn all_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    drop(store.lock("shop", &claim("ana")).await.unwrap());
    store.save("run", "plan.json", b"plan").await.unwrap();
    store.append("run", 0, b"1\n").await.unwrap();
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    for path in ["deep", "deep/.privlink", "deep/.privlink/runs", "deep/.privlink/runs/run", "deep/.privlink/locks"] {
        assert_eq!(mode(path), 0o700, "{path}");
    }
    for path in ["runs/run/plan.json", "runs/run/journal.jsonl", "locks/shop"] {
        assert_eq!(mode(&format!("deep/.privlink/{path}")), 0o600, "{path}");
    }
    let files = fs::read_dir(folder.path().join("deep/.privlink/runs/run")).unwrap();
    assert_eq!(files.count(), 2, "nothing is left beside");
}

#[tokio::test]
async fn what_a_run_has_saved_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.save("run", "plan.json", b"plan").await.unwrap();
    let error = store.save("run", "plan.json", b"another").await.unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    assert_eq!(store.load("run", "plan.json").await.unwrap().unwrap(), b"plan");
}

#[tokio::test]
async fn of_two_writers_the_second_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.append("run", 0, b"1\n").await.unwrap();
    store.append("run", 2, b"2\n").await.unwrap();
    for (at, what) in [(2, "longer"), (0, "longer"), (6, "shorter")] {
        let error = store.append("run", at, b"3\n").await.unwrap_err();
        assert!(matches!(error, StoreError::Moved { .. }), "{what} than known: {error}");
    }
    assert_eq!(store.journal("run").await.unwrap(), (b"1\n2\n".to_vec(), 4));
}

#[tokio::test]
async fn a_journal_that_was_deleted_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.append("run", 0, b"1\n").await.unwrap();
    fs::remove_dir_all(folder.path().join("deep")).unwrap();
    let error = store.append("run", 2, b"2\n").await.unwrap_err();
    assert!(error.to_string().contains("runs/run/journal.jsonl: No such file"), "{error}");
    assert!(!folder.path().join("deep").exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_stops_the_run_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let store = FolderStore::new(file.join(".privlink"));
    let error = Journal::begin(std::sync::Arc::new(store.clone()), "run", b"", Begun::default()).await.unwrap_err();
    let words = error.to_string();
    assert!(words.starts_with(&format!("cannot make {}: File exists", file.display())), "{words}");
    let error = store.lock("shop", &claim("ana")).await.unwrap_err();
    assert!(matches!(error, LockError::Store(StoreError::Folder { .. })), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_stops_the_run_before_it_calls() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    store.save("run", "other.json", b"").await.unwrap();
    let run = folder.path().join("deep/.privlink/runs/run");
    std::os::unix::fs::symlink("/dev/full", run.join("journal.jsonl")).unwrap();
    let error = Journal::begin(std::sync::Arc::new(store), "run", b"", Begun::default()).await.unwrap_err();
    let words = error.to_string();
    assert!(words.contains("runs/run/journal.jsonl: No space left on device"), "{words}");
}

#[tokio::test]
async fn text_in_a_file_that_is_not_locked_means_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    drop(store.lock("shop", &claim("ana")).await.unwrap());
    let path = folder.path().join("deep/.privlink/locks/shop");
    assert!(fs::read_to_string(&path).unwrap().contains("ana"), "a lock that is dropped leaves its text");
    assert_eq!(store.holder("shop").await.unwrap(), None);
    fs::write(&path, "no JSON, and much longer than what will stand here next".repeat(20)).unwrap();
    let held = store.lock("shop", &claim("ben")).await.unwrap();
    assert_eq!(store.holder("shop").await.unwrap().unwrap().owner, "ben");
    drop(held);
}

#[tokio::test]
async fn a_holder_who_has_not_said_who_it_is_is_waited_for_only_so_long() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    drop(store.lock("shop", &claim("ana")).await.unwrap());
    let file = fs::File::options().write(true).open(folder.path().join("deep/.privlink/locks/shop")).unwrap();
    file.set_len(0).unwrap();
    file.lock().unwrap();
    let error = store.lock("shop", &claim("ben")).await.unwrap_err();
    assert_eq!(error.to_string(), "the project is locked by a process that has not yet said whose it is");
    let shown = store.holder("shop").await.unwrap().unwrap();
    assert_eq!(store.unlock("shop", &shown).await.unwrap(), Unlocked::Held(shown));
}
