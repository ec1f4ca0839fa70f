//! The way back of a run, before it is gone: which steps are taken back, how, and what does not come back as it was.
//!
//! Owns: the page. Refuses to know: how the way was found (see `privlink-engine`).

use privlink_model::{History, Kinds, Op, Plan, Step, Undo};

use super::style::Style;
use super::words;

/// What surrounds the steps back.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    /// The plan of the run.
    pub(crate) plan: &'a Plan,
    /// The kinds.
    pub(crate) kinds: &'a Kinds,
    /// Emphasis.
    pub(crate) style: Style,
    /// How far its steps came.
    pub(crate) history: &'a History,
}

/// The text of a way back.
pub(crate) fn text(steps: &[Step], page: Page<'_>) -> String {
    if steps.is_empty() {
        return "Nothing of this run is left to be taken back.\n".to_owned();
    }
    let begun = page.history.begun();
    let of = begun.map(|begun| format!("{} of project {:?}", begun.verb, begun.project)).unwrap_or_default();
    let done = page.history.steps().filter(|(_, ways)| ways.back.is_done()).count();
    let so_far = if done > 0 { format!(", {done} of them taken back already") } else { String::new() };
    let title = format!("The way back of this {of}: {}{so_far}", words::count(steps.len(), "step"));
    let mut lines = vec![page.style.bold(&title), String::new()];
    for step in steps {
        let place = words::place(&step.scope, &page.plan.accounts);
        let id = match &step.op {
            Op::Update { id, .. } | Op::Delete { id, .. } | Op::Wait { id, .. } => {
                format!(" · {}", words::identity(id))
            }
            Op::Create { .. } => String::new(),
        };
        let how = format!("{} it", words::verb(&step.op));
        let back = words::step_back(step, page.plan, page.kinds);
        lines.push(format!("{:>4}  {back}: {how}{id} · {place}", step.id.0));
        let undo = page.plan.steps.iter().find(|done| done.id == step.id).map(|done| &done.undo);
        match undo {
            Some(Undo::Recreate { loses }) => lines.push(format!("        lost all the same: {loses}")),
            Some(Undo::None { why }) => lines.push(format!("        not taken back: {why}")),
            Some(Undo::Exact(_)) | None => {}
        }
    }
    lines.push(String::new());
    lines.join("\n") + "\n"
}
