//! Targets and the networks they are in.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{account_of, network};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Document, Place, Selector, Target, TargetEndpoint};

pub(super) fn check(document: &Document, out: &mut Vec<Diagnostic>) {
    let homes: BTreeSet<&str> = document.apis.values().map(|api| api.network.value.as_str()).collect();
    let routed: BTreeSet<&str> = document
        .apis
        .values()
        .flat_map(|api| {
            let routes = api.routes.iter().map(|route| route.target.value.as_str());
            routes.chain(api.openapi.iter().map(|openapi| openapi.target.value.as_str()))
        })
        .collect();
    for target in document.targets.values() {
        needs_vpc(document, target, out);
        outside_range(document, target, out);
        load_balancer_owner(document, target, out);
        // A target with a route is judged at the route, where the API is known.
        if !homes.is_empty()
            && !routed.contains(target.name.value.as_str())
            && !homes.iter().any(|home| reaches(document, home, target))
        {
            out.push(
                Diagnostic::error(
                    codes::TARGET_UNREACHABLE,
                    format!("no API can reach the target `{}`", target.name.value),
                )
                .at(target.network.span, "no API's network leads here")
                .help_if(way_in(document, homes.first().copied().unwrap_or(""), target)),
            );
        }
    }
}

/// Whether an API in the network `home` can reach a target. True when the spec does not say enough.
pub(super) fn reaches(document: &Document, home: &str, target: &Target) -> bool {
    if matches!(target.endpoint, TargetEndpoint::LoadBalancer(_) | TargetEndpoint::EndpointService(_)) {
        return true;
    }
    match network(document, &target.network).map(|network| &network.place) {
        Some(Place::Vpc { .. }) => target.network.value == home,
        Some(Place::Outside { via, .. }) => via.iter().any(|via| via.network.value == home),
        None => true,
    }
}

/// How an API in `home` could be made to reach the target.
pub(super) fn way_in(document: &Document, home: &str, target: &Target) -> Option<String> {
    match &network(document, &target.network)?.place {
        Place::Vpc { .. } => Some(format!(
            "addresses are reached in the API's own network only: put a load balancer before the service and name it \
             with load-balancer \"…\", or move the API to network \"{}\"",
            target.network.value
        )),
        Place::Outside { .. } => {
            Some(format!("say how it is reached: add via \"{home}\" inside network \"{}\"", target.network.value))
        }
    }
}

fn needs_vpc(document: &Document, target: &Target, out: &mut Vec<Diagnostic>) {
    let what = match &target.endpoint {
        TargetEndpoint::LoadBalancer(_) => "a load balancer",
        TargetEndpoint::EndpointService(_) => "an endpoint service",
        _ => return,
    };
    let Some(network) = network(document, &target.network) else { return };
    if matches!(network.place, Place::Outside { .. }) {
        out.push(
            Diagnostic::error(
                codes::TARGET_NEEDS_VPC,
                format!("{what} stands in a VPC, and this network is outside AWS"),
            )
            .at(target.network.span, "not a VPC")
            .at(network.name.span, "has `cidr`, so it is outside AWS")
            .help("name the VPC network, or give the service's address \"…\" or host \"…\""),
        );
    }
}

fn outside_range(document: &Document, target: &Target, out: &mut Vec<Diagnostic>) {
    let TargetEndpoint::Addresses(addresses) = &target.endpoint else { return };
    let Some(Place::Outside { cidrs, .. }) = network(document, &target.network).map(|network| &network.place) else {
        return;
    };
    for address in addresses {
        let IpAddr::V4(v4) = address.value else { continue };
        if cidrs.iter().any(|cidr| cidr.value.contains(&v4)) {
            continue;
        }
        let mut diagnostic = Diagnostic::error(
            codes::TARGET_ADDRESS_OUTSIDE,
            format!("{v4} is not in the network `{}`", target.network.value),
        )
        .at(address.span, "outside its network");
        if let Some(first) = cidrs.first() {
            diagnostic = diagnostic.at(first.span, "the network's range");
        }
        out.push(
            diagnostic.help(format!(
                "correct the address, or add a cidr that holds it to network \"{}\"",
                target.network.value
            )),
        );
    }
}

/// An ARN names an account and a region; both must be the network's.
fn load_balancer_owner(document: &Document, target: &Target, out: &mut Vec<Diagnostic>) {
    let TargetEndpoint::LoadBalancer(selector) = &target.endpoint else { return };
    let Selector::Id(arn) = &selector.value else { return };
    let Some(account) = network(document, &target.network).and_then(|network| account_of(document, network)) else {
        return;
    };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, _, region, owner, _] = parts.as_slice() else { return };
    if *region != account.region.value || *owner != account.id.value {
        out.push(
            Diagnostic::error(
                codes::LOAD_BALANCER_OWNER,
                format!("the load balancer is in account {owner}, region {region}, not in its network's"),
            )
            .at(selector.span, "this account and region")
            .at(target.network.span, format!("is in account {}, region {}", account.id.value, account.region.value))
            .help("name the network the load balancer is in"),
        );
    }
}
