//! Reads nodes of a KDL text into plain values, and collects what is wrong with them, each at its place.
//!
//! Knows KDL, and no world. **Invariant:** reading never stops at the first problem, but for text that the parser must not
//! see: read `guard.rs`.

mod guard;

use kdl::{KdlDocument, KdlEntry, KdlNode};
use std::fmt;
use std::str::FromStr;

/// Something that is wrong with a world file, or a file of faults.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorldProblem {
    /// The name of the file.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// One sentence.
    pub message: String,
}

impl fmt::Display for WorldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for WorldProblem {}

/// A text that is being read.
pub(crate) struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    /// The first byte of each line.
    lines: Vec<usize>,
    pub(crate) problems: Vec<WorldProblem>,
}

impl<'a> Reader<'a> {
    /// Begins to read a text.
    pub(crate) fn new(name: &'a str, text: &'a str) -> Reader<'a> {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Reader { name, text, lines, problems: Vec::new() }
    }

    /// Parses the text; what cannot be parsed is noted as problems.
    pub(crate) fn parse(&mut self) -> Option<KdlDocument> {
        if let Err((at, message)) = guard::check(self.text) {
            self.problem_at(at, message);
            return None;
        }
        match KdlDocument::parse_v2(self.text) {
            Ok(document) => Some(document),
            Err(error) => {
                for diagnostic in &error.diagnostics {
                    let message = diagnostic.message.as_deref().or(diagnostic.label.as_deref());
                    self.problem_at(diagnostic.span.offset(), message.unwrap_or("this is not KDL").to_owned());
                }
                if self.problems.is_empty() {
                    self.problem_at(0, "this is not KDL".to_owned());
                }
                None
            }
        }
    }

    /// Ends: gives every problem, in the order of their places, if there is one.
    pub(crate) fn done(mut self) -> Result<(), Vec<WorldProblem>> {
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems.sort();
        self.problems.dedup();
        Err(self.problems)
    }

    /// Notes a problem with a node.
    pub(crate) fn problem(&mut self, node: &KdlNode, message: impl Into<String>) {
        self.problem_at(node.span().offset(), message.into());
    }

    fn problem_at(&mut self, offset: usize, message: String) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        let column = self.text.get(start..offset).unwrap_or_default().chars().count() + 1;
        self.problems.push(WorldProblem { file: self.name.to_owned(), line, column, message });
    }

    /// Checks that a node has nothing but these properties and child nodes, and this many arguments at most.
    pub(crate) fn check(&mut self, node: &KdlNode, arguments: usize, properties: &[&str], children: &[&str]) {
        let name = node.name().value();
        let mut given = 0;
        let mut seen: Vec<&str> = Vec::new();
        for entry in node.entries() {
            let at = entry.span().offset();
            match entry.name().map(|name| name.value()) {
                None => {
                    given += 1;
                    if given > arguments {
                        self.problem_at(at, format!("'{name}' takes {}", count(arguments)));
                    }
                }
                Some(key) if !properties.contains(&key) => {
                    self.problem_at(at, format!("'{name}' has no property '{key}'{}", known(properties)));
                }
                Some(key) if seen.contains(&key) => {
                    self.problem_at(at, format!("property '{key}' is given twice"));
                }
                Some(key) => seen.push(key),
            }
        }
        for child in node.iter_children() {
            let child_name = child.name().value();
            if !children.contains(&child_name) {
                self.problem(child, format!("'{child_name}' cannot stand in '{name}'{}", known(children)));
            }
        }
    }

    /// Reads all arguments as texts.
    pub(crate) fn arguments(&mut self, node: &KdlNode) -> Vec<String> {
        let mut out = Vec::new();
        for entry in node.entries().iter().filter(|entry| entry.name().is_none()) {
            out.extend(self.string(entry));
        }
        out
    }

    /// Reads the first argument, which must be there.
    pub(crate) fn argument(&mut self, node: &KdlNode, what: &str) -> Option<String> {
        let Some(entry) = node.entries().iter().find(|entry| entry.name().is_none()) else {
            self.problem(node, format!("'{}' needs {what}", node.name().value()));
            return None;
        };
        self.string(entry)
    }

    /// Reads a property as a text.
    pub(crate) fn text(&mut self, node: &KdlNode, key: &str) -> Option<String> {
        let entry = property(node, key)?;
        self.string(entry)
    }

    /// Reads a property as a text, which must be there.
    pub(crate) fn required(&mut self, node: &KdlNode, key: &str) -> Option<String> {
        if property(node, key).is_none() {
            self.problem(node, format!("'{}' needs {key}=\"…\"", node.name().value()));
        }
        self.text(node, key)
    }

    /// Reads a property as `#true` or `#false`.
    pub(crate) fn flag(&mut self, node: &KdlNode, key: &str) -> Option<bool> {
        let entry = property(node, key)?;
        let value = entry.value().as_bool();
        if value.is_none() {
            self.problem_at(entry.span().offset(), format!("{key} must be #true or #false"));
        }
        value
    }

    /// Reads a property as a whole number, from 0.
    pub(crate) fn number(&mut self, node: &KdlNode, key: &str) -> Option<u64> {
        let entry = property(node, key)?;
        let value = entry.value().as_integer().and_then(|number| u64::try_from(number).ok());
        if value.is_none() {
            self.problem_at(entry.span().offset(), format!("{key} must be a whole number"));
        }
        value
    }

    /// Reads a property as something that a text stands for.
    pub(crate) fn parsed<T: FromStr>(&mut self, node: &KdlNode, key: &str, what: &str) -> Option<T> {
        let text = self.text(node, key)?;
        self.parse_text(node, &text, what)
    }

    /// Reads a text that stands for something.
    pub(crate) fn parse_text<T: FromStr>(&mut self, node: &KdlNode, text: &str, what: &str) -> Option<T> {
        let value = text.parse().ok();
        if value.is_none() {
            self.problem(node, format!("'{text}' is not {what}"));
        }
        value
    }

    /// Reads the first argument as a port.
    pub(crate) fn port(&mut self, node: &KdlNode) -> Option<u16> {
        let entry = node.entries().iter().find(|entry| entry.name().is_none());
        let value = entry.and_then(|entry| u16::try_from(entry.value().as_integer()?).ok()).filter(|port| *port > 0);
        if value.is_none() {
            self.problem(node, format!("'{}' needs a port from 1 to 65535", node.name().value()));
        }
        value
    }

    fn string(&mut self, entry: &KdlEntry) -> Option<String> {
        let value = entry.value().as_string().filter(|text| !text.is_empty()).map(str::to_owned);
        if value.is_none() {
            self.problem_at(entry.span().offset(), "this must be a text, and not an empty one".to_owned());
        }
        value
    }
}

/// Gives the children of a node that have this name.
pub(crate) fn children<'n>(node: &'n KdlNode, name: &'static str) -> impl Iterator<Item = &'n KdlNode> {
    node.iter_children().filter(move |child| child.name().value() == name)
}

fn property<'n>(node: &'n KdlNode, key: &str) -> Option<&'n KdlEntry> {
    node.entries().iter().find(|entry| entry.name().is_some_and(|name| name.value() == key))
}

fn count(number: usize) -> String {
    match number {
        0 => "no arguments".to_owned(),
        1 => "one argument".to_owned(),
        more => format!("{more} arguments at most"),
    }
}

fn known(names: &[&str]) -> String {
    if names.is_empty() { String::new() } else { format!("; known here: {}", names.join(", ")) }
}
