//! GitHub's side: the action, its scripts and the workflows we ship, linted and run for real.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a failed set-up is a failed test")]

mod actions;
#[cfg(feature = "aws")]
mod scene;
mod served;
#[cfg(feature = "aws")]
mod standin;
