//! Zones: whether targets have an address wherever the hub's load balancer stands.
//!
//! A load balancer that privlink makes does not balance across zones (AWS's default, and no charge between zones), so in each
//! zone it serves calls to a target only by addresses in that zone.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use privlink_model::Finding;
use privlink_spec::document::Target;
use privlink_spec::source::Span;

use super::backend::Backend;
use crate::context::{Context, origin};
use crate::hub::Hub;
use crate::vpc::Vpc;

/// Warns of zones of the hub in which targets have no address: once for all targets that lack the same zones.
pub(crate) fn check(context: &mut Context<'_>, hub: &Hub, found: &[(&Target, &Backend)]) {
    let mut lacking: BTreeMap<BTreeSet<&str>, Vec<&Target>> = BTreeMap::new();
    for (target, backend) in found {
        let Some(served) = served(&hub.vpc, backend) else { continue };
        let missing: BTreeSet<&str> = hub.vpc.zone_ids().into_iter().filter(|zone| !served.contains(*zone)).collect();
        // One that is served nowhere has an error of its own.
        if !missing.is_empty() && missing.len() < hub.vpc.subnets.len() {
            lacking.entry(missing).or_default().push(target);
        }
    }
    for (missing, targets) in lacking {
        let Some(first) = targets.first() else { continue };
        let missing: Vec<&str> = missing.into_iter().collect();
        let names: Vec<String> = targets.iter().map(|target| format!("{:?}", target.name.value)).collect();
        let (subject, have) = if names.len() == 1 { ("target", "has") } else { ("targets", "have") };
        let message = format!(
            "{subject} {} {have} no address in {}, where the load balancer of network {:?} stands too",
            names.join(", "),
            missing.join(", "),
            hub.network
        );
        let finding = Finding::warning("privlink::target::zone-without-address", message, origin(first.name.span))
            .labelled(format!("not in {}", missing.join(", ")))
            .helped(format!(
                "serve the target in these zones too, or name subnets of the other zones alone: network {:?} {{ subnets … }}",
                hub.network
            ));
        context.find(finding);
    }
}

/// Ids of the hub's zones in which a backend has an address; none where zones are not asked about.
fn served(hub: &Vpc, backend: &Backend) -> Option<BTreeSet<String>> {
    match backend {
        Backend::Remote(balancer) => Some(balancer.zone_ids.iter().cloned().collect()),
        Backend::Service(service) => {
            let here = hub.subnets.iter().filter(|subnet| service.zones.contains(&subnet.zone));
            Some(here.map(|subnet| subnet.zone_id.clone()).collect())
        }
        Backend::Addresses { addresses, outside: false, .. } => {
            let parsed = addresses.iter().filter_map(|address| address.parse().ok());
            parsed.map(|address| place(hub, address).ok().map(str::to_owned)).collect()
        }
        // Outside the VPC an address is registered for all zones; a linked load balancer has targets of its own.
        Backend::Addresses { .. } | Backend::Local(_) => None,
    }
}

/// Why the zone of an address is not known.
enum Nowhere {
    /// The range of some subnet was not read.
    Unread,
    /// No subnet holds it.
    NoSubnet,
}

/// The id of the zone that an address of a VPC is in.
fn place(vpc: &Vpc, address: Ipv4Addr) -> Result<&str, Nowhere> {
    let ranges = vpc.ranges.as_ref().ok_or(Nowhere::Unread)?;
    let holder = ranges.iter().find(|(range, _)| range.contains(&address));
    holder.and_then(|(_, subnet)| vpc.zone_of.get(subnet)).map(String::as_str).ok_or(Nowhere::NoSubnet)
}

/// Checks that addresses inside the hub's VPC are in subnets, and in zones that its load balancer serves.
pub(super) fn check_inside(context: &mut Context<'_>, vpc: &Vpc, network: &str, addresses: &[(IpAddr, Span)]) {
    for (address, span) in addresses {
        let IpAddr::V4(v4) = address else { continue };
        match place(vpc, *v4) {
            Err(Nowhere::Unread) => {}
            Err(Nowhere::NoSubnet) => {
                let message = format!("{v4} is in VPC {} of {network:?} and in none of its subnets", vpc.id);
                let finding = Finding::error("privlink::target::address-without-subnet", message, origin(*span))
                    .labelled(format!("{v4} is nobody's"))
                    .helped("correct the address: in a VPC only those of its subnets are in use");
                context.find(finding);
            }
            Ok(zone) if vpc.zone_ids().contains(zone) => {}
            Ok(zone) => {
                let message =
                    format!("{v4} is in {zone}, where the load balancer of network {network:?} does not stand");
                let finding = Finding::error("privlink::target::zone-not-served", message, origin(*span))
                    .labelled("would never be called")
                    .helped(format!("add a subnet of {zone} to network {network:?}: subnets …, or leave subnets out"));
                context.find(finding);
            }
        }
    }
}
