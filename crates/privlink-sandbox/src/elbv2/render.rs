//! ELBv2's objects as XML, element by element as AWS's model names them.

use super::request::Request;
use super::state::{Listener, LoadBalancer, Target, TargetGroup};
use crate::ids::stable_hex;
use crate::wire::Reply;
use crate::xml::Xml;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A target's health as AWS words it.
pub(super) struct TargetHealth {
    pub(super) state: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) description: Option<Cow<'static, str>>,
}

/// Answers with load balancers.
pub(super) fn load_balancers(request: &Request, found: &[&LoadBalancer], marker: Option<String>) -> Reply {
    let now = request.world.now();
    let zone = stable_hex(&format!("hosted zone of {}", request.call.region), 12).to_ascii_uppercase();
    request.answer(|x| {
        x.members("LoadBalancers", found, |x, lb| {
            x.text("LoadBalancerArn", &lb.arn)
                .text("DNSName", &lb.dns_name)
                .text("CanonicalHostedZoneId", format!("Z{zone}{}", if lb.kind == "network" { "N" } else { "A" }))
                .text("CreatedTime", lb.created.rfc3339())
                .text("LoadBalancerName", &lb.name)
                .text("Scheme", &lb.scheme)
                .text("VpcId", &lb.vpc)
                .node("State", |x| {
                    let state = lb.state(now);
                    x.text("Code", state).maybe("Reason", lb.failure.as_ref().filter(|_| state == "failed"));
                })
                .text("Type", &lb.kind);
            zones(x, lb);
            if !lb.security_groups.is_empty() {
                x.texts("SecurityGroups", "member", &lb.security_groups);
            }
            x.text("IpAddressType", "ipv4");
            enforcement(x, lb);
        })
        .maybe("NextMarker", marker);
    })
}

/// Writes a load balancer's zones.
pub(super) fn zones(x: &mut Xml, lb: &LoadBalancer) {
    x.members("AvailabilityZones", &lb.zones, |x, zone| {
        x.text("ZoneName", &zone.az).text("SubnetId", &zone.subnet);
        x.members("LoadBalancerAddresses", zone.pinned.then_some(zone.address), |x, address| {
            x.text("PrivateIPv4Address", address);
        });
    });
}

/// Writes whether inbound rules hold for PrivateLink traffic.
pub(super) fn enforcement(x: &mut Xml, lb: &LoadBalancer) {
    let word = lb.enforce.map(|enforce| if enforce { "on" } else { "off" });
    x.maybe("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", word);
}

/// Answers with target groups.
pub(super) fn target_groups(request: &Request, found: &[&TargetGroup], marker: Option<String>) -> Reply {
    let state = request.state();
    request.answer(|x| {
        x.members("TargetGroups", found, |x, group| {
            let health = &group.health;
            x.text("TargetGroupArn", &group.arn)
                .text("TargetGroupName", &group.name)
                .text("Protocol", &group.protocol)
                .text("Port", group.port)
                .text("VpcId", &group.vpc)
                .text("HealthCheckProtocol", &health.protocol)
                .text("HealthCheckPort", &health.port)
                .text("HealthCheckEnabled", true)
                .text("HealthCheckIntervalSeconds", health.interval)
                .text("HealthCheckTimeoutSeconds", health.timeout)
                .text("HealthyThresholdCount", health.healthy)
                .text("UnhealthyThresholdCount", health.unhealthy)
                .maybe("HealthCheckPath", health.path.as_ref());
            if let Some(codes) = &health.matcher {
                x.node("Matcher", |x| {
                    x.text("HttpCode", codes);
                });
            }
            x.texts("LoadBalancerArns", "member", state.load_balancer_of(&group.arn))
                .text("TargetType", &group.target_type)
                .maybe("ProtocolVersion", group.protocol_version.as_ref())
                .text("IpAddressType", "ipv4");
        })
        .maybe("NextMarker", marker);
    })
}

/// Answers with listeners.
pub(super) fn listeners(request: &Request, found: &[&Listener], marker: Option<String>) -> Reply {
    request.answer(|x| {
        x.members("Listeners", found, |x, listener| {
            x.text("ListenerArn", &listener.arn)
                .text("LoadBalancerArn", &listener.load_balancer)
                .text("Port", listener.port)
                .text("Protocol", &listener.protocol);
            if let Some(certificate) = &listener.certificate {
                x.members("Certificates", [certificate], |x, certificate| {
                    x.text("CertificateArn", certificate);
                });
            }
            x.maybe("SslPolicy", listener.tls_policy.as_ref());
            x.members("DefaultActions", [&listener.target_group], |x, group| {
                x.text("Type", "forward").text("TargetGroupArn", group).node("ForwardConfig", |x| {
                    x.members("TargetGroups", [group], |x, group| {
                        x.text("TargetGroupArn", group);
                    });
                });
            });
            if !listener.alpn.is_empty() {
                x.texts("AlpnPolicy", "member", &listener.alpn);
            }
        })
        .maybe("NextMarker", marker);
    })
}

/// Writes attributes.
pub(super) fn attributes(x: &mut Xml, attributes: &BTreeMap<String, String>) {
    x.members("Attributes", attributes, |x, (key, value)| {
        x.text("Key", key).text("Value", value);
    });
}

/// Writes tags.
pub(super) fn tags(x: &mut Xml, tags: &BTreeMap<String, String>) {
    x.members("Tags", tags, |x, (key, value)| {
        x.text("Key", key).text("Value", value);
    });
}

/// Writes the health of targets.
pub(super) fn target_health(x: &mut Xml, group: &TargetGroup, rows: &[(Target, TargetHealth)]) {
    x.members("TargetHealthDescriptions", rows, |x, (target, health)| {
        x.node("Target", |x| {
            x.text("Id", &target.id).text("Port", target.port).maybe("AvailabilityZone", target.zone.as_ref());
        });
        let port =
            if group.health.port == "traffic-port" { target.port.to_string() } else { group.health.port.clone() };
        x.text("HealthCheckPort", port).node("TargetHealth", |x| {
            x.text("State", health.state)
                .maybe("Reason", health.reason)
                .maybe("Description", health.description.as_ref());
        });
    });
}
