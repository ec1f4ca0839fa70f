//! Load balancers that targets name: found in the snapshot, and fit to be called by an API.
//!
//! One in the hub's own VPC is linked directly, one elsewhere is offered over PrivateLink. Either way a hidden or an open
//! endpoint service is made on it, and a load balancer carries one such service.

use privlink_model::keys::{endpoint_service, load_balancer, vpc_link};
use privlink_model::{Finding, Observed, Owner, Status, Value};
use privlink_spec::document::{Place, Selector, Spanned, Target};

use super::backend::{Backend, Balancer};
use crate::access;
use crate::context::{Context, origin};
use crate::hub::Hub;

/// Finds the one load balancer that a selector means in the target's network.
pub(super) fn find(
    context: &mut Context<'_>,
    target: &Target,
    selector: &Spanned<Selector>,
    hub: &Hub,
) -> Option<Backend> {
    let network = context.document.networks.get(&target.network.value)?;
    let Place::Vpc { account, .. } = &network.place else { return None };
    let scope = context.scope_of(&account.value)?;
    let home = context.vpcs.get(&target.network.value)?.clone();
    let listed = context.list(&scope, load_balancer::KIND)?;
    let name = |object: &Observed| object.attrs.read(&load_balancer::NAME).unwrap_or_default();
    let found: Vec<&Observed> = listed
        .iter()
        .filter(|object| match &selector.value {
            Selector::Id(arn) => object.id == *arn,
            Selector::Name(wanted) => name(object) == *wanted,
            Selector::Tag { key, value } => object.tags.get(key) == Some(value),
        })
        .filter(|object| object.attrs.read(&load_balancer::VPC).is_none_or(|vpc| vpc == home.id))
        .collect();
    let wanted = access::selector(&selector.value);
    let [found] = found.as_slice() else {
        let candidates = if found.is_empty() { listed.iter().collect() } else { found.clone() };
        let names: Vec<String> = candidates.iter().map(|object| format!("{} ({})", name(object), object.id)).collect();
        let code = if found.is_empty() {
            "privlink::target::load-balancer-not-found"
        } else {
            "privlink::target::load-balancer-ambiguous"
        };
        let count = if found.is_empty() { "no".to_owned() } else { found.len().to_string() };
        let message =
            format!("target {:?}: {count} load balancer {wanted} in VPC {} of {scope}", target.name.value, home.id);
        let help = match names.as_slice() {
            [] => "check the name, the network and its account; the load balancer must exist before".to_owned(),
            names => format!("load balancers there: {}", names.join(", ")),
        };
        context.find(Finding::error(code, message, origin(selector.span)).labelled("not one match").helped(help));
        return None;
    };
    let found = *found;
    check_type(context, target, selector, found)?;
    let local = scope == hub.vpc.scope && home.id == hub.vpc.id;
    check_listener(context, target, found, local)?;
    let subnets = found.attrs.read(&load_balancer::SUBNETS).unwrap_or_default();
    let balancer = Balancer {
        arn: found.id.clone(),
        scope: scope.clone(),
        dns_name: found.attrs.read(&load_balancer::DNS_NAME).unwrap_or_default(),
        zone_ids: subnets.iter().filter_map(|subnet| home.zone_of.get(subnet).cloned()).collect(),
    };
    if local {
        check_local(context, target, found);
        return Some(Backend::Local(balancer));
    }
    if scope.region != hub.vpc.scope.region {
        let message =
            format!("target {:?} is in {} and its API in {}", target.name.value, scope.region, hub.vpc.scope.region);
        let finding = Finding::error("privlink::target::other-region", message, origin(target.network.span))
            .labelled("in another region")
            .helped("declare the target's addresses in a network that the hub reaches over a transit gateway");
        context.find(finding);
        return None;
    }
    if is_enforced(found) {
        enforced_on_privatelink(context, target, found, hub);
    }
    Some(Backend::Remote(balancer))
}

/// PrivateLink and VPC links take network load balancers alone.
fn check_type(
    context: &mut Context<'_>,
    target: &Target,
    selector: &Spanned<Selector>,
    found: &Observed,
) -> Option<()> {
    if found.attrs.read(&load_balancer::TYPE).as_deref() != Some("network") {
        let message = format!(
            "target {:?}: {} is not a network load balancer, and only those can be offered over PrivateLink",
            target.name.value, found.id
        );
        let finding = Finding::error("privlink::target::not-a-network-load-balancer", message, origin(selector.span))
            .labelled("an application load balancer")
            .helped("put a network load balancer in front of it (a target group of type alb), and name that");
        context.find(finding);
        return None;
    }
    Some(())
}

/// Something that speaks TCP must listen on the target's port, and over PrivateLink on that of its health check.
fn check_listener(context: &mut Context<'_>, target: &Target, found: &Observed, local: bool) -> Option<()> {
    let listeners = found.attrs.read(&load_balancer::LISTENERS);
    let listening: Vec<(i64, String)> = listeners
        .iter()
        .flat_map(Value::elements)
        .filter_map(|listener| {
            let listener = listener.as_map()?;
            let protocol = listener.get("protocol").and_then(Value::as_text).unwrap_or("TCP");
            Some((listener.get("port")?.as_int()?, protocol.to_owned()))
        })
        .filter(|(_, protocol)| matches!(protocol.as_str(), "TCP" | "TLS" | "TCP_UDP"))
        .collect();
    let health = target.health_check.as_ref().and_then(|check| check.port.as_ref()).filter(|_| !local);
    for port in [Some(&target.port), health].into_iter().flatten() {
        let number = i64::from(port.value);
        if listening.iter().any(|(listens, _)| *listens == number) {
            continue;
        }
        let message = format!("target {:?}: {} does not listen on port {number}", target.name.value, found.id);
        let ports: Vec<String> = listening.iter().map(|(port, _)| port.to_string()).collect();
        let help = match ports.as_slice() {
            [] => "it has no listener for TCP; make one first".to_owned(),
            ports => format!("it listens on {}", ports.join(", ")),
        };
        let finding = Finding::error("privlink::target::no-listener", message, origin(port.span))
            .labelled("nothing listens here")
            .helped(help);
        context.find(finding);
        return None;
    }
    let port = i64::from(target.port.value);
    if !target.tls && listening.iter().any(|(listens, protocol)| *listens == port && protocol == "TLS") {
        let message = format!(
            "target {:?}: port {port} of {} speaks TLS, and it would be called without",
            target.name.value, found.id
        );
        let finding = Finding::error("privlink::target::tls-listener", message, origin(target.port.span))
            .labelled("a TLS listener")
            .helped(format!("write port {port} tls=#true host=\"the name in its certificate\""));
        context.find(finding);
    }
    Some(())
}

