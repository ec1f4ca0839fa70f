//! Interface endpoints: describe, delete, and how one is written. Making one is in `endpoint_create.rs`, changing one in
//! `endpoint_modify.rs`.
//!
//! **Invariant:** an endpoint's interfaces are listed by it only once it has been available.

use super::aws_service::private_names;
use super::filter::{ENDPOINT, Filters, PageSize, page, wanted};
use super::ports::remove_interfaces;
use super::request::{Request, write_tags, write_unsuccessful};
use super::state::{Endpoint, Phase, State};
use crate::ids::stable_hex;
use crate::wire::{Fault, Reply};
use crate::world::World;
use crate::xml::Xml;

/// The policy of an endpoint that was given none.
const FULL_ACCESS: &str = "{\n  \"Statement\": [\n    {\n      \"Action\": \"*\", \n      \"Effect\": \"Allow\", \n      \"Principal\": \"*\", \n      \"Resource\": \"*\"\n    }\n  ]\n}";

const FILTERS: &[&str] = &[
    "ip-address-type",
    "service-name",
    "service-region",
    "vpc-endpoint-id",
    "vpc-endpoint-state",
    "vpc-endpoint-type",
    "vpc-id",
    "tag",
];

/// Answers `DescribeVpcEndpoints`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, FILTERS)?;
    let state = request.state();
    let named = ENDPOINT.named(&request.params, "VpcEndpointId", |id| state.endpoints.contains_key(id))?;
    let now = request.world.now();
    let has = |endpoint: &Endpoint, filter: &str| {
        vec![match filter {
            "service-name" => endpoint.service_name.clone(),
            "service-region" => request.call.region.clone(),
            "vpc-endpoint-id" => endpoint.id.clone(),
            "vpc-endpoint-state" => endpoint.state(now).to_owned(),
            "vpc-endpoint-type" => "Interface".to_owned(),
            "vpc-id" => endpoint.vpc.clone(),
            _ => "ipv4".to_owned(),
        }]
    };
    let found = state.endpoints.values().filter(|endpoint| wanted(&named, &endpoint.id));
    let found: Vec<&Endpoint> = found.filter(|found| filters.admit(&found.tags, |name| has(found, name))).collect();
    let (found, token) = page(request.call, &request.params, PageSize::Clamped, found, |found| found.id.clone())?;
    request.answer(|x| {
        x.items("vpcEndpointSet", found, |x, endpoint| write(x, request, endpoint));
        x.maybe("nextToken", token);
    })
}

/// Writes an endpoint, without the element around it.
pub(super) fn write(x: &mut Xml, request: &Request<'_>, endpoint: &Endpoint) {
    let now = request.world.now();
    let (account, region) = (&request.call.account, &request.call.region);
    x.text("vpcEndpointId", &endpoint.id)
        .text("vpcEndpointType", "Interface")
        .text("vpcId", &endpoint.vpc)
        .text("serviceName", &endpoint.service_name)
        .text("state", endpoint.state(now));
    x.maybe("policyDocument", policy(endpoint));
    x.node("routeTableIdSet", |_| {}).texts("subnetIdSet", "item", endpoint.interfaces.keys());
    x.items("groupSet", &endpoint.groups, |x, id| {
        let name = request.state().groups.get(id).map(|group| &group.name);
        x.text("groupId", id).maybe("groupName", name);
    });
    x.text("ipAddressType", "ipv4").node("dnsOptions", |x| {
        x.text("dnsRecordIpType", "ipv4");
    });
    let listed = endpoint.state(now) == "available" || (endpoint.state(now) == "pending" && endpoint.once_available);
    x.text("privateDnsEnabled", endpoint.private_dns).text("requesterManaged", false);
    x.texts("networkInterfaceIdSet", "item", endpoint.interfaces.values().filter(|_| listed));
    write_dns_entries(x, request.world, account, region, endpoint);
    x.text("creationTimestamp", endpoint.created.rfc3339());
    write_tags(x, &endpoint.tags);
    x.text("ownerId", account).text("serviceRegion", region);
    if let Some(reason) = endpoint.fate.failure().filter(|_| endpoint.state(now) == "failed") {
        x.text("failureReason", reason).node("lastError", |x| {
            x.text("code", "InternalError").text("message", reason);
        });
    }
}

