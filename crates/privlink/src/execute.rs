//! Carrying a run to its end while a person watches: the engine's work, its progress, and signals.
//!
//! Owns: which exit code an end has, and what the first and the second Ctrl-C do. Refuses to know: steps (see
//! `privlink-engine`), wording (see `view::progress`, `view::outcome`, `view::event_stream`), how a run begins (see
//! `commands`).

use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{EventSink, Journal, Lock, PARALLELISM, Run, StopSignal};
use privlink_kinds::KINDS;
use privlink_model::{Event, History, Outcome, Plan, Way, Why};

use crate::connection::Connection;
use crate::events::Events;
use crate::exit_code::{self, Exit};
use crate::signals::Signals;
use crate::sink::Sink;
use crate::streams::Streams;
use crate::view::event_stream::{self, Start, Telling};
use crate::view::outcome::{self, Ending, Words};
use crate::view::progress::{self, Progress};
use crate::view::style::Style;
use crate::who::who;

/// How often the live block is redrawn.
const REDRAW: Duration = Duration::from_millis(120);
/// The width taken where a terminal does not say.
const WIDTH: usize = 100;

/// A run, ready to go on.
pub(crate) struct Work<'a> {
    /// Its plan, as this run carries it out.
    pub(crate) plan: &'a Plan,
    /// The accounts.
    pub(crate) connection: &'a Connection,
    /// Where it is written down.
    pub(crate) journal: Journal,
    /// Where it is kept, in words.
    pub(crate) store: String,
    /// Whether it is carried out or taken back.
    pub(crate) way: Way,
    /// Whether it is left as it is when a step fails.
    pub(crate) keep: bool,
    /// Whether what was written must be seen to be as asked.
    pub(crate) confirm: bool,
    /// How many calls may be under way at once.
    pub(crate) parallelism: Option<u16>,
    /// What is said at the end.
    pub(crate) words: Words,
}

/// Carries out a run, or takes it back, and tells how it ended. When the lock is lost, nothing more is called.
pub(crate) async fn execute(work: Work<'_>, lock: &Lock, signals: &mut Signals, streams: &Streams) -> Exit {
    let Work { plan, connection, journal, store, way, keep, confirm, parallelism, words } = work;
    let history = journal.history();
    let name = history.begun().map_or_else(String::new, |begun| begun.run.clone());
    let start = Start { history: &history, store: &store, way, words: &words };
    streams.events.say(|| event_stream::run(start));
    let (sink, mut events) = EventSink::channel();
    let (stop, blocked) = (StopSignal::new(), StopSignal::new());
    let run = Run {
        cloud: Arc::clone(&connection.cloud),
        clock: Arc::clone(&connection.clock),
        kinds: KINDS,
        events: sink,
        stop: stop.clone(),
        blocked: blocked.clone(),
        parallelism: parallelism.map_or(PARALLELISM, usize::from),
        journal,
        keep,
        confirm,
        by: who(),
    };
    let begun = connection.clock.now();
    let elapsed = || connection.clock.now().saturating_sub(begun);
    let mut asked_by = None;
    let mut audience = Audience::new(plan, &history, connection, streams);
    let mut redraw = tokio::time::interval(REDRAW);
    let going = async {
        match way {
            Way::Forward => run.apply(plan).await,
            Way::Back => run.roll_back(plan).await,
        }
    };
    let lost = lock.lost();
    tokio::pin!(going, lost);
    let outcome = loop {
        tokio::select! {
            outcome = &mut going => break outcome,
            Some(event) = events.recv() => audience.note(&event),
            exit = signals.next() => {
                if asked_by.is_some() {
                    audience.clear();
                    let told = abandoned(&words.resume);
                    streams.err.line(&told);
                    streams.events.end(|| event_stream::abandoned(&name, elapsed(), &told, &words));
                    return exit;
                }
                asked_by = Some(exit);
                stop.stop();
            }
            lost = &mut lost, if !blocked.is_stopped() => {
                blocked.stop();
                audience.clear();
                let told = format!("{lost}: nothing more is called");
                streams.err.line(&told);
                streams.events.say(|| event_stream::stopping("lock-lost", &told));
            }
            _ = redraw.tick(), if streams.err.terminal => audience.draw(),
        }
    };
    while let Ok(event) = events.try_recv() {
        audience.note(&event);
    }
    audience.clear();
    let exit = exit_of(&outcome, asked_by);
    let sink = if exit == exit_code::DONE { &streams.out } else { &streams.err };
    let elapsed = elapsed();
    let ending = Ending { plan, kinds: &KINDS, style: sink.style, elapsed, words: &words };
    sink.write(&outcome::text(&outcome, ending));
    streams.events.end(|| {
        let text = outcome::text(&outcome, Ending { style: Style::default(), ..ending });
        let closing = text.lines().last().unwrap_or_default();
        event_stream::ended(&outcome, &name, elapsed, closing, &words)
    });
    exit
}

