//! ELBv2: owns load balancers, listeners and target groups.
//!
//! This file routes a request by its `Action`. Which endpoint service or VPC link stands on a load balancer is EC2's to
//! know; here it only forbids deletion. Read next: `load_balancer.rs`, `target.rs` for health, `render.rs` for the wire.

mod attributes;
mod limits;
mod listener;
mod load_balancer;
mod placement;
mod render;
mod request;
mod tags;
mod target;
mod target_group;
#[cfg(test)]
mod tests;

pub(crate) use load_balancer::{Existing, LoadBalancer, add_existing};
pub(crate) use request::refusal;

use crate::clock::Moment;
use crate::wire::{Call, Fault, Params, Reply};
use crate::world::World;
use listener::Listener;
use request::Request;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use target_group::TargetGroup;

/// What ELBv2 keeps for one account and region, each kind by ARN.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) load_balancers: BTreeMap<String, LoadBalancer>,
    listeners: BTreeMap<String, Listener>,
    target_groups: BTreeMap<String, TargetGroup>,
}

impl State {
    /// Gives the load balancer that forwards to a target group.
    fn load_balancer_of(&self, target_group: &str) -> Option<&str> {
        let mut listeners = self.listeners.values();
        listeners.find(|listener| listener.target_group == target_group).map(|listener| listener.load_balancer.as_str())
    }

    /// Notes which target groups listeners use: those newly used from the moment given, those no longer used not at all.
    fn note_use(&mut self, now: Option<Moment>) {
        let used: BTreeSet<&String> = self.listeners.values().map(|listener| &listener.target_group).collect();
        for (arn, group) in &mut self.target_groups {
            if !used.contains(arn) {
                group.used_since = None;
                group.targets.retain(|target| target.drained_at.is_none());
            } else if group.used_since.is_none() {
                group.used_since = now;
            }
        }
    }
}

/// Finds a load balancer.
pub(crate) fn load_balancer<'w>(world: &'w World, account: &str, region: &str, arn: &str) -> Option<&'w LoadBalancer> {
    world.scope(account, region).elb.load_balancers.get(arn)
}

/// Applies what has come due; called before every request.
pub(crate) fn settle(world: &mut World) {
    let now = world.now();
    for scope in world.scopes.values_mut() {
        for group in scope.elb.target_groups.values_mut() {
            group.targets.retain(|target| target.drained_at.is_none_or(|drained| drained > now));
        }
    }
}

/// Answers an ELBv2 request.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let params = Params::read(call);
    let action = params.get("Action").unwrap_or_default().to_owned();
    let request = &mut Request { world, call, action, params };
    match request.action.as_str() {
        "CreateLoadBalancer" => load_balancer::create(request),
        "DescribeLoadBalancers" => load_balancer::describe(request),
        "DeleteLoadBalancer" => load_balancer::delete(request),
        "DescribeLoadBalancerAttributes" => attributes::describe_load_balancer(request),
        "ModifyLoadBalancerAttributes" => attributes::modify_load_balancer(request),
        "SetSubnets" => placement::set_subnets(request),
        "SetSecurityGroups" => placement::set_security_groups(request),
        "CreateTargetGroup" => target_group::create(request),
        "DescribeTargetGroups" => target_group::describe(request),
        "ModifyTargetGroup" => target_group::modify(request),
        "DeleteTargetGroup" => target_group::delete(request),
        "DescribeTargetGroupAttributes" => attributes::describe_target_group(request),
        "ModifyTargetGroupAttributes" => attributes::modify_target_group(request),
        "RegisterTargets" => target::register(request),
        "DeregisterTargets" => target::deregister(request),
        "DescribeTargetHealth" => target::describe_health(request),
        "CreateListener" => listener::create(request),
        "DescribeListeners" => listener::describe(request),
        "ModifyListener" => listener::modify(request),
        "DeleteListener" => listener::delete(request),
        "DescribeListenerAttributes" => attributes::describe_listener(request),
        "ModifyListenerAttributes" => attributes::modify_listener(request),
        "AddTags" => tags::add(request),
        "RemoveTags" => tags::remove(request),
        "DescribeTags" => tags::describe(request),
        "DescribeAccountLimits" => limits::describe(request),
        other => {
            let text = format!("Could not find operation {other} for version 2015-12-01");
            Err(Fault::new(400, "InvalidAction", text))
        }
    }
}
