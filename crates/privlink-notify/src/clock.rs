//! The time that rate limits are measured in.
//!
//! Owns: the port [`Clock`] and the system's clock. Refuses to know: what is waited for.
#![expect(clippy::disallowed_methods, reason = "here the system's clock is read")]

use std::pin::Pin;
use std::time::{Duration, SystemTime};

/// A wait under way.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the time and waits; tests bring one that does not.
pub trait Clock: Send + Sync {
    /// Seconds since 1970.
    fn now(&self) -> u64;
    /// Waits.
    fn sleep(&self, time: Duration) -> Waiting<'_>;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs())
    }

    fn sleep(&self, time: Duration) -> Waiting<'_> {
        Box::pin(tokio::time::sleep(time))
    }
}
