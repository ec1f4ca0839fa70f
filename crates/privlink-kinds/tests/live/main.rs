//! The live halves through the real SDK, against the sandbox on loopback.
//!
//! Read next: `ec2` for the life of an endpoint across two accounts, `failures` for what cannot be read.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bench;
mod ec2;
mod failures;
mod look_up;
mod pace;
mod permissions;
mod trail;
