//! `target "orders" network="app" { load-balancer …; port … }` in its four forms.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{HealthCheck, HealthProtocol, Selector, Spanned, Target, TargetEndpoint};
use crate::names::Kind;
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::source::Span;
use crate::suggest;
use crate::value;

const FORMS: &[&str] = &["load-balancer", "endpoint-service", "address", "host"];
const TARGET: Shape = Shape {
    props: &["network", "dedicated"],
    one: &["load-balancer", "endpoint-service", "address", "host", "port", "health-check"],
    ..Shape::one("a name")
};
const LOAD_BALANCER: Shape = Shape { args: (0, 1), arg: "a name or ARN", props: &["tag"], ..Shape::NONE };
const PORT: Shape = Shape { props: &["tls", "host"], ..Shape::one("a number") };
const HEALTH_CHECK: Shape = Shape { props: &["protocol", "path", "port"], ..Shape::NONE };

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Target> {
    let form = Form::new(cx, node, &TARGET);
    let name = form.arg().and_then(|name| value::name(cx, name));
    let network = form.needed_reference("network", Kind::Network);
    let dedicated = form.flag("dedicated").is_some_and(|flag| flag.value);
    let endpoint = decode_endpoint(&form);
    let mut tls = false;
    let mut host_header = None;
    let mut port = None;
    if let Some(child) = form.needed_child("port", "port 443 tls=#true, or port 80") {
        let child = Form::new(cx, child, &PORT);
        port = child.integer_arg().and_then(|number| value::port(cx, number));
        tls = child.flag("tls").is_some_and(|flag| flag.value);
        host_header = child.text("host").and_then(|host| value::host_name(cx, codes::HOST_NAME, host));
    }
    let check = form.child("health-check");
    let health_check = check.and_then(|check| decode_health_check(cx, check));
    if check.is_some() && health_check.is_none() {
        return None;
    }
    Some(Target {
        name: name?,
        network: network?,
        endpoint: endpoint?,
        port: port?,
        tls,
        host_header,
        health_check,
        dedicated,
        span: node.span,
    })
}

fn decode_endpoint(form: &Form) -> Option<TargetEndpoint> {
    let cx = form.cx;
    let mut found = FORMS.iter().filter_map(|name| form.child(name));
    let Some(first) = found.next() else {
        if form.node.torn {
            return None;
        }
        cx.report(
            Diagnostic::error(codes::TARGET_NO_ENDPOINT, "the target does not say what it is")
                .at(form.node.head, "no load balancer, address, host or endpoint service")
                .help("add one of load-balancer \"…\", address \"…\", host \"…\" or endpoint-service \"…\""),
        );
        return None;
    };
    if let Some(second) = found.next() {
        cx.report(
            Diagnostic::error(
                codes::EITHER_OR,
                format!(
                    "a target is one thing, and this is {}",
                    suggest::list([first, second].map(|n| n.name.value.as_str()))
                ),
            )
            .at(second.head, "one too many")
            .at(first.head, "the other")
            .help("make two targets of it"),
        );
        return None;
    }
    match first.name.value.as_str() {
        "load-balancer" => decode_load_balancer(cx, first).map(TargetEndpoint::LoadBalancer),
        "endpoint-service" => decode_service(cx, first).map(TargetEndpoint::EndpointService),
        "address" => decode_addresses(cx, first).map(TargetEndpoint::Addresses),
        _ => {
            let host = Form::new(cx, first, &Shape::one("a host name")).arg()?;
            value::host_name(cx, codes::HOST_NAME, host).map(TargetEndpoint::Host)
        }
    }
}

fn decode_load_balancer(cx: &Context, node: &Node) -> Option<Spanned<Selector>> {
    let form = Form::new(cx, node, &LOAD_BALANCER);
    match (form.node.args.first(), form.value("tag")) {
        (Some(_), None) => {
            let name = form.arg()?;
            if name.value.starts_with("arn:") {
                return load_balancer_arn(cx, name);
            }
            let sound = (1..=32).contains(&name.value.len())
                && name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !name.value.starts_with('-')
                && !name.value.ends_with('-');
            value::keep(cx, codes::LOAD_BALANCER, name, sound, |text| {
                let help = if text.contains('.') {
                    "that reads like its DNS name: write its name, the part AWS shows under \"Name\", or its ARN"
                } else {
                    "names are 1 to 32 letters, digits and -, no - at either end"
                };
                (format!("`{text}` is no load balancer's name"), String::from(help))
            })
            .map(|name| Spanned { value: Selector::Name(name.value), span: name.span })
        }
        (None, Some(_)) => form.text("tag").and_then(|tag| value::tag_selector(cx, tag)),
        _ => {
            cx.report(
                Diagnostic::error(
                    codes::EITHER_OR,
                    "a load balancer is found by name, by ARN or by tag: by exactly one of them",
                )
                .at(node.head, "not exactly one")
                .help("write load-balancer \"orders-internal\" or load-balancer tag=\"key=value\""),
            );
            None
        }
    }
}

