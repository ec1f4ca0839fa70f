//! The PrivateLink part of a chain: service, permission, endpoint, connection, and the security group of the endpoints.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::keys::{
    ID, endpoint, endpoint_connection, endpoint_service, security_group, security_group_rule, service_permission,
    vpc_link,
};
use privlink_model::{Address, Attrs, Finding, Observed, Value, partition};
use privlink_spec::document::Target;

use super::backend::{Backend, Balancer};
use super::balancer;
use super::part;
use crate::context::{Asker, Context, origin};
use crate::hub::Hub;
use crate::names::{aws_name, slug};
use crate::pair::Listening;

/// Targets behind one load balancer share its endpoint service, and per hub one endpoint to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    /// The target the service is named for.
    service: String,
    /// The target the endpoint is named for, by hub.
    endpoint: BTreeMap<Address, String>,
}

/// The group of each load balancer, by its ARN.
pub(crate) fn groups(
    context: &mut Context<'_>,
    hubs: &[(Hub, Vec<&Target>)],
    backends: &BTreeMap<String, Backend>,
) -> BTreeMap<String, Group> {
    let mut members: BTreeMap<String, (Balancer, BTreeMap<Address, BTreeSet<String>>)> = BTreeMap::new();
    for (hub, targets) in hubs {
        for target in targets {
            if let Some(Backend::Remote(balancer)) = backends.get(&target.name.value) {
                let group = members.entry(balancer.arn.clone()).or_insert_with(|| (balancer.clone(), BTreeMap::new()));
                group.1.entry(hub.link.clone()).or_default().insert(target.name.value.clone());
            }
        }
    }
    let mut groups = BTreeMap::new();
    for (arn, (balancer, by_hub)) in members {
        let all: BTreeSet<String> = by_hub.values().flatten().cloned().collect();
        let live = live_service(context, &balancer, &all);
        let service = live.as_ref().map(|(name, _)| name).or(all.first()).cloned().unwrap_or_default();
        check_free(context, &balancer, &service, &all);
        let mut group = Group { service, endpoint: BTreeMap::new() };
        for (hub, names) in by_hub {
            let scope = hubs.iter().find(|(h, _)| h.link == hub).map(|(h, _)| h.vpc.scope.clone());
            let live = scope.zip(live.as_ref()).and_then(|(scope, (_, service_name))| {
                let endpoints = context.snapshot.list(&scope, endpoint::KIND).ok()?;
                let to_it = |e: &Observed| e.attrs.read(&endpoint::SERVICE_NAME).as_ref() == Some(service_name);
                named_for(context, endpoints, "/endpoint", to_it, &names)
            });
            let first = live.or(names.first().cloned());
            group.endpoint.extend(first.map(|first| (hub, first)));
        }
        groups.insert(arn, group);
    }
    groups
}

/// The target our live service on a load balancer is named for, and the service's name.
fn live_service(context: &Context<'_>, on: &Balancer, members: &BTreeSet<String>) -> Option<(String, String)> {
    let services = context.snapshot.list(&on.scope, endpoint_service::KIND).ok()?;
    let fits = |service: &Observed| balancer::backs(service, &on.arn);
    let name = named_for(context, services, "/endpoint-service", fits, members)?;
    let address = part(&name, "endpoint-service");
    let service = services.iter().find(|service| service.address() == Some(&address) && fits(service))?;
    Some((name, service.attrs.read(&endpoint_service::SERVICE_NAME)?))
}

/// The target that a live object of ours is named for: one of the group, or one that is gone from the spec. The object
/// outlives the target it was named for as long as others of its group use it.
fn named_for(
    context: &Context<'_>,
    objects: &[Observed],
    suffix: &str,
    fits: impl Fn(&Observed) -> bool,
    members: &BTreeSet<String>,
) -> Option<String> {
    let names = objects
        .iter()
        .filter(|object| fits(object))
        .filter_map(|object| object.address()?.as_str().strip_prefix("target/")?.strip_suffix(suffix));
    let mut names = names.filter(|name| members.contains(*name) || !context.document.targets.contains_key(*name));
    names.next().map(str::to_owned)
}

/// A load balancer backs one endpoint service; if another has it, or a VPC link, ours can never be made.
fn check_free(context: &mut Context<'_>, balancer: &Balancer, leader: &str, members: &BTreeSet<String>) {
    let Some(services) = context.list(&balancer.scope, endpoint_service::KIND) else { return };
    let Some(links) = context.list(&balancer.scope, vpc_link::KIND) else { return };
    let ours = part(leader, "endpoint-service");
    let link = links.iter().find(|link| balancer::carries(link, &balancer.arn));
    let other = |service: &&Observed| service.address() != Some(&ours) && balancer::backs(service, &balancer.arn);
    let Some(holder) = link.or(services.iter().find(other)) else { return };
    if let Some(target) = members.first().and_then(|name| context.document.targets.get(name)) {
        balancer::taken(context, target, &balancer.arn, holder);
    }
}

