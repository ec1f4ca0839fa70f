//! Reads one node's arguments, properties and children by type, and reports whatever does not fit.
//!
//! Owns: the messages about shape (unknown, missing, repeated, of the wrong type). Refuses to know: the language's nodes;
//! each file of `decode` hands in its node's [`Shape`]. Read next: `decode`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Ref, Spanned};
use crate::names::{Kind, Names, Unknown};
use crate::node::{Node, Value};
use crate::policy::Policies;
use crate::source::Span;
use crate::suggest;

/// What decoding a node may look at, and where it reports to.
pub(crate) struct Context<'a> {
    pub(crate) names: &'a Names,
    /// The project's region, for accounts without one.
    pub(crate) region: Option<&'a Spanned<String>>,
    /// Whether the project may give a region that could not be read.
    pub(crate) region_hidden: bool,
    pub(crate) policies: &'a Policies,
    /// The folder of the file the node stands in.
    pub(crate) folder: &'a Path,
    pub(crate) out: RefCell<Vec<Diagnostic>>,
    /// Names that no node has: reported once all are known, see [`Names::explain_unknown`].
    pub(crate) unknown: RefCell<Vec<Unknown>>,
}

impl Context<'_> {
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        self.out.borrow_mut().push(diagnostic);
    }

    /// Checks that a name is one of the spec's.
    pub(crate) fn resolve(&self, kind: Kind, name: Spanned<String>) -> Ref {
        if self.names.is_unknown(kind, &name.value) {
            self.unknown.borrow_mut().push(Unknown { kind, name: name.clone() });
        }
        name
    }
}

/// Nodes that may have come under a wrong parent when a brace is missing.
const ALL_CHILDREN: &[&str] = &[
    "address",
    "alarm",
    "allow",
    "allow-from",
    "auth",
    "cache",
    "cidr",
    "compression",
    "cors",
    "domain",
    "dns",
    "entry",
    "host",
    "log",
    "methods",
    "port",
    "route",
    "share",
    "stage",
    "subnets",
    "throttle",
    "timeout",
    "to",
    "via",
    "vpc",
];

/// What a node may hold.
pub(crate) struct Shape {
    /// Fewest and most arguments.
    pub(crate) args: (usize, usize),
    /// What an argument is, for messages: `a name`.
    pub(crate) arg: &'static str,
    pub(crate) props: &'static [&'static str],
    /// Whether any property may stand, as with tags.
    pub(crate) any_props: bool,
    /// Children that may stand once.
    pub(crate) one: &'static [&'static str],
    /// Children that may stand any number of times.
    pub(crate) many: &'static [&'static str],
}

impl Shape {
    /// A node with nothing in it.
    pub(crate) const NONE: Shape = Shape { args: (0, 0), arg: "", props: &[], any_props: false, one: &[], many: &[] };
    /// A node with exactly one argument.
    pub(crate) const fn one(arg: &'static str) -> Shape {
        Shape { args: (1, 1), arg, ..Shape::NONE }
    }
    /// A node with one or more arguments.
    pub(crate) const fn list(arg: &'static str) -> Shape {
        Shape { args: (1, usize::MAX), arg, ..Shape::NONE }
    }
}

/// A node that is being read.
pub(crate) struct Form<'n, 'c> {
    pub(crate) node: &'n Node,
    pub(crate) cx: &'c Context<'c>,
}

impl<'n, 'c> Form<'n, 'c> {
    /// Starts to read a node: reports all that its shape has no place for.
    pub(crate) fn new(cx: &'c Context<'c>, node: &'n Node, shape: &Shape) -> Self {
        let form = Form { node, cx };
        if let Some(span) = node.annotation {
            cx.report(
                Diagnostic::error(codes::TYPE_ANNOTATION, "type annotations are not used in specs")
                    .at(span, "take this out")
                    .help("write the name or value alone: port 80"),
            );
        }
        form.check_args(shape);
        form.check_props(shape);
        form.check_children(shape);
        form
    }

