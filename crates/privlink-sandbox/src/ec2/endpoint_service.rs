//! Endpoint services, the provider's side: configurations. Permissions are in `permission.rs`, the consumers' view in
//! `visible_service.rs`, the handshake in `connection.rs`.
//!
//! **Invariant:** a load balancer stands behind one endpoint service at most, a VPC link's hidden one counted.

use super::endpoint::endpoints_on;
use super::filter::{Filters, PageSize, SERVICE, invalid, page, remember, replayed, wanted};
use super::ports::service_on_load_balancer;
use super::request::{Request, write_tags, write_unsuccessful};
use super::state::{Phase, PrivateDnsName, Service};
use super::tags;
use super::zone::zones;
use crate::elbv2::ports::load_balancer;
use crate::wire::{Fault, Reply};
use crate::world::World;
use crate::xml::Xml;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

const CREATE: &str = "CreateVpcEndpointServiceConfiguration";

/// Answers `CreateVpcEndpointServiceConfiguration`.
pub(super) fn create(request: &mut Request<'_>) -> Result<Reply, Fault> {
    if let Some(id) = replayed(request.state(), CREATE, &request.params)?
        && let Some(service) = request.state().services.get(&id)
    {
        return answer_created(request, service);
    }
    let given = tags::at_creation(&request.params, "vpc-endpoint-service")?;
    // AWS requires acceptance unless told otherwise.
    let acceptance_required = request.params.boolean("AcceptanceRequired")?.unwrap_or(true);
    check_ip_types(&request.params.list("SupportedIpAddressType"))?;
    let arns = request.params.list("NetworkLoadBalancerArn");
    if arns.is_empty() {
        return Err(Fault::new(400, "MissingParameter", "At least one network or gateway load balancer must be given"));
    }
    let mut load_balancers = BTreeMap::new();
    for arn in arns {
        let zones = attachable(request, &arn)?;
        load_balancers.insert(arn, zones);
    }
    let asked = request.params.list("SupportedRegion");
    let zones = load_balancers.values().flatten().collect::<BTreeSet<_>>().len();
    let other_regions = others(request, zones, &asked)?.into_iter().collect();
    let id = format!("vpce-svc-{}", request.world.ids.hex(17));
    let private_dns = match request.params.get("PrivateDnsName").map(str::to_owned) {
        Some(name) => Some(private_name(request, &name)?),
        None => None,
    };
    let service = Service {
        name: service_name(&request.call.region, &id),
        id: id.clone(),
        acceptance_required,
        load_balancers,
        private_dns,
        other_regions,
        permissions: BTreeMap::new(),
        ready_at: request.world.done_after(request.world.timing.service_pending),
        failure: request.world.fate.failure().map(str::to_owned),
        gone_at: None,
        tags: given,
    };
    let params = request.params.clone();
    let state = request.state_mut();
    remember(state, CREATE, &params, &id);
    state.services.insert(id, service.clone());
    answer_created(request, &service)
}

fn answer_created(request: &Request<'_>, service: &Service) -> Result<Reply, Fault> {
    request.answer(|x| {
        x.node("serviceConfiguration", |x| write(x, request, service));
        x.maybe("clientToken", request.params.get("ClientToken"));
    })
}

/// Gives the name that a service goes by.
pub(crate) fn service_name(region: &str, id: &str) -> String {
    format!("com.amazonaws.vpce.{region}.{id}")
}

/// Checks that a load balancer can be put behind a service and gives the ids of its zones.
fn attachable(request: &Request<'_>, arn: &str) -> Result<Vec<String>, Fault> {
    let (account, region) = (&request.call.account, &request.call.region);
    let found = load_balancer(request.world, account, region, arn).ok_or_else(|| {
        Fault::new(400, "LoadBalancerNotFound", format!("The specified load balancer '{arn}' does not exist."))
    })?;
    if found.kind != "network" {
        let message = format!("Load balancer {arn} must be of type network or gateway.");
        return Err(Fault::new(400, "InvalidParameter", message));
    }
    if found.state(request.world.now()) != "active" {
        return Err(Fault::new(400, "InvalidParameter", format!("Load balancer {arn} is not active.")));
    }
    if service_on_load_balancer(request.world, account, region, arn).is_some() {
        let message =
            format!("The following LBs are already associated with another VPC Endpoint Service Configuration: {arn}");
        return Err(Fault::new(400, "InvalidParameter", message));
    }
    Ok(found.zones.iter().map(|zone| zone.az_id.clone()).collect())
}