fn policy(endpoint: &Endpoint) -> Option<&str> {
    // An endpoint of a custom service has no policy at all.
    let custom = endpoint.service_name.starts_with("com.amazonaws.vpce.");
    endpoint.policy.as_deref().or((!custom).then_some(FULL_ACCESS))
}

/// Writes an endpoint's names: the regional one, one for each zone, then the private ones.
pub(super) fn write_dns_entries(x: &mut Xml, world: &World, account: &str, region: &str, endpoint: &Endpoint) {
    // AWS shows names once the connection is accepted.
    let named = matches!(endpoint.phase, Phase::Accepted { .. });
    let state = &world.scope(account, region).ec2;
    let base = base(&endpoint.service_name, region);
    let public = format!("Z{}", stable_hex(&format!("vpce/{region}"), 13).to_uppercase());
    let private = format!("Z{}", stable_hex(&endpoint.id, 13).to_uppercase());
    let stem = format!("{}-{}", endpoint.id, endpoint.suffix);
    let mut entries = vec![(format!("{stem}.{base}"), public.clone())];
    entries.extend(zone_names(state, endpoint).into_iter().map(|az| (format!("{stem}-{az}.{base}"), public.clone())));
    if endpoint.private_dns {
        let names = private_names(&endpoint.service_name, region);
        entries.extend(names.into_iter().map(|name| (name, private.clone())));
    }
    x.items("dnsEntrySet", entries.into_iter().filter(|_| named), |x, (name, zone)| {
        x.text("dnsName", name).text("hostedZoneId", zone);
    });
}

fn zone_names(state: &State, endpoint: &Endpoint) -> Vec<String> {
    let subnets = endpoint.interfaces.keys().filter_map(|id| state.subnets.get(id));
    let mut names: Vec<String> = subnets.map(|subnet| subnet.az.clone()).collect();
    names.sort();
    names
}

fn base(service_name: &str, region: &str) -> String {
    let short = service_name.rsplit_once(&format!(".{region}.")).map_or(service_name, |(_, short)| short);
    format!("{short}.{region}.vpce.amazonaws.com")
}

/// Answers `DeleteVpcEndpoints`: always 200, with what could not be deleted.
pub(super) fn delete(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let ids = request.params.list("VpcEndpointId");
    if ids.is_empty() {
        return Err(Fault::new(400, "MissingParameter", "The request must contain the parameter VpcEndpointIds"));
    }
    for id in &ids {
        ENDPOINT.check(id)?;
    }
    let deleted_at = request.world.done_after(request.world.timing.endpoint_deleting);
    let gone_at = deleted_at.plus(request.world.timing.endpoint_deleted_listed);
    let mut failures = Vec::new();
    for id in ids {
        match request.state_mut().endpoints.get_mut(&id).filter(|endpoint| !endpoint.is_leaving()) {
            None => failures.push((id.clone(), ENDPOINT.absent(&id))),
            Some(endpoint) => {
                let holds = endpoint.phase != Phase::Rejected;
                endpoint.phase = Phase::Deleting { holds, deleted_at, gone_at };
                remove_interfaces(request.world, &request.call.account, &request.call.region, &id);
            }
        }
    }
    request.answer(|x| write_unsuccessful(x, &failures))
}

/// Gives all endpoints, of any account, that ask for a service, with their owners.
pub(crate) fn endpoints_on<'w>(
    world: &'w World,
    service_name: &'w str,
) -> impl Iterator<Item = (&'w str, &'w Endpoint)> {
    world.scopes.iter().flat_map(move |(key, scope)| {
        let owner = key.split('/').next().unwrap_or_default();
        let asking = scope.ec2.endpoints.values().filter(move |found| found.service_name == service_name);
        asking.map(move |endpoint| (owner, endpoint))
    })
}
