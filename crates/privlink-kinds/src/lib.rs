//! One file for each kind of AWS resource: its schema always, its live half behind the feature `aws`.
//!
//! Owns: schemas, normalisers, sessions, quotas, the sorting of AWS's errors; asking accounts who changed what, and telling
//! their event buses.
//! Refuses to know: the spec, plans, journals, how anything is printed. SDK types do not leave this crate.
//! Read next: one kind's file, such as `endpoint`; with `aws`, `cloud` for how they are called.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![cfg_attr(
    feature = "aws",
    expect(
        clippy::result_large_err,
        reason = "a call takes a network's time: moving what AWS said of its failure is nothing"
    )
)]

pub mod api_definition;
#[cfg(feature = "aws")]
mod api_gateway;
#[cfg(feature = "aws")]
mod api_gateway_gather;
#[cfg(feature = "aws")]
mod bus;
#[cfg(feature = "aws")]
mod cloud;
pub mod codes;
#[cfg(feature = "aws")]
mod connect;
#[cfg(feature = "aws")]
mod credentials;
pub mod deployment;
#[cfg(feature = "aws")]
mod ec2;
#[cfg(feature = "aws")]
mod ec2_gather;
#[cfg(feature = "aws")]
mod elb;
#[cfg(feature = "aws")]
mod elb_gather;
pub mod endpoint;
pub mod endpoint_connection;
pub mod endpoint_service;
#[cfg(feature = "aws")]
mod error;
mod json;
#[cfg(feature = "aws")]
mod limiter;
#[cfg(feature = "aws")]
mod line;
pub mod listener;
#[cfg(feature = "aws")]
mod live;
pub mod load_balancer;
#[cfg(feature = "aws")]
mod nulls;
#[cfg(feature = "aws")]
mod objects;
#[cfg(feature = "aws")]
mod operation;
pub mod permissions;
pub mod policy_document;
pub mod privatelink_enforcement;
pub mod quota;
pub mod quota_fact;
#[cfg(feature = "aws")]
mod quota_use;
mod resource_policy;
pub mod rest_api;
pub mod route_table;
pub mod security_group;
pub mod security_group_rule;
pub mod service_permission;
#[cfg(feature = "aws")]
mod session;
#[cfg(feature = "aws")]
mod shared_reads;
#[cfg(feature = "aws")]
mod simulation;
pub mod stage;
pub mod subnet;
pub mod target_group;
pub mod targets;
#[cfg(feature = "aws")]
mod throttle;
#[cfg(feature = "aws")]
mod trail;
pub mod transit_gateway;
pub mod visible_service;
pub mod vpc;
pub mod vpc_link;

#[cfg(feature = "aws")]
pub use cloud::AwsCloud;
pub use codes::{CODES, Code};
#[cfg(feature = "aws")]
pub use connect::ConnectOptions;
#[cfg(feature = "aws")]
pub use error::stable_code;

use privlink_model::Kinds;

/// Every kind privlink knows.
pub static KINDS: Kinds = Kinds::new(&[
    &vpc::SCHEMA,
    &subnet::SCHEMA,
    &route_table::SCHEMA,
    &transit_gateway::SCHEMA,
    &visible_service::SCHEMA,
    &security_group::SCHEMA,
    &security_group_rule::SCHEMA,
    &endpoint_service::SCHEMA,
    &service_permission::SCHEMA,
    &endpoint_connection::SCHEMA,
    &endpoint::SCHEMA,
    &load_balancer::SCHEMA,
    &privatelink_enforcement::SCHEMA,
    &target_group::SCHEMA,
    &targets::SCHEMA,
    &listener::SCHEMA,
    &vpc_link::SCHEMA,
    &rest_api::SCHEMA,
    &api_definition::SCHEMA,
    &deployment::SCHEMA,
    &stage::SCHEMA,
]);
