//! A lock among objects while it is held: renewed until it is given back or lost.
//!
//! Owns: the one task that writes to a held lock, so that it always knows which version is ours. Refuses to know: how a lock
//! is taken.

use std::sync::Arc;
use std::time::Duration;

use privlink_model::{DeleteEnd, ObjectError, Objects, PutEnd, Version, When};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout_at};

use super::chance::jittered;
use super::error::StoreError;
use super::facts::Facts;
use super::holder::Claim;
use super::lock::{Lock, Lost};
use super::patience::Patience;
use super::wall::wall_seconds;

/// How long a lock holds without being renewed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lease {
    pub(super) time: Duration,
}

impl Default for Lease {
    fn default() -> Self {
        Self { time: Duration::from_secs(60) }
    }
}

impl Lease {
    /// What is written into a new lock, and when it is lost unless it is renewed.
    pub(super) fn facts(self, claim: &Claim) -> (Facts, Instant) {
        (Facts::of(claim, Some(self.expires())), self.deadline())
    }

    fn expires(self) -> u64 {
        wall_seconds().saturating_add(self.time.as_secs())
    }

    fn deadline(self) -> Instant {
        Instant::now() + self.time
    }

    /// Twice can go wrong before it is lost.
    fn renewal(self) -> Duration {
        self.time / 3
    }
}

/// A lock that is ours.
pub(super) struct Held {
    pub(super) objects: Arc<dyn Objects>,
    pub(super) key: String,
    pub(super) facts: Facts,
    pub(super) version: Version,
    pub(super) lease: Lease,
}

/// What an attempt to write to the lock showed.
enum Seen {
    /// It was written.
    Written,
    /// It is ours, in another version than we knew: an answer had been lost.
    Ours,
    /// It is not ours.
    Others,
}

impl Held {
    /// Renews the lock from here on; it is lost at the deadline unless that succeeds.
    pub(super) fn keep(mut self, deadline: Instant) -> Lock {
        let (tell, lost) = watch::channel(None);
        let (stop, mut stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let renewing = async {
                tell.send_replace(Some(self.renew(deadline).await));
                std::future::pending::<()>().await;
            };
            let stopped = tokio::select! {
                biased;
                stopped = &mut stopped => stopped,
                () = renewing => Ok(()),
            };
            match stopped {
                Ok(()) => self.give_back().await.map_err(StoreError::from),
                // Dropped, not released: as if the process had been killed.
                Err(_) => Ok(()),
            }
        });
        let release = async move {
            // The task ends only by this word.
            let _ = stop.send(());
            task.await.unwrap_or(Ok(()))
        };
        Lock::new(lost, Box::pin(release))
    }

    /// Renews it for as long as that goes well; how it was lost.
    async fn renew(&mut self, mut deadline: Instant) -> Lost {
        loop {
            sleep(self.lease.renewal()).await;
            deadline = loop {
                let next = self.lease.deadline();
                // After a sleep of the machine the deadline may have passed, and the lock be ours all the same.
                let limit = deadline.max(Instant::now() + self.lease.renewal());
                let why = match timeout_at(limit, self.write()).await {
                    Ok(Ok(Seen::Written)) => break next,
                    Ok(Ok(Seen::Ours)) => continue,
                    Ok(Ok(Seen::Others)) => return Lost::Broken,
                    Ok(Err(error)) => error.to_string(),
                    Err(_) => format!("no answer from {}", self.objects.place()),
                };
                if Instant::now() >= deadline {
                    return Lost::Expired { why };
                }
                sleep(jittered(self.lease.renewal() / 8)).await;
            };
        }
    }

    async fn write(&mut self) -> Result<Seen, ObjectError> {
        self.facts.expires = Some(self.lease.expires());
        self.facts.renewals += 1;
        match self.objects.put(&self.key, self.facts.encode(), When::Is(self.version.clone())).await? {
            PutEnd::Done(version) => {
                self.version = version;
                Ok(Seen::Written)
            }
            PutEnd::Conflict => self.look().await,
        }
    }

    /// Whether the lock, which is not what we knew it to be, is ours.
    async fn look(&mut self) -> Result<Seen, ObjectError> {
        match self.objects.get(&self.key).await? {
            Some((bytes, version)) if Facts::decode(&bytes).is_ok_and(|facts| facts.nonce == self.facts.nonce) => {
                self.version = version;
                Ok(Seen::Ours)
            }
            _ => Ok(Seen::Others),
        }
    }

    /// Deletes it. A renewal may still be under way: it fails once the lock is gone, and otherwise shows here.
    async fn give_back(&mut self) -> Result<(), ObjectError> {
        let mut patience = Patience::default();
        loop {
            let end = match self.objects.delete(&self.key, When::Is(self.version.clone())).await {
                Ok(DeleteEnd::Done) => return Ok(()),
                Ok(DeleteEnd::Conflict) => self.look().await,
                Err(error) => Err(error),
            };
            match end {
                Ok(Seen::Ours | Seen::Written) => {}
                // It was deleted and the answer lost, or somebody has broken it.
                Ok(Seen::Others) => return Ok(()),
                Err(error) => patience.after(error).await?,
            }
        }
    }
}
