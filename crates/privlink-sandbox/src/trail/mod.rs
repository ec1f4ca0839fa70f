//! CloudTrail: the log of who changed what, and LookupEvents.
//!
//! Every call of EC2, ELBv2 and API Gateway that could have changed something is in the log of its account and region,
//! refused ones with their error; LookupEvents shows it some minutes later, as AWS does. Reads are not logged, although AWS
//! logs them. The log is no part of the world: worlds are compared and written whole at each change, and a log only
//! grows. Where the world is kept it is a file beside it. Read next: `record.rs` for an entry, `lookup.rs` for the call.

mod elements;
mod lookup;
mod record;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use lookup::{OPERATIONS, handle};
pub(crate) use record::Done;

use crate::clock::Moment;
use crate::store::LogFile;
use record::Record;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// How long ago a call was when LookupEvents shows it, unless said otherwise. AWS says "typically within 5 minutes".
pub(crate) const LAG: Duration = Duration::from_secs(5 * 60);
/// How long LookupEvents remembers.
const MEMORY: Duration = Duration::from_secs(90 * 24 * 3600);
/// How many entries are kept here, which is no limit of AWS's.
const MOST: usize = 5000;

/// The log of all accounts and regions.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The newest last.
    records: VecDeque<Record>,
    written: u64,
    file: Option<LogFile>,
}

impl Log {
    /// Goes on with the log that a file keeps.
    pub(crate) fn open(mut file: LogFile) -> io::Result<Log> {
        // A line that was cut off by a kill is one that nobody was shown.
        let lines = file.lines()?;
        let mut records: VecDeque<Record> = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        while records.len() > MOST {
            records.pop_front();
        }
        if records.len() < lines.len() {
            let lines: Result<Vec<String>, _> = records.iter().map(serde_json::to_string).collect();
            file.replace(&lines?)?;
        }
        let written = records.back().map_or(0, |record| record.number);
        Ok(Log { records, written, file: Some(file) })
    }

    /// Takes note of a call.
    pub(crate) fn note(&mut self, at: Moment, done: Done<'_>) -> io::Result<()> {
        self.written += 1;
        let record = Record::new(self.written, at, done);
        if let Some(file) = &mut self.file {
            file.append(&serde_json::to_string(&record)?)?;
        }
        self.records.push_back(record);
        if self.records.len() > MOST {
            self.records.pop_front();
        }
        Ok(())
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.records.clear();
        self.file.as_mut().map_or(Ok(()), |file| file.replace(&[]))
    }

    /// Gives every record, the newest last, also those that LookupEvents does not show yet.
    pub(crate) fn json(&self) -> Value {
        self.records.iter().map(|record| serde_json::from_str(&record.text).unwrap_or(json!(record.text))).collect()
    }
}
