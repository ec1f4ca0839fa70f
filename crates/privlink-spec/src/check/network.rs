//! Networks among each other: what they are reached through, and ranges that overlap.

use ipnet::Ipv4Net;

use super::{is_outside, network};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Document, Place, Spanned, Via};

pub(super) fn check(document: &Document, out: &mut Vec<Diagnostic>) {
    let mut ranges: Vec<(&str, &Spanned<Ipv4Net>)> = Vec::new();
    for (name, network) in &document.networks {
        if let Place::Outside { cidrs, via } = &network.place {
            ranges.extend(cidrs.iter().map(|cidr| (name.as_str(), cidr)));
            check_via(document, via, out);
        }
    }
    between_networks(ranges, out);
}

fn check_via(document: &Document, via: &[Via], out: &mut Vec<Diagnostic>) {
    let mut sorted: Vec<&Via> = via.iter().collect();
    sorted.sort_by_key(|via| (via.network.value.as_str(), via.network.span));
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.network.value == second.network.value
        {
            out.push(
                Diagnostic::error(codes::DUPLICATE_VALUE, format!("`{}` is named twice", first.network.value))
                    .at(second.network.span, "again here")
                    .at(first.network.span, "first here")
                    .help("keep one of them"),
            );
        }
    }
    for via in via.iter().filter(|via| is_outside(document, &via.network)) {
        let mut diagnostic = Diagnostic::error(
            codes::NETWORK_VIA_OUTSIDE,
            format!("`{}` is itself outside AWS: nothing is reached through it", via.network.value),
        )
        .at(via.network.span, "not a VPC");
        if let Some(other) = network(document, &via.network) {
            diagnostic = diagnostic.at(other.name.span, "has `cidr`, so it is outside AWS");
        }
        out.push(diagnostic.help("name the VPC network whose routes lead there"));
    }
}

/// Ranges of two networks that overlap: traffic could go to only one of them. One sweep over the sorted ranges; each
/// range is compared with the one reaching furthest of every network but its own, of which two are enough to keep.
fn between_networks(mut ranges: Vec<(&str, &Spanned<Ipv4Net>)>, out: &mut Vec<Diagnostic>) {
    ranges.sort_by_key(|(name, net)| (net.value.network(), net.value.prefix_len(), *name, net.span));
    let mut furthest: Option<(&str, &Spanned<Ipv4Net>)> = None;
    let mut other: Option<(&str, &Spanned<Ipv4Net>)> = None;
    for (name, net) in ranges {
        let rival = if furthest.is_some_and(|(owner, _)| owner != name) { furthest } else { other };
        if let Some((owner, wide)) = rival.filter(|(_, wide)| wide.value.broadcast() >= net.value.network()) {
            let (later, earlier) = if wide.span > net.span { (wide, net) } else { (net, wide) };
            out.push(
                Diagnostic::error(
                    codes::NETWORK_CIDR_OVERLAP,
                    format!("the networks `{owner}` and `{name}` overlap: {} and {}", wide.value, net.value),
                )
                .at(later.span, "overlaps")
                .at(earlier.span, "with this range")
                .help("traffic can go to one of them only: narrow one"),
            );
        }
        let reaches = |held: Option<(&str, &Spanned<Ipv4Net>)>| {
            held.is_none_or(|(_, held)| held.value.broadcast() < net.value.broadcast())
        };
        if furthest.is_some_and(|(owner, _)| owner == name) {
            if reaches(furthest) {
                furthest = Some((name, net));
            }
        } else if reaches(furthest) {
            other = furthest;
            furthest = Some((name, net));
        } else if reaches(other) {
            other = Some((name, net));
        }
    }
}