/// The exit code of an end. An interrupted run that left nothing in doubt says who interrupted it.
fn exit_of(outcome: &Outcome, asked_by: Option<Exit>) -> Exit {
    match outcome {
        Outcome::Applied => exit_code::DONE,
        Outcome::Stuck { .. } => exit_code::STUCK,
        Outcome::Kept { cause, .. } => match (cause.why, asked_by) {
            (Why::Interrupted, Some(exit)) => exit,
            _ => exit_code::STUCK,
        },
        Outcome::RolledBack { cause, .. } => match (cause.why, asked_by) {
            (Why::Asked, _) => exit_code::DONE,
            (Why::Stale, _) => exit_code::STALE,
            (Why::Interrupted, Some(exit)) => exit,
            _ => exit_code::ROLLED_BACK,
        },
    }
}

fn abandoned(resume: &str) -> String {
    format!(
        "Left at once: calls under way may or may not have taken effect. `{resume}` finds out which did, and goes on from \
         there."
    )
}

/// Who is told how a run goes on.
enum Audience<'a> {
    People(Screen<'a>),
    Program(&'a Events, Telling<'a>),
}

impl<'a> Audience<'a> {
    fn new(plan: &'a Plan, history: &History, connection: &'a Connection, streams: &'a Streams) -> Self {
        if streams.events.are_wanted() {
            return Self::Program(&streams.events, Telling::new(plan, history));
        }
        Self::People(Screen::new(plan, connection, &streams.err))
    }

    fn note(&mut self, event: &Event) {
        match self {
            Self::People(screen) => screen.note(event),
            Self::Program(events, telling) => {
                if let Some(line) = telling.note(event) {
                    events.say(|| line);
                }
            }
        }
    }

    /// Draws the live block anew.
    fn draw(&mut self) {
        if let Self::People(screen) = self {
            screen.draw();
        }
    }

    /// Takes the live block away.
    fn clear(&mut self) {
        if let Self::People(screen) = self {
            screen.clear();
        }
    }
}

/// Where progress is shown: lines that stay, and on a terminal a live block under them.
struct Screen<'a> {
    sink: &'a Sink,
    connection: &'a Connection,
    progress: Progress<'a>,
    begun: Duration,
    drawn: usize,
    frame: usize,
}

impl<'a> Screen<'a> {
    fn new(plan: &'a Plan, connection: &'a Connection, sink: &'a Sink) -> Self {
        let progress = Progress::new(plan, &KINDS, sink.style);
        Self { sink, connection, progress, begun: connection.clock.now(), drawn: 0, frame: 0 }
    }

    fn elapsed(&self) -> Duration {
        self.connection.clock.now().saturating_sub(self.begun)
    }

    fn note(&mut self, event: &Event) {
        if let Some(line) = self.progress.note(event, self.connection.clock.now()) {
            self.clear();
            self.sink.line(&line);
        }
    }

    fn draw(&mut self) {
        self.frame += 1;
        let lines = self.progress.block(self.connection.clock.now(), self.elapsed(), self.frame);
        self.sink.write(&progress::redraw(self.drawn, &lines, width()));
        self.drawn = lines.len();
    }

    fn clear(&mut self) {
        if self.drawn > 0 {
            self.sink.write(&progress::redraw(self.drawn, &[], width()));
            self.drawn = 0;
        }
    }
}

fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stderr()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use privlink_model::Cause;

    use super::*;

    #[test]
    fn each_end_has_its_code() {
        let cause = |why| Cause { why, failed: Vec::new(), blocked: None };
        let back = |why| Outcome::RolledBack { cause: cause(why), undone: Vec::new(), inexact: Vec::new() };
        let kept = |why| Outcome::Kept { cause: cause(why), done: Vec::new(), not_started: Vec::new() };
        let stuck = |why| Outcome::Stuck { cause: cause(why), residue: Vec::new() };
        let (quiet, int) = (None, Some(exit_code::INTERRUPTED));
        for (outcome, asked_by, expected) in [
            (Outcome::Applied, quiet, 0),
            // The last step was done when the signal came.
            (Outcome::Applied, int, 0),
            (back(Why::Failed), quiet, 3),
            (back(Why::Failed), int, 3),
            (back(Why::Stale), quiet, 6),
            (back(Why::Interrupted), int, 130),
            (back(Why::Interrupted), Some(exit_code::TERMINATED), 143),
            // Another command was interrupted; this one took back what it had done.
            (back(Why::Interrupted), quiet, 3),
            (back(Why::Asked), quiet, 0),
            (kept(Why::Failed), quiet, 4),
            (kept(Why::Interrupted), int, 130),
            (stuck(Why::Failed), quiet, 4),
            (stuck(Why::Interrupted), int, 4),
            (stuck(Why::Blocked), quiet, 4),
        ] {
            assert_eq!(exit_of(&outcome, asked_by).0, expected, "{outcome:?} {asked_by:?}");
        }
    }
}
