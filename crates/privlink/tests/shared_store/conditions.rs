//! What the port to objects promises, on moto's S3.

use std::sync::Arc;

use privlink_engine::{Store as _, StoreError};
use privlink_model::{DeleteEnd, ErrorClass, Objects, PutEnd, Version, When};

use super::{BUCKET, PREFIX, bucket, objects, objects_of, store};
use crate::served::python;

async fn put(objects: &dyn Objects, text: &str, when: When) -> Option<Version> {
    match objects.put("a/b.json", text.as_bytes().to_vec(), when).await.unwrap() {
        PutEnd::Done(version) => Some(version),
        PutEnd::Conflict => None,
    }
}

#[tokio::test]
async fn a_write_takes_effect_only_when_its_condition_holds() {
    let moto = bucket();
    let objects = objects(&moto.url).await;
    let stale = Version("\"00000000000000000000000000000000\"".to_owned());
    assert_eq!(objects.place(), format!("s3://{BUCKET}/{PREFIX}"));
    assert_eq!(objects.get("a/b.json").await.unwrap(), None);
    assert_eq!(put(&*objects, "zero", When::Is(stale.clone())).await, None);

    let one = put(&*objects, "one", When::Absent).await.unwrap();
    assert_eq!(put(&*objects, "two", When::Absent).await, None);
    assert_eq!(objects.get("a/b.json").await.unwrap(), Some((b"one".to_vec(), one.clone())));

    let two = put(&*objects, "two", When::Is(one.clone())).await.unwrap();
    assert_ne!(one, two);
    assert_eq!(put(&*objects, "three", When::Is(one.clone())).await, None);
    assert_eq!(objects.delete("a/b.json", When::Is(one)).await.unwrap(), DeleteEnd::Conflict);
    assert_eq!(objects.delete("a/b.json", When::Absent).await.unwrap(), DeleteEnd::Conflict);
    assert_eq!(objects.get("a/b.json").await.unwrap(), Some((b"two".to_vec(), two.clone())));
    assert_eq!(python("moto_store.py", &[&moto.url, "show", BUCKET, &format!("{PREFIX}/a/b.json")]), "two");

    assert_eq!(objects.delete("a/b.json", When::Is(two.clone())).await.unwrap(), DeleteEnd::Done);
    assert_eq!(objects.get("a/b.json").await.unwrap(), None);
    // Whether S3 calls it a conflict or done when the object is gone already is left to it.
    objects.delete("a/b.json", When::Is(two)).await.unwrap();
    objects.delete("a/b.json", When::Always).await.unwrap();
    assert!(put(&*objects, "new", When::Always).await.is_some());
}

#[tokio::test]
async fn listings_are_read_to_the_last_page() {
    const MANY: usize = 1100;
    let moto = bucket();
    let objects = objects(&moto.url).await;
    let keys: Vec<String> = (0..MANY).map(|number| format!("runs/{:04}/journal/{number:04}", number / 1000)).collect();
    for some in keys.chunks(50) {
        let puts: Vec<_> = some
            .iter()
            .map(|key| {
                let (objects, key) = (Arc::clone(&objects), key.clone());
                tokio::spawn(async move { objects.put(&key, b"{}\n".to_vec(), When::Absent).await.unwrap() })
            })
            .collect();
        for put in puts {
            assert!(matches!(put.await.unwrap(), PutEnd::Done(_)));
        }
    }
    // A neighbour's store, and one whose prefix begins alike.
    for other in ["teams/shop-2", "teams"] {
        let neighbour = objects_of(&moto.url, BUCKET, other).await;
        neighbour.put("runs/x/plan.json", Vec::new(), When::Absent).await.unwrap();
    }
    assert_eq!(objects.list("runs/").await.unwrap(), keys);
    assert_eq!(objects.list("runs/0001/").await.unwrap(), keys[1000..]);
    assert_eq!(objects.list("locks/").await.unwrap(), [""; 0]);
    assert_eq!(objects.folders("runs/").await.unwrap(), ["0000", "0001"]);
    assert_eq!(objects.folders("locks/").await.unwrap(), [""; 0]);
    let seen = python("moto_store.py", &[&moto.url, "keys", BUCKET, PREFIX]);
    assert_eq!(seen.lines().filter(|key| key.starts_with("teams/shop/")).count(), MANY);

    let whole = objects_of(&moto.url, BUCKET, "").await;
    assert_eq!(whole.place(), format!("s3://{BUCKET}"));
    assert_eq!(whole.folders("teams/").await.unwrap(), ["runs", "shop", "shop-2"]);
}

#[tokio::test]
async fn what_is_kept_is_where_the_page_says() {
    let moto = bucket();
    let store = store(&moto.url).await;
    store.save("run-1", "plan.json", b"the plan").await.unwrap();
    assert_eq!(store.append("run-1", 0, b"1\n2\n").await.unwrap(), 1);
    assert_eq!(store.append("run-1", 1, b"3\n").await.unwrap(), 2);
    let error = store.append("run-1", 1, b"4\n").await.unwrap_err();
    assert!(matches!(error, StoreError::Moved { .. }), "{error}");
    let held = store.lock("shop", &super::claim("ana")).await.unwrap();
    let keys = python("moto_store.py", &[&moto.url, "keys", BUCKET, PREFIX]);
    assert_eq!(
        keys.lines().collect::<Vec<_>>(),
        [
            "teams/shop/locks/shop.json",
            "teams/shop/runs/run-1/journal/00000001.jsonl",
            "teams/shop/runs/run-1/journal/00000002.jsonl",
            "teams/shop/runs/run-1/plan.json",
        ]
    );
    let lock = python("moto_store.py", &[&moto.url, "show", BUCKET, "teams/shop/locks/shop.json"]);
    let lock: serde_json::Value = serde_json::from_str(&lock).unwrap();
    assert_eq!((&lock["owner"], &lock["run"], &lock["v"]), (&"ana".into(), &"run-of-ana".into(), &1.into()));
    assert_eq!(lock["expires"].as_u64().unwrap() - lock["since"].as_u64().unwrap(), 60);
    assert_eq!(store.journal("run-1").await.unwrap(), (b"1\n2\n3\n".to_vec(), 2));
    assert_eq!(store.runs().await.unwrap(), ["run-1"]);
    held.release().await.unwrap();
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_named_with_a_way_out() {
    let moto = bucket();
    let objects = objects_of(&moto.url, "no-such-bucket", "shop").await;
    let errors = [
        objects.get("x").await.unwrap_err(),
        objects.put("x", Vec::new(), When::Absent).await.unwrap_err(),
        objects.delete("x", When::Is(Version("\"1\"".to_owned()))).await.unwrap_err(),
        objects.list("x/").await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.class, &*error.code), (ErrorClass::Refused, "NoSuchBucket"), "{error}");
        assert!(error.to_string().contains(" of s3://no-such-bucket/shop/x"), "{error}");
        assert!(error.help.unwrap().contains("make the bucket no-such-bucket"));
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_an_error_with_its_place() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = objects(&format!("http://{free}")).await.get("x").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Unreachable, "{error}");
    assert!(error.help.unwrap().contains(&free.to_string()));
}
