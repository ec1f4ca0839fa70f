//! A store in memory whose writer can die, or whose disk can be full, at any record.

use std::sync::{Arc, Mutex};

use privlink_engine::{
    Claim, Holder, Lock, LockError, MemoryObjects, ObjectStore, StopSignal, Store, StoreError, Unlocked,
};
use privlink_model::BoxFuture;

/// What happens at an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accident {
    /// The process dies once these lines of it are kept, and a piece of the next.
    Dies {
        /// How many of its lines are kept.
        kept: usize,
    },
    /// Nothing more can be kept.
    Full,
}

#[derive(Default)]
struct Inner {
    bytes: Vec<u8>,
    appends: usize,
    accident: Option<(usize, Accident)>,
    full: bool,
}

/// The store.
pub(crate) struct Paper {
    locks: ObjectStore,
    inner: Mutex<Inner>,
    /// Given when the accident happens.
    struck: Mutex<StopSignal>,
}

impl Paper {
    pub(crate) fn new() -> Arc<Self> {
        let locks = ObjectStore::new(Arc::new(MemoryObjects::default()));
        Arc::new(Self { locks, inner: Mutex::default(), struck: Mutex::default() })
    }

    /// Lets an accident happen at one of the appends to come, counted from one.
    pub(crate) fn accident(&self, append: usize, accident: Accident) {
        let mut inner = self.inner.lock().unwrap();
        inner.accident = Some((inner.appends + append, accident));
        *self.struck.lock().unwrap() = StopSignal::new();
    }

    /// Given when the accident happens.
    pub(crate) fn struck(&self) -> StopSignal {
        self.struck.lock().unwrap().clone()
    }

    /// No accident happens any more.
    pub(crate) fn calm(&self) {
        let mut inner = self.inner.lock().unwrap();
        (inner.full, inner.accident) = (false, None);
    }

    /// How often something was appended.
    pub(crate) fn appends(&self) -> usize {
        self.inner.lock().unwrap().appends
    }
}

/// How much of the bytes are whole lines.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

impl Store for Paper {
    fn place(&self) -> String {
        "paper".to_owned()
    }

    fn lock<'a>(&'a self, project: &'a str, claim: &'a Claim) -> BoxFuture<'a, Result<Lock, LockError>> {
        self.locks.lock(project, claim)
    }

    fn holder<'a>(&'a self, project: &'a str) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        self.locks.holder(project)
    }

    fn unlock<'a>(&'a self, project: &'a str, holder: &'a Holder) -> BoxFuture<'a, Result<Unlocked, StoreError>> {
        self.locks.unlock(project, holder)
    }

    fn runs<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        self.locks.runs()
    }

    fn save<'a>(&'a self, run: &'a str, name: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        self.locks.save(run, name, bytes)
    }

    fn load<'a>(&'a self, run: &'a str, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        self.locks.load(run, name)
    }

    fn append<'a>(&'a self, _: &'a str, at: u64, lines: &'a [u8]) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let dies = {
                let mut inner = self.inner.lock().unwrap();
                inner.appends += 1;
                let appends = inner.appends;
                let accident = inner.accident.filter(|(append, _)| *append == appends).map(|(_, accident)| accident);
                inner.bytes.truncate(usize::try_from(at).unwrap());
                if accident == Some(Accident::Full) || inner.full {
                    inner.full = true;
                    self.struck().stop();
                    return Err(StoreError::Exists { object: "the disk, which is full,".to_owned() });
                }
                let kept = match accident {
                    Some(Accident::Dies { kept }) => {
                        let ends = lines.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
                        let ends: Vec<usize> = std::iter::once(0).chain(ends).collect();
                        let kept = ends[kept.min(ends.len() - 1)];
                        (kept + 3).min(lines.len())
                    }
                    _ => lines.len(),
                };
                inner.bytes.extend(&lines[..kept]);
                accident.is_some()
            };
            if dies {
                self.struck().stop();
                std::future::pending::<()>().await;
            }
            Ok(at + lines.len() as u64)
        })
    }

    fn journal<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(Vec<u8>, u64), StoreError>> {
        Box::pin(async move {
            let inner = self.inner.lock().unwrap();
            let whole = whole(&inner.bytes);
            Ok((inner.bytes[..whole].to_vec(), whole as u64))
        })
    }
}
