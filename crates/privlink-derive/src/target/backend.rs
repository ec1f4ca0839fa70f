//! What is behind a target: found in the snapshot, or checked where the spec says it.

use std::net::{IpAddr, Ipv4Addr};

use privlink_model::keys::{load_balancer, visible_service, vpc};
use privlink_model::{Finding, Observed, Scope, Value};
use privlink_spec::document::{Place, Selector, Spanned, Target, TargetEndpoint};
use privlink_spec::source::Span;

use crate::access;
use crate::context::{Context, origin};
use crate::link::Hub;
use crate::network;

/// What is behind a target.
#[derive(Debug, Clone)]
pub(crate) enum Backend {
    /// A network load balancer in another account or VPC: reached over PrivateLink.
    Remote(Balancer),
    /// A network load balancer in the hub's own VPC: the VPC link goes straight to it.
    Local(Balancer),
    /// Somebody else's endpoint service.
    Service(Service),
    /// Addresses.
    Addresses {
        /// The addresses, sorted.
        addresses: Vec<String>,
        /// Whether they are outside the hub's VPC.
        outside: bool,
        /// What the Host header says when the spec does not.
        host: String,
    },
}

/// A load balancer as found.
#[derive(Debug, Clone)]
pub(crate) struct Balancer {
    pub(crate) arn: String,
    pub(crate) scope: Scope,
    pub(crate) dns_name: String,
    /// Ids of the zones it serves, which its endpoint service will serve.
    pub(crate) zone_ids: Vec<String>,
}

/// Somebody else's endpoint service as found.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// Names of the zones it serves, in the hub's account.
    pub(crate) zones: Vec<String>,
}

impl Backend {
    /// What the Host header says when the spec does not.
    pub(crate) fn host(&self) -> String {
        match self {
            Self::Remote(balancer) | Self::Local(balancer) => balancer.dns_name.clone(),
            Self::Service(service) => {
                // com.amazonaws.vpce.<region>.<id> is reached as <id>.<region>.vpce.amazonaws.com.
                let mut parts = service.name.rsplit('.');
                match (parts.next(), parts.next()) {
                    (Some(id), Some(region)) => format!("{id}.{region}.vpce.amazonaws.com"),
                    _ => service.name.clone(),
                }
            }
            Self::Addresses { host, .. } => host.clone(),
        }
    }
}

/// Finds what is behind a target; none when that failed, which is then a finding.
pub(crate) fn find(context: &mut Context<'_>, target: &Target, hub: &Hub) -> Option<Backend> {
    network::check_way(context, target, &hub.vpc, &hub.network);
    match &target.endpoint {
        TargetEndpoint::LoadBalancer(selector) => balancer(context, target, selector, hub),
        TargetEndpoint::EndpointService(name) => service(context, name, hub),
        TargetEndpoint::Addresses(written) => {
            let addresses: Vec<(IpAddr, Span)> = written.iter().map(|a| (a.value, a.span)).collect();
            let host = written.first().map(|first| first.value.to_string()).unwrap_or_default();
            self::addresses(context, &addresses, host, hub)
        }
        TargetEndpoint::Host(host) => resolved(context, host, hub),
    }
}

