//! Finding what is behind a target: in the snapshot, or checked where the spec says it.

use std::net::{IpAddr, Ipv4Addr};

use privlink_model::keys::{endpoint, visible_service, vpc};
use privlink_model::{Finding, Severity};
use privlink_spec::document::{HealthProtocol, Spanned, Target, TargetEndpoint};
use privlink_spec::source::Span;

use super::backend::{Backend, Service};
use super::{balancer, part, zone};
use crate::context::{Context, origin};
use crate::hub::Hub;
use crate::way;

/// Finds what is behind a target; none when that failed, which is then a finding.
pub(crate) fn find(context: &mut Context<'_>, target: &Target, hub: &Hub) -> Option<Backend> {
    way::check(context, target, &hub.vpc, &hub.network);
    check_names(context, target);
    match &target.endpoint {
        TargetEndpoint::LoadBalancer(selector) => balancer::find(context, target, selector, hub),
        TargetEndpoint::EndpointService(name) => service(context, target, name, hub),
        TargetEndpoint::Addresses(written) => {
            let addresses: Vec<(IpAddr, Span)> = written.iter().map(|a| (a.value, a.span)).collect();
            let host = written.first().map(|first| first.value.to_string()).unwrap_or_default();
            self::addresses(context, &addresses, host, hub)
        }
        TargetEndpoint::Host(host) => resolved(context, host, hub),
    }
}

/// What is called by no name of its own has none that its certificate or its routing by host could know.
fn check_names(context: &mut Context<'_>, target: &Target) {
    let name = &target.name.value;
    if target.tls && target.host_header.is_none() && !matches!(target.endpoint, TargetEndpoint::Host(_)) {
        let message =
            format!("target {name:?} is called over TLS by AWS's own name or by an address, and not by its name");
        let finding = Finding::warning("privlink::target::tls-name", message, origin(target.port.span))
            .labelled("no host")
            .helped(format!(
                "say the name in its certificate: port {} tls=#true host=\"api.example.com\"",
                target.port.value
            ));
        context.find(finding);
    }
    let check = target.health_check.as_ref().filter(|check| check.protocol.value != HealthProtocol::Tcp);
    if let (Some(check), Some(host)) = (check, &target.host_header) {
        let message =
            format!("target {name:?}: a health check says the target's address as host, and never {:?}", host.value);
        let finding = Finding::warning("privlink::target::health-check-host", message, origin(check.protocol.span))
            .labelled("asks without the host name")
            .helped("check health by TCP where the target routes by host, or let it answer the check for any host");
        context.find(finding);
    }
}

fn service(context: &mut Context<'_>, target: &Target, name: &Spanned<String>, hub: &Hub) -> Option<Backend> {
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
        let finding = Finding::warning("privlink::target::foreign-acceptance", message, origin(name.span));
        let live = context.ours(&hub.vpc.scope, endpoint::KIND, &part(&target.name.value, "endpoint"));
        let leads = live.and_then(|live| live.attrs.read(&endpoint::SERVICE_NAME));
        context.find(match leads.filter(|leads| *leads != name.value) {
            // Nothing tells when somebody else accepts, so what is replaced by it does not wait.
            Some(_) => finding.labelled("calls fail from the change until then").helped(
                "declare a second target for the new service, and move the routes once its connection is accepted",
            ),
            None => Finding { severity: Severity::Note, ..finding }
                .helped("apply waits for the acceptance; tell the owner beforehand"),
        });
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
    if inside != 0 {
        zone::check_inside(context, &hub.vpc, &hub.network, found);
    }
    legal.sort();
    legal.dedup();
    Some(Backend::Addresses { addresses: legal.iter().map(Ipv4Addr::to_string).collect(), outside: inside == 0, host })
}
