//! Target groups: create, describe, modify, delete, and their health checks.
//!
//! A target group belongs to no load balancer until a listener forwards to it. Knows the combinations of protocols and
//! target types that network load balancers allow; who is registered is `target.rs`'s.

use super::load_balancer::check_name;
use super::request::{Request, arn, check_arn, number, port, refuse, validation};
use super::state::{Health, TargetGroup};
use super::{attributes, find, render, tags};
use crate::ec2;
use crate::wire::{Fault, Params, Reply};

const MAX_GROUPS: usize = 3000;

impl Health {
    /// Gives what is checked when a request says no more than the protocol.
    pub(super) fn defaults(protocol: &str) -> Health {
        let over_http = matches!(protocol, "HTTP" | "HTTPS");
        Health {
            protocol: protocol.to_owned(),
            port: "traffic-port".to_owned(),
            path: over_http.then(|| "/".to_owned()),
            interval: 30,
            timeout: if protocol == "HTTP" { 6 } else { 10 },
            healthy: 5,
            unhealthy: 2,
            matcher: over_http.then(|| "200-399".to_owned()),
        }
    }

    /// Applies what a request says about health checks.
    fn amended(mut self, params: &Params, enforced: bool) -> Result<Health, Fault> {
        if let Some(protocol) = params.get("HealthCheckProtocol").filter(|protocol| *protocol != self.protocol) {
            if !matches!(protocol, "TCP" | "HTTP" | "HTTPS") {
                return Err(validation(format!(
                    "Health check protocol '{protocol}' must be one of 'HTTP, HTTPS, TCP'"
                )));
            }
            let fresh = Health::defaults(protocol);
            self = Health {
                path: fresh.path,
                matcher: fresh.matcher,
                protocol: fresh.protocol,
                timeout: fresh.timeout,
                ..self
            };
        }
        let over_http = self.protocol != "TCP";
        if let Some(port) = params.get("HealthCheckPort") {
            if port != "traffic-port" && !port.parse::<u16>().is_ok_and(|port| port > 0) {
                return Err(validation(format!(
                    "Health check port '{port}' must be 'traffic-port' or between 1 and 65535"
                )));
            }
            port.clone_into(&mut self.port);
        }
        if let Some(path) = params.get("HealthCheckPath") {
            if !over_http {
                return Err(refuse(
                    "InvalidConfigurationRequest",
                    "Health check path is not supported for health checks with protocol 'TCP'",
                ));
            }
            if !path.starts_with('/') || path.len() > 1024 {
                return Err(validation(format!(
                    "Health check path '{path}' must begin with a '/' character and can be at most 1024 characters long"
                )));
            }
            self.path = Some(path.to_owned());
        }
        if let Some(codes) = params.get("Matcher.HttpCode") {
            if !over_http {
                return Err(refuse(
                    "InvalidConfigurationRequest",
                    "Health check matchers are not supported for health checks with protocol 'TCP'",
                ));
            }
            if !codes_are_sound(codes) {
                return Err(validation(format!(
                    "Health check matcher HTTP code '{codes}' must be within '200-599' inclusive"
                )));
            }
            self.matcher = Some(codes.to_owned());
        }
        self.interval = number(params, "HealthCheckIntervalSeconds", 5..=300)?.unwrap_or(self.interval);
        self.timeout = number(params, "HealthCheckTimeoutSeconds", 2..=120)?.unwrap_or(self.timeout);
        self.healthy = number(params, "HealthyThresholdCount", 2..=10)?.unwrap_or(self.healthy);
        self.unhealthy = number(params, "UnhealthyThresholdCount", 2..=10)?.unwrap_or(self.unhealthy);
        if self.timeout > self.interval {
            return Err(validation("Health check timeout must be smaller than or equal to the interval"));
        }
        let enabled = params.get("HealthCheckEnabled").unwrap_or("true");
        if !matches!(enabled, "true" | "false") {
            return Err(validation("HealthCheckEnabled must be one of 'true, false'"));
        }
        if enforced && enabled == "false" {
            let text = "Health check enabled must be true for target groups with this target type";
            return Err(refuse("InvalidConfigurationRequest", text));
        }
        Ok(self)
    }
}

/// Tells whether a list of codes and ranges stays within 200-599.
fn codes_are_sound(codes: &str) -> bool {
    codes.split(',').all(|part| {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        match (low.parse::<u16>(), high.parse::<u16>()) {
            (Ok(low), Ok(high)) => (200..=599).contains(&low) && (low..=599).contains(&high),
            _ => false,
        }
    })
}

/// Answers CreateTargetGroup; the same name with the same settings gives the one that is there.
pub(super) fn create(request: &mut Request) -> Result<Reply, Fault> {
    let name = request.require("Name")?.to_owned();
    check_name(&name, "Target group name")?;
    let new = read(request, name)?;
    if let Some(known) = request.state().target_groups.values().find(|known| known.name == new.name) {
        let same = known.protocol == new.protocol
            && known.port == new.port
            && known.vpc == new.vpc
            && known.target_type == new.target_type
            && known.health == new.health
            && known.tags == new.tags;
        if !same {
            let text = format!("A target group with the same name '{}' exists, but with different settings", new.name);
            return Err(refuse("DuplicateTargetGroupName", text));
        }
        let known = known.clone();
        return Ok(render::target_groups(request, &[&known], None));
    }
    if request.state().target_groups.len() >= MAX_GROUPS {
        let text = format!("The maximum number of target groups has been reached: {MAX_GROUPS}");
        return Err(refuse("TooManyTargetGroups", text));
    }
    let id = request.world.ids.hex(16);
    let path = format!("targetgroup/{}/{id}", new.name);
    let new = TargetGroup { arn: arn(&request.call.account, &request.call.region, &path), ..new };
    let reply = render::target_groups(request, &[&new], None);
    request.state_mut().target_groups.insert(new.arn.clone(), new);
    Ok(reply)
}

