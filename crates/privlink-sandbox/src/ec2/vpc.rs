//! VPCs: `DescribeVpcs`, `DescribeVpcAttribute`. They are made by the world file alone.

use super::filter::{Filters, PageSize, VPC, invalid, page, wanted};
use super::request::{Request, write_tags};
use super::state::Vpc;
use crate::ids::stable_hex;
use crate::wire::{Fault, Reply};

const FILTERS: &[&str] = &[
    "cidr",
    "cidr-block-association.cidr-block",
    "cidr-block-association.state",
    "dhcp-options-id",
    "is-default",
    "owner-id",
    "state",
    "vpc-id",
    "tag",
];

/// Answers `DescribeVpcs`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, FILTERS)?;
    let state = request.state();
    let named = VPC.named(&request.params, "VpcId", |id| state.vpcs.contains_key(id))?;
    let owner = &request.call.account;
    let dhcp = format!("dopt-{}", stable_hex(&format!("{owner}/{}", request.call.region), 17));
    let has = |vpc: &Vpc, filter: &str| match filter {
        "cidr" => vpc.cidrs.iter().take(1).map(ToString::to_string).collect(),
        "cidr-block-association.cidr-block" => vpc.cidrs.iter().map(ToString::to_string).collect(),
        "cidr-block-association.state" => vec!["associated".to_owned()],
        "dhcp-options-id" => vec![dhcp.clone()],
        "is-default" => vec![vpc.default.to_string()],
        "owner-id" => vec![owner.clone()],
        "state" => vec!["available".to_owned()],
        "vpc-id" => vec![vpc.id.clone()],
        _ => Vec::new(),
    };
    let found = state.vpcs.values().filter(|vpc| wanted(&named, &vpc.id));
    let found: Vec<&Vpc> = found.filter(|vpc| filters.admit(&vpc.tags, |name| has(vpc, name))).collect();
    let (found, token) = page(request.call, &request.params, PageSize::Strict(1000), found, |vpc| vpc.id.clone())?;
    request.answer(|x| {
        x.items("vpcSet", found, |x, vpc| {
            x.text("ownerId", owner).text("instanceTenancy", "default");
            x.items("cidrBlockAssociationSet", &vpc.cidrs, |x, cidr| {
                let id = stable_hex(&format!("{}/{cidr}", vpc.id), 17);
                x.text("associationId", format!("vpc-cidr-assoc-{id}")).text("cidrBlock", cidr);
                x.node("cidrBlockState", |x| {
                    x.text("state", "associated");
                });
            });
            x.text("isDefault", vpc.default);
            write_tags(x, &vpc.tags);
            x.text("vpcId", &vpc.id).text("state", "available");
            x.maybe("cidrBlock", vpc.cidrs.first()).text("dhcpOptionsId", &dhcp);
        });
        x.maybe("nextToken", token);
    })
}

/// Answers `DescribeVpcAttribute`: one attribute a call.
pub(super) fn describe_attribute(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let id = request.params.require("VpcId")?.to_owned();
    let attribute = request.params.require("Attribute")?.to_owned();
    VPC.check(&id)?;
    let vpc = request.state().vpcs.get(&id).ok_or_else(|| VPC.absent(&id))?;
    let value = match attribute.as_str() {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => false,
        other => {
            return Err(invalid(format!("Value ({other}) for parameter attribute is invalid. Unknown attribute.")));
        }
    };
    request.answer(|x| {
        x.text("vpcId", &id).node(&attribute, |x| {
            x.text("value", value);
        });
    })
}
