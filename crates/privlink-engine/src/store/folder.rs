//! A store in a folder of this machine: `.privlink`.
//!
//! Owns: where everything is (`runs/RUN/journal.jsonl`, `runs/RUN/plan.json`, `locks/PROJECT`), and the lock, which is the
//! system's lock on a file and so ends with the process that holds it. What stands in a file that is not locked means nothing.
//! Refuses to know: how files are made durable (see `file`).

mod file;

use std::fs::TryLockError;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use privlink_model::BoxFuture;
use tokio::sync::watch;

use super::error::{LockError, StoreError};
use super::facts::Facts;
use super::holder::{Claim, Holder};
use super::lock::{Lock, Unlocked};
use super::{Store, plain};

/// Whoever looks at a lock holds it for a moment, and whoever has just taken it has not yet said who they are.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(5);

/// A folder.
#[derive(Debug, Clone)]
pub struct FolderStore {
    folder: PathBuf,
}

impl FolderStore {
    /// The store in a folder, which is made when it is first needed.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn lock_file(&self, project: &str) -> Result<PathBuf, StoreError> {
        Ok(self.folder.join("locks").join(plain(project)?))
    }

    fn run_file(&self, run: &str, name: &str) -> Result<PathBuf, StoreError> {
        Ok(self.folder.join("runs").join(plain(run)?).join(plain(name)?))
    }

    fn journal_file(&self, run: &str) -> Result<PathBuf, StoreError> {
        self.run_file(run, "journal.jsonl")
    }
}

impl Store for FolderStore {
    fn place(&self) -> String {
        self.folder.display().to_string()
    }

    fn lock<'a>(&'a self, project: &'a str, claim: &'a Claim) -> BoxFuture<'a, Result<Lock, LockError>> {
        Box::pin(async move {
            let (path, claim) = (self.lock_file(project)?, claim.clone());
            blocking(&self.folder, move || Ok(acquire(&path, &claim))).await?
        })
    }

    fn holder<'a>(&'a self, project: &'a str) -> BoxFuture<'a, Result<Option<Holder>, StoreError>> {
        Box::pin(async move {
            let path = self.lock_file(project)?;
            blocking(&self.folder, move || look(&path)).await
        })
    }

    fn unlock<'a>(&'a self, project: &'a str, _: &'a Holder) -> BoxFuture<'a, Result<Unlocked, StoreError>> {
        // A lock that is held here is held by a process that lives.
        Box::pin(async move { Ok(self.holder(project).await?.map_or(Unlocked::Free, Unlocked::Held)) })
    }

    fn runs<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        let folder = self.folder.join("runs");
        Box::pin(async move { blocking(&self.folder, move || runs(&folder)).await })
    }

    fn save<'a>(&'a self, run: &'a str, name: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let (path, bytes) = (self.run_file(run, name)?, bytes.to_vec());
            blocking(&self.folder, move || file::create(&path, &bytes)).await
        })
    }

    fn load<'a>(&'a self, run: &'a str, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async move {
            let path = self.run_file(run, name)?;
            blocking(&self.folder, move || file::read(&path)).await
        })
    }

    fn append<'a>(&'a self, run: &'a str, at: u64, lines: &'a [u8]) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let (path, lines) = (self.journal_file(run)?, lines.to_vec());
            blocking(&self.folder, move || append(&path, at, &lines)).await
        })
    }

    fn journal<'a>(&'a self, run: &'a str) -> BoxFuture<'a, Result<(Vec<u8>, u64), StoreError>> {
        Box::pin(async move {
            let path = self.journal_file(run)?;
            let mut bytes = blocking(&self.folder, move || file::read(&path)).await?.unwrap_or_default();
            bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1));
            let length = bytes.len() as u64;
            Ok((bytes, length))
        })
    }
}

/// Does work that waits for the disk where nothing else has to wait for it.
async fn blocking<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(end) => end,
        Err(error) => Err(StoreError::folder("work in", folder, &io::Error::other(error))),
    }
}

fn acquire(path: &Path, claim: &Claim) -> Result<Lock, LockError> {
    let fail = |doing| move |error: io::Error| StoreError::folder(doing, path, &error);
    let mut file = file::open(path)?;
    for look in 1.. {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(fail("lock")(error).into()),
        }
        let facts = file::read(path)?.and_then(|text| Facts::decode(&text).ok());
        match facts {
            // The process may have been killed, and somebody be looking just now.
            Some(facts) if look > LOOKS / 4 => return Err(LockError::held(held(facts))),
            None if look >= LOOKS => return Err(LockError::held(nobody_knows())),
            Some(_) | None => std::thread::sleep(LOOK),
        }
    }
    let facts = Facts::of(claim, None).encode();
    file.set_len(0).and_then(|()| file.write_all(&facts)).map_err(fail("write"))?;
    let (telling, lost) = watch::channel(None);
    let release = async move {
        // The text is only there to be shown. The lock goes with the file.
        let _ = file.set_len(0);
        drop((file, telling));
        Ok(())
    };
    Ok(Lock::new(lost, Box::pin(release)))
}

/// Who holds a lock, if anybody does.
fn look(path: &Path) -> Result<Option<Holder>, StoreError> {
    for _ in 0..LOOKS {
        let mut file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::folder("read", path, &error)),
        };
        match file.try_lock_shared() {
            Ok(()) => return Ok(None),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(StoreError::folder("lock", path, &error)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(|error| StoreError::folder("read", path, &error))?;
        if let Ok(facts) = Facts::decode(&text) {
            return Ok(Some(held(facts)));
        }
        std::thread::sleep(LOOK);
    }
    Ok(Some(nobody_knows()))
}

fn held(facts: Facts) -> Holder {
    let mark = facts.nonce.clone();
    facts.holder(Some(true), mark)
}

fn nobody_knows() -> Holder {
    Holder { alive: Some(true), ..Holder::default() }
}

fn runs(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::folder("list", folder, &error)),
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| StoreError::folder("list", folder, &error))?;
        if let Some(name) = entry.file_name().to_str()
            && plain(name).is_ok()
            && entry.path().is_dir()
        {
            runs.push(name.to_owned());
        }
    }
    runs.sort();
    Ok(runs)
}

/// Adds lines to a journal that is `at` bytes long. What stands after that may only be a torn line: it goes.
fn append(path: &Path, at: u64, lines: &[u8]) -> Result<u64, StoreError> {
    let fail = |error: io::Error| StoreError::folder("write", path, &error);
    let mut file = if at == 0 { file::open(path) } else { file::open_again(path) }?;
    // Held for one append: nobody writes between the look at the length and the lines.
    file.lock().map_err(|error| StoreError::folder("lock", path, &error))?;
    let length = file.metadata().map_err(fail)?.len();
    let moved = || StoreError::Moved { object: path.display().to_string() };
    if length < at {
        return Err(moved());
    }
    file.seek(io::SeekFrom::Start(at)).map_err(fail)?;
    if length > at {
        let mut torn = Vec::new();
        file.read_to_end(&mut torn).map_err(|error| StoreError::folder("read", path, &error))?;
        if torn.contains(&b'\n') {
            return Err(moved());
        }
        file.set_len(at).and_then(|()| file.seek(io::SeekFrom::Start(at))).map_err(fail)?;
    }
    let written = file.write_all(lines).and_then(|()| file.sync_data());
    if let Err(error) = written {
        // Half of it is no use to anyone; if it stays, it is a torn line.
        let _ = file.set_len(at);
        return Err(fail(error));
    }
    if at == 0 {
        file::sync_folder_of(path)?;
    }
    Ok(at + lines.len() as u64)
}
