//! Listeners: create, describe, modify, delete.
//!
//! A listener of a network load balancer forwards to one target group; the group then belongs to that load balancer
//! alone. Certificates are not part of this world: any well-formed ARN of the same account and region will do.

use super::request::{Request, arn, port, refuse, validation};
use super::state::{Listener, LoadBalancer, TargetGroup};
use super::{attributes, find, render, tags};
use crate::wire::{Fault, Params, Reply};
use std::collections::BTreeMap;

const MAX_LISTENERS: usize = 50;
const DEFAULT_TLS_POLICY: &str = "ELBSecurityPolicy-2016-08";

impl Listener {
    /// Makes a listener that forwards to a target group.
    pub(super) fn forwarding(
        lb: &LoadBalancer,
        account: &str,
        region: &str,
        id: &str,
        (protocol, port): (String, u16),
        target_group: &str,
    ) -> Listener {
        Listener {
            arn: arn(account, region, &format!("listener/{}/{id}", lb.path())),
            load_balancer: lb.arn.clone(),
            attributes: attributes::listener_defaults(&protocol),
            protocol,
            port,
            target_group: target_group.to_owned(),
            certificate: None,
            tls_policy: None,
            alpn: Vec::new(),
            tags: BTreeMap::new(),
        }
    }
}

/// Reads the one target group that the default actions forward to.
fn target_of(params: &Params) -> Result<Option<String>, Fault> {
    let actions = params.structs("DefaultActions.member");
    let action = match actions.as_slice() {
        [] => return Ok(None),
        [action] => action,
        _ => return Err(refuse("TooManyActions", "A listener can have one default action only")),
    };
    if action.get("Type") != Some("forward") {
        let kind = action.get("Type").unwrap_or_default();
        return Err(refuse(
            "InvalidLoadBalancerAction",
            format!("Action type '{kind}' is not supported for network load balancers: it must be 'forward'"),
        ));
    }
    let weighted = action.structs("ForwardConfig.TargetGroups.member");
    let weighted = match weighted.as_slice() {
        [] => None,
        [group] => group.get("TargetGroupArn"),
        _ => return Err(refuse("InvalidLoadBalancerAction", "This sandbox forwards to one target group only")),
    };
    match (action.get("TargetGroupArn"), weighted) {
        (Some(plain), Some(other)) if plain != other => {
            Err(validation("You cannot specify both a target group ARN and another target group in ForwardConfig"))
        }
        (Some(group), _) | (None, Some(group)) => Ok(Some(group.to_owned())),
        (None, None) => Err(validation("A target group ARN must be specified")),
    }
}

fn check_protocols(
    request: &Request,
    lb: &LoadBalancer,
    listener: &Listener,
    group: &TargetGroup,
) -> Result<(), Fault> {
    let protocol = listener.protocol.as_str();
    if lb.kind != "network" {
        return Err(validation(
            "This sandbox keeps listeners of network load balancers only; others come from its world file",
        ));
    }
    let fits = match (protocol, group.protocol.as_str()) {
        ("TCP", "TCP") | ("TLS", "TLS") | ("UDP", "UDP") | ("TCP_UDP", "TCP_UDP") => true,
        ("TCP" | "UDP", "TCP_UDP") => group.target_type != "alb",
        ("TLS", "TCP") => group.target_type != "alb",
        _ => false,
    };
    if !fits {
        let text = format!(
            "The protocol '{}' of target group '{}' is not compatible with the listener's protocol '{protocol}'",
            group.protocol, group.arn
        );
        return Err(refuse("IncompatibleProtocols", text));
    }
    if group.vpc != lb.vpc {
        let text = format!("Target group '{}' is not in the load balancer's VPC '{}'", group.arn, lb.vpc);
        return Err(refuse("InvalidConfigurationRequest", text));
    }
    if request.state().load_balancer_of(&group.arn).is_some_and(|other| other != lb.arn) {
        let text =
            format!("The following target groups cannot be associated with more than one load balancer: {}", group.arn);
        return Err(refuse("TargetGroupAssociationLimit", text));
    }
    Ok(())
}

