//! Endpoint services as a consumer sees them: AWS's own, the caller's, and those whose owner permits the caller.
//!
//! **Invariant:** a service that does not permit the caller looks exactly like one that does not exist.

use super::aws_service::{AWS_SERVICES, private_names};
use super::endpoint_service::{base_name, names_of};
use super::filter::{Filters, PageSize, page};
use super::permission::permits;
use super::request::{Request, write_tags};
use super::state::{Service, Tags};
use super::zone::zones;
use crate::ids::stable_hex;
use crate::wire::{Call, Fault, Reply};
use crate::world::World;

/// A service that a caller may connect to.
#[derive(Debug, Clone)]
pub(crate) struct VisibleService {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `amazon`, or an account.
    pub(crate) owner: String,
    /// The ids of the zones that it is offered in.
    pub(crate) zone_ids: Vec<String>,
    pub(crate) acceptance_required: bool,
    pub(crate) policies: bool,
    /// Whether it may be connected to now.
    pub(crate) available: bool,
    /// What its endpoints' names end with.
    pub(crate) base: String,
    /// The names that private DNS would give; the second is a wildcard for execute-api.
    pub(crate) private_names: Vec<String>,
    tags: Tags,
}

/// Gives the services that a caller sees, by name.
pub(crate) fn visible(world: &World, call: &Call) -> Vec<VisibleService> {
    let mut all: Vec<VisibleService> = AWS_SERVICES.iter().map(|(short, _)| of_aws(world, call, short)).collect();
    let seen = custom(world, call).filter(|(owner, service)| *owner == call.account || permits(service, call));
    all.extend(seen.map(|(owner, service)| of_account(world, call, owner, service)));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Finds a service by name, or gives AWS's error for one that is not there or not permitted.
pub(crate) fn find(world: &World, call: &Call, name: &str) -> Result<VisibleService, Fault> {
    let found = visible(world, call).into_iter().find(|service| service.name == name);
    found.ok_or_else(|| absent(name))
}

/// Finds the service behind an endpoint that exists: withdrawing a permission does not cut what was connected.
pub(crate) fn behind(world: &World, call: &Call, name: &str) -> Result<VisibleService, Fault> {
    match custom(world, call).find(|(_, service)| service.name == name) {
        Some((owner, service)) => Ok(of_account(world, call, owner, service)),
        None => find(world, call, name),
    }
}

/// Makes AWS's error for a service that is not there, or not for the caller.
pub(crate) fn absent(name: &str) -> Fault {
    Fault::new(400, "InvalidServiceName", format!("The Vpc Endpoint Service '{name}' does not exist"))
}

/// Gives the endpoint services of all accounts in the caller's region, with their owners.
fn custom<'w>(world: &'w World, call: &'w Call) -> impl Iterator<Item = (&'w str, &'w Service)> {
    world.scopes.iter().flat_map(|(key, scope)| {
        let (owner, region) = key.split_once('/').unwrap_or_default();
        let here = region == call.region;
        let there = move |service: &&Service| here && service.gone_at.is_none();
        scope.ec2.services.values().filter(there).map(move |service| (owner, service))
    })
}

fn of_aws(world: &World, call: &Call, short: &str) -> VisibleService {
    let region = &call.region;
    let name = format!("com.amazonaws.{region}.{short}");
    VisibleService {
        id: format!("vpce-svc-{}", stable_hex(&name, 17)),
        owner: "amazon".to_owned(),
        zone_ids: zones(world, &call.account, region).into_iter().map(|(_, id)| id).collect(),
        acceptance_required: false,
        policies: true,
        available: true,
        base: format!("{short}.{region}.vpce.amazonaws.com"),
        private_names: private_names(&name, region),
        tags: Tags::new(),
        name,
    }
}

fn of_account(world: &World, call: &Call, owner: &str, service: &Service) -> VisibleService {
    VisibleService {
        id: service.id.clone(),
        name: service.name.clone(),
        owner: owner.to_owned(),
        zone_ids: service.zone_ids(),
        acceptance_required: service.acceptance_required,
        policies: false,
        available: service.state(world.now()) == "Available",
        base: base_name(&call.region, &service.id),
        private_names: Vec::new(),
        tags: if owner == call.account { service.tags.clone() } else { Tags::new() },
    }
}

/// Answers `DescribeVpcEndpointServices`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let known = ["owner", "service-name", "service-region", "service-type", "supported-ip-address-types", "tag"];
    let filters = Filters::read(&request.params, &known)?;
    let names = request.params.list("ServiceName");
    for region in request.params.list("ServiceRegion") {
        if region != request.call.region {
            let message = format!("Services of the region '{region}' are not available in this region");
            return Err(Fault::new(400, "InvalidParameter", message));
        }
    }
    for name in &names {
        find(request.world, request.call, name)?;
    }
    let region = &request.call.region;
    let found = visible(request.world, request.call).into_iter();
    let found = found.filter(|service| names.is_empty() || names.contains(&service.name)).filter(|service| {
        filters.admit(&service.tags, |filter| {
            vec![match filter {
                "owner" => service.owner.clone(),
                "service-name" => service.name.clone(),
                "service-region" => region.clone(),
                "service-type" => "Interface".to_owned(),
                _ => "ipv4".to_owned(),
            }]
        })
    });
    let (found, token) =
        page(request.call, &request.params, PageSize::Clamped, found.collect(), |found: &VisibleService| {
            found.name.clone()
        })?;
    let own: Vec<String> = zones(request.world, &request.call.account, region).into_iter().map(|(_, id)| id).collect();
    request.answer(|x| {
        x.texts("serviceNameSet", "item", found.iter().map(|service| &service.name));
        x.items("serviceDetailSet", &found, |x, service| {
            let ids: Vec<String> = service.zone_ids.iter().filter(|id| own.contains(id)).cloned().collect();
            x.text("serviceName", &service.name).text("serviceId", &service.id);
            x.items("serviceType", ["Interface"], |x, kind| {
                x.text("serviceType", kind);
            });
            x.text("serviceRegion", region).texts("availabilityZoneIdSet", "item", &ids);
            x.texts("availabilityZoneSet", "item", names_of(request.world, &request.call.account, region, &ids));
            x.text("owner", &service.owner).texts("baseEndpointDnsNameSet", "item", [&service.base]);
            if let Some(name) = service.private_names.first() {
                x.text("privateDnsName", name);
                x.items("privateDnsNameSet", &service.private_names, |x, name| {
                    x.text("privateDnsName", name);
                });
                x.text("privateDnsNameVerificationState", "verified");
            }
            x.text("vpcEndpointPolicySupported", service.policies)
                .text("acceptanceRequired", service.acceptance_required)
                .text("managesVpcEndpoints", false);
            write_tags(x, &service.tags);
            x.texts("supportedIpAddressTypeSet", "item", ["ipv4"]);
        });
        x.maybe("nextToken", token);
    })
}
