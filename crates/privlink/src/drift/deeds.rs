//! Who did it: the accounts' own logs, asked about what drifted.
//!
//! Owns: what they are asked. Refuses to know: how a log is read (see `privlink-kinds`).
//!
//! Nothing depends on the answer: a log that may not be read, or knows nothing yet, leaves the name out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use privlink_model::{Deed, Deeds, Scope, Subject, Trail};
use privlink_plan::{Attribute, Drift, Drifted};
use tokio::task::JoinSet;

use super::record::Record;
use crate::connection::Place;
use crate::moment;

/// How far back a log goes: CloudTrail keeps 90 days.
const KEPT: u64 = 90 * 24 * 3600;

/// Writes into what drifted who changed it last, as far as that is known. Whoever changed it before a run left it as it should be
/// has not done it: that was taken back, by that run at the latest.
pub(super) async fn ask(drift: &mut Drift, trail: &Arc<dyn Trail>, place: &Place, record: &Record, now: u64) {
    let since = record.since.unwrap_or_default().max(now.saturating_sub(KEPT));
    let mut asked = JoinSet::new();
    for (scope, subjects) in questions(drift) {
        let trail = Arc::clone(trail);
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
        let since = drifted.since.filter(|_| *place == Place::Aws).unwrap_or_default();
        let can_have = |deed: &Deed| deed.at >= since && !is_on_record(deed, record, place);
        let last = |subject: Subject| known.get(&drifted.scope)?.last(&subject, can_have).cloned();
        drifted.by = subject(drifted).and_then(last);
    }
    drift.notes.extend(notes);
}

/// Whether it was a run that is on record here: that one left things as they were applied. The clock of a sandbox is its own,
/// and only its own runs are made there.
fn is_on_record(deed: &Deed, record: &Record, place: &Place) -> bool {
    let before = || record.until.is_none_or(|until| deed.at <= until);
    deed.by_privlink && record.since.is_some() && (*place != Place::Aws || before())
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

#[cfg(test)]
mod tests {
    use privlink_model::{Action, Address, BoxFuture, Unread};
    use privlink_plan::{Repair, What};

    use super::*;

    /// Ana did something at ten, a run put it back at twenty, Bob did something at thirty, if he did.
    struct Log {
        bob: bool,
    }

    impl Trail for Log {
        fn deeds<'a>(
            &'a self,
            _: &'a Scope,
            since: u64,
            subjects: &'a [Subject],
        ) -> BoxFuture<'a, Result<Deeds, Unread>> {
            let deed = |at, by: &str| Deed {
                call: "ec2:ModifyVpcEndpoint".to_owned(),
                at,
                by: by.to_owned(),
                arn: None,
                from: None,
                by_privlink: by == "run",
                only_parent: false,
                event: by.to_owned(),
            };
            let all = [deed(30, "Bob"), deed(20, "run"), deed(10, "Ana")];
            let known = all.into_iter().filter(|deed| deed.at >= since && (self.bob || deed.by != "Bob"));
            let known: Vec<Deed> = known.collect();
            let of = subjects.iter().map(|subject| (subject.clone(), known.clone())).collect();
            Box::pin(async { Ok(Deeds { of, only_since: None }) })
        }
    }

    /// Who is named for what a run that began at `since` left as it should be.
    async fn named(since: Option<u64>, bob: bool) -> Option<String> {
        let drifted = Drifted {
            address: Address::new("entry/hub"),
            kind: "endpoint",
            scope: Scope::new("222222222222", "us-east-1"),
            id: Some("vpce-1".to_owned()),
            within: None,
            what: What::Changed,
            attributes: Vec::new(),
            pending: Vec::new(),
            repair: Repair { action: Action::Update, fixed: Vec::new(), outage: None, loses: None },
            since,
            by: None,
            because: String::new(),
        };
        let mut drift = Drift { found: vec![drifted], ..Drift::default() };
        // Of something else an older run tells, so that the log is read further back.
        let record = Record { since: Some(5), until: Some(25), ..Record::default() };
        let trail: Arc<dyn Trail> = Arc::new(Log { bob });
        ask(&mut drift, &trail, &Place::Aws, &record, 40).await;
        drift.found[0].by.as_ref().map(|deed| deed.by.clone())
    }

    #[tokio::test]
    async fn nobody_is_named_for_what_a_run_has_put_back_since() {
        assert_eq!(named(Some(20), true).await.as_deref(), Some("Bob"));
        assert_eq!(named(Some(20), false).await, None, "what Ana did was put back, and Bob is not in the log yet");
        assert_eq!(named(Some(5), false).await.as_deref(), Some("Ana"));
        assert_eq!(named(None, false).await.as_deref(), Some("Ana"), "no run tells of it");
    }
}
