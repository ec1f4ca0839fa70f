//! The time of day: when a lock was taken and a run began, for people to read. Nothing is decided by it, as the clocks of two
//! machines may differ. Waits go by other clocks.
#![expect(clippy::disallowed_methods, reason = "the one place that asks for the time of day")]

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub fn wall_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
