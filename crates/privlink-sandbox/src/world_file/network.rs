//! What stands in a region of a world file: VPCs with all that is in them, transit gateways, endpoint services.

use super::reader::{Reader, children};
use crate::ec2::state::{Attachment, Peer, Permission, Route, RouteTable, Rule, Service, Tags, TransitGateway};
use crate::ec2::{Subnet, Vpc, id_prefix, new_group, service_name, zones};
use crate::elbv2;
use crate::ids::stable_hex;
use crate::world::{World, scope_key};
use ipnet::Ipv4Net;
use kdl::KdlNode;
use std::collections::BTreeMap;

const VPC_CHILDREN: &[&str] = &["cidr", "tag", "subnet", "route-table", "security-group", "load-balancer"];

/// Where a node stands.
struct Place<'a> {
    account: &'a str,
    region: &'a str,
    vpc: String,
}

impl Place<'_> {
    /// Gives the id that a node states, or one that follows from its place and name.
    fn id(&self, reader: &mut Reader<'_>, node: &KdlNode, prefix: &str, name: &str) -> String {
        let key = scope_key(self.account, self.region);
        stated_id(reader, node, prefix)
            .unwrap_or_else(|| format!("{prefix}{}", stable_hex(&format!("{key}/{}/{prefix}{name}", self.vpc), 17)))
    }
}

fn stated_id(reader: &mut Reader<'_>, node: &KdlNode, prefix: &str) -> Option<String> {
    let id = reader.text(node, "id")?;
    let digits = id.strip_prefix(prefix).unwrap_or_default();
    let hex = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !(matches!(digits.len(), 8 | 17) && hex) {
        reader.problem(node, format!("'{id}' is not an id here: it takes {prefix} and 8 or 17 hexadecimal digits"));
        return None;
    }
    Some(id)
}

/// Reads `tag "key" "value"` children; a name is the tag `Name`.
fn tags(reader: &mut Reader<'_>, node: &KdlNode, name: Option<&str>) -> Tags {
    let mut tags: Tags = name.map(|name| ("Name".to_owned(), name.to_owned())).into_iter().collect();
    for child in children(node, "tag") {
        reader.check(child, 2, &[], &[]);
        match reader.arguments(child).as_slice() {
            [key, value] => {
                tags.insert(key.clone(), value.clone());
            }
            _ => reader.problem(child, "'tag' needs a key and a value"),
        }
    }
    tags
}

/// Reads what others may name: the transit gateways of a region, its VPCs and their subnets.
pub(super) fn read_vpcs(reader: &mut Reader<'_>, world: &mut World, account: &str, region: &str, node: &KdlNode) {
    for gateway in children(node, "transit-gateway") {
        reader.check(gateway, 1, &["description"], &["tag"]);
        let Some(id) = gateway_id(reader, gateway) else { continue };
        let description = reader.text(gateway, "description").unwrap_or_default();
        let new =
            TransitGateway { id: id.clone(), description, created: world.now(), tags: tags(reader, gateway, None) };
        world.scope_mut(account, region).ec2.transit_gateways.insert(id, new);
    }
    for vpc in children(node, "vpc") {
        reader.check(vpc, 1, &["id", "cidr", "dns-support", "dns-hostnames", "default"], VPC_CHILDREN);
        let Some(name) = reader.argument(vpc, "a name") else { continue };
        let mut place = Place { account, region, vpc: String::new() };
        place.vpc = place.id(reader, vpc, "vpc-", &name);
        if world.scope(account, region).ec2.vpcs.contains_key(&place.vpc) {
            reader.problem(vpc, format!("vpc '{name}' is described twice"));
            continue;
        }
        reader.required(vpc, "cidr");
        let mut cidrs: Vec<Ipv4Net> = reader.parsed(vpc, "cidr", "an IPv4 range").into_iter().collect();
        for more in children(vpc, "cidr") {
            reader.check(more, 1, &[], &[]);
            if let Some(text) = reader.argument(more, "an IPv4 range") {
                cidrs.extend(reader.parse_text::<Ipv4Net>(more, &text, "an IPv4 range"));
            }
        }
        for cidr in cidrs.iter().filter(|cidr| !(16..=28).contains(&cidr.prefix_len()) || cidr.trunc() != **cidr) {
            reader.problem(vpc, format!("{cidr} is not a range of a VPC: it takes /16 to /28 and no bits beyond"));
        }
        let new = Vpc {
            id: place.vpc.clone(),
            cidrs,
            dns_support: reader.flag(vpc, "dns-support").unwrap_or(true),
            dns_hostnames: reader.flag(vpc, "dns-hostnames").unwrap_or(true),
            default: reader.flag(vpc, "default").unwrap_or(false),
            tags: tags(reader, vpc, Some(&name)),
        };
        add_default_group(world, &place);
        world.scope_mut(account, region).ec2.vpcs.insert(place.vpc.clone(), new);
        for subnet in children(vpc, "subnet") {
            read_subnet(reader, world, &place, subnet);
        }
    }
}

