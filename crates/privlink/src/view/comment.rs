//! What a pull request is told: the page of a plan or of one that failed, what it is about, and what labels it calls for.
//!
//! Owns: what surrounds a page, and the line in which a comment keeps its labels. Refuses to know: the page itself (see
//! `markdown`), and GitHub.
//!
//! Labels belong to a pull request, and each of its comments to a project; so each keeps its own, and what a pull request is
//! labelled by is all of them together. Else two jobs would take off each other's labels.

use std::collections::BTreeSet;

use privlink_model::{Action, Plan};

use super::markdown::escape::{code, fence};

/// Every label there is.
pub(crate) static LABELS: &[&str] = &[CREATE, CHANGE, REPLACE, DELETE, OUTAGE, FAILED];

const CREATE: &str = "privlink:create";
const CHANGE: &str = "privlink:change";
const REPLACE: &str = "privlink:replace";
const DELETE: &str = "privlink:delete";
const OUTAGE: &str = "privlink:outage";
const FAILED: &str = "privlink:failed";

/// What the line with the labels begins and ends with.
const LINE: (&str, &str) = ("<!-- labels: ", " -->");
/// How much of what a failed plan told is shown, in bytes.
const TOLD: usize = 40_000;

/// Where a comment comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Origin<'a> {
    /// The page of the run.
    pub(crate) page: Option<&'a str>,
    /// The commit.
    pub(crate) commit: Option<&'a str>,
}

/// The labels that a plan calls for.
pub(crate) fn labels(plan: &Plan) -> Vec<&'static str> {
    let has = |actions: &[Action]| plan.changes.changes.iter().any(|change| actions.contains(&change.action));
    let calls = [
        (CREATE, has(&[Action::Create])),
        (CHANGE, has(&[Action::Update])),
        (REPLACE, has(&[Action::ReplaceCreateFirst, Action::ReplaceDeleteFirst, Action::ReplaceKeepOld])),
        (DELETE, has(&[Action::Delete])),
        (OUTAGE, plan.steps.iter().any(|step| step.outage.is_some())),
    ];
    calls.into_iter().filter(|(_, call)| *call).map(|(label, _)| label).collect()
}

/// The labels that comments keep, all together.
pub(crate) fn kept<'a>(comments: impl IntoIterator<Item = &'a str>) -> Vec<&'static str> {
    let line = |comment: &'a str| comment.lines().nth(1)?.trim_end().strip_prefix(LINE.0)?.strip_suffix(LINE.1);
    let kept: BTreeSet<&str> = comments.into_iter().filter_map(line).flat_map(|line| line.split(' ')).collect();
    LABELS.iter().copied().filter(|label| kept.contains(label)).collect()
}

/// The text of a comment: a page, with its labels before it and what it is about behind it.
pub(crate) fn text(page: &str, labels: &[&str], origin: Origin<'_>) -> String {
    let labels = if labels.is_empty() { String::new() } else { format!("{}{}{}\n", LINE.0, labels.join(" "), LINE.1) };
    format!("{labels}{}\n{}", page.trim_end(), about(origin))
}

/// The page of a plan that failed, with what it told.
pub(crate) fn failed(name: &str, told: &str) -> (String, Vec<&'static str>) {
    let told = told.trim_end();
    let head = format!("**The plan for {} failed.** Nothing was changed.\n\n", code(name));
    if told.is_empty() {
        return (head + "It told nothing; the log of the job may.\n", vec![FAILED]);
    }
    let (left_out, shown) = end(told);
    let left_out = match left_out {
        0 => String::new(),
        lines => format!("The first {lines} lines of what it told are in the log of the job.\n\n"),
    };
    (format!("{head}{left_out}{}", fence("text", shown.lines())), vec![FAILED])
}

/// The end of a text, from the beginning of a line on, and how many lines are before it.
fn end(text: &str) -> (usize, &str) {
    // What cannot be seen is shown by its number, which takes more room.
    let cost = |line: &str| fence("", [line.trim_end_matches('\n')]).len();
    let mut start = text.len();
    let mut room = TOLD;
    for line in text.split_inclusive('\n').rev() {
        match room.checked_sub(cost(line)) {
            Some(left) => room = left,
            None => break,
        }
        start -= line.len();
    }
    (text[..start].lines().count(), &text[start..])
}

