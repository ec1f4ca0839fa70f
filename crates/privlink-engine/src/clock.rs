//! Real time, and real time sped up for a sandbox whose own clock runs faster.

use std::time::Duration;

use privlink_model::{BoxFuture, Clock};
use tokio::time::Instant;

/// The machine's clock; on a sandbox at speed 60 a minute passes in a second.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
    speed: f64,
}

impl SystemClock {
    /// Starts a clock that runs `speed` times as fast as the machine's. What is no positive number counts as 1.
    pub fn new(speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { start: Instant::now(), speed }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        scaled(self.start.elapsed(), self.speed)
    }

    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        Box::pin(tokio::time::sleep(scaled(time, self.speed.recip())))
    }
}

/// Multiplies a time, stopping at the longest there is.
fn scaled(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::{SystemClock, scaled};
    use privlink_model::Clock as _;
    use std::time::Duration;

    #[tokio::test]
    async fn a_fast_clock_passes_an_hour_at_once() {
        let (clock, machine) = (SystemClock::new(1e6), tokio::time::Instant::now());
        clock.sleep(Duration::from_secs(3600)).await;
        assert!(clock.now() >= Duration::from_secs(3600));
        assert!(machine.elapsed() < Duration::from_secs(360), "not even ten times as fast");
    }

    #[test]
    fn a_speed_that_is_no_positive_number_counts_as_one() {
        for speed in [0.0, -3.0, f64::NAN, f64::INFINITY] {
            assert!((SystemClock::new(speed).speed - 1.0).abs() < f64::EPSILON, "speed {speed}");
        }
    }

    #[test]
    fn times_stop_at_the_longest() {
        assert_eq!(scaled(Duration::MAX, 1e300), Duration::MAX);
        assert_eq!(scaled(Duration::from_secs(1), f64::MIN_POSITIVE), Duration::ZERO);
    }
}
