//! The shared store on moto's S3: what its conditional writes promise, and many processes that race for one lock.
//!
//! The processes are this test, called by itself. What they leave is also looked at by boto3 (`witness/moto_store.py`).
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;
mod shared_store;
