//! The forms of single values: account ids, regions, CIDRs, ports, durations, paths.
//!
//! Owns: what makes such a value wrong and the message for it. Refuses to know: which node it stands in. Every function
//! reports and gives `None`, or gives the value.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;

use crate::codes::{self, Code};
use crate::diagnostic::Diagnostic;
use crate::document::{Selector, Spanned};
use crate::read::Context;
use crate::suggest;

/// The longest name of a noun.
const LONGEST_NAME: usize = 64;

/// Keeps a value whose text passes a test, else reports.
pub(crate) fn keep(
    cx: &Context,
    code: Code,
    value: Spanned<String>,
    sound: bool,
    message: impl FnOnce(&str) -> (String, String),
) -> Option<Spanned<String>> {
    if sound {
        return Some(value);
    }
    let (message, help) = message(&value.value);
    cx.report(Diagnostic::error(code, message).at(value.span, "not valid").help(help));
    None
}

/// A noun's name: letters, digits, `-` and `_`.
pub(crate) fn name(cx: &Context, value: Spanned<String>) -> Option<Spanned<String>> {
    let text = &value.value;
    let sound = !text.is_empty()
        && text.len() <= LONGEST_NAME
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    keep(cx, codes::BAD_NAME, value, sound, |text| {
        let help = format!("names are 1 to {LONGEST_NAME} letters, digits, - and _, the first a letter or digit");
        (format!("`{text}` cannot be a name"), with_fix(help, text, LONGEST_NAME))
    })
}

/// A help text with the nearest name of letters, digits, `-` and `_`, if there is one.
pub(crate) fn with_fix(help: String, text: &str, longest: usize) -> String {
    let fixed: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).take(longest).collect();
    match fixed.trim_matches(['-', '_']) {
        "" => help,
        fixed => format!("{help}: \"{fixed}\" would do"),
    }
}

/// Twelve digits.
pub(crate) fn account_id(cx: &Context, value: Spanned<String>) -> Option<Spanned<String>> {
    let digits = value.value.chars().filter(char::is_ascii_digit).count();
    let sound = digits == 12 && value.value.len() == 12;
    keep(cx, codes::ACCOUNT_ID, value, sound, |text| {
        let help = if digits == 12 {
            let plain: String = text.chars().filter(char::is_ascii_digit).collect();
            format!("write id=\"{plain}\"")
        } else {
            format!("an account id has 12 digits, this has {digits}")
        };
        (format!("`{text}` is no AWS account id"), help)
    })
}

/// `us-east-1`.
pub(crate) fn region(cx: &Context, value: Spanned<String>) -> Option<Spanned<String>> {
    let parts: Vec<&str> = value.value.split('-').collect();
    let sound = (3..=4).contains(&parts.len())
        && parts.iter().all(|part| !part.is_empty())
        && parts.first().is_some_and(|first| first.len() == 2)
        && parts.split_last().is_some_and(|(last, before)| {
            last.len() <= 2
                && last.chars().all(|c| c.is_ascii_digit())
                && before.iter().all(|part| part.chars().all(|c| c.is_ascii_lowercase()))
        });
    keep(cx, codes::ACCOUNT_REGION, value, sound, |text| {
        let zone = text
            .strip_suffix(|c: char| c.is_ascii_lowercase())
            .filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit()));
        let help = match zone {
            Some(region) => format!("that is an availability zone: its region is \"{}\"", region.to_ascii_lowercase()),
            None => String::from("a region reads like \"us-east-1\""),
        };
        (format!("`{text}` is no AWS region"), help)
    })
}

/// `vpc-0a1b2c3d4e5f60718`: the prefix, then 8 or 17 hexadecimal digits.
pub(crate) fn resource_id(cx: &Context, code: Code, prefix: &str, value: Spanned<String>) -> Option<Spanned<String>> {
    let sound = value.value.strip_prefix(prefix).is_some_and(|rest| {
        matches!(rest.len(), 8 | 17) && rest.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    });
    keep(cx, code, value, sound, |text| {
        let noun = match prefix {
            "vpc-" => "VPC",
            "tgw-" => "transit gateway",
            _ => "subnet",
        };
        let help = match text.strip_prefix(prefix) {
            Some(rest) => {
                let count = rest.chars().count();
                let characters = if count == 1 { "character" } else { "characters" };
                format!("after {prefix} come 8 or 17 digits of 0-9 and a-f; found {count} {characters}, \"{rest}\"")
            }
            None if prefix == "tgw-" => format!("write its id, which begins with {prefix}"),
            None => format!("write its id, which begins with {prefix}, or find it by name: name=\"{text}\""),
        };
        (format!("`{text}` is no {noun} id"), help)
    })
}

