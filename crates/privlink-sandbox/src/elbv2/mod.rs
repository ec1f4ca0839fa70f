//! ELBv2: owns load balancers, listeners and target groups.
//!
//! This file routes a request by its `Action`. Which endpoint service or VPC link stands on a load balancer is EC2's to
//! know; here it only forbids deletion. Read next: `state.rs` for the objects, `load_balancer.rs`, `target.rs` for health,
//! `render.rs` for the wire.

mod attributes;
mod existing;
mod find;
mod limits;
mod listener;
mod load_balancer;
mod placement;
pub(crate) mod ports;
mod render;
mod request;
pub(crate) mod state;
mod tags;
mod target;
mod target_group;
#[cfg(test)]
mod tests;

pub(crate) use existing::{Existing, add_existing};
pub(crate) use tags::tags_of;

use crate::wire::{Call, Fault, Params, Reply};
use crate::world::World;
use request::Request;

/// Applies what has come due; called before every request.
pub(crate) fn settle(world: &mut World) {
    let now = world.now();
    for scope in world.scopes.values_mut() {
        for group in scope.elb.target_groups.values_mut() {
            group.targets.retain(|target| target.gone_at.is_none_or(|gone| gone > now));
        }
    }
}

type Operation = fn(&mut Request<'_>) -> Result<Reply, Fault>;

const PAGED: [&str; 2] = ["Marker", "PageSize"];

const HEALTH_CHECK: [&str; 9] = [
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckEnabled",
    "HealthCheckPath",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
    "Matcher",
];

/// Each operation, with the parameters it knows; those of paging and of health checks go without saying where they belong.
const OPERATIONS: &[(&str, Operation, &[&str])] = &[
    ("AddTags", tags::add, &["ResourceArns", "Tags"]),
    ("CreateListener", listener::create, CREATE_LISTENER),
    ("CreateLoadBalancer", load_balancer::create, CREATE_LOAD_BALANCER),
    ("CreateTargetGroup", target_group::create, CREATE_TARGET_GROUP),
    ("DeleteListener", listener::delete, &["ListenerArn"]),
    ("DeleteLoadBalancer", load_balancer::delete, &["LoadBalancerArn"]),
    ("DeleteTargetGroup", target_group::delete, &["TargetGroupArn"]),
    ("DeregisterTargets", target::deregister, &["TargetGroupArn", "Targets"]),
    ("DescribeAccountLimits", limits::describe, &[]),
    ("DescribeListenerAttributes", attributes::describe_listener, &["ListenerArn"]),
    ("DescribeListeners", listener::describe, &["LoadBalancerArn", "ListenerArns"]),
    ("DescribeLoadBalancerAttributes", attributes::describe_load_balancer, &["LoadBalancerArn"]),
    ("DescribeLoadBalancers", load_balancer::describe, &["LoadBalancerArns", "Names"]),
    ("DescribeTags", tags::describe, &["ResourceArns"]),
    ("DescribeTargetGroupAttributes", attributes::describe_target_group, &["TargetGroupArn"]),
    ("DescribeTargetGroups", target_group::describe, &["LoadBalancerArn", "TargetGroupArns", "Names"]),
    ("DescribeTargetHealth", target::describe_health, &["TargetGroupArn", "Targets", "Include"]),
    ("ModifyListener", listener::modify, MODIFY_LISTENER),
    ("ModifyListenerAttributes", attributes::modify_listener, &["ListenerArn", "Attributes"]),
    ("ModifyLoadBalancerAttributes", attributes::modify_load_balancer, &["LoadBalancerArn", "Attributes"]),
    ("ModifyTargetGroup", target_group::modify, &["TargetGroupArn"]),
    ("ModifyTargetGroupAttributes", attributes::modify_target_group, &["TargetGroupArn", "Attributes"]),
    ("RegisterTargets", target::register, &["TargetGroupArn", "Targets"]),
    ("RemoveTags", tags::remove, &["ResourceArns", "TagKeys"]),
    ("SetSecurityGroups", placement::set_security_groups, SET_SECURITY_GROUPS),
    ("SetSubnets", placement::set_subnets, &["LoadBalancerArn", "Subnets", "SubnetMappings"]),
];

const CREATE_LISTENER: &[&str] =
    &["LoadBalancerArn", "Protocol", "Port", "SslPolicy", "Certificates", "DefaultActions", "AlpnPolicy", "Tags"];
const MODIFY_LISTENER: &[&str] =
    &["ListenerArn", "Protocol", "Port", "SslPolicy", "Certificates", "DefaultActions", "AlpnPolicy"];
const CREATE_LOAD_BALANCER: &[&str] =
    &["Name", "Subnets", "SubnetMappings", "SecurityGroups", "Scheme", "Tags", "Type", "IpAddressType"];
const CREATE_TARGET_GROUP: &[&str] =
    &["Name", "Protocol", "ProtocolVersion", "Port", "VpcId", "TargetType", "Tags", "IpAddressType"];
const SET_SECURITY_GROUPS: &[&str] =
    &["LoadBalancerArn", "SecurityGroups", "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"];

/// Tells whether there is an operation of this name.
pub(crate) fn offers(operation: &str) -> bool {
    OPERATIONS.iter().any(|(name, ..)| *name == operation)
}

/// Answers an ELBv2 request.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let params = Params::read(call);
    let action = params.get("Action").unwrap_or_default().to_owned();
    let Some((name, operation, known)) = OPERATIONS.iter().find(|(name, ..)| *name == action) else {
        let text = format!("Could not find operation {action} for version 2015-12-01");
        return Err(Fault::new(400, "InvalidAction", text));
    };
    let pages = name.starts_with("Describe") && PAGED.iter().any(|paged| params.has(paged));
    for (parameter, _) in params.pairs() {
        let root = parameter.split('.').next().unwrap_or_default();
        let expected = matches!(root, "Action" | "Version")
            || known.contains(&root)
            || (pages && PAGED.contains(&root))
            || (name.ends_with("TargetGroup") && HEALTH_CHECK.contains(&root));
        if !expected {
            let text = format!("This sandbox does not know the parameter {root} of {name}");
            return Err(request::validation(text));
        }
    }
    operation(&mut Request { world, call, action, params })
}
