//! What holds of the locks of every store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use privlink_engine::{FolderStore, LockError, MemoryObjects, ObjectStore, Store, lock};

use crate::faulty::{claim, soon};

const LONG: Duration = Duration::from_secs(60);

/// Each kind of store, and what keeps it.
fn stores() -> Vec<(Arc<dyn Store>, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    vec![
        (Arc::new(FolderStore::new(folder.path().join(".privlink"))), Some(folder)),
        (Arc::new(ObjectStore::new(Arc::new(MemoryObjects::default()))), None),
    ]
}

#[tokio::test]
async fn the_second_is_told_who_was_first() {
    for (store, _folder) in stores() {
        assert_eq!(store.holder("shop").await.unwrap(), None);
        let first = store.lock("shop", &claim("ana")).await.unwrap();
        let Err(LockError::Held(holder)) = store.lock("shop", &claim("ben")).await else {
            panic!("two hold one lock in {}", store.place());
        };
        assert_eq!((&*holder.owner, &*holder.run, &*holder.command), ("ana", "run-of-ana", "privlink apply"));
        assert_eq!(holder.process, std::process::id());
        assert!(holder.since > 1_700_000_000);
        assert_eq!(store.holder("shop").await.unwrap(), Some(*holder));
        let other = store.lock("warehouse", &claim("ben")).await.unwrap();
        first.release().await.unwrap();
        assert_eq!(store.holder("shop").await.unwrap(), None);
        store.lock("shop", &claim("ben")).await.unwrap().release().await.unwrap();
        other.release().await.unwrap();
    }
}

#[tokio::test]
async fn a_lock_is_waited_for_and_the_wait_is_announced_once() {
    for (store, _folder) in stores() {
        let first = store.lock("shop", &claim("ana")).await.unwrap();
        let (mut heard, waits) = (Vec::new(), Arc::clone(&store));
        let waiting = tokio::spawn(async move {
            let second =
                lock(&*waits, "shop", &claim("ben"), LONG, &mut |holder| heard.push(holder.owner.clone())).await;
            (second, heard)
        });
        tokio::time::sleep(Duration::from_millis(700)).await;
        first.release().await.unwrap();
        let (second, heard) = soon(waiting).await.unwrap();
        assert_eq!(heard, ["ana"]);
        assert_eq!(store.holder("shop").await.unwrap().unwrap().owner, "ben");
        drop(second);
    }
}

#[tokio::test]
async fn the_wait_ends_with_who_holds_it() {
    for (store, _folder) in stores() {
        let _first = store.lock("shop", &claim("ana")).await.unwrap();
        for timeout in [Duration::ZERO, Duration::from_millis(250)] {
            let began = tokio::time::Instant::now();
            let end = lock(&*store, "shop", &claim("ben"), timeout, &mut |_| {}).await;
            assert!(began.elapsed() >= timeout);
            assert!(matches!(&end, Err(LockError::Held(holder)) if holder.owner == "ana"), "{end:?}");
            let words = end.unwrap_err().to_string();
            let process = std::process::id();
            assert_eq!(
                words,
                format!("the project is locked by ana (privlink apply, process {process}, run run-of-ana)")
            );
        }
    }
}

#[tokio::test]
async fn one_at_a_time() {
    for (store, _folder) in stores() {
        let inside = Arc::new(AtomicBool::new(false));
        let turns = Arc::new(AtomicU64::new(0));
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let (store, inside, turns) = (Arc::clone(&store), Arc::clone(&inside), Arc::clone(&turns));
                tokio::spawn(async move {
                    let owner = format!("task {task}");
                    let held = lock(&*store, "shop", &claim(&owner), LONG, &mut |_| {}).await.unwrap();
                    assert!(!inside.swap(true, Ordering::SeqCst), "two at once");
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    inside.store(false, Ordering::SeqCst);
                    turns.fetch_add(1, Ordering::SeqCst);
                    held.release().await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            soon(task).await.unwrap();
        }
        assert_eq!(turns.load(Ordering::SeqCst), 8);
    }
}

#[tokio::test]
async fn a_lock_that_is_held_is_not_lost() {
    for (store, _folder) in stores() {
        let held = store.lock("shop", &claim("ana")).await.unwrap();
        let lost = held.lost();
        assert!(tokio::time::timeout(Duration::from_millis(100), held.lost()).await.is_err());
        held.release().await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(100), lost).await.is_err(), "given back is not lost");
    }
}

#[tokio::test]
async fn a_name_that_is_a_path_is_refused() {
    for (store, _folder) in stores() {
        for name in ["../shop", "", "a/b"] {
            let error = store.lock(name, &claim("ana")).await.unwrap_err();
            assert!(error.to_string().contains("cannot be the name"), "{error}");
            assert!(store.holder(name).await.is_err());
            assert!(store.journal(name).await.is_err());
            assert!(store.append(name, 0, b"\n").await.is_err());
            assert!(store.save("run", name, b"").await.is_err());
            assert!(store.load(name, "plan.json").await.is_err());
        }
    }
}