fn balancer(context: &mut Context<'_>, target: &Target, selector: &Spanned<Selector>, hub: &Hub) -> Option<Backend> {
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
    check_balancer(context, target, selector, found)?;
    let subnets = found.attrs.read(&load_balancer::SUBNETS).unwrap_or_default();
    let balancer = Balancer {
        arn: found.id.clone(),
        scope: scope.clone(),
        dns_name: found.attrs.read(&load_balancer::DNS_NAME).unwrap_or_default(),
        zone_ids: subnets.iter().filter_map(|subnet| home.zone_of.get(subnet).cloned()).collect(),
    };
    if scope == hub.vpc.scope && home.id == hub.vpc.id {
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
    Some(Backend::Remote(balancer))
}

fn check_balancer(
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
    let port = i64::from(target.port.value);
    let listeners = found.attrs.read(&load_balancer::LISTENERS);
    let ports: Vec<i64> = listeners
        .iter()
        .flat_map(Value::elements)
        .filter_map(|listener| listener.as_map()?.get("port")?.as_int())
        .collect();
    if !ports.contains(&port) {
        let message = format!("target {:?}: {} does not listen on port {port}", target.name.value, found.id);
        let ports: Vec<String> = ports.iter().map(i64::to_string).collect();
        let help = match ports.as_slice() {
            [] => "it has no listener; make one first".to_owned(),
            ports => format!("it listens on {}", ports.join(", ")),
        };
        let finding = Finding::error("privlink::target::no-listener", message, origin(target.port.span))
            .labelled("nothing listens here")
            .helped(help);
        context.find(finding);
        return None;
    }
    Some(())
}

fn service(context: &mut Context<'_>, name: &Spanned<String>, hub: &Hub) -> Option<Backend> {
    let listed = context.list(&hub.vpc.scope, visible_service::KIND)?;
    let Some(found) = listed.iter().find(|object| object.id == name.value) else {
        let message = format!("endpoint service {} is not visible in {}", name.value, hub.vpc.scope);
        let finding = Finding::error("privlink::target::service-not-visible", message, origin(name.span))
            .labelled("AWS does not know it here")
            .helped(format!(
                "AWS says the same of a service that does not exist and of one that does not allow you: \
                 ask its owner to allow arn:aws:iam::{}:root",
                hub.vpc.scope.account
            ));
        context.find(finding);
        return None;
    };
    let zones = found.attrs.read(&visible_service::ZONES).unwrap_or_default();
    if found.attrs.read(&visible_service::ACCEPTANCE_REQUIRED) == Some(true) {
        let owner = found.attrs.read(&visible_service::OWNER).unwrap_or_else(|| "its owner".to_owned());
        let message = format!("the connection to {} must be accepted by {owner}", name.value);
        let finding = Finding {
            severity: privlink_model::Severity::Note,
            ..Finding::warning("privlink::target::foreign-acceptance", message, origin(name.span))
        };
        context.find(finding.helped("apply waits for the acceptance; tell the owner beforehand"));
    }
    Some(Backend::Service(Service { name: name.value.clone(), zones }))
}

fn resolved(context: &mut Context<'_>, host: &Spanned<String>, hub: &Hub) -> Option<Backend> {
    let found = match context.hosts.get(&host.value) {
        Some(Ok(addresses)) if !addresses.is_empty() => addresses.clone(),
        Some(Err(why)) => {
            unresolved(context, host, why);
            return None;
        }
        _ => {
            unresolved(context, host, "the name has no address");
            return None;
        }
    };
    let addresses: Vec<(IpAddr, Span)> = found.into_iter().map(|address| (address, host.span)).collect();
    self::addresses(context, &addresses, host.value.clone(), hub)
}

fn unresolved(context: &mut Context<'_>, host: &Spanned<String>, why: &str) {
    let message = format!("host {:?} gives no address: {why}", host.value);
    let finding = Finding::error("privlink::target::unresolved", message, origin(host.span))
        .labelled("not resolved")
        .helped("check the name, or name a resolver that knows it: project { resolver \"10.0.0.2\" }");
    context.find(finding);
}

/// The ranges AWS takes IP targets from, beside the VPC's own (aws-facts "Legal IP targets"): never public ones.
fn is_legal(address: Ipv4Addr, hub: &Hub) -> bool {
    let [a, b, ..] = address.octets();
    address.is_private() || (a == 100 && (64..128).contains(&b)) || hub.vpc.contains(address)
}

fn addresses(context: &mut Context<'_>, found: &[(IpAddr, Span)], host: String, hub: &Hub) -> Option<Backend> {
    let mut legal: Vec<Ipv4Addr> = Vec::new();
    for (address, span) in found {
        match address {
            IpAddr::V4(v4) if is_legal(*v4, hub) => legal.push(*v4),
            _ => {
                let finding = Finding::error(
                    "privlink::target::illegal-address",
                    format!("{address} of {host:?} cannot be a target: AWS takes private IPv4 addresses alone"),
                    origin(*span),
                );
                context.find(
                    finding
                        .labelled(format!("gives {address}"))
                        .helped("use an address in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10"),
                );
            }
        }
    }
    if legal.len() < found.len() {
        return None;
    }
    let inside = legal.iter().filter(|address| hub.vpc.contains(**address)).count();
    if inside != 0 && inside != legal.len() {
        let span = found.first().map(|(_, span)| *span).unwrap_or_default();
        let ranges = hub.vpc.cidrs.iter().map(|cidr| format!("{} {cidr}", vpc::KIND)).collect::<Vec<_>>().join(", ");
        let message = format!("some addresses of {host:?} are inside the API's VPC and some outside");
        let finding = Finding::error("privlink::target::mixed-addresses", message, origin(span))
            .labelled(format!("the API's network is {ranges}"))
            .helped("declare two targets, one for each side");
        context.find(finding);
        return None;
    }
    legal.sort();
    legal.dedup();
    Some(Backend::Addresses { addresses: legal.iter().map(Ipv4Addr::to_string).collect(), outside: inside == 0, host })
}
