//! The lines of a journal: one JSON object each, with the version of the form.
//!
//! A journal is gone on with by a program that has to understand all of it: what is passed over could be a call that was made.
//! So a member that is not known is refused, and a newer form has another number.
//!
//! **Invariant:** what is encoded decodes to the same record.

use privlink_model::{Begun, End, Record, StepId, StepRecord, Unwinding, Way, Why};
use serde::{Deserialize, Serialize};

use super::value::{AttrsLine, ObjectLine, attrs, attrs_line};

const VERSION: u64 = 1;

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is no JSON, or not whole.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// It was written by a newer program.
    #[error("has the form {0}, and this program knows forms up to {VERSION}: use the newer program")]
    Newer(u64),
    /// It has another form than this version's.
    #[error("does not have the form {VERSION}: {0}")]
    Form(String),
}

/// Writes a record as one more line.
pub(super) fn encode(record: &Record, lines: &mut Vec<u8>) {
    let line = Line { v: VERSION, record: record.into() };
    // The types have text keys and no serialiser that fails, and memory takes all that is written.
    let _ = serde_json::to_writer(&mut *lines, &line);
    lines.push(b'\n');
}

/// Reads one line.
pub(super) fn decode(line: &[u8]) -> Result<Record, LineError> {
    let json: serde_json::Value =
        serde_json::from_slice(line).map_err(|error| LineError::Damaged(error.to_string()))?;
    match json.get("v").and_then(serde_json::Value::as_u64) {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => return Err(LineError::Newer(newer)),
        _ => return Err(LineError::Form("it does not say which".to_owned())),
    }
    let line: Line = serde_json::from_value(json).map_err(|error| LineError::Form(error.to_string()))?;
    Ok(line.record.into())
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    v: u64,
    record: RecordLine,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum RecordLine {
    Begun(BegunLine),
    Resumed { by: String, at: u64 },
    Unwinding { why: WhyLine, failed: Vec<(u32, String)> },
    Step { step: u32, way: WayLine, event: EventLine },
    Ended { end: EndLine, at: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BegunLine {
    run: String,
    project: String,
    verb: String,
    plan: String,
    steps: u32,
    by: String,
    at: u64,
    keep: bool,
    version: String,
    place: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum EventLine {
    Intent { token: String, id: String, before: AttrsLine },
    Answered(ObjectLine),
    Refused(String),
    Found(ObjectLine),
    Absent,
    Settled(AttrsLine),
    Failed(String),
    Skipped(ObjectLine),
}

/// Declares the line's form of an enum without contents, with both conversions.
macro_rules! mirror {
    ($line:ident of $model:ty { $($name:ident),* $(,)? }) => {
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum $line { $($name),* }

        impl From<$model> for $line {
            fn from(model: $model) -> Self {
                match model { $(<$model>::$name => Self::$name),* }
            }
        }

        impl From<$line> for $model {
            fn from(line: $line) -> Self {
                match line { $($line::$name => Self::$name),* }
            }
        }
    };
}

mirror!(WhyLine of Why { Failed, Stale, Interrupted, Asked, Blocked });
mirror!(WayLine of Way { Forward, Back });
mirror!(EndLine of End { Applied, RolledBack, Stuck, Kept });

impl From<&Record> for RecordLine {
    fn from(record: &Record) -> Self {
        match record {
            Record::Begun(begun) => Self::Begun(begun.into()),
            Record::Resumed { by, at } => Self::Resumed { by: by.clone(), at: *at },
            Record::Unwinding(Unwinding { why, failed }) => Self::Unwinding {
                why: (*why).into(),
                failed: failed.iter().map(|(step, words)| (step.0, words.clone())).collect(),
            },
            Record::Step { step, way, event } => Self::Step { step: step.0, way: (*way).into(), event: event.into() },
            Record::Ended { end, at } => Self::Ended { end: (*end).into(), at: *at },
        }
    }
}

impl From<RecordLine> for Record {
    fn from(line: RecordLine) -> Self {
        match line {
            RecordLine::Begun(begun) => Self::Begun(begun.into()),
            RecordLine::Resumed { by, at } => Self::Resumed { by, at },
            RecordLine::Unwinding { why, failed } => Self::Unwinding(Unwinding {
                why: why.into(),
                failed: failed.into_iter().map(|(step, words)| (StepId(step), words)).collect(),
            }),
            RecordLine::Step { step, way, event } => {
                Self::Step { step: StepId(step), way: way.into(), event: event.into() }
            }
            RecordLine::Ended { end, at } => Self::Ended { end: end.into(), at },
        }
    }
}

impl From<&Begun> for BegunLine {
    fn from(begun: &Begun) -> Self {
        let Begun { run, project, verb, plan, steps, by, at, keep, version, place } = begun.clone();
        Self { run, project, verb, plan, steps, by, at, keep, version, place }
    }
}

impl From<BegunLine> for Begun {
    fn from(line: BegunLine) -> Self {
        let BegunLine { run, project, verb, plan, steps, by, at, keep, version, place } = line;
        Self { run, project, verb, plan, steps, by, at, keep, version, place }
    }
}

impl From<&StepRecord> for EventLine {
    fn from(event: &StepRecord) -> Self {
        match event {
            StepRecord::Intent { token, id, before } => {
                Self::Intent { token: token.clone(), id: id.clone(), before: attrs_line(before) }
            }
            StepRecord::Answered(object) => Self::Answered(object.into()),
            StepRecord::Refused(words) => Self::Refused(words.clone()),
            StepRecord::Found(object) => Self::Found(object.into()),
            StepRecord::Absent => Self::Absent,
            StepRecord::Settled(attrs) => Self::Settled(attrs_line(attrs)),
            StepRecord::Failed(words) => Self::Failed(words.clone()),
            StepRecord::Skipped(object) => Self::Skipped(object.into()),
        }
    }
}

impl From<EventLine> for StepRecord {
    fn from(line: EventLine) -> Self {
        match line {
            EventLine::Intent { token, id, before } => Self::Intent { token, id, before: attrs(before) },
            EventLine::Answered(object) => Self::Answered(object.into()),
            EventLine::Refused(words) => Self::Refused(words),
            EventLine::Found(object) => Self::Found(object.into()),
            EventLine::Absent => Self::Absent,
            EventLine::Settled(line) => Self::Settled(attrs(line)),
            EventLine::Failed(words) => Self::Failed(words),
            EventLine::Skipped(object) => Self::Skipped(object.into()),
        }
    }
}

#[cfg(test)]
mod tests;
