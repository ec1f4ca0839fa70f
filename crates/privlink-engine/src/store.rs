//! Where runs are written down, and who may run: the store of a project.
//!
//! Owns: the port [`Store`] and its two kinds, a folder and a place for objects such as S3. A store keeps the lock of each
//! project and, for each run, its plan and its journal.
//! Refuses to know: what the lines of a journal mean (see `journal`), AWS.
//! Read next: `holder` and `lock` for who holds what, then `folder` and `object`.
//!
//! **Invariant:** what a store says it has kept is still there after a power failure. A journal only ever grows, and only by
//! the hand of whoever knows how long it is.

mod chance;
mod error;
mod facts;
mod folder;
mod holder;
mod lock;
mod memory;
mod object;
mod patience;
mod renewal;
mod wall;

use privlink_model::BoxFuture;

pub use error::{LockError, StoreError};
pub use folder::FolderStore;
pub use holder::{Claim, Holder};
pub use lock::{Lock, Lost, Unlocked, lock};
pub use memory::MemoryObjects;
pub use object::ObjectStore;
pub use wall::wall_seconds;

/// Locks, plans and journals.
pub trait Store: Send + Sync {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// Takes a project's lock, or says who holds it. Asks once; [`lock()`] waits.
    fn lock<'a>(&'a self, project: &'a str, claim: &'a Claim) -> BoxFuture<'a, Result<Lock, LockError>>;

    /// Who holds a project's lock.
    fn holder<'a>(&'a self, project: &'a str) -> BoxFuture<'a, Result<Option<Holder>, StoreError>>;

    /// Breaks the lock that was shown, never another, and never one whose holder is known to live.
    fn unlock<'a>(&'a self, project: &'a str, holder: &'a Holder) -> BoxFuture<'a, Result<Unlocked, StoreError>>;

    /// The names of all runs, in order.
    fn runs<'a>(&'a self) -> BoxFuture<'a, Result<Vec<String>, StoreError>>;

    /// Keeps a file of a run. What is there already is never overwritten.
    fn save<'a>(&'a self, run: &'a str, name: &'a str, bytes: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// A file of a run; none where there is none.
    fn load<'a>(&'a self, run: &'a str, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreError>>;

    /// Adds whole lines to a run's journal, which is as long as `at` says: otherwise somebody else has written, and nothing is
    /// added. Durable when it returns; how long the journal is then. The unit of length is the store's own.
    fn append<'a>(&'a self, run: &'a str, at: u64, lines: &'a [u8]) -> BoxFuture<'a, Result<u64, StoreError>>;

    /// A run's journal, of whole lines, and how long it is. A last line that was torn is not of it. Empty where there is none.
    fn journal<'a>(&'a self, run: &'a str) -> BoxFuture<'a, Result<(Vec<u8>, u64), StoreError>>;
}

/// The longest name of a project, a run or a file.
const LONGEST_NAME: usize = 128;

/// Refuses names that would be read as something else than one name in a path or a key.
fn plain(name: &str) -> Result<&str, StoreError> {
    let sound = (1..=LONGEST_NAME).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if sound { Ok(name) } else { Err(StoreError::Name { name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_is_no_path() {
        for name in ["shop", "20261120T223609-3f2a", "a.b_c-D"] {
            assert!(plain(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "-f", "a\0", "ä", &"x".repeat(129)] {
            assert!(plain(name).is_err(), "{name:?}");
        }
    }
}