/// Every VPC has a group `default`, whose members may talk to one another.
fn add_default_group(world: &mut World, place: &Place<'_>) {
    let id = |prefix: &str, what: &str| format!("{prefix}{}", stable_hex(&format!("{}/{what}", place.vpc), 17));
    let group_id = id("sg-", "default");
    let mut group = new_group(
        &group_id,
        &id("sgr-", "default-out"),
        "default",
        "default VPC security group",
        &place.vpc,
        Tags::new(),
    );
    let inside = Rule {
        id: id("sgr-", "default-in"),
        egress: false,
        protocol: "-1".to_owned(),
        from_port: None,
        to_port: None,
        peer: Peer::Group { id: group_id.clone(), account: place.account.to_owned() },
        description: None,
        tags: Tags::new(),
    };
    group.rules.insert(inside.id.clone(), inside);
    world.scope_mut(place.account, place.region).ec2.groups.insert(group_id, group);
}

fn read_subnet(reader: &mut Reader<'_>, world: &mut World, place: &Place<'_>, node: &KdlNode) {
    reader.check(node, 1, &["id", "cidr", "az", "az-id"], &["tag"]);
    let Some(name) = reader.argument(node, "a name") else { return };
    reader.required(node, "cidr");
    let cidr: Option<Ipv4Net> = reader.parsed(node, "cidr", "an IPv4 range");
    let az = reader.required(node, "az");
    let (Some(cidr), Some(az)) = (cidr, az) else { return };
    let state = &world.scope(place.account, place.region).ec2;
    if !(16..=28).contains(&cidr.prefix_len()) || cidr.trunc() != cidr {
        reader.problem(node, format!("{cidr} is not a range of a subnet: it takes /16 to /28 and no bits beyond"));
    }
    if !state.vpcs.get(&place.vpc).is_some_and(|vpc| vpc.cidrs.iter().any(|outer| outer.contains(&cidr))) {
        reader.problem(node, format!("{cidr} does not lie in the VPC"));
    }
    let overlaps =
        |other: &&Subnet| other.vpc == place.vpc && (other.cidr.contains(&cidr) || cidr.contains(&other.cidr));
    if let Some(other) = state.subnets.values().find(overlaps) {
        reader.problem(node, format!("{cidr} overlaps {} of another subnet", other.cidr));
    }
    let az_id = match reader.text(node, "az-id") {
        Some(az_id) => state_zone(reader, world, place, node, &az, &az_id),
        None => {
            let found = zones(world, place.account, place.region).into_iter().find(|(known, _)| *known == az);
            if found.is_none() {
                reader.problem(node, format!("'{az}' is not a zone of {}", place.region));
            }
            found.map(|(_, id)| id)
        }
    };
    let Some(az_id) = az_id else { return };
    let id = place.id(reader, node, "subnet-", &name);
    let subnet =
        Subnet { id: id.clone(), vpc: place.vpc.clone(), az, az_id, cidr, tags: tags(reader, node, Some(&name)) };
    if world.scope_mut(place.account, place.region).ec2.subnets.insert(id, subnet).is_some() {
        reader.problem(node, format!("subnet '{name}' is described twice"));
    }
}

/// Notes that a zone's name stands for this id in the account; each name has one id and each id one name.
fn state_zone(
    reader: &mut Reader<'_>,
    world: &mut World,
    place: &Place<'_>,
    node: &KdlNode,
    az: &str,
    az_id: &str,
) -> Option<String> {
    let letter =
        az.strip_prefix(place.region).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_lowercase());
    if !letter {
        reader.problem(node, format!("'{az}' is not a zone of {}", place.region));
        return None;
    }
    let prefix = format!("{}-az", id_prefix(place.region));
    if !az_id.strip_prefix(&prefix).is_some_and(|number| matches!(number.parse(), Ok(1..=9_u8))) {
        reader.problem(node, format!("'{az_id}' is not the id of a zone of {}: such as {prefix}1", place.region));
        return None;
    }
    let stated = &mut world.scope_mut(place.account, place.region).ec2.zones;
    if stated.iter().any(|(name, id)| (name == az) != (id == az_id)) {
        reader.problem(node, format!("'{az}' and '{az_id}' were paired otherwise before"));
        return None;
    }
    stated.insert(az.to_owned(), az_id.to_owned());
    Some(az_id.to_owned())
}

