//! The folder that a world is kept in: `world.json`, the world it began as, the log of calls, and a lock.
//!
//! **Invariant:** `world.json` is always a whole world: it is written beside, flushed, then renamed over. One process at a
//! time holds the folder; a world that was loaded before another process changed the folder is refused.
#![expect(clippy::disallowed_methods, reason = "here the world is written, beside and renamed")]

use crate::world::{FORMAT, World};
use serde::Deserialize;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const WORLD: &str = "world.json";
const FIRST: &str = "first.json";
const LOCK: &str = "lock";
const LOG: &str = "trail.jsonl";

/// A folder that is held for one world.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    /// Keeps the lock for as long as it is open.
    _lock: File,
}

impl Store {
    /// Takes the folder for this world, and gives back the world that it began as.
    pub(crate) fn open(folder: PathBuf, world: &mut World) -> io::Result<(Store, World)> {
        fs::create_dir_all(&folder).map_err(|error| at(&folder, &error))?;
        let path = folder.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| at(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("the sandbox in {} is in use by another process", folder.display());
                return Err(io::Error::new(io::ErrorKind::WouldBlock, message));
            }
            Err(TryLockError::Error(error)) => return Err(at(&path, &error)),
        }
        let store = Store { folder, _lock: lock };
        if let Some(kept) = store.generation()?
            && kept != world.generation
        {
            let message =
                format!("the sandbox in {} was changed by another process since it was loaded", store.folder.display());
            return Err(io::Error::new(io::ErrorKind::WouldBlock, message));
        }
        let first = if world.generation == 0 {
            store.write(FIRST, &serde_json::to_vec(world)?)?;
            world.clone()
        } else {
            read(&store.folder.join(FIRST))?
        };
        world.generation += 1;
        store.save(&serde_json::to_vec(world)?)?;
        Ok((store, first))
    }

    /// Writes a world's text; when this returns it will survive a crash.
    pub(crate) fn save(&self, text: &[u8]) -> io::Result<()> {
        self.write(WORLD, text)
    }

    /// Opens the log of calls.
    pub(crate) fn log(&self) -> io::Result<LogFile> {
        LogFile::open(self.folder.join(LOG))
    }

    fn write(&self, name: &str, text: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        let beside = self.folder.join(format!("{name}.new"));
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(text)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            // The rename itself is on disk once the folder is.
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| at(&path, &error))
    }

    fn generation(&self) -> io::Result<Option<u64>> {
        #[derive(Deserialize)]
        struct Kept {
            generation: u64,
        }
        let path = self.folder.join(WORLD);
        match fs::read(&path) {
            Ok(text) => {
                let kept: Kept = serde_json::from_slice(&text).map_err(|error| at(&path, &error.into()))?;
                Ok(Some(kept.generation))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path, &error)),
        }
    }
}

/// A file of lines. It is not flushed at each: what a power cut takes from a log, no world misses.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    fn open(path: PathBuf) -> io::Result<LogFile> {
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(|error| at(&path, &error))?;
        Ok(LogFile { path, file })
    }

    /// Gives every line.
    pub(crate) fn lines(&self) -> io::Result<Vec<String>> {
        let text = fs::read(&self.path).map_err(|error| at(&self.path, &error))?;
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    /// Adds a line.
    pub(crate) fn append(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(|error| at(&self.path, &error))
    }

    /// Writes these lines in place of all.
    pub(crate) fn replace(&mut self, lines: &[String]) -> io::Result<()> {
        self.file.set_len(0).map_err(|error| at(&self.path, &error))?;
        lines.iter().try_for_each(|line| self.append(line))
    }
}

impl World {
    /// Reads the world that is kept in a folder, or gives none when the folder keeps none yet.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be read or what it keeps is not a world.
    pub fn load(folder: &Path) -> io::Result<Option<World>> {
        #[derive(Deserialize)]
        struct Kept {
            format: u32,
        }
        let path = folder.join(WORLD);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(&path, &error)),
        };
        let kept: Kept = serde_json::from_slice(&text).map_err(|error| at(&path, &error.into()))?;
        if kept.format != FORMAT {
            let message = format!(
                "{}: this world was kept by another version of the sandbox; remove the folder to begin anew",
                path.display()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        serde_json::from_slice(&text).map(Some).map_err(|error| at(&path, &error.into()))
    }
}

fn read(path: &Path) -> io::Result<World> {
    let text = fs::read(path).map_err(|error| at(path, &error))?;
    serde_json::from_slice(&text).map_err(|error| at(path, &error.into()))
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