fn check_ip_types(types: &[String]) -> Result<(), Fault> {
    match types.iter().find(|kind| *kind != "ipv4") {
        // Subnets here have IPv4 alone, so no load balancer can be dual-stack.
        Some(kind) if kind == "ipv6" => {
            Err(Fault::new(400, "InvalidParameter", "The load balancer does not support the IP address type ipv6."))
        }
        Some(kind) => Err(invalid(format!("The IP address type '{kind}' is not valid."))),
        None => Ok(()),
    }
}

/// Checks regions that a service is to be offered in, and gives those that are not its own.
fn others(request: &Request<'_>, zones: usize, asked: &[String]) -> Result<Vec<String>, Fault> {
    let refuse = |message: String| Err(Fault::new(400, "InvalidParameter", message));
    let own = &request.call.region;
    let others: Vec<String> = asked.iter().filter(|region| *region != own).cloned().collect();
    if let Some(off) = others.iter().find(|region| !request.world.region_is_on(&request.call.account, region)) {
        return refuse(format!("The region {off} is not enabled for this account."));
    }
    // AWS offers a service elsewhere only where one zone less does not take it away.
    if !others.is_empty() && zones < 2 {
        return refuse("A service that is offered in other regions needs at least two Availability Zones.".to_owned());
    }
    Ok(others)
}

fn private_name(request: &mut Request<'_>, name: &str) -> Result<PrivateDnsName, Fault> {
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let good = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if name.len() > 255 || !labels.contains('.') || !labels.split('.').all(good) {
        return Err(Fault::new(400, "InvalidParameter", format!("The private DNS name '{name}' is not valid.")));
    }
    let record = format!("_{}", request.world.ids.alnum(18));
    let value = format!("vpce:{}", request.world.ids.alnum(20));
    Ok(PrivateDnsName { name: name.to_owned(), record, value })
}

fn write(x: &mut Xml, request: &Request<'_>, service: &Service) {
    let state = service.state(request.world.now());
    let ids = service.zone_ids();
    x.items("serviceType", ["Interface"], |x, kind| {
        x.text("serviceType", kind);
    });
    x.text("serviceId", &service.id).text("serviceName", &service.name).text("serviceState", state);
    x.texts("availabilityZoneIdSet", "item", &ids);
    x.texts("availabilityZoneSet", "item", names_of(request.world, &request.call.account, &request.call.region, &ids));
    x.text("acceptanceRequired", service.acceptance_required)
        .text("managesVpcEndpoints", false)
        .texts("networkLoadBalancerArnSet", "item", service.load_balancers.keys())
        .texts("supportedIpAddressTypeSet", "item", ["ipv4"])
        .texts("baseEndpointDnsNameSet", "item", [base_name(&request.call.region, &service.id)]);
    if let Some(name) = &service.private_dns {
        x.text("privateDnsName", &name.name).node("privateDnsNameConfiguration", |x| {
            x.text("state", "pendingVerification")
                .text("type", "TXT")
                .text("value", &name.value)
                .text("name", &name.record);
        });
    }
    write_tags(x, &service.tags);
    let regions = [&request.call.region].into_iter().chain(&service.other_regions);
    x.items("supportedRegionSet", regions, |x, region| {
        x.text("region", region).text("serviceState", state);
    });
    x.text("remoteAccessEnabled", !service.other_regions.is_empty());
}

/// Gives the name that a service's endpoints' names end with.
pub(crate) fn base_name(region: &str, id: &str) -> String {
    format!("{id}.{region}.vpce.amazonaws.com")
}

/// Gives an account's names of zones, in order.
pub(crate) fn names_of(world: &World, account: &str, region: &str, ids: &[String]) -> Vec<String> {
    zones(world, account, region).into_iter().filter(|(_, id)| ids.contains(id)).map(|(name, _)| name).collect()
}

/// Answers `DescribeVpcEndpointServiceConfigurations`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let known = ["service-name", "service-id", "service-state", "supported-ip-address-types", "tag"];
    let filters = Filters::read(&request.params, &known)?;
    let state = request.state();
    let named = SERVICE.named(&request.params, "ServiceId", |id| state.services.contains_key(id))?;
    let now = request.world.now();
    let has = |service: &Service, filter: &str| {
        vec![match filter {
            "service-name" => service.name.clone(),
            "service-id" => service.id.clone(),
            "service-state" => service.state(now).to_owned(),
            _ => "ipv4".to_owned(),
        }]
    };
    let found = state.services.values().filter(|service| wanted(&named, &service.id));
    let found: Vec<&Service> = found.filter(|found| filters.admit(&found.tags, |name| has(found, name))).collect();
    let (found, token) = page(request.call, &request.params, PageSize::Clamped, found, |found| found.id.clone())?;
    request.answer(|x| {
        x.items("serviceConfigurationSet", found, |x, service| write(x, request, service));
        x.maybe("nextToken", token);
    })
}

