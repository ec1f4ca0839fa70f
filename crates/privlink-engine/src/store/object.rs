//! A store among objects with conditional writes: S3, shared by everybody who may run the project.
//!
//! Owns: what is where (`locks/PROJECT.json`, `runs/RUN/plan.json`, and `runs/RUN/journal/00000001.jsonl` for each batch of
//! lines, as objects cannot grow), and telling our own writes from those of others when answers are lost.
//! Refuses to know: S3's protocol.
//! Read next: `renewal`, for what happens while a lock is held; `patience`, for how often a call is made.
//!
//! **Invariant:** a lock that has expired is not free. Its holder may be asleep, and wake up; only a person can tell.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use privlink_model::{BoxFuture, DeleteEnd, Objects, PutEnd, Version, Versioned, When};

use super::chance::nonce;
use super::error::{LockError, StoreError};
use super::facts::Facts;
use super::holder::{Claim, Holder};
use super::lock::{Lock, Unlocked};
use super::patience::Patience;
use super::renewal::{Held, Lease};
use super::{Store, plain};

/// Batches of a journal that are read at once.
const READS: usize = 16;
/// Comes before the name of whoever wrote a batch, in its first line.
const WRITER: &str = "#writer ";

/// A place for objects.
pub struct ObjectStore {
    objects: Arc<dyn Objects>,
    lease: Lease,
}

impl ObjectStore {
    /// The store at a place for objects.
    pub fn new(objects: Arc<dyn Objects>) -> Self {
        Self { objects, lease: Lease::default() }
    }

    /// The same with locks that expire after another time than a minute; they are renewed three times as often.
    #[must_use]
    pub fn with_lease(mut self, time: Duration) -> Self {
        self.lease = Lease { time };
        self
    }

    fn object(&self, key: &str) -> String {
        format!("{}/{key}", self.objects.place())
    }

    /// Makes an object that is not there, once, however many answers are lost. `bytes` are ours alone: an object with them is
    /// one that we have made.
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<Created, StoreError> {
        let mut patience = Patience::default();
        loop {
            match self.objects.put(key, bytes.to_vec(), When::Absent).await {
                Ok(PutEnd::Done(version)) => return Ok(Created::Ours(version)),
                Ok(PutEnd::Conflict) => match self.objects.get(key).await {
                    Ok(Some((found, version))) if found == bytes => return Ok(Created::Ours(version)),
                    Ok(Some((found, version))) => return Ok(Created::Others(found, version)),
                    // It went away in between: somebody else got on, and now it is our turn again.
                    Ok(None) => {}
                    Err(error) => patience.after(error).await?,
                },
                Err(error) => patience.after(error).await?,
            }
        }
    }

    /// Reads an object, however many answers are lost.
    async fn get(&self, key: &str) -> Result<Option<Versioned>, StoreError> {
        let mut patience = Patience::default();
        loop {
            match self.objects.get(key).await {
                Ok(found) => return Ok(found),
                Err(error) => patience.after(error).await?,
            }
        }
    }

    async fn batch(&self, key: &str) -> Result<Vec<u8>, StoreError> {
        let damaged = |what: &str| StoreError::Damaged { object: self.object(key), what: what.to_owned() };
        let (bytes, _) = self.get(key).await?.ok_or_else(|| damaged("it was there a moment ago and is gone"))?;
        let first = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (writer, lines) = bytes.split_at(first);
        if !writer.starts_with(WRITER.as_bytes()) {
            return Err(damaged("it does not say who wrote it"));
        }
        if lines.last().is_some_and(|last| *last != b'\n') {
            return Err(damaged("its last line has no end"));
        }
        Ok(lines.to_vec())
    }
}

/// What making an object came to.
enum Created {
    /// We made it.
    Ours(Version),
    /// Somebody else had made one.
    Others(Vec<u8>, Version),
}

fn lock_key(project: &str) -> Result<String, StoreError> {
    Ok(format!("locks/{}.json", plain(project)?))
}

fn run_key(run: &str, name: &str) -> Result<String, StoreError> {
    Ok(format!("runs/{}/{}", plain(run)?, plain(name)?))
}

fn journal_prefix(run: &str) -> Result<String, StoreError> {
    Ok(format!("{}/", run_key(run, "journal")?))
}

