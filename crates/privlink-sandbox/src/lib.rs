//! An AWS on loopback that speaks the real wire protocols: EC2 query, ELBv2 query, REST-JSON for API Gateway, STS,
//! IAM, CloudTrail and EventBridge.
//!
//! Owns a world of accounts and regions whose objects behave as AWS's do: asynchronous states on a clock that can be sped
//! up, referential integrity with AWS's error codes, isolation by assumed role. It refuses to know the tool that it is
//! used to test, and it is never kinder than AWS. Read next: `world.rs` for what exists, `route.rs` for how a request
//! reaches a service, `gate.rs` for what may go wrong on the way, `ec2/mod.rs` for the largest of the services.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod apigateway;
mod clock;
mod ec2;
mod elbv2;
mod events;
mod fate;
mod gate;
mod iam;
mod ids;
mod json_rpc;
mod operation;
mod route;
mod sandbox;
mod service;
mod settle;
mod store;
mod sts;
mod summary;
mod timing;
mod trail;
mod wire;
mod world;
mod world_file;
mod xml;

pub use gate::faults::{Fault, FaultKind, FaultProblem, Faults, Turn};
pub use sandbox::Sandbox;
pub use world::{Options, World};
pub use world_file::WorldProblem;