/// Answers `ModifyVpcEndpointServiceConfiguration`. With nothing but the id it takes up zones that the load balancers gained.
pub(super) fn modify(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let id = own_service(request)?;
    let mut service = request.state().services.get(&id).cloned().ok_or_else(|| SERVICE.absent(&id))?;
    check_ip_types(&request.params.list("AddSupportedIpAddressType"))?;
    if request.params.list("RemoveSupportedIpAddressType").iter().any(|kind| kind == "ipv4") {
        return Err(Fault::new(400, "InvalidParameter", "At least one supported IP address type must remain."));
    }
    if let Some(required) = request.params.boolean("AcceptanceRequired")? {
        service.acceptance_required = required;
    }
    for arn in request.params.list("AddNetworkLoadBalancerArn") {
        if let Entry::Vacant(place) = service.load_balancers.entry(arn) {
            let zones = attachable(request, place.key())?;
            place.insert(zones);
        }
    }
    for arn in request.params.list("RemoveNetworkLoadBalancerArn") {
        if service.load_balancers.remove(&arn).is_none() {
            let message = format!("Load balancer {arn} is not associated with the service {id}.");
            return Err(Fault::new(400, "InvalidParameter", message));
        }
        if is_in_use(request.world, &service.name) {
            return Err(in_use());
        }
    }
    if service.load_balancers.is_empty() {
        return Err(Fault::new(400, "InvalidParameter", "At least one load balancer must remain."));
    }
    for (arn, zones) in &mut service.load_balancers {
        if let Some(found) = load_balancer(request.world, &request.call.account, &request.call.region, arn) {
            *zones = found.zones.iter().map(|zone| zone.az_id.clone()).collect();
        }
    }
    let removed = request.params.list("RemoveSupportedRegion");
    if removed.contains(&request.call.region) {
        let message = format!("The region {} of the service cannot be removed.", request.call.region);
        return Err(Fault::new(400, "InvalidParameter", message));
    }
    service.other_regions.retain(|region| !removed.contains(region));
    let added = others(request, service.zone_ids().len(), &request.params.list("AddSupportedRegion"))?;
    service.other_regions.extend(added);
    let name = request.params.get("PrivateDnsName").map(str::to_owned);
    let remove = request.params.boolean("RemovePrivateDnsName")?.unwrap_or(false);
    match (name, remove) {
        (Some(_), true) => {
            let message = "The parameters PrivateDnsName and RemovePrivateDnsName cannot be used together";
            return Err(Fault::new(400, "InvalidParameterCombination", message));
        }
        (Some(name), false) => service.private_dns = Some(private_name(request, &name)?),
        (None, true) => service.private_dns = None,
        (None, false) => {}
    }
    request.state_mut().services.insert(id, service);
    request.done()
}

/// Reads the id of a service that the caller owns.
pub(super) fn own_service(request: &Request<'_>) -> Result<String, Fault> {
    let id = request.params.require("ServiceId")?;
    SERVICE.check(id)?;
    let found = request.state().services.get(id).filter(|service| service.gone_at.is_none());
    found.map(|_| id.to_owned()).ok_or_else(|| SERVICE.absent(id))
}

/// Answers `DeleteVpcEndpointServiceConfigurations`: always 200, with what could not be deleted.
pub(super) fn delete(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let ids = request.params.list("ServiceId");
    if ids.is_empty() {
        return Err(Fault::new(400, "MissingParameter", "The request must contain the parameter ServiceId"));
    }
    let gone_at = request.world.done_after(request.world.timing.service_deleting);
    let mut failures = Vec::new();
    for id in ids {
        SERVICE.check(&id)?;
        let found = request.state().services.get(&id).filter(|service| service.gone_at.is_none());
        let Some(name) = found.map(|service| service.name.clone()) else {
            failures
                .push((id.clone(), Fault::new(400, "InvalidVpcEndpointService.NotFound", SERVICE.absent(&id).message)));
            continue;
        };
        if is_in_use(request.world, &name) {
            failures.push((id, in_use()));
        } else if let Some(service) = request.state_mut().services.get_mut(&id) {
            service.gone_at = Some(gone_at);
        }
    }
    request.answer(|x| write_unsuccessful(x, &failures))
}

/// An endpoint holds its service until it is rejected or deleted for good.
fn is_in_use(world: &World, name: &str) -> bool {
    let now = world.now();
    endpoints_on(world, name).any(|(_, endpoint)| match endpoint.phase {
        Phase::PendingAcceptance | Phase::Accepted { .. } => true,
        Phase::Rejected => false,
        Phase::Deleting { holds, deleted_at, .. } => holds && now < deleted_at,
    })
}

fn in_use() -> Fault {
    Fault::new(400, "ExistingVpcEndpointConnections", "Service has existing active VPC Endpoint connections!")
}
