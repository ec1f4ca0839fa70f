//! The virtual clock: owns what time it is in the world.
//!
//! Virtual time is a saved base plus the wall time since it was resumed, times the speed. It stands still for the length of
//! one request, so that all that a request writes and reads is of one moment. The clock knows nothing of what is timed;
//! durations are in `timing.rs`.

use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment of virtual time, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    /// Gives the moment that lies this much later.
    pub(crate) fn plus(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(millis(span)))
    }

    /// Writes the moment as the query protocols do: `2026-03-01T12:00:00.250Z`.
    pub(crate) fn rfc3339(self) -> String {
        let nanos = i128::from(self.0) * 1_000_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|at| at.format(&Rfc3339).ok())
            .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
    }

    /// Writes the moment as the REST-JSON protocol does: whole seconds since 1970.
    pub(crate) fn epoch_seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// The clock of one world.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Clock {
    base: Moment,
    speed: f64,
    now: Moment,
    #[serde(skip, default = "Instant::now")]
    resumed: Instant,
}

impl Clock {
    /// Starts a clock at the wall's present that runs `speed` times as fast; 0 makes it stand still.
    pub(crate) fn new(speed: f64) -> Clock {
        let base = wall_now();
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 0.0 };
        Clock { base, speed, now: base, resumed: Instant::now() }
    }

    /// Gives the moment of the request that is being answered.
    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    /// Moves to the present; called once before each request.
    pub(crate) fn tick(&mut self) {
        let elapsed = self.resumed.elapsed().as_secs_f64() * 1000.0 * self.speed;
        self.now = Moment(self.base.0.saturating_add(elapsed as u64)).max(self.now);
    }

    /// Runs on from here; called when a saved world is loaded, for no virtual time passes while nothing serves it.
    pub(crate) fn resume(&mut self) {
        self.base = self.now;
        self.resumed = Instant::now();
    }

    /// Sets the speed from here on.
    pub(crate) fn set_speed(&mut self, speed: f64) {
        self.tick();
        self.resume();
        self.speed = if speed.is_finite() && speed > 0.0 { speed } else { 0.0 };
    }

    /// Jumps ahead.
    #[cfg(test)]
    pub(crate) fn advance(&mut self, span: Duration) {
        self.base = self.base.plus(span);
        self.now = self.now.plus(span);
    }
}

/// Gives the wall's time; credentials expire by it, because clients compare their expiry with their own clock.
pub(crate) fn wall_now() -> Moment {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|span| Moment(millis(span))).unwrap_or_default()
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
