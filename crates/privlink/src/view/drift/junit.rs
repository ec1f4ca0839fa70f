//! A drift check as a JUnit report, which CI systems show as tests: a case for each resource.
//!
//! Owns: the format, as Jenkins and its like read it. What drifted is a failure, what is ignored is skipped, what is not known
//! is an error: a test that could not look has seen nothing.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::Scope;

use super::text::INDENT;
use super::{Report, facts, ignored, lines, remarks, what};
use crate::view::change::Detail;
use crate::view::change_text;
use crate::view::style::Style;

/// The outcome of one case.
enum Outcome {
    Passed,
    Failure(String, String),
    Skipped(String),
    Error(String),
}

struct Case {
    kind: &'static str,
    name: String,
    outcome: Outcome,
}

/// The report.
pub(crate) fn text(report: Report<'_>) -> String {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    // What drifted and is ignored in part has failed: of two tests with one name many show the last one only.
    let mut add = |scope: &Scope, kind: &'static str, name: &str, outcome: Outcome| {
        let is_first = seen.insert((scope.clone(), kind, name.to_owned()));
        if is_first || matches!(outcome, Outcome::Failure(..) | Outcome::Error(_)) {
            suites.entry(report.place(scope)).or_default().push(Case { kind, name: name.to_owned(), outcome });
        }
    };
    let drift = report.drift;
    for drifted in &drift.found {
        let title = format!("{}: {}", what(drifted), facts(drifted, report.kinds).join(" · "));
        let plain = Style { color: false };
        let attributes = lines(drifted, report.kinds, Detail::All);
        let attributes = attributes.iter().map(|line| {
            let line = change_text::line(line, plain);
            line.strip_prefix(INDENT).unwrap_or(&line).to_owned()
        });
        let body: Vec<String> = attributes.chain(remarks(drifted)).collect();
        add(&drifted.scope, drifted.kind, drifted.address.as_str(), Outcome::Failure(title, body.join("\n")));
    }
    for it in &drift.ignored {
        let drifted = &it.drifted;
        add(&drifted.scope, drifted.kind, drifted.address.as_str(), Outcome::Skipped(ignored(&it.rule)));
    }
    for it in &drift.unknown {
        add(&it.scope, it.kind, it.address.as_str(), Outcome::Error(it.why.clone()));
    }
    for it in &drift.pending {
        add(&it.scope, it.kind, it.address.as_str(), Outcome::Passed);
    }
    for it in &drift.follows {
        add(&it.scope, it.kind, it.address.as_str(), Outcome::Passed);
    }
    for it in &drift.same {
        add(&it.scope, it.kind, it.address.as_str(), Outcome::Passed);
    }
    // What could not be read must be seen even where no resource is known to rest on it.
    if drift.unknown.is_empty() {
        for unread in &drift.unread {
            let case = Case { kind: "read", name: "accounts".to_owned(), outcome: Outcome::Error(unread.clone()) };
            suites.entry("accounts".to_owned()).or_default().push(case);
        }
    }
    let cases = || suites.values().flatten();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&format!("<testsuites name=\"{}\"{}>\n", escaped("privlink drift"), counts(cases())));
    for (place, cases) in &mut suites {
        cases.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
        xml.push_str(&format!("  <testsuite name=\"{}\"{}>\n", escaped(place), counts(cases.iter())));
        cases.iter().for_each(|case| xml.push_str(&written(case)));
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Failure(..) => failures += 1,
            Outcome::Skipped(_) => skipped += 1,
            Outcome::Error(_) => errors += 1,
        }
    }
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn written(case: &Case) -> String {
    let head = format!("    <testcase classname=\"{}\" name=\"{}\"", escaped(case.kind), escaped(&case.name));
    let inner = match &case.outcome {
        Outcome::Passed => return format!("{head}/>\n"),
        Outcome::Failure(title, body) => {
            format!("<failure type=\"drift\" message=\"{}\">{}</failure>", escaped(title), escaped(body))
        }
        Outcome::Skipped(why) => format!("<skipped message=\"{}\"/>", escaped(why)),
        Outcome::Error(why) => format!("<error type=\"unread\" message=\"{}\"/>", escaped(why)),
    };
    format!("{head}>{inner}</testcase>\n")
}

/// A text as XML 1.0 has it, in an attribute as well. What it has no way to say is left out.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            '\n' => xml.push_str("&#10;"),
            '\t' => xml.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if letter.is_control() => {}
            _ => xml.push(letter),
        }
    }
    xml
}
