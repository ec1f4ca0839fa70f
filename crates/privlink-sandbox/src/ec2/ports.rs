//! What the other services may ask of EC2: subnets, addresses, interfaces, groups, and who stands on a load balancer.
//!
//! They name objects by id within an account and region and never reach into `state.rs`.

use super::state::{Interface, Subnet, Vpc};
use crate::wire::Fault;
use crate::world::World;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// An interface that a service wants in a subnet.
#[derive(Debug, Clone)]
pub(crate) struct NewInterface {
    pub(crate) subnet: String,
    pub(crate) address: Ipv4Addr,
    /// `vpc_endpoint`, `network_load_balancer`, …
    pub(crate) kind: String,
    pub(crate) description: String,
    /// The id or ARN of what it belongs to; the key of [`remove_interfaces`].
    pub(crate) owner: String,
    pub(crate) groups: Vec<String>,
}

/// Finds a VPC.
pub(crate) fn vpc<'w>(world: &'w World, account: &str, region: &str, id: &str) -> Option<&'w Vpc> {
    world.scope(account, region).ec2.vpcs.get(id)
}

/// Finds a subnet.
pub(crate) fn subnet<'w>(world: &'w World, account: &str, region: &str, id: &str) -> Option<&'w Subnet> {
    world.scope(account, region).ec2.subnets.get(id)
}

/// Tells whether a security group exists (and lies in the VPC, when one is named).
pub(crate) fn security_group_exists(
    world: &World,
    account: &str,
    region: &str,
    vpc: Option<&str>,
    group: &str,
) -> bool {
    let found = world.scope(account, region).ec2.groups.get(group);
    found.is_some_and(|found| vpc.is_none_or(|vpc| found.vpc == vpc))
}

/// Draws a free address of a subnet; it is taken once an interface holds it.
pub(crate) fn take_address(world: &mut World, account: &str, region: &str, id: &str) -> Result<Ipv4Addr, Fault> {
    let draw = world.ids.number();
    let subnet = subnet(world, account, region, id).ok_or_else(|| no_subnet(id))?;
    let (first, last) = usable(subnet);
    let used = used(world, account, region, id);
    let size = u64::from(last.saturating_sub(first)) + 1;
    (0..size)
        .map(|step| first + ((draw % size + step) % size) as u32)
        .map(Ipv4Addr::from)
        .find(|address| first <= last && !used.contains(address))
        .ok_or_else(|| insufficient(id))
}

/// Checks that an address of the caller's choice is one a subnet can give.
pub(crate) fn claim_address(
    world: &World,
    account: &str,
    region: &str,
    id: &str,
    address: Ipv4Addr,
) -> Result<(), Fault> {
    let subnet = subnet(world, account, region, id).ok_or_else(|| no_subnet(id))?;
    let (first, last) = usable(subnet);
    if !subnet.cidr.contains(&address) || !(first..=last).contains(&u32::from(address)) {
        let message = format!("Address {address} does not fall within the subnet's address range");
        return Err(Fault::new(400, "InvalidParameterValue", message));
    }
    if used(world, account, region, id).contains(&address) {
        return Err(Fault::new(400, "InvalidIPAddress.InUse", format!("Address {address} is in use.")));
    }
    Ok(())
}

/// Makes an interface and gives its id.
pub(crate) fn add_interface(world: &mut World, account: &str, region: &str, new: NewInterface) -> String {
    let id = format!("eni-{}", world.ids.hex(17));
    let attachment = format!("ela-attach-{}", world.ids.hex(17));
    let mac = world.ids.hex(10).as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":");
    let created = world.now();
    let vpc = subnet(world, account, region, &new.subnet).map(|subnet| subnet.vpc.clone()).unwrap_or_default();
    let interface = Interface {
        id: id.clone(),
        subnet: new.subnet,
        vpc,
        address: new.address,
        kind: new.kind,
        description: new.description,
        owner: new.owner,
        groups: new.groups,
        attachment,
        mac: format!("0e:{mac}"),
        created,
        gone_at: None,
    };
    world.scope_mut(account, region).ec2.interfaces.insert(id.clone(), interface);
    id
}

/// Lets all interfaces of an owner go; they linger a while, as AWS's do.
pub(crate) fn remove_interfaces(world: &mut World, account: &str, region: &str, owner: &str) {
    let gone = world.now().plus(world.timing.eni_linger);
    for interface in world.scope_mut(account, region).ec2.interfaces.values_mut() {
        if interface.owner == owner && interface.gone_at.is_none() {
            interface.gone_at = Some(gone);
        }
    }
}

/// Lets one interface go, as [`remove_interfaces`] does.
pub(crate) fn remove_interface(world: &mut World, account: &str, region: &str, id: &str) {
    let gone = world.now().plus(world.timing.eni_linger);
    if let Some(interface) = world.scope_mut(account, region).ec2.interfaces.get_mut(id) {
        interface.gone_at.get_or_insert(gone);
    }
}

/// Gives the endpoint service (of a user or hidden behind a VPC link) that stands on a load balancer.
pub(crate) fn service_on_load_balancer(world: &World, account: &str, region: &str, nlb_arn: &str) -> Option<String> {
    let state = &world.scope(account, region).ec2;
    let service = state.services.values().find(|service| service.load_balancers.contains_key(nlb_arn));
    service.map(|service| service.id.clone()).or_else(|| state.hidden_services.get(nlb_arn).cloned())
}

/// Puts a VPC link's own endpoint service on a load balancer and gives its id.
pub(crate) fn add_hidden_service(world: &mut World, account: &str, region: &str, nlb_arn: &str) -> String {
    let id = format!("vpce-svc-{}", world.ids.hex(17));
    world.scope_mut(account, region).ec2.hidden_services.insert(nlb_arn.to_owned(), id.clone());
    id
}

/// Takes a VPC link's endpoint service off a load balancer.
pub(crate) fn remove_hidden_service(world: &mut World, account: &str, region: &str, nlb_arn: &str) {
    world.scope_mut(account, region).ec2.hidden_services.remove(nlb_arn);
}

/// Counts the addresses that a subnet can still give.
pub(crate) fn free_addresses(world: &World, account: &str, region: &str, subnet: &Subnet) -> usize {
    let (first, last) = usable(subnet);
    let size = if first <= last { (last - first) as usize + 1 } else { 0 };
    size.saturating_sub(used(world, account, region, &subnet.id).len())
}

fn used(world: &World, account: &str, region: &str, subnet: &str) -> BTreeSet<Ipv4Addr> {
    let interfaces = world.scope(account, region).ec2.interfaces.values();
    interfaces.filter(|interface| interface.subnet == subnet).map(|interface| interface.address).collect()
}

/// The first four addresses and the last of a subnet are AWS's own.
fn usable(subnet: &Subnet) -> (u32, u32) {
    let first = u32::from(subnet.cidr.network()).saturating_add(4);
    (first, u32::from(subnet.cidr.broadcast()).saturating_sub(1))
}

fn no_subnet(id: &str) -> Fault {
    Fault::new(400, "InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"))
}

fn insufficient(id: &str) -> Fault {
    let message = format!("There are not enough free addresses in subnet '{id}' to satisfy the requested number");
    Fault::new(400, "InsufficientFreeAddressesInSubnet", message)
}
