//! EC2: owns VPCs, subnets, security groups, interfaces, endpoints and endpoint services.
//!
//! The functions of `ports.rs` are what the other services may ask of it; load balancers are known to it by ARN and through
//! ELBv2's own function, VPC links not at all. A parameter that an operation does not know is refused, never passed over.
//! Read next: `state.rs` for the objects, `endpoint_create.rs` for the strictest call, `connection.rs` for the handshake.

mod aws_service;
mod connection;
mod endpoint;
mod endpoint_check;
mod endpoint_create;
mod endpoint_modify;
mod endpoint_service;
mod filter;
mod interface;
mod permission;
mod ports;
mod request;
mod route_table;
mod security_group;
mod security_group_rule;
pub(crate) mod state;
mod subnet;
mod tags;
#[cfg(test)]
mod tests;
mod visible_service;
mod vpc;
mod zone;

pub(crate) use endpoint_service::service_name;
pub(crate) use permission::check_principal;
pub(crate) use ports::{
    NewInterface, add_hidden_service, add_interface, claim_address, remove_hidden_service, remove_interface,
    remove_interfaces, security_group_exists, service_on_load_balancer, subnet, take_address, vpc,
};
pub(crate) use security_group::new_group;
pub(crate) use state::{State, Subnet, Vpc};
pub(crate) use zone::{id_prefix, zones};

use crate::wire::{Call, Fault, Params, Reply};
use crate::world::World;
use request::Request;
use state::Phase;

