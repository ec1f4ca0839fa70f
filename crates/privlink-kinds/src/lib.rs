//! One file for each kind of AWS resource: its schema always, its live half behind the feature `aws`.
//!
//! Owns: schemas, normalisers, sessions, quotas, and the sorting of AWS's errors.
//! Refuses to know: the spec, plans, journals, how anything is printed. SDK types do not leave this crate.
//! Read next: one kind's file, such as `endpoint`; with `aws`, `cloud` for how they are called.
#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(feature = "aws")]
mod error;
#[cfg(feature = "aws")]
mod live;
#[cfg(feature = "aws")]
mod session;

use privlink_model::Kinds;

/// Every kind privlink knows.
pub static KINDS: Kinds = Kinds::new(&[]);
