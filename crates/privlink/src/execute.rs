//! Carrying out a plan while a person watches: the engine's run, its progress, and signals.
//!
//! Owns: which exit code an end has, and what the first and the second Ctrl-C do. Refuses to know: steps (see
//! `privlink-engine`) and wording (see `view::progress`, `view::outcome`).
#![expect(clippy::disallowed_methods, reason = "the moment is part of what tells one run from another")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use privlink_engine::{EventSink, PARALLELISM, Run, StopSignal};
use privlink_kinds::KINDS;
use privlink_model::{Event, Outcome, Plan, Why};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::connection::Connection;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::streams::{Sink, Streams};
use crate::view::outcome::{self, Ending};
use crate::view::progress::{self, Progress};

/// How often the live block is redrawn.
const REDRAW: Duration = Duration::from_millis(120);
/// The width taken where a terminal does not say.
const WIDTH: usize = 100;

/// What is said at the end.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    /// What a good end is called: `Applied`.
    pub(crate) done: &'a str,
    /// The command that goes on after a bad one.
    pub(crate) next: &'a str,
}

/// What tells this run from every other.
fn run_id() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", since.as_nanos(), std::process::id())
}

/// Carries out a plan and tells how it ended.
pub(crate) async fn execute(
    plan: &Plan,
    connection: &Connection,
    parallelism: Option<u16>,
    words: Words<'_>,
    streams: &Streams,
) -> Result<Exit, Failure> {
    let plan = &plan.clone().in_run(&run_id());
    let (sink, mut events) = EventSink::channel();
    let stop = StopSignal::new();
    let run = Run {
        cloud: Arc::clone(&connection.cloud),
        clock: Arc::clone(&connection.clock),
        kinds: KINDS,
        events: sink,
        stop: stop.clone(),
        parallelism: parallelism.map_or(PARALLELISM, usize::from),
    };
    let mut signals = Signals::new()?;
    let mut asked_by = exit_code::INTERRUPTED;
    let mut screen = Screen::new(plan, connection, &streams.err);
    let mut redraw = tokio::time::interval(REDRAW);
    let applying = run.apply(plan);
    tokio::pin!(applying);
    let outcome = loop {
        tokio::select! {
            outcome = &mut applying => break outcome,
            Some(event) = events.recv() => screen.note(&event),
            exit = signals.next() => {
                if stop.is_stopped() {
                    screen.clear();
                    streams.err.line(&abandoned(words.next));
                    return Ok(exit);
                }
                asked_by = exit;
                stop.stop();
            }
            _ = redraw.tick(), if streams.err.terminal => screen.draw(),
        }
    };
    while let Ok(event) = events.try_recv() {
        screen.note(&event);
    }
    screen.clear();
    let (exit, sink) = match &outcome {
        Outcome::Applied => (exit_code::DONE, &streams.out),
        Outcome::Kept { cause, .. } if cause.why == Why::Interrupted => (asked_by, &streams.err),
        _ => (exit_code::ERROR, &streams.err),
    };
    let ending = Ending {
        plan,
        kinds: &KINDS,
        style: sink.style,
        elapsed: screen.elapsed(),
        done: words.done,
        next: words.next,
    };
    sink.write(&outcome::text(&outcome, ending));
    Ok(exit)
}

fn abandoned(next: &str) -> String {
    format!(
        "Left at once: calls under way may or may not have taken effect. `{next}` finds what they made by its tags and goes \
         on from there."
    )
}

/// SIGINT and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::System);
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for one, and gives the exit code it stands for.
    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => exit_code::INTERRUPTED,
            _ = self.terminate.recv() => exit_code::TERMINATED,
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
