//! LookupEvents: which entries of the log a request is about, in pages, the newest first.
//!
//! **Invariant:** what is written while pages are read is on none of them: a token names the entry after which to go on.

use super::record::Record;
use super::{Log, MEMORY};
use crate::clock::Moment;
use crate::ids::stable_hex;
use crate::json_rpc::{self, Members, answer};
use crate::wire::{Call, Fault, Reply};
use crate::world::scope_key;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What there is to ask for.
pub(crate) const OPERATIONS: &[&str] = &["LookupEvents"];

const PAGE: usize = 50;

/// Answers a CloudTrail request; what happened less than `lag` ago is not known yet.
pub(crate) fn handle(log: &Log, call: &Call, now: Moment, lag: Duration) -> Result<Reply, Fault> {
    let operation = json_rpc::operation(call);
    if !OPERATIONS.contains(&operation) {
        return Err(json_rpc::unknown(operation));
    }
    let asked = Asked::read(&Members::of(call)?)?;
    let scope = scope_key(&call.account, &call.region);
    let (oldest, newest) = (now.minus(MEMORY), now.minus(lag));
    let shown = |record: &&Record| {
        record.scope == scope
            && record.at >= oldest.max(asked.from)
            && record.at <= newest.min(asked.to)
            && record.number < asked.before
            && asked.is_about(record)
    };
    // Insights are for accounts that turned them on.
    let mut found = log.records.iter().rev().filter(shown).filter(|_| !asked.insight);
    let page: Vec<&Record> = found.by_ref().take(asked.most).collect();
    let mut members = Map::new();
    members.insert("Events".to_owned(), page.iter().map(|record| event(record)).collect());
    if let (Some(last), Some(_)) = (page.last(), found.next()) {
        members.insert("NextToken".to_owned(), json!(asked.token(last.number)));
    }
    Ok(answer(&Value::Object(members)))
}

fn event(record: &Record) -> Value {
    let resource = |(kind, name): &(String, String)| json!({ "ResourceType": kind, "ResourceName": name });
    json!({
        "EventId": record.id,
        "EventName": record.name,
        "ReadOnly": "false",
        "AccessKeyId": record.key,
        "EventTime": record.at.epoch_seconds(),
        "EventSource": record.source,
        "Username": record.user,
        "Resources": record.resources.iter().map(resource).collect::<Vec<_>>(),
        "CloudTrailEvent": record.text,
    })
}

/// What a request asks for.
struct Asked {
    attribute: Option<(String, String)>,
    from: Moment,
    to: Moment,
    insight: bool,
    most: usize,
    /// Only entries of smaller numbers.
    before: u64,
    /// What the other members say, in a few letters.
    digest: String,
}

impl Asked {
    fn read(members: &Members) -> Result<Asked, Fault> {
        let attribute = attribute(members)?;
        let (from, to) = (members.moment("StartTime")?, members.moment("EndTime")?);
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(refuse("InvalidTimeRangeException", "The start time must not be after the end time."));
        }
        let most = match members.number("MaxResults")? {
            None => PAGE,
            Some(most) => usize::try_from(most).ok().filter(|most| (1..=PAGE).contains(most)).ok_or_else(|| {
                refuse("InvalidMaxResultsException", format!("The maximum number of results must be from 1 to {PAGE}."))
            })?,
        };
        let category = members.text("EventCategory")?;
        if let Some(other) = category.filter(|category| *category != "insight") {
            let message = format!("{other} is not an event category.");
            return Err(refuse("InvalidEventCategoryException", message));
        }
        let digest = stable_hex(&format!("{attribute:?} {from:?} {to:?} {category:?}"), 16);
        let asked = Asked {
            attribute,
            from: from.unwrap_or_default(),
            to: to.unwrap_or(Moment::NEVER),
            insight: category.is_some(),
            most,
            before: u64::MAX,
            digest,
        };
        match members.text("NextToken")? {
            None => Ok(asked),
            Some(token) => {
                let number = token.strip_prefix(&asked.digest).and_then(|rest| u64::from_str_radix(rest, 16).ok());
                let invalid = || refuse("InvalidNextTokenException", "The token is invalid, or of another request.");
                Ok(Asked { before: number.ok_or_else(invalid)?, ..asked })
            }
        }
    }

    fn token(&self, last: u64) -> String {
        format!("{}{last:016x}", self.digest)
    }

    fn is_about(&self, record: &Record) -> bool {
        let Some((key, value)) = &self.attribute else { return true };
        match key.as_str() {
            "EventId" => record.id == *value,
            "EventName" => record.name == *value,
            "EventSource" => record.source == *value,
            "Username" => record.user == *value,
            "AccessKeyId" => record.key == *value,
            "ResourceName" => record.resources.iter().any(|(_, name)| name == value),
            "ResourceType" => record.resources.iter().any(|(kind, _)| kind == value),
            // The only one that is left, `ReadOnly`: nothing here is.
            _ => value == "false",
        }
    }
}

const KEYS: [&str; 8] =
    ["AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "ResourceName", "ResourceType", "Username"];

/// Reads the attribute that is looked for: one at most.
fn attribute(members: &Members) -> Result<Option<(String, String)>, Fault> {
    let invalid = |why: String| refuse("InvalidLookupAttributesException", why);
    let attributes = members.list("LookupAttributes")?;
    let [attribute] = attributes.as_slice() else {
        return match attributes.len() {
            0 => Ok(None),
            many => Err(invalid(format!("{many} lookup attributes were given; one is allowed."))),
        };
    };
    let (key, value) = (attribute.text("AttributeKey")?, attribute.text("AttributeValue")?);
    let (Some(key), Some(value)) = (key, value) else {
        return Err(invalid("A lookup attribute needs AttributeKey and AttributeValue.".to_owned()));
    };
    if !KEYS.contains(&key) {
        return Err(invalid(format!("{key} is not a lookup attribute.")));
    }
    if value.is_empty() || value.len() > 2000 {
        return Err(invalid(format!("The value of {key} must have from 1 to 2000 characters.")));
    }
    if key == "ReadOnly" && !matches!(value, "true" | "false") {
        return Err(invalid(format!("{value} is neither true nor false.")));
    }
    Ok(Some((key.to_owned(), value.to_owned())))
}

fn refuse(code: &str, message: impl Into<String>) -> Fault {
    Fault::new(400, code, message)
}
