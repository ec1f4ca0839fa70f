//! What exists, without what only says when or how often: for asking whether two worlds are equal.

use crate::world::World;
use serde_json::{Map, Value};

/// Members of any object that say when something was or will be, or what was asked, and not what exists.
const PASSING: &[&str] = &[
    "created",
    "created_at",
    "updated",
    "registered",
    "ready_at",
    "deleted_at",
    "gone_at",
    "drained_at",
    "used_since",
    "once_available",
    "tokens",
];

/// Lists all that exists, by account and region, then by service; empty scopes and kinds are left out.
pub(crate) fn summarise(world: &World) -> Value {
    let mut out = Map::new();
    for (key, scope) in &world.scopes {
        let value = serde_json::to_value(scope).unwrap_or_default();
        if let Some(value) = lasting(value) {
            out.insert(key.clone(), value);
        }
    }
    Value::Object(out)
}

/// Takes out passing members and what is empty.
fn lasting(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let kept: Map<String, Value> = members
                .into_iter()
                .filter(|(key, _)| !PASSING.contains(&key.as_str()))
                .filter_map(|(key, value)| Some((key, lasting(value)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let kept: Vec<Value> = items.into_iter().filter_map(lasting).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        other => Some(other),
    }
}