/// Gives the target that the VPC link to each load balancer of a hub's own VPC is named for: a second link to it could
/// never be made, so targets behind one load balancer share the link.
pub(crate) fn share_links(
    context: &mut Context<'_>,
    hubs: &[(Hub, Vec<&Target>)],
    backends: &BTreeMap<String, Backend>,
) -> BTreeMap<String, String> {
    let mut members: BTreeMap<&str, (&Hub, BTreeSet<String>)> = BTreeMap::new();
    for (hub, targets) in hubs {
        for target in targets {
            if let Some(Backend::Local(balancer)) = backends.get(&target.name.value) {
                members.entry(&balancer.arn).or_insert((hub, BTreeSet::new())).1.insert(target.name.value.clone());
            }
        }
    }
    let mut leaders = BTreeMap::new();
    for (arn, (hub, names)) in members {
        let links = context.snapshot.list(&hub.vpc.scope, vpc_link::KIND).ok().unwrap_or_default();
        let live = named_for(context, links, "/link", |link| balancer::carries(link, arn), &names);
        let leader = live.or(names.first().cloned()).unwrap_or_default();
        leaders.insert(arn.to_owned(), leader.clone());
        for (_, targets) in hubs {
            let remote = targets.iter().find(|target| {
                matches!(backends.get(&target.name.value), Some(Backend::Remote(balancer)) if balancer.arn == arn)
            });
            if let Some(remote) = remote {
                two_ways(context, remote, &leader, arn);
            }
        }
    }
    leaders
}

fn two_ways(context: &mut Context<'_>, remote: &Target, local: &str, arn: &str) {
    let message = format!(
        "{arn} is offered over PrivateLink for target {:?} and linked directly for target {local:?}",
        remote.name.value
    );
    let finding = Finding::error("privlink::target::two-ways", message, origin(remote.name.span))
        .labelled("AWS allows one endpoint service for a load balancer, and a VPC link makes one")
        .helped("put a second load balancer in front of the same service, one for each way");
    context.find(finding);
}

/// Derives the PrivateLink part; gives the endpoint, and what must be done before its addresses are of use.
pub(super) fn derive(
    context: &mut Context<'_>,
    asker: &Asker,
    target: &Target,
    backend: &Backend,
    hub: &Hub,
    place: &Listening,
    groups: &BTreeMap<String, Group>,
) -> (Address, Address) {
    let name = &target.name.value;
    match backend {
        Backend::Remote(balancer) => {
            let group = groups.get(&balancer.arn).cloned().unwrap_or_default();
            let leader = group.endpoint.get(&hub.link).unwrap_or(name);
            let endpoint = part(leader, "endpoint");
            let service = part(&group.service, "endpoint-service");
            let permission = offer(context, asker, balancer, &service, hub);
            let zones = |hub: &Hub| subnets_in(hub, |zone_id, _| balancer.zone_ids.iter().any(|id| id == zone_id));
            let subnets = zones(hub);
            if subnets.is_empty() {
                no_common_zone(context, target, hub, &balancer.zone_ids);
            }
            let service_name = Value::of(&service, endpoint_service::SERVICE_NAME.key());
            consume(context, asker, &endpoint, hub, service_name, subnets, vec![permission]);
            admit(context, asker, target, hub, place);
            let connection = part(leader, "connection");
            let attrs = Attrs::new()
                .with_value(&endpoint_connection::SERVICE, Value::of(&service, ID.key()))
                .with_value(&endpoint_connection::ENDPOINT, Value::of(&endpoint, ID.key()));
            context.add(asker, endpoint_connection::KIND, connection.clone(), &balancer.scope, attrs);
            (endpoint, connection)
        }
        Backend::Service(service) => {
            let endpoint = part(name, "endpoint");
            let subnets = subnets_in(hub, |_, zone| service.zones.iter().any(|name| name == zone));
            if subnets.is_empty() {
                no_common_zone(context, target, hub, &service.zones);
            }
            consume(context, asker, &endpoint, hub, Value::from(service.name.as_str()), subnets, Vec::new());
            admit(context, asker, target, hub, place);
            (endpoint.clone(), endpoint)
        }
        Backend::Local(_) | Backend::Addresses { .. } => (part(name, "targets"), part(name, "targets")),
    }
}

