//! Attributes of load balancers, target groups and listeners: the keys, their defaults, what each may be set to.

use super::request::{Request, refuse};
use super::{find, render};
use crate::wire::{Fault, Params, Reply};
use std::collections::BTreeMap;

type Attributes = BTreeMap<String, String>;

fn defaults(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Gives the attributes of a new load balancer.
pub(super) fn load_balancer_defaults(kind: &str) -> Attributes {
    let mut all = defaults(&[
        ("access_logs.s3.bucket", ""),
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.prefix", ""),
        ("deletion_protection.enabled", "false"),
        ("ipv6.deny_all_igw_traffic", "false"),
        ("zonal_shift.config.enabled", "false"),
    ]);
    all.extend(if kind == "network" {
        defaults(&[
            ("dns_record.client_routing_policy", "any_availability_zone"),
            ("load_balancing.cross_zone.enabled", "false"),
            ("secondary_ips.auto_assigned.per_subnet", "0"),
        ])
    } else {
        defaults(&[
            ("client_keep_alive.seconds", "3600"),
            ("idle_timeout.timeout_seconds", "60"),
            ("load_balancing.cross_zone.enabled", "true"),
            ("routing.http.desync_mitigation_mode", "defensive"),
            ("routing.http.drop_invalid_header_fields.enabled", "false"),
            ("routing.http.preserve_host_header.enabled", "false"),
            ("routing.http2.enabled", "true"),
        ])
    });
    all
}

/// Gives the attributes of a new target group.
pub(super) fn target_group_defaults(protocol: &str, target_type: &str) -> Attributes {
    let mut all = defaults(&[
        ("deregistration_delay.timeout_seconds", "300"),
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
        ("stickiness.enabled", "false"),
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ]);
    let application = matches!(protocol, "HTTP" | "HTTPS");
    all.extend(if application {
        defaults(&[
            ("load_balancing.algorithm.type", "round_robin"),
            ("slow_start.duration_seconds", "0"),
            ("stickiness.lb_cookie.duration_seconds", "86400"),
            ("stickiness.type", "lb_cookie"),
        ])
    } else {
        let preserves = !(target_type == "ip" && matches!(protocol, "TCP" | "TLS"));
        let mut all = defaults(&[
            ("deregistration_delay.connection_termination.enabled", "false"),
            ("proxy_protocol_v2.enabled", "false"),
            ("stickiness.type", "source_ip"),
            ("target_health_state.unhealthy.connection_termination.enabled", "true"),
            ("target_health_state.unhealthy.draining_interval_seconds", "0"),
        ]);
        all.insert("preserve_client_ip.enabled".to_owned(), preserves.to_string());
        all
    });
    all
}

/// Gives the attributes of a new listener.
pub(super) fn listener_defaults(protocol: &str) -> Attributes {
    if matches!(protocol, "TCP" | "TLS") { defaults(&[("tcp.idle_timeout.seconds", "350")]) } else { Attributes::new() }
}

/// Reads the changes of a Modify call and applies them to a copy.
fn changed(current: &Attributes, params: &Params) -> Result<Attributes, Fault> {
    let mut all = current.clone();
    for pair in params.structs("Attributes.member") {
        let key = pair.get("Key").unwrap_or_default();
        let value = pair.get("Value").unwrap_or_default();
        let Some(known) = current.get(key) else {
            return Err(refuse("InvalidConfigurationRequest", format!("The attribute key '{key}' is not recognized")));
        };
        if !fits(key, known, value) {
            return Err(refuse(
                "InvalidConfigurationRequest",
                format!("The value '{value}' is not valid for the attribute '{key}'"),
            ));
        }
        all.insert(key.to_owned(), value.to_owned());
    }
    Ok(all)
}

fn fits(key: &str, current: &str, value: &str) -> bool {
    let number = |low: u32, high: u32| value.parse::<u32>().is_ok_and(|value| (low..=high).contains(&value));
    match key {
        "deregistration_delay.timeout_seconds" => number(0, 3600),
        "tcp.idle_timeout.seconds" => number(60, 6000),
        "idle_timeout.timeout_seconds" => number(1, 4000),
        "client_keep_alive.seconds" => number(60, 604_800),
        "target_health_state.unhealthy.draining_interval_seconds" => number(0, 360_000),
        // Addresses that were assigned are never taken back.
        "secondary_ips.auto_assigned.per_subnet" => number(current.parse().unwrap_or(0), 7),
        "dns_record.client_routing_policy" => {
            ["any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"]
                .contains(&value)
        }
        "load_balancing.cross_zone.enabled" => {
            matches!(value, "true" | "false")
                || (value == "use_load_balancer_configuration" && !matches!(current, "true" | "false"))
        }
        "stickiness.type" => ["source_ip", "lb_cookie", "app_cookie"].contains(&value),
        key if key.ends_with(".enabled") => matches!(value, "true" | "false"),
        key if key.ends_with(".percentage") => value == "off" || number(1, 100),
        key if key.ends_with(".count") => value == "off" || number(1, 1000),
        key if key.starts_with("access_logs.") => true,
        _ => !value.is_empty(),
    }
}

/// Answers DescribeLoadBalancerAttributes.
pub(super) fn describe_load_balancer(request: &mut Request) -> Result<Reply, Fault> {
    let lb = find::load_balancer(request, request.require("LoadBalancerArn")?)?;
    Ok(request.answer(|x| render::attributes(x, &lb.attributes)))
}

/// Answers ModifyLoadBalancerAttributes.
pub(super) fn modify_load_balancer(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("LoadBalancerArn")?.to_owned();
    let all = changed(&find::load_balancer(request, &arn)?.attributes, &request.params)?;
    let reply = request.answer(|x| render::attributes(x, &all));
    if let Some(lb) = request.state_mut().load_balancers.get_mut(&arn) {
        lb.attributes = all;
    }
    Ok(reply)
}

/// Answers DescribeTargetGroupAttributes.
pub(super) fn describe_target_group(request: &mut Request) -> Result<Reply, Fault> {
    let group = find::target_group(request, request.require("TargetGroupArn")?)?;
    Ok(request.answer(|x| render::attributes(x, &group.attributes)))
}

/// Answers ModifyTargetGroupAttributes.
pub(super) fn modify_target_group(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("TargetGroupArn")?.to_owned();
    let group = find::target_group(request, &arn)?;
    if group.target_type == "alb" {
        let text = "Attributes cannot be modified for target groups with the alb target type";
        return Err(refuse("InvalidConfigurationRequest", text));
    }
    let all = changed(&group.attributes, &request.params)?;
    let reply = request.answer(|x| render::attributes(x, &all));
    if let Some(group) = request.state_mut().target_groups.get_mut(&arn) {
        group.attributes = all;
    }
    Ok(reply)
}

/// Answers DescribeListenerAttributes.
pub(super) fn describe_listener(request: &mut Request) -> Result<Reply, Fault> {
    let listener = find::listener(request, request.require("ListenerArn")?)?;
    Ok(request.answer(|x| render::attributes(x, &listener.attributes)))
}

/// Answers ModifyListenerAttributes.
pub(super) fn modify_listener(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("ListenerArn")?.to_owned();
    let all = changed(&find::listener(request, &arn)?.attributes, &request.params)?;
    let reply = request.answer(|x| render::attributes(x, &all));
    if let Some(listener) = request.state_mut().listeners.get_mut(&arn) {
        listener.attributes = all;
    }
    Ok(reply)
}
