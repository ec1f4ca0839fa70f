//! Load balancers of a world file: what exists before the first request.
//!
//! They are made as a request makes them, but are active at once, and may be application load balancers. Ids depend on
//! the names alone, so that the same file gives the same ARNs. Read next: `load_balancer.rs`.

use super::attributes;
use super::load_balancer::{Mapping, New, build, check_groups, check_name, check_subnets};
use super::request::{arn, refuse};
use super::state::{Health, Listener, LoadBalancer, TargetGroup};
use crate::ids::stable_hex;
use crate::wire::Fault;
use crate::world::World;
use std::collections::BTreeMap;

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

/// Puts a load balancer into the world and gives its ARN; each of its listeners gets a target group of its own.
pub(crate) fn add_existing(world: &mut World, account: &str, region: &str, lb: Existing) -> Result<String, Fault> {
    check_name(&lb.name, "The load balancer name")?;
    let scope = &world.scope(account, region).elb;
    if scope.load_balancers.values().any(|known| known.name == lb.name) {
        return Err(refuse("DuplicateLoadBalancerName", format!("A load balancer with the name '{}' exists", lb.name)));
    }
    let mappings: Vec<Mapping> =
        lb.subnets.iter().map(|subnet| Mapping { subnet: subnet.clone(), address: None }).collect();
    let vpc = check_subnets(world, account, region, &mappings)?;
    check_groups(world, account, region, &vpc, &lb.security_groups)?;
    let id = stable_hex(&format!("{account}/{region}/{}", lb.name), 16);
    let new = New {
        name: lb.name,
        kind: lb.kind,
        scheme: lb.scheme,
        vpc,
        mappings,
        security_groups: lb.security_groups,
        tags: lb.tags,
        id,
    };
    let mut made = build(world, account, region, new)?;
    made.ready_at = made.created;
    made.attributes.insert("deletion_protection.enabled".to_owned(), lb.deletion_protection.to_string());
    let lb_arn = made.arn.clone();
    for (protocol, port) in lb.listeners {
        let group = backing_group(account, region, &made, &protocol, port);
        let id = stable_hex(&format!("{lb_arn}:{port}"), 16);
        let listener = Listener::forwarding(&made, account, region, &id, (protocol, port), &group.arn);
        let state = &mut world.scope_mut(account, region).elb;
        state.target_groups.insert(group.arn.clone(), group);
        state.listeners.insert(listener.arn.clone(), listener);
    }
    world.scope_mut(account, region).elb.load_balancers.insert(lb_arn.clone(), made);
    Ok(lb_arn)
}

fn backing_group(account: &str, region: &str, lb: &LoadBalancer, protocol: &str, port: u16) -> TargetGroup {
    let name: String = format!("{port}-{}", lb.name).chars().take(32).collect();
    let name = name.trim_end_matches('-').to_owned();
    let id = stable_hex(&format!("{}:{port}:targets", lb.arn), 16);
    TargetGroup {
        arn: arn(account, region, &format!("targetgroup/{name}/{id}")),
        name,
        protocol: protocol.to_owned(),
        port,
        vpc: lb.vpc.clone(),
        target_type: "ip".to_owned(),
        protocol_version: (lb.kind == "application").then(|| "HTTP1".to_owned()),
        health: Health::defaults(if lb.kind == "application" { "HTTP" } else { "TCP" }),
        attributes: attributes::target_group_defaults(protocol, "ip"),
        tags: BTreeMap::new(),
        targets: Vec::new(),
        ready_at: Some(lb.created),
    }
}
