//! Load balancers: create, describe, delete.
//!
//! Network load balancers in full; application ones only as a world file makes them (`existing.rs`). An address that a request pins and
//! that is taken makes the load balancer fail, not the request. **Invariant:** one interface stands in each zone from
//! creation on. Read next: `placement.rs` for subnets and groups, `listener.rs`.

use super::request::{Request, arn, check_arn, refuse, validation};
use super::state::{LoadBalancer, TargetGroup, Zone};
use super::{attributes, find, render, tags};
use crate::ec2::{self, NewInterface};
use crate::wire::{Fault, Reply};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

const MAX_NETWORK: usize = 50;

/// A subnet that a request names, with the address it pins there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) subnet: String,
    pub(super) address: Option<Ipv4Addr>,
}

/// What a load balancer is made of.
pub(super) struct New {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) scheme: String,
    pub(super) vpc: String,
    pub(super) mappings: Vec<Mapping>,
    pub(super) security_groups: Vec<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) id: String,
}

/// Makes a load balancer with its interfaces; it is not in the state yet.
pub(super) fn build(world: &mut World, account: &str, region: &str, new: New) -> Result<LoadBalancer, Fault> {
    let short = if new.kind == "network" { "net" } else { "app" };
    let path = format!("{short}/{}/{}", new.name, new.id);
    let arn = arn(account, region, &format!("loadbalancer/{path}"));
    let network = new.kind == "network";
    let dns_name = match (network, new.scheme.as_str()) {
        (true, _) => format!("{}-{}.elb.{region}.amazonaws.com", new.name, new.id),
        (false, "internal") => format!("internal-{}-{}.{region}.elb.amazonaws.com", new.name, new.id),
        (false, _) => format!("{}-{}.{region}.elb.amazonaws.com", new.name, new.id),
    };
    let created = world.now();
    let mut made = LoadBalancer {
        attributes: attributes::load_balancer_defaults(&new.kind),
        enforce: (network && !new.security_groups.is_empty()).then_some(true),
        arn,
        name: new.name,
        kind: new.kind,
        vpc: new.vpc,
        zones: Vec::new(),
        ready_at: world.done_after(world.timing.nlb_provisioning),
        scheme: new.scheme,
        dns_name,
        created,
        security_groups: new.security_groups,
        tags: new.tags,
        failure: world.fate.failure().map(str::to_owned),
    };
    for mapping in &new.mappings {
        add_zone(world, account, region, &mut made, mapping)?;
    }
    Ok(made)
}

/// Puts a load balancer into a subnet. All that can refuse the request was checked by [`check_subnets`] but the room
/// that the subnet has.
pub(super) fn add_zone(
    world: &mut World,
    account: &str,
    region: &str,
    lb: &mut LoadBalancer,
    mapping: &Mapping,
) -> Result<(), Fault> {
    let subnet = ec2::subnet(world, account, region, &mapping.subnet).ok_or_else(|| no_subnet(&mapping.subnet))?;
    let (az, az_id) = (subnet.az.clone(), subnet.az_id.clone());
    let free = match mapping.address {
        Some(address) => ec2::claim_address(world, account, region, &mapping.subnet, address).map(|()| address),
        None => ec2::take_address(world, account, region, &mapping.subnet),
    };
    let address = match (free, mapping.address) {
        (Ok(address), _) => address,
        (Err(fault), Some(address)) if fault.code == "InvalidIPAddress.InUse" => {
            lb.failure = Some(format!("The address {address} is already in use"));
            address
        }
        (Err(fault), Some(_)) => return Err(validation(fault.message)),
        (Err(_), None) => return Err(no_room(&mapping.subnet)),
    };
    let mut interface = String::new();
    if lb.failure.is_none() {
        let kind = if lb.kind == "network" { "network_load_balancer" } else { "interface" };
        let new = NewInterface {
            subnet: mapping.subnet.clone(),
            address,
            kind: kind.to_owned(),
            description: format!("ELB {}", lb.path()),
            owner: lb.arn.clone(),
            groups: lb.security_groups.clone(),
        };
        interface = ec2::add_interface(world, account, region, new);
    }
    let pinned = mapping.address.is_some();
    lb.zones.push(Zone { subnet: mapping.subnet.clone(), az, az_id, address, pinned, interface });
    Ok(())
}

fn no_room(id: &str) -> Fault {
    let text = "ELB requires at least 8 free IP addresses in each subnet.";
    refuse("InvalidSubnet", format!("Not enough IP space available in {id}. {text}"))
}

fn no_subnet(id: &str) -> Fault {
    refuse("SubnetNotFound", format!("The subnet ID '{id}' does not exist"))
}

/// Checks a name by the rules that load balancers and target groups share; `what` opens the message.
pub(super) fn check_name(name: &str, what: &str) -> Result<(), Fault> {
    if name.chars().count() > 32 {
        return Err(validation(format!("{what} '{name}' cannot be longer than '32' characters")));
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        let rule = "can only contain characters that are alphanumeric characters and hyphens(-)";
        return Err(validation(format!("{what} '{name}' {rule}")));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(validation(format!("{what} '{name}' cannot begin or end with a hyphen(-)")));
    }
    Ok(())
}