/// Reads all of a region that may name VPCs and subnets.
pub(super) fn read_rest(reader: &mut Reader<'_>, world: &mut World, account: &str, region: &str, node: &KdlNode) {
    for vpc in children(node, "vpc") {
        let Some(name) =
            vpc.entries().iter().find(|entry| entry.name().is_none()).and_then(|entry| entry.value().as_string())
        else {
            continue;
        };
        let mut place = Place { account, region, vpc: String::new() };
        place.vpc = place.id(&mut Reader::new("", ""), vpc, "vpc-", name);
        for group in children(vpc, "security-group") {
            read_group(reader, world, &place, group);
        }
        for balancer in children(vpc, "load-balancer") {
            read_load_balancer(reader, world, &place, balancer);
        }
        read_route_tables(reader, world, &place, vpc);
    }
    for attachment in children(node, "transit-gateway-attachment") {
        read_attachment(reader, world, account, region, attachment);
    }
    for service in children(node, "endpoint-service") {
        read_service(reader, world, account, region, service);
    }
}

fn gateway_id(reader: &mut Reader<'_>, node: &KdlNode) -> Option<String> {
    let id = reader.argument(node, "the gateway's id")?;
    let digits = id.strip_prefix("tgw-").unwrap_or_default();
    if !(matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))) {
        reader.problem(
            node,
            format!("'{id}' is not the id of a transit gateway: it takes tgw- and 17 hexadecimal digits"),
        );
        return None;
    }
    Some(id)
}

/// Reads a list of subnets' names, in a child `subnets`.
fn subnets(reader: &mut Reader<'_>, world: &World, place: &Place<'_>, node: &KdlNode) -> Vec<String> {
    let mut out = Vec::new();
    for list in children(node, "subnets") {
        reader.check(list, usize::MAX, &[], &[]);
        for name in reader.arguments(list) {
            match find_subnet(world, place, &name) {
                Some(id) => out.push(id),
                None => reader.problem(list, format!("there is no subnet '{name}' in this VPC")),
            }
        }
    }
    out
}

fn find_subnet(world: &World, place: &Place<'_>, name: &str) -> Option<String> {
    let state = &world.scope(place.account, place.region).ec2;
    let named = |subnet: &&Subnet| subnet.id == name || subnet.tags.get("Name").is_some_and(|known| known == name);
    state.subnets.values().filter(|subnet| subnet.vpc == place.vpc).find(named).map(|subnet| subnet.id.clone())
}

fn find_group(world: &World, place: &Place<'_>, name: &str) -> Option<String> {
    let mut groups = world.scope(place.account, place.region).ec2.groups.values();
    let found = groups.find(|group| group.vpc == place.vpc && (group.id == name || group.name == name));
    found.map(|group| group.id.clone())
}

fn read_group(reader: &mut Reader<'_>, world: &mut World, place: &Place<'_>, node: &KdlNode) {
    reader.check(node, 1, &["id", "description"], &["tag", "ingress", "egress"]);
    let Some(name) = reader.argument(node, "a name") else { return };
    if find_group(world, place, &name).is_some() {
        reader.problem(node, format!("security group '{name}' is described twice"));
        return;
    }
    let id = place.id(reader, node, "sg-", &name);
    let rule_id = |at: usize| format!("sgr-{}", stable_hex(&format!("{id}/{at}"), 17));
    let description = reader.text(node, "description").unwrap_or_else(|| name.clone());
    let given = tags(reader, node, None);
    let mut group = new_group(&id, &rule_id(0), &name, &description, &place.vpc, given);
    for (at, child) in
        node.iter_children().filter(|child| matches!(child.name().value(), "ingress" | "egress")).enumerate()
    {
        reader.check(child, 1, &["protocol", "cidr"], &[]);
        let protocol = reader.text(child, "protocol").unwrap_or_else(|| "tcp".to_owned());
        let all = protocol == "all";
        if !matches!(protocol.as_str(), "tcp" | "udp" | "all") {
            reader.problem(child, "protocol must be tcp, udp or all");
        }
        let port = if all { None } else { reader.port(child).map(i64::from) };
        reader.required(child, "cidr");
        let cidr: Option<Ipv4Net> = reader.parsed(child, "cidr", "an IPv4 range");
        let Some(cidr) = cidr else { continue };
        let rule = Rule {
            id: rule_id(at + 1),
            egress: child.name().value() == "egress",
            protocol: if all { "-1".to_owned() } else { protocol },
            from_port: port,
            to_port: port,
            peer: Peer::Ipv4(cidr.trunc().to_string()),
            description: None,
            tags: Tags::new(),
        };
        group.rules.insert(rule.id.clone(), rule);
    }
    world.scope_mut(place.account, place.region).ec2.groups.insert(id, group);
}

