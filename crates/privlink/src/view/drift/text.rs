//! A drift check as text for a terminal: what drifted by account, then what did not, then the verdict.
//!
//! Owns: the page. Refuses to know: where it goes.

use privlink_plan::Drifted;

use super::{Report, facts, ignored, lines, remarks, what};
use crate::view::change::Detail;
use crate::view::style::Style;
use crate::view::{change_text, words};

/// The width of the longest word for what happened.
const WHAT: usize = "not working".len();
pub(super) const INDENT: &str = "      ";

/// The text of a check.
pub(crate) fn text(report: Report<'_>, style: Style, concise: bool) -> String {
    let drift = report.drift;
    let mut page: Vec<String> = Vec::new();
    page.extend(report.announcements.iter().map(|text| style.yellow(&format!("! {text}"))));
    if !page.is_empty() {
        page.push(String::new());
    }
    if !drift.found.is_empty() && !concise {
        page.push(style.dim("What should be → what is; - is missing, + is not asked for."));
        page.push(String::new());
    }
    for (place, found) in report.places() {
        page.push(style.bold(&place));
        page.push(String::new());
        for drifted in found {
            page.extend(resource(drifted, report, style, concise));
        }
        page.push(String::new());
    }
    let mut part = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            page.push(style.bold(title));
            page.extend(lines.iter().map(|line| format!("  {line}")));
            page.push(String::new());
        }
    };
    let unknown = drift.unknown.iter().map(|it| format!("? {}  {}", it.address, style.dim(&it.why)));
    part("Not known", drift.unread.iter().cloned().chain(unknown).collect());
    let ignoring = drift.ignored.iter().map(|it| {
        let keys: Vec<&str> = it.drifted.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
        let keys = if it.rule.attribute.is_some() { format!(" {}", words::list(&keys)) } else { String::new() };
        format!("{} {}{keys}  {}", what(&it.drifted), it.drifted.address, style.dim(&ignored(&it.rule)))
    });
    part("Ignored", ignoring.collect());
    let pending = drift.pending.iter().map(|it| {
        let keys = if it.keys.is_empty() { String::new() } else { format!("  {}", style.dim(&words::list(&it.keys))) };
        format!("{:>3} {}{keys}", words::symbol(it.action), it.address)
    });
    part("Planned and not applied, so no drift", pending.collect());
    part("Notes", report.remarks());
    page.push(style.bold(&format!("{}.", report.verdict())));
    if report.is_reparable() {
        page.push(format!("`{}` puts back what drifted, and nothing else.", report.repair));
    }
    page.join("\n") + "\n"
}

/// The lines of one resource that drifted.
fn resource(drifted: &Drifted, report: Report<'_>, style: Style, concise: bool) -> Vec<String> {
    let word = style.red(&format!("{:<WHAT$}", what(drifted)));
    let facts = facts(drifted, report.kinds).join(" · ");
    let mut said = vec![format!("  {word}  {}  {}", style.bold(drifted.address.as_str()), style.dim(&facts))];
    if concise {
        return said;
    }
    let attributes = lines(drifted, report.kinds, Detail::All);
    said.extend(attributes.iter().map(|line| change_text::line(line, style)));
    said.extend(remarks(drifted).into_iter().map(|remark| format!("{INDENT}{}", style.dim(&remark))));
    said
}
