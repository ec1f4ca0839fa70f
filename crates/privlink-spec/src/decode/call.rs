//! Who calls: `caller "mobile-backend" …`, `workflow "nightly-sync" …`, and the calls they make.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Call, Caller, Spanned, Workflow, WorkflowAuth, WorkflowDefinition};
use crate::names::Kind;
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::suggest;
use crate::value;

const CALLER: Shape =
    Shape { props: &["account", "network"], many: &["assumable-by", "may-call"], ..Shape::one("a name") };
const WORKFLOW: Shape =
    Shape { props: &["account", "network"], one: &["call", "auth", "type", "definition"], ..Shape::one("a name") };
const CALL: Shape = Shape { props: &["api", "stage", "domain", "method", "path"], ..Shape::NONE };
const AUTH: Shape = Shape { props: &["api-key", "secret"], ..Shape::NONE };

pub(super) fn caller(cx: &Context, node: &Node) -> Option<Caller> {
    let form = Form::new(cx, node, &CALLER);
    let name = form.arg().and_then(|name| value::name(cx, name));
    let account = form.needed_reference("account", Kind::Account);
    let network = form.reference("network", Kind::Network);
    let mut assumable_by = Vec::new();
    for child in form.children("assumable-by") {
        let arns = Form::new(cx, child, &Shape::list("an ARN")).args();
        assumable_by.extend(arns.into_iter().filter_map(|arn| value::arn(cx, &["iam", "sts"], arn)));
    }
    let may_call = form.children("may-call").filter_map(|child| call(cx, child)).collect();
    Some(Caller { name: name?, account: account?, network, assumable_by, may_call, span: node.span })
}

pub(super) fn workflow(cx: &Context, node: &Node) -> Option<Workflow> {
    let form = Form::new(cx, node, &WORKFLOW);
    let name = form.arg().and_then(|name| value::name(cx, name));
    let account = form.needed_reference("account", Kind::Account);
    let network = form.needed_reference("network", Kind::Network);
    let calls = form.child("call").and_then(|child| call(cx, child));
    let auth = form.child("auth").and_then(|child| {
        let form = Form::new(cx, child, &AUTH);
        let api_key = form.needed_text("api-key");
        let secret = form.needed_text("secret").and_then(|arn| value::arn(cx, &["secretsmanager"], arn));
        let auth = WorkflowAuth { api_key: api_key?.value, secret: secret?.value };
        Some(Spanned { value: auth, span: child.span })
    });
    let definition = definition(&form);
    Some(Workflow { name: name?, account: account?, network: network?, call: calls, auth, definition, span: node.span })
}

fn definition(form: &Form) -> Option<Spanned<WorkflowDefinition>> {
    let cx = form.cx;
    match (form.child("type"), form.child("definition")) {
        (Some(kind), Some(file)) => {
            cx.report(
                Diagnostic::error(codes::EITHER_OR, "a workflow has a type or a definition, not both")
                    .at(file.span, "a definition")
                    .at(kind.span, "and a type")
                    .help("a definition says by itself what runs: take `type` out"),
            );
            None
        }
        (Some(_), None) => {
            let kind = form.child_text("type", "\"standard\" or \"express\"")?;
            let value = match kind.value.as_str() {
                "standard" => WorkflowDefinition::Standard,
                "express" => WorkflowDefinition::Express,
                other => {
                    let help = suggest::help(other, ["standard", "express"], "types").unwrap_or_default();
                    cx.report(
                        Diagnostic::error(codes::WORKFLOW_TYPE, format!("`{other}` is no type of workflow"))
                            .at(kind.span, "unknown type")
                            .help(help),
                    );
                    return None;
                }
            };
            Some(Spanned { value, span: kind.span })
        }
        (None, Some(_)) => {
            let file = form.child_text("definition", "a file")?;
            Some(Spanned { value: WorkflowDefinition::File(file.value), span: file.span })
        }
        (None, None) => None,
    }
}

fn call(cx: &Context, node: &Node) -> Option<Call> {
    let form = Form::new(cx, node, &CALL);
    let api = form.needed_reference("api", Kind::Api);
    let (method, path) = method_and_path(&form);
    Some(Call { api: api?, stage: form.text("stage"), domain: form.text("domain"), method, path, span: node.span })
}

/// The properties `method` and `path`, wherever calls are named.
pub(super) fn method_and_path(form: &Form) -> (Option<Spanned<String>>, Option<Spanned<String>>) {
    let method = form.text("method").and_then(|method| value::method(form.cx, method));
    let path = form.text("path").and_then(|path| pattern(form.cx, path));
    (method, path)
}

/// A path in which `*` stands for anything.
fn pattern(cx: &Context, path: Spanned<String>) -> Option<Spanned<String>> {
    let text = path.value.as_str();
    let odd = text.chars().find(|c| !(c.is_ascii_alphanumeric() || "/.-_~,:@!$&'()*+;=%".contains(*c)));
    let sound = text.starts_with('/') && !text.contains("//") && odd.is_none();
    value::keep(cx, codes::CALL_PATH, path, sound, |text| {
        let help = match odd {
            _ if !text.starts_with('/') => format!("begin it with a slash: \"/{text}\""),
            Some(c) => format!("{c:?} cannot stand in it; for a variable write *"),
            None => String::from("a segment is empty: take the double slash out"),
        };
        (format!("`{text}` is no path that can be called"), help)
    })
}
