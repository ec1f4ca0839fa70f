//! Route tables and transit gateways: the describe calls. They are made by the world file alone.
//!
//! A transit gateway is listed by the account that owns it; its attachment by the account whose VPC is attached.

use super::filter::{ATTACHMENT, Filters, PageSize, ROUTE_TABLE, TRANSIT_GATEWAY, page, wanted};
use super::request::{Request, arn, write_tags};
use super::state::{Attachment, Route, RouteTable, State, TransitGateway};
use crate::ids::stable_hex;
use crate::wire::{Fault, Reply};
use crate::world::World;
use crate::xml::Xml;

const TABLE_FILTERS: &[&str] = &[
    "association.main",
    "association.route-table-association-id",
    "association.route-table-id",
    "association.subnet-id",
    "owner-id",
    "route-table-id",
    "route.destination-cidr-block",
    "route.gateway-id",
    "route.nat-gateway-id",
    "route.origin",
    "route.state",
    "route.transit-gateway-id",
    "vpc-id",
    "tag",
];

/// Answers `DescribeRouteTables`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, TABLE_FILTERS)?;
    let state = request.state();
    let named = ROUTE_TABLE.named(&request.params, "RouteTableId", |id| state.route_tables.contains_key(id))?;
    let owner = &request.call.account;
    let has = |table: &RouteTable, filter: &str| -> Vec<String> {
        let target = |wanted: &str| {
            let routes = table.routes.iter().filter(|route| element(route) == wanted);
            routes.map(|route| route.target.clone()).collect()
        };
        match filter {
            "association.main" => associations(table).into_iter().map(|found| found.main.to_string()).collect(),
            "association.route-table-association-id" => associations(table).into_iter().map(|found| found.id).collect(),
            "association.route-table-id" | "route-table-id" => vec![table.id.clone()],
            "association.subnet-id" => table.subnets.clone(),
            "owner-id" => vec![owner.clone()],
            "route.destination-cidr-block" => table.routes.iter().map(|route| route.destination.to_string()).collect(),
            "route.gateway-id" => target("gatewayId"),
            "route.nat-gateway-id" => target("natGatewayId"),
            "route.transit-gateway-id" => target("transitGatewayId"),
            "route.origin" => table.routes.iter().map(|route| origin(route).to_owned()).collect(),
            "route.state" => table.routes.iter().map(|route| route_state(state, table, route).to_owned()).collect(),
            "vpc-id" => vec![table.vpc.clone()],
            _ => Vec::new(),
        }
    };
    let found = state.route_tables.values().filter(|table| wanted(&named, &table.id));
    let found: Vec<&RouteTable> = found.filter(|table| filters.admit(&table.tags, |name| has(table, name))).collect();
    let (found, token) = page(request.call, &request.params, PageSize::Strict(100), found, |table| table.id.clone())?;
    request.answer(|x| {
        x.items("routeTableSet", found, |x, table| {
            x.text("routeTableId", &table.id).text("vpcId", &table.vpc).text("ownerId", owner);
            x.items("routeSet", &table.routes, |x, route| write_route(x, state, table, route));
            x.items("associationSet", associations(table), |x, found| {
                x.text("routeTableAssociationId", found.id).text("routeTableId", &table.id);
                x.maybe("subnetId", found.subnet).text("main", found.main);
                x.node("associationState", |x| {
                    x.text("state", "associated");
                });
            });
            x.node("propagatingVgwSet", |_| {});
            write_tags(x, &table.tags);
        });
        x.maybe("nextToken", token);
    })
}

struct Association {
    id: String,
    subnet: Option<String>,
    main: bool,
}

fn associations(table: &RouteTable) -> Vec<Association> {
    let id = |of: &str| format!("rtbassoc-{}", stable_hex(&format!("{}/{of}", table.id), 17));
    let main = table.main.then(|| Association { id: id("main"), subnet: None, main: true });
    let subnets =
        table.subnets.iter().map(|subnet| Association { id: id(subnet), subnet: Some(subnet.clone()), main: false });
    main.into_iter().chain(subnets).collect()
}

fn write_route(x: &mut Xml, state: &State, table: &RouteTable, route: &Route) {
    x.text("destinationCidrBlock", route.destination)
        .text(element(route), &route.target)
        .text("state", route_state(state, table, route))
        .text("origin", origin(route));
}

/// Gives the element that a route's target goes by, which depends on what sort of target it is.
fn element(route: &Route) -> &'static str {
    match route.target.split('-').next() {
        Some("tgw") => "transitGatewayId",
        Some("nat") => "natGatewayId",
        Some("eni") => "networkInterfaceId",
        Some("pcx") => "vpcPeeringConnectionId",
        _ => "gatewayId",
    }
}

fn origin(route: &Route) -> &'static str {
    if route.target == "local" { "CreateRouteTable" } else { "CreateRoute" }
}

/// A route to a transit gateway that the VPC is not attached to leads nowhere.
fn route_state(state: &State, table: &RouteTable, route: &Route) -> &'static str {
    let attached = state
        .attachments
        .values()
        .any(|attachment| attachment.vpc == table.vpc && attachment.transit_gateway == route.target);
    if element(route) == "transitGatewayId" && !attached { "blackhole" } else { "active" }
}

