//! Subnets: `DescribeSubnets`. They are made by the world file alone.

use super::filter::{Filters, PageSize, SUBNET, page, wanted};
use super::ports::free_addresses;
use super::request::{Request, write_tags};
use super::state::Subnet;
use crate::wire::{Fault, Reply};

const FILTERS: &[&str] = &[
    "availability-zone",
    "availabilityZone",
    "availability-zone-id",
    "availabilityZoneId",
    "available-ip-address-count",
    "cidr-block",
    "cidr",
    "cidrBlock",
    "default-for-az",
    "map-public-ip-on-launch",
    "owner-id",
    "state",
    "subnet-arn",
    "subnet-id",
    "vpc-id",
    "tag",
];

/// Answers `DescribeSubnets`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, FILTERS)?;
    let state = request.state();
    let named = SUBNET.named(&request.params, "SubnetId", |id| state.subnets.contains_key(id))?;
    let (account, region) = (&request.call.account, &request.call.region);
    let free = |subnet: &Subnet| free_addresses(request.world, account, region, subnet);
    let has = |subnet: &Subnet, filter: &str| {
        vec![match filter {
            "availability-zone" | "availabilityZone" => subnet.az.clone(),
            "availability-zone-id" | "availabilityZoneId" => subnet.az_id.clone(),
            "available-ip-address-count" => free(subnet).to_string(),
            "cidr-block" | "cidr" | "cidrBlock" => subnet.cidr.to_string(),
            "default-for-az" | "map-public-ip-on-launch" => "false".to_owned(),
            "owner-id" => account.clone(),
            "state" => "available".to_owned(),
            "subnet-arn" => request.arn("subnet", &subnet.id),
            "subnet-id" => subnet.id.clone(),
            "vpc-id" => subnet.vpc.clone(),
            _ => return Vec::new(),
        }]
    };
    let found = state.subnets.values().filter(|subnet| wanted(&named, &subnet.id));
    let found: Vec<&Subnet> = found.filter(|found| filters.admit(&found.tags, |name| has(found, name))).collect();
    let (found, token) = page(request.call, &request.params, PageSize::Strict(1000), found, |found| found.id.clone())?;
    request.answer(|x| {
        x.items("subnetSet", found, |x, subnet| {
            x.text("availabilityZoneId", &subnet.az_id)
                .text("mapCustomerOwnedIpOnLaunch", false)
                .text("ownerId", account)
                .text("assignIpv6AddressOnCreation", false)
                .node("ipv6CidrBlockAssociationSet", |_| {});
            write_tags(x, &subnet.tags);
            x.text("subnetArn", request.arn("subnet", &subnet.id))
                .text("enableDns64", false)
                .text("ipv6Native", false)
                .text("subnetId", &subnet.id)
                .text("state", "available")
                .text("vpcId", &subnet.vpc)
                .text("cidrBlock", subnet.cidr)
                .text("availableIpAddressCount", free(subnet))
                .text("availabilityZone", &subnet.az)
                .text("defaultForAz", false)
                .text("mapPublicIpOnLaunch", false);
        });
        x.maybe("nextToken", token);
    })
}