/// `10.0.0.0/16`, with no bits set after the prefix.
pub(crate) fn cidr(cx: &Context, value: &Spanned<String>) -> Option<Spanned<Ipv4Net>> {
    let text = &value.value;
    let Ok(net) = text.parse::<Ipv4Net>() else {
        let help = match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => format!("for this one address write \"{address}/32\""),
            _ if text.contains(':') => String::from("IPv6 ranges are not supported: write an IPv4 range"),
            _ => String::from("a range reads like \"10.0.0.0/16\": four numbers up to 255 and a prefix of 0 to 32"),
        };
        let message = format!("`{text}` is no address range");
        cx.report(Diagnostic::error(codes::NETWORK_CIDR, message).at(value.span, "not a CIDR").help(help));
        return None;
    };
    if net.trunc() != net {
        let message = format!("`{text}` has bits set beyond its prefix");
        cx.report(
            Diagnostic::error(codes::NETWORK_CIDR_HOST_BITS, message)
                .at(value.span, "an address in a range, not the range")
                .help(format!("the network is \"{}\"", net.trunc())),
        );
        return None;
    }
    Some(Spanned { value: net, span: value.span })
}

/// Reports ranges of one list that overlap: one sweep over the sorted ranges.
pub(crate) fn overlapping(nets: &[Spanned<Ipv4Net>]) -> Vec<Diagnostic> {
    let mut sorted: Vec<&Spanned<Ipv4Net>> = nets.iter().collect();
    sorted.sort_by_key(|net| (net.value.network(), net.value.prefix_len(), net.span));
    let mut widest: Option<&Spanned<Ipv4Net>> = None;
    let mut found = Vec::new();
    for net in sorted {
        match widest.filter(|wide| wide.value.broadcast() >= net.value.network()) {
            Some(wide) => {
                let (later, earlier) = if wide.span > net.span { (wide, net) } else { (net, wide) };
                let message = format!("`{}` overlaps `{}`", later.value, earlier.value);
                found.push(
                    Diagnostic::error(codes::NETWORK_CIDR_OVERLAP, message)
                        .at(later.span, "overlaps")
                        .at(earlier.span, "with this range")
                        .help("take one out, or narrow it"),
                );
            }
            None => widest = Some(net),
        }
    }
    found
}

/// An IP address.
pub(crate) fn address(cx: &Context, code: Code, value: &Spanned<String>) -> Option<Spanned<IpAddr>> {
    match value.value.parse::<IpAddr>() {
        Ok(address) => Some(Spanned { value: address, span: value.span }),
        Err(_) => {
            let message = format!("`{}` is no IP address", value.value);
            cx.report(Diagnostic::error(code, message).at(value.span, "not an address").help(
                if code == codes::TARGET_ADDRESS {
                    "an address reads like \"10.0.12.5\"; for a name use host \"…\""
                } else {
                    "an address reads like \"10.0.12.5\""
                },
            ));
            None
        }
    }
}

/// Whether AWS lets a load balancer target the address: never one that is publicly routed.
pub(crate) fn is_targetable(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_private() || (a == 100 && (64..128).contains(&b))
}

/// 1 to 65535.
pub(crate) fn port(cx: &Context, value: Spanned<i128>) -> Option<Spanned<u16>> {
    match u16::try_from(value.value) {
        Ok(port) if port > 0 => Some(Spanned { value: port, span: value.span }),
        _ => {
            cx.report(
                Diagnostic::error(codes::PORT_RANGE, format!("{} is no port", value.value))
                    .at(value.span, "out of range")
                    .help("ports are 1 to 65535"),
            );
            None
        }
    }
}

/// `"10s"`, `"5m"`, `"800ms"`, `"1h"` in milliseconds.
pub(crate) fn duration_ms(cx: &Context, value: &Spanned<String>) -> Option<Spanned<u64>> {
    let text = &value.value;
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let parsed = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    if parsed.is_none() {
        let help = if unit.is_empty() && !digits.is_empty() {
            format!("add a unit: \"{digits}s\" or \"{digits}ms\"")
        } else {
            String::from("a time is a whole number and ms, s, m or h: \"800ms\", \"10s\", \"5m\"")
        };
        cx.report(
            Diagnostic::error(codes::DURATION, format!("`{text}` is no length of time"))
                .at(value.span, "not a time")
                .help(help),
        );
    }
    parsed.map(|value_ms| Spanned { value: value_ms, span: value.span })
}

