//! Views: plans, diagnostics, progress and outcomes as text.
//!
//! Own: every word a person reads but for help and errors of the command line. Refuse to know: where facts come from and
//! where text goes. Read next: `plan_text` for the page that matters most.

mod change;
mod change_text;
pub(crate) mod comment;
pub(crate) mod diagnostics;
mod document;
pub(crate) mod drift;
pub(crate) mod event_stream;
#[cfg(test)]
mod event_tests;
pub(crate) mod graph;
mod line;
pub(crate) mod markdown;
pub(crate) mod message;
pub(crate) mod outcome;
pub(crate) mod permissions;
pub(crate) mod plan_text;
pub(crate) mod progress;
pub(crate) mod run_story;
#[cfg(test)]
mod run_tests;
pub(crate) mod runs;
pub(crate) mod style;
#[cfg(test)]
mod tests;
pub(crate) mod way_back;
pub(crate) mod words;