/// Checks a load balancer that a VPC link goes straight to.
fn check_local(context: &mut Context<'_>, target: &Target, found: &Observed) {
    let name = &target.name.value;
    if is_enforced(found) {
        let message = format!(
            "target {name:?}: {} enforces its security groups on PrivateLink traffic, which is how a VPC link comes",
            found.id
        );
        let finding = Finding::error("privlink::target::link-enforced", message, origin(target.name.span))
            .labelled("calls of the API would be dropped")
            .helped(
                "turn \"Enforce inbound rules on PrivateLink traffic\" of the load balancer off (SetSecurityGroups); \
                 its rules stay in force for all other traffic",
            );
        context.find(finding);
    }
    if let Some(check) = &target.health_check {
        let message = format!("target {name:?}: {} checks the health of what is behind it by itself", found.id);
        let finding = Finding::warning("privlink::target::health-check-unused", message, origin(check.protocol.span))
            .labelled("not used")
            .helped("take health-check out; privlink makes no target group for a load balancer of the API's own VPC");
        context.find(finding);
    }
    let (Some(services), Some(links)) =
        (context.list(&found.scope, endpoint_service::KIND), context.list(&found.scope, vpc_link::KIND))
    else {
        return;
    };
    // The link's own service on its load balancer is listed like any other.
    if links.iter().any(|link| carries(link, &found.id)) {
        return;
    }
    if let Some(service) = services.iter().find(|service| backs(service, &found.id)) {
        taken(context, target, &found.id, service);
    }
}

/// Whether a service stands on a load balancer.
pub(super) fn backs(service: &Observed, arn: &str) -> bool {
    service.status != Status::Deleting
        && service.attrs.read(&endpoint_service::LOAD_BALANCERS).unwrap_or_default().iter().any(|one| one == arn)
}

/// Whether a VPC link of ours stands on a load balancer.
pub(super) fn carries(link: &Observed, arn: &str) -> bool {
    let stands = !matches!(link.status, Status::Deleting | Status::Failed(_));
    stands && link.attrs.read(&vpc_link::LOAD_BALANCER).as_deref() == Some(arn)
}

/// The finding that a load balancer is in use by an endpoint service, or by the hidden one of a VPC link.
pub(super) fn taken(context: &mut Context<'_>, target: &Target, arn: &str, holder: &Observed) {
    let what = if holder.kind == vpc_link::KIND { "VPC link" } else { "endpoint service" };
    let owner = match &holder.owner {
        Owner::Ours(address) => format!("this project ({address})"),
        Owner::Project(project) => format!("project {project:?}"),
        Owner::Nobody => "somebody else".to_owned(),
    };
    let help = match (&holder.owner, holder.attrs.read(&endpoint_service::SERVICE_NAME)) {
        (Owner::Ours(address), _) => {
            format!("{address} must go first: take the target it is named for out, apply, and put it in again")
        }
        (_, Some(service)) => format!(
            "use that service: write endpoint-service {service:?} instead of load-balancer; if it is the hidden one of a \
             VPC link, put a second load balancer in front of what is behind this one"
        ),
        (_, None) => "put a second load balancer in front of what is behind this one".to_owned(),
    };
    let message = format!("{arn} backs the {what} {} of {owner} already", holder.id);
    let finding = Finding::error("privlink::target::load-balancer-taken", message, origin(target.name.span))
        .labelled("AWS allows one endpoint service for a load balancer")
        .helped(help);
    context.find(finding);
}

fn is_enforced(found: &Observed) -> bool {
    found.attrs.read(&load_balancer::ENFORCEMENT).as_deref() == Some("on")
}

/// Enforced rules are asked about the address of the one who calls: behind an endpoint that is the hub's load balancer.
fn enforced_on_privatelink(context: &mut Context<'_>, target: &Target, found: &Observed, hub: &Hub) {
    let groups = found.attrs.read(&load_balancer::SECURITY_GROUPS).unwrap_or_default().join(", ");
    let ranges: Vec<String> = hub.vpc.cidrs.iter().map(ToString::to_string).collect();
    let ranges = ranges.join(", ");
    let port = target.port.value;
    let message = format!(
        "target {:?}: the security groups of {} are enforced on PrivateLink traffic, and must let {ranges} in on port {port}",
        target.name.value, found.id
    );
    let finding = Finding::warning("privlink::target::enforced", message, origin(target.name.span))
        .labelled("security groups of somebody else decide")
        .helped(format!(
            "let {ranges} of network {:?} in on port {port} in {groups}, or turn \"Enforce inbound rules on PrivateLink \
             traffic\" of the load balancer off",
            hub.network
        ));
    context.find(finding);
}
