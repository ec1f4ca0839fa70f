//! Reading all scopes at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use privlink_engine::{CODES, EventSink, gather};
use privlink_model::{Clock as _, Cloud, Event, Query, Scope, Selector, Snapshot};

use crate::toy::plan::{KINDS, scope};
use crate::toy::{Toy, simulate};

/// Gathers these accounts with one query each; gives what was read, what was said, and how long it took.
fn gathered(accounts: &[u8]) -> (Snapshot, Vec<Event>, u64) {
    let queries: BTreeMap<Scope, Vec<Query>> =
        accounts.iter().map(|&account| (scope(account), vec![Query::Vpc(Selector::Id("vpc-1".to_owned()))])).collect();
    simulate(async |clock| {
        let cloud: Arc<dyn Cloud> = Arc::new(Toy::new(Arc::clone(&clock)));
        let (events, mut said) = EventSink::channel();
        let snapshot = gather(&cloud, &KINDS, "toys", &queries, &events).await;
        drop(events);
        let mut events = Vec::new();
        while let Some(event) = said.recv().await {
            events.push(event);
        }
        (snapshot, events, clock.now().as_secs())
    })
}

#[test]
fn all_scopes_are_read_at_the_same_time() {
    let (snapshot, events, seconds) = gathered(&[1, 4, 5, 6, 7]);
    assert_eq!(seconds, 5, "as long as one takes");
    assert_eq!(snapshot.scopes.len(), 5);
    assert_eq!(snapshot.objects().count(), 5);
    assert!(snapshot.objects().all(|object| object.id.starts_with("toys Vpc")));
    let first_read = events.iter().position(|event| matches!(event, Event::Gathered { .. }));
    assert_eq!((first_read, events.len()), (Some(5), 10), "all were begun before one was read");
}

#[test]
fn a_scope_that_is_unread_in_part_says_so_and_leaves_the_others_alone() {
    let (snapshot, events, _) = gathered(&[1, 2]);
    assert_eq!(snapshot.list(&scope(1), "plain").map(<[_]>::len), Ok(1));
    assert_eq!(snapshot.list(&scope(2), "plain").map(<[_]>::len), Ok(1));
    assert!(snapshot.list(&scope(2), "token").is_err());
    assert!(events.contains(&Event::Gathered { scope: scope(2), objects: 1, unread: 1 }));
}

#[test]
fn a_scope_whose_read_breaks_down_is_unread_in_every_kind_and_never_empty() {
    let (snapshot, events, _) = gathered(&[1, 3]);
    assert_eq!(snapshot.list(&scope(1), "plain").map(<[_]>::len), Ok(1));
    for schema in KINDS.iter() {
        let unread = snapshot.list(&scope(3), schema.name).unwrap_err();
        assert_eq!(unread.message, "a bug in privlink: the toy account broke");
        assert!(CODES.iter().any(|(code, _, _)| *code == unread.code));
    }
    assert!(events.contains(&Event::Gathered { scope: scope(3), objects: 0, unread: 2 }));
}

#[test]
fn nothing_to_read_reads_nothing() {
    assert_eq!(gathered(&[]), (Snapshot::default(), Vec::new(), 0));
}
