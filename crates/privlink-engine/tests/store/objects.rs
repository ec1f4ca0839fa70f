//! A store among objects, whose answers get lost.

use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{LockError, Lost, ObjectStore, Store, StoreError, Unlocked};
use privlink_model::{Objects as _, PutEnd, When};

use crate::faulty::{Fault, Faulty, claim, soon};

const LEASE: Duration = Duration::from_millis(600);

fn store(objects: &Arc<Faulty>) -> ObjectStore {
    ObjectStore::new(Arc::<Faulty>::clone(objects)).with_lease(LEASE)
}

#[tokio::test]
async fn a_lock_is_taken_once_whatever_is_heard_of_it() {
    for fault in [Fault::Lost, Fault::Dropped] {
        let objects = Faulty::new();
        objects.next("put", fault);
        objects.next("get", Fault::Dropped);
        let store = store(&objects);
        let held = store.lock("shop", &claim("ana")).await.unwrap();
        assert_eq!(store.holder("shop").await.unwrap().unwrap().owner, "ana");
        held.release().await.unwrap();
        assert_eq!(store.holder("shop").await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_is_refused_is_not_tried_again() {
    let objects = Faulty::new();
    objects.always("put", Fault::Denied);
    let error = store(&objects).lock("shop", &claim("ana")).await.unwrap_err();
    assert_eq!(error.to_string(), "the lock cannot be taken: s3:put of memory/locks/shop.json: Denied");
    assert_eq!(objects.calls(), 1);
}

#[tokio::test]
async fn a_crowd_is_waited_for_longer_than_silence() {
    let objects = Faulty::new();
    (0..6).for_each(|_| objects.next("put", Fault::Busy));
    soon(store(&objects).append("run", 0, b"{}\n")).await.unwrap();
    assert_eq!(objects.calls(), 7);
}

#[tokio::test]
async fn no_answer_at_all_is_an_error_in_the_end() {
    let objects = Faulty::new();
    objects.always("put", Fault::Dropped);
    let error = soon(store(&objects).append("run", 0, b"{}\n")).await.unwrap_err();
    assert!(matches!(error, StoreError::Objects(_)), "{error}");
    assert_eq!(objects.calls(), 4);
}

#[tokio::test]
async fn lines_are_appended_once_whatever_is_heard_of_it() {
    for fault in [Fault::Lost, Fault::Dropped] {
        let objects = Faulty::new();
        let store = store(&objects);
        let mut at = 0;
        for line in ["1\n", "2\n", "3\n4\n"] {
            objects.next("put", fault);
            at = store.append("run", at, line.as_bytes()).await.unwrap();
        }
        assert_eq!(store.journal("run").await.unwrap(), (b"1\n2\n3\n4\n".to_vec(), 3));
        assert_eq!(store.runs().await.unwrap(), ["run"]);
    }
}

#[tokio::test]
async fn of_two_writers_the_second_is_refused() {
    let objects = Faulty::new();
    let (first, second) = (store(&objects), store(&objects));
    let at = first.append("run", 0, b"1\n").await.unwrap();
    assert_eq!(second.journal("run").await.unwrap(), (b"1\n".to_vec(), at));
    // The same words by another hand: each would take the line for its own, and both go on.
    first.append("run", at, b"same\n").await.unwrap();
    let error = second.append("run", at, b"same\n").await.unwrap_err();
    assert!(matches!(error, StoreError::Moved { .. }), "{error}");
    assert_eq!(first.journal("run").await.unwrap().0, b"1\nsame\n");
}

#[tokio::test]
async fn what_a_run_has_saved_is_not_overwritten() {
    let objects = Faulty::new();
    let store = store(&objects);
    objects.next("put", Fault::Lost);
    store.save("run", "plan.json", b"plan").await.unwrap();
    let error = store.save("run", "plan.json", b"another").await.unwrap_err();
    assert!(matches!(error, StoreError::Exists { .. }), "{error}");
    assert_eq!(store.load("run", "plan.json").await.unwrap().unwrap(), b"plan");
    assert_eq!(store.load("run", "other.json").await.unwrap(), None);
}

#[tokio::test]
async fn damage_is_told_with_its_place() {
    let objects = Faulty::new();
    let store = store(&objects);
    let put = async |key: &str, text: &str| {
        let end = objects.inner.put(key, text.as_bytes().to_vec(), When::Always).await.unwrap();
        assert!(matches!(end, PutEnd::Done(_)));
    };
    for (run, key, text, words) in [
        ("a", "runs/a/journal/00000002.jsonl", "#writer x\n1\n", "00000001.jsonl is missing"),
        ("b", "runs/b/journal/00000001.jsonl", "1\n", "who wrote it"),
        ("c", "runs/c/journal/00000001.jsonl", "#writer x\n1", "no end"),
        ("d", "runs/d/journal/notes.txt", "", "00000001.jsonl is missing"),
    ] {
        put(key, text).await;
        let error = store.journal(run).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }) && error.to_string().contains(words), "{error}");
    }
    put("locks/shop.json", "mine!").await;
    let error = store.lock("shop", &claim("ana")).await.unwrap_err();
    assert!(error.to_string().contains("memory/locks/shop.json is damaged: it is no lock of privlink's"), "{error}");
}

