//! `route "/erp" target="erp" { methods …; to …; timeout …; auth … }`.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Route, RouteAuth, Spanned};
use crate::names::Kind;
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::suggest;
use crate::value;

const ROUTE: Shape =
    Shape { props: &["target", "exact"], one: &["methods", "to", "timeout", "auth"], ..Shape::one("a path") };

/// The greedy variable a route ends with when its path alone is not meant.
pub(crate) const PROXY: &str = "{proxy+}";

/// The integration time limits API Gateway takes.
const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 50..=29_000;

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Route> {
    let form = Form::new(cx, node, &ROUTE);
    let path = form.arg().and_then(|path| route_path(cx, path));
    let target = form.needed_reference("target", Kind::Target);
    let exact = form.flag("exact").is_some_and(|flag| flag.value);
    let methods = form.child("methods").map(|child| decode_methods(cx, child)).unwrap_or_default();
    let to = form.child_text("to", "a path").and_then(|to| target_path(cx, to));
    let timeout = form.child_text("timeout", "a time");
    let timeout_ms = timeout.and_then(|text| in_limits(cx, &text));
    let auth = form.child_text("auth", "\"iam\", \"api-key\" or \"none\"").and_then(|auth| decode_auth(cx, auth));
    let path = path?;
    // `{proxy+}` written by hand is the route under a path without the path: there is nothing below it.
    let exact = exact || path.value.ends_with(PROXY);
    Some(Route { path, target: target?, exact, methods, to, timeout_ms, auth, span: node.span })
}

fn decode_methods(cx: &Context, node: &Node) -> Vec<Spanned<String>> {
    let form = Form::new(cx, node, &Shape::list("a method"));
    let mut kept: Vec<Spanned<String>> = Vec::new();
    for method in form.args().into_iter().filter_map(|method| value::method(cx, method)) {
        match kept.iter().find(|other| other.value == method.value) {
            Some(first) => cx.report(
                Diagnostic::error(codes::DUPLICATE_VALUE, format!("{} is given twice", method.value))
                    .at(method.span, "again here")
                    .at(first.span, "first here")
                    .help("keep one of them"),
            ),
            None => kept.push(method),
        }
    }
    kept
}

fn in_limits(cx: &Context, text: &Spanned<String>) -> Option<Spanned<u32>> {
    let time = value::duration_ms(cx, text)?;
    let sound = u32::try_from(time.value).ok().filter(|_| TIMEOUT_MS.contains(&time.value));
    if sound.is_none() {
        cx.report(
            Diagnostic::error(codes::ROUTE_TIMEOUT, format!("API Gateway does not wait `{}` for a target", text.value))
                .at(time.span, "out of range")
                .help("a timeout is 50 ms to 29 s: timeout \"10s\""),
        );
    }
    sound.map(|value| Spanned { value, span: time.span })
}

fn decode_auth(cx: &Context, auth: Spanned<String>) -> Option<Spanned<RouteAuth>> {
    let known = match auth.value.as_str() {
        "none" => Some(RouteAuth::None),
        "iam" => Some(RouteAuth::Iam),
        "api-key" => Some(RouteAuth::ApiKey),
        _ => None,
    };
    if known.is_none() {
        let help = suggest::help(&auth.value, ["none", "iam", "api-key"], "kinds").unwrap_or_default();
        cx.report(
            Diagnostic::error(codes::ROUTE_AUTH, format!("`{}` is no kind of authorisation", auth.value))
                .at(auth.span, "unknown kind")
                .help(help),
        );
    }
    known.map(|value| Spanned { value, span: auth.span })
}

/// A route's path as API Gateway takes it.
fn route_path(cx: &Context, path: Spanned<String>) -> Option<Spanned<String>> {
    let text = path.value.as_str();
    let problem = match path_form(text) {
        Some(problem) => Some(problem),
        None => {
            let segments: Vec<&str> = text.split('/').skip(1).filter(|segment| !segment.is_empty()).collect();
            let count = segments.len();
            segments.iter().enumerate().find_map(|(at, segment)| segment_problem(segment, at + 1 == count))
        }
    };
    if let Some(help) = problem {
        cx.report(
            Diagnostic::error(codes::ROUTE_PATH, format!("`{text}` is no path of a route"))
                .at(path.span, "not valid")
                .help(help),
        );
        return None;
    }
    let mut variables: Vec<&str> = text.split('/').filter_map(variable).collect();
    variables.sort_unstable();
    if variables.windows(2).any(|pair| pair.first() == pair.last()) {
        cx.report(
            Diagnostic::error(codes::ROUTE_PATH, format!("`{text}` has one variable twice"))
                .at(path.span, "not valid")
                .help("give each variable of a path its own name"),
        );
        return None;
    }
    Some(path)
}

/// What is wrong with the slashes of a path.
fn path_form(text: &str) -> Option<String> {
    if text.is_empty() || !text.starts_with('/') {
        return Some(format!("begin it with a slash: \"/{text}\""));
    }
    if text.contains("//") {
        return Some(String::from("a segment is empty: take the double slash out"));
    }
    if text.len() > 1 && text.ends_with('/') {
        return Some(format!("take the last slash out: \"{}\"", text.trim_end_matches('/')));
    }
    None
}

/// The name of a segment that is a variable.
pub(crate) fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
}

fn segment_problem(segment: &str, is_last: bool) -> Option<String> {
    if segment == "*" {
        return Some(String::from("a route takes everything under its path by itself: leave the * out"));
    }
    if let Some(name) = variable(segment) {
        if segment == PROXY {
            return (!is_last).then(|| format!("nothing can stand after {PROXY}"));
        }
        if name.ends_with('+') {
            return Some(format!("write {PROXY}: no other variable may take several segments"));
        }
        let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        return (!sound).then(|| String::from("a variable's name has letters, digits and . _ -"));
    }
    if segment.contains(['{', '}']) {
        return Some(String::from("a variable fills a whole segment: \"/orders/{id}\""));
    }
    let odd = segment.chars().find(|c| !(c.is_ascii_alphanumeric() || ".-_,:".contains(*c)));
    odd.map(|c| format!("API Gateway does not take {c:?} in a path: letters, digits and . _ - , : are taken"))
}

/// The prefix a route's calls get at the target.
fn target_path(cx: &Context, path: Spanned<String>) -> Option<Spanned<String>> {
    let text = path.value.as_str();
    let odd = text.chars().find(|c| !(c.is_ascii_alphanumeric() || "/.-_~,:@!$&'()*+;=%".contains(*c)));
    let problem = path_form(text).or_else(|| odd.map(|c| format!("{c:?} cannot stand in a path here")));
    match problem {
        Some(help) => {
            cx.report(
                Diagnostic::error(codes::ROUTE_TO, format!("`{text}` is no path at the target"))
                    .at(path.span, "not valid")
                    .help(help),
            );
            None
        }
        None => Some(path),
    }
}
