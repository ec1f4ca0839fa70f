//! Reading a request: owns JSON bodies, patch operations and list pages, with the errors AWS gives for malformed ones.
//!
//! Knows types, not meanings: what a member may hold is decided by the operation that reads it.

use super::fault::{bad_request, outside, validation};
use crate::wire::{Call, Fault};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The members of a JSON object; null counts as absent.
#[derive(Debug, Clone, Default)]
pub(super) struct Input(Map<String, Value>);

impl Input {
    /// Reads a request's body; an empty one has no members.
    pub(super) fn of(call: &Call) -> Result<Input, Fault> {
        if call.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Input::default());
        }
        match serde_json::from_slice(&call.body) {
            Ok(Value::Object(members)) => Ok(Input(members)),
            Ok(_) => Err(serialization("Start of structure or map found where not expected.")),
            Err(_) => Err(serialization("Unable to parse the request body as JSON")),
        }
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// Reads a string.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Fault> {
        self.get(key).map(text).transpose()
    }

    /// Reads a boolean.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        self.get(key).map(flag).transpose()
    }

    /// Reads a whole number.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, Fault> {
        self.get(key)
            .map(|value| {
                value
                    .as_i64()
                    .ok_or_else(|| serialization(&format!("{} can not be converted to an Integer", class(value))))
            })
            .transpose()
    }

    /// Reads a number.
    pub(super) fn decimal(&self, key: &str) -> Result<Option<f64>, Fault> {
        self.get(key)
            .map(|value| {
                value
                    .as_f64()
                    .ok_or_else(|| serialization(&format!("{} can not be converted to a Double", class(value))))
            })
            .transpose()
    }

    /// Reads a list of strings.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<String>>, Fault> {
        self.get(key)
            .map(|value| {
                let items = value.as_array().ok_or_else(|| serialization("Expected list or null"))?;
                items.iter().map(text).collect()
            })
            .transpose()
    }

    /// Reads a map of strings.
    pub(super) fn map(&self, key: &str) -> Result<Option<BTreeMap<String, String>>, Fault> {
        self.entries(key, text)
    }

    /// Reads a map of templates, where AWS keeps an empty one as null.
    pub(super) fn templates(&self, key: &str) -> Result<Option<BTreeMap<String, Option<String>>>, Fault> {
        self.entries(key, |value| {
            if value.is_null() { Ok(None) } else { text(value).map(|text| Some(text).filter(|text| !text.is_empty())) }
        })
    }

    /// Reads a map of booleans.
    pub(super) fn flags(&self, key: &str) -> Result<Option<BTreeMap<String, bool>>, Fault> {
        self.entries(key, flag)
    }

    /// Reads an object.
    pub(super) fn nested(&self, key: &str) -> Result<Option<Input>, Fault> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Input(members.clone()))),
            Some(_) => Err(serialization("Start of structure or map found where not expected.")),
        }
    }

    fn entries<T>(
        &self,
        key: &str,
        read: impl Fn(&Value) -> Result<T, Fault>,
    ) -> Result<Option<BTreeMap<String, T>>, Fault> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(members)) => members
                .iter()
                .map(|(key, value)| Ok((key.clone(), read(value)?)))
                .collect::<Result<_, Fault>>()
                .map(Some),
            Some(_) => Err(serialization("Expected map or null")),
        }
    }
}

fn serialization(message: &str) -> Fault {
    Fault::new(400, "SerializationException", message)
}

fn class(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "class java.lang.Boolean",
        Value::Number(_) => "class com.amazon.coral.value.json.numbers.TruncatingBigNumber",
        Value::String(_) => "class java.lang.String",
        _ => "class java.util.Map",
    }
}

fn text(value: &Value) -> Result<String, Fault> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| serialization(&format!("{} can not be converted to an String", class(value))))
}

fn flag(value: &Value) -> Result<bool, Fault> {
    value.as_bool().ok_or_else(|| serialization(&format!("{} can not be converted to an Boolean", class(value))))
}