/// The provider's side: the service, and the permission for the hub's account.
fn offer(context: &mut Context<'_>, asker: &Asker, balancer: &Balancer, service: &Address, hub: &Hub) -> Address {
    let attrs = Attrs::new()
        .with(&endpoint_service::LOAD_BALANCERS, vec![balancer.arn.clone()])
        .with(&endpoint_service::ACCEPTANCE_REQUIRED, true);
    context.add(asker, endpoint_service::KIND, service.clone(), &balancer.scope, attrs);
    let base = service.as_str().strip_suffix("/endpoint-service").unwrap_or(service.as_str());
    let permission = Address::new(format!("{base}/permission/{}", hub.account));
    let account = &hub.vpc.scope.account;
    let attrs = Attrs::new()
        .with_value(&service_permission::SERVICE, Value::of(service, ID.key()))
        .with(&service_permission::PRINCIPAL, format!("arn:{}:iam::{account}:root", partition(&hub.vpc.scope.region)));
    context.add(asker, service_permission::KIND, permission.clone(), &balancer.scope, attrs);
    permission
}

/// The consumer's side: the endpoint.
fn consume(
    context: &mut Context<'_>,
    asker: &Asker,
    address: &Address,
    hub: &Hub,
    service_name: Value,
    subnets: Vec<String>,
    after: Vec<Address>,
) {
    let group = endpoint_group(hub);
    let attrs = Attrs::new()
        .with(&endpoint::VPC, hub.vpc.id.clone())
        .with_value(&endpoint::SERVICE_NAME, service_name)
        .with(&endpoint::SUBNETS, subnets)
        .with_value(&endpoint::SECURITY_GROUPS, Value::Set([Value::of(&group, ID.key())].into()))
        .with(&endpoint::PRIVATE_DNS, false);
    context.add_after(asker, endpoint::KIND, address.clone(), &hub.vpc.scope, attrs, after);
}

fn endpoint_group(hub: &Hub) -> Address {
    hub.link.child("endpoint-security-group")
}

/// Lets the hub's load balancer reach its endpoints on the target's port and that of its health check.
fn admit(context: &mut Context<'_>, asker: &Asker, target: &Target, hub: &Hub, place: &Listening) {
    let scope = &hub.vpc.scope;
    let group = endpoint_group(hub);
    let shared = Asker::new("the APIs in network", &hub.network, target.network.span);
    let attrs = Attrs::new()
        .with(&security_group::NAME, aws_name(context.project_name(), &group, &hub.vpc.id, 128))
        .with(&security_group::DESCRIPTION, format!("Endpoints that the load balancers of {} reach", hub.link))
        .with(&security_group::VPC, hub.vpc.id.clone());
    context.add(&shared, security_group::KIND, group.clone(), scope, attrs);
    let health = target.health_check.as_ref().and_then(|check| check.port.as_ref());
    for port in BTreeSet::from([target.port.value, health.map_or(target.port.value, |port| port.value)]) {
        let rule = if place.link == hub.link {
            group.child(format!("tcp-{port}"))
        } else {
            group.child(format!("tcp-{port}-{}", slug(place.link.as_str())))
        };
        let attrs = Attrs::new()
            .with_value(&security_group_rule::GROUP, Value::of(&group, ID.key()))
            .with(&security_group_rule::DIRECTION, "ingress".to_owned())
            .with(&security_group_rule::PROTOCOL, "tcp".to_owned())
            .with(&security_group_rule::FROM_PORT, i64::from(port))
            .with(&security_group_rule::TO_PORT, i64::from(port))
            .with_value(&security_group_rule::PEER, Value::of(&place.link.child("security-group"), ID.key()));
        context.add(asker, security_group_rule::KIND, rule, scope, attrs);
    }
}

fn subnets_in(hub: &Hub, serves: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let served = hub.vpc.subnets.iter().filter(|subnet| serves(&subnet.zone_id, &subnet.zone));
    served.map(|subnet| subnet.id.clone()).collect()
}

fn no_common_zone(context: &mut Context<'_>, target: &Target, hub: &Hub, zones: &[String]) {
    let here: Vec<&str> = hub.vpc.zone_ids().into_iter().collect();
    let message = format!(
        "target {:?} is served in {} and network {:?} has subnets in {}: no zone in common",
        target.name.value,
        zones.join(", "),
        hub.network,
        here.join(", ")
    );
    let finding = Finding::error("privlink::target::no-common-zone", message, origin(target.span))
        .labelled("unreachable from the API's network")
        .helped(format!(
            "add a subnet to {:?} in one of the target's zones, or a zone to its load balancer",
            hub.network
        ));
    context.find(finding);
}
