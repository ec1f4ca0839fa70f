//! Lanes: those who ask for objects of one kind in one scope at about the same time, and when the next call of theirs leaves.
//!
//! One call of a lane is under way at a time, and whoever asks meanwhile goes along with the next. Looks at what AWS has not
//! finished can wait a little: a lane of looks leaves no oftener than the kind's own pause between looks, however many objects
//! are waited for.
//! Refuses to know: any kind, how a call is made (`shared_reads`).
//!
//! **Invariant:** an answer is never older than its question: a read joins only a call that has not left yet.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use privlink_model::{Attrs, CloudError, Observed};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long a call waits for others to join it: what one event sets off is asked for within it, and a call takes as long.
const WINDOW: Duration = Duration::from_millis(100);

/// One object that is to be read.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// AWS's name for it.
    pub(crate) id: String,
    /// What is known of it, for kinds whose id alone does not find them.
    pub(crate) attrs: Attrs,
}

/// What a read is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// All that is known of the object is wanted, and somebody waits for it.
    Read,
    /// How far it has come is wanted; there is this much time between two looks.
    Look(Duration),
}

/// What was found: none where there is no such object.
pub(crate) type Answer = Result<Option<Observed>, CloudError>;

/// The lanes of one scope.
pub(crate) struct Lanes {
    speed: f64,
    lanes: Mutex<HashMap<Key, Lane>>,
}

/// Which lane: a kind, and what is wanted of it.
pub(crate) type Key = (&'static str, Purpose);

#[derive(Default)]
struct Lane {
    waiting: Vec<(Asked, oneshot::Sender<Answer>)>,
    /// Whether a task makes this lane's calls.
    driven: bool,
    /// When its last call left.
    left: Option<Instant>,
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("speed", &self.speed).finish_non_exhaustive()
    }
}

impl Lanes {
    /// Makes lanes whose pauses are `speed` times as short as AWS's.
    pub(crate) fn new(speed: f64) -> Self {
        Self { speed, lanes: Mutex::default() }
    }

    /// Joins a lane; where the answer comes, and whether nobody makes the lane's calls yet.
    pub(crate) fn join(&self, key: Key, asked: Asked) -> (oneshot::Receiver<Answer>, bool) {
        let (asker, answer) = oneshot::channel();
        let driven = self.lane(key, |lane| {
            lane.waiting.push((asked, asker));
            std::mem::replace(&mut lane.driven, true)
        });
        (answer, !driven)
    }

    fn lane<T>(&self, key: Key, change: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        change(lanes.entry(key).or_default())
    }

    /// How long the lane's next call is held back.
    pub(crate) fn pause(&self, key: Key) -> Duration {
        let since = match key.1 {
            Purpose::Read => None,
            Purpose::Look(every) => self.lane(key, |lane| lane.left).map(|left| every_left(every, self.speed, left)),
        };
        WINDOW.div_f64(self.speed).max(since.unwrap_or_default())
    }

    /// Those who wait, from here on under way; nobody joins them any more. None ends the lane's task.
    pub(crate) fn depart(&self, key: Key) -> Option<Vec<(Asked, oneshot::Sender<Answer>)>> {
        self.lane(key, |lane| {
            lane.waiting.retain(|(_, asker)| !asker.is_closed());
            lane.driven = !lane.waiting.is_empty();
            lane.left = if lane.driven { Some(Instant::now()) } else { lane.left };
            lane.driven.then(|| std::mem::take(&mut lane.waiting))
        })
    }
}

fn every_left(every: Duration, speed: f64, left: Instant) -> Duration {
    every.div_f64(speed).saturating_sub(left.elapsed())
}
