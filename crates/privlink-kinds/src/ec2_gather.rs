//! Reads all that EC2 knows of a project in one scope, and what was asked to be looked up there.
//!
//! Owns: which calls are made, which of them at the same time, and which listings one failed call takes along.
//! Refuses to know: what the kinds make of an answer.
//! Read next: the kinds' `list` functions.
//!
//! The number of requests grows with pages and kinds, not with resources, but for two calls that AWS has only one object
//! at a time for: a VPC's DNS attributes, and the permissions of an endpoint service.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use futures_util::join;
use privlink_model::keys as k;
use privlink_model::{CloudError, Listing, Observed, Owner, Query, Selector};

use crate::ec2::{batches, ours};
use crate::session::Session;
use crate::{
    endpoint, endpoint_connection, endpoint_service, route_table, security_group, security_group_rule,
    service_permission, subnet, transit_gateway, visible_service, vpc,
};

type Listed = Result<Vec<Observed>, CloudError>;

/// Reads what is ours and what is looked up.
pub(crate) async fn gather(session: &Session, queries: &[Query]) -> BTreeMap<&'static str, Listing> {
    let (networks, endpoints, groups, services, gateways, visible) = join!(
        networks(session, queries),
        our_endpoints(session),
        groups(session),
        services(session),
        gateways(session, queries),
        visible(session, queries),
    );
    let mut listings = BTreeMap::new();
    let mut put = |kind: &'static str, listed: Listed| {
        listings.insert(kind, listed.map_err(|error| session.unread(&error)));
    };
    let nearby = match networks {
        Some(networks) => {
            put(k::vpc::KIND, networks.vpcs);
            put(k::subnet::KIND, networks.subnets);
            put(k::route_table::KIND, networks.route_tables);
            networks.endpoints
        }
        None => Ok(Vec::new()),
    };
    put(k::endpoint::KIND, merge(endpoints, nearby));
    put(k::security_group::KIND, groups.0);
    put(k::security_group_rule::KIND, groups.1);
    put(k::endpoint_service::KIND, services.services);
    put(k::service_permission::KIND, services.permissions);
    put(k::endpoint_connection::KIND, services.connections);
    if let Some(gateways) = gateways {
        put(k::transit_gateway::KIND, gateways);
    }
    if let Some(visible) = visible {
        put(k::visible_service::KIND, visible);
    }
    listings
}

/// Ours first: only they were read with their addresses.
fn merge(ours: Listed, nearby: Listed) -> Listed {
    let mut all = ours?;
    for endpoint in nearby? {
        if !all.iter().any(|known| known.id == endpoint.id) {
            all.push(endpoint);
        }
    }
    Ok(all)
}

/// VPCs that were asked for, and what is in them.
struct Networks {
    vpcs: Listed,
    subnets: Listed,
    route_tables: Listed,
    endpoints: Listed,
}

/// One listing of all VPCs serves every selector: an account has few, and asking by id fails as a whole for one that is
/// unknown.
async fn networks(session: &Session, queries: &[Query]) -> Option<Networks> {
    let selectors: Vec<&Selector> = queries
        .iter()
        .filter_map(|query| match query {
            Query::Vpc(selector) => Some(selector),
            _ => None,
        })
        .collect();
    if selectors.is_empty() {
        return None;
    }
    let mut found = match vpc::live::describe(session, Vec::new()).await {
        Ok(found) => found,
        Err(error) => {
            let failed = || Err(error.clone());
            return Some(Networks { vpcs: failed(), subnets: failed(), route_tables: failed(), endpoints: failed() });
        }
    };
    // Where a selector matches none, all are candidates that the message about it lists.
    if selectors.iter().all(|selector| found.iter().any(|vpc| vpc::live::matches(vpc, selector))) {
        found.retain(|vpc| selectors.iter().any(|selector| vpc::live::matches(vpc, selector)));
    }
    let ids: Vec<String> = found.iter().filter_map(|vpc| vpc.vpc_id()).map(str::to_owned).collect();
    let filters = batches("vpc-id", &ids);
    let (vpcs, subnets, route_tables, endpoints) = join!(
        try_join_all(found.iter().map(|vpc| vpc::live::observe(session, vpc))),
        try_join_all(filters.iter().map(|filter| subnet::live::list(session, filter.clone()))),
        try_join_all(filters.iter().map(|filter| route_table::live::list(session, filter.clone()))),
        try_join_all(filters.iter().map(|filter| endpoint::live::describe(session, filter.clone()))),
    );
    let none = BTreeMap::new();
    let observed = |found: &aws_sdk_ec2::types::VpcEndpoint| endpoint::live::observe(session, found, &none);
    Some(Networks {
        vpcs: vpcs.map(|vpcs| vpcs.into_iter().flatten().collect()),
        subnets: subnets.map(|lists| lists.concat()),
        route_tables: route_tables.map(|lists| lists.concat()),
        endpoints: endpoints.map(|lists| lists.concat().iter().filter_map(observed).collect()),
    })
}

