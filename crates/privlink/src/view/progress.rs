//! Progress of a run: a block redrawn in place on a terminal, one line for each finished step without one.
//!
//! Owns: what is under way, what it waits for and for how long. Refuses to know: signals, channels, the machine's clock; the
//! time comes with each question.

use std::collections::BTreeMap;
use std::time::Duration;

use privlink_model::{Event, Kinds, Op, Plan, Step, StepId, Why};

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
    /// The steps back, once what was done is taken back.
    back: Option<Vec<Step>>,
}

struct Running {
    since: Duration,
    state: String,
}

impl<'a> Progress<'a> {
    /// Nothing has happened yet.
    pub(crate) fn new(plan: &'a Plan, kinds: &'a Kinds, style: Style) -> Self {
        Self { plan, kinds, style, running: BTreeMap::new(), done: 0, stopping: false, back: None }
    }

    /// Takes note of an event; gives the line that stays on record, if it is worth one.
    pub(crate) fn note(&mut self, event: &Event, now: Duration) -> Option<String> {
        match event {
            Event::GatherStarted(_) | Event::Gathered { .. } => None,
            Event::Started { step, .. } => {
                self.running.insert(*step, Running { since: now, state: String::new() });
                None
            }
            Event::Probing { step } => {
                let running = self.running.entry(*step).or_insert(Running { since: now, state: String::new() });
                running.state = "in doubt, looked for".to_owned();
                let step = self.step(*step)?;
                Some(format!("{} in doubt {}: looked for before anything else", self.counted(), self.named(step)))
            }
            Event::Unwinding { why, steps } => {
                self.running.clear();
                self.done = 0;
                self.stopping = false;
                let line = unwinding(*why, steps.len());
                self.back = Some(steps.clone());
                Some(self.style.bold(&line))
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
                // An object that is gone has an id no longer worth reading.
                let id = if id.is_empty() || matches!(step.op, Op::Delete { .. }) {
                    String::new()
                } else {
                    format!(" {}", words::identity(id))
                };
                let what = match self.back {
                    Some(_) => self.named(step),
                    None => format!("{} {}", words::participle(&step.op), step.address),
                };
                Some(format!("{number} {symbol} {what}{id} ({took})"))
            }
            Event::Failed { step, failure } => {
                self.running.remove(step);
                let (step, number) = (self.step(*step)?, self.counted());
                let symbol = self.style.red("failed");
                Some(format!("{number} {symbol} {}: {failure}", self.named(step)))
            }
            Event::Stopping => {
                self.stopping = true;
                Some(
                    "Stopping: nothing new starts, steps under way finish. Press Ctrl-C again to leave at once."
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
            lines.push(format!("  {spinner} {}{until}  {took}", self.named(step)));
        }
        if self.running.len() > SHOWN {
            lines.push(format!("    and {} more", self.running.len() - SHOWN));
        }
        let total = self.total();
        let left = match &self.plan.eta {
            Some((eta, _)) if *eta > elapsed && self.back.is_none() => {
                format!(" · about {} left", words::time(*eta - elapsed))
            }
            _ => String::new(),
        };
        let stopping = match (&self.back, self.stopping) {
            (_, true) => " · stopping",
            (Some(_), false) => " · rolling back",
            (None, false) => "",
        };
        let bar = bar(self.done, total);
        lines.push(format!("  {bar} {}/{total} steps · {}{left}{stopping}", self.done, words::time(elapsed)));
        lines
    }

    fn say(&mut self, step: StepId, state: String) {
        if let Some(running) = self.running.get_mut(&step) {
            running.state = state;
        }
    }

    fn step(&self, id: StepId) -> Option<&Step> {
        self.back.as_deref().unwrap_or(&self.plan.steps).iter().find(|step| step.id == id)
    }

    /// A step, on the way back by what it takes back.
    fn named(&self, step: &Step) -> String {
        match &self.back {
            Some(_) => words::step_back(step, self.plan, self.kinds),
            None => words::step(step, self.kinds),
        }
    }

    fn total(&self) -> usize {
        self.back.as_deref().unwrap_or(&self.plan.steps).len()
    }

    fn counted(&self) -> String {
        let total = self.total().to_string();
        format!("[{:>width$}/{total}]", self.done, width = total.len())
    }
}

fn unwinding(why: Why, steps: usize) -> String {
    let why = match why {
        Why::Failed => "a step failed",
        Why::Stale => "the world is not as the plan says",
        Why::Interrupted => "the run was stopped",
        Why::Asked => "as asked",
        Why::Blocked => "the run was blocked",
    };
    match steps {
        0 => format!("Rolling back, {why}: nothing was done that must be taken back"),
        _ => format!("Rolling back {}, {why}", words::count(steps, "step")),
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
