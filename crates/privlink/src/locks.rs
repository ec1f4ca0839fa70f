//! The lock of a project, as a command takes it, and how a lock that is in the way is told.
//!
//! Owns: the words. Refuses to know: how a lock is kept and renewed (see `privlink-engine`).

use std::time::Duration;

use privlink_engine::{Claim, Holder, Lock, LockError, Store, lock, wall_seconds};

use tokio::time::timeout;

use crate::failure::Failure;
use crate::moment;
use crate::streams::Streams;
use crate::view::event_stream;

/// How long the end of a command waits for the lock to be given back; who presses Ctrl-C twice is in a hurry.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes the lock, or waits for it and says for whom.
pub(crate) async fn take(
    store: &dyn Store,
    project: &str,
    claim: &Claim,
    timeout: Duration,
    streams: &Streams,
) -> Result<Lock, Failure> {
    let waiting = |holder: &Holder| {
        let told = told(project, holder);
        streams.err.line(&format!("Waiting: {told}."));
        streams.events.say(|| event_stream::locked(&told, holder));
    };
    match lock(store, project, claim, timeout, &mut { waiting }).await {
        Ok(lock) => Ok(lock),
        Err(LockError::Held(holder)) => Err(Failure::Locked { why: told(project, &holder), help: way_out(&holder) }),
        Err(LockError::Store(error)) => Err(Failure::Store {
            message: format!("{error}; nothing was called"),
            help: Some(error.help().map_or_else(
                || "a run is written down before its first call; name a place for that by --store".to_owned(),
                str::to_owned,
            )),
        }),
    }
}

/// Gives the lock back. That it could not be is told, and changes nothing about how the command ended.
pub(crate) async fn release(lock: Lock, streams: &Streams) {
    let why = match timeout(PATIENCE, lock.release()).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer".to_owned(),
    };
    let warning = streams.err.style.yellow("warning:");
    streams.err.line(&format!("{warning} the lock could not be given back: {why}"));
    streams.err.line("  help: `privlink unlock` breaks it");
}

/// Whose lock it is, since when, and for how long.
pub(crate) fn told(project: &str, holder: &Holder) -> String {
    if holder.owner.is_empty() {
        return format!("project {project:?} is locked by a process that has not yet said whose it is");
    }
    let Holder { owner, run, command, process, since, .. } = holder;
    let lives = match holder.alive {
        Some(true) => ", which is running here",
        Some(false) => ", which is gone",
        None => "",
    };
    let until = match holder.expires {
        Some(expires) if expires < wall_seconds() => {
            format!("; it was not renewed and expired at {}", moment::utc(expires))
        }
        Some(expires) => format!("; it expires at {} unless it is renewed", moment::utc(expires)),
        None => String::new(),
    };
    format!(
        "project {project:?} is locked by {owner} since {}: {command}, run {run}, process {process}{lives}{until}",
        moment::utc(*since)
    )
}

/// What can be done about a lock that is in the way.
pub(crate) fn way_out(holder: &Holder) -> String {
    let wait = "--lock-timeout 5m waits for it";
    match holder.alive {
        Some(true) => format!("{wait}; this lock goes with its process, `privlink unlock` cannot break it"),
        Some(false) | None => format!("{wait}; when whoever holds it is gone for good, `privlink unlock` breaks it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_told_with_its_holder_and_its_time() {
        let holder = Holder {
            owner: "ana@mac".to_owned(),
            run: "R".to_owned(),
            command: "privlink apply".to_owned(),
            process: 7,
            since: 1_795_214_292,
            expires: Some(1),
            alive: None,
            mark: String::new(),
        };
        assert_eq!(
            told("shop", &holder),
            "project \"shop\" is locked by ana@mac since 2026-11-20 22:38:12 UTC: privlink apply, run R, process 7; it was not \
             renewed and expired at 1970-01-01 00:00:01 UTC"
        );
        let here = Holder { expires: None, alive: Some(true), ..holder };
        assert!(told("shop", &here).ends_with("process 7, which is running here"));
        assert!(way_out(&here).contains("cannot break it"));
        assert!(told("shop", &Holder::default()).ends_with("not yet said whose it is"));
    }
}
