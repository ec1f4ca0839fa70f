//! The handshake: how a provider sees, accepts and rejects the endpoints that ask for its services.
//!
//! The endpoints live in their consumers' accounts; this is the one place where one account changes what another holds.

use super::endpoint::{endpoints_on, write_dns_entries};
use super::endpoint_service::own_service;
use super::filter::{ENDPOINT, Filters, PageSize, page};
use super::request::{Request, write_unsuccessful};
use super::state::{Endpoint, Phase, Service};
use crate::wire::{Fault, Reply};

/// Answers `DescribeVpcEndpointConnections`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let known = [
        "ip-address-type",
        "service-id",
        "vpc-endpoint-owner",
        "vpc-endpoint-region",
        "vpc-endpoint-state",
        "vpc-endpoint-id",
    ];
    let filters = Filters::read(&request.params, &known)?;
    let (now, region) = (request.world.now(), &request.call.region);
    let mut found: Vec<(&Service, &str, &Endpoint)> = Vec::new();
    for service in request.state().services.values() {
        for (owner, endpoint) in endpoints_on(request.world, &service.name) {
            let admitted = filters.admit(&Default::default(), |filter| {
                vec![match filter {
                    "service-id" => service.id.clone(),
                    "vpc-endpoint-owner" => owner.to_owned(),
                    "vpc-endpoint-region" => region.clone(),
                    "vpc-endpoint-state" => endpoint.state(now).to_owned(),
                    "vpc-endpoint-id" => endpoint.id.clone(),
                    _ => "ipv4".to_owned(),
                }]
            });
            if admitted {
                found.push((service, owner, endpoint));
            }
        }
    }
    found.sort_by(|a, b| a.2.connection.cmp(&b.2.connection));
    let (found, token) =
        page(request.call, &request.params, PageSize::Clamped, found, |(_, _, endpoint)| endpoint.connection.clone())?;
    request.answer(|x| {
        x.items("vpcEndpointConnectionSet", found, |x, (service, owner, endpoint)| {
            x.text("serviceId", &service.id)
                .text("vpcEndpointId", &endpoint.id)
                .text("vpcEndpointOwner", owner)
                .text("vpcEndpointState", endpoint.state(now))
                .text("creationTimestamp", endpoint.created.rfc3339());
            write_dns_entries(x, request.world, owner, region, endpoint);
            x.texts("networkLoadBalancerArnSet", "item", service.load_balancers.keys())
                .text("ipAddressType", "ipv4")
                .text("vpcEndpointConnectionId", &endpoint.connection)
                .node("tagSet", |_| {})
                .text("vpcEndpointRegion", region);
        });
        x.maybe("nextToken", token);
    })
}

/// Answers `AcceptVpcEndpointConnections`.
pub(super) fn accept(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let ready_at = request.world.now().plus(request.world.timing.endpoint_pending);
    // A rejected connection can be accepted again.
    decide(request, Phase::Accepted { ready_at }, "accept", |phase| {
        matches!(phase, Phase::PendingAcceptance | Phase::Rejected)
    })
}

/// Answers `RejectVpcEndpointConnections`.
pub(super) fn reject(request: &mut Request<'_>) -> Result<Reply, Fault> {
    decide(request, Phase::Rejected, "reject", |phase| {
        matches!(phase, Phase::PendingAcceptance | Phase::Accepted { .. })
    })
}

fn decide(
    request: &mut Request<'_>,
    outcome: Phase,
    verb: &str,
    allowed: impl Fn(Phase) -> bool,
) -> Result<Reply, Fault> {
    let service = own_service(request)?;
    let ids = request.params.list("VpcEndpointId");
    if ids.is_empty() {
        return Err(Fault::new(400, "MissingParameter", "The request must contain the parameter VpcEndpointIds"));
    }
    for id in &ids {
        ENDPOINT.check(id)?;
    }
    let name = request.state().services.get(&service).map(|found| found.name.clone()).unwrap_or_default();
    let region = format!("/{}", request.call.region);
    let (now, fate) = (request.world.now(), request.world.fate.clone());
    let mut failures = Vec::new();
    for id in ids {
        let mut scopes = request.world.scopes.iter_mut().filter(|(key, _)| key.ends_with(&region));
        let found = scopes.find_map(|(_, scope)| scope.ec2.endpoints.get_mut(&id));
        match found.filter(|endpoint| endpoint.service_name == name) {
            None => failures.push((id.clone(), ENDPOINT.absent(&id))),
            Some(endpoint) if allowed(endpoint.phase) => {
                endpoint.phase = outcome;
                endpoint.share(&fate);
            }
            Some(endpoint) => {
                let message =
                    format!("Cannot {verb} the VPC endpoint connection {id} in the state {}", endpoint.state(now));
                failures.push((id, Fault::new(400, "InvalidState", message)));
            }
        }
    }
    request.answer(|x| write_unsuccessful(x, &failures))
}
