//! One change of a plan as lines of text: symbol, address, reason, attributes, undo, outage.
//!
//! Owns: how a single resource's fate is told. Refuses to know: the plan around it (see `plan_text`).

use std::collections::BTreeSet;

use privlink_model::{
    Action, AttributeChange, AttributeSchema, Attrs, Change, KindSchema, Kinds, Observed, Reason, Shape, Step, Undo,
    UndoOp, Value,
};

use super::style::Style;
use super::{document, words};

/// Where the symbol stands, and where what belongs to a change is indented to.
const INDENT: &str = "      ";

/// How a change is to be told.
#[derive(Clone, Copy)]
pub(crate) struct Telling<'a> {
    /// The kinds.
    pub(crate) kinds: &'a Kinds,
    /// Emphasis.
    pub(crate) style: Style,
    /// Only the line with the address.
    pub(crate) concise: bool,
}

/// The lines of a change; `steps` are those of its address.
pub(crate) fn lines(change: &Change, steps: &[&Step], telling: Telling<'_>) -> Vec<String> {
    let mut lines = vec![head(change, steps, telling)];
    // An outage is never folded away.
    lines.extend(outages(steps, telling.style));
    if telling.concise {
        return lines;
    }
    let schema = telling.kinds.get(change.kind);
    let mut body = Body { lines: Vec::new(), style: telling.style, schema };
    match change.action {
        Action::Create => body.given(change.after.as_ref()),
        Action::Update | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst | Action::ReplaceKeepOld => {
            let forced: &[String] = match &change.reason {
                Reason::Immutable(keys) => keys,
                _ => &[],
            };
            // A replacement of what failed has no attribute that differs: show what is made.
            if change.attributes.is_empty() {
                body.given(change.after.as_ref());
            }
            body.changed(&change.attributes, forced);
        }
        // What goes on its own account is told by what it was; a whole project that goes, or a child, by its address.
        Action::Delete if change.reason == Reason::NotInSpec => body.gone(change.before.as_ref()),
        Action::Delete | Action::Wait | Action::NoOp | Action::Unknown => {}
    }
    body.undo(change, steps);
    lines.extend(body.lines);
    lines
}

fn head(change: &Change, steps: &[&Step], telling: Telling<'_>) -> String {
    let style = telling.style;
    let symbol = format!("{:>3}", words::symbol(change.action));
    let symbol = match change.action {
        Action::Create => style.green(&symbol),
        Action::Delete | Action::ReplaceDeleteFirst | Action::ReplaceCreateFirst => style.red(&symbol),
        Action::Update | Action::ReplaceKeepOld | Action::Wait | Action::Unknown => style.yellow(&symbol),
        Action::NoOp => symbol,
    };
    let mut facts = vec![words::title(telling.kinds, change.kind).to_owned()];
    if let Some(before) = &change.before {
        facts.push(words::identity(&before.id).to_owned());
    }
    facts.push(words::reason(&change.reason));
    if change.action == Action::ReplaceKeepOld {
        facts.push("the old one stays to go back to".to_owned());
    }
    if !change.because.is_empty() && change.action != Action::NoOp {
        facts.push(format!("because {}", change.because));
    }
    if !steps.is_empty() && steps.iter().all(|step| matches!(step.undo, Undo::Exact(_))) {
        facts.push("undo exact".to_owned());
    }
    format!("{symbol} {}  {}", style.bold(change.address.as_str()), style.dim(&facts.join(" · ")))
}

fn outages(steps: &[&Step], style: Style) -> Vec<String> {
    let whys: BTreeSet<&str> = steps.iter().filter_map(|step| step.outage.as_deref()).collect();
    whys.into_iter().map(|why| style.red(&format!("{INDENT}! outage: {why}"))).collect()
}

struct Body {
    lines: Vec<String>,
    style: Style,
    schema: Option<&'static KindSchema>,
}

