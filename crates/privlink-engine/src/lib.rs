//! Effects: reads the live accounts, and carries out plans.
//!
//! Owns: gathering all scopes at once, and a run: which step may start, the values that steps hand to each other, what is
//! tried again, how long is waited. Says what happens as [`Event`](privlink_model::Event)s and prints nothing.
//! Refuses to know: kinds (their schemas arrive as a table), the AWS SDK (calls go through
//! [`Cloud`](privlink_model::Cloud)), the user's language, files.
//! Read next: `dispatch`, the one owner of a run's state; `step`, what happens around one call.
//!
//! **Invariant:** a plan leaves no choice to a run. What is decided here is only *when* something is called.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod clock;
mod dispatch;
mod events;
mod gather;
mod journal;
mod late;
mod outputs;
mod prepare;
mod retry;
mod step;
mod stop;
mod store;

pub use clock::SystemClock;
pub use dispatch::{PARALLELISM, Run};
pub use events::EventSink;
pub use gather::gather;
pub use journal::{Journal, JournalError, LineError};
pub use stop::StopSignal;
pub use store::{
    Claim, FolderStore, Holder, Lock, LockError, Lost, MemoryObjects, ObjectStore, Store, StoreError, Unlocked, lock,
    wall_seconds,
};

/// The codes this crate reports by: code, summary, explanation.
pub static CODES: &[(&str, &str, &str)] = &[(
    gather::PANICKED,
    "reading an account failed inside privlink",
    "A read of this account and region ended in a bug of privlink's own, so nothing of it is known. Nothing that rests on \
     it is planned or changed. Please report it with the message; other accounts are not affected.",
)];
