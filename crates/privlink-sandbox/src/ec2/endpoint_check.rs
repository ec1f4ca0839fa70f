//! What an endpoint must satisfy, whether it is being made or changed: zones, groups, policy, private DNS, quotas.

use super::filter::{GROUP, SUBNET, invalid};
use super::ports::claim_address;
use super::request::Request;
use super::state::Subnet;
use super::visible_service::VisibleService;
use crate::wire::{Fault, Params};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

const GROUPS_PER_INTERFACE: usize = 5;
const POLICY_CHARACTERS: usize = 20_480;

/// Checks the subnets that are asked for: they exist in the VPC, one for each zone, in zones of the service.
pub(super) fn subnets(
    request: &Request<'_>,
    vpc: &str,
    service: &VisibleService,
    present: &[String],
    added: &[String],
) -> Result<(), Fault> {
    let state = request.state();
    let mut zones: Vec<&str> = present.iter().filter_map(|id| Some(state.subnets.get(id)?.az_id.as_str())).collect();
    for id in added {
        SUBNET.check(id)?;
        let subnet: &Subnet = state.subnets.get(id).ok_or_else(|| SUBNET.absent(id))?;
        if subnet.vpc != vpc {
            let message = format!("The subnet ID '{id}' does not belong to the VPC '{vpc}'");
            return Err(Fault::new(400, "InvalidParameter", message));
        }
        if !service.zone_ids.contains(&subnet.az_id) {
            let message = format!(
                "The VPC endpoint service {} does not support the availability zone of the subnet: {id}.",
                service.name
            );
            return Err(Fault::new(400, "InvalidParameter", message));
        }
        if zones.contains(&subnet.az_id.as_str()) {
            let message = format!("Found another VPC endpoint subnet in the availability zone of {id}");
            return Err(Fault::new(400, "DuplicateSubnetsInSameZone", message));
        }
        zones.push(&subnet.az_id);
    }
    Ok(())
}

/// Reads `SubnetConfiguration`: the addresses that the caller chooses, by subnet.
pub(super) fn chosen_addresses(request: &Request<'_>) -> Result<BTreeMap<String, Ipv4Addr>, Fault> {
    let mut chosen = BTreeMap::new();
    for configuration in request.params.structs("SubnetConfiguration") {
        let id = configuration.require("SubnetId")?.to_owned();
        if configuration.has("Ipv6") {
            return Err(Fault::new(400, "InvalidParameter", format!("The subnet '{id}' has no IPv6 addresses")));
        }
        let Some(text) = configuration.get("Ipv4") else { continue };
        let address = text.parse().map_err(|_| invalid(format!("Invalid IPv4 address: {text}")))?;
        if chosen.insert(id.clone(), address).is_some() {
            return Err(Fault::new(400, "InvalidParameter", format!("The subnet '{id}' is configured twice")));
        }
    }
    Ok(chosen)
}

/// Checks that the chosen addresses belong to the endpoint's subnets and are free.
pub(super) fn addresses(
    request: &Request<'_>,
    subnets: &[String],
    chosen: &BTreeMap<String, Ipv4Addr>,
) -> Result<(), Fault> {
    for (subnet, address) in chosen {
        if !subnets.contains(subnet) {
            let message = format!("The subnet '{subnet}' has a configuration but is not one of the endpoint's subnets");
            return Err(Fault::new(400, "InvalidParameter", message));
        }
        claim_address(request.world, &request.call.account, &request.call.region, subnet, *address)?;
    }
    Ok(())
}

/// Checks that groups exist in the VPC and are not too many.
pub(super) fn groups(request: &Request<'_>, vpc: &str, groups: &[String]) -> Result<(), Fault> {
    for id in groups {
        GROUP.check(id)?;
        let group = request.state().groups.get(id).ok_or_else(|| GROUP.absent(id))?;
        if group.vpc != vpc {
            let message = format!("The security group '{id}' does not belong to the VPC '{vpc}'");
            return Err(Fault::new(400, "InvalidParameter", message));
        }
    }
    if groups.len() > GROUPS_PER_INTERFACE {
        let message = "The maximum number of security groups per interface has been reached.";
        return Err(Fault::new(400, "SecurityGroupsPerInterfaceLimitExceeded", message));
    }
    Ok(())
}

