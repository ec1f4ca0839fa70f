//! `rollback`: takes back what a run did, finished or not, after showing how.
//!
//! Owns: what is said and asked before. Refuses to know: how a way back is found and gone (see `privlink-engine`).

use privlink_engine::{Journal, Lock, Moved, moved_since, way_back};
use privlink_kinds::KINDS;
use privlink_model::{History, Step, Way};

use super::past::Past;
use super::{concluded, told};
use crate::cli::RollbackArgs;
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::signals::Signals;
use crate::site::Site;
use crate::standing::{self, Standing};
use crate::streams::Streams;
use crate::view::{way_back as page, words};
use crate::{consent, locks, stores};

pub(crate) fn run(args: &RollbackArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    told(args.events, streams, |streams| concluded(rollback(args, connect, streams)))
}

async fn rollback(args: &RollbackArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let mut signals = Signals::new()?;
    let site = Site { spec: &args.spec, store: &args.store, cloud: &args.cloud };
    let found = async {
        let store = stores::of_site(site, connect, streams).await?;
        let past = Past::find(args.name.clone(), store, site, args.consent, connect, streams).await?;
        let lock = past.lock("rollback", args.lock.lock_timeout, streams).await?;
        Ok((past, lock))
    };
    let (past, lock) = signals.or(found).await?;
    let end = take_back(args, &past, &lock, &mut signals, streams).await;
    locks::release(lock, streams).await;
    end
}

async fn take_back(
    args: &RollbackArgs,
    past: &Past<'_>,
    lock: &Lock,
    signals: &mut Signals,
    streams: &Streams,
) -> Result<Exit, Failure> {
    match signals.or(agree(args, past, streams)).await? {
        Agreed::Journal(journal) => Ok(past.go(journal, Way::Back, false, lock, signals, streams).await),
        Agreed::Ended(exit) => Ok(exit),
    }
}

/// Consent to take a run back, or the exit code of a command that ended before it.
enum Agreed {
    Journal(Journal),
    Ended(Exit),
}

async fn agree(args: &RollbackArgs, past: &Past<'_>, streams: &Streams) -> Result<Agreed, Failure> {
    let (journal, history) = past.open().await?;
    let run = &past.run;
    let standing = Standing::of(&history);
    if standing == Standing::RolledBack {
        streams.err.line(&format!("Run {run} is rolled back already: nothing is left to do."));
        return Ok(Agreed::Ended(exit_code::DONE));
    }
    if matches!(standing, Standing::Applied | Standing::Kept)
        && let Some(exit) = moved(past, &history, streams).await?
    {
        return Ok(Agreed::Ended(exit));
    }
    let steps = way_back(&past.plan, &KINDS, &history);
    show(past, &history, &steps, streams);
    if !steps.is_empty() {
        let question = format!("Roll back run {run} in {}?", words::count(steps.len(), "step"));
        consent::ask(args.consent, &question, streams).await?;
    }
    Ok(Agreed::Journal(journal))
}

/// Whether anything is no longer as the run left it. A run without an end is not asked this: it is looked at step by step.
async fn moved(past: &Past<'_>, history: &History, streams: &Streams) -> Result<Option<Exit>, Failure> {
    let moved = moved_since(&past.connection.cloud, &KINDS, &past.plan, history).await;
    let moved = moved.map_err(|error| Failure::Cloud {
        message: format!("whether all is as the run left it cannot be read: {error}; nothing was changed"),
        help: None,
    })?;
    if moved.is_empty() {
        return Ok(None);
    }
    let message = format!("The world moved since run {} left it. Nothing was changed.", past.run);
    let help = "mend that and try again, or change the spec and `privlink apply` it";
    let told = |object: &Moved| {
        let place = words::place(&object.scope, &past.plan.accounts);
        let title = words::title(&KINDS, object.kind);
        format!("{} ({title} {}, {place}): {}", object.address, words::identity(&object.id), object.what)
    };
    let moved: Vec<String> = moved.iter().map(told).collect();
    Ok(Some(super::stale(&message, &moved, help, streams)))
}

fn show(past: &Past<'_>, history: &History, steps: &[Step], streams: &Streams) {
    let page = page::Page { plan: &past.plan, kinds: &KINDS, style: streams.out.style, history };
    streams.out.write(&page::text(steps, page));
    let doubts = standing::in_doubt(history);
    if doubts > 0 {
        let calls = words::count(doubts, "call");
        streams
            .out
            .line(&format!("Before that it is found out of {calls} whether they took effect; that can add steps."));
    }
}
