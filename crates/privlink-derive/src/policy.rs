//! Resource policies: what the spec's `allow` nodes become.
//!
//! Everything that did not come through one of the API's entries is denied, which holds for signed callers of the API's own
//! account too (an Allow alone would not confine them). What is allowed is allowed by entry. A policy of the user's own is
//! taken as it is, and checked in `file`.

mod file;

use std::collections::BTreeSet;

use privlink_model::keys::ID;
use privlink_model::{Finding, Value};
use privlink_spec::document::{Allow, Api, Party};

use crate::context::{Context, origin};
use crate::entry;

/// The longest resource policy API Gateway takes.
const LONGEST: usize = 8192;

/// The policy of an API: its file's, else the derived one.
pub(crate) fn derive(context: &mut Context<'_>, api: &Api) -> Value {
    if let Some(policy) = &api.policy {
        return match serde_json::from_str(&policy.text) {
            Ok(json) => {
                file::check(context, api, policy, &json);
                from_json(&json)
            }
            Err(error) => {
                let message = format!("{:?} is not JSON: {error}", policy.file.value);
                let finding = Finding::error("privlink::policy::not-json", message, origin(policy.file.span))
                    .labelled("cannot be read")
                    .helped("a resource policy is a JSON object with Version and Statement");
                context.find(finding);
                Value::map::<String>([])
            }
        };
    }
    let entries: Vec<Value> =
        api.entries.iter().map(|entry| Value::of(&entry::address(&entry.network.value), ID.key())).collect();
    let mut statements = vec![statement(
        "Deny",
        ["execute-api:/*".to_owned()].into(),
        "StringNotEquals",
        Value::Set(entries.into_iter().collect()),
    )];
    let mut seen = BTreeSet::new();
    for allow in &api.allows {
        let Party::Network(network) = &allow.who else { continue };
        let statement = statement(
            "Allow",
            [resource(allow)].into(),
            "StringEquals",
            Value::Set([Value::of(&entry::address(&network.value), ID.key())].into()),
        );
        if seen.insert(statement.clone()) {
            statements.push(statement);
        }
    }
    let derived = Value::map([("Version", Value::from("2012-10-17")), ("Statement", Value::List(statements))]);
    check_length(context, api, &derived);
    derived
}

/// A derived policy grows with every `allow`; one of a file is measured when the file is read.
fn check_length(context: &mut Context<'_>, api: &Api, policy: &Value) {
    let length = to_json(policy).to_string().chars().count();
    let Some(last) = api.allows.last().filter(|_| length > LONGEST) else { return };
    let message = format!(
        "the resource policy of API {:?} would have {length} characters, and AWS takes {LONGEST}",
        api.name.value
    );
    let finding = Finding::error("privlink::policy::too-long", message, origin(last.span))
        .labelled(format!("the last of {} allow nodes", api.allows.len()))
        .helped("allow by wider paths (path=\"/orders/*\"), without methods, or divide the API");
    context.find(finding);
}

/// A policy as its text will be, with the ids that are not known yet in their length.
fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        // A set of one is written as its one element, which is shorter.
        Value::Set(items) if items.len() == 1 => items.iter().map(to_json).next().unwrap_or_default(),
        Value::Set(items) => items.iter().map(to_json).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (key.clone(), to_json(value))).collect(),
        Value::Of(_) | Value::Digest(_) => "vpce-0123456789abcdef0".into(),
    }
}

fn statement(effect: &str, resources: BTreeSet<String>, operator: &str, endpoints: Value) -> Value {
    Value::map([
        ("Effect", Value::from(effect)),
        ("Principal", Value::from("*")),
        ("Action", Value::from("execute-api:Invoke")),
        ("Resource", Value::text_set(resources)),
        ("Condition", Value::map([(operator, Value::map([("aws:SourceVpce", endpoints)]))])),
    ])
}

/// The short form of what an `allow` covers: every stage, its method, its path.
fn resource(allow: &Allow) -> String {
    match (&allow.method, &allow.path) {
        (None, None) => "execute-api:/*".to_owned(),
        (method, path) => {
            let method = method.as_ref().map_or("*", |method| &method.value);
            let path = path.as_ref().map_or("*", |path| path.value.trim_start_matches('/'));
            format!("execute-api:/*/{method}/{path}")
        }
    }
}

fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Text(String::new()),
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Value::Text(number.to_string()), Value::Int)
        }
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(from_json).collect()),
        serde_json::Value::Object(map) => Value::map(map.iter().map(|(key, value)| (key.clone(), from_json(value)))),
    }
}
