//! What ELBv2 keeps: load balancers, listeners, target groups and their targets.
//!
//! Refuses to know: requests. How each comes to be and changes is told by the file of its operations.

use crate::clock::Moment;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// What ELBv2 keeps for one account and region, each kind by ARN.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) load_balancers: BTreeMap<String, LoadBalancer>,
    pub(super) listeners: BTreeMap<String, Listener>,
    pub(super) target_groups: BTreeMap<String, TargetGroup>,
}

impl State {
    /// Gives the load balancer that forwards to a target group.
    pub(super) fn load_balancer_of(&self, target_group: &str) -> Option<&str> {
        let mut listeners = self.listeners.values();
        listeners.find(|listener| listener.target_group == target_group).map(|listener| listener.load_balancer.as_str())
    }

    /// Notes which target groups listeners use: those newly used from the moment given, those no longer used not at all.
    pub(super) fn note_use(&mut self, now: Option<Moment>) {
        let used: BTreeSet<&String> = self.listeners.values().map(|listener| &listener.target_group).collect();
        for (arn, group) in &mut self.target_groups {
            if !used.contains(arn) {
                group.ready_at = None;
                group.targets.retain(|target| target.gone_at.is_none());
            } else if group.ready_at.is_none() {
                group.ready_at = now;
            }
        }
    }
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
    pub(super) scheme: String,
    pub(super) dns_name: String,
    pub(super) created: Moment,
    pub(super) security_groups: Vec<String>,
    /// Whether inbound rules hold for PrivateLink traffic; absent without security groups.
    pub(super) enforce: Option<bool>,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    /// Why it never became active.
    pub(super) failure: Option<String>,
}

impl LoadBalancer {
    /// Gives the state, as `DescribeLoadBalancers` spells it.
    pub(crate) fn state(&self, now: Moment) -> &'static str {
        match &self.failure {
            _ if now < self.ready_at => "provisioning",
            Some(_) => "failed",
            None => "active",
        }
    }

    /// Gives the part of the ARN that listeners repeat: `net/name/0123456789abcdef`.
    pub(super) fn path(&self) -> &str {
        self.arn.split_once("loadbalancer/").map_or("", |(_, path)| path)
    }
}

/// A zone of a load balancer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Zone {
    pub(crate) subnet: String,
    pub(crate) az: String,
    pub(crate) az_id: String,
    pub(super) address: Ipv4Addr,
    /// Whether the address was asked for.
    pub(super) pinned: bool,
    pub(super) interface: String,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listener {
    pub(super) arn: String,
    pub(super) load_balancer: String,
    pub(super) protocol: String,
    pub(super) port: u16,
    pub(super) target_group: String,
    pub(super) certificate: Option<String>,
    pub(super) tls_policy: Option<String>,
    pub(super) alpn: Vec<String>,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// A target group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TargetGroup {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) protocol: String,
    pub(super) port: u16,
    pub(super) vpc: String,
    /// `instance`, `ip` or `alb`.
    pub(super) target_type: String,
    pub(super) protocol_version: Option<String>,
    pub(super) health: Health,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) targets: Vec<Target>,
    /// From when its targets are checked: since a listener forwards to it.
    pub(super) ready_at: Option<Moment>,
}

/// How targets are checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Health {
    pub(super) protocol: String,
    /// A number, or `traffic-port`.
    pub(super) port: String,
    pub(super) path: Option<String>,
    pub(super) interval: i64,
    pub(super) timeout: i64,
    pub(super) healthy: i64,
    pub(super) unhealthy: i64,
    pub(super) matcher: Option<String>,
}

/// A registered target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Target {
    /// An address, or the ARN of an application load balancer.
    pub(super) id: String,
    pub(super) port: u16,
    /// A zone's name, or `all`; absent where it has no meaning.
    pub(super) zone: Option<String>,
    pub(super) created_at: Moment,
    /// Why no health check of it ever passes.
    #[serde(default)]
    pub(super) failure: Option<String>,
    /// Set when it was deregistered while in use: it is gone then.
    pub(super) gone_at: Option<Moment>,
}
