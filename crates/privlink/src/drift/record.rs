//! The runs on record, read as far as it takes to know how everything that differs was left.
//!
//! Owns: which runs count: of this project, and made where calls go now; what came back under which name when one was taken
//! back. Refuses to know: what a run left (see `privlink_plan::Applied`).

use std::collections::BTreeMap;
use std::sync::Arc;

use privlink_engine::{Journal, JournalError, Store, way_back};
use privlink_kinds::KINDS;
use privlink_model::{Begun, Change, End, History, Op, Plan};
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
    /// When the last of those ended, in seconds since 1970; none while the newest goes on.
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

/// How the record stands: the runs, the last one to begin first, and how long that one's journal is. It is another as soon as a
/// run is made, gone on with or taken back; but for one that is taken back although a newer one was made.
pub(super) async fn state(store: &dyn Store, project: &str) -> Result<(Vec<String>, usize), Failure> {
    let runs = names(store, project).await?;
    let length = match runs.first() {
        Some(run) => store.journal(run).await.map_err(Failure::store)?.0.len(),
        None => 0,
    };
    Ok((runs, length))
}

/// Runs with their plans that were taken back when a newer one had begun already. Nothing tells which they are but the journals
/// of all runs.
pub(super) async fn overruling(
    store: &Arc<dyn Store>,
    project: &str,
    here: &Place,
) -> Result<Vec<(Plan, History)>, Failure> {
    let ours = |history: &History| history.begun().is_some_and(|begun| is_made_here(begun, project, here));
    let runs = standing::all(store).await?;
    let runs: Vec<_> = runs.into_iter().filter_map(|(run, read)| Some((run, read.ok().filter(ours)?))).collect();
    let begun: Vec<u64> = runs.iter().filter_map(|(_, history)| Some(history.begun()?.at)).collect();
    let mut late = Vec::new();
    for (run, history) in runs {
        let at = history.begun().map(|begun| begun.at).unwrap_or_default();
        let overrules = |ended: u64| begun.iter().any(|newer| at < *newer && *newer < ended);
        if !history.ended().is_some_and(|(end, ended)| end == End::RolledBack && overrules(ended)) {
            continue;
        }
        // One that cannot be read is told of where its turn comes.
        let Ok(bytes) = Journal::plan(&**store, &run).await else { continue };
        if let Ok(plan) = privlink_plan::decode(&String::from_utf8_lossy(&bytes), &KINDS) {
            late.push((plan, history));
        }
    }
    Ok(late)
}

/// Reads runs, the last one first, until all is known that a plan would change.
pub(super) async fn read(
    store: &dyn Store,
    runs: &[String],
    plan: &Plan,
    here: &Place,
    overruling: &[(Plan, History)],
) -> Record {
    let mut record = Record::default();
    for (plan, history) in overruling {
        record.applied.overrule(plan, history);
        record.applied.rename(&renamed(plan, history));
    }
    for run in runs {
        if !plan.changes.changes.iter().any(|change| record.applied.is_open(change)) {
            break;
        }
        if let Err(why) = take(store, run, plan, here, &mut record).await {
            record.applied.tear();
            record.damaged = Some(format!(
                "run {run} could not be read ({why}), so that nothing tells what it and those before it left: what differs and \
                 is not told of by a newer run counts as drift"
            ));
            break;
        }
    }
    let late = overruling.iter().filter_map(|(_, history)| history.ended()).map(|(_, at)| at).max();
    record.until = record.until.map(|until| until.max(late.unwrap_or_default()));
    record
}

async fn take(store: &dyn Store, run: &str, plan: &Plan, here: &Place, record: &mut Record) -> Result<(), String> {
    let history = match Journal::read(store, run).await {
        Ok(history) => history,
        // It was killed before its first record, and so before its first call.
        Err(JournalError::None { .. }) => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let Some(begun) = history.begun().filter(|begun| is_made_here(begun, &plan.project, here)) else { return Ok(()) };
    let bytes = Journal::plan(store, run).await.map_err(|error| match error {
        JournalError::None { .. } => "its plan is gone".to_owned(),
        error => error.to_string(),
    })?;
    let left = privlink_plan::decode(&String::from_utf8_lossy(&bytes), &KINDS).map_err(|error| error.to_string())?;
    let standing = Standing::of(&history);
    if record.since.is_none() && standing.goes_on() && !standing::is_complete(&history) {
        record.unfinished = Some((run.to_owned(), standing));
    }
    if record.since.is_none() {
        record.until = history.ended().map(|(_, at)| at);
    }
    record.since = Some(begun.at);
    record.applied.rename(&renamed(&left, &history));
    record.applied.add(&left, &history);
    Ok(())
}

/// Whether a run is of a project, and made where calls go now: what a sandbox holds says nothing about AWS.
fn is_made_here(begun: &Begun, project: &str, here: &Place) -> bool {
    begun.project == project && begun.place.is_empty() == here.words().is_empty()
}

/// What came back under another name when a run was taken back: the new names by the old.
fn renamed(plan: &Plan, history: &History) -> BTreeMap<String, String> {
    if history.unwinding().is_none() {
        return BTreeMap::new();
    }
    let back = way_back(plan, &KINDS, history).into_iter().filter(|step| matches!(step.op, Op::Create { .. }));
    let names = back.filter_map(|step| {
        let new = history.step(step.id).back.object()?.id.clone();
        let is_it =
            |change: &&Change| change.address == step.address && change.kind == step.kind && change.scope == step.scope;
        let old = plan.changes.changes.iter().filter(is_it).find_map(|change| change.before.as_ref())?;
        (!new.is_empty() && old.id != new).then(|| (old.id.clone(), new))
    });
    names.collect()
}
