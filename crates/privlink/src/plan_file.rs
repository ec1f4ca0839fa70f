//! Saved plans on disk.
//!
//! Owns: that a file is whole or not there, and readable by its owner alone: a plan names what exists in the accounts.
//! Refuses to know: the format (see `privlink-plan`).

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use privlink_kinds::KINDS;
use privlink_model::Plan;

use crate::failure::Failure;

/// Saves a plan.
pub(crate) fn save(plan: &Plan, path: &Path) -> Result<(), Failure> {
    write(path, &privlink_plan::encode(plan))
}

/// Opens a saved plan.
pub(crate) fn open(path: &Path) -> Result<Plan, Failure> {
    let text = fs::read_to_string(path).map_err(|source| Failure::Read { path: path.to_owned(), source })?;
    privlink_plan::decode(&text, &KINDS).map_err(|source| Failure::PlanFile { at: path.display().to_string(), source })
}

/// Writes a whole file in place of another, for its owner alone.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = Path::new(&name);
    let result = write_beside(beside, text).and_then(|()| fs::rename(beside, path));
    if result.is_err() {
        // The message is about the file that was asked for; what is left of the attempt is of no use to anyone.
        let _ = fs::remove_file(beside);
    }
    result.map_err(|source| Failure::Write { path: path.to_owned(), source })
}

fn write_beside(beside: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_is_its_owners_alone_and_nothing_is_left_beside_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        write(&path, "first").unwrap();
        write(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let failure = write(folder.path(), "text").unwrap_err();
        assert!(matches!(failure, Failure::Write { .. }));
        assert!(write(&folder.path().join("none/plan.json"), "text").is_err());
        let parent = folder.path().parent().unwrap();
        let name = folder.path().file_name().unwrap().to_string_lossy().into_owned();
        let left = fs::read_dir(parent).unwrap().filter_map(Result::ok);
        let left = left.filter(|entry| entry.file_name().to_string_lossy().starts_with(&format!("{name}."))).count();
        assert_eq!(left, 0);
    }
}