#[tokio::test]
async fn a_lock_is_renewed_and_survives_lost_answers() {
    let objects = Faulty::new();
    let store = store(&objects);
    let held = store.lock("shop", &claim("ana")).await.unwrap();
    let before = store.holder("shop").await.unwrap().unwrap();
    for fault in [Fault::Lost, Fault::Dropped, Fault::Lost] {
        objects.next("put", fault);
        assert!(tokio::time::timeout(LEASE, held.lost()).await.is_err());
    }
    let after = store.holder("shop").await.unwrap().unwrap();
    assert_eq!((&before.owner, before.since), (&after.owner, after.since));
    assert_ne!(before.mark, after.mark, "it was renewed");
    held.release().await.unwrap();
    assert_eq!(store.holder("shop").await.unwrap(), None);
}

#[tokio::test]
async fn a_lock_that_cannot_be_renewed_is_lost_when_it_expires() {
    let objects = Faulty::new();
    let store = store(&objects);
    let held = store.lock("shop", &claim("ana")).await.unwrap();
    let began = tokio::time::Instant::now();
    objects.always("put", Fault::Denied);
    let lost = soon(held.lost()).await;
    assert!(matches!(&lost, Lost::Expired { why } if why.contains("Denied")), "{lost}");
    assert!(began.elapsed() >= LEASE - Duration::from_millis(100), "not before it has expired");
    // Nobody has broken it: it is still there to be given back.
    assert!(matches!(store.lock("shop", &claim("ben")).await, Err(LockError::Store(_))));
    held.release().await.unwrap();
    assert_eq!(store.holder("shop").await.unwrap(), None);
}

#[tokio::test]
async fn a_lock_that_nobody_renews_stands_until_it_is_broken() {
    let objects = Faulty::new();
    let store = store(&objects);
    drop(store.lock("shop", &claim("ana")).await.unwrap());
    tokio::time::sleep(LEASE * 2).await;
    let Err(LockError::Held(dead)) = store.lock("shop", &claim("ben")).await else { panic!("it was free") };
    assert!(dead.expires.is_some_and(|expires| expires <= privlink_engine::wall_seconds()));
    assert_eq!(dead.alive, None);
    objects.next("delete", Fault::Lost);
    let broken = store.unlock("shop", &dead).await.unwrap();
    assert!(matches!(broken, Unlocked::Done | Unlocked::Free), "{broken:?}");
    assert_eq!(store.unlock("shop", &dead).await.unwrap(), Unlocked::Free);
    let next = store.lock("shop", &claim("ben")).await.unwrap();
    // What was shown long ago does not break what is held now.
    assert!(matches!(store.unlock("shop", &dead).await.unwrap(), Unlocked::Held(holder) if holder.owner == "ben"));
    next.release().await.unwrap();
}

#[tokio::test]
async fn who_is_broken_hears_of_it_and_breaks_nobody_else() {
    let objects = Faulty::new();
    let patient = ObjectStore::new(Arc::<Faulty>::clone(&objects));
    let held = store(&objects).lock("shop", &claim("ana")).await.unwrap();
    let unlocked = loop {
        let shown = patient.holder("shop").await.unwrap().unwrap();
        match patient.unlock("shop", &shown).await.unwrap() {
            Unlocked::Held(_) => {}
            end => break end,
        }
    };
    assert_eq!(unlocked, Unlocked::Done);
    let next = patient.lock("shop", &claim("ben")).await.unwrap();
    assert_eq!(soon(held.lost()).await, Lost::Broken);
    held.release().await.unwrap();
    assert_eq!(patient.holder("shop").await.unwrap().unwrap().owner, "ben");
    next.release().await.unwrap();
}

#[tokio::test]
async fn a_lock_that_was_renewed_since_it_was_shown_is_not_broken() {
    let objects = Faulty::new();
    let store = store(&objects);
    let held = store.lock("shop", &claim("ana")).await.unwrap();
    let shown = store.holder("shop").await.unwrap().unwrap();
    let renewed = soon(async {
        loop {
            let now = store.holder("shop").await.unwrap().unwrap();
            if now.mark != shown.mark {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(renewed.owner, "ana");
    assert!(matches!(store.unlock("shop", &shown).await.unwrap(), Unlocked::Held(holder) if holder.owner == "ana"));
    held.release().await.unwrap();
}

#[tokio::test]
async fn a_lock_is_given_back_whatever_is_heard_of_it() {
    for fault in [Fault::Lost, Fault::Dropped] {
        let objects = Faulty::new();
        let store = store(&objects);
        let held = store.lock("shop", &claim("ana")).await.unwrap();
        objects.next("delete", fault);
        held.release().await.unwrap();
        assert_eq!(store.holder("shop").await.unwrap(), None);
    }
    let objects = Faulty::new();
    let store = store(&objects);
    let held = store.lock("shop", &claim("ana")).await.unwrap();
    objects.always("delete", Fault::Denied);
    assert!(held.release().await.unwrap_err().to_string().contains("Denied"));
    assert_eq!(store.holder("shop").await.unwrap().unwrap().owner, "ana");
}