/// `"30%"`.
pub(crate) fn percent(cx: &Context, value: &Spanned<String>) -> Option<Spanned<f64>> {
    let number = value.value.strip_suffix('%').and_then(|digits| digits.trim_end().parse::<f64>().ok());
    let number = number.filter(|number| (0.0..=100.0).contains(number));
    if number.is_none() {
        cx.report(
            Diagnostic::error(codes::PERCENT, format!("`{}` is no share", value.value))
                .at(value.span, "not a share")
                .help("a share is 0 to 100 and a percent sign: \"30%\""),
        );
    }
    number.map(|number| Spanned { value: number, span: value.span })
}

/// The methods API Gateway knows.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// An HTTP method, upper case; `ANY` is refused, because leaving methods out says it.
pub(crate) fn method(cx: &Context, value: Spanned<String>) -> Option<Spanned<String>> {
    if METHODS.contains(&value.value.as_str()) {
        return Some(value);
    }
    let upper = value.value.to_ascii_uppercase();
    let help = if METHODS.contains(&upper.as_str()) {
        format!("write \"{upper}\"")
    } else if matches!(upper.as_str(), "ANY" | "*") {
        String::from("leave the method out: that means any")
    } else {
        suggest::help(&upper, METHODS.iter().copied(), "methods").unwrap_or_default()
    };
    cx.report(
        Diagnostic::error(codes::METHOD, format!("`{}` is no HTTP method", value.value))
            .at(value.span, "unknown method")
            .help(help),
    );
    None
}

/// `arn:partition:service:region:account:resource` of one of the services.
pub(crate) fn arn(cx: &Context, services: &[&str], value: Spanned<String>) -> Option<Spanned<String>> {
    let parts: Vec<&str> = value.value.splitn(6, ':').collect();
    let sound = match parts.as_slice() {
        ["arn", partition, service, _, account, resource] => {
            partition.starts_with("aws")
                && services.contains(service)
                && (account.is_empty()
                    || *account == "aws"
                    || (account.len() == 12 && account.chars().all(|c| c.is_ascii_digit())))
                && !resource.is_empty()
        }
        _ => false,
    };
    keep(cx, codes::ARN, value, sound, |text| {
        let service = services.first().copied().unwrap_or("…");
        (
            format!("`{text}` is no ARN of {}", services.join(" or ")),
            format!("it reads arn:aws:{service}:{}:ACCOUNT:…", if service == "iam" { "" } else { "REGION" }),
        )
    })
}

/// `key=value` of `tag="tier=private"`.
pub(crate) fn tag_selector(cx: &Context, value: Spanned<String>) -> Option<Spanned<Selector>> {
    match value.value.split_once('=') {
        Some((key, tag)) if !key.trim().is_empty() => {
            let selector = Selector::Tag { key: key.to_owned(), value: tag.to_owned() };
            Some(Spanned { value: selector, span: value.span })
        }
        _ => {
            cx.report(
                Diagnostic::error(codes::TAG_SELECTOR, format!("`{}` does not say which tag", value.value))
                    .at(value.span, "no `=` in it")
                    .help("write the tag's key and value: tag=\"tier=private\""),
            );
            None
        }
    }
}

/// A DNS name.
pub(crate) fn host_name(cx: &Context, code: Code, value: Spanned<String>) -> Option<Spanned<String>> {
    let text = value.value.strip_suffix('.').unwrap_or(&value.value);
    let sound =
        !text.is_empty() && text.len() <= 253 && text.split('.').all(is_host_label) && text.parse::<IpAddr>().is_err();
    keep(cx, code, value, sound, |text| {
        let help = if text.parse::<IpAddr>().is_ok() {
            format!("for an address write address \"{text}\"")
        } else if let Some((_, rest)) = text.split_once("://") {
            format!("leave the scheme and the path out: \"{}\"", rest.split(['/', ':']).next().unwrap_or(rest))
        } else {
            String::from("a name is labels of letters, digits and - joined by dots, at most 253 characters")
        };
        (format!("`{text}` is no host name"), help)
    })
}

fn is_host_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
