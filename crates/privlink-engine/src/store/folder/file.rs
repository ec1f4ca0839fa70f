//! Files that are durable, whole, and their owner's alone.
//!
//! Owns: modes, and what has to be synchronised so that a file is there after a power failure: the file, and the folder that
//! names it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::store::error::StoreError;

/// Opens a file for reading and writing, and makes it and its folders where they are not.
pub(super) fn open(path: &Path) -> Result<File, StoreError> {
    make_folder_of(path)?;
    opened(path, options().create(true).truncate(false))
}

/// Opens a file that must be there.
pub(super) fn open_again(path: &Path) -> Result<File, StoreError> {
    opened(path, &options())
}

fn opened(path: &Path, options: &OpenOptions) -> Result<File, StoreError> {
    options.open(path).map_err(|error| StoreError::folder("open", path, &error))
}

/// Reads a whole file; none where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::folder("read", path, &error)),
    }
}

/// Makes a file that is not there, whole or not at all.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    make_folder_of(path)?;
    let exists = || StoreError::Exists { object: path.display().to_string() };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let fail = |error: io::Error| StoreError::folder("write", path, &error);
    // Only one can make the file beside, and so nobody else makes the other between the look and the renaming.
    let mut file = match options().create_new(true).open(beside) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists()),
        Err(error) => return Err(fail(error)),
    };
    let result = match path.try_exists().map_err(fail) {
        Ok(false) => file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(beside, path))
            .map_err(fail)
            .and_then(|()| sync_folder_of(path)),
        Ok(true) => Err(exists()),
        Err(error) => Err(error),
    };
    if result.is_err() {
        let _ = fs::remove_file(beside);
        // Only an empty folder goes: one that was made for this file.
        let _ = folder_of(path).map(fs::remove_dir);
    }
    result
}

/// Makes what a folder names durable.
pub(super) fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = folder_of(path) else { return Ok(()) };
    sync(folder).map_err(|error| StoreError::folder("synchronise", folder, &error))
}

fn make_folder_of(path: &Path) -> Result<(), StoreError> {
    match folder_of(path) {
        Some(folder) if !folder.is_dir() => make_folder(folder),
        _ => Ok(()),
    }
}

/// Makes a folder and those above it.
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    make_folder_of(folder)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => sync_folder_of(folder),
        // Somebody else made it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(StoreError::folder("make", folder, &error)),
    }
}

/// The folder that names a path; the current one for a bare name.
fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders cannot be opened here, and names are durable without it.
#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
