//! ELBv2: owns load balancers, listeners and target groups.

use crate::clock::Moment;
use crate::wire::{Call, Fault, Reply};
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What ELBv2 keeps for one account and region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) load_balancers: BTreeMap<String, LoadBalancer>,
}

/// A load balancer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LoadBalancer {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// `network` or `application`.
    pub(crate) kind: String,
    pub(crate) vpc: String,
    pub(crate) zones: Vec<Zone>,
    pub(crate) ready_at: Moment,
}

/// A zone of a load balancer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Zone {
    pub(crate) subnet: String,
    pub(crate) az: String,
    pub(crate) az_id: String,
}

impl LoadBalancer {
    /// Gives the state, as `DescribeLoadBalancers` spells it.
    pub(crate) fn state(&self, now: Moment) -> &'static str {
        if now >= self.ready_at { "active" } else { "provisioning" }
    }
}

/// A load balancer of a world file: it exists, active, before the first request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Existing {
    pub(crate) name: String,
    /// `network` or `application`.
    pub(crate) kind: String,
    /// `internal` or `internet-facing`.
    pub(crate) scheme: String,
    pub(crate) subnets: Vec<String>,
    pub(crate) security_groups: Vec<String>,
    /// Protocol and port, e.g. `("TCP", 80)`.
    pub(crate) listeners: Vec<(String, u16)>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) deletion_protection: bool,
}

/// Puts a load balancer into the world and gives its ARN.
pub(crate) fn add_existing(_world: &mut World, _account: &str, _region: &str, lb: Existing) -> Result<String, Fault> {
    Err(Fault::new(400, "InvalidAction", format!("load balancer {} cannot be added yet", lb.name)))
}

/// Finds a load balancer.
pub(crate) fn load_balancer<'w>(world: &'w World, account: &str, region: &str, arn: &str) -> Option<&'w LoadBalancer> {
    world.scope(account, region).elb.load_balancers.get(arn)
}

/// Applies what has come due; called before every request.
pub(crate) fn settle(_world: &mut World) {}

/// Answers an ELBv2 request.
pub(crate) fn handle(_world: &mut World, _call: &Call) -> Result<Reply, Fault> {
    Err(Fault::new(400, "InvalidAction", "Could not find operation"))
}
