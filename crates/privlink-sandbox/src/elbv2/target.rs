//! Targets: register, deregister, and the health that a world without packets can give them.
//!
//! Owns which addresses a network load balancer can reach and when a target needs an Availability Zone. A target that
//! could be reached turns healthy by the clock; one that could not says why. **Invariant:** health is computed, never
//! stored.

use super::find;
use super::render::{self, TargetHealth};
use super::request::{Request, port, refuse, validation};
use super::state::{LoadBalancer, Target, TargetGroup};
use crate::wire::{Fault, Params, Reply};
use ipnet::Ipv4Net;
use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::time::Duration;

const MAX_TARGETS: usize = 1000;

fn health(state: &'static str, reason: &'static str, description: impl Into<Cow<'static, str>>) -> TargetHealth {
    TargetHealth { state, reason: Some(reason), description: Some(description.into()) }
}

/// Reads the targets of a request; a port that is not given is the group's.
fn read(params: &Params, group: &TargetGroup) -> Result<Vec<(String, u16, Option<String>)>, Fault> {
    let list = params.structs("Targets.member");
    let each = |target: &Params| {
        let id =
            target.get("Id").filter(|id| !id.is_empty()).ok_or_else(|| validation("A target ID must be specified"))?;
        let port = port(target, "Port")?.unwrap_or(group.port);
        Ok((id.to_owned(), port, target.get("AvailabilityZone").map(str::to_owned)))
    };
    list.iter().map(each).collect()
}

/// Answers RegisterTargets; a target that is there stays, one that is draining comes back.
pub(super) fn register(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("TargetGroupArn")?.to_owned();
    let mut group = find::target_group(request, &arn)?.clone();
    let targets = read(&request.params, &group)?;
    if targets.is_empty() {
        return Err(validation("At least one target must be specified"));
    }
    let created_at = request.world.done_after(Duration::ZERO);
    let failure = request.world.fate.failure().map(str::to_owned);
    for (id, port, zone) in targets {
        let zone = match group.target_type.as_str() {
            "ip" => Some(check_address(request, &group, &id, zone.as_deref())?),
            "alb" => check_alb(request, &group, &id, port, zone.as_deref())?,
            // The world keeps no instances.
            _ => return Err(refuse("InvalidTarget", format!("The following targets are not valid instances: '{id}'"))),
        };
        let known = group.targets.iter_mut().find(|known| known.id == id && known.port == port);
        match known {
            Some(known) if known.gone_at.is_none() => known.zone = zone,
            Some(known) => *known = Target { id, port, zone, created_at, failure: failure.clone(), gone_at: None },
            None => {
                group.targets.push(Target { id, port, zone, created_at, failure: failure.clone(), gone_at: None });
            }
        }
    }
    let limit = if group.target_type == "alb" { 1 } else { MAX_TARGETS };
    if group.targets.len() > limit {
        return Err(refuse("TooManyTargets", format!("The maximum number of targets of a target group is {limit}")));
    }
    request.state_mut().target_groups.insert(arn, group);
    Ok(request.answer(|_| {}))
}

/// Gives the zone of an address that may be a target: its subnet's inside the VPC, the caller's outside.
fn check_address(request: &Request, group: &TargetGroup, id: &str, zone: Option<&str>) -> Result<String, Fault> {
    let address: Ipv4Addr =
        id.parse().map_err(|_| validation(format!("The IP address '{id}' is not a valid IPv4 address")))?;
    let scope = &request.world.scope(&request.call.account, &request.call.region).ec2;
    let inside = scope.vpcs.get(&group.vpc).is_some_and(|vpc| vpc.cidrs.iter().any(|cidr| cidr.contains(&address)));
    let mut subnets = scope.subnets.values().filter(|subnet| subnet.vpc == group.vpc);
    if inside {
        let Some(subnet) = subnets.find(|subnet| subnet.cidr.contains(&address)) else {
            let text = format!("The IP address '{id}' is not within any subnet of the VPC '{}'", group.vpc);
            return Err(refuse("InvalidTarget", text));
        };
        return match zone {
            Some(zone) if zone != subnet.az => Err(validation(format!(
                "The Availability Zone '{zone}' is not valid for the IP address '{id}', which is in '{}'",
                subnet.az
            ))),
            _ => Ok(subnet.az.clone()),
        };
    }
    let legal = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
    if !legal.iter().filter_map(|cidr| cidr.parse::<Ipv4Net>().ok()).any(|cidr| cidr.contains(&address)) {
        let text = format!(
            "The IP address '{id}' is not within the VPC's subnets and not in one of the ranges {}",
            legal.join(", ")
        );
        return Err(refuse("InvalidTarget", text));
    }
    match zone {
        None => Err(validation(format!(
            "You must specify an Availability Zone or 'all' for the IP address '{id}', which is outside the VPC '{}'",
            group.vpc
        ))),
        Some("all") => Ok("all".to_owned()),
        Some(zone) if subnets.any(|subnet| subnet.az == zone) => Ok(zone.to_owned()),
        Some(zone) => Err(validation(format!("The Availability Zone '{zone}' is not valid"))),
    }
}