fn load_balancer_arn(cx: &Context, arn: Spanned<String>) -> Option<Spanned<Selector>> {
    let arn = value::arn(cx, &["elasticloadbalancing"], arn)?;
    let resource = arn.value.splitn(6, ':').nth(5).unwrap_or("");
    let sound = resource.starts_with("loadbalancer/net/") || resource.starts_with("loadbalancer/app/");
    let arn = value::keep(cx, codes::LOAD_BALANCER, arn, sound, |text| {
        let help = if text.contains(":targetgroup/") {
            "that is a target group: name the load balancer before it"
        } else {
            "a network or application load balancer is meant: arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/net/NAME/ID"
        };
        (String::from("the ARN is not one of a network or application load balancer"), String::from(help))
    })?;
    Some(Spanned { value: Selector::Id(arn.value), span: arn.span })
}

fn decode_service(cx: &Context, node: &Node) -> Option<Spanned<String>> {
    let name = Form::new(cx, node, &Shape::one("a service's name")).arg()?;
    let parts: Vec<&str> = name.value.split('.').collect();
    let sound = match parts.as_slice() {
        ["com", "amazonaws", "vpce", region, id] => {
            !region.is_empty()
                && id
                    .strip_prefix("vpce-svc-")
                    .is_some_and(|id| matches!(id.len(), 8 | 17) && id.chars().all(|c| c.is_ascii_hexdigit()))
        }
        _ => false,
    };
    value::keep(cx, codes::ENDPOINT_SERVICE, name, sound, |text| {
        let help = if text.starts_with("vpce-svc-") {
            format!("write the whole name: \"com.amazonaws.vpce.REGION.{text}\"")
        } else {
            String::from("it reads \"com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0\"")
        };
        (format!("`{text}` is no endpoint service's name"), help)
    })
}

fn decode_addresses(cx: &Context, node: &Node) -> Option<Vec<Spanned<IpAddr>>> {
    let texts = Form::new(cx, node, &Shape::list("an IP address")).args();
    let mut seen: HashMap<IpAddr, Span> = HashMap::new();
    let mut addresses = Vec::new();
    let mut sound = texts.len() == node.args.len() && !texts.is_empty();
    for text in &texts {
        let Some(address) = value::address(cx, codes::TARGET_ADDRESS, text) else {
            sound = false;
            continue;
        };
        if let Some(first) = seen.insert(address.value, address.span) {
            cx.report(
                Diagnostic::error(codes::DUPLICATE_VALUE, format!("{} is given twice", address.value))
                    .at(address.span, "again here")
                    .at(first, "first here")
                    .help("keep one of them"),
            );
        }
        let refused = match address.value {
            IpAddr::V4(v4) if value::is_targetable(v4) => None,
            IpAddr::V4(_) => Some(
                "AWS load balancers reach only private addresses: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10",
            ),
            IpAddr::V6(_) => Some("write the service's IPv4 address"),
        };
        if let Some(help) = refused {
            cx.report(
                Diagnostic::error(
                    codes::TARGET_ADDRESS_REFUSED,
                    format!("a load balancer cannot target {}", address.value),
                )
                .at(address.span, "AWS refuses this address")
                .help(help),
            );
            sound = false;
        }
        addresses.push(address);
    }
    sound.then_some(addresses)
}

fn decode_health_check(cx: &Context, node: &Node) -> Option<HealthCheck> {
    let form = Form::new(cx, node, &HEALTH_CHECK);
    let protocol = form.needed_text("protocol").and_then(|text| {
        let protocol = match text.value.as_str() {
            "tcp" => Some(HealthProtocol::Tcp),
            "http" => Some(HealthProtocol::Http),
            "https" => Some(HealthProtocol::Https),
            _ => None,
        };
        if protocol.is_none() {
            let help = suggest::help(&text.value, ["tcp", "http", "https"], "protocols").unwrap_or_default();
            cx.report(
                Diagnostic::error(codes::HEALTH_CHECK, format!("`{}` is no protocol of health checks", text.value))
                    .at(text.span, "unknown protocol")
                    .help(help),
            );
        }
        protocol.map(|value| Spanned { value, span: text.span })
    });
    let path = form.text("path");
    let port = form.integer("port").map(|port| value::port(cx, port));
    let protocol = protocol?;
    if let Some(path) = &path {
        let problem = if protocol.value == HealthProtocol::Tcp {
            Some(("a TCP health check has no path", "take the path out, or write protocol=\"http\""))
        } else if !path.value.starts_with('/') || path.value.len() > 1024 || path.value.contains(char::is_whitespace) {
            Some((
                "the path is none that a health check can ask for",
                "it begins with / and has at most 1024 characters, no spaces",
            ))
        } else {
            None
        };
        if let Some((message, help)) = problem {
            cx.report(Diagnostic::error(codes::HEALTH_CHECK, message).at(path.span, "not valid").help(help));
            return None;
        }
    }
    let port = match port {
        Some(port) => Some(port?),
        None => None,
    };
    Some(HealthCheck { protocol, path, port })
}
