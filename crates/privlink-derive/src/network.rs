//! Networks: finding the VPC of each, and choosing its subnets by zone id.
//!
//! Zone *names* mean different zones in different accounts; only zone *ids* are compared.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use privlink_model::keys::{route_table, subnet, vpc};
use privlink_model::{Attrs, Finding, Observed, Scope};
use privlink_spec::document::{Network, Place, Selector, Spanned, Subnets};

use crate::access;
use crate::context::{Context, origin};
use crate::vpc::{Subnet, Vpc};
use crate::way::{routes, table_of};

/// Whether an object is the one a selector means.
fn matches(object: &Observed, selector: &Selector) -> bool {
    match selector {
        Selector::Id(id) => object.id == *id,
        Selector::Name(name) => object.tags.get("Name") == Some(name),
        Selector::Tag { key, value } => object.tags.get(key) == Some(value),
    }
}

/// Finds the VPC of every network; one that is not found has a finding, and is absent.
pub(crate) fn find_all(context: &mut Context<'_>) {
    for network in context.document.networks.values() {
        if let Some(vpc) = find(context, network) {
            context.vpcs.insert(network.name.value.clone(), vpc);
        }
    }
}

/// Finds the VPC of a network; a network outside AWS has none.
fn find(context: &mut Context<'_>, network: &Network) -> Option<Vpc> {
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
fn describe<'o>(objects: impl Iterator<Item = &'o Observed>) -> String {
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