fn check_protocol(protocol: &str) -> Result<(), Fault> {
    if matches!(protocol, "TCP" | "TLS" | "UDP" | "TCP_UDP") {
        return Ok(());
    }
    Err(validation(format!("Listener protocol '{protocol}' must be one of 'UDP, TCP, TLS, TCP_UDP'")))
}

/// Reads certificate, security policy and ALPN, which TLS needs or allows and nothing else does.
fn read_tls(request: &Request, listener: &mut Listener) -> Result<(), Fault> {
    let certificates = request.params.structs("Certificates.member");
    if let Some(given) = certificates.first().and_then(|certificate| certificate.get("CertificateArn")) {
        let (region, account) = (&request.call.region, &request.call.account);
        let ours = given.split(':').collect::<Vec<_>>();
        let sound = matches!(ours.as_slice(), ["arn", _, "acm", r, a, id] if r == region && a == account && id.starts_with("certificate/"));
        if !sound {
            return Err(refuse("CertificateNotFound", format!("Certificate '{given}' not found")));
        }
        listener.certificate = Some(given.to_owned());
    }
    if certificates.len() > 1 {
        return Err(refuse("TooManyCertificates", "A listener takes one default certificate"));
    }
    if let Some(policy) = request.params.get("SslPolicy") {
        if !policy.starts_with("ELBSecurityPolicy-") {
            return Err(refuse("SSLPolicyNotFound", format!("SSL policy '{policy}' not found")));
        }
        listener.tls_policy = Some(policy.to_owned());
    }
    let alpn = request.params.members("AlpnPolicy");
    if !alpn.is_empty() {
        let known = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];
        match alpn.as_slice() {
            [one] if known.contains(&one.as_str()) => listener.alpn = alpn,
            _ => {
                return Err(refuse(
                    "ALPNPolicyNotFound",
                    format!("The ALPN policy must be one of '{}'", known.join(", ")),
                ));
            }
        }
    }
    if listener.protocol == "TLS" {
        if listener.certificate.is_none() {
            return Err(validation("A certificate must be specified for TLS listeners"));
        }
        if listener.tls_policy.is_none() {
            return Err(validation("A security policy must be specified for TLS listeners"));
        }
    } else if !certificates.is_empty() || request.params.get("SslPolicy").is_some() || !listener.alpn.is_empty() {
        let text = format!(
            "A certificate, security policy or ALPN policy cannot be specified for {} listeners",
            listener.protocol
        );
        return Err(validation(text));
    } else {
        listener.certificate = None;
        listener.tls_policy = None;
    }
    Ok(())
}

/// Answers CreateListener; the same listener once more gives the one that is there.
pub(super) fn create(request: &mut Request) -> Result<Reply, Fault> {
    let lb = find::load_balancer(request, request.require("LoadBalancerArn")?)?.clone();
    let protocol = request.params.get("Protocol").ok_or_else(|| validation("A listener protocol must be specified"))?;
    check_protocol(protocol)?;
    let protocol = protocol.to_owned();
    let port = port(&request.params, "Port")?.ok_or_else(|| validation("A listener port must be specified"))?;
    let target =
        target_of(&request.params)?.ok_or_else(|| validation("At least one default action must be specified"))?;
    let group = find::target_group(request, &target)?.clone();
    let (account, region) = (&request.call.account, &request.call.region);
    let mut new = Listener::forwarding(&lb, account, region, "", (protocol, port), &target);
    // A new listener is given AWS's policy; one that is changed to TLS must be told its own.
    new.tls_policy = (new.protocol == "TLS").then(|| DEFAULT_TLS_POLICY.to_owned());
    read_tls(request, &mut new)?;
    new.tags = tags::read(&request.params)?;
    check_protocols(request, &lb, &new, &group)?;
    let mut others = request.state().listeners.values().filter(|known| known.load_balancer == lb.arn);
    if let Some(known) = others.clone().find(|known| known.port == port) {
        let same = Listener { arn: known.arn.clone(), attributes: known.attributes.clone(), ..new };
        if *known != same {
            let text = format!("A listener already exists on this port for this load balancer '{}'", lb.arn);
            return Err(refuse("DuplicateListener", text));
        }
        return Ok(render::listeners(request, &[&same], None));
    }
    if others.by_ref().count() >= MAX_LISTENERS {
        let text =
            format!("The maximum number of listeners of load balancer '{}' has been reached: {MAX_LISTENERS}", lb.arn);
        return Err(refuse("TooManyListeners", text));
    }
    let id = request.world.ids.hex(16);
    new.arn.push_str(&id);
    let reply = render::listeners(request, &[&new], None);
    let now = request.world.now();
    let state = request.state_mut();
    state.listeners.insert(new.arn.clone(), new);
    state.note_use(Some(now));
    Ok(reply)
}

