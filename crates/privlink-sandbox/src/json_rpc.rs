//! AWS's JSON protocol, version 1.1: an operation named in a header, one object in, one object out.
//!
//! Owns reading members with the errors AWS gives for malformed ones; knows no service. Read next: `trail/lookup.rs`,
//! `events.rs`.

use crate::clock::Moment;
use crate::wire::{Call, Fault, Reply};
use serde_json::{Map, Value};

/// The type of what is sent and answered.
pub(crate) const CONTENT: &str = "application/x-amz-json-1.1";

/// Gives the operation that a request names: what is after the last dot of its target.
pub(crate) fn operation(call: &Call) -> &str {
    call.header("x-amz-target").and_then(|target| target.rsplit('.').next()).unwrap_or("unknown")
}

/// Says that a service has no such operation here.
pub(crate) fn unknown(operation: &str) -> Fault {
    Fault::new(400, "UnknownOperationException", format!("This sandbox offers no operation {operation}"))
}

/// Answers with an object.
pub(crate) fn answer(value: &Value) -> Reply {
    Reply { headers: vec![("content-type".to_owned(), CONTENT.to_owned())], ..Reply::json(200, value) }
}

/// The members of an object; null counts as absent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members(Map<String, Value>);

impl Members {
    /// Reads a request's body.
    pub(crate) fn of(call: &Call) -> Result<Members, Fault> {
        match serde_json::from_slice(&call.body) {
            Ok(Value::Object(members)) => Ok(Members(members)),
            _ => Err(malformed("Unable to parse the request body as a JSON object")),
        }
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// Reads a text.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>, Fault> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(malformed(&format!("{key} is not a string"))),
        }
    }

    /// Reads a whole number.
    pub(crate) fn number(&self, key: &str) -> Result<Option<i64>, Fault> {
        let number = |value: &Value| value.as_i64().ok_or_else(|| malformed(&format!("{key} is not an integer")));
        self.get(key).map(number).transpose()
    }

    /// Reads a moment, in seconds since 1970.
    pub(crate) fn moment(&self, key: &str) -> Result<Option<Moment>, Fault> {
        let moment = |value: &Value| {
            let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0);
            seconds
                .map(|seconds| Moment((seconds * 1000.0) as u64))
                .ok_or_else(|| malformed(&format!("{key} is not a time in seconds")))
        };
        self.get(key).map(moment).transpose()
    }

    /// Reads a list of objects; one that is not there is empty.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<Members>, Fault> {
        let wrong = || malformed(&format!("{key} is not a list of objects"));
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let object = |value: &Value| value.as_object().cloned().map(Members).ok_or_else(wrong);
        value.as_array().ok_or_else(wrong)?.iter().map(object).collect()
    }

    /// Reads a list of texts; one that is not there is empty.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<&str>, Fault> {
        let wrong = || malformed(&format!("{key} is not a list of strings"));
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        value.as_array().ok_or_else(wrong)?.iter().map(|value| value.as_str().ok_or_else(wrong)).collect()
    }
}

fn malformed(message: &str) -> Fault {
    Fault::new(400, "SerializationException", message)
}
