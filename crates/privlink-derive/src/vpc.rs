//! A network's VPC and its subnets, as they were found (see `network`).

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use privlink_model::Scope;

/// A network's VPC, as found.
#[derive(Debug, Clone)]
pub(crate) struct Vpc {
    pub(crate) scope: Scope,
    pub(crate) account: String,
    pub(crate) id: String,
    pub(crate) cidrs: Vec<Ipv4Net>,
    pub(crate) dns: bool,
    /// One subnet for each zone: those the spec names, else chosen.
    pub(crate) subnets: Vec<Subnet>,
    /// Zone id of every subnet of the VPC.
    pub(crate) zone_of: BTreeMap<String, String>,
    /// Range and id of every subnet of the VPC; none when one of them could not be read.
    pub(crate) ranges: Option<Vec<(Ipv4Net, String)>>,
}

/// A subnet, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
}

impl Vpc {
    pub(crate) fn contains(&self, address: std::net::Ipv4Addr) -> bool {
        self.cidrs.iter().any(|cidr| cidr.contains(&address))
    }

    pub(crate) fn subnet_ids(&self) -> Vec<String> {
        self.subnets.iter().map(|subnet| subnet.id.clone()).collect()
    }

    pub(crate) fn zone_ids(&self) -> BTreeSet<&str> {
        self.subnets.iter().map(|subnet| subnet.zone_id.as_str()).collect()
    }
}
