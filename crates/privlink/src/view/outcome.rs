//! How a run ended, as text: what failed and why, what was taken back, what is left, and what to type next.
//!
//! Owns: the wording of ends. Refuses to know: exit codes (see `execute`).

use std::time::Duration;

use privlink_model::{Cause, Kinds, Outcome, Plan, Residue, StepFailure, StepId, Why};

use super::style::Style;
use super::words;

/// What is said at the end.
pub(crate) struct Words {
    /// What a good end is called: `Applied`.
    pub(crate) done: &'static str,
    /// The command that tries it again from the beginning.
    pub(crate) again: String,
    /// The command that goes on.
    pub(crate) resume: String,
    /// The command that takes it back.
    pub(crate) rollback: String,
}

/// What surrounds an outcome.
#[derive(Clone, Copy)]
pub(crate) struct Ending<'a> {
    /// The plan that was run.
    pub(crate) plan: &'a Plan,
    /// The kinds.
    pub(crate) kinds: &'a Kinds,
    /// Emphasis.
    pub(crate) style: Style,
    /// How long it took, by the cloud's clock.
    pub(crate) elapsed: Duration,
    /// What things are called, and the commands that follow.
    pub(crate) words: &'a Words,
}

/// The text of an end.
pub(crate) fn text(outcome: &Outcome, ending: Ending<'_>) -> String {
    let lines = match outcome {
        Outcome::Applied => vec![ending.good(ending.words.done, ending.plan.steps.len())],
        Outcome::RolledBack { cause, undone, inexact } => ending.rolled_back(cause, undone, inexact),
        Outcome::Stuck { cause, residue } => ending.stuck(cause, residue),
        Outcome::Kept { cause, done, not_started } => ending.kept(cause, done, not_started),
    };
    lines.join("\n") + "\n"
}