fn read_load_balancer(reader: &mut Reader<'_>, world: &mut World, place: &Place<'_>, node: &KdlNode) {
    let properties = ["type", "scheme", "deletion-protection"];
    reader.check(node, 1, &properties, &["subnets", "listener", "tag", "security-groups"]);
    let Some(name) = reader.argument(node, "a name") else { return };
    let kind = reader.text(node, "type").unwrap_or_else(|| "network".to_owned());
    if !matches!(kind.as_str(), "network" | "application") {
        reader.problem(node, "type must be network or application");
    }
    let scheme = reader.text(node, "scheme").unwrap_or_else(|| "internal".to_owned());
    if !matches!(scheme.as_str(), "internal" | "internet-facing") {
        reader.problem(node, "scheme must be internal or internet-facing");
    }
    let zones = subnets(reader, world, place, node);
    if zones.is_empty() {
        reader.problem(node, format!("load balancer '{name}' needs subnets"));
    }
    let mut listeners = Vec::new();
    for child in children(node, "listener") {
        reader.check(child, 1, &["protocol"], &[]);
        let usual = if kind == "network" { "TCP" } else { "HTTP" };
        let protocol = reader.text(child, "protocol").unwrap_or_else(|| usual.to_owned());
        listeners.extend(reader.port(child).map(|port| (protocol, port)));
    }
    let mut security_groups = Vec::new();
    for list in children(node, "security-groups") {
        reader.check(list, usize::MAX, &[], &[]);
        for group in reader.arguments(list) {
            match find_group(world, place, &group) {
                Some(id) => security_groups.push(id),
                None => reader.problem(list, format!("there is no security group '{group}' in this VPC")),
            }
        }
    }
    let existing = elbv2::Existing {
        name: name.clone(),
        kind,
        scheme,
        subnets: zones,
        security_groups,
        listeners,
        tags: tags(reader, node, None),
        deletion_protection: reader.flag(node, "deletion-protection").unwrap_or(false),
    };
    // A load balancer that is half described has had its problems noted already.
    if !existing.subnets.is_empty()
        && let Err(fault) = elbv2::add_existing(world, place.account, place.region, existing)
    {
        reader.problem(node, format!("load balancer '{name}' cannot exist: {}", fault.message));
    }
}

/// Reads the route tables of a VPC; one of them is the main one, made when the file has none.
fn read_route_tables(reader: &mut Reader<'_>, world: &mut World, place: &Place<'_>, vpc: &KdlNode) {
    let local: Vec<Route> = {
        let found = crate::ec2::vpc(world, place.account, place.region, &place.vpc);
        let cidrs = found.map(|vpc| vpc.cidrs.clone()).unwrap_or_default();
        cidrs.into_iter().map(|destination| Route { destination, target: "local".to_owned() }).collect()
    };
    let mut has_main = false;
    for node in children(vpc, "route-table") {
        reader.check(node, 1, &["id", "main"], &["subnets", "route", "tag"]);
        let Some(name) = reader.argument(node, "a name") else { continue };
        let main = reader.flag(node, "main").unwrap_or(false);
        if main && has_main {
            reader.problem(node, "a VPC has one main route table");
        }
        has_main |= main;
        let mut routes = local.clone();
        for route in children(node, "route") {
            reader.check(route, 1, &["transit-gateway"], &[]);
            let target = reader.required(route, "transit-gateway");
            let text = reader.argument(route, "an IPv4 range");
            let destination = text.and_then(|text| reader.parse_text::<Ipv4Net>(route, &text, "an IPv4 range"));
            if let (Some(target), Some(destination)) = (target, destination) {
                routes.push(Route { destination, target });
            }
        }
        let id = place.id(reader, node, "rtb-", &name);
        let table = RouteTable {
            id: id.clone(),
            vpc: place.vpc.clone(),
            main,
            subnets: subnets(reader, world, place, node),
            routes,
            tags: tags(reader, node, Some(&name)),
        };
        if world.scope_mut(place.account, place.region).ec2.route_tables.insert(id, table).is_some() {
            reader.problem(node, format!("route table '{name}' is described twice"));
        }
    }
    if !has_main {
        let id = format!("rtb-{}", stable_hex(&format!("{}/main", place.vpc), 17));
        let vpc = place.vpc.clone();
        let table =
            RouteTable { id: id.clone(), vpc, main: true, subnets: Vec::new(), routes: local, tags: Tags::new() };
        world.scope_mut(place.account, place.region).ec2.route_tables.insert(id, table);
    }
}