/// Reads `Subnets` or `SubnetMappings`.
pub(super) fn mappings(request: &Request) -> Result<Vec<Mapping>, Fault> {
    let plain = request.params.members("Subnets");
    let mapped = request.params.structs("SubnetMappings.member");
    if plain.is_empty() == mapped.is_empty() {
        return Err(validation("You must specify either subnets or subnet mappings"));
    }
    let plain = plain.into_iter().map(|subnet| Ok(Mapping { subnet, address: None }));
    let mapped = mapped.into_iter().map(|mapping| {
        for unsupported in ["AllocationId", "IPv6Address"] {
            if mapping.get(unsupported).is_some() {
                return Err(refuse("InvalidConfigurationRequest", format!("This sandbox does not keep {unsupported}")));
            }
        }
        let address = mapping
            .get("PrivateIPv4Address")
            .map(|text| text.parse().map_err(|_| validation(format!("'{text}' is not a valid IPv4 address"))));
        let subnet = mapping.get("SubnetId").unwrap_or_default().to_owned();
        Ok(Mapping { subnet, address: address.transpose()? })
    });
    plain.chain(mapped).collect()
}

/// Checks the subnets of a load balancer as a set, and gives their VPC.
pub(super) fn check_subnets(world: &World, account: &str, region: &str, mappings: &[Mapping]) -> Result<String, Fault> {
    let mut vpc: Option<&str> = None;
    let mut zones = BTreeSet::new();
    for mapping in mappings {
        let subnet = ec2::subnet(world, account, region, &mapping.subnet).ok_or_else(|| no_subnet(&mapping.subnet))?;
        if *vpc.get_or_insert(&subnet.vpc) != subnet.vpc {
            let text = "All subnets of a load balancer must belong to the same VPC";
            return Err(refuse("InvalidConfigurationRequest", text));
        }
        if !zones.insert(&subnet.az) {
            let text = "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
            return Err(refuse("InvalidConfigurationRequest", text));
        }
    }
    vpc.map(str::to_owned).ok_or_else(|| validation("At least one subnet must be specified"))
}

/// Checks that security groups exist in a VPC.
pub(super) fn check_groups(
    world: &World,
    account: &str,
    region: &str,
    vpc: &str,
    groups: &[String],
) -> Result<(), Fault> {
    let exists = |group: &&String| ec2::security_group_exists(world, account, region, Some(vpc), group);
    match groups.iter().find(|group| !exists(group)) {
        None => Ok(()),
        Some(group) => {
            Err(refuse("InvalidSecurityGroup", format!("Security group '{group}' is not valid for VPC '{vpc}'")))
        }
    }
}

/// Answers CreateLoadBalancer; the same name with the same settings gives the one that is there.
pub(super) fn create(request: &mut Request) -> Result<Reply, Fault> {
    let name = request.require("Name")?.to_owned();
    check_name(&name, "The load balancer name")?;
    if name.starts_with("internal-") {
        return Err(validation(format!("The load balancer name '{name}' cannot begin with 'internal-'")));
    }
    let scheme = request.params.get("Scheme").unwrap_or("internet-facing").to_owned();
    if !matches!(scheme.as_str(), "internal" | "internet-facing") {
        return Err(refuse("InvalidScheme", format!("'{scheme}' is not a valid scheme")));
    }
    if request.params.get("Type") != Some("network") {
        return Err(validation(
            "This sandbox creates load balancers of type 'network' only; others come from its world file",
        ));
    }
    if request.params.get("IpAddressType").is_some_and(|kind| kind != "ipv4") {
        return Err(refuse("InvalidConfigurationRequest", "This sandbox keeps ipv4 load balancers only"));
    }
    let mappings = mappings(request)?;
    let (account, region) = (request.call.account.clone(), request.call.region.clone());
    let vpc = check_subnets(request.world, &account, &region, &mappings)?;
    let security_groups = request.params.members("SecurityGroups");
    check_groups(request.world, &account, &region, &vpc, &security_groups)?;
    let tags = tags::read(&request.params)?;
    if scheme == "internet-facing" {
        check_internet_gateway(request, &vpc)?;
        if mappings.iter().any(|mapping| mapping.address.is_some()) {
            return Err(refuse(
                "InvalidConfigurationRequest",
                "PrivateIPv4Address is for internal load balancers only",
            ));
        }
    }
    if let Some(known) = request.state().load_balancers.values().find(|known| known.name == name) {
        let same = known.kind == "network"
            && known.scheme == scheme
            && set(&known.security_groups) == set(&security_groups)
            && known.tags == tags
            && same_places(known, &mappings);
        if !same {
            let text = format!("A load balancer with the same name '{name}' exists, but with different settings");
            return Err(refuse("DuplicateLoadBalancerName", text));
        }
        let known = known.clone();
        return Ok(render::load_balancers(request, &[&known], None));
    }
    if request.state().load_balancers.values().filter(|known| known.kind == "network").count() >= MAX_NETWORK {
        let text = format!("The maximum number of network load balancers has been reached: {MAX_NETWORK}");
        return Err(refuse("TooManyLoadBalancers", text));
    }
    check_room(request, &mappings)?;
    let id = request.world.ids.hex(16);
    let new = New { name, kind: "network".to_owned(), scheme, vpc, mappings, security_groups, tags, id };
    let made = build(request.world, &account, &region, new)?;
    let reply = render::load_balancers(request, &[&made], None);
    request.state_mut().load_balancers.insert(made.arn.clone(), made);
    Ok(reply)
}

