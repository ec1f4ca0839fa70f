//! What one run did, step by step, as text and as JSON.
//!
//! Owns: the words for how far a step came. Refuses to know: where the records are. No attribute is shown: what a step knows
//! of its object is in the plan.

use privlink_kinds::KINDS;
use privlink_model::{History, Plan, State, Step, StepId, Ways, Why};
use serde_json::{Value as Json, json};

use super::runs::{FORMAT_VERSION, head};
use super::style::Style;
use super::words;
use crate::moment;
use crate::standing::Standing;

/// A run and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Story<'a> {
    /// Its name.
    pub(crate) run: &'a str,
    /// Its records.
    pub(crate) history: &'a History,
    /// Its plan, where it can be read.
    pub(crate) plan: Option<&'a Plan>,
}

/// The story as text.
pub(crate) fn text(story: Story<'_>, style: Style) -> String {
    let Story { run, history, .. } = story;
    let mut lines = Vec::new();
    let mut facts: Vec<(&str, String)> = Vec::new();
    if let Some(begun) = history.begun() {
        lines.push(style.bold(&format!("Run {run}: {} of project {:?}", begun.verb, begun.project)));
        facts.push(("begun", format!("{} by {}, with privlink {}", moment::utc(begun.at), begun.by, begun.version)));
        facts.push(("plan", format!("{}, {}", short(&begun.plan), words::count(begun.steps as usize, "step"))));
        if begun.keep {
            facts.push(("asked", "to be left as it is when a step fails".to_owned()));
        }
    }
    if history.resumed() > 0 {
        facts.push(("resumed", words::count(history.resumed() as usize, "time")));
    }
    if let Some(unwinding) = history.unwinding() {
        facts.push(("back", format!("taken back because {}", because(unwinding.why))));
        facts.extend(unwinding.failed.iter().map(|(id, why)| ("", format!("step {}: {why}", id.0))));
    }
    let at = history.ended().map(|(_, at)| format!(" at {}", moment::utc(at))).unwrap_or_default();
    facts.push(("state", format!("{}{at}", Standing::of(history).words())));
    lines.extend(facts.iter().map(|(key, value)| format!("  {key:<8} {value}")));
    lines.push(String::new());
    for id in ids(story) {
        let ways = history.step(id);
        lines.push(format!("{:>4}  {}", id.0, named(story, id)));
        lines.push(format!("        {}", told(&ways)));
        if let Some(failure) = &ways.failure {
            lines.push(format!("        said at last: {failure}"));
        }
    }
    lines.join("\n") + "\n"
}

/// The story for programs.
pub(crate) fn json(story: Story<'_>) -> Json {
    let Story { run, history, .. } = story;
    let steps: Vec<Json> = ids(story)
        .into_iter()
        .map(|id| {
            let ways = history.step(id);
            let step = step(story, id);
            json!({
                "step": id.0,
                "address": step.map(|step| step.address.to_string()),
                "kind": step.map(|step| step.kind),
                "account": step.map(|step| &step.scope.account),
                "region": step.map(|step| &step.scope.region),
                "op": step.map(|step| words::verb(&step.op)),
                "call": step.map(|step| &step.call),
                "id": id_of(&ways),
                "forward": key(&ways.forward),
                "back": key(&ways.back),
                "failure": ways.failure,
            })
        })
        .collect();
    let mut json = head(run, history, false);
    if let Json::Object(members) = &mut json {
        members.remove("held");
        members.insert("format_version".to_owned(), Json::from(FORMAT_VERSION));
        members.insert("why".to_owned(), history.unwinding().map(|unwinding| because(unwinding.why)).into());
        // The counts of the head, and the steps one by one.
        let counts = members.insert("steps".to_owned(), Json::from(steps)).unwrap_or_default();
        members.insert("counts".to_owned(), counts);
    }
    json
}

/// The steps of the plan, and those beyond it that something happened to.
fn ids(story: Story<'_>) -> Vec<StepId> {
    let planned = 1..=story.history.begun().map_or(0, |begun| begun.steps);
    let beyond = story.history.steps().map(|(id, _)| id).filter(|id| !planned.contains(&id.0));
    let mut ids: Vec<StepId> = planned.clone().map(StepId).chain(beyond).collect();
    ids.sort();
    ids
}

fn step(story: Story<'_>, id: StepId) -> Option<&Step> {
    story.plan?.steps.iter().find(|step| step.id == id)
}

fn named(story: Story<'_>, id: StepId) -> String {
    match step(story, id) {
        Some(step) => words::step(step, &KINDS),
        None if story.plan.is_none() => "a step whose plan cannot be read".to_owned(),
        None => "a step of the way back alone".to_owned(),
    }
}

fn id_of(ways: &Ways) -> Option<&str> {
    let objects = [ways.forward.object(), ways.back.object()];
    objects.into_iter().flatten().map(|object| object.id.as_str()).find(|id| !id.is_empty())
}

/// How far a step came, there and back.
fn told(ways: &Ways) -> String {
    let id = id_of(ways).map(|id| format!(" · {}", words::identity(id))).unwrap_or_default();
    let forward = match &ways.forward {
        State::Unstarted => "not done",
        State::Intended { .. } => "in doubt: the call was about to be made, and no answer is on record",
        State::Answered(_) => "called; that it came to its end is not on record",
        State::Broken(_) => "called, and came to a bad end",
        State::Done(_) => "done",
        State::Skipped(_) => "nothing was to be done",
    };
    let back = match &ways.back {
        State::Unstarted => "",
        State::Intended { .. } => "; taking it back is in doubt",
        State::Answered(_) => "; being taken back",
        State::Broken(_) => "; could not be taken back",
        State::Done(_) | State::Skipped(_) => "; taken back",
    };
    format!("{forward}{id}{back}")
}

/// Enough of a digest to tell it from others.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

fn key(state: &State) -> &'static str {
    match state {
        State::Unstarted => "unstarted",
        State::Intended { .. } => "in-doubt",
        State::Answered(_) => "answered",
        State::Broken(_) => "broken",
        State::Done(_) => "done",
        State::Skipped(_) => "skipped",
    }
}

fn because(why: Why) -> &'static str {
    match why {
        Why::Failed => "a step failed",
        Why::Stale => "the world was not as the plan says",
        Why::Interrupted => "it was interrupted",
        Why::Asked => "somebody asked for it",
        Why::Blocked => "nothing more could be called",
    }
}
