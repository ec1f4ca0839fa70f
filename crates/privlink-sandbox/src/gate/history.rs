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
        }
    }

    /// Gives the world that a read sees now, if it is not the present one.
    pub(super) fn seen(&mut self, present: &World) -> Option<&mut World> {
        let until = present.now().minus(self.lag);
        while self.worlds.get(1).is_some_and(|(since, _)| *since <= until) {
            self.worlds.pop_front();
        }
        let (_, world) = self.worlds.front_mut()?;
        world.follow(present);
        Some(world)
    }
}
