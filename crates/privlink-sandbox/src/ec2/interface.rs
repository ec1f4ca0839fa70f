//! Network interfaces: `DescribeNetworkInterfaces`. They are made and removed by the services that own them (`ports.rs`).

use super::filter::{Filters, INTERFACE, PageSize, page, wanted};
use super::request::Request;
use super::state::{Interface, State};
use crate::wire::{Call, Fault, Reply};
use crate::xml::Xml;

const FILTERS: &[&str] = &[
    "addresses.primary",
    "addresses.private-ip-address",
    "attachment.attachment-id",
    "attachment.instance-owner-id",
    "attachment.status",
    "availability-zone",
    "availability-zone-id",
    "description",
    "group-id",
    "group-name",
    "interface-type",
    "mac-address",
    "network-interface-id",
    "owner-id",
    "private-dns-name",
    "private-ip-address",
    "requester-id",
    "requester-managed",
    "status",
    "subnet-id",
    "vpc-id",
    "tag",
];

/// Answers `DescribeNetworkInterfaces`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, FILTERS)?;
    let state = request.state();
    let named = INTERFACE.named(&request.params, "NetworkInterfaceId", |id| state.interfaces.contains_key(id))?;
    if named.is_some() && request.params.has("MaxResults") {
        let message = "The parameter networkInterfaceIds cannot be used with the parameter maxResults";
        return Err(Fault::new(400, "InvalidParameterCombination", message));
    }
    let found = state.interfaces.values().filter(|found| wanted(&named, &found.id));
    let found = found.filter(|found| filters.admit(&Default::default(), |name| has(state, request.call, found, name)));
    let (found, token) =
        page(request.call, &request.params, PageSize::Strict(1000), found.collect(), |found: &&Interface| {
            found.id.clone()
        })?;
    request.answer(|x| {
        x.items("networkInterfaceSet", found, |x, interface| write(x, state, request.call, interface));
        x.maybe("nextToken", token);
    })
}

fn has(state: &State, call: &Call, interface: &Interface, filter: &str) -> Vec<String> {
    let subnet = state.subnets.get(&interface.subnet);
    vec![match filter {
        "addresses.primary" | "requester-managed" => "true".to_owned(),
        "addresses.private-ip-address" | "private-ip-address" => interface.address.to_string(),
        "attachment.attachment-id" => interface.attachment.clone(),
        "attachment.instance-owner-id" => "amazon-aws".to_owned(),
        "attachment.status" => "attached".to_owned(),
        "availability-zone" => subnet.map(|found| found.az.clone()).unwrap_or_default(),
        "availability-zone-id" => subnet.map(|found| found.az_id.clone()).unwrap_or_default(),
        "description" => interface.description.clone(),
        "group-id" => return interface.groups.clone(),
        "group-name" => {
            return interface.groups.iter().filter_map(|id| Some(state.groups.get(id)?.name.clone())).collect();
        }
        "interface-type" => interface.kind.clone(),
        "mac-address" => interface.mac.clone(),
        "network-interface-id" => interface.id.clone(),
        "owner-id" => call.account.clone(),
        "private-dns-name" => dns_name(call, interface),
        "requester-id" => requester(interface).to_owned(),
        "status" => "in-use".to_owned(),
        "subnet-id" => interface.subnet.clone(),
        "vpc-id" => interface.vpc.clone(),
        _ => return Vec::new(),
    }]
}

fn write(x: &mut Xml, state: &State, call: &Call, interface: &Interface) {
    let subnet = state.subnets.get(&interface.subnet);
    x.node("attachment", |x| {
        x.text("attachTime", interface.created.rfc3339())
            .text("attachmentId", &interface.attachment)
            .text("deleteOnTermination", false)
            .text("deviceIndex", 1)
            .text("networkCardIndex", 0)
            .text("instanceOwnerId", "amazon-aws")
            .text("status", "attached");
    });
    x.maybe("availabilityZone", subnet.map(|found| &found.az))
        .maybe("availabilityZoneId", subnet.map(|found| &found.az_id))
        .text("description", &interface.description);
    x.items("groupSet", &interface.groups, |x, id| {
        x.text("groupId", id).maybe("groupName", state.groups.get(id).map(|group| &group.name));
    });
    x.text("interfaceType", &interface.kind)
        .node("ipv6AddressesSet", |_| {})
        .text("macAddress", &interface.mac)
        .text("networkInterfaceId", &interface.id)
        .text("ownerId", &call.account)
        .text("privateDnsName", dns_name(call, interface))
        .text("privateIpAddress", interface.address)
        .items("privateIpAddressesSet", [interface], |x, interface| {
            x.text("primary", true)
                .text("privateDnsName", dns_name(call, interface))
                .text("privateIpAddress", interface.address);
        })
        .text("requesterId", requester(interface))
        .text("requesterManaged", true)
        .text("sourceDestCheck", interface.kind == "vpc_endpoint")
        .text("status", "in-use")
        .text("subnetId", &interface.subnet)
        .node("tagSet", |_| {})
        .text("vpcId", &interface.vpc);
}

fn dns_name(call: &Call, interface: &Interface) -> String {
    let [a, b, c, d] = interface.address.octets();
    match call.region.as_str() {
        "us-east-1" => format!("ip-{a}-{b}-{c}-{d}.ec2.internal"),
        region => format!("ip-{a}-{b}-{c}-{d}.{region}.compute.internal"),
    }
}

fn requester(interface: &Interface) -> &'static str {
    if interface.kind == "network_load_balancer" { "amazon-elb" } else { "727180483921" }
}
