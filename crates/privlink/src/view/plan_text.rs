//! A plan as text: changes by account and address, the order of steps, notes, and one closing line.
//!
//! Owns: the whole page. Refuses to know: how a single change is told (see `change_text`), where the page goes.
//! **Invariant:** equal plans give equal pages; nothing here reads a clock.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Action, Change, Kinds, Op, Plan, Scope, Severity, Step, StepId, Steps};
use privlink_plan::Danger;

use super::change::is_told;
use super::change_text::{self, Telling};
use super::style::Style;
use super::words;

/// Where the list of steps is broken.
const WIDTH: usize = 110;

/// What of a plan is shown.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    /// The kinds.
    pub(crate) kinds: &'a Kinds,
    /// Emphasis.
    pub(crate) style: Style,
    /// One line for each change, no order.
    pub(crate) concise: bool,
    /// Also what stays as it is.
    pub(crate) show_unchanged: bool,
    /// Said first: endpoints that are not AWS, overridden safeties.
    pub(crate) announcements: &'a [String],
}

/// The text of a plan.
pub(crate) fn text(plan: &Plan, page: Page<'_>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for announcement in page.announcements {
        lines.push(page.style.yellow(&words::visible(&format!("! {announcement}"))));
    }
    if !page.announcements.is_empty() {
        lines.push(String::new());
    }
    lines.extend(changes(plan, page));
    if !page.concise {
        lines.extend(order(plan));
    }
    lines.extend(notes(plan, page.style));
    lines.push(page.style.bold(&closing(plan)));
    lines.join("\n") + "\n"
}

fn changes(plan: &Plan, page: Page<'_>) -> Vec<String> {
    let steps = Steps::of(plan);
    let mut places: BTreeMap<(String, &Scope), Vec<&Change>> = BTreeMap::new();
    for change in &plan.changes.changes {
        if change.action != Action::NoOp || page.show_unchanged {
            places
                .entry((words::visible(&words::place(&change.scope, &plan.accounts)), &change.scope))
                .or_default()
                .push(change);
        }
    }
    let mut lines = Vec::new();
    for ((place, _), mut changes) in places {
        changes.sort_by(|a, b| a.address.cmp(&b.address));
        lines.push(page.style.bold(&place));
        lines.push(String::new());
        for change in changes {
            let telling = Telling { kinds: page.kinds, style: page.style, concise: page.concise };
            lines.extend(change_text::lines(change, &steps.carrying(change), telling));
        }
        lines.push(String::new());
    }
    lines
}

/// The steps in groups: what stands in one group may run together, once the groups before it are done.
fn order(plan: &Plan) -> Vec<String> {
    let mut waves: BTreeMap<usize, Vec<&Step>> = BTreeMap::new();
    let mut wave_of: BTreeMap<StepId, usize> = BTreeMap::new();
    for step in &plan.steps {
        let wave = step.needs.iter().filter_map(|need| wave_of.get(need)).max().map_or(1, |before| before + 1);
        wave_of.insert(step.id, wave);
        waves.entry(wave).or_default().push(step);
    }
    if waves.is_empty() {
        return Vec::new();
    }
    let calls = words::count(plan.steps.len(), "step");
    let mut lines = vec![format!("Order: {calls}; those of one number may run together, once what they need is done")];
    for (wave, steps) in waves {
        let mut line = format!("{wave:>4} ");
        for (index, step) in steps.iter().enumerate() {
            let symbol = match step.op {
                Op::Create { .. } => "+",
                Op::Update { .. } => "~",
                Op::Delete { .. } => "-",
                Op::Wait { .. } => "…",
            };
            let comma = if index + 1 < steps.len() { "," } else { "" };
            let item = format!(" {symbol} {}{comma}", words::visible(step.address.as_str()));
            if line.chars().count() + item.chars().count() > WIDTH {
                lines.push(line);
                line = "     ".to_owned();
            }
            line.push_str(&item);
        }
        lines.push(line);
    }
    lines.push(String::new());
    lines
}

fn notes(plan: &Plan, style: Style) -> Vec<String> {
    let notes: BTreeSet<String> = plan
        .findings
        .iter()
        // What is warned of is part of the page: it may be read by somebody else than who made the plan.
        .filter(|finding| match finding.severity {
            Severity::Note => true,
            Severity::Warning => Danger::of(finding).is_some() || !is_told(plan, finding),
            Severity::Error | Severity::Unknown => false,
        })
        .map(|finding| {
            let about = finding.address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
            let help = finding.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            words::visible(&format!("  {about}{}{help}", finding.message))
        })
        .collect();
    if notes.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![style.bold("Notes")];
    lines.extend(notes);
    lines.push(String::new());
    lines
}

/// The last line: counts, accounts, time, undo.
pub(crate) fn closing(plan: &Plan) -> String {
    let set = &plan.changes;
    let touched: BTreeSet<&str> = set
        .changes
        .iter()
        .filter(|change| change.action != Action::NoOp || set.is_empty())
        .map(|change| change.scope.account.as_str())
        .collect();
    let accounts = words::count(touched.len(), "account");
    if set.is_empty() {
        return match set.changes.len() {
            0 => "No changes: there is nothing of this project, and nothing is asked for.".to_owned(),
            1 => "No changes: 1 resource in 1 account is as the spec says.".to_owned(),
            many => format!("No changes: {many} resources in {accounts} are as the spec says."),
        };
    }
    let replaced = [Action::ReplaceCreateFirst, Action::ReplaceDeleteFirst, Action::ReplaceKeepOld];
    let replaced = replaced.into_iter().map(|action| set.count(action)).sum::<usize>();
    let mut counts = vec![
        format!("{} to create", set.count(Action::Create)),
        format!("{} to change", set.count(Action::Update)),
        format!("{} to delete", set.count(Action::Delete)),
    ];
    for (number, what) in
        [(replaced, "to replace"), (set.count(Action::Wait), "to wait for"), (set.count(Action::Unknown), "unknown")]
    {
        if number > 0 {
            counts.push(format!("{number} {what}"));
        }
    }
    let mut parts = vec![format!("Plan: {}", counts.join(", ")), accounts];
    if let Some((time, bottleneck)) = &plan.eta {
        let bottleneck = if bottleneck.is_empty() { String::new() } else { format!(" ({bottleneck})") };
        parts.push(format!("about {}{bottleneck}", words::time(*time)));
    }
    parts.push(format!("undo: {}", words::undo(&plan.steps)));
    words::visible(&parts.join(" · "))
}
