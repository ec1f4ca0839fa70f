//! How a run ended, as text: what was done, what was not, what failed and why, and what to type next.
//!
//! Owns: the wording of ends. Refuses to know: exit codes (see the commands).

use std::time::Duration;

use privlink_model::{Kinds, Outcome, Plan, StepFailure, StepId, Why};

use super::style::Style;
use super::words;

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
    /// What a good end is called: `Applied`.
    pub(crate) done: &'a str,
    /// The command that goes on from here.
    pub(crate) next: &'a str,
}

/// The text of an end.
pub(crate) fn text(outcome: &Outcome, ending: Ending<'_>) -> String {
    let mut lines = Vec::new();
    match outcome {
        Outcome::Applied => {
            let steps = words::count(ending.plan.steps.len(), "step");
            let done = format!("{}: {steps} in {}.", ending.done, words::time(ending.elapsed));
            lines.push(ending.style.bold(&done));
        }
        Outcome::Kept { cause, done, not_started } => {
            for (step, failure) in &cause.failed {
                lines.extend(ending.failure(*step, failure));
            }
            lines.extend(ending.steps("Done", "nothing", done));
            lines.extend(ending.steps("Not started", "nothing", not_started));
            lines.push(ending.way_on(if cause.why == Why::Interrupted { "Stopped" } else { "Failed" }));
        }
        Outcome::RolledBack { cause, .. } | Outcome::Stuck { cause, .. } => {
            for (step, failure) in &cause.failed {
                lines.extend(ending.failure(*step, failure));
            }
        }
    }
    lines.join("\n") + "\n"
}

impl Ending<'_> {
    fn named(&self, id: StepId) -> String {
        match self.plan.steps.iter().find(|step| step.id == id) {
            Some(step) => format!("{:>4}  {}", id.0, words::step(step, self.kinds)),
            None => format!("{:>4}", id.0),
        }
    }

    fn failure(&self, id: StepId, failure: &StepFailure) -> Vec<String> {
        let Some(step) = self.plan.steps.iter().find(|step| step.id == id) else {
            return vec![format!("error: step {}: {failure}", id.0)];
        };
        let total = self.plan.steps.len();
        let head = format!("error: step {} of {total} failed: {}", id.0, words::step(step, self.kinds));
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
            StepFailure::Settled(_) | StepFailure::TimedOut(_) => {
                facts.push(("call", format!("{} was accepted", step.call)));
                facts.push(("then", failure.to_string()));
            }
            _ => facts.push(("why", failure.to_string())),
        }
        let mut lines = vec![self.style.red(&head)];
        lines.extend(facts.into_iter().map(|(key, value)| format!("  {key:<8} {value}")));
        lines.push(String::new());
        lines
    }

    fn steps(&self, title: &str, none: &str, ids: &[StepId]) -> Vec<String> {
        let mut ids = ids.to_vec();
        ids.sort();
        let mut lines = Vec::new();
        if ids.is_empty() {
            lines.push(format!("{title}: {none}"));
        } else {
            lines.push(format!("{title} ({}):", ids.len()));
            lines.extend(ids.into_iter().map(|id| self.named(id)));
        }
        lines.push(String::new());
        lines
    }

    fn way_on(&self, how: &str) -> String {
        let after = words::time(self.elapsed);
        format!(
            "{} after {after}; nothing was taken back. What was made is tagged as this project's: `{}` reads it again and \
             goes on from there.",
            self.style.bold(how),
            self.next
        )
    }
}
