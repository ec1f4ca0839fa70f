//! Locks as every store has them: what is held, how it is lost and given back.
//!
//! Owns: waiting for a lock. Refuses to know: how a store keeps one.
//! Read next: `holder` for who asks and who holds, then `folder` or `renewal`.

use std::fmt;
use std::time::Duration;

use privlink_model::BoxFuture;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::Store;
use super::chance::jittered;
use super::error::{LockError, StoreError};
use super::holder::{Claim, Holder};

/// What came of breaking a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unlocked {
    /// It is broken.
    Done,
    /// Nobody held it any more.
    Free,
    /// It is held, and stays so: by a living process, by somebody else than was shown, or it was renewed since.
    Held(Holder),
}

/// How a lock was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// Somebody broke it.
    Broken,
    /// It could not be renewed before it expired.
    Expired {
        /// What the last attempt came to.
        why: String,
    },
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("the lock was lost: somebody broke it"),
            Self::Expired { why } => write!(f, "the lock was lost: it could not be renewed in time ({why})"),
        }
    }
}

/// A lock that is held. Given back by [`Lock::release`]. One that is dropped is free at once where it goes with the process, and
/// otherwise expires, as if the process had been killed.
pub struct Lock {
    lost: watch::Receiver<Option<Lost>>,
    release: BoxFuture<'static, Result<(), StoreError>>,
}

impl Lock {
    /// Makes one of what tells its loss and what gives it back.
    pub fn new(lost: watch::Receiver<Option<Lost>>, release: BoxFuture<'static, Result<(), StoreError>>) -> Self {
        Self { lost, release }
    }

    /// Ends when the lock is no longer ours; never, as long as it is.
    pub fn lost(&self) -> impl Future<Output = Lost> + Send + 'static {
        let mut lost = self.lost.clone();
        async move {
            if let Ok(lost) = lost.wait_for(Option::is_some).await
                && let Some(lost) = lost.as_ref()
            {
                return lost.clone();
            }
            // Who would tell is gone, and it was not lost until then.
            std::future::pending().await
        }
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the store could not be told. The lock then stands until it is broken.
    pub async fn release(self) -> Result<(), StoreError> {
        self.release.await
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Takes a project's lock, asking now and then until the time is up. `waiting` hears of each holder that is waited for.
///
/// # Errors
/// When it is still held then, or the store cannot be asked.
pub async fn lock(
    store: &dyn Store,
    project: &str,
    claim: &Claim,
    timeout: Duration,
    waiting: &mut (dyn FnMut(&Holder) + Send),
) -> Result<Lock, LockError> {
    // A timeout that ends after the end of time is none.
    let deadline = Instant::now().checked_add(timeout);
    let mut run = None;
    let mut pause = FIRST_PAUSE;
    loop {
        let holder = match store.lock(project, claim).await {
            Err(LockError::Held(holder)) => holder,
            end => return end,
        };
        let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Err(LockError::Held(holder));
        }
        if run.as_ref() != Some(&holder.run) {
            waiting(&holder);
            run = Some(holder.run);
        }
        sleep(jittered(pause).min(left)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
