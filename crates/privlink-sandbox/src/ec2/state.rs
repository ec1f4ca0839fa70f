//! The objects of EC2, as one account holds them in one region.
//!
//! Plain data. **Invariant:** an asynchronous state is never stored; it is computed from a stored moment and the clock.

use crate::clock::Moment;
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
