//! `unlock`: breaks a lock that nobody will release, after showing whose it is.
//!
//! **Invariant:** only the lock that was shown is broken. One that was renewed or taken by somebody else since stays.

use privlink_engine::Unlocked;

use super::concluded;
use crate::cli::UnlockArgs;
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::site::Site;
use crate::streams::Streams;
use crate::{consent, locks, stores};

pub(crate) fn run(args: &UnlockArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    concluded(unlock(args, connect, streams))
}

async fn unlock(args: &UnlockArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let site = Site { spec: &args.spec, store: &args.store, cloud: &args.cloud };
    let document = stores::document(site, streams)?;
    let project = document.project.as_ref().map(|project| project.name.value.clone()).unwrap_or_default();
    let store = stores::of_document(site, &document, connect).await?;
    let Some(holder) = store.holder(&project).await.map_err(Failure::store)? else {
        streams.err.line(&format!("Nobody holds the lock of project {project:?} in {}.", store.place()));
        return Ok(exit_code::DONE);
    };
    let told = locks::told(&project, &holder);
    if holder.alive == Some(true) {
        return Err(Failure::Locked {
            why: told,
            help: format!("this lock ends with its process: wait for it, or stop process {}", holder.process),
        });
    }
    streams.out.line(&format!(
        "{}{}.",
        told.get(..1).unwrap_or_default().to_uppercase(),
        told.get(1..).unwrap_or_default()
    ));
    streams.out.line(&format!(
        "If {} is still at work, breaking the lock stops that run where it is. It stays unfinished: `{}` goes on with it.",
        holder.owner,
        site.command(&format!("resume {}", holder.run))
    ));
    consent::ask(args.consent, "Break this lock?", streams).await?;
    match store.unlock(&project, &holder).await.map_err(Failure::store)? {
        Unlocked::Done => streams.err.line("The lock is broken."),
        Unlocked::Free => streams.err.line("The lock was released in the meantime."),
        Unlocked::Held(holder) => {
            return Err(Failure::Locked {
                why: format!(
                    "the lock that was shown is not the one that is held now: {}",
                    locks::told(&project, &holder)
                ),
                help: "its holder lives; wait for it with --lock-timeout".to_owned(),
            });
        }
    }
    Ok(exit_code::DONE)
}
