//! The wish to stop: the first Ctrl-C.
//!
//! Refuses to know signals of the operating system; the binary translates. A second Ctrl-C is not seen here: it ends the
//! process.

use tokio::sync::watch;

/// A wish to stop at the next step boundary, shared by whoever may express it and the run that heeds it.
#[derive(Debug, Clone)]
pub struct StopSignal(watch::Sender<bool>);

impl StopSignal {
    /// Makes a signal that has not been given.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Gives the signal. Giving it again changes nothing.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was given.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is given.
    pub async fn stopped(&self) {
        // It cannot be closed while `self` holds the sender.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

impl Default for StopSignal {
    fn default() -> Self {
        Self::new()
    }
}