impl Ending<'_> {
    fn good(&self, done: &str, steps: usize) -> String {
        let steps = words::count(steps, "step");
        self.style.bold(&format!("{done}: {steps} in {}.", words::time(self.elapsed)))
    }

    fn rolled_back(&self, cause: &Cause, undone: &[StepId], inexact: &[(StepId, String)]) -> Vec<String> {
        let mut lines = self.cause(cause);
        let rest = match inexact {
            [] => "all is as it was before",
            _ => "all else is as it was before",
        };
        if !inexact.is_empty() {
            let title = format!("Not as it was before, as the plan had declared ({}):", inexact.len());
            lines.push(title);
            lines.extend(inexact.iter().map(|(id, what)| format!("{}: {what}", self.named(*id))));
            lines.push(String::new());
        }
        let steps = words::count(undone.len(), "step");
        let again = &self.words.again;
        if cause.why == Why::Asked {
            lines.push(format!("{} {}.", self.good("Rolled back", undone.len()), capital(rest)));
        } else if undone.is_empty() {
            lines.push(format!("{}; nothing had been done, so {rest}. `{again}` tries it again.", self.how(cause)));
        } else {
            let were = if undone.len() == 1 { "was" } else { "were" };
            lines.push(format!(
                "{} and rolled back: {steps} {were} taken back, {rest}. `{again}` tries it again.",
                self.how(cause)
            ));
        }
        lines
    }

    fn stuck(&self, cause: &Cause, residue: &[Residue]) -> Vec<String> {
        let mut lines = self.cause(cause);
        lines.push(format!("{} ({}):", self.style.red("Left behind"), residue.len()));
        for left in residue {
            let id = left.id.as_deref().map_or("its id is not known", words::identity);
            let place = words::place(&left.scope, &self.plan.accounts);
            lines.push(format!("  {}  {} · {id} · {place}", left.address, words::title(self.kinds, left.kind)));
            lines.push(format!("      step {}: {}", left.step.0, left.why));
        }
        lines.push(String::new());
        let resume = &self.words.resume;
        lines.push(if cause.why == Why::Blocked {
            format!("{}; nothing more is called. `{resume}` goes on from here.", self.how(cause))
        } else {
            format!("{}; not all of it could be taken back. `{resume}` tries the rest again.", self.how(cause))
        });
        lines
    }

    fn kept(&self, cause: &Cause, done: &[StepId], not_started: &[StepId]) -> Vec<String> {
        let mut lines = self.cause(cause);
        lines.extend(self.steps("Done", done));
        lines.extend(self.steps("Not started", not_started));
        let Words { resume, rollback, .. } = self.words;
        lines.push(format!(
            "{}; left as it is, as asked. `{resume}` does what is left, `{rollback}` takes back what is done.",
            self.how(cause)
        ));
        lines
    }

    /// How it came to its end, and after what time.
    fn how(&self, cause: &Cause) -> String {
        let how = match cause.why {
            Why::Failed => "Failed",
            Why::Stale => "Stale: the world moved since the plan was made; ended",
            Why::Interrupted | Why::Asked => "Stopped",
            Why::Blocked => "Blocked",
        };
        format!("{} after {}", self.style.bold(how), words::time(self.elapsed))
    }

    fn cause(&self, cause: &Cause) -> Vec<String> {
        let mut lines: Vec<String> =
            cause.failed.iter().flat_map(|(step, failure)| self.failure(*step, failure)).collect();
        if let Some(blocked) = &cause.blocked {
            lines.push(format!("{} {blocked}", self.style.red("error:")));
            lines.push(String::new());
        }
        lines
    }

    fn failure(&self, id: StepId, failure: &StepFailure) -> Vec<String> {
        let Some(step) = self.plan.steps.iter().find(|step| step.id == id) else {
            return vec![format!("error: step {}: {failure}", id.0), String::new()];
        };
        let total = self.plan.steps.len();
        let happened = match failure {
            StepFailure::Stale(_) | StepFailure::Journal(_) => "was not done",
            StepFailure::InDoubt(_) => "is in doubt",
            _ => "failed",
        };
        let head = format!("error: step {} of {total} {happened}: {}", id.0, words::step(step, self.kinds));
        let mut facts = vec![("where", words::place(&step.scope, &self.plan.accounts))];
        match failure {
            StepFailure::Call(error) => {
                facts.push(("call", error.operation.clone()));
                if !error.code.is_empty() {
                    facts.push(("code", error.code.clone()));
                }
                facts.push(("message", error.message.clone()));
                if let Some(request) = &error.request_id {
                    facts.push(("request", request.clone()));
                }
            }
            StepFailure::Settled(_) | StepFailure::TimedOut(_) | StepFailure::ReadBack(_) => {
                facts.push(("call", format!("{} was accepted", step.call)));
                facts.push(("then", failure.to_string()));
            }
            StepFailure::InDoubt(_) => {
                facts.push(("call", format!("{} got no answer", step.call)));
                facts.push(("then", failure.to_string()));
            }
            StepFailure::Unresolved(_) | StepFailure::Stale(_) | StepFailure::Journal(_) | StepFailure::Recorded(_) => {
                facts.push(("why", failure.to_string()))
            }
        }
        let mut lines = vec![self.style.red(&head)];
        lines.extend(facts.into_iter().map(|(key, value)| format!("  {key:<8} {value}")));
        lines.push(String::new());
        lines
    }

    fn steps(&self, title: &str, ids: &[StepId]) -> Vec<String> {
        let mut ids = ids.to_vec();
        ids.sort();
        let mut lines = Vec::new();
        if ids.is_empty() {
            lines.push(format!("{title}: nothing"));
        } else {
            lines.push(format!("{title} ({}):", ids.len()));
            lines.extend(ids.into_iter().map(|id| self.named(id)));
        }
        lines.push(String::new());
        lines
    }

    fn named(&self, id: StepId) -> String {
        match self.plan.steps.iter().find(|step| step.id == id) {
            Some(step) => format!("{:>4}  {}", id.0, words::step(step, self.kinds)),
            None => format!("{:>4}", id.0),
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
