//! Where a load balancer stands: SetSubnets and SetSecurityGroups.
//!
//! Subnets of a load balancer that an endpoint service or a VPC link uses can be added, never removed. A network load
//! balancer that was created without security groups never gets any, and one with some keeps at least one.

use super::load_balancer::{self, Mapping, check_groups, check_room, check_subnets};
use super::request::{Request, refuse, validation};
use super::{find, render};
use crate::ec2;
use crate::wire::{Fault, Reply};

/// Answers SetSubnets; for a network load balancer the list is the whole of what it shall have.
pub(super) fn set_subnets(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("LoadBalancerArn")?.to_owned();
    let mut lb = find::load_balancer(request, &arn)?.clone();
    let mappings = load_balancer::mappings(request)?;
    let (account, region) = (request.call.account.clone(), request.call.region.clone());
    let vpc = check_subnets(request.world, &account, &region, &mappings)?;
    if vpc != lb.vpc {
        let text = format!("The subnets must belong to the load balancer's VPC '{}'", lb.vpc);
        return Err(refuse("InvalidSubnet", text));
    }
    let kept = |subnet: &str| mappings.iter().any(|mapping| mapping.subnet == subnet);
    let removes = lb.zones.iter().any(|zone| !kept(&zone.subnet));
    if removes && ec2::service_on_load_balancer(request.world, &account, &region, &arn).is_some() {
        let text = format!(
            "Subnets cannot be removed from load balancer '{arn}' because it is currently associated with another service"
        );
        return Err(refuse("ResourceInUse", text));
    }
    let new: Vec<Mapping> =
        mappings.iter().filter(|mapping| !lb.zones.iter().any(|zone| zone.subnet == mapping.subnet)).cloned().collect();
    let zone_of = |mapping: &Mapping| lb.zones.iter().find(|zone| zone.subnet == mapping.subnet);
    if mappings
        .iter()
        .any(|mapping| zone_of(mapping).is_some_and(|zone| mapping.address.is_some_and(|a| a != zone.address)))
    {
        let text = "The address of a subnet that the load balancer has already cannot be changed";
        return Err(refuse("InvalidConfigurationRequest", text));
    }
    for (mapping, address) in new.iter().filter_map(|mapping| Some((mapping, mapping.address?))) {
        ec2::claim_address(request.world, &account, &region, &mapping.subnet, address)
            .map_err(|fault| validation(fault.message))?;
    }
    check_room(request, &new)?;
    for zone in lb.zones.iter().filter(|zone| !kept(&zone.subnet)) {
        ec2::remove_interface(request.world, &account, &region, &zone.interface);
    }
    lb.zones.retain(|zone| kept(&zone.subnet));
    for mapping in &new {
        load_balancer::add_zone(request.world, &account, &region, &mut lb, mapping)?;
    }
    let reply = request.answer(|x| {
        render::zones(x, &lb);
        x.text("IpAddressType", "ipv4");
    });
    request.state_mut().load_balancers.insert(arn, lb);
    Ok(reply)
}

/// Answers SetSecurityGroups, which also says whether their inbound rules hold for PrivateLink traffic.
pub(super) fn set_security_groups(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("LoadBalancerArn")?.to_owned();
    let mut lb = find::load_balancer(request, &arn)?.clone();
    let groups = request.params.members("SecurityGroups");
    if lb.security_groups.is_empty() {
        let text = "Security groups cannot be added to a Network Load Balancer that was created without any";
        return Err(refuse("InvalidConfigurationRequest", text));
    }
    if groups.is_empty() {
        let text = "At least one security group must remain associated with the load balancer";
        return Err(refuse("InvalidConfigurationRequest", text));
    }
    let (account, region) = (request.call.account.clone(), request.call.region.clone());
    check_groups(request.world, &account, &region, &lb.vpc, &groups)?;
    match request.params.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic") {
        None => {}
        Some(word @ ("on" | "off")) => lb.enforce = Some(word == "on"),
        Some(other) => {
            return Err(validation(format!(
                "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic must be one of 'on, off', not '{other}'"
            )));
        }
    }
    lb.security_groups.clone_from(&groups);
    for interface in request.world.scope_mut(&account, &region).ec2.interfaces.values_mut() {
        if interface.owner == arn {
            interface.groups.clone_from(&groups);
        }
    }
    let reply = request.answer(|x| {
        x.texts("SecurityGroupIds", "member", &groups);
        render::enforcement(x, &lb);
    });
    request.state_mut().load_balancers.insert(arn, lb);
    Ok(reply)
}
