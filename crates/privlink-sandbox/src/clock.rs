//! The virtual clock: owns what time it is in the world.
//!
//! Virtual time is a saved base plus the wall time since then, times the speed. It stands still for the length of
//! one request, so that all that a request writes and reads is of one moment. The clock knows nothing of what is timed;
//! durations are in `timing.rs`.
#![expect(clippy::disallowed_methods, reason = "here the sandbox's time is made of the machine's")]

use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment of virtual time, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub(crate) struct Moment(pub(crate) u64);

impl Moment {
    /// Later than anything that happens.
    pub(crate) const NEVER: Moment = Moment(u64::MAX);

    /// Gives the moment that lies this much later.
    pub(crate) fn plus(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(millis(span)))
    }

    /// Gives the moment that lay this much earlier.
    pub(crate) fn minus(self, span: Duration) -> Moment {
        Moment(self.0.saturating_sub(millis(span)))
    }

    /// Gives how much later it is than another, nothing if it is not.
    pub(crate) fn since(self, earlier: Moment) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Gives the second that the moment lies in.
    pub(crate) fn whole_seconds(self) -> Moment {
        Moment(self.0 / 1000 * 1000)
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
///
/// It is anchored to the wall's time, so virtual time passes while a saved world lies on disk as well, and a state that was
/// once seen as reached is not unreached after a restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Clock {
    base: Moment,
    /// The wall's time when the clock showed `base`.
    anchor: Moment,
    speed: f64,
    now: Moment,
}

impl Clock {
    /// Starts a clock at the wall's present that runs `speed` times as fast; 0 makes it stand still.
    pub(crate) fn new(speed: f64) -> Clock {
        let base = wall_now();
        Clock { base, anchor: base, speed: usable(speed), now: base }
    }

    /// Gives the moment of the request that is being answered.
    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    /// Moves to the present; called once before each request. Never goes back, whatever the wall's clock does.
    pub(crate) fn tick(&mut self) {
        // Finer than the anchor: at high speed a millisecond of the wall is much virtual time, and buckets of tokens that
        // are refilled in such lumps would refuse whom AWS lets through.
        let elapsed = wall_micros().saturating_sub(self.anchor.0.saturating_mul(1000)) as f64 / 1000.0 * self.speed;
        self.now = Moment(self.base.0.saturating_add(elapsed as u64)).max(self.now);
    }

    /// Sets the speed from here on.
    pub(crate) fn set_speed(&mut self, speed: f64) {
        self.tick();
        self.base = self.now;
        self.anchor = wall_now();
        self.speed = usable(speed);
    }

    /// Gives how long the wall waits while so much virtual time passes; nothing if it stands still.
    pub(crate) fn on_the_wall(&self, span: Duration) -> Option<Duration> {
        Duration::try_from_secs_f64(span.as_secs_f64() / self.speed).ok()
    }

    /// Jumps ahead.
    #[cfg(test)]
    pub(crate) fn advance(&mut self, span: Duration) {
        self.base = self.base.plus(span);
        self.now = self.now.plus(span);
    }
}

fn usable(speed: f64) -> f64 {
    if speed.is_finite() && speed > 0.0 { speed } else { 0.0 }
}

/// Gives the wall's time; credentials expire by it, because clients compare their expiry with their own clock.
pub(crate) fn wall_now() -> Moment {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|span| Moment(millis(span))).unwrap_or_default()
}

fn wall_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_goes_back_and_stands_still_at_speed_nought() {
        let mut clock = Clock::new(0.0);
        let start = clock.now();
        std::thread::sleep(Duration::from_millis(5));
        clock.tick();
        assert_eq!(clock.now(), start);
        clock.set_speed(1_000_000.0);
        std::thread::sleep(Duration::from_millis(5));
        clock.tick();
        let later = clock.now();
        assert!(later >= start.plus(Duration::from_secs(1000)));
        // A wall clock that was set back: the anchor lies in the future.
        clock.anchor = Moment(u64::MAX);
        clock.tick();
        assert_eq!(clock.now(), later);
        for odd in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(usable(odd), 0.0);
        }
    }

    #[test]
    fn moments_are_written_as_the_protocols_do() {
        assert_eq!(Moment(1_767_225_600_250).rfc3339(), "2026-01-01T00:00:00.25Z");
        assert_eq!(Moment(1_767_225_600_250).epoch_seconds(), 1_767_225_600);
        assert_eq!(Moment(u64::MAX).rfc3339(), "1970-01-01T00:00:00Z");
    }
}
