//! How a run stands, as its records tell it, and whether another may begin while it stands so.
//!
//! Owns: what an unfinished run means for the next one. Refuses to know: what the records look like on disk.

use std::sync::Arc;

use privlink_engine::{Journal, JournalError, Store};
use privlink_model::{End, History, Severity, State, Ways};
use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::moment;
use crate::site::Site;
use crate::stores;
use crate::streams::Streams;
use crate::view::{event_stream, words};

/// Journals that are read at once.
const READS: usize = 16;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was killed before its first record, and so before its first call.
    NeverBegun,
    /// Every step is done.
    Applied,
    /// What was done is taken back.
    RolledBack,
    /// Something could not be taken back.
    Stuck,
    /// It failed and was left as it is, as asked.
    Kept,
    /// It has no end on record.
    Unfinished,
    /// It has no end on record, and was being taken back.
    Unwinding,
}

impl Standing {
    /// Of the records of a run.
    pub(crate) fn of(history: &History) -> Self {
        match history.ended() {
            Some((End::Applied, _)) => Self::Applied,
            Some((End::RolledBack, _)) => Self::RolledBack,
            Some((End::Stuck, _)) => Self::Stuck,
            Some((End::Kept, _)) => Self::Kept,
            None if history.begun().is_none() => Self::NeverBegun,
            None if history.unwinding().is_some() => Self::Unwinding,
            None => Self::Unfinished,
        }
    }

    /// In words, after `the run`.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NeverBegun => "called nothing",
            Self::Applied => "applied",
            Self::RolledBack => "rolled back",
            Self::Stuck => "stuck",
            Self::Kept => "failed, kept",
            Self::Unfinished => "unfinished",
            Self::Unwinding => "unfinished, being rolled back",
        }
    }

    /// As programs read it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::NeverBegun => "never-begun",
            Self::Applied => "applied",
            Self::RolledBack => "rolled-back",
            Self::Stuck => "stuck",
            Self::Kept => "kept",
            Self::Unfinished => "unfinished",
            Self::Unwinding => "unwinding",
        }
    }

    /// Whether something is left to be done, one way or the other.
    pub(crate) fn goes_on(self) -> bool {
        !matches!(self, Self::NeverBegun | Self::Applied | Self::RolledBack)
    }
}

/// How many calls may or may not have taken effect.
pub(crate) fn in_doubt(history: &History) -> usize {
    let doubtful = |state: &State| matches!(state, State::Intended { .. });
    history.steps().filter(|(_, Ways { forward, back, .. })| doubtful(forward) || doubtful(back)).count()
}

/// Whether every step is done and only that it is the end was not written down.
pub(crate) fn is_complete(history: &History) -> bool {
    let done = history.steps().filter(|(_, ways)| ways.forward.is_done()).count();
    history.begun().is_some_and(|begun| begun.steps as usize == done)
}

/// A run by its records.
pub(crate) struct Last {
    /// Its name.
    pub(crate) run: String,
    /// Its records.
    pub(crate) history: History,
}

/// The run of a project that began last; none when there is none.
pub(crate) async fn last(store: &dyn Store, project: &str) -> Result<Option<Last>, Failure> {
    let mut runs = store.runs().await.map_err(Failure::store)?;
    runs.retain(|run| stores::is_run(run) && moment::may_be_of(run, project));
    runs.sort();
    for run in runs.into_iter().rev() {
        let history = match Journal::read(store, &run).await {
            Ok(history) => history,
            // It was killed before its first record, and so before its first call.
            Err(JournalError::None { .. }) => continue,
            Err(error) => {
                return Err(Failure::Run {
                    message: format!("what the run before this one did is not known: {error}"),
                    help: "--dangerous-unfinished-run begins another run all the same".to_owned(),
                });
            }
        };
        if history.begun().is_some_and(|begun| begun.project == project) {
            return Ok(Some(Last { run, history }));
        }
    }
    Ok(None)
}

/// Every run of a store with its records, or what is wrong with them; the last to begin comes first.
pub(crate) async fn all(store: &Arc<dyn Store>) -> Result<Vec<(String, Result<History, JournalError>)>, Failure> {
    let mut left = store.runs().await.map_err(Failure::store)?;
    left.retain(|run| stores::is_run(run));
    let mut reading = JoinSet::new();
    let mut runs = Vec::new();
    loop {
        while reading.len() < READS
            && let Some(run) = left.pop()
        {
            let store = Arc::clone(store);
            reading.spawn(async move {
                let history = match Journal::read(&*store, &run).await {
                    Err(JournalError::None { .. }) => Ok(History::default()),
                    read => read,
                };
                (run, history)
            });
        }
        match reading.join_next().await {
            Some(Ok(run)) => runs.push(run),
            // A task that ended in a panic of its own has no run to tell of.
            Some(Err(_)) => {}
            None => break,
        }
    }
    let begun = |history: &Result<History, JournalError>| history.as_ref().ok()?.begun().map(|begun| begun.at);
    runs.sort_by(|(a, left), (b, right)| (begun(right), b).cmp(&(begun(left), a)));
    Ok(runs)
}

