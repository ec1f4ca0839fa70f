//! One check for drift: the accounts as they are, the runs on record, and what the one says of the other.
//!
//! Owns: the order of these, and that no run is under way meanwhile. Refuses to know: what is drift (see `privlink-plan`), how
//! it is shown (see `view::drift`), whom it is told (see `telling`).
//!
//! **Invariant:** nothing here changes anything but the terminal.

mod deeds;
mod record;
pub(crate) mod telling;
mod told;

use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{Store, wall_seconds};
use privlink_kinds::KINDS;
use privlink_model::Action;
use privlink_plan::{Check, Drift, drift};

use crate::cli::{Format, SelectArgs};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::prepare::{self, Opened, Prepared, Request};
use crate::site::Site;
use crate::streams::Streams;
use crate::{ignores, locks, moment};
use record::Record;

/// How often it is looked whether a run that is waited for has ended.
const POLL: Duration = Duration::from_secs(1);

/// What a check is asked for with.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// The spec, the store, the accounts.
    pub(crate) site: Site<'a>,
    /// The part of the project.
    pub(crate) select: &'a SelectArgs,
    /// How long a run under way is waited for.
    pub(crate) patience: Duration,
    /// Whether the accounts' logs are asked who did it.
    pub(crate) who: bool,
    /// In which form messages are written when nothing could be checked.
    pub(crate) format: Format,
}

/// What came of a check, or the exit code of one that ended on the way; its messages are written.
pub(crate) enum Checked {
    /// What was found.
    Drift(Box<Drift>),
    /// Nothing was found out.
    Ended(Exit),
}

/// Checks a project.
pub(crate) async fn check(
    opened: &Opened,
    store: &Arc<dyn Store>,
    asking: Asking<'_>,
    streams: &Streams,
) -> Result<Checked, Failure> {
    let project = &opened.project;
    free(&**store, project, asking.patience, streams).await?;
    let before = record::state(&**store, project).await?;
    let request = Request {
        spec: asking.site.spec,
        cloud: asking.site.cloud,
        select: asking.select,
        destroy: false,
        consent: None,
        format: asking.format,
    };
    let ready = match prepare::look(opened, request, streams).await {
        Prepared::Plan(ready) => ready,
        Prepared::Ended(exit) => return Ok(Checked::Ended(exit)),
    };
    free(&**store, project, Duration::ZERO, streams).await?;
    if record::state(&**store, project).await? != before {
        return Err(Failure::Locked {
            why: format!("a run of project {project:?} was under way while its accounts were read"),
            help: "check again".to_owned(),
        });
    }
    let (runs, _) = before;
    let (plan, here) = (&ready.plan, &opened.connection.place);
    let now = wall_seconds();
    let names = privlink_derive::resolved(&opened.document);
    let rules = ignores::rules(&opened.document, moment::day(now));
    let sorted =
        |record: &Record| drift(Check { plan, applied: &record.applied, kinds: &KINDS, names: &names, rules: &rules });
    let mut record = record::read(&**store, &runs, plan, here, &[]).await;
    let mut found = sorted(&record);
    if !found.found.is_empty() {
        let overruling = record::overruling(store, project, here).await?;
        if !overruling.is_empty() {
            record = record::read(&**store, &runs, plan, here, &overruling).await;
            found = sorted(&record);
        }
    }
    let differs = plan.changes.changes.iter().any(|change| !matches!(change.action, Action::NoOp | Action::Unknown));
    if differs {
        found.notes.extend(told_of(&record, &found, &**store, asking.site));
    }
    if asking.who && !found.found.is_empty() {
        deeds::ask(&mut found, &opened.connection.trail, here, &record, now).await;
    }
    Ok(Checked::Drift(Box::new(found)))
}

/// Waits for a run under way to end: what is half done is neither as it was nor as it shall be.
async fn free(store: &dyn Store, project: &str, patience: Duration, streams: &Streams) -> Result<(), Failure> {
    let mut waited = Duration::ZERO;
    while let Some(holder) = store.holder(project).await.map_err(Failure::store)? {
        let why = locks::told(project, &holder);
        if waited >= patience {
            return Err(Failure::Locked { why, help: locks::way_out(&holder) });
        }
        if waited.is_zero() {
            streams.err.line(&format!("Waiting: {why}."));
        }
        tokio::time::sleep(POLL).await;
        waited += POLL;
    }
    Ok(())
}

/// What the runs on record have to do with what was found.
fn told_of(record: &Record, found: &Drift, store: &dyn Store, site: Site<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((run, standing)) = &record.unfinished {
        let resume = site.command(&format!("resume {run}"));
        notes.push(format!(
            "the last run, {run}, is {}: what it did not do is planned and not applied; `{resume}` goes on with it",
            standing.words()
        ));
    }
    notes.extend(record.damaged.clone());
    if found.runs == 0 && record.damaged.is_none() && !found.found.is_empty() {
        notes.push(format!(
            "{} has no run of this project on record, so nothing tells what was planned and not applied: all that differs \
             from the spec counts as drift",
            store.place()
        ));
    }
    notes
}