/// The key of a batch, by the number of those before it.
fn batch_key(run: &str, before: u64) -> Result<String, StoreError> {
    Ok(format!("{}{:08}.jsonl", journal_prefix(run)?, before + 1))
}

fn holder(object: String, bytes: &[u8], version: Version) -> Result<Holder, StoreError> {
    let facts = Facts::decode(bytes).map_err(|error| StoreError::Damaged {
        object,
        what: format!("it is no lock of privlink's ({error}); delete it by hand when nobody is at work"),
    })?;
    Ok(facts.holder(None, version.0))
}

impl Store for ObjectStore {
    fn place(&self) -> String {
        self.objects.place()
    }

    fn lock<'a>(&'a self, project: &'a str, claim: &'a Claim) -> BoxFuture<'a, Result<Lock, LockError>> {
        Box::pin(async move {
            let key = lock_key(project)?;
            let (facts, deadline) = self.lease.facts(claim);
            match self.create(&key, &facts.encode()).await? {
                Created::Ours(version) => {
                    let held = Held { objects: Arc::clone(&self.objects), key, facts, version, lease: self.lease };
                    Ok(held.keep(deadline))
                }
                Created::Others(bytes, version) => Err(LockError::held(holder(self.object(&key), &bytes, version)?)),
            }
        })
    }

    fn holder<'a>(&'a self, project: &'a str) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        Box::pin(async move {
            let key = lock_key(project)?;
            match self.get(&key).await? {
                Some((bytes, version)) => holder(self.object(&key), &bytes, version).map(Some),
                None => Ok(None),
            }
        })
    }

    fn unlock<'a>(&'a self, project: &'a str, shown: &'a Holder) -> BoxFuture<'a, Result<Unlocked, StoreError>> {
        Box::pin(async move {
            let key = lock_key(project)?;
            let shown = Version(shown.mark.clone());
            let mut patience = Patience::default();
            loop {
                match self.objects.delete(&key, When::Is(shown.clone())).await {
                    Ok(DeleteEnd::Done) => return Ok(Unlocked::Done),
                    Ok(DeleteEnd::Conflict) => {
                        return Ok(self.holder(project).await?.map_or(Unlocked::Free, Unlocked::Held));
                    }
                    Err(error) => patience.after(error).await?,
                }
            }
        })
    }

    fn runs<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(async move {
            let mut runs = self.objects.folders("runs/").await?;
            runs.retain(|run| plain(run).is_ok());
            Ok(runs)
        })
    }

    fn save<'a>(&'a self, run: &'a str, name: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let key = run_key(run, name)?;
            match self.create(&key, bytes).await? {
                Created::Ours(_) => Ok(()),
                Created::Others(..) => Err(StoreError::Exists { object: self.object(&key) }),
            }
        })
    }

    fn load<'a>(&'a self, run: &'a str, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move { Ok(self.get(&run_key(run, name)?).await?.map(|(bytes, _)| bytes)) })
    }

    fn append<'a>(&'a self, run: &'a str, at: u64, lines: &'a [u8]) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let key = batch_key(run, at)?;
            let mut bytes = format!("{WRITER}{}\n", nonce()).into_bytes();
            bytes.extend_from_slice(lines);
            match self.create(&key, &bytes).await? {
                Created::Ours(_) => Ok(at + 1),
                Created::Others(..) => Err(StoreError::Moved { object: self.object(&key) }),
            }
        })
    }

    fn journal<'a>(&'a self, run: &'a str) -> BoxFuture<'a, Result<(Vec<u8>, u64), StoreError>> {
        Box::pin(async move {
            let prefix = journal_prefix(run)?;
            let keys = self.objects.list(&prefix).await?;
            for (before, key) in keys.iter().enumerate() {
                if *key != batch_key(run, before as u64)? {
                    let what = format!("{} is missing", batch_key(run, before as u64)?);
                    return Err(StoreError::Damaged { object: self.object(&prefix), what });
                }
            }
            let length = keys.len() as u64;
            let batches = stream::iter(keys).map(|key| async move { self.batch(&key).await }).buffered(READS);
            let batches: Vec<Vec<u8>> = batches.try_collect().await?;
            Ok((batches.concat(), length))
        })
    }
}
