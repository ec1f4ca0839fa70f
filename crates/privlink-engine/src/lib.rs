//! Effects: reads the live accounts, and carries out plans.
//!
//! Owns: gathering all scopes at once, and a run: which step may start, the values that steps hand to each other, what is
//! tried again, how long is waited, what is written down, how it is taken back. Says what happens as [`Event`](privlink_model::Event)s and prints nothing.
//! Refuses to know: kinds (their schemas arrive as a table), the AWS SDK (calls go through
//! [`Cloud`](privlink_model::Cloud)), the user's language.
//! Read next: `run`, a plan carried out and taken back; `dispatch`, one way through its steps; `step`, what happens around one
//! call; `journal` and `store`, where it is written down.
//!
//! **Invariant:** a plan leaves no choice to a run. What is decided here is only *when* something is called.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod clock;
mod compare;
mod course;
mod dispatch;
mod events;
mod gather;
mod journal;
mod late;
mod lost;
mod moved;
mod outputs;
mod ports;
mod prepare;
mod probe;
mod renamed;
mod retry;
mod run;
mod settle;
mod step;
mod stop;
mod store;
mod track;
mod way_back;

pub use clock::SystemClock;
pub use events::EventSink;
pub use gather::gather;
pub use journal::{Journal, JournalError, LineError};
pub use moved::{Moved, moved_since};
pub use run::{PARALLELISM, Run};
pub use stop::StopSignal;
pub use store::{
    Claim, FolderStore, Holder, Lock, LockError, Lost, MemoryObjects, ObjectStore, Store, StoreError, Unlocked, lock,
    wall_seconds,
};
pub use way_back::way_back;

/// The codes this crate reports by: code, summary, explanation.
pub static CODES: &[(&str, &str, &str)] = &[(
    gather::PANICKED,
    "reading an account failed inside privlink",
    "A read of this account and region ended in a bug of privlink's own, so nothing of it is known. Nothing that rests on \
     it is planned or changed. Please report it with the message; other accounts are not affected.",
)];
