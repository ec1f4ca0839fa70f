//! Who did it: the accounts' own logs, asked about what drifted.
//!
//! Owns: what they are asked. Refuses to know: how a log is read (see `privlink-kinds`).
//!
//! Nothing depends on the answer: a log that may not be read, or knows nothing yet, leaves the name out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use privlink_model::{Deed, Deeds, Scope, Subject};
use privlink_plan::{Attribute, Drift, Drifted};
use tokio::task::JoinSet;

use super::record::Record;
use crate::connection::{Connection, Place};
use crate::moment;

/// How far back a log goes: CloudTrail keeps 90 days.
const KEPT: u64 = 90 * 24 * 3600;

/// Writes into what drifted who changed it last, as far as that is known. Whoever changed it before a run left it as it should be
/// has not done it: that was taken back, by that run at the latest.
pub(super) async fn ask(drift: &mut Drift, connection: &Connection, record: &Record, now: u64) {
    let since = record.since.unwrap_or_default().max(now.saturating_sub(KEPT));
    let mut asked = JoinSet::new();
    for (scope, subjects) in questions(drift) {
        let trail = Arc::clone(&connection.trail);
        asked.spawn(async move {
            let answer = trail.deeds(&scope, since, &subjects).await;
            (scope, answer)
        });
    }
    let mut known: BTreeMap<Scope, Deeds> = BTreeMap::new();
    let mut notes = BTreeSet::new();
    while let Some(answer) = asked.join_next().await {
        match answer {
            Ok((scope, Ok(deeds))) => {
                if let Some(only_since) = deeds.only_since {
                    let since = moment::minute(only_since);
                    notes.insert(format!("who did it was looked for in {scope} since {since} only: the log is long"));
                }
                known.insert(scope, deeds);
            }
            Ok((scope, Err(unread))) => {
                let help = unread.help.map(|help| format!(" ({help})")).unwrap_or_default();
                notes.insert(format!(
                    "who did it is not known in {scope}: {}: {}{help}",
                    unread.operation, unread.message
                ));
            }
            // An answer that broke down is none.
            Err(_) => {}
        }
    }
    for drifted in &mut drift.found {
        // The clock of a sandbox is its own.
        let since = drifted.since.filter(|_| connection.place == Place::Aws).unwrap_or_default();
        let can_have = |deed: &Deed| deed.at >= since && !is_on_record(deed, record, connection);
        let last = |subject: Subject| known.get(&drifted.scope)?.last(&subject, can_have).cloned();
        drifted.by = subject(drifted).and_then(last);
    }
    drift.notes.extend(notes);
}

/// Whether it was a run that is on record here: that one left things as they were applied. The clock of a sandbox is its own,
/// and only its own runs are made there.
fn is_on_record(deed: &Deed, record: &Record, connection: &Connection) -> bool {
    let before = || record.until.is_none_or(|until| deed.at <= until);
    deed.by_privlink && record.since.is_some() && (connection.place != Place::Aws || before())
}

/// What a log is asked about something; nothing where nobody did anything in AWS.
fn subject(drifted: &Drifted) -> Option<Subject> {
    let id = drifted.id.clone().filter(|_| !by_name_alone(drifted))?;
    Some(Subject { kind: drifted.kind, id, within: drifted.within.clone() })
}

/// What each log is asked.
fn questions(drift: &Drift) -> BTreeMap<Scope, Vec<Subject>> {
    let mut questions: BTreeMap<Scope, Vec<Subject>> = BTreeMap::new();
    for drifted in &drift.found {
        if let Some(subject) = subject(drifted) {
            questions.entry(drifted.scope.clone()).or_default().push(subject);
        }
    }
    questions
}

/// Whether a name's answer is all that changed: nobody did anything in AWS.
fn by_name_alone(drifted: &Drifted) -> bool {
    !drifted.attributes.is_empty() && drifted.attributes.iter().all(|attribute: &Attribute| attribute.name.is_some())
}
