//! One change of a plan as lines of text for a terminal.
//!
//! Owns: indents and emphasis. Refuses to know: what is told of a change (see `change`).

use privlink_model::{Action, Change, Kinds, Step};

use super::change::{self, Detail};
use super::line::{Line, Mark, Part};
use super::style::Style;
use super::words;

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

/// The lines of a change; `steps` are those that carry it out.
pub(crate) fn lines(change: &Change, steps: &[&Step], telling: Telling<'_>) -> Vec<String> {
    let detail = if telling.concise { Detail::Head } else { Detail::All };
    let mut lines = vec![head(change, steps, telling)];
    lines.extend(change::lines(change, steps, telling.kinds, detail).iter().map(|it| line(it, telling.style)));
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
    let facts = change::facts(change, steps, telling.kinds).join(" · ");
    format!("{symbol} {}  {}", style.bold(&words::visible(change.address.as_str())), style.dim(&facts))
}

/// One line under a change.
pub(super) fn line(line: &Line, style: Style) -> String {
    let Line { part, mark, text } = line;
    match (part, mark) {
        (Part::Outage, _) => style.red(&format!("{INDENT}! {text}")),
        (Part::Undo, _) => style.yellow(&format!("{INDENT}{text}")),
        (Part::Attribute, _) => format!("{INDENT}{text}"),
        (Part::Access, Mark::Changed) => style.yellow(&format!("{INDENT}  {text}")),
        (Part::Access, _) => format!("{INDENT}  {text}"),
        (Part::Document, Mark::Added) => format!("{INDENT}  {}", style.green(&format!("+{text}"))),
        (Part::Document, Mark::Removed) => format!("{INDENT}  {}", style.red(&format!("-{text}"))),
        (Part::Document, Mark::Kept) => format!("{INDENT}   {text}"),
        (Part::Document, Mark::Place | Mark::Changed) => format!("{INDENT}  {text}"),
    }
}