impl Body {
    fn attribute(&self, key: &str) -> Option<&'static AttributeSchema> {
        self.schema.and_then(|schema| schema.attribute(key))
    }

    fn line(&mut self, key: &str, width: usize, text: &str) {
        self.lines.push(format!("{INDENT}{key:<width$}  {text}"));
    }

    fn given(&mut self, attrs: Option<&Attrs>) {
        let Some(attrs) = attrs else { return };
        let width = width(attrs.iter().map(|(key, _)| key.as_str()));
        for (key, value) in attrs.iter() {
            match self.attribute(key) {
                Some(schema) if schema.secret => self.line(key, width, "(secret)"),
                Some(schema) if schema.shape == Shape::Document => {
                    self.lines.push(format!("{INDENT}{key}"));
                    for line in document::lines(value) {
                        self.lines.push(format!("{INDENT}  {}", self.style.green(&format!("+ {line}"))));
                    }
                }
                _ => self.line(key, width, &value.to_string()),
            }
        }
    }

    fn gone(&mut self, before: Option<&Observed>) {
        let Some(before) = before else { return };
        let told = |key: &str| {
            self.attribute(key)
                .is_some_and(|schema| !schema.secret && !schema.computed && schema.shape != Shape::Document)
        };
        let attrs: Vec<(String, String)> = before
            .attrs
            .iter()
            .filter(|(key, _)| told(key))
            .map(|(key, value)| (key.clone(), value.to_string()))
            .collect();
        let width = width(attrs.iter().map(|(key, _)| key.as_str()));
        for (key, value) in attrs {
            self.line(&key, width, &value);
        }
    }

    fn changed(&mut self, attributes: &[AttributeChange], forced: &[String]) {
        let width = width(attributes.iter().map(|attribute| attribute.key.as_str()));
        for attribute in attributes {
            let key = &attribute.key;
            let note = if forced.contains(key) { "  (cannot be changed in place)" } else { "" };
            // One side may spell out a default that the other leaves out: what the differ took for equal is shown as equal.
            let normal = |value: &Option<Value>| {
                let value = value.clone()?;
                Some(match self.attribute(key) {
                    Some(schema) => (schema.normalise)(value),
                    None => value,
                })
            };
            let (before, after) = (normal(&attribute.before), normal(&attribute.after));
            let (before, after) = (before.as_ref(), after.as_ref());
            match self.attribute(key) {
                Some(schema) if schema.secret => self.line(key, width, &format!("(secret) → (secret){note}")),
                Some(schema) if schema.shape == Shape::Document => {
                    self.lines.push(format!("{INDENT}{key}{note}"));
                    self.document(before, after);
                }
                Some(schema) if schema.shape == Shape::Set => match set_difference(before, after) {
                    Some(difference) => self.line(key, width, &format!("{difference}{note}")),
                    None => self.line(key, width, &format!("{} → {}{note}", shown(before), shown(after))),
                },
                _ => self.line(key, width, &format!("{} → {}{note}", shown(before), shown(after))),
            }
        }
    }

    fn document(&mut self, before: Option<&Value>, after: Option<&Value>) {
        for line in document::diff(before, after) {
            let line = match line.as_bytes().first() {
                Some(b'+') => self.style.green(&line),
                Some(b'-') => self.style.red(&line),
                _ => line,
            };
            self.lines.push(format!("{INDENT}  {line}"));
        }
        if let Some(access) = document::access(before, after) {
            let text = format!("{INDENT}  access {access}");
            let grave = access.starts_with("loosened") || access.starts_with("changed");
            self.lines.push(if grave { self.style.yellow(&text) } else { text });
        }
    }

    fn undo(&mut self, change: &Change, steps: &[&Step]) {
        let undos: BTreeSet<String> = steps
            .iter()
            .filter_map(|step| match &step.undo {
                Undo::Exact(UndoOp::Delete | UndoOp::Restore | UndoOp::Recreate | UndoOp::Nothing) => None,
                Undo::Recreate { loses } if change.action == Action::Delete => {
                    Some(format!("lost, even if undone: {loses}"))
                }
                Undo::Recreate { loses } => Some(format!("undo: made again; lost: {loses}")),
                Undo::None { why } => Some(format!("undo: none; {why}")),
            })
            .collect();
        for undo in undos {
            self.lines.push(self.style.yellow(&format!("{INDENT}{undo}")));
        }
    }
}

fn width<'a>(keys: impl Iterator<Item = &'a str>) -> usize {
    keys.map(|key| key.chars().count()).max().unwrap_or(0)
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "(none)".to_owned(), Value::to_string)
}

/// What goes and what comes, element by element; none when a side is not a set that is known.
fn set_difference(before: Option<&Value>, after: Option<&Value>) -> Option<String> {
    let elements = |value: Option<&Value>| match value {
        None => Some(BTreeSet::new()),
        Some(value @ (Value::Set(_) | Value::List(_))) => Some(value.elements().into_iter().cloned().collect()),
        Some(_) => None,
    };
    let (before, after): (BTreeSet<Value>, BTreeSet<Value>) = (elements(before)?, elements(after)?);
    let removed = before.difference(&after).map(|value| format!("- {value}"));
    let added = after.difference(&before).map(|value| format!("+ {value}"));
    let kept = before.intersection(&after).count();
    let mut parts: Vec<String> = removed.chain(added).collect();
    if kept > 0 {
        parts.push(format!("({kept} unchanged)"));
    }
    Some(parts.join("  "))
}