/// Checks that each subnet can give its address, so that nothing is half made when one cannot.
pub(super) fn check_room(request: &mut Request, mappings: &[Mapping]) -> Result<(), Fault> {
    let (account, region) = (&request.call.account, &request.call.region);
    for mapping in mappings {
        let id = &mapping.subnet;
        match mapping.address {
            Some(address) => match ec2::claim_address(request.world, account, region, id, address) {
                Err(fault) if fault.code != "InvalidIPAddress.InUse" => return Err(validation(fault.message)),
                Ok(()) | Err(_) => {}
            },
            None => {
                ec2::take_address(request.world, account, region, id).map_err(|_| no_room(id))?;
            }
        }
    }
    Ok(())
}

fn check_internet_gateway(request: &Request, vpc: &str) -> Result<(), Fault> {
    let tables = &request.world.scope(&request.call.account, &request.call.region).ec2.route_tables;
    let reaches = tables.values().filter(|table| table.vpc == vpc).flat_map(|table| &table.routes);
    if reaches.into_iter().any(|route| route.target.starts_with("igw-")) {
        return Ok(());
    }
    Err(refuse("InvalidSubnet", format!("VPC {vpc} has no internet gateway")))
}

fn set(items: &[String]) -> BTreeSet<&String> {
    items.iter().collect()
}

fn same_places(known: &LoadBalancer, mappings: &[Mapping]) -> bool {
    let there = |mapping: &Mapping| {
        known
            .zones
            .iter()
            .any(|zone| zone.subnet == mapping.subnet && zone.pinned.then_some(zone.address) == mapping.address)
    };
    known.zones.len() == mappings.len() && mappings.iter().all(there)
}

/// Answers DescribeLoadBalancers.
pub(super) fn describe(request: &mut Request) -> Result<Reply, Fault> {
    let arns = request.params.members("LoadBalancerArns");
    let names = request.params.members("Names");
    if !arns.is_empty() && !names.is_empty() {
        return Err(validation("Load balancer names and load balancer ARNs cannot be specified at the same time"));
    }
    let all = &request.state().load_balancers;
    let mut found: Vec<(String, &LoadBalancer)> = Vec::new();
    for arn in &arns {
        found.push((arn.clone(), find::load_balancer(request, arn)?));
    }
    for name in &names {
        let known = all.values().find(|known| known.name == *name).ok_or_else(|| find::no_load_balancer(name))?;
        found.push((known.arn.clone(), known));
    }
    if arns.is_empty() && names.is_empty() {
        found = all.iter().map(|(arn, lb)| (arn.clone(), lb)).collect();
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|a, b| a.0 == b.0);
    let (page, marker) = request.page(found)?;
    Ok(render::load_balancers(request, &page, marker))
}

/// Answers DeleteLoadBalancer, which succeeds when it is gone already; listeners go with it, target groups stay.
pub(super) fn delete(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("LoadBalancerArn")?.to_owned();
    check_arn(&arn, "loadbalancer")?;
    let Some(lb) = request.state().load_balancers.get(&arn) else { return Ok(request.answer(|_| {})) };
    if lb.attributes.get("deletion_protection.enabled").is_some_and(|value| value == "true") {
        let text = format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
        return Err(refuse("OperationNotPermitted", text));
    }
    let (account, region) = (&request.call.account, &request.call.region);
    if ec2::service_on_load_balancer(request.world, account, region, &arn).is_some() {
        let text =
            format!("Load balancer '{arn}' cannot be deleted because it is currently associated with another service");
        return Err(refuse("ResourceInUse", text));
    }
    let targeted = |group: &TargetGroup| group.targets.iter().any(|target| target.id == arn);
    if request.state().target_groups.values().any(targeted) {
        let text = format!("Load balancer '{arn}' cannot be deleted because it is registered as a target");
        return Err(refuse("ResourceInUse", text));
    }
    ec2::remove_interfaces(request.world, account, region, &arn);
    let state = request.state_mut();
    state.load_balancers.remove(&arn);
    state.listeners.retain(|_, listener| listener.load_balancer != arn);
    state.note_use(None);
    Ok(request.answer(|_| {}))
}
