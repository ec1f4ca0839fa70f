//! SIGINT and SIGTERM: the wish to stop, and what it means before anything is changed.
//!
//! Owns: hearing them. Refuses to know: what a run does about them (see `execute`).

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit_code::{self, Exit};
use crate::failure::Failure;

/// The two signals, heard from here on instead of ending the process.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Begins to listen.
    pub(crate) fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::System);
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for one, and gives the exit code it stands for.
    pub(crate) async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => exit_code::INTERRUPTED,
            _ = self.terminate.recv() => exit_code::TERMINATED,
        }
    }

    /// Does something that changes nothing, and gives it up when a signal comes.
    pub(crate) async fn or<T>(&mut self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            done = work => done,
            exit = self.next() => Err(Failure::Interrupted(exit)),
        }
    }
}
