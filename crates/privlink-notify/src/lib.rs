//! Telling people outside what a plan or a drift check found: comments, labels and issues on GitHub, and webhooks.
//!
//! Owns: requests, their retries and limits, and how what was said before is found again. Refuses to know: plans, drift and
//! the environment of a CI system. Text comes in and a short account of what was done goes out; nothing is printed here.
//! Read next: `github` for one GitHub, `github::issue` for the life of an issue.
//!
//! **Invariant:** what somebody else wrote is never edited, and a request that may have made something is never repeated
//! before a look whether it did.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![warn(missing_docs)]

mod clock;
pub mod github;
mod secret;
mod url;
pub mod webhook;

pub use clock::{Clock, SystemClock, Waiting};
pub use github::GitHub;
pub use secret::Secret;
