//! Runs of small plans against a toy cloud, in virtual time.

#![allow(clippy::unwrap_used, reason = "tests")]

mod deaths;
mod failures;
mod gather;
mod laws;
mod order;
mod stops;
mod toy;
mod unwinding;
mod values;
mod waits;
mod ways;
mod world;
