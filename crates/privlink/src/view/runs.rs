//! The runs of a store as a table, and as JSON.
//!
//! Owns: their columns. Refuses to know: where they come from.

use privlink_model::History;
use serde_json::{Value as Json, json};

use super::style::Style;
use crate::moment;
use crate::standing::{self, Standing};

/// The version of the JSON. A minor one adds members, a major one changes them.
pub(crate) const FORMAT_VERSION: &str = "1.0";

/// One run.
pub(crate) struct Row {
    /// Its name.
    pub(crate) run: String,
    /// Its records, or why they cannot be read.
    pub(crate) history: Result<History, String>,
    /// Whether somebody holds the project's lock for it.
    pub(crate) held: bool,
}

/// The steps of a run, counted.
pub(crate) struct Counts {
    pub(crate) total: u32,
    pub(crate) done: usize,
    pub(crate) undone: usize,
    pub(crate) in_doubt: usize,
}

impl Counts {
    pub(crate) fn of(history: &History) -> Self {
        Self {
            total: history.begun().map_or(0, |begun| begun.steps),
            done: history.steps().filter(|(_, ways)| ways.forward.is_done()).count(),
            undone: history.steps().filter(|(_, ways)| ways.back.is_done()).count(),
            in_doubt: standing::in_doubt(history),
        }
    }
}

/// The table, as wide as its widest cells.
pub(crate) fn text(rows: &[Row], style: Style) -> String {
    let head = ["run", "verb", "project", "begun", "by", "steps", "how it ended"].map(str::to_owned);
    let table: Vec<[String; 7]> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let widths: [usize; 7] =
        std::array::from_fn(|column| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for (index, row) in table.iter().enumerate() {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let line = cells.join("  ");
        let line = line.trim_end();
        text.push_str(&if index == 0 { style.bold(line) } else { line.to_owned() });
        text.push('\n');
    }
    text
}

fn cells(row: &Row) -> [String; 7] {
    let run = row.run.clone();
    let unknown = |how: String| [run.clone(), "?".into(), "?".into(), "?".into(), "?".into(), "?".into(), how];
    let history = match &row.history {
        Ok(history) => history,
        Err(why) => return unknown(format!("cannot be read: {why}")),
    };
    let Some(begun) = history.begun() else { return unknown(Standing::of(history).words().to_owned()) };
    let counts = Counts::of(history);
    let mut steps = format!("{}/{}", counts.done, counts.total);
    if counts.undone > 0 {
        steps.push_str(&format!(", {} undone", counts.undone));
    }
    let standing = Standing::of(history);
    let mut how = match row.held {
        true if standing == Standing::Unwinding => "being rolled back now".to_owned(),
        true if history.ended().is_none() => "under way".to_owned(),
        _ => standing.words().to_owned(),
    };
    if counts.in_doubt > 0 && !row.held {
        how.push_str(&format!(", {} in doubt", counts.in_doubt));
    }
    let minute = moment::utc(begun.at);
    [run, begun.verb.clone(), begun.project.clone(), minute, begun.by.clone(), steps, how]
}

/// The same for programs.
pub(crate) fn json(rows: &[Row]) -> Json {
    let runs: Vec<Json> = rows
        .iter()
        .map(|row| match &row.history {
            Ok(history) => head(&row.run, history, row.held),
            Err(why) => json!({ "run": row.run, "state": "unreadable", "why": why }),
        })
        .collect();
    json!({ "format_version": FORMAT_VERSION, "runs": runs })
}

/// What is said of a run as a whole.
pub(crate) fn head(run: &str, history: &History, held: bool) -> Json {
    let counts = Counts::of(history);
    let begun = history.begun();
    json!({
        "run": run,
        "project": begun.map(|begun| &begun.project),
        "verb": begun.map(|begun| &begun.verb),
        "plan": begun.map(|begun| &begun.plan),
        "by": begun.map(|begun| &begun.by),
        "version": begun.map(|begun| &begun.version),
        "no_rollback": begun.map(|begun| begun.keep),
        "begun": begun.map(|begun| moment::rfc3339(begun.at)),
        "ended": history.ended().map(|(_, at)| moment::rfc3339(at)),
        "resumed": history.resumed(),
        "state": Standing::of(history).key(),
        "held": held,
        "steps": { "total": counts.total, "done": counts.done, "undone": counts.undone, "in_doubt": counts.in_doubt },
    })
}
