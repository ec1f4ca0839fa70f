//! The compact text of a plan, for golden files and debugging: the steps in sections of what may run together.
//!
//! ```text
//! 1 + entry/hub endpoint 111111111111/us-east-1 CreateVpcEndpoint
//! ---
//! 2 ~ target/orders/targets targets 111111111111/us-east-1 RegisterTargets add addresses [1]
//!     addresses: ["10.0.0.1"] → (addresses of entry/hub)
//! ```
//!
//! After the symbol: address, kind, scope, call, what is changed, the steps it needs, and how it is taken back where that is
//! not exact. Below: what has no step, and the findings. No times, no tokens: those depend on every byte of the input.

use std::collections::BTreeMap;

use privlink_model::{Action, Change, Op, Phase, Plan, Reason, Severity, Step, StepId, Undo};

/// The compact text of a plan.
pub fn outline(plan: &Plan) -> String {
    let mut text = String::new();
    for (number, section) in sections(plan).into_iter().enumerate() {
        if number > 0 {
            text.push_str("---\n");
        }
        section.into_iter().for_each(|step| write_step(&mut text, plan, step));
    }
    if plan.steps.is_empty() {
        text.push_str("no steps\n");
    }
    let stepless = |change: &&Change| change.action != Action::NoOp && !has_step(plan, change);
    for change in plan.changes.changes.iter().filter(stepless) {
        let line =
            format!("  {} {} {}: {}\n", symbol(change.action), change.address, change.kind, reason(&change.reason));
        text.push_str(&line);
    }
    for finding in &plan.findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Unknown => "unknown",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        text.push_str(&format!("{severity}[{}]: {}\n", finding.code, finding.message));
    }
    text
}

/// The steps by how many others they wait for in a row.
fn sections(plan: &Plan) -> Vec<Vec<&Step>> {
    let mut depths: BTreeMap<StepId, usize> = BTreeMap::new();
    let mut sections: BTreeMap<usize, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        let depth = step.needs.iter().filter_map(|need| depths.get(need)).max().map_or(0, |depth| depth + 1);
        depths.insert(step.id, depth);
        sections.entry(depth).or_default().push(step);
    }
    sections.into_values().collect()
}

fn has_step(plan: &Plan, change: &Change) -> bool {
    plan.steps.iter().any(|step| step.carries_out(change))
}

fn write_step(text: &mut String, plan: &Plan, step: &Step) {
    let (symbol, changed) = match &step.op {
        Op::Create { .. } => ("+", ""),
        Op::Update { phase: None, .. } => ("~", "set"),
        Op::Update { phase: Some(Phase::Add), .. } => ("~", "add"),
        Op::Update { phase: Some(Phase::Remove), .. } => ("~", "remove"),
        Op::Delete { .. } => ("-", ""),
        Op::Wait { .. } => (".", "wait"),
    };
    text.push_str(&format!("{} {symbol} {} {} {}", step.id.0, step.address, step.kind, step.scope));
    for word in [step.call.as_str(), changed].into_iter().filter(|word| !word.is_empty()) {
        text.push_str(&format!(" {word}"));
    }
    if let Op::Update { changed, .. } = &step.op {
        text.push_str(&format!(" {}", changed.join(" ")));
    }
    if !step.needs.is_empty() {
        let needs: Vec<String> = step.needs.iter().map(|need| need.0.to_string()).collect();
        text.push_str(&format!(" [{}]", needs.join(" ")));
    }
    match &step.undo {
        Undo::Exact(_) => {}
        Undo::Recreate { loses } => text.push_str(&format!(" (undo loses {loses})")),
        Undo::None { why } => text.push_str(&format!(" (no undo: {why})")),
    }
    text.push('\n');
    if let Op::Update { changed, .. } = &step.op {
        write_attributes(text, plan, step, changed);
    }
}

fn write_attributes(text: &mut String, plan: &Plan, step: &Step, keys: &[String]) {
    let change = plan.changes.changes.iter().find(|change| step.carries_out(change));
    for change in change.iter().flat_map(|change| &change.attributes).filter(|change| keys.contains(&change.key)) {
        let show =
            |value: &Option<privlink_model::Value>| value.as_ref().map_or("none".to_owned(), ToString::to_string);
        text.push_str(&format!("    {}: {} → {}\n", change.key, show(&change.before), show(&change.after)));
    }
}

/// The symbol of an action, as in plan text.
fn symbol(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::ReplaceCreateFirst | Action::ReplaceKeepOld => "+/-",
        Action::ReplaceDeleteFirst => "-/+",
        Action::Delete => "-",
        Action::Wait => ".",
        Action::NoOp => " ",
        Action::Unknown => "?",
    }
}

/// A reason in words.
pub(crate) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Absent => "does not exist".to_owned(),
        Reason::NotInSpec => "is no longer in the spec".to_owned(),
        Reason::Differs => "differs".to_owned(),
        Reason::Immutable(keys) => format!("{} cannot be changed in place", keys.join(", ")),
        Reason::Failed(why) => format!("failed: {why}"),
        Reason::Unfinished(state) => format!("is not usable yet: {state}"),
        Reason::Unread(why) => format!("is not known: {why}"),
        Reason::DeletedWith(address) => format!("is deleted with {address}"),
        Reason::Same => "is as asked for".to_owned(),
        Reason::Destroy => "the project is destroyed".to_owned(),
    }
}
