//! `resume`: goes on with a run that was killed or interrupted, failed and was kept, or is stuck.
//!
//! Owns: which run is meant, and which way it goes on. Refuses to know: what became of its calls (see `privlink-engine`).

use std::collections::BTreeSet;
use std::sync::Arc;

use privlink_engine::{Lock, Store};
use privlink_model::Way;

use super::past::Past;
use super::{concluded, told};
use crate::cli::{ConsentArgs, ResumeArgs};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::signals::Signals;
use crate::site::Site;
use crate::standing::{self, Standing};
use crate::stores;
use crate::streams::Streams;
use crate::{locks, moment};

pub(crate) fn run(args: &ResumeArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    told(args.events, streams, |streams| concluded(resume(args, connect, streams)))
}

async fn resume(args: &ResumeArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let mut signals = Signals::new()?;
    let site = Site { spec: &args.spec, store: &args.run.store, cloud: &args.cloud };
    let consent = ConsentArgs {
        dangerous_endpoint: args.dangerous_endpoint,
        dangerous_unconfirmed: args.dangerous_unconfirmed,
        ..ConsentArgs::default()
    };
    let found = async {
        let store = stores::of_site(site, connect, streams).await?;
        let run = match &args.name {
            Some(name) => name.clone(),
            None => only_one(&store).await?,
        };
        let past = Past::find(run, store, site, consent, connect, streams).await?;
        let lock = past.lock("resume", args.run.lock.lock_timeout, streams).await?;
        Ok((past, lock))
    };
    let (past, lock) = signals.or(found).await?;
    let end = go_on(args, &past, &lock, &mut signals, streams).await;
    locks::release(lock, streams).await;
    end
}

async fn go_on(
    args: &ResumeArgs,
    past: &Past<'_>,
    lock: &Lock,
    signals: &mut Signals,
    streams: &Streams,
) -> Result<Exit, Failure> {
    let (journal, history) = past.open().await?;
    let run = &past.run;
    let way = match Standing::of(&history) {
        Standing::Applied => {
            let rollback = past.command("rollback");
            streams.err.line(&format!("Run {run} is applied: nothing is left to do. `{rollback}` takes it back."));
            return Ok(exit_code::DONE);
        }
        standing @ (Standing::RolledBack | Standing::NeverBegun) => {
            streams.err.line(&format!("Run {run} ({}): nothing is left to do.", standing.words()));
            return Ok(exit_code::DONE);
        }
        _ if args.rollback || history.unwinding().is_some() => Way::Back,
        _ => Way::Forward,
    };
    match way {
        Way::Forward => streams.err.line(&format!("Run {run} goes on")),
        Way::Back => streams.err.line(&format!("Run {run} goes on to be rolled back")),
    }
    Ok(past.go(journal, way, args.run.no_rollback, lock, signals, streams).await)
}

/// The run to go on with where none is named: of the runs that began last in their projects, the only one that did not come
/// to a good end.
async fn only_one(store: &Arc<dyn Store>) -> Result<String, Failure> {
    let mut projects: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<(String, String)> = Vec::new();
    for (run, history) in standing::all(store).await? {
        let Ok(history) = history else { continue };
        let Some(begun) = history.begun() else { continue };
        let standing = Standing::of(&history);
        if projects.insert(begun.project.clone()) && standing.goes_on() {
            let told = format!("{run} ({}, begun at {})", standing.words(), moment::utc(begun.at));
            open.push((run, told));
        }
    }
    let named: Vec<String> = open.iter().map(|(_, told)| told.clone()).collect();
    match open.pop() {
        Some((run, _)) if open.is_empty() => Ok(run),
        Some(_) => Err(Failure::Run {
            message: format!("there are several runs to go on with: {}", named.join(", ")),
            help: "name one".to_owned(),
        }),
        None => Err(Failure::Run {
            message: format!("{} has no run to go on with", store.place()),
            help: "`privlink runs` lists the runs there are and how they ended".to_owned(),
        }),
    }
}