/// Answers DescribeListeners, of one load balancer or by ARN.
pub(super) fn describe(request: &mut Request) -> Result<Reply, Fault> {
    let arns = request.params.members("ListenerArns");
    let mut found: Vec<(String, &Listener)> = match (request.params.get("LoadBalancerArn"), arns.as_slice()) {
        (Some(lb), []) => {
            find::load_balancer(request, lb)?;
            let listeners = request.state().listeners.values().filter(|listener| listener.load_balancer == lb);
            listeners.map(|listener| (listener.arn.clone(), listener)).collect()
        }
        (None, [_, ..]) => {
            arns.iter().map(|arn| Ok((arn.clone(), find::listener(request, arn)?))).collect::<Result<_, Fault>>()?
        }
        (None, []) => return Err(validation("You must specify either listener ARNs or a load balancer ARN")),
        (Some(_), _) => {
            return Err(validation("Listener ARNs and a load balancer ARN cannot be specified at the same time"));
        }
    };
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|a, b| a.0 == b.0);
    let (page, marker) = request.page(found)?;
    Ok(render::listeners(request, &page, marker))
}

/// Answers ModifyListener; what is not given stays.
pub(super) fn modify(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("ListenerArn")?.to_owned();
    let mut listener = find::listener(request, &arn)?.clone();
    let lb = find::load_balancer(request, &listener.load_balancer)?.clone();
    if let Some(protocol) = request.params.get("Protocol") {
        check_protocol(protocol)?;
        if protocol != listener.protocol {
            listener.attributes = attributes::listener_defaults(protocol);
            listener.alpn.clear();
        }
        protocol.clone_into(&mut listener.protocol);
    }
    if let Some(port) = port(&request.params, "Port")? {
        let mut others = request.state().listeners.values().filter(|other| other.load_balancer == lb.arn);
        if others.any(|other| other.port == port && other.arn != arn) {
            let text = format!("A listener already exists on this port for this load balancer '{}'", lb.arn);
            return Err(refuse("DuplicateListener", text));
        }
        listener.port = port;
    }
    if let Some(target) = target_of(&request.params)? {
        listener.target_group = target;
    }
    let group = find::target_group(request, &listener.target_group)?;
    check_protocols(request, &lb, &listener, group)?;
    read_tls(request, &mut listener)?;
    let reply = render::listeners(request, &[&listener], None);
    let now = request.world.now();
    let state = request.state_mut();
    state.listeners.insert(arn, listener);
    state.note_use(Some(now));
    Ok(reply)
}

/// Answers DeleteListener.
pub(super) fn delete(request: &mut Request) -> Result<Reply, Fault> {
    let arn = request.require("ListenerArn")?.to_owned();
    find::listener(request, &arn)?;
    let state = request.state_mut();
    state.listeners.remove(&arn);
    state.note_use(None);
    Ok(request.answer(|_| {}))
}