fn check_alb(
    request: &Request,
    group: &TargetGroup,
    arn: &str,
    port: u16,
    zone: Option<&str>,
) -> Result<Option<String>, Fault> {
    if zone.is_some() {
        return Err(validation("Availability Zone is not supported for target groups with the alb target type"));
    }
    if port != group.port {
        return Err(validation(format!("The target's port must be the target group's port, {}", group.port)));
    }
    let state = request.state();
    let known = state.load_balancers.get(arn).filter(|lb| lb.kind == "application" && lb.vpc == group.vpc);
    if known.is_none() {
        return Err(refuse(
            "InvalidTarget",
            format!("The following targets are not valid Application Load Balancers: '{arn}'"),
        ));
    }
    if !state.listeners.values().any(|listener| listener.load_balancer == arn && listener.port == port) {
        let text = format!("The Application Load Balancer '{arn}' has no listener on port {port}");
        return Err(refuse("InvalidTarget", text));
    }
    Ok(None)
}

/// Answers DeregisterTargets; one that is not registered is passed over.
pub(super) fn deregister(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("TargetGroupArn")?.to_owned();
    let mut group = find::target_group(request, &arn)?.clone();
    let gone = read(&request.params, &group)?;
    if gone.is_empty() {
        return Err(validation("At least one target must be specified"));
    }
    let delay = group.attributes.get("deregistration_delay.timeout_seconds").and_then(|text| text.parse().ok());
    let drained = request.world.done_after(Duration::from_secs(delay.unwrap_or(300)));
    let named = |target: &Target| gone.iter().any(|(id, port, _)| *id == target.id && *port == target.port);
    if group.ready_at.is_some() {
        for target in group.targets.iter_mut().filter(|target| named(target)) {
            target.gone_at.get_or_insert(drained);
        }
    } else {
        // Nothing flows to a group that no listener uses, so nothing drains.
        group.targets.retain(|target| !named(target));
    }
    request.state_mut().target_groups.insert(arn, group);
    Ok(request.answer(|_| {}))
}

/// Gives a registered target's health.
fn health_of(request: &Request, group: &TargetGroup, lb: Option<&LoadBalancer>, target: &Target) -> TargetHealth {
    let now = request.world.now();
    if target.gone_at.is_some() {
        return health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress");
    }
    let (Some(lb), Some(used)) = (lb, group.ready_at) else {
        let text = "Target group is not configured to receive traffic from the load balancer";
        return health("unused", "Target.NotInUse", text);
    };
    let zone = target.zone.as_deref();
    if zone.is_some_and(|zone| zone != "all" && !lb.zones.iter().any(|known| known.az == zone)) {
        let text = "Target is in an Availability Zone that is not enabled for the load balancer";
        return health("unused", "Target.NotInUse", text);
    }
    if is_balancer_address(request, &group.vpc, &target.id) {
        return health("unhealthy", "Target.IpUnusable", "The IP address is in use by a load balancer");
    }
    let checked = target.created_at.max(used).max(lb.ready_at);
    if now < checked {
        return health("initial", "Elb.RegistrationInProgress", "Target registration is in progress");
    }
    if now < checked.plus(request.world.timing.target_initial) {
        return health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress");
    }
    match &target.failure {
        Some(reason) => health("unhealthy", "Target.FailedHealthChecks", reason.clone()),
        None => TargetHealth { state: "healthy", reason: None, description: None },
    }
}

fn is_balancer_address(request: &Request, vpc: &str, id: &str) -> bool {
    let lbs = request.state().load_balancers.values().filter(|lb| lb.vpc == vpc);
    lbs.flat_map(|lb| &lb.zones).any(|zone| zone.address.to_string() == id)
}

/// Answers DescribeTargetHealth; one that is asked for and not registered is told to be unused.
pub(super) fn describe_health(request: &mut Request) -> Result<Reply, Fault> {
    let group = find::target_group(request, request.require("TargetGroupArn")?)?;
    let asked = read(&request.params, group)?;
    let state = request.state();
    let lb = state.load_balancer_of(&group.arn).and_then(|arn| state.load_balancers.get(arn));
    let mut rows: Vec<(Target, TargetHealth)> = Vec::new();
    for target in &group.targets {
        let wanted = asked.is_empty() || asked.iter().any(|(id, port, _)| *id == target.id && *port == target.port);
        if wanted {
            rows.push((target.clone(), health_of(request, group, lb, target)));
        }
    }
    for (id, port, zone) in asked {
        if !rows.iter().any(|(target, _)| target.id == id && target.port == port) {
            let target = Target { id, port, zone, created_at: request.world.now(), failure: None, gone_at: None };
            let text = "Target is not registered to the target group";
            rows.push((target, health("unused", "Target.NotRegistered", text)));
        }
    }
    Ok(request.answer(|x| render::target_health(x, group, &rows)))
}
