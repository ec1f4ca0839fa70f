//! What cannot be told ahead: texts that nobody else comes up with, and pauses that differ.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// A text that nobody else comes up with.
pub(super) fn nonce() -> String {
    format!("{:016x}{:016x}", number(), number())
}

/// Between half of a time and one and a half: those who wait for the same thing do not ask all at once.
pub(super) fn jittered(time: Duration) -> Duration {
    time / 2 + time.mul_f64((number() % 1024) as f64 / 1024.0)
}

/// A number that cannot be told ahead: the standard library keys its hash maps with the system's entropy.
fn number() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_comes_up_with_the_same_text() {
        let texts: std::collections::BTreeSet<String> = (0..1000).map(|_| nonce()).collect();
        assert_eq!(texts.len(), 1000);
    }

    #[test]
    fn a_pause_is_half_as_long_at_the_least_and_half_as_long_again_at_the_most() {
        let time = Duration::from_secs(8);
        let pauses: Vec<Duration> = (0..1000).map(|_| jittered(time)).collect();
        assert!(pauses.iter().all(|pause| (time / 2..time / 2 + time).contains(pause)), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]), "all alike");
    }
}