type Operation = fn(&mut Request<'_>) -> Result<Reply, Fault>;

/// Each operation, with the parameters it knows. `Action`, `Version` and `DryRun` go without saying; so do those of `PAGED`
/// where a list of filters is known.
const OPERATIONS: &[(&str, Operation, &[&str])] = &[
    ("AcceptVpcEndpointConnections", connection::accept, &["ServiceId", "VpcEndpointId"]),
    ("AuthorizeSecurityGroupEgress", security_group_rule::authorize_egress, AUTHORIZE),
    ("AuthorizeSecurityGroupIngress", security_group_rule::authorize_ingress, AUTHORIZE),
    ("CreateSecurityGroup", security_group::create, &["GroupName", "GroupDescription", "VpcId", "TagSpecification"]),
    ("CreateTags", tags::create, &["ResourceId", "Tag"]),
    ("CreateVpcEndpoint", endpoint_create::create, CREATE_ENDPOINT),
    ("CreateVpcEndpointServiceConfiguration", endpoint_service::create, CREATE_SERVICE),
    ("DeleteSecurityGroup", security_group::delete, &["GroupId"]),
    ("DeleteTags", tags::delete, &["ResourceId", "Tag"]),
    ("DeleteVpcEndpointServiceConfigurations", endpoint_service::delete, &["ServiceId"]),
    ("DeleteVpcEndpoints", endpoint::delete, &["VpcEndpointId"]),
    ("DescribeAvailabilityZones", zone::describe, &["Filter", "ZoneName", "ZoneId", "AllAvailabilityZones"]),
    ("DescribeNetworkInterfaces", interface::describe, &["Filter", "NetworkInterfaceId", "IncludeManagedResources"]),
    ("DescribeRegions", zone::describe_regions, &["Filter", "RegionName", "AllRegions"]),
    ("DescribeRouteTables", route_table::describe, &["Filter", "RouteTableId"]),
    ("DescribeSecurityGroupRules", security_group_rule::describe, &["Filter", "SecurityGroupRuleId"]),
    ("DescribeSecurityGroups", security_group::describe, &["Filter", "GroupId", "GroupName"]),
    ("DescribeSubnets", subnet::describe, &["Filter", "SubnetId"]),
    ("DescribeTags", tags::describe, &["Filter"]),
    (
        "DescribeTransitGatewayAttachments",
        route_table::describe_attachments,
        &["Filter", "TransitGatewayAttachmentIds"],
    ),
    (
        "DescribeTransitGatewayVpcAttachments",
        route_table::describe_vpc_attachments,
        &["Filter", "TransitGatewayAttachmentIds"],
    ),
    ("DescribeTransitGateways", route_table::describe_transit_gateways, &["Filter", "TransitGatewayIds"]),
    ("DescribeVpcAttribute", vpc::describe_attribute, &["VpcId", "Attribute"]),
    ("DescribeVpcEndpointConnections", connection::describe, &["Filter"]),
    ("DescribeVpcEndpointServiceConfigurations", endpoint_service::describe, &["Filter", "ServiceId"]),
    ("DescribeVpcEndpointServicePermissions", permission::describe, &["Filter", "ServiceId"]),
    ("DescribeVpcEndpointServices", visible_service::describe, &["Filter", "ServiceName", "ServiceRegion"]),
    ("DescribeVpcEndpoints", endpoint::describe, &["Filter", "VpcEndpointId"]),
    ("DescribeVpcs", vpc::describe, &["Filter", "VpcId"]),
    ("ModifySecurityGroupRules", security_group_rule::modify, &["GroupId", "SecurityGroupRule"]),
    ("ModifyVpcEndpoint", endpoint_modify::modify, MODIFY_ENDPOINT),
    ("ModifyVpcEndpointServiceConfiguration", endpoint_service::modify, MODIFY_SERVICE),
    (
        "ModifyVpcEndpointServicePermissions",
        permission::modify,
        &["ServiceId", "AddAllowedPrincipals", "RemoveAllowedPrincipals"],
    ),
    ("RejectVpcEndpointConnections", connection::reject, &["ServiceId", "VpcEndpointId"]),
    ("RevokeSecurityGroupEgress", security_group_rule::revoke_egress, REVOKE),
    ("RevokeSecurityGroupIngress", security_group_rule::revoke_ingress, REVOKE),
];

const PAGED: &[&str] = &["MaxResults", "NextToken"];
const AUTHORIZE: &[&str] =
    &["GroupId", "IpPermissions", "CidrIp", "IpProtocol", "FromPort", "ToPort", "TagSpecification"];
const REVOKE: &[&str] =
    &["GroupId", "IpPermissions", "CidrIp", "IpProtocol", "FromPort", "ToPort", "SecurityGroupRuleId"];
const CREATE_SERVICE: &[&str] = &[
    "AcceptanceRequired",
    "PrivateDnsName",
    "NetworkLoadBalancerArn",
    "SupportedIpAddressType",
    "SupportedRegion",
    "ClientToken",
    "TagSpecification",
];
const MODIFY_SERVICE: &[&str] = &[
    "ServiceId",
    "PrivateDnsName",
    "RemovePrivateDnsName",
    "AcceptanceRequired",
    "AddNetworkLoadBalancerArn",
    "RemoveNetworkLoadBalancerArn",
    "AddSupportedIpAddressType",
    "AddSupportedRegion",
    "RemoveSupportedRegion",
    "RemoveSupportedIpAddressType",
];
const CREATE_ENDPOINT: &[&str] = &[
    "VpcEndpointType",
    "VpcId",
    "ServiceName",
    "PolicyDocument",
    "RouteTableId",
    "SubnetId",
    "SecurityGroupId",
    "IpAddressType",
    "DnsOptions",
    "ClientToken",
    "PrivateDnsEnabled",
    "TagSpecification",
    "SubnetConfiguration",
    "ServiceNetworkArn",
    "ResourceConfigurationArn",
    "ServiceRegion",
];
const MODIFY_ENDPOINT: &[&str] = &[
    "VpcEndpointId",
    "ResetPolicy",
    "PolicyDocument",
    "AddRouteTableId",
    "RemoveRouteTableId",
    "AddSubnetId",
    "RemoveSubnetId",
    "AddSecurityGroupId",
    "RemoveSecurityGroupId",
    "IpAddressType",
    "DnsOptions",
    "PrivateDnsEnabled",
    "SubnetConfiguration",
];

/// Applies what has come due; called before every request.
pub(crate) fn settle(world: &mut World) {
    let now = world.now();
    for scope in world.scopes.values_mut() {
        let state = &mut scope.ec2;
        state.interfaces.retain(|_, interface| interface.gone_at.is_none_or(|gone| gone > now));
        state.services.retain(|_, service| service.gone_at.is_none_or(|gone| gone > now));
        state
            .endpoints
            .retain(|_, endpoint| !matches!(endpoint.phase, Phase::Deleting { gone_at, .. } if gone_at <= now));
    }
}

/// Tells whether there is an operation of this name.
pub(crate) fn offers(operation: &str) -> bool {
    OPERATIONS.iter().any(|(name, ..)| *name == operation)
}

/// Answers an EC2 request.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let params = Params::read(call);
    let action = params
        .get("Action")
        .ok_or_else(|| Fault::new(400, "MissingAction", "The request is missing an action or a required parameter."))?;
    let Some((_, operation, known)) = OPERATIONS.iter().find(|(name, _, _)| *name == action) else {
        let message = format!("The action {action} is not valid for this web service.");
        return Err(Fault::new(400, "InvalidAction", message));
    };
    let pages = known.contains(&"Filter");
    for (name, _) in params.pairs() {
        let base = name.split('.').next().unwrap_or_default();
        let common = matches!(base, "Action" | "Version" | "DryRun");
        let paging = pages && PAGED.contains(&base);
        if !(common || paging || known.contains(&base)) {
            return Err(Fault::new(400, "UnknownParameter", format!("The parameter {base} is not recognized")));
        }
    }
    if params.boolean("DryRun")?.unwrap_or(false) {
        // Whatever would be refused is refused; what would succeed changes a copy that is thrown away.
        let mut copy = world.clone();
        operation(&mut Request { world: &mut copy, call, params })?;
        return Err(Fault::new(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."));
    }
    operation(&mut Request { world, call, params })
}
