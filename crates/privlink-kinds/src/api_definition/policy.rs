//! Resource policies: the one form that two policies of the same meaning have, and undoing what AWS makes of one on saving.
//!
//! Owns: the normaliser, and the reading of a policy's text. Sound rather than complete: only spellings that mean the same in
//! every case become equal. Refuses to know: who may call what, which is for `privlink-proof`.
//! Read next: `openapi` for how a policy is written.
//!
//! On saving AWS makes a full ARN of `execute-api:/…`, a root ARN of an account id, and on reading it gives the text escaped
//! once more than JSON asks.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::Value;
use serde_json::Value as Json;

/// The version a policy has that names none.
const DEFAULT_VERSION: &str = "2008-10-17";

/// The one form of a policy: statements and everything that may be one or many as sets, principals in their shortest form.
pub(super) fn normalise(policy: Value) -> Value {
    let policy = match policy {
        Value::Text(text) => match parse(&text) {
            Some(parsed) => parsed,
            None => return Value::Text(text),
        },
        other => other,
    };
    let Value::Map(mut document) = policy else { return policy };
    if let Some(statements) = document.remove("Statement") {
        let statements = many(statements).into_iter().map(normalise_statement).collect();
        document.insert("Statement".to_owned(), Value::Set(statements));
    }
    document.entry("Version".to_owned()).or_insert_with(|| Value::from(DEFAULT_VERSION));
    Value::Map(document)
}

fn normalise_statement(statement: Value) -> Value {
    let Value::Map(statement) = statement else { return statement };
    let normalise = |(key, value): (String, Value)| {
        let value = match key.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => Value::Set(many(value)),
            "Principal" | "NotPrincipal" => normalise_principal(value),
            "Condition" => normalise_condition(value),
            _ => value,
        };
        (key, value)
    };
    Value::Map(statement.into_iter().map(normalise).collect())
}

fn normalise_principal(principal: Value) -> Value {
    let Value::Map(kinds) = principal else { return principal };
    let kinds: BTreeMap<String, Value> = kinds
        .into_iter()
        .map(|(kind, names)| {
            let names = many(names).into_iter().map(|name| if kind == "AWS" { short_account(name) } else { name });
            let names = Value::Set(names.collect());
            (kind, names)
        })
        .collect();
    let everyone = Value::text_set(["*"]);
    if kinds.len() == 1 && kinds.get("AWS") == Some(&everyone) { Value::from("*") } else { Value::Map(kinds) }
}

/// An account, however it was written, is its id: the root ARN names a partition, which the id does not.
fn short_account(name: Value) -> Value {
    let Value::Text(text) = &name else { return name };
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, "root"] => Value::from(*account),
        _ => name,
    }
}

/// Operator, then key, then the values, which are texts: AWS reads `true` and `"true"` alike.
fn normalise_condition(condition: Value) -> Value {
    let Value::Map(operators) = condition else { return condition };
    let text = |value: Value| match value {
        Value::Bool(flag) => Value::Text(flag.to_string()),
        Value::Int(number) => Value::Text(number.to_string()),
        other => other,
    };
    let keys = |keys: Value| match keys {
        Value::Map(keys) => Value::Map(
            keys.into_iter()
                .map(|(key, values)| (key, Value::Set(many(values).into_iter().map(text).collect())))
                .collect(),
        ),
        other => other,
    };
    Value::Map(operators.into_iter().map(|(operator, of)| (operator, keys(of))).collect())
}

/// One or many as a set; lists in lists, which references to sets become, are flattened.
fn many(value: Value) -> BTreeSet<Value> {
    match value {
        Value::List(items) => items.into_iter().flat_map(many).collect(),
        Value::Set(items) => items.into_iter().flat_map(many).collect(),
        one => BTreeSet::from([one]),
    }
}

/// Reads the text of a live policy of the API with this id; a text that is no policy stays a text, so that it is seen.
#[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "policies are read by the live half"))]
pub(super) fn read(text: &str, api: &str) -> Value {
    match parse(text) {
        Some(policy) => normalise(shorten(policy, api)),
        None => Value::from(text),
    }
}

/// Reads JSON, plain or escaped as AWS gives it.
fn parse(text: &str) -> Option<Value> {
    let object = |text: &str| serde_json::from_str(text).ok().filter(Json::is_object);
    let unescaped = || serde_json::from_str::<String>(&format!("\"{text}\"")).ok();
    object(text).or_else(|| object(&unescaped()?)).map(value)
}

fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Text(String::new()),
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::Text(number.to_string()), Value::Int),
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(items.into_iter().map(value).collect()),
        Json::Object(members) => Value::Map(members.into_iter().map(|(key, member)| (key, value(member))).collect()),
    }
}

/// Gives resources of the API itself their short form.
fn shorten(policy: Value, api: &str) -> Value {
    let Value::Map(mut document) = policy else { return policy };
    if let Some(statements) = document.remove("Statement") {
        let statements = many(statements).into_iter().map(|statement| shorten_statement(statement, api)).collect();
        document.insert("Statement".to_owned(), Value::Set(statements));
    }
    Value::Map(document)
}

fn shorten_statement(statement: Value, api: &str) -> Value {
    let Value::Map(mut statement) = statement else { return statement };
    for key in ["Resource", "NotResource"] {
        if let Some(resources) = statement.remove(key) {
            let short = many(resources).into_iter().map(|resource| match &resource {
                Value::Text(arn) => short_resource(arn, api).map_or(resource.clone(), Value::Text),
                _ => resource,
            });
            statement.insert(key.to_owned(), Value::Set(short.collect()));
        }
    }
    Value::Map(statement)
}

fn short_resource(arn: &str, api: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':');
    let (arn, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (_region, _account, path) = (parts.next()?, parts.next()?, parts.next()?);
    let path = path.strip_prefix(api)?.strip_prefix('/')?;
    (arn == "arn" && service == "execute-api").then(|| format!("execute-api:/{path}"))
}

#[cfg(test)]
mod tests {
    use super::{normalise, read};
    use privlink_model::{Address, Value};

    const SAVED: &str = r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\"Resource\":\"arn:aws:execute-api:us-east-1:222222222222:abcdefghij\/*\",\"Condition\":{\"StringNotEquals\":{\"aws:SourceVpce\":\"vpce-1\"}}},{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"arn:aws:iam::111111111111:root\"]},\"Action\":[\"execute-api:Invoke\"],\"Resource\":[\"arn:aws:execute-api:us-east-1:222222222222:abcdefghij\/test\/GET\/\"]}]}"#;

    fn written() -> Value {
        let allow = Value::map([
            ("Effect", Value::from("Allow")),
            ("Principal", Value::map([("AWS", Value::from("111111111111"))])),
            ("Action", Value::from("execute-api:Invoke")),
            ("Resource", Value::from("execute-api:/test/GET/")),
        ]);
        let vpce = Value::map([("aws:SourceVpce", Value::List(vec!["vpce-1".into()]))]);
        let deny = Value::map([
            ("Effect", Value::from("Deny")),
            ("Principal", Value::map([("AWS", Value::from("*"))])),
            ("Action", Value::from("execute-api:Invoke")),
            ("Resource", Value::text_set(["execute-api:/*"])),
            ("Condition", Value::map([("StringNotEquals", vpce)])),
        ]);
        Value::map([("Version", Value::from("2012-10-17")), ("Statement", Value::List(vec![allow, deny]))])
    }

    #[test]
    fn what_aws_makes_of_a_policy_equals_what_was_written() {
        assert_eq!(read(SAVED, "abcdefghij"), normalise(written()));
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        let once = normalise(written());
        assert_eq!(normalise(once.clone()), once);
    }

    #[test]
    fn another_apis_resources_keep_their_arn_and_a_wider_condition_is_another_policy() {
        assert_ne!(read(SAVED, "zzzzzzzzzz"), normalise(written()));
        let wider = SAVED.replace("StringNotEquals", "StringEquals");
        assert_ne!(read(&wider, "abcdefghij"), normalise(written()));
    }

    #[test]
    fn what_is_not_known_yet_stays_in_its_place() {
        let id = Value::of(&Address::new("entry/hub"), "id");
        let vpce = Value::map([("aws:SourceVpce", id.clone())]);
        let statement = Value::map([("Condition", Value::map([("StringEquals", vpce)]))]);
        let policy = normalise(Value::map([("Statement", statement)]));
        assert_eq!(policy.references().len(), 1);
        let known = policy.resolve(&|_| Some("vpce-1".into()));
        assert_eq!(known.references().len(), 0);
        assert_eq!(normalise(known.clone()), known);
    }

    #[test]
    fn a_text_that_is_no_policy_stays_visible() {
        assert_eq!(read("[1]", "abcdefghij"), Value::from("[1]"));
    }
}
