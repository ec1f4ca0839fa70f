//! Progress of a run: a block redrawn in place on a terminal, one line for each finished step without one.
//!
//! Owns: what is under way, what it waits for and for how long. Refuses to know: signals, channels, the machine's clock; the
//! time comes with each question.

use std::collections::BTreeMap;
use std::time::Duration;

use privlink_model::{Event, Kinds, Op, Plan, Step, StepId};

use super::style::Style;
use super::words;

/// Frames of the spinner.
const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Running steps shown at once; the rest is counted.
const SHOWN: usize = 12;

/// What is known of a run under way.
pub(crate) struct Progress<'a> {
    plan: &'a Plan,
    kinds: &'a Kinds,
    style: Style,
    running: BTreeMap<StepId, Running>,
    done: usize,
    stopping: bool,
}

struct Running {
    since: Duration,
    state: String,
}

impl<'a> Progress<'a> {
    /// Nothing has happened yet.
    pub(crate) fn new(plan: &'a Plan, kinds: &'a Kinds, style: Style) -> Self {
        Self { plan, kinds, style, running: BTreeMap::new(), done: 0, stopping: false }
    }

    /// Takes note of an event; gives the line that stays on record, if it is worth one.
    pub(crate) fn note(&mut self, event: &Event, now: Duration) -> Option<String> {
        match event {
            Event::GatherStarted(_) | Event::Gathered { .. } | Event::Probing { .. } | Event::Unwinding { .. } => None,
            Event::Started { step, .. } => {
                self.running.insert(*step, Running { since: now, state: String::new() });
                None
            }
            Event::Waiting { step, status, .. } => {
                self.say(*step, format!("is {status}"));
                None
            }
            Event::Retrying { step, error } => {
                let code = if error.code.is_empty() { &error.message } else { &error.code };
                self.say(*step, format!("tried again: {code}"));
                None
            }
            Event::Done { step, id, elapsed } => {
                self.running.remove(step);
                self.done += 1;
                let (step, number) = (self.step(*step)?, self.counted());
                let symbol = self.style.green("ok");
                let took = words::time(*elapsed);
                let verb = words::participle(&step.op);
                // An object that is gone has an id no longer worth reading.
                let id = if id.is_empty() || matches!(step.op, Op::Delete { .. }) {
                    String::new()
                } else {
                    format!(" {}", words::identity(id))
                };
                Some(format!("{number} {symbol} {verb} {}{id} ({took})", step.address))
            }
            Event::Failed { step, failure } => {
                self.running.remove(step);
                let (step, number) = (self.step(*step)?, self.counted());
                let symbol = self.style.red("failed");
                Some(format!("{number} {symbol} {}: {failure}", words::step(step, self.kinds)))
            }
            Event::Stopping => {
                self.stopping = true;
                Some(
                    "Stopping: nothing new starts, steps under way finish. Press Ctrl-C again to leave them."
                        .to_owned(),
                )
            }
        }
    }

    /// The lines of the live block.
    pub(crate) fn block(&self, now: Duration, elapsed: Duration, frame: usize) -> Vec<String> {
        let spinner = FRAMES.get(frame % FRAMES.len()).copied().unwrap_or_default();
        let mut lines: Vec<String> = Vec::new();
        for (id, running) in self.running.iter().take(SHOWN) {
            let Some(step) = self.step(*id) else { continue };
            let until = match (&running.state, &step.settle) {
                (state, Some(settle)) if !state.is_empty() => format!("{state}, until {}", settle.until),
                (state, _) => state.clone(),
            };
            let took = words::time(now.saturating_sub(running.since));
            let until = if until.is_empty() { until } else { format!("  {until}") };
            lines.push(format!("  {spinner} {}{until}  {took}", words::step(step, self.kinds)));
        }
        if self.running.len() > SHOWN {
            lines.push(format!("    and {} more", self.running.len() - SHOWN));
        }
        let total = self.plan.steps.len();
        let left = match &self.plan.eta {
            Some((eta, _)) if *eta > elapsed => format!(" · about {} left", words::time(*eta - elapsed)),
            _ => String::new(),
        };
        let stopping = if self.stopping { " · stopping" } else { "" };
        let bar = bar(self.done, total);
        lines.push(format!("  {bar} {}/{total} steps · {}{left}{stopping}", self.done, words::time(elapsed)));
        lines
    }

    fn say(&mut self, step: StepId, state: String) {
        if let Some(running) = self.running.get_mut(&step) {
            running.state = state;
        }
    }

    fn step(&self, id: StepId) -> Option<&'a Step> {
        self.plan.steps.iter().find(|step| step.id == id)
    }

    fn counted(&self) -> String {
        let total = self.plan.steps.len().to_string();
        format!("[{:>width$}/{total}]", self.done, width = total.len())
    }
}

fn bar(done: usize, total: usize) -> String {
    const CELLS: usize = 20;
    let full = (done * CELLS).checked_div(total).unwrap_or(CELLS).min(CELLS);
    format!("[{}{}]", "#".repeat(full), ".".repeat(CELLS - full))
}

/// The escape sequences that replace a block of `before` lines by these, each cut to the screen's width.
pub(crate) fn redraw(before: usize, lines: &[String], width: usize) -> String {
    let mut text = String::new();
    if before > 0 {
        text.push_str(&format!("\x1b[{before}A"));
    }
    text.push_str("\r\x1b[J");
    for line in lines {
        text.extend(line.chars().take(width.saturating_sub(1)));
        text.push('\n');
    }
    text
}
