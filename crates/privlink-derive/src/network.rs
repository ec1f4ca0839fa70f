//! Networks: finding the VPC of a network, choosing its subnets by zone id, and checking the way to networks outside.
//!
//! Zone *names* mean different zones in different accounts; only zone *ids* are compared.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use privlink_model::keys::{route_table, subnet, transit_gateway, vpc};
use privlink_model::{Attrs, Finding, Observed, Scope};
use privlink_spec::document::{Network, Place, Selector, Spanned, Subnets, Target, Via};

use crate::access;
use crate::context::{Context, origin};

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

/// Whether an object is the one a selector means.
pub(crate) fn matches(object: &Observed, selector: &Selector) -> bool {
    match selector {
        Selector::Id(id) => object.id == *id,
        Selector::Name(name) => object.tags.get("Name") == Some(name),
        Selector::Tag { key, value } => object.tags.get(key) == Some(value),
    }
}

/// Finds the VPC of a network; a network outside AWS has none.
pub(crate) fn find(context: &mut Context<'_>, network: &Network) -> Option<Vpc> {
    let Place::Vpc { account, vpc: selector, subnets } = &network.place else { return None };
    let scope = context.scope_of(&account.value)?;
    let listed = context.list(&scope, vpc::KIND)?;
    let found: Vec<&Observed> = listed.iter().filter(|object| matches(object, &selector.value)).collect();
    let [found] = found.as_slice() else {
        context.find(not_one(network, selector, &found, listed, &scope));
        return None;
    };
    let all = context.list(&scope, subnet::KIND)?;
    let tables = context.list(&scope, route_table::KIND)?;
    let inside: Vec<&Observed> =
        all.iter().filter(|object| object.attrs.read(&subnet::VPC).as_deref() == Some(&found.id)).collect();
    let zone_of = inside.iter().filter_map(|s| Some((s.id.clone(), s.attrs.read(&subnet::ZONE_ID)?))).collect();
    let range = |s: &&Observed| Some((s.attrs.read(&subnet::CIDR)?.parse().ok()?, s.id.clone()));
    let ranges = inside.iter().map(range).collect();
    let chosen = match subnets {
        Some(named) => named_subnets(context, network, named, &inside)?,
        None => chosen_subnets(&inside, tables),
    };
    if chosen.is_empty() {
        let message = format!("the VPC {} of network {:?} has no subnet", found.id, network.name.value);
        let finding = Finding::error("privlink::network::no-subnet", message, origin(selector.span))
            .labelled("this VPC is empty")
            .helped("make a subnet in it, or name another VPC");
        context.find(finding);
        return None;
    }
    let on = |key| found.attrs.read(key).unwrap_or(false);
    Some(Vpc {
        scope,
        account: account.value.clone(),
        id: found.id.clone(),
        cidrs: cidrs(&found.attrs),
        dns: on(&vpc::DNS_SUPPORT) && on(&vpc::DNS_HOSTNAMES),
        subnets: chosen,
        zone_of,
        ranges,
    })
}

fn cidrs(attrs: &Attrs) -> Vec<Ipv4Net> {
    let texts = attrs.read(&vpc::CIDRS).unwrap_or_default();
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// The finding for a look-up that matched none or several: it lists the candidates.
fn not_one(
    network: &Network,
    selector: &Spanned<Selector>,
    found: &[&Observed],
    listed: &[Observed],
    scope: &Scope,
) -> Finding {
    let wanted = access::selector(&selector.value);
    if found.is_empty() {
        let message = format!("network {:?}: no VPC {wanted} in {scope}", network.name.value);
        let help = match listed.len() {
            0 => "check the account, the region and the name".to_owned(),
            _ => format!("VPCs there: {}", describe(listed.iter())),
        };
        return Finding::error("privlink::network::vpc-not-found", message, origin(selector.span))
            .labelled("nothing matches this")
            .helped(help);
    }
    let message = format!("network {:?}: {} VPCs {wanted} in {scope}", network.name.value, found.len());
    Finding::error("privlink::network::vpc-ambiguous", message, origin(selector.span))
        .labelled("several match this")
        .helped(format!("name one of them by its id: {}", describe(found.iter().copied())))
}

/// `id (name)` of each, comma separated.
pub(crate) fn describe<'o>(objects: impl Iterator<Item = &'o Observed>) -> String {
    let each: Vec<String> = objects
        .map(|object| match object.tags.get("Name") {
            Some(name) => format!("{} ({name})", object.id),
            None => object.id.clone(),
        })
        .collect();
    each.join(", ")
}

fn subnet_of(object: &Observed) -> Option<Subnet> {
    Some(Subnet {
        id: object.id.clone(),
        zone: object.attrs.read(&subnet::ZONE)?,
        zone_id: object.attrs.read(&subnet::ZONE_ID)?,
    })
}

fn named_subnets(
    context: &mut Context<'_>,
    network: &Network,
    named: &Subnets,
    inside: &[&Observed],
) -> Option<Vec<Subnet>> {
    let mut chosen: Vec<Subnet> = Vec::new();
    let mut sound = true;
    for selector in &named.selectors {
        let found: Vec<&Observed> = inside.iter().copied().filter(|object| matches(object, &selector.value)).collect();
        if found.is_empty() {
            let wanted = access::selector(&selector.value);
            let message = format!("network {:?}: no subnet {wanted} in its VPC", network.name.value);
            let finding = Finding::error("privlink::network::subnet-not-found", message, origin(selector.span))
                .labelled("nothing matches this")
                .helped(format!("subnets of the VPC: {}", describe(inside.iter().copied())));
            context.find(finding);
            sound = false;
        }
        for subnet in found.into_iter().filter_map(subnet_of) {
            if let Some(other) = chosen.iter().find(|other| other.zone_id == subnet.zone_id && other.id != subnet.id) {
                let message = format!("subnets {} and {} are both in zone {}", other.id, subnet.id, subnet.zone_id);
                let finding = Finding::error("privlink::network::duplicate-zone", message, origin(selector.span))
                    .labelled("AWS takes one subnet for each zone")
                    .helped("keep one subnet for each availability zone");
                context.find(finding);
                sound = false;
            } else if !chosen.contains(&subnet) {
                chosen.push(subnet);
            }
        }
    }
    chosen.sort_by(|a, b| a.zone_id.cmp(&b.zone_id));
    sound.then_some(chosen)
}

