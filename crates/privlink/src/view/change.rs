//! One change of a plan as lines that say what they are: symbol, address, reason, attributes, documents, undo, outage.
//!
//! Owns: what is told of a single resource's fate, and in which words. Refuses to know: the plan around it, and what a line
//! looks like in a view (see `change_text` and `markdown`).

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, AttributeChange, AttributeSchema, Attrs, Change, Finding, KindSchema, Kinds, Observed, Plan, Reason, Shape,
    Step, Undo, UndoOp, Value,
};
use privlink_plan::{Access, Verdict, access};

use super::line::{Line, Mark, Part};
use super::{document, words};

/// How much of a change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// All of it.
    All,
    /// Of documents only the lines that differ, and of new ones how many there are.
    Lines,
    /// Its address and what must not be missed.
    Head,
}

/// What a change is, in the order it is said, with nothing in it that cannot be seen.
pub(crate) fn facts(change: &Change, steps: &[&Step], kinds: &Kinds) -> Vec<String> {
    let mut facts = vec![words::title(kinds, change.kind).to_owned()];
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
    facts.iter().map(|fact| words::visible(fact)).collect()
}

/// Why the steps of a change interrupt traffic.
pub(crate) fn outages<'a>(steps: &[&'a Step]) -> BTreeSet<&'a str> {
    steps.iter().filter_map(|step| step.outage.as_deref()).collect()
}

/// Whether more may become possible with what is there: a new object's first policy is a part of it, and one that goes with
/// its object says nothing of its own.
pub(crate) fn warns(change: &Change, access: &Access) -> bool {
    let apart = access.verdict != Verdict::New || change.before.is_some();
    access.verdict.is_grave() && apart && change.action != Action::Delete
}

/// What taking the steps of a change back does not bring back.
pub(crate) fn losses(change: &Change, steps: &[&Step]) -> BTreeSet<String> {
    let loss = |step: &&Step| match &step.undo {
        Undo::Exact(UndoOp::Delete | UndoOp::Restore | UndoOp::Recreate | UndoOp::Nothing) => None,
        Undo::Recreate { loses } if change.action == Action::Delete => Some(format!("lost, even if undone: {loses}")),
        Undo::Recreate { loses } => Some(format!("undo: made again; lost: {loses}")),
        Undo::None { why } => Some(format!("undo: none; {why}")),
    };
    steps.iter().filter_map(loss).collect()
}

/// Whether a finding says of a step what stands with its change: what is lost, or why traffic is interrupted.
pub(crate) fn is_told(plan: &Plan, finding: &Finding) -> bool {
    plan.steps.iter().filter(|step| finding.address.as_ref() == Some(&step.address)).any(|step| {
        let loses = match &step.undo {
            Undo::Recreate { loses } => Some(loses.as_str()),
            Undo::Exact(_) | Undo::None { .. } => None,
        };
        [loses, step.outage.as_deref()].into_iter().flatten().any(|told| finding.message.contains(told))
    })
}

/// The lines under a change; `steps` are those that carry it out.
pub(crate) fn lines(change: &Change, steps: &[&Step], kinds: &Kinds, detail: Detail) -> Vec<Line> {
    let schema = kinds.get(change.kind);
    let mut body = Body { lines: Vec::new(), schema, detail, access: access(change, schema).into_iter().collect() };
    // An outage is never folded away.
    outages(steps).into_iter().for_each(|why| body.push(Part::Outage, Mark::Changed, format!("outage: {why}")));
    if detail == Detail::Head {
        let keys: Vec<&str> = body.access.iter().filter(|(_, it)| warns(change, it)).map(|(key, _)| *key).collect();
        keys.into_iter().for_each(|key| body.access(key));
        return body.lines;
    }
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
    losses(change, steps).into_iter().for_each(|loss| body.push(Part::Undo, Mark::Changed, loss));
    body.lines
}

struct Body<'a> {
    lines: Vec<Line>,
    schema: Option<&'static KindSchema>,
    detail: Detail,
    access: BTreeMap<&'a str, Access>,
}

impl Body<'_> {
    fn attribute(&self, key: &str) -> Option<&'static AttributeSchema> {
        self.schema.and_then(|schema| schema.attribute(key))
    }

    fn push(&mut self, part: Part, mark: Mark, text: String) {
        self.lines.push(Line { part, mark, text: words::visible(&text) });
    }

    fn row(&mut self, mark: Mark, key: &str, width: usize, text: &str) {
        self.push(Part::Attribute, mark, format!("{key:<width$}  {text}"));
    }

    fn given(&mut self, attrs: Option<&Attrs>) {
        let Some(attrs) = attrs else { return };
        let width = width(attrs.iter().map(|(key, _)| key.as_str()));
        for (key, value) in attrs.iter() {
            match self.attribute(key) {
                Some(schema) if schema.secret => self.row(Mark::Added, key, width, "(secret)"),
                Some(schema) if schema.shape == Shape::Document => {
                    let lines = document::lines(value);
                    if self.detail == Detail::All {
                        self.push(Part::Attribute, Mark::Added, key.clone());
                        lines.iter().for_each(|line| self.push(Part::Document, Mark::Added, format!(" {line}")));
                    } else {
                        self.row(Mark::Added, key, width, &format!("({})", words::count(lines.len(), "line")));
                    }
                    self.access(key);
                }
                _ => self.row(Mark::Added, key, width, &value.to_string()),
            }
        }
    }

    fn gone(&mut self, before: Option<&Observed>) {
        let Some(before) = before else { return };
        let told = |key: &str| {
            self.attribute(key)
                .is_some_and(|schema| !schema.secret && !schema.computed && schema.shape != Shape::Document)
        };
        let width = width(before.attrs.iter().map(|(key, _)| key.as_str()).filter(|key| told(key)));
        for (key, value) in before.attrs.iter() {
            match self.attribute(key) {
                Some(schema) if schema.secret || schema.computed => {}
                Some(schema) if schema.shape != Shape::Document => {
                    self.row(Mark::Removed, key, width, &value.to_string())
                }
                Some(_) if self.access.contains_key(key.as_str()) => {
                    self.push(Part::Attribute, Mark::Removed, key.clone());
                    self.access(key);
                }
                _ => {}
            }
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
            let text = match self.attribute(key) {
                Some(schema) if schema.secret => "(secret) → (secret)".to_owned(),
                Some(schema) if schema.shape == Shape::Document => {
                    self.push(Part::Attribute, Mark::Changed, format!("{key}{note}"));
                    let context = if self.detail == Detail::All { document::CONTEXT } else { 0 };
                    for (mark, text) in document::diff(before, after, context) {
                        self.push(Part::Document, mark, text);
                    }
                    self.access(key);
                    continue;
                }
                Some(schema) if schema.shape == Shape::Set => {
                    set_difference(before, after).unwrap_or_else(|| format!("{} → {}", shown(before), shown(after)))
                }
                _ => format!("{} → {}", shown(before), shown(after)),
            };
            self.row(Mark::Changed, key, width, &format!("{text}{note}"));
        }
    }

    fn access(&mut self, key: &str) {
        let Some(Access { verdict, text }) = self.access.get(key) else { return };
        let mark = if verdict.is_grave() { Mark::Changed } else { Mark::Kept };
        let text = format!("access {text}");
        self.push(Part::Access, mark, text);
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
