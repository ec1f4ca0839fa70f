//! A drift check as GitHub-flavoured markdown, for an issue or a step summary: the verdict and what drifted first, then a fold
//! for each account and region.
//!
//! Owns: the page, and that it fits. Refuses to know: whom it is told. Texts of others are escaped (see
//! `view::markdown::escape`).
//!
//! **Invariant:** the same check gives the same page: an issue is not edited for the sake of the time.

use privlink_plan::Drifted;

use super::{Report, access, facts, ignored, lines, remarks, what};
use crate::view::change::Detail;
use crate::view::markdown::escape::{code, fence, prose, summary};
use crate::view::markdown::ladder::{LIMIT, Section, fit};
use crate::view::markdown::{self, fold};
use crate::view::words;

/// How many of a sort are named before the rest is counted.
const NAMED: usize = 20;
/// How many are named in a comment.
const NEWS: usize = 10;

/// The markdown of a check.
pub(crate) fn text(report: Report<'_>) -> String {
    let (head, tail) = (head(report), tail(report));
    let room = LIMIT.saturating_sub(head.len() + tail.len() + 200);
    let sections: Vec<Section> = report.places().iter().map(|(place, found)| section(place, found, report)).collect();
    let fitted = fit(&sections, room);
    let cut = if fitted.shortened + fitted.dropped == 0 {
        String::new()
    } else {
        format!("Shortened to fit here; {} shows everything.\n\n", code("privlink drift"))
    };
    format!("{head}{}{cut}{tail}", fitted.text)
}

/// The verdict, and everything that drifted in a line each.
fn head(report: Report<'_>) -> String {
    let drift = report.drift;
    let mut page = format!("{}\n\n", verdict(report));
    for announcement in report.announcements {
        page.push_str(&format!("> {}\n\n", prose(announcement)));
    }
    if !drift.is_complete() {
        page.push_str(
            "> [!IMPORTANT]\n> Not all could be read: what is not named here is not known to be as it should be.\n",
        );
        for unread in drift.unread.iter().take(NAMED) {
            page.push_str(&format!("> - {}\n", prose(unread)));
        }
        page.push('\n');
    }
    page.push_str(&named(report, NAMED));
    if !drift.found.is_empty() {
        page.push('\n');
    }
    page
}

/// The first line.
fn verdict(report: Report<'_>) -> String {
    let said = report.verdict();
    let project = code(&report.drift.project);
    match said.split_once(": ") {
        Some((what, rest)) => format!("**{what} in project {project}:** {}.", prose(rest)),
        None => format!("**Project {project}:** {}.", prose(&said)),
    }
}

/// A line for each resource that drifted: what happened to it, what it is, who did it.
fn named(report: Report<'_>, most: usize) -> String {
    let found = report.gravest();
    let mut list = String::new();
    for drifted in found.iter().copied().take(most) {
        let keys: Vec<String> = drifted.attributes.iter().map(|attribute| code(&attribute.key)).collect();
        let keys = match drifted.what {
            privlink_plan::What::Changed => format!(": {}", keys.join(", ")),
            _ => String::new(),
        };
        let access =
            access(drifted, report.kinds).map(|access| format!(", **{}**", prose(&access))).unwrap_or_default();
        let by = drifted.by.as_ref().map(|deed| format!(" (by {})", code(&deed.by))).unwrap_or_default();
        let title = prose(words::title(report.kinds, drifted.kind));
        let address = code(drifted.address.as_str());
        list.push_str(&format!("- **{}** {address} ({title}){keys}{access}{by}\n", what(drifted)));
    }
    if found.len() > most {
        list.push_str(&format!("- and {} more\n", found.len() - most));
    }
    list
}

/// The fold of one account and region.
fn section(place: &str, found: &[&Drifted], report: Report<'_>) -> Section {
    let title = format!("<b>{}</b>: {}", summary(place), words::count(found.len(), "resource"));
    let forms = [Some(Detail::All), Some(Detail::Lines), None].map(|detail| {
        let lines = found.iter().flat_map(|drifted| block(drifted, report, detail));
        fold(&title, &fence("diff", lines))
    });
    Section::new(forms.into_iter().chain([format!("<p>{title} (not shown)</p>\n\n")]))
}

/// A resource as lines of a diff: `-` is what should be, `+` what is.
fn block(drifted: &Drifted, report: Report<'_>, detail: Option<Detail>) -> Vec<String> {
    let facts = facts(drifted, report.kinds).join(" · ");
    let mut said = vec![format!("! {} {}  {facts}", what(drifted), drifted.address)];
    if let Some(detail) = detail {
        said.extend(lines(drifted, report.kinds, detail).iter().map(markdown::line));
        said.extend(remarks(drifted).into_iter().map(|remark| format!("      {remark}")));
    }
    said
}

/// What did not drift, what else is worth knowing, and what to do.
fn tail(report: Report<'_>) -> String {
    let drift = report.drift;
    let mut page = String::new();
    let mut part = |title: &str, items: Vec<String>| {
        if items.is_empty() {
            return;
        }
        let more = items.len().saturating_sub(NAMED);
        let mut body: String = items.iter().take(NAMED).map(|item| format!("- {item}\n")).collect();
        if more > 0 {
            body.push_str(&format!("- and {more} more\n"));
        }
        page.push_str(&fold(&format!("{title} ({})", items.len()), &body));
    };
    let ignoring = drift.ignored.iter().map(|it| {
        format!("{} {}: {}", what(&it.drifted), code(it.drifted.address.as_str()), prose(&ignored(&it.rule)))
    });
    part("Ignored", ignoring.collect());
    let pending = drift.pending.iter().map(|it| {
        let keys: Vec<String> = it.keys.iter().map(|key| code(key)).collect();
        let keys = if keys.is_empty() { String::new() } else { format!(": {}", keys.join(", ")) };
        format!("{}{keys}", code(it.address.as_str()))
    });
    part("Planned and not applied, so no drift", pending.collect());
    let unknown = drift.unknown.iter().map(|it| format!("{}: {}", code(it.address.as_str()), prose(&it.why)));
    part("Not known", unknown.collect());
    for remark in report.remarks().iter().take(NAMED) {
        page.push_str(&format!("{}\n\n", prose(remark)));
    }
    if report.is_reparable() {
        page.push_str(&format!("To put back what drifted, and nothing else: {}\n", code(report.repair)));
    }
    page
}

/// What followers of an issue are told when there is news.
pub(crate) fn news(report: Report<'_>) -> String {
    format!("{}\n\n{}", verdict(report), named(report, NEWS))
}
