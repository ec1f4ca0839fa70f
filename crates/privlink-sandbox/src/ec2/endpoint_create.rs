//! `CreateVpcEndpoint`: an interface endpoint to one of AWS's services or to another account's.

use super::endpoint::write;
use super::endpoint_check as check;
use super::filter::{VPC, invalid, remember, replayed};
use super::ports::{NewInterface, add_interface, take_address};
use super::request::Request;
use super::state::{Endpoint, Phase, Tags};
use super::tags;
use super::visible_service::{VisibleService, absent, find};
use crate::wire::{Fault, Reply};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

const OPERATION: &str = "CreateVpcEndpoint";
const PER_VPC: usize = 50;

/// All that a request asks for, checked.
struct Asked {
    vpc: String,
    service: VisibleService,
    subnets: Vec<String>,
    chosen: BTreeMap<String, Ipv4Addr>,
    groups: Vec<String>,
    policy: Option<String>,
    private_dns: bool,
    tags: Tags,
}

/// Answers `CreateVpcEndpoint`.
pub(super) fn create(request: &mut Request<'_>) -> Result<Reply, Fault> {
    if let Some(id) = replayed(request.state(), OPERATION, &request.params)?
        && let Some(endpoint) = request.state().endpoints.get(&id)
    {
        return answer(request, endpoint);
    }
    let asked = read(request)?;
    let (account, region) = (request.call.account.clone(), request.call.region.clone());
    // Addresses are drawn before anything is made: a full subnet must leave no trace.
    let mut addresses = BTreeMap::new();
    for subnet in &asked.subnets {
        let address = match asked.chosen.get(subnet) {
            Some(address) => *address,
            None => take_address(request.world, &account, &region, subnet)?,
        };
        addresses.insert(subnet.clone(), address);
    }
    let id = format!("vpce-{}", request.world.ids.hex(17));
    let mut interfaces = BTreeMap::new();
    for (subnet, address) in addresses {
        let new = interface(&id, &subnet, address, &asked.groups);
        interfaces.insert(subnet, add_interface(request.world, &account, &region, new));
    }
    let now = request.world.now();
    let phase = if asked.service.acceptance_required {
        Phase::PendingAcceptance
    } else {
        Phase::Accepted { ready_at: now.plus(request.world.timing.endpoint_pending) }
    };
    let endpoint = Endpoint {
        id: id.clone(),
        vpc: asked.vpc,
        service_name: asked.service.name,
        phase,
        fate: request.world.fate.clone(),
        once_available: false,
        interfaces,
        groups: asked.groups,
        policy: asked.policy,
        private_dns: asked.private_dns,
        suffix: request.world.ids.alnum(8),
        connection: format!("vpce-con-{}", request.world.ids.hex(17)),
        created: now,
        tags: asked.tags,
    };
    let params = request.params.clone();
    let state = request.state_mut();
    remember(state, OPERATION, &params, &id);
    state.endpoints.insert(id, endpoint.clone());
    answer(request, &endpoint)
}

fn answer(request: &Request<'_>, endpoint: &Endpoint) -> Result<Reply, Fault> {
    request.answer(|x| {
        x.node("vpcEndpoint", |x| write(x, request, endpoint));
        x.maybe("clientToken", request.params.get("ClientToken"));
    })
}

/// Describes an endpoint's interface in a subnet.
pub(super) fn interface(endpoint: &str, subnet: &str, address: Ipv4Addr, groups: &[String]) -> NewInterface {
    NewInterface {
        subnet: subnet.to_owned(),
        address,
        kind: "vpc_endpoint".to_owned(),
        description: format!("VPC Endpoint Interface {endpoint}"),
        owner: endpoint.to_owned(),
        groups: groups.to_vec(),
    }
}

fn read(request: &Request<'_>) -> Result<Asked, Fault> {
    let params = &request.params;
    let vpc = params.require("VpcId")?.to_owned();
    let name = params.require("ServiceName")?;
    let tags = tags::at_creation(params, "vpc-endpoint")?;
    VPC.check(&vpc)?;
    if !request.state().vpcs.contains_key(&vpc) {
        return Err(VPC.absent(&vpc));
    }
    if params.get("ServiceRegion").is_some_and(|region| region != request.call.region) {
        return Err(absent(name));
    }
    let service = find(request.world, request.call, name)?;
    // AWS's own default is Gateway, which none of the services here offers.
    match params.get("VpcEndpointType").unwrap_or("Gateway") {
        "Interface" => {}
        kind @ ("Gateway" | "GatewayLoadBalancer" | "Resource" | "ServiceNetwork") => {
            let message = format!("Endpoint type ({kind}) does not match available service types ([Interface]).");
            return Err(Fault::new(400, "InvalidParameter", message));
        }
        other => return Err(invalid(format!("Value ({other}) for parameter vpcEndpointType is invalid."))),
    }
    check::only_interface(params, &["RouteTableId", "ServiceNetworkArn", "ResourceConfigurationArn"])?;
    check::ip_type(params)?;
    check::dns_options(params)?;
    if !service.available {
        let message = format!("The VPC endpoint service {name} is not available.");
        return Err(Fault::new(400, "InvalidParameter", message));
    }
    let leaving = |endpoint: &&Endpoint| endpoint.state(request.world.now()) == "deleted";
    let present = request.state().endpoints.values().filter(|found| found.vpc == vpc && !leaving(found)).count();
    if present >= PER_VPC {
        let message = "The maximum number of VPC endpoints has been reached.";
        return Err(Fault::new(400, "VpcEndpointLimitExceeded", message));
    }
    let subnets = params.list("SubnetId");
    check::subnets(request, &vpc, &service, &[], &subnets)?;
    let chosen = check::chosen_addresses(request)?;
    check::addresses(request, &subnets, &chosen)?;
    let mut groups = params.list("SecurityGroupId");
    if groups.is_empty() {
        let default = |group: &&super::state::SecurityGroup| group.vpc == vpc && group.name == "default";
        groups.extend(request.state().groups.values().find(default).map(|group| group.id.clone()));
    }
    check::groups(request, &vpc, &groups)?;
    let policy = params.get("PolicyDocument").map(str::to_owned);
    if let Some(policy) = &policy {
        check::policy(&service, policy)?;
    }
    // Left out, private DNS is on where the service has a name for it.
    let private_dns = match params.boolean("PrivateDnsEnabled")? {
        Some(asked) => asked,
        None => !service.private_names.is_empty(),
    };
    if private_dns {
        check::private_dns(request, &vpc, &service, None)?;
    }
    Ok(Asked { vpc, service, subnets, chosen, groups, policy, private_dns, tags })
}
