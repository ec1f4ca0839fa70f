//! A store in memory under which the process dies: at some addition to the journal, just before or just after it is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use privlink_engine::{
    Claim, Holder, Lock, LockError, MemoryObjects, ObjectStore, StopSignal, Store, StoreError, Unlocked,
};
use privlink_model::BoxFuture;

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// The addition is not kept.
    Before(u64),
    /// It is.
    After(u64),
}

/// The store.
pub(crate) struct Dying {
    inner: Arc<dyn Store>,
    death: Option<Death>,
    appends: AtomicU64,
    dead: StopSignal,
}

impl Dying {
    pub(crate) fn never() -> Arc<Self> {
        Self::at(None)
    }

    pub(crate) fn at(death: Option<Death>) -> Arc<Self> {
        let inner = Arc::new(ObjectStore::new(Arc::new(MemoryObjects::default())));
        Arc::new(Self { inner, death, appends: AtomicU64::new(0), dead: StopSignal::new() })
    }

    pub(crate) fn appends(&self) -> u64 {
        self.appends.load(Ordering::SeqCst)
    }

    /// Ends when the process has died.
    pub(crate) async fn died(&self) {
        self.dead.stopped().await;
    }

    /// What outlives the process.
    pub(crate) fn rest(&self) -> Arc<dyn Store> {
        Arc::clone(&self.inner)
    }
}

impl Store for Dying {
    fn place(&self) -> String {
        self.inner.place()
    }
    fn lock<'a>(&'a self, project: &'a str, claim: &'a Claim) -> BoxFuture<'a, Result<Lock, LockError>> {
        self.inner.lock(project, claim)
    }
    fn holder<'a>(&'a self, project: &'a str) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        self.inner.holder(project)
    }
    fn unlock<'a>(&'a self, project: &'a str, holder: &'a Holder) -> BoxFuture<'a, Result<Unlocked, StoreError>> {
        self.inner.unlock(project, holder)
    }
    fn runs<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        self.inner.runs()
    }
    fn save<'a>(&'a self, run: &'a str, name: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.save(run, name, bytes)
    }
    fn load<'a>(&'a self, run: &'a str, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        self.inner.load(run, name)
    }
    fn append<'a>(&'a self, run: &'a str, at: u64, lines: &'a [u8]) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let number = self.appends.fetch_add(1, Ordering::SeqCst) + 1;
            if self.death == Some(Death::Before(number)) {
                self.dead.stop();
                std::future::pending::<()>().await;
            }
            let length = self.inner.append(run, at, lines).await?;
            if self.death == Some(Death::After(number)) {
                self.dead.stop();
                std::future::pending::<()>().await;
            }
            Ok(length)
        })
    }
    fn journal<'a>(&'a self, run: &'a str) -> BoxFuture<'a, Result<(Vec<u8>, u64), StoreError>> {
        self.inner.journal(run)
    }
}
