//! Reads every scope at once.
//!
//! Refuses to know what is read and how; that is the cloud's.
//!
//! **Invariant:** a scope whose read broke down is unread in every kind. An empty scope would say that nothing is there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use privlink_model::{Cloud, Event, Kinds, Query, Scope, ScopeSnapshot, Snapshot, Unread};
use tokio::task::{JoinError, JoinSet};

use crate::events::EventSink;
use crate::lost::panic_message;

/// The code of a scope whose read ended in a bug of ours.
pub(crate) const PANICKED: &str = "privlink::engine::gather-panicked";

/// Reads what a project owns and what is looked up, in every scope that has an entry in `queries`, all at the same time.
///
/// Never fails as a whole: what could not be read is unread in the snapshot.
pub async fn gather(
    cloud: &Arc<dyn Cloud>,
    kinds: &Kinds,
    project: &str,
    queries: &BTreeMap<Scope, Vec<Query>>,
    events: &EventSink,
) -> Snapshot {
    let (mut reads, mut scopes) = (JoinSet::new(), HashMap::new());
    for (scope, queries) in queries {
        events.send(Event::GatherStarted(scope.clone()));
        let cloud = Arc::clone(cloud);
        let read = {
            let (scope, project, queries) = (scope.clone(), project.to_owned(), queries.clone());
            async move { cloud.gather(&scope, &project, &queries).await }
        };
        scopes.insert(reads.spawn(read).id(), scope);
    }

    let mut snapshot = Snapshot::default();
    while let Some(joined) = reads.join_next_with_id().await {
        let (task, read) = match joined {
            Ok((task, read)) => (task, read),
            Err(error) => (error.id(), broken_down(kinds, error)),
        };
        if let Some(scope) = scopes.remove(&task) {
            events.send(gathered(scope, &read));
            snapshot.scopes.insert(scope.clone(), read);
        }
    }
    snapshot
}

fn gathered(scope: &Scope, read: &ScopeSnapshot) -> Event {
    let objects = read.listings.values().flatten().map(Vec::len).sum();
    let unread = read.listings.values().filter(|listing| listing.is_err()).count();
    Event::Gathered { scope: scope.clone(), objects, unread }
}

fn broken_down(kinds: &Kinds, error: JoinError) -> ScopeSnapshot {
    let unread = Unread {
        code: PANICKED,
        operation: "gather".to_owned(),
        message: panic_message(error),
        help: Some("this is a bug of privlink: please report it".to_owned()),
    };
    ScopeSnapshot { listings: kinds.iter().map(|schema| (schema.name, Err(unread.clone()))).collect() }
}
