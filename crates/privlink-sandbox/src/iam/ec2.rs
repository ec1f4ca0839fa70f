//! What EC2's calls take.

use super::demand::{Demand, Tags};
use crate::ec2::State;
use crate::wire::{Call, Params};
use crate::world::World;

/// The objects that a call is about.
#[derive(Debug, Clone, Copy)]
enum About {
    /// One that it makes.
    New(&'static str),
    /// Those whose ids a parameter holds, alone or as a list.
    Ids(&'static str, &'static str),
    /// None: another action that is taken beside, and knows no objects.
    Beside(&'static str),
}

use About::{Beside, Ids, New};

const GROUP: About = Ids("security-group", "GroupId");
const SERVICE: About = Ids("vpc-endpoint-service", "ServiceId");
const ENDPOINT: About = Ids("vpc-endpoint", "VpcEndpointId");

/// Each call that knows objects, with those it is about.
const CALLS: &[(&str, &[About])] = &[
    ("AcceptVpcEndpointConnections", &[SERVICE]),
    ("AuthorizeSecurityGroupEgress", &[GROUP, New("security-group-rule")]),
    ("AuthorizeSecurityGroupIngress", &[GROUP, New("security-group-rule")]),
    ("CreateSecurityGroup", &[New("security-group"), Ids("vpc", "VpcId")]),
    (
        "CreateVpcEndpoint",
        &[
            New("vpc-endpoint"),
            Ids("vpc", "VpcId"),
            Ids("subnet", "SubnetId"),
            Ids("security-group", "SecurityGroupId"),
            Ids("route-table", "RouteTableId"),
            Beside("DescribeSecurityGroups"),
            Beside("DescribeSubnets"),
            Beside("DescribeVpcs"),
        ],
    ),
    ("CreateVpcEndpointServiceConfiguration", &[New("vpc-endpoint-service")]),
    ("DeleteSecurityGroup", &[GROUP]),
    ("DeleteVpcEndpointServiceConfigurations", &[SERVICE]),
    ("DeleteVpcEndpoints", &[ENDPOINT]),
    ("DescribeVpcAttribute", &[Ids("vpc", "VpcId")]),
    ("DescribeVpcEndpointServicePermissions", &[SERVICE]),
    ("ModifySecurityGroupRules", &[GROUP, Ids("security-group-rule", "SecurityGroupRule")]),
    (
        "ModifyVpcEndpoint",
        &[
            ENDPOINT,
            Ids("subnet", "AddSubnetId"),
            Ids("subnet", "RemoveSubnetId"),
            Ids("security-group", "AddSecurityGroupId"),
            Ids("security-group", "RemoveSecurityGroupId"),
            Ids("route-table", "AddRouteTableId"),
            Ids("route-table", "RemoveRouteTableId"),
        ],
    ),
    ("ModifyVpcEndpointServiceConfiguration", &[SERVICE]),
    ("ModifyVpcEndpointServicePermissions", &[SERVICE]),
    ("RejectVpcEndpointConnections", &[SERVICE]),
    ("RevokeSecurityGroupEgress", &[GROUP]),
    ("RevokeSecurityGroupIngress", &[GROUP]),
];

/// Says what a call takes.
pub(super) fn demands(world: &World, call: &Call) -> Vec<Demand> {
    let params = Params::read(call);
    let action = params.get("Action").unwrap_or_default();
    let state = &world.scope(&call.account, &call.region).ec2;
    let demand = |action: &str, resource: String| {
        let mut demand = Demand::new(call, "ec2", action, resource);
        demand.know("ec2:Region", [&call.region]);
        demand
    };
    if matches!(action, "CreateTags" | "DeleteTags") {
        let given = tags(&params.structs("Tag"));
        let ids = params.list("ResourceId").into_iter();
        return ids
            .map(|id| demand(action, arn(call, kind(&id), &id)).giving(&given).having(tags_of(state, &id)))
            .collect();
    }
    let given: Tags = params.structs("TagSpecification").iter().flat_map(|one| tags(&one.structs("Tag"))).collect();
    let about = CALLS.iter().find(|(name, _)| *name == action).map(|(_, about)| *about).unwrap_or_default();
    let mut demands = Vec::new();
    for about in about {
        match about {
            New(kind) => {
                demands.push(demand(action, arn(call, kind, "*")).giving(&given));
                if !given.is_empty() {
                    let mut tagging = demand("CreateTags", arn(call, kind, "*")).giving(&given);
                    tagging.know("ec2:CreateAction", [action]);
                    demands.push(tagging);
                }
            }
            Ids(kind, parameter) => {
                let known = |id: &String| demand(action, arn(call, kind, id)).having(tags_of(state, id));
                demands.extend(ids(&params, parameter).iter().map(known));
            }
            Beside(other) => demands.push(demand(other, "*".to_owned())),
        }
    }
    if demands.is_empty() {
        demands.push(demand(action, "*".to_owned()));
    }
    // A hosted zone of AWS's holds the private names, and is tied to the VPC for whoever asks for them.
    let named = params.get("PrivateDnsEnabled").is_some_and(|asked| asked.eq_ignore_ascii_case("true"));
    if named && matches!(action, "CreateVpcEndpoint" | "ModifyVpcEndpoint") {
        let zone = "arn:aws:route53:::hostedzone/*".to_owned();
        demands.push(Demand::new(call, "route53", "AssociateVPCWithHostedZone", zone));
    }
    demands
}

/// Gives the ids in a parameter, also of what is described by one.
fn ids(params: &Params, name: &str) -> Vec<String> {
    let mut ids: Vec<String> = params.get(name).map(str::to_owned).into_iter().collect();
    ids.extend(params.list(name));
    ids.extend(params.structs(name).iter().filter_map(|one| one.get(&format!("{name}Id")).map(str::to_owned)));
    ids
}

fn tags(given: &[Params]) -> Tags {
    let tag = |tag: &Params| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned()));
    given.iter().filter_map(tag).collect()
}

fn arn(call: &Call, kind: &str, id: &str) -> String {
    format!("arn:aws:ec2:{}:{}:{kind}/{id}", call.region, call.account)
}

fn kind(id: &str) -> &'static str {
    // The longer prefix first: a service's id begins like an endpoint's.
    const PREFIXES: [(&str, &str); 9] = [
        ("vpce-svc-", "vpc-endpoint-service"),
        ("vpce-", "vpc-endpoint"),
        ("vpc-", "vpc"),
        ("subnet-", "subnet"),
        ("sgr-", "security-group-rule"),
        ("sg-", "security-group"),
        ("rtb-", "route-table"),
        ("tgw-attach-", "transit-gateway-attachment"),
        ("tgw-", "transit-gateway"),
    ];
    PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix)).map_or("*", |(_, kind)| kind)
}

fn tags_of<'s>(state: &'s State, id: &str) -> Option<&'s Tags> {
    match kind(id) {
        "vpc" => state.vpcs.get(id).map(|found| &found.tags),
        "subnet" => state.subnets.get(id).map(|found| &found.tags),
        "security-group" => state.groups.get(id).map(|found| &found.tags),
        "security-group-rule" => state.groups.values().find_map(|group| group.rules.get(id)).map(|found| &found.tags),
        "route-table" => state.route_tables.get(id).map(|found| &found.tags),
        "vpc-endpoint" => state.endpoints.get(id).map(|found| &found.tags),
        "vpc-endpoint-service" => state.services.get(id).map(|found| &found.tags),
        "transit-gateway" => state.transit_gateways.get(id).map(|found| &found.tags),
        "transit-gateway-attachment" => state.attachments.get(id).map(|found| &found.tags),
        _ => None,
    }
}