async fn our_endpoints(session: &Session) -> Listed {
    let found = endpoint::live::describe(session, ours(session)).await?;
    let addresses = endpoint::live::addresses(session, &found).await?;
    Ok(found.iter().filter_map(|found| endpoint::live::observe(session, found, &addresses)).collect())
}

/// Security groups of ours, and their rules.
async fn groups(session: &Session) -> (Listed, Listed) {
    let groups = match security_group::live::list(session, vec![ours(session)]).await {
        Ok(groups) => groups,
        Err(error) => return (Err(error.clone()), Err(error)),
    };
    let owners = owners(&groups);
    let ids: Vec<String> = owners.keys().cloned().collect();
    let lists = batches("group-id", &ids)
        .into_iter()
        .map(|filter| security_group_rule::live::list(session, vec![filter], &owners));
    let rules = try_join_all(lists).await.map(|lists| lists.concat());
    (Ok(groups), rules)
}

/// Endpoint services of the account; who may connect to ours, and who is connected.
struct Services {
    services: Listed,
    permissions: Listed,
    connections: Listed,
}

async fn services(session: &Session) -> Services {
    let services = match endpoint_service::live::list(session, None).await {
        Ok(services) => services,
        Err(error) => {
            return Services { services: Err(error.clone()), permissions: Err(error.clone()), connections: Err(error) };
        }
    };
    // Those of others are listed because they hold load balancers; who uses them is none of our business.
    let mut owners = owners(&services);
    owners.retain(|_, owner| matches!(owner, Owner::Ours(_)));
    let ids: Vec<String> = owners.keys().cloned().collect();
    let permissions = owners.iter().map(|(id, owner)| service_permission::live::list(session, id, owner));
    let connections =
        batches("service-id", &ids).into_iter().map(|filter| endpoint_connection::live::list(session, vec![filter]));
    let (permissions, connections) = join!(try_join_all(permissions), try_join_all(connections));
    Services {
        services: Ok(services),
        permissions: permissions.map(|lists| lists.concat()),
        connections: connections.map(|lists| lists.concat()),
    }
}

fn owners(objects: &[Observed]) -> BTreeMap<String, Owner> {
    objects.iter().map(|object| (object.id.clone(), object.owner.clone())).collect()
}

async fn gateways(session: &Session, queries: &[Query]) -> Option<Listed> {
    let ids: Vec<String> = queries
        .iter()
        .filter_map(|query| match query {
            Query::TransitGateway(id) => Some(id.clone()),
            _ => None,
        })
        .collect();
    if ids.is_empty() { None } else { Some(transit_gateway::live::list(session, &ids).await) }
}

async fn visible(session: &Session, queries: &[Query]) -> Option<Listed> {
    let names: Vec<String> = queries
        .iter()
        .filter_map(|query| match query {
            Query::EndpointService(name) => Some(name.clone()),
            _ => None,
        })
        .collect();
    if names.is_empty() { None } else { Some(visible_service::live::list(session, &names).await) }
}
