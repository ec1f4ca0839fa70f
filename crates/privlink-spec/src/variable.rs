//! Variables: `variable "env" default="test"`, `--var env=prod`, and `"${env}"` inside strings.
//!
//! Owns: their values and the replacing. Refuses to know: anything else; a spec stays data, so there are no loops,
//! conditions or expressions.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::Spanned;
use crate::node::{Node, Value};
use crate::source::{Sources, Span};
use crate::suggest::{self, Budget};

/// The variables of a spec.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    /// Values from the command line.
    given: BTreeMap<String, String>,
    /// Declared ones: default, and where.
    declared: BTreeMap<String, (Option<String>, Span)>,
    budget: Cell<Budget>,
}

impl Variables {
    pub(crate) fn new(given: BTreeMap<String, String>) -> Self {
        Variables { given, ..Variables::default() }
    }

    /// Takes a `variable` node.
    pub(crate) fn declare(&mut self, node: &Node, out: &mut Vec<Diagnostic>) {
        for prop in node.props.iter().filter(|prop| prop.name.value != "default") {
            out.push(
                Diagnostic::error(codes::UNKNOWN_PROPERTY, format!("`variable` has no property `{}`", prop.name.value))
                    .at(prop.name.span, "unknown property")
                    .help("its only property is `default`"),
            );
        }
        if let Some(child) = node.children.first() {
            out.push(
                Diagnostic::error(codes::UNKNOWN_CHILD, "`variable` takes no block")
                    .at(child.name.span, "unknown node")
                    .help("take the block out"),
            );
        }
        let Some(Spanned { value: Value::Text(name), span }) = node.args.first() else {
            out.push(
                Diagnostic::error(codes::MISSING_ARGUMENT, "`variable` needs a name")
                    .at(node.head, "no name")
                    .help("write variable \"env\" default=\"test\""),
            );
            return;
        };
        if !name.chars().all(is_name_char) || name.is_empty() {
            out.push(
                Diagnostic::error(codes::BAD_NAME, format!("`{name}` cannot be a name"))
                    .at(*span, "not valid")
                    .help("names are letters, digits, - and _"),
            );
            return;
        }
        let default = node.props.iter().find(|prop| prop.name.value == "default").map(|prop| &prop.value);
        let default = match default {
            Some(Spanned { value: Value::Text(text), .. }) => Some(text.clone()),
            Some(other) => {
                let message = format!("`default` takes a string, not {}", other.value.describe());
                out.push(
                    Diagnostic::error(codes::WRONG_TYPE, message)
                        .at(other.span, "not a string")
                        .help("put it in quotes: default=\"…\""),
                );
                Some(String::new())
            }
            None => None,
        };
        if let Some((_, first)) = self.declared.get(name) {
            out.push(
                Diagnostic::error(codes::DUPLICATE_NAME, format!("two nodes are named variable `{name}`"))
                    .at(*span, "named again here")
                    .at(*first, "named first here")
                    .help("keep one of them"),
            );
            return;
        }
        self.declared.insert(name.clone(), (default, *span));
    }

    /// Reports what was given on the command line and is no variable of the spec, and declared ones without a value.
    pub(crate) fn check(&self, out: &mut Vec<Diagnostic>) {
        for name in self.given.keys().filter(|name| !self.declared.contains_key(*name)) {
            let help = self.help(name);
            out.push(
                Diagnostic::error(codes::VARIABLE_UNKNOWN, format!("the spec has no variable `{name}`"))
                    .help_if(help.or_else(|| Some(format!("declare it in the spec: variable \"{name}\"")))),
            );
        }
        for (name, (default, span)) in &self.declared {
            if default.is_none() && !self.given.contains_key(name) {
                out.push(
                    Diagnostic::error(codes::VARIABLE_UNSET, format!("the variable `{name}` has no value"))
                        .at(*span, "neither given nor with a default")
                        .help(format!("run with --var {name}=…, or give it a default here")),
                );
            }
        }
    }

    /// Replaces `${name}` in every string of a node.
    pub(crate) fn expand(&self, node: &mut Node, sources: &Sources, out: &mut Vec<Diagnostic>) {
        let args = node.args.iter_mut();
        for value in args.chain(node.props.iter_mut().map(|prop| &mut prop.value)) {
            if let Value::Text(text) = &value.value
                && text.contains("${")
            {
                let expanded = self.replace(text, value.span, sources, out);
                value.value = Value::Text(expanded);
            }
        }
        for child in &mut node.children {
            self.expand(child, sources, out);
        }
    }

    fn replace(&self, text: &str, span: Span, sources: &Sources, out: &mut Vec<Diagnostic>) -> String {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, after) = rest.split_at(at);
            if let Some(escaped) = before.strip_suffix('$') {
                result.push_str(escaped);
                result.push_str("${");
                rest = after.get(2..).unwrap_or("");
                continue;
            }
            result.push_str(before);
            let inner = after.get(2..).unwrap_or("");
            let Some((name, tail)) = inner.split_once('}') else {
                out.push(
                    Diagnostic::error(codes::VARIABLE_UNCLOSED, "`${` is never closed")
                        .at(place(span, "${", sources), "begins here")
                        .help("close it with }, or write $${ for the characters themselves"),
                );
                return result;
            };
            rest = tail;
            match self.value(name) {
                Some(value) => result.push_str(value),
                None => out.push(self.undefined(name, place(span, &format!("${{{name}}}"), sources))),
            }
        }
        result.push_str(rest);
        result
    }

    /// A variable's value. One that is declared without a value counts as empty here: `check` reports it once.
    fn value(&self, name: &str) -> Option<&str> {
        let (default, _) = self.declared.get(name)?;
        Some(self.given.get(name).or(default.as_ref()).map_or("", String::as_str))
    }

    fn help(&self, name: &str) -> Option<String> {
        let mut budget = self.budget.get();
        let help = suggest::help_within(&mut budget, name, self.declared.keys().map(String::as_str), "variables");
        self.budget.set(budget);
        help
    }

    fn undefined(&self, name: &str, span: Span) -> Diagnostic {
        let help = self.help(name);
        Diagnostic::error(codes::VARIABLE_UNDEFINED, format!("there is no variable `{name}`"))
            .at(span, "undefined")
            .help_if(help.or_else(|| Some(format!("declare it: variable \"{name}\" default=\"…\""))))
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The place of a piece of text inside a value, or the whole value when escapes hide it.
fn place(span: Span, what: &str, sources: &Sources) -> Span {
    let text = sources.get(span.file).map_or("", |file| &file.text);
    let value = text.get(span.start as usize..span.end as usize).unwrap_or("");
    match value.find(what) {
        Some(at) => {
            let start = span.start + at as u32;
            Span { start, end: start + what.len() as u32, ..span }
        }
        None => span,
    }
}
