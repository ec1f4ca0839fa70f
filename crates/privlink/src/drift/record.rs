//! The runs on record, read as far as it takes to know how everything that differs was left.
//!
//! Owns: which runs count: of this project, and made where calls go now. Refuses to know: what a run left (see
//! `privlink_plan::Applied`).

use privlink_engine::{Journal, JournalError, Store};
use privlink_kinds::KINDS;
use privlink_model::Plan;
use privlink_plan::Applied;

use crate::connection::Place;
use crate::failure::Failure;
use crate::standing::{self, Standing};
use crate::{moment, stores};

/// What the runs on record tell.
#[derive(Default)]
pub(super) struct Record {
    /// How they left things.
    pub(super) applied: Applied,
    /// The run that began last, where it did not come to its end, and how it stands.
    pub(super) unfinished: Option<(String, Standing)>,
    /// When the oldest of those began that had to be read, in seconds since 1970.
    pub(super) since: Option<u64>,
    /// When the newest of those ended, in seconds since 1970; none while it goes on.
    pub(super) until: Option<u64>,
    /// Why no more of them were read.
    pub(super) damaged: Option<String>,
}

/// The names of a project's runs, the last one to begin first.
pub(super) async fn names(store: &dyn Store, project: &str) -> Result<Vec<String>, Failure> {
    let mut runs = store.runs().await.map_err(Failure::store)?;
    runs.retain(|run| stores::is_run(run) && moment::may_be_of(run, project));
    runs.sort_by(|a, b| b.cmp(a));
    Ok(runs)
}

/// Reads runs, the last one first, until all is known that a plan would change.
pub(super) async fn read(store: &dyn Store, runs: &[String], plan: &Plan, here: &Place) -> Record {
    let mut record = Record::default();
    for run in runs {
        if !plan.changes.changes.iter().any(|change| record.applied.is_open(change)) {
            break;
        }
        match take(store, run, plan, here, &mut record).await {
            Ok(()) | Err(JournalError::None { .. }) => {}
            Err(error) => {
                record.damaged = Some(format!("run {run} and those before it could not be read: {error}"));
                break;
            }
        }
    }
    record
}

async fn take(
    store: &dyn Store,
    run: &str,
    plan: &Plan,
    here: &Place,
    record: &mut Record,
) -> Result<(), JournalError> {
    let history = Journal::read(store, run).await?;
    let Some(begun) = history.begun().filter(|begun| begun.project == plan.project) else { return Ok(()) };
    // What a sandbox holds says nothing about AWS.
    if begun.place.is_empty() != here.words().is_empty() {
        return Ok(());
    }
    let standing = Standing::of(&history);
    if record.since.is_none() && standing.goes_on() && !standing::is_complete(&history) {
        record.unfinished = Some((run.to_owned(), standing));
    }
    if record.since.is_none() {
        record.until = history.ended().map(|(_, at)| at);
    }
    record.since = Some(begun.at);
    let bytes = Journal::plan(store, run).await?;
    match privlink_plan::decode(&String::from_utf8_lossy(&bytes), &KINDS) {
        Ok(left) => record.applied.add(&left, &history),
        Err(error) => record.damaged = Some(format!("the plan of run {run} could not be read: {error}")),
    }
    Ok(())
}
