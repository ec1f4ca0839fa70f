//! Reads that are asked for at about the same time, made as one call.
//!
//! Owns: who goes along with whom, and when a call leaves. Each kind has a lane in each scope: one call of a lane is under
//! way at a time, and whoever asks meanwhile goes along with the next. Looks at what AWS has not finished can wait a little:
//! a lane of looks leaves no oftener than the kind's own pause between looks, however many objects are waited for.
//! Refuses to know: any kind, what is asked, what an answer means.
//! Read next: `live` for the call that reads many, `cloud` for who asks.
//!
//! **Invariant:** an answer is never older than its question: a read joins only a call that has not left yet.
//!
//! **Invariant:** who asks may go away at any moment, and takes nobody's answer along: the calls are made by a task apart.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use privlink_model::{Attrs, CloudError, ErrorClass, Observed};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::live::Live;
use crate::session::Session;

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
pub(crate) struct SharedReads {
    speed: f64,
    lanes: Mutex<HashMap<Key, Lane>>,
}

type Key = (&'static str, Purpose);

#[derive(Default)]
struct Lane {
    waiting: Vec<(Asked, oneshot::Sender<Answer>)>,
    /// Whether a task makes this lane's calls.
    driven: bool,
    /// When its last call left.
    left: Option<Instant>,
}

impl fmt::Debug for SharedReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedReads").field("speed", &self.speed).finish_non_exhaustive()
    }
}

impl SharedReads {
    /// Makes lanes whose pauses are `speed` times as short as AWS's.
    pub(crate) fn new(speed: f64) -> Self {
        Self { speed, lanes: Mutex::default() }
    }

    fn lane<T>(&self, key: Key, change: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        change(lanes.entry(key).or_default())
    }

    /// How long the lane's next call is held back.
    fn pause(&self, key: Key) -> Duration {
        let since = match key.1 {
            Purpose::Read => None,
            Purpose::Look(every) => self.lane(key, |lane| lane.left).map(|left| every_left(every, self.speed, left)),
        };
        WINDOW.div_f64(self.speed).max(since.unwrap_or_default())
    }

    /// Those who wait, from here on under way; nobody joins them any more. None ends the lane's task.
    fn depart(&self, key: Key) -> Option<Vec<(Asked, oneshot::Sender<Answer>)>> {
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

/// Reads one object, together with whoever asks for others of its kind in the same scope.
pub(crate) async fn ask(
    session: &Session,
    kind: &'static str,
    live: &'static dyn Live,
    purpose: Purpose,
    asked: Asked,
) -> Answer {
    let (asker, answer) = oneshot::channel();
    let key = (kind, purpose);
    let driven = session.shared.lane(key, |lane| {
        lane.waiting.push((asked, asker));
        std::mem::replace(&mut lane.driven, true)
    });
    if !driven {
        tokio::spawn(drive(session.clone(), live, key));
    }
    // Only the end of the whole process takes the task away.
    answer.await.unwrap_or_else(|_| Err(broken(session, "the read was given up")))
}

/// Makes a lane's calls, one after the other, until nobody waits.
async fn drive(session: Session, live: &'static dyn Live, key: Key) {
    loop {
        tokio::time::sleep(session.shared.pause(key)).await;
        let Some(batch) = session.shared.depart(key) else { return };
        let (asked, askers): (Vec<Asked>, Vec<_>) = batch.into_iter().unzip();
        let ids: Vec<String> = asked.iter().map(|one| one.id.clone()).collect();
        // A task of its own: were there a bug in a kind, its lane would stand still for ever.
        let call = tokio::spawn(call(session.clone(), live, key.1, asked));
        let answers = call.await.unwrap_or_else(|bug| {
            let words = format!("a bug in privlink: {bug}");
            HashMap::from_iter(ids.iter().map(|id| (id.clone(), Err(broken(&session, &words)))))
        });
        for (id, asker) in ids.iter().zip(askers) {
            // One who went away meanwhile needs no answer.
            let _ = asker.send(answers.get(id).cloned().unwrap_or(Ok(None)));
        }
    }
}

/// Reads each object once, all in one go. What is wrong with one does not keep the others from being read.
async fn call(
    session: Session,
    live: &'static dyn Live,
    purpose: Purpose,
    mut asked: Vec<Asked>,
) -> HashMap<String, Answer> {
    let mut seen = BTreeSet::new();
    asked.retain(|one| seen.insert(one.id.clone()));
    let read = async |some: &[Asked]| match purpose {
        Purpose::Read => live.read(&session, some).await,
        Purpose::Look(_) => live.look(&session, some).await,
    };
    match read(&asked).await {
        Err(error) if asked.len() > 1 && matches!(error.class, ErrorClass::Refused | ErrorClass::Unreadable) => {
            let singly = asked.iter().map(async |one| (one.id.clone(), first(read(std::slice::from_ref(one)).await)));
            join_all(singly).await.into_iter().collect()
        }
        Err(error) => asked.into_iter().map(|one| (one.id, Err(error.clone()))).collect(),
        Ok(found) => found.into_iter().map(|object| (object.id.clone(), Ok(Some(object)))).collect(),
    }
}

fn first(found: Result<Vec<Observed>, CloudError>) -> Answer {
    found.map(|objects| objects.into_iter().next())
}

fn broken(session: &Session, words: &str) -> CloudError {
    session.failure(ErrorClass::Unreadable, "Read", "", words)
}
