//! `domain "api.shop.internal" certificate="arn:…" { share …; dns … }`.

use crate::codes;
use crate::document::Domain;
use crate::names::Kind;
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::value;

const DOMAIN: Shape = Shape { props: &["certificate"], one: &["dns"], many: &["share"], ..Shape::one("a name") };
const SHARE: Shape = Shape { props: &["account"], ..Shape::NONE };
const DNS: Shape = Shape { props: &["zone"], ..Shape::NONE };

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Domain> {
    let form = Form::new(cx, node, &DOMAIN);
    let name = form.arg().and_then(|name| {
        let sound = !name.value.starts_with("*.");
        let name = value::keep(cx, codes::DOMAIN_NAME, name, sound, |text| {
            let bare = text.trim_start_matches("*.");
            (String::from("a private domain cannot be a wildcard"), format!("write one name: \"api.{bare}\""))
        })?;
        value::host_name(cx, codes::DOMAIN_NAME, name)
    });
    let certificate = form.needed_text("certificate").and_then(|arn| value::arn(cx, &["acm"], arn));
    let shares = form
        .children("share")
        .filter_map(|child| Form::new(cx, child, &SHARE).needed_reference("account", Kind::Account));
    let shares = shares.collect();
    let dns = form.child("dns").and_then(|child| Form::new(cx, child, &DNS).needed_text("zone"));
    let dns_zone = dns.and_then(|zone| value::host_name(cx, codes::DOMAIN_NAME, zone));
    Some(Domain { name: name?, certificate: certificate?, shares, dns_zone, span: node.span })
}
