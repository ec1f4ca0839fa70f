//! `api "shop" account="gateway" network="hub" { entry …; route …; allow …; stage … }`.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Allow, Api, Cors, Entry, OpenApi, Party, PolicyFile, Spanned};
use crate::names::Kind;
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::value;

use super::{call, domain, route, stage};

const API: Shape = Shape {
    props: &["account", "network"],
    one: &["cors", "policy"],
    many: &["entry", "route", "openapi", "allow", "stage", "domain"],
    ..Shape::one("a name")
};
const ENTRY: Shape = Shape { props: &["network", "private-dns"], many: &["allow-from"], ..Shape::NONE };
const OPENAPI: Shape = Shape { props: &["target"], ..Shape::one("a file") };
const CORS: Shape = Shape { args: (0, usize::MAX), arg: "origins", props: &["origins"], ..Shape::NONE };
const ALLOW: Shape = Shape { props: &["network", "account", "caller", "workflow", "method", "path"], ..Shape::NONE };

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Api> {
    let form = Form::new(cx, node, &API);
    let name = form.arg().and_then(|name| value::name(cx, name));
    let account = form.needed_reference("account", Kind::Account);
    let network = form.needed_reference("network", Kind::Network);
    let entries = form.children("entry").filter_map(|child| decode_entry(cx, child)).collect();
    let routes = form.children("route").filter_map(|child| route::decode(cx, child)).collect();
    let openapi = form.children("openapi").filter_map(|child| decode_openapi(cx, child)).collect();
    let cors = form.child("cors").and_then(|child| decode_cors(cx, child));
    let allows = form.children("allow").filter_map(|child| decode_allow(cx, child)).collect();
    let policy = form.child("policy").and_then(|child| decode_policy(cx, child));
    let stages = form.children("stage").filter_map(|child| stage::decode(cx, child)).collect();
    let domains = form.children("domain").filter_map(|child| domain::decode(cx, child)).collect();
    report_missing(&form);
    Some(Api {
        name: name?,
        account: account?,
        network: network?,
        entries,
        routes,
        openapi,
        cors,
        allows,
        policy,
        stages,
        domains,
        span: node.span,
    })
}

/// Looks at the nodes as written: an entry with a mistake in it is not a missing one.
fn report_missing(form: &Form) {
    if form.node.torn {
        return;
    }
    let has = |noun| form.children(noun).next().is_some();
    let missing = [
        (!has("entry"), codes::API_NO_ENTRY, "the API has no entry: nothing could call it", "entry network=\"…\""),
        (
            !has("route") && !has("openapi"),
            codes::API_NO_ROUTE,
            "the API has no route: AWS does not deploy such an API",
            "route \"/\" target=\"…\"",
        ),
        (!has("stage"), codes::API_NO_STAGE, "the API has no stage: it would not be deployed", "stage \"prod\""),
    ];
    for (_, code, message, fix) in missing.into_iter().filter(|(missing, ..)| *missing) {
        form.cx.report(
            Diagnostic::error(code, message).at(form.node.head, "in this API").help(format!("add {fix} inside it")),
        );
    }
    if !has("policy") && !has("allow") {
        form.cx.report(
            Diagnostic::warning(codes::API_NOBODY, "nobody may call the API")
                .at(form.node.head, "no `allow` in it")
                .help("add allow network=\"…\" for each network whose clients may call"),
        );
    }
}

fn decode_entry(cx: &Context, node: &Node) -> Option<Entry> {
    let form = Form::new(cx, node, &ENTRY);
    let network = form.needed_reference("network", Kind::Network);
    let private_dns = form.flag("private-dns").is_none_or(|flag| flag.value);
    let mut allow_from = Vec::new();
    for child in form.children("allow-from") {
        let texts = Form::new(cx, child, &Shape::list("an address range")).args();
        allow_from.extend(texts.iter().filter_map(|text| value::cidr(cx, text)));
    }
    for diagnostic in value::overlapping(&allow_from) {
        cx.report(diagnostic);
    }
    Some(Entry { network: network?, private_dns, allow_from, span: node.span })
}

fn decode_openapi(cx: &Context, node: &Node) -> Option<OpenApi> {
    let form = Form::new(cx, node, &OPENAPI);
    let target = form.needed_reference("target", Kind::Target);
    Some(OpenApi { file: form.arg()?, target: target?, span: node.span })
}

fn decode_cors(cx: &Context, node: &Node) -> Option<Cors> {
    let form = Form::new(cx, node, &CORS);
    let mut written = form.args();
    written.extend(form.text("origins"));
    let mut origins = Vec::new();
    for text in &written {
        for origin in text.value.split(',').map(str::trim) {
            origins.push(Spanned { value: origin.to_owned(), span: text.span });
        }
    }
    if origins.is_empty() && form.node.args.is_empty() && form.value("origins").is_none() {
        form.needed_text("origins");
        return None;
    }
    let several = origins.len() > 1;
    for origin in &origins {
        let problem = if origin.value == "*" {
            several.then(|| String::from("`*` already lets every origin in: write it alone"))
        } else if is_origin(&origin.value) {
            None
        } else {
            Some(String::from("an origin is a scheme, a host and maybe a port: \"https://shop.example\""))
        };
        if let Some(help) = problem {
            cx.report(
                Diagnostic::error(codes::CORS_ORIGIN, format!("`{}` is no origin here", origin.value))
                    .at(origin.span, "not valid")
                    .help(help),
            );
            return None;
        }
    }
    (!origins.is_empty()).then_some(Cors { origins, span: node.span })
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    matches!(scheme, "http" | "https")
        && !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn decode_allow(cx: &Context, node: &Node) -> Option<Allow> {
    let form = Form::new(cx, node, &ALLOW);
    let who = party(&form)?;
    let (method, path) = call::method_and_path(&form);
    Some(Allow { who, method, path, span: node.span })
}

/// Exactly one of `network`, `account`, `caller` and `workflow`.
pub(super) fn party(form: &Form) -> Option<Party> {
    let kinds = [Kind::Network, Kind::Account, Kind::Caller, Kind::Workflow];
    let mut found = kinds.into_iter().filter(|kind| form.value(kind.noun()).is_some());
    let kind = found.next();
    if let (Some(kind), None) = (kind, found.next()) {
        let name = form.reference(kind.noun(), kind)?;
        return Some(match kind {
            Kind::Network => Party::Network(name),
            Kind::Account => Party::Account(name),
            Kind::Caller => Party::Caller(name),
            _ => Party::Workflow(name),
        });
    }
    let noun = &form.node.name.value;
    form.cx.report(
        Diagnostic::error(
            codes::EITHER_OR,
            format!("`{noun}` names one who calls: a network, account, caller or workflow"),
        )
        .at(form.node.head, "not exactly one")
        .help(format!("write {noun} network=\"…\" and so on, one node for each")),
    );
    None
}

fn decode_policy(cx: &Context, node: &Node) -> Option<PolicyFile> {
    let file = Form::new(cx, node, &Shape::one("a file")).arg()?;
    match cx.policies.get(cx.folder, file) {
        Ok(policy) => Some(policy),
        Err(problem) => {
            cx.report(problem);
            None
        }
    }
}
