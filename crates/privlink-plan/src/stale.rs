//! Whether the world is still the one a plan was made for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use privlink_model::{Plan, Snapshot, Status};

/// One object that is no longer as it was when the plan was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stale {
    /// Account and region.
    pub scope: String,
    /// Its kind.
    pub kind: String,
    /// AWS's name for it.
    pub id: String,
    /// What happened to it.
    pub staleness: Staleness,
}

/// What happened to an object since a plan was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Staleness {
    /// It was not there then.
    Appeared,
    /// It is no longer there.
    Vanished,
    /// It is another than it was.
    Changed,
    /// It could be read then and cannot be now.
    Unread,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.staleness {
            Staleness::Appeared => "appeared since the plan was made",
            Staleness::Vanished => "is gone since the plan was made",
            Staleness::Changed => "changed since the plan was made",
            Staleness::Unread => "cannot be read now",
        };
        write!(f, "{} {} in {} {what}", self.kind, self.id, self.scope)
    }
}

/// The digests a plan rests on. What is on its way out is left out: it counts as absent, and is soon.
pub(crate) fn digests(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let objects = snapshot.objects().filter(|object| object.status != Status::Deleting);
    objects.map(|object| (format!("{} {} {}", object.scope, object.kind, object.id), object.digest())).collect()
}

/// Every object that appeared, vanished, changed or became unreadable since the plan was made, in order.
pub fn stale(plan: &Plan, now: &Snapshot) -> Vec<Stale> {
    let unread: BTreeSet<(String, &str)> = now.unread().map(|(scope, kind, _)| (scope.to_string(), kind)).collect();
    let present = digests(now);
    let mut found = Vec::new();
    for key in plan.objects.keys().chain(present.keys().filter(|key| !plan.objects.contains_key(*key))) {
        let mut parts = key.splitn(3, ' ').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let (scope, kind, id) = (part(), part(), part());
        let staleness = match (plan.objects.get(key), present.get(key)) {
            (Some(then), Some(now)) if then == now => continue,
            (Some(_), Some(_)) => Staleness::Changed,
            (None, _) => Staleness::Appeared,
            (Some(_), None) if unread.contains(&(scope.clone(), kind.as_str())) => Staleness::Unread,
            (Some(_), None) => Staleness::Vanished,
        };
        found.push(Stale { scope, kind, id, staleness });
    }
    found.sort();
    found
}