fn about(origin: Origin<'_>) -> String {
    let commit = origin.commit.map(|commit| format!("commit {}", code(&commit[..commit.len().min(12)])));
    let page = origin.page.map(|page| format!("[the run]({page})"));
    let parts: Vec<String> = commit.into_iter().chain(page).collect();
    if parts.is_empty() { String::new() } else { format!("\n<sub>{}</sub>\n", parts.join(" · ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_calls_for_the_labels_of_what_it_does() {
        let whole = crate::view::tests::everything();
        let calls = |action: Action, interrupts: bool| {
            let mut plan = whole.clone();
            plan.changes.changes.truncate(1);
            plan.changes.changes.iter_mut().for_each(|change| change.action = action);
            plan.steps.retain(|step| step.outage.is_some() && interrupts);
            labels(&plan)
        };
        for (action, label) in [
            (Action::Create, CREATE),
            (Action::Update, CHANGE),
            (Action::ReplaceCreateFirst, REPLACE),
            (Action::ReplaceDeleteFirst, REPLACE),
            (Action::ReplaceKeepOld, REPLACE),
            (Action::Delete, DELETE),
        ] {
            assert_eq!(calls(action, false), [label]);
        }
        assert_eq!(calls(Action::Update, true), [CHANGE, OUTAGE]);
        assert!(
            [Action::NoOp, Action::Wait, Action::Unknown].into_iter().all(|action| calls(action, false).is_empty())
        );
    }

    #[test]
    fn labels_are_kept_in_a_comment_and_found_again() {
        let body = |labels: &[&str]| format!("<!-- privlink:plan:x -->\n{}", text("page", labels, Origin::default()));
        let comments = [body(&[DELETE, CREATE]), body(&[]), body(&[FAILED, CREATE]).replace('\n', "\r\n")];
        assert_eq!(kept(comments.iter().map(String::as_str)), [CREATE, DELETE, FAILED]);
        let forged = "<!-- privlink:plan:x -->\n<!-- labels: bug privlink:mine -->\n";
        assert_eq!(kept([forged, "", "one line"]), [""; 0]);
    }

    #[test]
    fn a_comment_says_what_it_is_about() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let origin = Origin { page: Some("https://github.com/o/n/actions/runs/1"), commit: Some(commit) };
        let said = text("page\n\n", &[CREATE], origin);
        let about = "<sub>commit `0123456789ab` · [the run](https://github.com/o/n/actions/runs/1)</sub>";
        assert_eq!(said, format!("<!-- labels: privlink:create -->\npage\n\n{about}\n"));
        assert_eq!(text("page", &[], Origin::default()), "page\n");
    }

    #[test]
    fn what_surrounds_a_page_has_the_room_that_pages_leave() {
        let (run, commit) = ("x".repeat(300), "0".repeat(64));
        let around = text("", LABELS, Origin { page: Some(&run), commit: Some(&commit) });
        let marker = privlink_notify::github::room(&"x".repeat(200));
        assert!(around.len() + marker <= privlink_notify::github::LIMIT - super::super::markdown::ladder::LIMIT);
    }

    #[test]
    fn a_failure_shows_the_end_of_what_was_told_and_cannot_break_out() {
        let (page, labels) = failed("shop", "error: no\n```\n@team </details>\n");
        assert_eq!(labels, [FAILED]);
        assert!(page.contains("````text\nerror: no\n```\n@team </details>\n````\n"), "{page}");
        assert!(failed("shop", " \n").0.contains("It told nothing"));

        let long: String = (0..9000).map(|number| format!("line {number}\n")).collect();
        let (page, _) = failed("shop", &long);
        assert!(
            page.contains("\nline 8999\n") && !page.contains("\nline 8\n") && page.contains("The first "),
            "{page}"
        );
        for odd in ["\u{1b}".repeat(100_000), "é".repeat(100_000), format!("{}\nlast", "x".repeat(100_000))] {
            let (page, _) = failed("shop", &odd);
            assert!(page.len() < 64_000, "{}", page.len());
        }
    }
}