/// One subnet for each zone: private ones before those with a way to the internet, then by id.
fn chosen_subnets(inside: &[&Observed], tables: &[Observed]) -> Vec<Subnet> {
    let mut by_zone: BTreeMap<String, (bool, String, Subnet)> = BTreeMap::new();
    for object in inside {
        let Some(subnet) = subnet_of(object) else { continue };
        let public =
            table_of(object, tables).is_some_and(|table| routes(table).any(|(_, target)| target.starts_with("igw-")));
        let candidate = (public, subnet.id.clone(), subnet);
        match by_zone.get(&candidate.2.zone_id) {
            Some(best) if (best.0, &best.1) <= (candidate.0, &candidate.1) => {}
            _ => {
                by_zone.insert(candidate.2.zone_id.clone(), candidate);
            }
        }
    }
    by_zone.into_values().map(|(_, _, subnet)| subnet).collect()
}

/// The route table of a subnet: its own, else the VPC's main one.
fn table_of<'o>(subnet_object: &Observed, tables: &'o [Observed]) -> Option<&'o Observed> {
    let own = tables
        .iter()
        .find(|table| table.attrs.read(&route_table::SUBNETS).unwrap_or_default().contains(&subnet_object.id));
    own.or_else(|| {
        tables.iter().find(|table| {
            table.attrs.read(&route_table::MAIN) == Some(true)
                && table.attrs.read(&route_table::VPC) == subnet_object.attrs.read(&subnet::VPC)
        })
    })
}

/// Destination and target of each route.
fn routes(table: &Observed) -> impl Iterator<Item = (String, String)> {
    let routes = table.attrs.read(&route_table::ROUTES);
    let pairs: Vec<(String, String)> = routes
        .iter()
        .flat_map(|value| value.elements())
        .filter_map(|route| {
            let route = route.as_map()?;
            Some((route.get("destination")?.as_text()?.to_owned(), route.get("target")?.as_text()?.to_owned()))
        })
        .collect();
    pairs.into_iter()
}

/// Checks that the hub reaches a network outside over the transit gateway the spec names.
pub(crate) fn check_way(context: &mut Context<'_>, target: &Target, hub: &Vpc, hub_name: &str) {
    let Some(network) = context.document.networks.get(&target.network.value) else { return };
    let Place::Outside { cidrs, via } = &network.place else { return };
    let Some(via) = via.iter().find(|via| via.network.value == hub_name) else { return };
    let Some(gateway) = &via.transit_gateway else { return };
    let Some(gateways) = context.list(&hub.scope, transit_gateway::KIND) else { return };
    let found = gateways.iter().find(|object| object.id == gateway.value);
    let attached =
        found.is_some_and(|object| object.attrs.read(&transit_gateway::VPCS).unwrap_or_default().contains(&hub.id));
    if !attached {
        let message = match found {
            None => format!("transit gateway {} is not visible in {}", gateway.value, hub.scope),
            Some(_) => format!("transit gateway {} is not attached to VPC {} of {hub_name:?}", gateway.value, hub.id),
        };
        let finding = Finding::error("privlink::network::transit-gateway", message, origin(gateway.span))
            .labelled("no way through this")
            .helped("share the gateway with the account and attach it to the VPC, or name the one that is attached");
        context.find(finding);
        return;
    }
    check_routes(context, via, hub, hub_name, &gateway.value, cidrs);
}

fn check_routes(
    context: &mut Context<'_>,
    via: &Via,
    hub: &Vpc,
    hub_name: &str,
    gateway: &str,
    cidrs: &[Spanned<Ipv4Net>],
) {
    let Some(tables) = context.list(&hub.scope, route_table::KIND) else { return };
    let Some(subnets) = context.list(&hub.scope, subnet::KIND) else { return };
    let used: BTreeSet<String> = hub.subnet_ids().into_iter().collect();
    for cidr in cidrs {
        let without: Vec<&str> = subnets
            .iter()
            .filter(|object| used.contains(&object.id))
            .filter(|object| !table_of(object, tables).is_some_and(|table| leads(table, gateway, &cidr.value)))
            .map(|object| object.id.as_str())
            .collect();
        if !without.is_empty() {
            let message =
                format!("no route from {} of {hub_name:?} to {} over {gateway}", without.join(", "), cidr.value);
            let finding = Finding::error("privlink::network::no-route", message, origin(via.network.span))
                .labelled(format!("{} is not routed there", cidr.value))
                .helped(format!("add the route {} → {gateway} to the route table of each subnet", cidr.value));
            context.find(finding);
        }
    }
}

/// Whether the most specific route for a range leads to a gateway.
fn leads(table: &Observed, gateway: &str, wanted: &Ipv4Net) -> bool {
    let best = routes(table)
        .filter_map(|(destination, target)| Some((destination.parse::<Ipv4Net>().ok()?, target)))
        .filter(|(destination, _)| destination.contains(wanted))
        .max_by_key(|(destination, _)| destination.prefix_len());
    best.is_some_and(|(_, target)| target == gateway)
}
