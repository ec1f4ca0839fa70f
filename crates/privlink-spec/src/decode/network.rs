//! `network "hub" account="gateway" { vpc …; subnets … }` and `network "datacenter" { cidr …; via … }`.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Network, Place, Selector, Spanned, Subnets, Via};
use crate::names::Kind;
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::value;

const NETWORK: Shape =
    Shape { props: &["account"], one: &["vpc", "subnets"], many: &["cidr", "via"], ..Shape::one("a name") };
const VPC: Shape = Shape { args: (0, 1), arg: "an id", props: &["name", "tag"], ..Shape::NONE };
const SUBNETS: Shape = Shape { args: (0, usize::MAX), arg: "ids", props: &["name", "tag"], ..Shape::NONE };
const VIA: Shape = Shape { props: &["transit-gateway", "manage-routes"], ..Shape::one("a network's name") };

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Network> {
    let form = Form::new(cx, node, &NETWORK);
    let name = form.arg().and_then(|name| value::name(cx, name));
    let vpc = form.child("vpc");
    let outside = node.children.iter().find(|child| matches!(child.name.value.as_str(), "cidr" | "via"));
    let place = match (vpc, outside) {
        (Some(vpc), Some(outside)) => {
            cx.report(
                Diagnostic::error(codes::EITHER_OR, "a network is a VPC or one outside AWS, not both")
                    .at(outside.head, "only for networks outside AWS")
                    .at(vpc.head, "only for VPCs")
                    .help("the ranges of a VPC are looked up: take `cidr` and `via` out"),
            );
            None
        }
        (Some(vpc), None) => decode_vpc(&form, vpc),
        (None, Some(_)) => decode_outside(&form),
        (None, None) if node.torn => None,
        (None, None) => {
            cx.report(
                Diagnostic::error(codes::NETWORK_INCOMPLETE, "the network does not say where it is")
                    .at(node.head, "neither `vpc` nor `cidr`")
                    .help("add vpc name=\"…\" for a VPC, or cidr \"172.31.0.0/16\" for a network outside AWS"),
            );
            None
        }
    };
    Some(Network { name: name?, place: place? })
}

fn decode_vpc(form: &Form, vpc: &Node) -> Option<Place> {
    let cx = form.cx;
    let account = form.needed_reference("account", Kind::Account);
    let selector = selectors(&Form::new(cx, vpc, &VPC), codes::VPC_ID, "vpc-").map(|list| list.into_iter().next());
    let subnets = form.child("subnets").map(|subnets| {
        let selectors = selectors(&Form::new(cx, subnets, &SUBNETS), codes::SUBNET_ID, "subnet-")?;
        report_repeated(cx, &selectors);
        Some(Subnets { selectors, span: subnets.span })
    });
    let subnets = match subnets {
        Some(None) => return None,
        Some(subnets) => subnets,
        None => None,
    };
    Some(Place::Vpc { account: account?, vpc: selector??, subnets })
}

fn report_repeated(cx: &Context, selectors: &[Spanned<Selector>]) {
    let mut sorted: Vec<&Spanned<Selector>> = selectors.iter().collect();
    sorted.sort_by_key(|selector| match &selector.value {
        Selector::Id(id) => (id.clone(), selector.span),
        _ => (String::new(), selector.span),
    });
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.value == second.value
        {
            cx.report(
                Diagnostic::error(codes::DUPLICATE_VALUE, "a subnet is named twice")
                    .at(second.span, "again here")
                    .at(first.span, "first here")
                    .help("keep one of them"),
            );
        }
    }
}

/// Ids as arguments, or one name or tag.
fn selectors(form: &Form, code: crate::codes::Code, prefix: &str) -> Option<Vec<Spanned<Selector>>> {
    let cx = form.cx;
    let noun = &form.node.name.value;
    let ways = [!form.node.args.is_empty(), form.value("name").is_some(), form.value("tag").is_some()];
    if ways.iter().filter(|way| **way).count() != 1 {
        let message = format!("`{noun}` is found by id, by name or by tag: by exactly one of them");
        cx.report(
            Diagnostic::error(codes::EITHER_OR, message)
                .at(form.node.head, "not exactly one")
                .help(format!("write {noun} \"{prefix}…\", {noun} name=\"…\" or {noun} tag=\"key=value\"")),
        );
        return None;
    }
    if let Some(name) = form.text("name") {
        return Some(vec![Spanned { value: Selector::Name(name.value), span: name.span }]);
    }
    if let Some(tag) = form.text("tag") {
        return value::tag_selector(cx, tag).map(|selector| vec![selector]);
    }
    let written = form.node.args.len();
    let ids = form.args().into_iter().filter_map(|id| value::resource_id(cx, code, prefix, id));
    let ids: Vec<Spanned<Selector>> = ids.map(|id| Spanned { value: Selector::Id(id.value), span: id.span }).collect();
    (ids.len() == written && written > 0).then_some(ids)
}

fn decode_outside(form: &Form) -> Option<Place> {
    let cx = form.cx;
    if let Some(account) = form.value("account") {
        cx.report(
            Diagnostic::error(codes::NETWORK_OUTSIDE_ACCOUNT, "a network outside AWS belongs to no account")
                .at(account.span, "not for networks with `cidr`")
                .help("take `account` out, or give a VPC with `vpc`"),
        );
    }
    if let Some(subnets) = form.child("subnets") {
        cx.report(
            Diagnostic::error(codes::EITHER_OR, "a network outside AWS has no subnets")
                .at(subnets.head, "only for VPCs")
                .help("take `subnets` out"),
        );
    }
    let mut written = 0;
    let mut cidrs = Vec::new();
    for child in form.children("cidr") {
        let texts = Form::new(cx, child, &Shape::list("an address range")).args();
        written += texts.len();
        cidrs.extend(texts.iter().filter_map(|text| value::cidr(cx, text)));
    }
    for diagnostic in value::overlapping(&cidrs) {
        cx.report(diagnostic);
    }
    let via: Vec<Via> = form.children("via").filter_map(|child| decode_via(cx, child)).collect();
    if form.children("cidr").next().is_none() {
        form.needed_child("cidr", "cidr \"172.31.0.0/16\"");
        return None;
    }
    (written == cidrs.len() && !cidrs.is_empty()).then_some(Place::Outside { cidrs, via })
}

fn decode_via(cx: &Context, node: &Node) -> Option<Via> {
    let form = Form::new(cx, node, &VIA);
    let network = form.arg().map(|name| cx.resolve(Kind::Network, name));
    let gateway = form.text("transit-gateway");
    let transit_gateway = gateway.and_then(|id| value::resource_id(cx, codes::TRANSIT_GATEWAY_ID, "tgw-", id));
    let manage_routes = form.flag("manage-routes");
    Some(Via { network: network?, transit_gateway, manage_routes })
}