fn read_attachment(reader: &mut Reader<'_>, world: &mut World, account: &str, region: &str, node: &KdlNode) {
    reader.check(node, 1, &["vpc", "id"], &["subnets", "tag"]);
    let gateway = gateway_id(reader, node);
    let vpc = reader.required(node, "vpc");
    let (Some(gateway), Some(name)) = (gateway, vpc) else { return };
    let owned = |(key, scope): (&String, &crate::world::Scope)| {
        key.ends_with(&format!("/{region}")) && scope.ec2.transit_gateways.contains_key(&gateway)
    };
    if !world.scopes.iter().any(owned) {
        reader.problem(node, format!("no account of this file has the transit gateway '{gateway}' in this region"));
    }
    let vpcs = &world.scope(account, region).ec2.vpcs;
    let found = vpcs.values().find(|vpc| vpc.id == name || vpc.tags.get("Name") == Some(&name));
    let Some(vpc) = found.map(|vpc| vpc.id.clone()) else {
        reader.problem(node, format!("there is no vpc '{name}' in this region"));
        return;
    };
    let place = Place { account, region, vpc };
    let subnets = subnets(reader, world, &place, node);
    if subnets.is_empty() {
        reader.problem(node, "a transit gateway's attachment needs subnets");
    }
    let id = place.id(reader, node, "tgw-attach-", &gateway);
    let new = Attachment {
        id: id.clone(),
        transit_gateway: gateway,
        vpc: place.vpc,
        subnets,
        created: world.now(),
        tags: tags(reader, node, None),
    };
    world.scope_mut(account, region).ec2.attachments.insert(id, new);
}

fn read_service(reader: &mut Reader<'_>, world: &mut World, account: &str, region: &str, node: &KdlNode) {
    reader.check(node, 1, &["id", "load-balancer", "acceptance-required"], &["allow", "tag"]);
    let name = reader.argument(node, "a name");
    let (Some(name), Some(balancer)) = (name, reader.required(node, "load-balancer")) else { return };
    let balancers = &world.scope(account, region).elb.load_balancers;
    let Some(found) = balancers.values().find(|found| found.name == balancer) else {
        reader.problem(node, format!("there is no load balancer '{balancer}' in this region"));
        return;
    };
    if found.kind != "network" {
        reader.problem(node, format!("load balancer '{balancer}' must be of type network"));
    }
    let (arn, zone_ids) = (found.arn.clone(), found.zones.iter().map(|zone| zone.az_id.clone()).collect());
    if crate::ec2::service_on_load_balancer(world, account, region, &arn).is_some() {
        reader.problem(node, format!("load balancer '{balancer}' already has an endpoint service"));
    }
    let place = Place { account, region, vpc: String::new() };
    let id = place.id(reader, node, "vpce-svc-", &name);
    let mut permissions = BTreeMap::new();
    for child in children(node, "allow") {
        reader.check(child, 1, &[], &[]);
        if let Some(principal) = reader.argument(child, "a principal's ARN, or *") {
            if let Err(fault) = crate::ec2::check_principal(&principal) {
                reader.problem(child, fault.message);
            }
            let permission = format!("vpce-svc-perm-{}", stable_hex(&format!("{id}/{principal}"), 17));
            permissions.insert(principal.clone(), Permission { id: permission, principal });
        }
    }
    let service = Service {
        failure: None,
        name: service_name(region, &id),
        id: id.clone(),
        acceptance_required: reader.flag(node, "acceptance-required").unwrap_or(true),
        load_balancers: BTreeMap::from([(arn, zone_ids)]),
        private_dns: None,
        other_regions: Default::default(),
        permissions,
        ready_at: world.now(),
        gone_at: None,
        tags: tags(reader, node, Some(&name)),
    };
    world.scope_mut(account, region).ec2.services.insert(id, service);
}
