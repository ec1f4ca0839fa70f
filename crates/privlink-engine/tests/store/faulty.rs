//! Objects whose answers get lost, and a store that is full at some point.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use privlink_engine::{Claim, Holder, Lock, LockError, MemoryObjects, ObjectStore, Store, StoreError, Unlocked};
use privlink_model::{BoxFuture, DeleteEnd, ErrorClass, ObjectError, Objects, PutEnd, Versioned, When};
use tokio::sync::Semaphore;

/// What happens to a call instead of what should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It takes effect, and nobody hears of it.
    Lost,
    /// It takes no effect, and nobody hears of that.
    Dropped,
    /// Somebody else writes at the same moment.
    Busy,
    /// It is refused.
    Denied,
}

/// Objects in memory, and the faults of the calls to come, by operation.
#[derive(Default)]
pub(crate) struct Faulty {
    pub(crate) inner: MemoryObjects,
    faults: Mutex<VecDeque<(&'static str, Fault)>>,
    always: Mutex<Option<(&'static str, Fault)>>,
    calls: AtomicU64,
}

impl Faulty {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The next call of an operation has a fault.
    pub(crate) fn next(&self, operation: &'static str, fault: Fault) {
        self.faults.lock().unwrap().push_back((operation, fault));
    }

    /// From here on every call of an operation has one.
    pub(crate) fn always(&self, operation: &'static str, fault: Fault) {
        *self.always.lock().unwrap() = Some((operation, fault));
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        key: &str,
        call: impl Future<Output = Result<T, ObjectError>>,
    ) -> Result<T, ObjectError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            match faults.iter().position(|(of, _)| *of == operation) {
                Some(at) => faults.remove(at).map(|(_, fault)| fault),
                None => self.always.lock().unwrap().filter(|(of, _)| *of == operation).map(|(_, fault)| fault),
            }
        };
        let Some(fault) = fault else { return call.await };
        let class = match fault {
            Fault::Lost => {
                call.await?;
                ErrorClass::InDoubt
            }
            Fault::Dropped => ErrorClass::InDoubt,
            Fault::Busy => ErrorClass::Busy,
            Fault::Denied => ErrorClass::Denied,
        };
        Err(ObjectError {
            class,
            operation: format!("s3:{operation}"),
            object: format!("memory/{key}"),
            code: String::new(),
            message: format!("{fault:?}"),
            request_id: None,
            help: None,
        })
    }
}

impl Objects for Faulty {
    fn place(&self) -> String {
        self.inner.place()
    }
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Versioned>, ObjectError>> {
        Box::pin(self.call("get", key, self.inner.get(key)))
    }
    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<PutEnd, ObjectError>> {
        Box::pin(self.call("put", key, self.inner.put(key, bytes, when)))
    }
    fn delete<'a>(&'a self, key: &'a str, when: When) -> BoxFuture<'a, Result<DeleteEnd, ObjectError>> {
        Box::pin(self.call("delete", key, self.inner.delete(key, when)))
    }
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, ObjectError>> {
        Box::pin(self.call("list", prefix, self.inner.list(prefix)))
    }
    fn folders<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, ObjectError>> {
        Box::pin(self.call("folders", prefix, self.inner.folders(prefix)))
    }
}

/// A store that keeps journals in memory, counts what is appended, and can be full or slow.
pub(crate) struct Counting {
    inner: ObjectStore,
    /// Appends that were asked for.
    pub(crate) appends: AtomicU64,
    /// The append that fails, from one.
    pub(crate) full_at: u64,
    /// Each append takes one of these.
    pub(crate) gate: Semaphore,
}

impl Counting {
    pub(crate) fn new(full_at: u64, open: usize) -> Arc<Self> {
        let inner = ObjectStore::new(Arc::new(MemoryObjects::default()));
        Arc::new(Self { inner, appends: AtomicU64::new(0), full_at, gate: Semaphore::new(open) })
    }
}

impl Store for Counting {
    fn place(&self) -> String {
        "a small disk".to_owned()
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
            self.gate.acquire().await.unwrap().forget();
            if number == self.full_at {
                let reason = "No space left on device".to_owned();
                return Err(StoreError::Folder { doing: "write", path: "journal.jsonl".into(), reason });
            }
            self.inner.append(run, at, lines).await
        })
    }
    fn journal<'a>(&'a self, run: &'a str) -> BoxFuture<'a, Result<(Vec<u8>, u64), StoreError>> {
        self.inner.journal(run)
    }
}

/// Who asks for locks in tests.
pub(crate) fn claim(owner: &str) -> Claim {
    Claim { owner: owner.to_owned(), run: format!("run-of-{owner}"), command: "privlink apply".to_owned() }
}

/// The end of something that must come.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("it comes to an end")
}
