//! Ways out of a VPC: what its route tables say, and whether they lead to a network outside.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use privlink_model::keys::{route_table, subnet, transit_gateway};
use privlink_model::{Finding, Observed};
use privlink_spec::document::{Place, Spanned, Target, Via};

use crate::context::{Context, origin};
use crate::vpc::Vpc;

/// Checks that the hub reaches a network outside over the transit gateway the spec names.
pub(crate) fn check(context: &mut Context<'_>, target: &Target, hub: &Vpc, hub_name: &str) {
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

/// The route table of a subnet: its own, else the VPC's main one.
pub(crate) fn table_of<'o>(subnet_object: &Observed, tables: &'o [Observed]) -> Option<&'o Observed> {
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
pub(crate) fn routes(table: &Observed) -> impl Iterator<Item = (String, String)> {
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

/// Whether the most specific route for a range leads to a gateway.
fn leads(table: &Observed, gateway: &str, wanted: &Ipv4Net) -> bool {
    let best = routes(table)
        .filter_map(|(destination, target)| Some((destination.parse::<Ipv4Net>().ok()?, target)))
        .filter(|(destination, _)| destination.contains(wanted))
        .max_by_key(|(destination, _)| destination.prefix_len());
    best.is_some_and(|(_, target)| target == gateway)
}