/// Checks an endpoint policy: the service takes one, it is not too long, and it is a policy.
pub(super) fn policy(service: &VisibleService, text: &str) -> Result<(), Fault> {
    if !service.policies {
        let message = format!("The service {} does not support endpoint policies.", service.name);
        return Err(Fault::new(400, "InvalidParameter", message));
    }
    let bad =
        |why: &str| Err(Fault::new(400, "InvalidPolicyDocument", format!("The policy document is invalid: {why}.")));
    if text.chars().count() > POLICY_CHARACTERS {
        return bad("it is longer than 20480 characters");
    }
    let Ok(serde_json::Value::Object(document)) = serde_json::from_str(text) else {
        return bad("it is not a JSON object");
    };
    let statements = match document.get("Statement") {
        Some(serde_json::Value::Array(list)) if !list.is_empty() => list.iter().collect(),
        Some(one @ serde_json::Value::Object(_)) => vec![one],
        _ => return bad("it has no Statement"),
    };
    for statement in statements {
        if !matches!(statement.get("Effect").and_then(|effect| effect.as_str()), Some("Allow" | "Deny")) {
            return bad("Effect must be Allow or Deny");
        }
        for (one, other) in [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")] {
            if statement.get(one).is_some() == statement.get(other).is_some() {
                return bad(&format!("a statement needs {one}"));
            }
        }
    }
    Ok(())
}

/// Checks that private DNS can be turned on: for the service, by the VPC's attributes, and no other endpoint has the name.
pub(super) fn private_dns(
    request: &Request<'_>,
    vpc: &str,
    service: &VisibleService,
    own: Option<&str>,
) -> Result<(), Fault> {
    let refuse = |message: String| Err(Fault::new(400, "InvalidParameter", message));
    let Some(name) = service.private_names.last() else {
        return refuse(format!(
            "Private DNS can't be enabled because the service {} does not provide a private DNS name.",
            service.name
        ));
    };
    let on = |vpc: &super::state::Vpc| vpc.dns_support && vpc.dns_hostnames;
    if !request.state().vpcs.get(vpc).is_some_and(on) {
        return refuse(format!(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc}"
        ));
    }
    let conflicting = request.state().endpoints.values().any(|other| {
        other.vpc == vpc
            && other.service_name == service.name
            && other.private_dns
            && other.state(request.world.now()) != "deleted"
            && Some(other.id.as_str()) != own
    });
    if conflicting {
        return refuse(format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {name} in the VPC {vpc}"
        ));
    }
    Ok(())
}

/// Refuses parameters that only other sorts of endpoint have.
pub(super) fn only_interface(params: &Params, names: &[&str]) -> Result<(), Fault> {
    match names.iter().find(|name| params.has(name)) {
        Some(name) => {
            let message = format!("{name} is not supported for an endpoint of type Interface");
            Err(Fault::new(400, "InvalidParameter", message))
        }
        None => Ok(()),
    }
}

/// Checks the address family: the subnets here have IPv4 alone.
pub(super) fn ip_type(params: &Params) -> Result<(), Fault> {
    match params.get("IpAddressType") {
        None | Some("ipv4") => Ok(()),
        Some(kind @ ("ipv6" | "dualstack")) => {
            Err(Fault::new(400, "InvalidParameter", format!("The subnets do not support the IP address type {kind}.")))
        }
        Some(kind) => Err(invalid(format!("The IP address type '{kind}' is not valid."))),
    }
}

/// Checks `DnsOptions`: records follow the address family.
pub(super) fn dns_options(params: &Params) -> Result<(), Fault> {
    match params.get("DnsOptions.DnsRecordIpType") {
        None | Some("ipv4" | "service-defined") => Ok(()),
        Some(kind) => Err(Fault::new(
            400,
            "InvalidParameter",
            format!("The DNS record IP type '{kind}' does not fit the endpoint."),
        )),
    }
}