    fn noun(&self) -> &'n str {
        &self.node.name.value
    }

    fn check_args(&self, shape: &Shape) {
        let (least, most) = shape.args;
        let noun = self.noun();
        if self.node.args.len() < least {
            self.cx.report(
                Diagnostic::error(codes::MISSING_ARGUMENT, format!("`{noun}` needs {}", shape.arg))
                    .at(self.node.name.span, "nothing follows it")
                    .help(format!("write {noun} {}", if shape.arg == "a number" { "443" } else { "\"…\"" })),
            );
        }
        if let Some(extra) = self.node.args.get(most) {
            let takes = match most {
                0 => String::from("no argument"),
                _ => format!("{} and no other argument", shape.arg),
            };
            self.cx.report(
                Diagnostic::error(codes::UNEXPECTED_ARGUMENT, format!("`{noun}` takes {takes}"))
                    .at(extra.span, "one too many")
                    .help(self.as_property(&extra.value, shape).unwrap_or_else(|| String::from("take it out"))),
            );
        }
    }

    fn as_property(&self, value: &Value, shape: &Shape) -> Option<String> {
        let Value::Text(text) = value else { return None };
        match shape.props {
            [] => None,
            [only] => Some(format!("write {only}=\"{text}\" if that is meant")),
            several => Some(format!("its properties are {}", suggest::list(several.iter().copied()))),
        }
    }

    fn check_props(&self, shape: &Shape) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for prop in &self.node.props {
            let name = prop.name.value.as_str();
            if !shape.any_props && !shape.props.contains(&name) {
                let message = format!("`{}` has no property `{name}`", self.noun());
                let help = if shape.one.contains(&name) || shape.many.contains(&name) {
                    Some(format!("`{name}` is a node of its own: write it inside the braces"))
                } else {
                    suggest::help(name, shape.props.iter().copied(), "properties")
                };
                let help = help.unwrap_or_else(|| format!("`{}` takes no properties", self.noun()));
                self.cx.report(
                    Diagnostic::error(codes::UNKNOWN_PROPERTY, message)
                        .at(prop.name.span, "unknown property")
                        .help(help),
                );
            } else if let Some(first) = seen.get(name) {
                self.cx.report(
                    Diagnostic::error(codes::DUPLICATE_PROPERTY, format!("`{name}` is given twice"))
                        .at(prop.name.span, "given again here")
                        .at(*first, "given first here")
                        .help("keep one of them"),
                );
            } else {
                seen.insert(name, prop.name.span);
            }
        }
    }

    fn check_children(&self, shape: &Shape) {
        let mut seen: Vec<&Node> = Vec::new();
        for child in &self.node.children {
            let name = child.name.value.as_str();
            if shape.many.contains(&name) {
                continue;
            }
            if !shape.one.contains(&name) {
                let elsewhere = self.node.torn && ALL_CHILDREN.contains(&name);
                if !elsewhere {
                    self.cx.report(self.unknown_child(name, child.name.span, shape));
                }
            } else if let Some(first) = seen.iter().find(|other| other.name.value == name) {
                self.cx.report(
                    Diagnostic::error(codes::DUPLICATE_CHILD, format!("`{}` may hold only one `{name}`", self.noun()))
                        .at(child.name.span, "given again here")
                        .at(first.name.span, "given first here")
                        .help("keep one of them"),
                );
            } else {
                seen.push(child);
            }
        }
    }

    fn unknown_child(&self, name: &str, span: Span, shape: &Shape) -> Diagnostic {
        let message = format!("`{name}` has no place inside `{}`", self.noun());
        let known = shape.one.iter().chain(shape.many).copied();
        let help = if shape.props.contains(&name) {
            Some(format!("`{name}` is a property: write it as {name}=… after `{}`", self.noun()))
        } else {
            suggest::help(name, known, "nodes here")
        };
        let help = help.or_else(|| Some(format!("`{}` takes no block", self.noun())));
        Diagnostic::error(codes::UNKNOWN_CHILD, message).at(span, "unknown node").help_if(help)
    }

    /// The first argument, as text.
    pub(crate) fn arg(&self) -> Option<Spanned<String>> {
        self.node.args.first().and_then(|arg| self.as_text(self.noun(), arg))
    }

    /// Every argument, as text.
    pub(crate) fn args(&self) -> Vec<Spanned<String>> {
        self.node.args.iter().filter_map(|arg| self.as_text(self.noun(), arg)).collect()
    }

    /// A property's value.
    pub(crate) fn value(&self, name: &str) -> Option<&'n Spanned<Value>> {
        self.node.props.iter().find(|prop| prop.name.value == name).map(|prop| &prop.value)
    }

    /// A property's text.
    pub(crate) fn text(&self, name: &str) -> Option<Spanned<String>> {
        self.value(name).and_then(|value| self.as_text(name, value))
    }

    /// A property's text, which must be there.
    pub(crate) fn needed_text(&self, name: &str) -> Option<Spanned<String>> {
        self.needed(name, "\"…\"").and_then(|value| self.as_text(name, value))
    }

    /// Reports a property that is not there.
    pub(crate) fn needed_value(&self, name: &str, example: &str) {
        self.needed(name, example);
    }

    fn needed(&self, name: &str, example: &str) -> Option<&'n Spanned<Value>> {
        let value = self.value(name);
        if value.is_none() {
            self.cx.report(
                Diagnostic::error(codes::MISSING_PROPERTY, format!("`{}` needs the property `{name}`", self.noun()))
                    .at(self.node.head, format!("no `{name}`"))
                    .help(format!("add {name}={example}")),
            );
        }
        value
    }

    /// A property's flag.
    pub(crate) fn flag(&self, name: &str) -> Option<Spanned<bool>> {
        let value = self.value(name)?;
        match &value.value {
            Value::Bool(flag) => Some(Spanned { value: *flag, span: value.span }),
            other => self.wrong_type(name, "#true or #false", value.span, other, Some(format!("{name}=#true"))),
        }
    }

    /// A property's whole number.
    pub(crate) fn integer(&self, name: &str) -> Option<Spanned<i128>> {
        self.value(name).and_then(|value| self.as_integer(name, value))
    }

    /// A property's number.
    pub(crate) fn number(&self, name: &str) -> Option<Spanned<f64>> {
        let value = self.value(name)?;
        match &value.value {
            Value::Integer(number) => Some(Spanned { value: *number as f64, span: value.span }),
            Value::Float(number) if number.is_finite() => Some(Spanned { value: *number, span: value.span }),
            other => self.wrong_type(name, "a number", value.span, other, None),
        }
    }

    /// The first argument, as a whole number.
    pub(crate) fn integer_arg(&self) -> Option<Spanned<i128>> {
        self.node.args.first().and_then(|arg| self.as_integer(self.noun(), arg))
    }

    fn as_integer(&self, what: &str, value: &Spanned<Value>) -> Option<Spanned<i128>> {
        match &value.value {
            Value::Integer(number) => Some(Spanned { value: *number, span: value.span }),
            other => {
                let fix = match other {
                    Value::Text(text) => text.parse::<i128>().ok().map(|number| number.to_string()),
                    _ => None,
                };
                self.wrong_type(what, "a whole number", value.span, other, fix)
            }
        }
    }

    fn as_text(&self, what: &str, value: &Spanned<Value>) -> Option<Spanned<String>> {
        match &value.value {
            Value::Text(text) => Some(Spanned { value: text.clone(), span: value.span }),
            other => {
                let fix = match other {
                    Value::Integer(number) => Some(format!("\"{number}\"")),
                    Value::Float(number) => Some(format!("\"{number}\"")),
                    _ => None,
                };
                self.wrong_type(what, "a string", value.span, other, fix)
            }
        }
    }

    fn wrong_type<T>(&self, what: &str, want: &str, span: Span, found: &Value, fix: Option<String>) -> Option<T> {
        self.cx.report(
            Diagnostic::error(codes::WRONG_TYPE, format!("`{what}` takes {want}, not {}", found.describe()))
                .at(span, format!("not {want}"))
                .help(match fix {
                    Some(fix) => format!("write {fix}"),
                    None => format!("write {want}{}", if want == "a string" { ", in quotes: \"…\"" } else { "" }),
                }),
        );
        None
    }

    /// The one child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&'n Node> {
        self.node.children.iter().find(|child| child.name.value == name)
    }

    /// The children of that name.
    pub(crate) fn children(&self, name: &'static str) -> impl Iterator<Item = &'n Node> + use<'n> {
        self.node.children.iter().filter(move |child| child.name.value == name)
    }

    /// The one child of that name, which must be there.
    pub(crate) fn needed_child(&self, name: &str, example: &str) -> Option<&'n Node> {
        let child = self.child(name);
        if child.is_none() && !self.node.torn {
            self.cx.report(
                Diagnostic::error(codes::MISSING_CHILD, format!("`{}` needs a `{name}` inside", self.noun()))
                    .at(self.node.head, format!("no `{name}`"))
                    .help(format!("add {example}")),
            );
        }
        child
    }

    /// Every property as text, for nodes that take any.
    pub(crate) fn all_texts(&self) -> Vec<(Spanned<String>, Spanned<String>)> {
        let props = self.node.props.iter();
        props.filter_map(|prop| Some((prop.name.clone(), self.as_text(&prop.name.value, &prop.value)?))).collect()
    }

    /// A child that holds a single text: `region "us-east-1"`.
    pub(crate) fn child_text(&self, name: &str, arg: &'static str) -> Option<Spanned<String>> {
        let child = self.child(name)?;
        Form::new(self.cx, child, &Shape::one(arg)).arg()
    }

    /// A reference in a property: `network="hub"`.
    pub(crate) fn reference(&self, name: &str, kind: Kind) -> Option<Ref> {
        self.text(name).map(|text| self.cx.resolve(kind, text))
    }

    /// A reference in a property that must be there.
    pub(crate) fn needed_reference(&self, name: &str, kind: Kind) -> Option<Ref> {
        self.needed_text(name).map(|text| self.cx.resolve(kind, text))
    }
}
