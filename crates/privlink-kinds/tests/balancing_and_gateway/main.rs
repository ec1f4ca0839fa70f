//! Load balancing and API Gateway kinds, through the real SDK, against the sandbox.
//!
//! Owns: what each kind does to a live account and what it reads back. Refuses to know: plans, order, the spec.
//! Read next: `bench` for the world these tests run in.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used)]

mod balancing;
mod bench;
mod gateway;