/// Answers `DescribeTransitGateways`.
pub(super) fn describe_transit_gateways(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, &["owner-id", "state", "transit-gateway-id", "tag"])?;
    let state = request.state();
    let exists = |id: &str| state.transit_gateways.contains_key(id);
    let named = TRANSIT_GATEWAY.named(&request.params, "TransitGatewayIds", exists)?;
    let owner = &request.call.account;
    let has = |gateway: &TransitGateway, filter: &str| match filter {
        "owner-id" => vec![owner.clone()],
        "state" => vec!["available".to_owned()],
        "transit-gateway-id" => vec![gateway.id.clone()],
        _ => Vec::new(),
    };
    let found = state.transit_gateways.values().filter(|found| wanted(&named, &found.id));
    let found: Vec<&TransitGateway> =
        found.filter(|found| filters.admit(&found.tags, |name| has(found, name))).collect();
    let (found, token) = page(request.call, &request.params, PageSize::Strict(1000), found, |found| found.id.clone())?;
    request.answer(|x| {
        x.items("transitGatewaySet", found, |x, gateway| {
            x.text("transitGatewayId", &gateway.id)
                .text("transitGatewayArn", arn(owner, &request.call.region, "transit-gateway", &gateway.id))
                .text("state", "available")
                .text("ownerId", owner)
                .text("description", &gateway.description)
                .text("creationTime", gateway.created.rfc3339());
            x.node("options", |x| {
                x.text("amazonSideAsn", 64512)
                    .text("autoAcceptSharedAttachments", "disable")
                    .text("defaultRouteTableAssociation", "enable")
                    .text("defaultRouteTablePropagation", "enable")
                    .text("vpnEcmpSupport", "enable")
                    .text("dnsSupport", "enable")
                    .text("multicastSupport", "disable");
            });
            write_tags(x, &gateway.tags);
        });
        x.maybe("nextToken", token);
    })
}

const ATTACHMENT_FILTERS: &[&str] = &["state", "transit-gateway-attachment-id", "transit-gateway-id", "vpc-id", "tag"];

/// Answers `DescribeTransitGatewayVpcAttachments`.
pub(super) fn describe_vpc_attachments(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let (found, token) = attachments(request, ATTACHMENT_FILTERS)?;
    let owner = &request.call.account;
    request.answer(|x| {
        x.items("transitGatewayVpcAttachments", found, |x, attachment| {
            x.text("transitGatewayAttachmentId", &attachment.id)
                .text("transitGatewayId", &attachment.transit_gateway)
                .text("vpcId", &attachment.vpc)
                .text("vpcOwnerId", owner)
                .text("state", "available")
                .texts("subnetIds", "item", &attachment.subnets)
                .text("creationTime", attachment.created.rfc3339());
            x.node("options", |x| {
                x.text("dnsSupport", "enable").text("ipv6Support", "disable").text("applianceModeSupport", "disable");
            });
            write_tags(x, &attachment.tags);
        });
        x.maybe("nextToken", token);
    })
}

/// Answers `DescribeTransitGatewayAttachments`.
pub(super) fn describe_attachments(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let known = [
        "state",
        "transit-gateway-attachment-id",
        "transit-gateway-id",
        "resource-id",
        "resource-type",
        "resource-owner-id",
        "transit-gateway-owner-id",
        "tag",
    ];
    let (found, token) = attachments(request, &known)?;
    let owner = &request.call.account;
    request.answer(|x| {
        x.items("transitGatewayAttachments", found, |x, attachment| {
            let gateway_owner = gateway_owner(request.world, &request.call.region, &attachment.transit_gateway);
            x.text("transitGatewayAttachmentId", &attachment.id)
                .text("transitGatewayId", &attachment.transit_gateway)
                .text("transitGatewayOwnerId", gateway_owner.as_deref().unwrap_or(owner))
                .text("resourceOwnerId", owner)
                .text("resourceType", "vpc")
                .text("resourceId", &attachment.vpc)
                .text("state", "available")
                .text("creationTime", attachment.created.rfc3339());
            write_tags(x, &attachment.tags);
        });
        x.maybe("nextToken", token);
    })
}

fn attachments<'r>(request: &'r Request<'_>, known: &[&str]) -> Result<(Vec<&'r Attachment>, Option<String>), Fault> {
    let filters = Filters::read(&request.params, known)?;
    let state = request.state();
    let exists = |id: &str| state.attachments.contains_key(id);
    let named = ATTACHMENT.named(&request.params, "TransitGatewayAttachmentIds", exists)?;
    let owner = &request.call.account;
    let has = |found: &Attachment, filter: &str| match filter {
        "state" => vec!["available".to_owned()],
        "transit-gateway-attachment-id" => vec![found.id.clone()],
        "transit-gateway-id" => vec![found.transit_gateway.clone()],
        "vpc-id" | "resource-id" => vec![found.vpc.clone()],
        "resource-type" => vec!["vpc".to_owned()],
        "resource-owner-id" => vec![owner.clone()],
        "transit-gateway-owner-id" => {
            gateway_owner(request.world, &request.call.region, &found.transit_gateway).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let found = state.attachments.values().filter(|found| wanted(&named, &found.id));
    let found: Vec<&Attachment> = found.filter(|found| filters.admit(&found.tags, |name| has(found, name))).collect();
    page(request.call, &request.params, PageSize::Strict(1000), found, |found| found.id.clone())
}

fn gateway_owner(world: &World, region: &str, id: &str) -> Option<String> {
    world.scopes.iter().find_map(|(key, scope)| {
        let (account, at) = key.split_once('/')?;
        (at == region && scope.ec2.transit_gateways.contains_key(id)).then(|| account.to_owned())
    })
}
