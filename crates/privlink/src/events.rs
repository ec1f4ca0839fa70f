//! The stream of events that a program asked for: one JSON object a line, first the version, last the outcome.
//!
//! Owns: that each line is written at once, and that there is one last one whatever the end. Refuses to know: what the lines
//! say (see `view::event_stream`).
//!
//! **Invariant:** whoever reads the lines can go away without the run behind them noticing.

use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;

use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::streams::Sink;
use crate::view::event_stream;

/// Where events go.
pub(crate) struct Events {
    sink: Option<Sink>,
    outcome: Mutex<Option<Json>>,
}

impl Events {
    /// Nobody asked for them.
    pub(crate) fn silent() -> Self {
        Self { sink: None, outcome: Mutex::new(None) }
    }

    /// They go to a stream, beginning with the version.
    pub(crate) fn to(sink: Sink) -> Self {
        let events = Self { sink: Some(sink), ..Self::silent() };
        events.say(event_stream::version);
        events
    }

    /// Whether anybody asked for them.
    pub(crate) fn are_wanted(&self) -> bool {
        self.sink.is_some()
    }

    /// Writes one, if anybody asked for them.
    pub(crate) fn say(&self, event: impl FnOnce() -> Json) {
        if let Some(sink) = &self.sink {
            sink.line(&event().to_string());
        }
    }

    /// Keeps the outcome until the command is over. Of several the first counts: it is nearest to what happened.
    pub(crate) fn end(&self, outcome: impl FnOnce() -> Json) {
        if self.are_wanted() {
            self.outcome.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(outcome);
        }
    }

    /// Writes the outcome: the one that was kept, or what the end says by itself.
    pub(crate) fn conclude(&self, end: &Result<Exit, Failure>) {
        let kept = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.say(|| event_stream::outcome(kept, end));
    }
}
