//! A run's journal while it is written: what is recorded is possible, and on disk before anything else happens.
//!
//! Owns: the one task that writes. Steps record at the same time; what has come in while the store was busy goes there in one
//! piece, so that many steps share one wait for the disk.
//! Refuses to know: which histories are possible (`privlink_model::History`), where lines are kept (`store`).
//! Read next: `codec` for the lines.
//!
//! **Invariant:** after one record that could not be kept, none is: a run whose journal has a hole cannot be gone on with.

mod codec;
mod value;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use privlink_model::{Begun, History, Illegal, Record};
use tokio::sync::{mpsc, oneshot};

use crate::store::{MemoryObjects, ObjectStore, Store, StoreError};

pub use codec::LineError;

/// The file of a run that holds its plan.
const PLAN: &str = "plan.json";

/// Why something could not be recorded or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot have happened: an error of privlink's own.
    #[error("privlink wanted to write down {0}; please report this")]
    Illegal(#[from] Illegal),
    /// A line cannot be read.
    #[error("line {line} of the journal of run {run} {why}")]
    Line {
        /// The run.
        run: String,
        /// The line, from one.
        line: usize,
        /// Why.
        why: LineError,
    },
    /// A line can be read, and cannot follow on those before it.
    #[error("line {line} of the journal of run {run} tells {illegal}")]
    Impossible {
        /// The run.
        run: String,
        /// The line, from one.
        line: usize,
        /// What is wrong.
        illegal: Illegal,
    },
    /// There is no journal.
    #[error(
        "there is no journal of run {run} in {place}: there is no such run, or it was ended before it called anything"
    )]
    None {
        /// The run.
        run: String,
        /// The store.
        place: String,
    },
    /// The runtime has ended the writing task.
    #[error("the journal is closed")]
    Closed,
}

/// A handle to a journal that is being written.
#[derive(Clone)]
pub struct Journal {
    records: mpsc::UnboundedSender<Entry>,
    store: Arc<dyn Store>,
    run: Arc<str>,
    history: Arc<Mutex<History>>,
}

/// A record on its way to the store, and who waits for it to be there.
#[derive(Debug)]
struct Entry {
    record: Record,
    kept: oneshot::Sender<Result<(), JournalError>>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("run", &self.run).finish_non_exhaustive()
    }
}

impl Journal {
    /// Begins a run: keeps its plan, then the first record.
    ///
    /// # Errors
    /// When the store fails or has such a run.
    pub async fn begin(store: Arc<dyn Store>, run: &str, plan: &[u8], begun: Begun) -> Result<Self, JournalError> {
        store.save(run, PLAN, plan).await?;
        let journal = Self::go_on(store, run, History::default(), 0);
        journal.record(Record::Begun(begun)).await?;
        Ok(journal)
    }

    /// Opens a journal to go on with it.
    ///
    /// # Errors
    /// When there is none, or it is damaged: all but a last line that was torn is.
    pub async fn open(store: Arc<dyn Store>, run: &str) -> Result<(Self, History), JournalError> {
        let (history, length) = read(&*store, run).await?;
        Ok((Self::go_on(store, run, history.clone(), length), history))
    }

    /// Reads a journal, and writes nothing.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub async fn read(store: &dyn Store, run: &str) -> Result<History, JournalError> {
        Ok(read(store, run).await?.0)
    }

    /// The plan of a run, as it was given to [`Journal::begin`].
    ///
    /// # Errors
    /// When there is none.
    pub async fn plan(store: &dyn Store, run: &str) -> Result<Vec<u8>, JournalError> {
        let none = || JournalError::None { run: run.to_owned(), place: store.place() };
        store.load(run, PLAN).await?.ok_or_else(none)
    }

    /// A journal that nobody has to go on with, on which nothing is recorded yet.
    pub fn in_memory() -> Self {
        let store = ObjectStore::new(Arc::new(MemoryObjects::default()));
        Self::go_on(Arc::new(store), "run", History::default(), 0)
    }

    /// Everything recorded so far, line by line.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lines(&self) -> Result<Vec<u8>, JournalError> {
        Ok(self.store.journal(&self.run).await?.0)
    }

    /// Records that something happened, or is about to. It is durable when this returns. Once asked for it is recorded, whether
    /// or not anybody waits for the end.
    ///
    /// # Errors
    /// When it cannot have happened, which writes nothing, or the store fails, after which nothing more is recorded.
    pub async fn record(&self, record: Record) -> Result<(), JournalError> {
        let (kept, end) = oneshot::channel();
        self.records.send(Entry { record, kept }).map_err(|_| JournalError::Closed)?;
        end.await.map_err(|_| JournalError::Closed)?
    }

    /// What has happened so far.
    pub fn history(&self) -> History {
        lock(&self.history).clone()
    }

    fn go_on(store: Arc<dyn Store>, run: &str, history: History, length: u64) -> Self {
        let (records, entries) = mpsc::unbounded_channel();
        let run: Arc<str> = run.into();
        let history = Arc::new(Mutex::new(history));
        let writer = Writer { store: Arc::clone(&store), run: Arc::clone(&run), history: Arc::clone(&history), length };
        tokio::spawn(writer.write(entries));
        Self { records, store, run, history }
    }
}

async fn read(store: &dyn Store, run: &str) -> Result<(History, u64), JournalError> {
    let (bytes, length) = store.journal(run).await?;
    if bytes.is_empty() {
        return Err(JournalError::None { run: run.to_owned(), place: store.place() });
    }
    let mut history = History::default();
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let (run, line_number) = (run.to_owned(), index + 1);
        let record =
            codec::decode(line).map_err(|why| JournalError::Line { run: run.clone(), line: line_number, why })?;
        history.record(&record).map_err(|illegal| JournalError::Impossible { run, line: line_number, illegal })?;
    }
    Ok((history, length))
}

/// A panic while it was held cannot leave a history half changed: it changes as a whole or not at all.
fn lock(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The one who writes.
struct Writer {
    store: Arc<dyn Store>,
    run: Arc<str>,
    history: Arc<Mutex<History>>,
    length: u64,
}

impl Writer {
    /// Writes until nobody can record any more.
    async fn write(mut self, mut entries: mpsc::UnboundedReceiver<Entry>) {
        let mut failed = None;
        while let Some(first) = entries.recv().await {
            let mut waiting = Vec::new();
            let mut lines = Vec::new();
            let mut next = Some(first);
            while let Some(Entry { record, kept }) = next {
                match (&failed, lock(&self.history).record(&record)) {
                    (Some(error), _) => tell(kept, Err(JournalError::clone(error))),
                    (None, Err(illegal)) => tell(kept, Err(illegal.into())),
                    (None, Ok(())) => {
                        codec::encode(&record, &mut lines);
                        waiting.push(kept);
                    }
                }
                next = entries.try_recv().ok();
            }
            if waiting.is_empty() {
                continue;
            }
            let end = self.store.append(&self.run, self.length, &lines).await.map_err(JournalError::from);
            match &end {
                Ok(length) => self.length = *length,
                Err(error) => failed = Some(error.clone()),
            }
            for kept in waiting {
                tell(kept, end.clone().map(|_| ()));
            }
        }
    }
}

/// Who asked may have stopped waiting.
fn tell(kept: oneshot::Sender<Result<(), JournalError>>, end: Result<(), JournalError>) {
    let _ = kept.send(end);
}
