//! `ModifyVpcEndpoint`: subnets, groups, policy, private DNS, addresses.

use super::endpoint_check as check;
use super::endpoint_create::interface;
use super::filter::ENDPOINT;
use super::ports::{add_interface, remove_interface, take_address};
use super::request::Request;
use super::state::{Endpoint, Phase};
use super::visible_service::{VisibleService, behind};
use crate::wire::{Fault, Reply};
use std::net::Ipv4Addr;

/// Answers `ModifyVpcEndpoint`.
pub(super) fn modify(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let id = request.params.require("VpcEndpointId")?.to_owned();
    ENDPOINT.check(&id)?;
    let mut endpoint = request.state().endpoints.get(&id).cloned().ok_or_else(|| ENDPOINT.absent(&id))?;
    let now = request.world.now();
    if !matches!(endpoint.state(now), "pendingAcceptance" | "pending" | "available") {
        let message = format!("The VPC endpoint {id} is in the state {} and cannot be modified", endpoint.state(now));
        return Err(Fault::new(400, "IncorrectState", message));
    }
    let service = behind(request.world, request.call, &endpoint.service_name)?;
    check::only_interface(&request.params, &["AddRouteTableId", "RemoveRouteTableId"])?;
    check::ip_type(&request.params)?;
    check::dns_options(&request.params)?;
    change_policy(request, &service, &mut endpoint)?;
    change_groups(request, &mut endpoint)?;
    if let Some(asked) = request.params.boolean("PrivateDnsEnabled")? {
        if asked {
            check::private_dns(request, &endpoint.vpc, &service, Some(&id))?;
        }
        endpoint.private_dns = asked;
    }
    change_subnets(request, &service, &mut endpoint)?;
    if let Phase::Accepted { ready_at } = endpoint.phase {
        endpoint.once_available |= now >= ready_at;
        let settled = now.plus(request.world.timing.endpoint_modifying);
        endpoint.phase = Phase::Accepted { ready_at: settled.max(ready_at) };
        endpoint.share(&request.world.fate);
    }
    request.state_mut().endpoints.insert(id, endpoint);
    request.done()
}

fn change_policy(request: &Request<'_>, service: &VisibleService, endpoint: &mut Endpoint) -> Result<(), Fault> {
    let reset = request.params.boolean("ResetPolicy")?.unwrap_or(false);
    match request.params.get("PolicyDocument") {
        Some(_) if reset => {
            let message = "The parameters PolicyDocument and ResetPolicy cannot be used together";
            return Err(Fault::new(400, "InvalidParameterCombination", message));
        }
        Some(policy) => {
            check::policy(service, policy)?;
            endpoint.policy = Some(policy.to_owned());
        }
        None if reset => endpoint.policy = None,
        None => {}
    }
    Ok(())
}

fn change_groups(request: &Request<'_>, endpoint: &mut Endpoint) -> Result<(), Fault> {
    let (add, remove) = (request.params.list("AddSecurityGroupId"), request.params.list("RemoveSecurityGroupId"));
    if let Some(absent) = remove.iter().find(|id| !endpoint.groups.contains(id)) {
        let message = format!("The security group '{absent}' is not associated with the endpoint {}", endpoint.id);
        return Err(Fault::new(400, "InvalidParameter", message));
    }
    endpoint.groups.retain(|id| !remove.contains(id));
    for id in add {
        if !endpoint.groups.contains(&id) {
            endpoint.groups.push(id);
        }
    }
    check::groups(request, &endpoint.vpc, &endpoint.groups)?;
    if endpoint.groups.is_empty() {
        return Err(Fault::new(400, "InvalidParameter", "An endpoint must have at least one security group"));
    }
    Ok(())
}

/// Adds and removes interfaces; the last thing that can be refused, for it is the first that changes the world.
fn change_subnets(request: &mut Request<'_>, service: &VisibleService, endpoint: &mut Endpoint) -> Result<(), Fault> {
    let (add, remove) = (request.params.list("AddSubnetId"), request.params.list("RemoveSubnetId"));
    if let Some(absent) = remove.iter().find(|id| !endpoint.interfaces.contains_key(*id)) {
        let message = format!("The subnet '{absent}' is not associated with the endpoint {}", endpoint.id);
        return Err(Fault::new(400, "InvalidParameter", message));
    }
    let kept: Vec<String> = endpoint.interfaces.keys().filter(|id| !remove.contains(id)).cloned().collect();
    let add: Vec<String> = add.into_iter().filter(|id| !kept.contains(id)).collect();
    check::subnets(request, &endpoint.vpc, service, &kept, &add)?;
    let chosen = check::chosen_addresses(request)?;
    let all: Vec<String> = kept.iter().chain(&add).cloned().collect();
    // A configuration that names the address an interface has already changes nothing.
    let moved: std::collections::BTreeMap<String, Ipv4Addr> = chosen
        .into_iter()
        .filter(|(subnet, address)| {
            let has = endpoint.interfaces.get(subnet).and_then(|id| request.state().interfaces.get(id));
            has.map(|interface| interface.address) != Some(*address)
        })
        .collect();
    check::addresses(request, &all, &moved)?;
    let (account, region) = (request.call.account.clone(), request.call.region.clone());
    let mut new = Vec::new();
    for subnet in all.iter().filter(|id| add.contains(id) || moved.contains_key(*id)) {
        let address = match moved.get(subnet) {
            Some(address) => *address,
            None => take_address(request.world, &account, &region, subnet)?,
        };
        new.push((subnet.clone(), address));
    }
    for subnet in remove.iter().chain(new.iter().map(|(subnet, _)| subnet)) {
        if let Some(interface) = endpoint.interfaces.remove(subnet) {
            remove_interface(request.world, &account, &region, &interface);
        }
    }
    for (subnet, address) in new {
        let wanted = interface(&endpoint.id, &subnet, address, &endpoint.groups);
        let made = add_interface(request.world, &account, &region, wanted);
        endpoint.interfaces.insert(subnet, made);
    }
    for id in endpoint.interfaces.values() {
        if let Some(interface) = request.state_mut().interfaces.get_mut(id) {
            interface.groups = endpoint.groups.clone();
        }
    }
    Ok(())
}
