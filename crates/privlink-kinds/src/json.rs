//! Attribute values to JSON and back, for the documents that AWS takes and gives.
//!
//! Refuses to know what a document means. A set of one text is written as that text: policies have both forms for the same
//! thing, and the shorter one counts less against their length. Read next: `api_definition::openapi`, `resource_policy`.

use privlink_model::Value;
use serde_json::Value as Json;

/// The JSON of a value.
///
/// # Errors
/// When it holds a part that is not known yet.
pub(crate) fn of(value: &Value) -> Result<Json, String> {
    Ok(match value {
        Value::Bool(value) => Json::from(*value),
        Value::Int(number) => Json::from(*number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::List(items) => Json::Array(items.iter().map(of).collect::<Result<_, _>>()?),
        Value::Set(items) => {
            let mut items: Vec<Json> = items.iter().map(of).collect::<Result<_, _>>()?;
            match (items.len(), items.first()) {
                (1, Some(Json::String(_))) => items.swap_remove(0),
                _ => Json::Array(items),
            }
        }
        Value::Map(map) => {
            Json::Object(map.iter().map(|(key, value)| Ok((key.clone(), of(value)?))).collect::<Result<_, String>>()?)
        }
        Value::Of(_) | Value::Digest(_) => return Err(format!("a part of it is not known yet: {value}")),
    })
}
