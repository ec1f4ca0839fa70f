//! The tree that decoding reads: nodes, arguments and properties, each with its place.
//!
//! Owns: the step from the `kdl` crate's tree to ours, which keeps value spans (the crate has none) and drops layout, so
//! that a large spec's formatting is not held in memory. Refuses to know: which nodes exist. Read next: `read`.

use kdl::{KdlEntry, KdlNode, KdlValue};
use miette::SourceSpan;

use crate::document::Spanned;
use crate::source::{FileId, Span};

/// A node of the text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) name: Spanned<String>,
    pub(crate) annotation: Option<Span>,
    pub(crate) args: Vec<Spanned<Value>>,
    pub(crate) props: Vec<Prop>,
    pub(crate) children: Vec<Node>,
    /// From its name to the end of its block.
    pub(crate) span: Span,
    /// Its first line: name, arguments and properties.
    pub(crate) head: Span,
    /// Whether part of its block could not be read: then nothing in it can be called missing.
    pub(crate) torn: bool,
}

/// `name=value`.
#[derive(Debug, Clone)]
pub(crate) struct Prop {
    pub(crate) name: Spanned<String>,
    pub(crate) value: Spanned<Value>,
}

/// A value as KDL has them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i128),
    Float(f64),
    Bool(bool),
    Null,
}

impl Value {
    /// What it is, for messages: `the number 5`.
    pub(crate) fn describe(&self) -> String {
        match self {
            Value::Text(text) => format!("the string \"{text}\""),
            Value::Integer(number) => format!("the number {number}"),
            Value::Float(number) => format!("the number {number}"),
            Value::Bool(flag) => format!("#{flag}"),
            Value::Null => String::from("#null"),
        }
    }
}

/// A file's part of the text: which file, and where in it the parsed piece began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base {
    pub(crate) file: FileId,
    pub(crate) offset: usize,
}

impl Base {
    pub(crate) fn span(self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: (self.offset + start) as u32, end: (self.offset + end) as u32 }
    }

    fn of(self, span: SourceSpan) -> Span {
        self.span(span.offset(), span.offset() + span.len())
    }
}

/// Takes over one node of the `kdl` crate, parsed from `piece`.
pub(crate) fn take(node: &KdlNode, piece: &str, base: Base) -> Node {
    let name = spanned_name(node.name(), base);
    let mut head = name.span;
    let mut args = Vec::new();
    let mut props = Vec::new();
    let mut annotation = node.ty().map(|ty| base.of(ty.span()));
    for entry in node.entries() {
        let span = base.of(entry.span());
        head.end = head.end.max(span.end);
        annotation = annotation.or_else(|| entry.ty().map(|ty| base.of(ty.span())));
        let value = Spanned { value: take_value(entry.value()), span: value_span(entry, span) };
        match entry.name() {
            Some(name) => props.push(Prop { name: spanned_name(name, base), value }),
            None => args.push(value),
        }
    }
    let children = node.children().map(|block| block.nodes().iter().map(|child| take(child, piece, base)).collect());
    // The crate counts blanks after a node as its own.
    let (start, end) = (node.span().offset(), node.span().offset() + node.span().len());
    let end = piece.get(start..end).map_or(end, |text| start + text.trim_end().len());
    let span = Span { start: name.span.start, ..base.span(start, end) };
    Node { name, annotation, args, props, children: children.unwrap_or_default(), span, head, torn: false }
}

fn spanned_name(name: &kdl::KdlIdentifier, base: Base) -> Spanned<String> {
    Spanned { value: name.value().to_owned(), span: base.of(name.span()) }
}

/// The crate gives a span to a whole entry only; its value is the entry's last part.
fn value_span(entry: &KdlEntry, span: Span) -> Span {
    let length = entry.format().map_or(0, |format| format.value_repr.len()) as u32;
    if length == 0 { span } else { Span { start: span.end.saturating_sub(length).max(span.start), ..span } }
}

fn take_value(value: &KdlValue) -> Value {
    match value {
        KdlValue::String(text) => Value::Text(text.clone()),
        KdlValue::Integer(number) => Value::Integer(*number),
        KdlValue::Float(number) => Value::Float(*number),
        KdlValue::Bool(flag) => Value::Bool(*flag),
        KdlValue::Null => Value::Null,
    }
}