fn read(request: &Request, name: String) -> Result<TargetGroup, Fault> {
    let params = &request.params;
    let target_type = params.get("TargetType").unwrap_or("instance").to_owned();
    if !matches!(target_type.as_str(), "instance" | "ip" | "alb") {
        return Err(validation(format!("This sandbox keeps target types 'instance, ip, alb', not '{target_type}'")));
    }
    let protocol = params.get("Protocol").ok_or_else(|| validation("A protocol must be specified"))?.to_owned();
    if !matches!(protocol.as_str(), "HTTP" | "HTTPS" | "TCP" | "TLS" | "UDP" | "TCP_UDP") {
        return Err(validation(format!("Protocol '{protocol}' must be one of 'HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP'")));
    }
    let port = port(params, "Port")?.ok_or_else(|| validation("A port must be specified"))?;
    let vpc = params.get("VpcId").ok_or_else(|| validation("A VPC ID must be specified"))?.to_owned();
    if ec2::vpc(request.world, &request.call.account, &request.call.region, &vpc).is_none() {
        return Err(validation(format!("The VPC ID '{vpc}' is not found")));
    }
    if params.get("IpAddressType").is_some_and(|kind| kind != "ipv4") {
        return Err(refuse("InvalidConfigurationRequest", "This sandbox keeps ipv4 target groups only"));
    }
    let application = matches!(protocol.as_str(), "HTTP" | "HTTPS");
    if params.get("ProtocolVersion").is_some() && !application {
        let text = format!("Protocol version is not supported for target groups with protocol '{protocol}'");
        return Err(refuse("InvalidConfigurationRequest", text));
    }
    if target_type == "alb" && protocol != "TCP" {
        return Err(validation(format!(
            "Protocol '{protocol}' is not supported for target groups with the alb target type"
        )));
    }
    let checked = match (target_type.as_str(), protocol.as_str()) {
        ("alb", _) => "HTTP",
        (_, "HTTP") => "HTTP",
        (_, "HTTPS") => "HTTPS",
        _ => "TCP",
    };
    let health = Health::defaults(checked).amended(params, matches!(target_type.as_str(), "ip" | "alb"))?;
    if target_type == "alb" && health.protocol == "TCP" {
        return Err(validation("Health check protocol 'TCP' must be one of 'HTTP, HTTPS' for the alb target type"));
    }
    Ok(TargetGroup {
        attributes: attributes::target_group_defaults(&protocol, &target_type),
        arn: String::new(),
        name,
        protocol,
        port,
        vpc,
        target_type,
        protocol_version: application.then(|| params.get("ProtocolVersion").unwrap_or("HTTP1").to_owned()),
        health,
        tags: tags::read(params)?,
        targets: Vec::new(),
        ready_at: None,
    })
}

/// Answers DescribeTargetGroups.
pub(super) fn describe(request: &mut Request) -> Result<Reply, Fault> {
    let arns = request.params.members("TargetGroupArns");
    let names = request.params.members("Names");
    let load_balancer = request.params.get("LoadBalancerArn");
    if usize::from(!arns.is_empty()) + usize::from(!names.is_empty()) + usize::from(load_balancer.is_some()) > 1 {
        return Err(validation(
            "You can specify only one of the following: load balancer ARN, target group ARNs, names",
        ));
    }
    let all = &request.state().target_groups;
    let mut found: Vec<(String, &TargetGroup)> = Vec::new();
    for arn in &arns {
        found.push((arn.clone(), find::target_group(request, arn)?));
    }
    for name in &names {
        check_name(name, "Target group name")?;
        let known = all.values().find(|known| known.name == *name).ok_or_else(find::no_target_group)?;
        found.push((known.arn.clone(), known));
    }
    if let Some(lb) = load_balancer {
        find::load_balancer(request, lb)?;
        let state = request.state();
        let serves = |group: &&TargetGroup| state.load_balancer_of(&group.arn) == Some(lb);
        found = all.values().filter(serves).map(|group| (group.arn.clone(), group)).collect();
    } else if arns.is_empty() && names.is_empty() {
        found = all.iter().map(|(arn, group)| (arn.clone(), group)).collect();
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|a, b| a.0 == b.0);
    let (page, marker) = request.page(found)?;
    Ok(render::target_groups(request, &page, marker))
}

/// Answers ModifyTargetGroup, which changes the health checks and nothing else.
pub(super) fn modify(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("TargetGroupArn")?.to_owned();
    let mut group = find::target_group(request, &arn)?.clone();
    let enforced = matches!(group.target_type.as_str(), "ip" | "alb");
    group.health = group.health.amended(&request.params, enforced)?;
    let reply = render::target_groups(request, &[&group], None);
    request.state_mut().target_groups.insert(arn, group);
    Ok(reply)
}

/// Answers DeleteTargetGroup, which succeeds when it is gone already.
pub(super) fn delete(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("TargetGroupArn")?.to_owned();
    check_arn(&arn, "targetgroup")?;
    if request.state().load_balancer_of(&arn).is_some() {
        return Err(refuse(
            "ResourceInUse",
            format!("Target group '{arn}' is currently in use by a listener or a rule"),
        ));
    }
    request.state_mut().target_groups.remove(&arn);
    Ok(request.answer(|_| {}))
}
