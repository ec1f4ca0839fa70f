//! The objects of EC2, as one account holds them in one region.
//!
//! Plain data. **Invariant:** an asynchronous state is never stored; it is computed from a stored moment and the clock.

use crate::clock::Moment;
use crate::fate::Fate;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Tags, by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// What EC2 keeps for one account and region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) subnets: BTreeMap<String, Subnet>,
    pub(crate) groups: BTreeMap<String, SecurityGroup>,
    pub(crate) interfaces: BTreeMap<String, Interface>,
    pub(crate) route_tables: BTreeMap<String, RouteTable>,
    pub(crate) transit_gateways: BTreeMap<String, TransitGateway>,
    pub(crate) attachments: BTreeMap<String, Attachment>,
    pub(crate) endpoints: BTreeMap<String, Endpoint>,
    pub(crate) services: BTreeMap<String, Service>,
    /// What this account's zone names stand for, where the world file says so: `us-east-1a` → `use1-az4`.
    pub(crate) zones: BTreeMap<String, String>,
    /// Client tokens that were used, by `operation/token`.
    pub(crate) tokens: BTreeMap<String, UsedToken>,
    /// The endpoint services that VPC links stand on, by the ARN of their load balancer; no call lists them.
    pub(crate) hidden_services: BTreeMap<String, String>,
}

/// A VPC.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) id: String,
    pub(crate) cidrs: Vec<Ipv4Net>,
    pub(crate) dns_support: bool,
    pub(crate) dns_hostnames: bool,
    pub(crate) default: bool,
    pub(crate) tags: Tags,
}

/// A subnet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    /// `us-east-1a`: what this name stands for differs between accounts.
    pub(crate) az: String,
    /// `use1-az1`: the same zone in every account.
    pub(crate) az_id: String,
    pub(crate) cidr: Ipv4Net,
    pub(crate) tags: Tags,
}

/// A security group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) vpc: String,
    pub(crate) tags: Tags,
    /// By rule id.
    pub(crate) rules: BTreeMap<String, Rule>,
}

/// One rule of a security group: one direction, one range of ports, one peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
    pub(crate) protocol: String,
    pub(crate) from_port: Option<i64>,
    pub(crate) to_port: Option<i64>,
    pub(crate) peer: Peer,
    pub(crate) description: Option<String>,
    pub(crate) tags: Tags,
}

/// The other side of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Peer {
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
    /// A group, and the account that owns it.
    Group {
        id: String,
        account: String,
    },
}

/// A network interface; all of them are managed by the service that asked for them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    pub(crate) vpc: String,
    pub(crate) address: Ipv4Addr,
    /// `vpc_endpoint`, `network_load_balancer`, …
    pub(crate) kind: String,
    pub(crate) description: String,
    /// The id or ARN of what it belongs to.
    pub(crate) owner: String,
    pub(crate) groups: Vec<String>,
    pub(crate) attachment: String,
    pub(crate) mac: String,
    pub(crate) created: Moment,
    /// Set when the owner is deleted: the interface lingers until then, and keeps its groups and address in use.
    pub(crate) gone_at: Option<Moment>,
}

/// A client token that made something.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UsedToken {
    /// A digest of the parameters it came with.
    pub(crate) parameters: String,
    /// The id of what it made.
    pub(crate) made: String,
}

/// A route table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RouteTable {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) main: bool,
    pub(crate) subnets: Vec<String>,
    pub(crate) routes: Vec<Route>,
    pub(crate) tags: Tags,
}

/// A route.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) destination: Ipv4Net,
    /// `local`, or the id of a gateway of any sort.
    pub(crate) target: String,
}

/// A transit gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TransitGateway {
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) created: Moment,
    pub(crate) tags: Tags,
}

/// A transit gateway's attachment to a VPC, as the VPC's account holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) id: String,
    pub(crate) transit_gateway: String,
    pub(crate) vpc: String,
    pub(crate) subnets: Vec<String>,
    pub(crate) created: Moment,
    pub(crate) tags: Tags,
}

/// An interface endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) service_name: String,
    pub(crate) phase: Phase,
    /// How it settles once it is accepted.
    #[serde(default)]
    pub(crate) fate: Fate,
    /// Whether it was available before a modification made it pending again.
    pub(crate) once_available: bool,
    /// By subnet, the interface there.
    pub(crate) interfaces: BTreeMap<String, String>,
    pub(crate) groups: Vec<String>,
    pub(crate) policy: Option<String>,
    pub(crate) private_dns: bool,
    /// The random part of its DNS names.
    pub(crate) suffix: String,
    /// The connection's id, as the provider sees it.
    pub(crate) connection: String,
    pub(crate) created: Moment,
    pub(crate) tags: Tags,
}

/// Where an endpoint is in its life; with the clock it gives the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    PendingAcceptance,
    /// Accepted: pending until then, available after.
    Accepted {
        ready_at: Moment,
    },
    Rejected,
    /// Deleting until the first moment, listed as deleted until the second, then gone.
    Deleting {
        /// Whether it keeps its service from being deleted until it is deleted itself: not when it had been rejected.
        holds: bool,
        deleted_at: Moment,
        gone_at: Moment,
    },
}

impl Endpoint {
    /// Gives the state, as it goes over the wire.
    pub(crate) fn state(&self, now: Moment) -> &'static str {
        match self.phase {
            Phase::PendingAcceptance => "pendingAcceptance",
            Phase::Accepted { ready_at } if now < ready_at || self.fate == Fate::Never => "pending",
            Phase::Accepted { .. } if self.fate.failure().is_some() => "failed",
            Phase::Accepted { .. } => "available",
            Phase::Rejected => "rejected",
            Phase::Deleting { deleted_at, .. } if now < deleted_at => "deleting",
            Phase::Deleting { .. } => "deleted",
        }
    }

    /// Gives it the fate of a request that it is made, accepted or changed by.
    pub(crate) fn share(&mut self, fate: &Fate) {
        if *fate != Fate::Usual {
            self.fate = fate.clone();
        }
    }

    /// Tells whether it is being deleted or is deleted already.
    pub(crate) fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Deleting { .. })
    }
}

/// An endpoint service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) acceptance_required: bool,
    /// By ARN, the ids of the zones that the load balancer had when it was attached.
    pub(crate) load_balancers: BTreeMap<String, Vec<String>>,
    pub(crate) private_dns: Option<PrivateDnsName>,
    /// The regions it is offered in beside its own.
    #[serde(default)]
    pub(crate) other_regions: std::collections::BTreeSet<String>,
    pub(crate) permissions: BTreeMap<String, Permission>,
    pub(crate) ready_at: Moment,
    /// Why it never became available.
    #[serde(default)]
    pub(crate) failure: Option<String>,
    /// Set when it is deleted: Deleting until then.
    pub(crate) gone_at: Option<Moment>,
    pub(crate) tags: Tags,
}

impl Service {
    /// Gives the state, as it goes over the wire.
    pub(crate) fn state(&self, now: Moment) -> &'static str {
        match self.gone_at {
            Some(_) => "Deleting",
            None if now < self.ready_at => "Pending",
            None if self.failure.is_some() => "Failed",
            None => "Available",
        }
    }

    /// Gives the ids of the zones that it is offered in, in order.
    pub(crate) fn zone_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.load_balancers.values().flatten().cloned().collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

/// A private DNS name of an endpoint service; it is never verified, for that takes a record in the public DNS.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PrivateDnsName {
    pub(crate) name: String,
    pub(crate) record: String,
    pub(crate) value: String,
}

/// A principal that may see and use an endpoint service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Permission {
    pub(crate) id: String,
    pub(crate) principal: String,
}