/// Refuses to begin a run while the one before it has not come to an end, or nobody knows to which; says what is left of one
/// that failed.
pub(crate) async fn judge(
    store: &dyn Store,
    project: &str,
    overridden: bool,
    site: Site<'_>,
    streams: &Streams,
) -> Result<(), Failure> {
    let last = match last(store, project).await {
        Ok(last) => last,
        Err(failure) if overridden => {
            warn(&failure.to_string(), None, streams);
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    let Some(Last { run, history }) = last else { return Ok(()) };
    let standing = Standing::of(&history);
    let doubts = in_doubt(&history);
    let begun = history.begun().map(|begun| (begun.by.clone(), moment::utc(begun.at))).unwrap_or_default();
    let whose = format!("run {run}, which {} began at {}", begun.0, begun.1);
    let why = match standing {
        Standing::NeverBegun | Standing::Applied | Standing::RolledBack => return Ok(()),
        Standing::Unfinished if is_complete(&history) => return Ok(()),
        Standing::Unfinished | Standing::Unwinding => format!("{whose}, has not come to an end"),
        Standing::Stuck | Standing::Kept if doubts > 0 => {
            format!(
                "{whose}, ended with {} of which nobody knows whether they took effect",
                words::count(doubts, "call")
            )
        }
        Standing::Stuck => format!("{whose}, could not take back all that it had done"),
        Standing::Kept => format!("{whose}, failed and was left as it is"),
    };
    let resume = site.command(&format!("resume {run}"));
    let ways = match history.unwinding() {
        Some(_) => format!("`{resume}` goes on taking it back"),
        None => format!("`{resume}` goes on with it, `{}` takes it back", site.command(&format!("rollback {run}"))),
    };
    let known = matches!(standing, Standing::Stuck | Standing::Kept) && doubts == 0;
    if known || overridden {
        warn(&why, Some(&ways), streams);
        return Ok(());
    }
    Err(Failure::Refused { why, help: format!("{ways}; --dangerous-unfinished-run begins another run all the same") })
}

fn warn(message: &str, help: Option<&str>, streams: &Streams) {
    streams.err.line(&format!("{} {message}", streams.err.style.yellow("warning:")));
    help.into_iter().for_each(|help| streams.err.line(&format!("  help: {help}")));
    streams.events.say(|| event_stream::remark(Severity::Warning, None, message, help));
}

#[cfg(test)]
mod tests {
    use super::*;
    use privlink_model::{Attrs, Begun, Record, StepId, StepRecord, Way};

    #[test]
    fn a_run_whose_last_word_is_missing_is_complete_when_its_steps_are() {
        let step =
            |id| Record::Step { step: StepId(id), way: Way::Forward, event: StepRecord::Skipped(Default::default()) };
        let mut history = History::default();
        history.record(&Record::Begun(Begun { steps: 2, ..Begun::default() })).unwrap();
        history.record(&step(1)).unwrap();
        assert!(!is_complete(&history));
        history.record(&step(2)).unwrap();
        assert!(is_complete(&history) && Standing::of(&history) == Standing::Unfinished);
    }

    #[test]
    fn a_call_without_an_answer_is_in_doubt() {
        let mut history = History::default();
        let intent = StepRecord::Intent { token: String::new(), id: String::new(), before: Attrs::new() };
        for record in [
            Record::Begun(Begun { steps: 2, ..Begun::default() }),
            Record::Step { step: StepId(1), way: Way::Forward, event: intent },
        ] {
            history.record(&record).unwrap();
        }
        assert_eq!(Standing::of(&History::default()), Standing::NeverBegun);
        assert_eq!((Standing::of(&history), in_doubt(&history)), (Standing::Unfinished, 1));
        history.record(&Record::Ended { end: End::Stuck, at: 1 }).unwrap();
        assert_eq!(Standing::of(&history), Standing::Stuck);
        assert!(Standing::Stuck.goes_on() && !Standing::Applied.goes_on());
    }
}