/// What a patch operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Remove,
    Replace,
    /// Which only a stage's canary supports.
    Copy,
    /// `move` and `test`, which no path supports.
    Other,
}

/// One patch operation.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    pub(super) op: Op,
    pub(super) path: String,
    value: Option<String>,
    /// Where `copy` takes the value from.
    pub(super) from: Option<String>,
}

impl Patch {
    /// Gives the path's parts with `~1` and `~0` undone.
    pub(super) fn segments(&self) -> Vec<String> {
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
    }

    /// Gives the value, empty when there is none.
    pub(super) fn value(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    /// Gives the value, absent when it is missing or empty.
    pub(super) fn content(&self) -> Option<String> {
        self.value.clone().filter(|value| !value.is_empty())
    }

    /// Refuses all but `replace`.
    pub(super) fn only_replace(&self) -> Result<(), Fault> {
        if self.op == Op::Replace {
            return Ok(());
        }
        Err(bad_request("Invalid patch operation specified. Must be one of: [replace]"))
    }

    /// Reads the value as a boolean; AWS takes anything but `true` for false.
    pub(super) fn flag(&self) -> bool {
        self.value().eq_ignore_ascii_case("true")
    }

    /// Says that the path is not one of this object's.
    pub(super) fn unknown_path(&self) -> Fault {
        bad_request(format!("Invalid patch path {}", self.path))
    }
}

/// Reads the operations of a PATCH; `input` is the name of the request's shape.
pub(super) fn patches(call: &Call, input: &str) -> Result<Vec<Patch>, Fault> {
    let body = Input::of(call)?;
    let Some(list) = body.get("patchOperations") else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| serialization("Expected list or null"))?;
    let mut problems = Vec::new();
    let mut patches = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let Value::Object(members) = item else { return Err(serialization("Expected structure or null")) };
        let members = Input(members.clone());
        let op = match members.text("op")?.as_deref() {
            Some("add") => Op::Add,
            Some("remove") => Op::Remove,
            Some("replace") => Op::Replace,
            Some("copy") => Op::Copy,
            Some("move" | "test") | None => Op::Other,
            Some(other) => {
                let member = format!("{input}.patchOperations.{}.member.op", index + 1);
                problems.push(outside(other, &member, "add, remove, move, test, replace, copy"));
                continue;
            }
        };
        let Some(path) = members.text("path")? else { return Err(bad_request("Invalid patch path null")) };
        patches.push(Patch { op, path, value: members.text("value")?, from: members.text("from")? });
    }
    if problems.is_empty() { Ok(patches) } else { Err(validation(&problems)) }
}

/// Cuts a page out of a list by `limit` (25 unless given, at most 500) and `position`; gives the next position.
pub(super) fn page<T>(call: &Call, items: Vec<(String, T)>) -> Result<(Vec<T>, Option<String>), Fault> {
    let limit = match call.query_value("limit") {
        None => 25,
        // A limit above the maximum is served as the maximum.
        Some(text) => match text.parse::<usize>() {
            Ok(limit) if limit >= 1 => limit.min(500),
            _ => return Err(bad_request("Invalid limit parameter specified")),
        },
    };
    let start = match call.query_value("position").filter(|position| !position.is_empty()) {
        None => 0,
        Some(position) => {
            let after = unseal(position).ok_or_else(|| bad_request("Invalid position parameter specified"))?;
            // The item that a position names may be gone by now.
            items.iter().position(|(key, _)| *key > after).unwrap_or(items.len())
        }
    };
    let more = items.len() > start + limit;
    let mut last = None;
    let page = items
        .into_iter()
        .skip(start)
        .take(limit)
        .map(|(key, item)| {
            last = Some(key);
            item
        })
        .collect();
    Ok((page, last.filter(|_| more).map(|key| seal(&key))))
}

fn seal(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unseal(position: &str) -> Option<String> {
    let digits: Vec<u8> = position.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let bytes = digits.chunks(2).map(|pair| Some((pair.first()? << 4) | pair.get(1)?)).collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok()
}
