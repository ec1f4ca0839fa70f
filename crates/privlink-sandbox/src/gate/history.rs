//! What reads see while they lag behind: the world as it was some time ago.
//!
//! AWS is consistent in the end, object by object. Here all objects lag alike: a read shows one past moment of the whole
//! world, so that what one account wrote is unknown to every other, and to itself, for the same time. What was there at that
//! moment is shown in its state of now, as a read of AWS does. Without a lag nothing is copied. **Invariant:** a write
//! never meets the past.

use crate::clock::Moment;
use crate::world::World;
use std::collections::VecDeque;
use std::time::Duration;

/// The worlds of the last while, each with the moment from which it was the present.
#[derive(Debug, Default)]
pub(super) struct History {
    lag: Duration,
    worlds: VecDeque<(Moment, World)>,
}

impl History {
    /// Begins with a world that all reads know.
    pub(super) fn new(lag: Duration, world: &World) -> History {
        let mut worlds = VecDeque::new();
        if !lag.is_zero() {
            worlds.push_back((Moment::default(), world.clone()));
        }
        History { lag, worlds }
    }

    /// Gives how far reads lag behind.
    pub(super) fn lag(&self) -> Duration {
        self.lag
    }

    /// Takes note of a world that was just changed.
    pub(super) fn note(&mut self, world: &World) {
        if !self.lag.is_zero() {
            self.worlds.push_back((world.now(), world.clone()));
            self.drop_older_than(world.now().minus(self.lag));
        }
    }

    /// Gives the world that a read sees now, if it is not the present one.
    pub(super) fn seen(&mut self, present: &World) -> Option<&mut World> {
        self.drop_older_than(present.now().minus(self.lag));
        let (_, world) = self.worlds.front_mut()?;
        world.follow(present);
        Some(world)
    }

    /// Keeps the world that was the present at a moment, and those after it.
    fn drop_older_than(&mut self, moment: Moment) {
        while self.worlds.get(1).is_some_and(|(since, _)| *since <= moment) {
            self.worlds.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Options;

    #[test]
    fn a_read_sees_the_last_write_that_is_old_enough() {
        let mut world = World::empty(&Options { speed: 0.0, seed: 1 });
        let mut history = History::new(Duration::from_secs(10), &world);
        let mut seen = Vec::new();
        for second in 1..=14 {
            world.clock.advance(Duration::from_secs(1));
            if second <= 3 {
                world.generation = second;
                history.note(&world);
            }
            seen.push(history.seen(&world).unwrap().generation);
        }
        assert_eq!(seen, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3]);
        assert_eq!(history.worlds.len(), 1, "what no read will see again is gone");
    }

    #[test]
    fn writes_alone_do_not_pile_up_the_past() {
        let mut world = World::empty(&Options { speed: 0.0, seed: 1 });
        let mut history = History::new(Duration::from_secs(10), &world);
        for second in 1..=1000 {
            world.clock.advance(Duration::from_secs(1));
            world.generation = second;
            history.note(&world);
        }
        assert_eq!(history.worlds.len(), 11);
        let mut none = History::new(Duration::ZERO, &world);
        none.note(&world);
        assert!(none.seen(&world).is_none() && none.worlds.is_empty(), "without a lag nothing is copied");
    }
}
