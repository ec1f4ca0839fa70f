//! Where a run's events go.
//!
//! Refuses to know who listens: a view that went away never stops a run.

use std::time::Duration;

use privlink_model::{Event, StepId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How often a wait is mentioned while its state stays the same.
const REMIND: Duration = Duration::from_secs(10);

/// Takes events on behalf of the views.
#[derive(Debug, Clone)]
pub struct EventSink(Option<UnboundedSender<Event>>);

impl EventSink {
    /// Makes a sink and the end at which its events are received, in the order they happened.
    pub fn channel() -> (Self, UnboundedReceiver<Event>) {
        let (sender, receiver) = unbounded_channel();
        (Self(Some(sender)), receiver)
    }

    /// Makes a sink that nobody listens to.
    pub fn silent() -> Self {
        Self(None)
    }

    pub(crate) fn send(&self, event: Event) {
        if let Some(sender) = &self.0 {
            // A closed channel means that nobody listens any more, which is no concern of the run.
            let _ = sender.send(event);
        }
    }
}

/// Says how a step's wait goes on: at each change of state, and now and then between.
pub(crate) struct WaitNews<'a> {
    events: &'a EventSink,
    step: StepId,
    last: Option<(String, Duration)>,
}

impl<'a> WaitNews<'a> {
    pub(crate) fn new(events: &'a EventSink, step: StepId) -> Self {
        Self { events, step, last: None }
    }

    pub(crate) fn tell(&mut self, status: &str, elapsed: Duration) {
        if let Some((said, at)) = &self.last
            && said == status
            && elapsed.saturating_sub(*at) < REMIND
        {
            return;
        }
        self.last = Some((status.to_owned(), elapsed));
        self.events.send(Event::Waiting { step: self.step, status: status.to_owned(), elapsed });
    }
}
