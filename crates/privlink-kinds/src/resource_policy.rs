//! Policies of resources: the one form that two policies of the same meaning have.
//!
//! Owns: the normaliser, and the reading of a policy's text. Sound rather than complete: only spellings that mean the same in
//! every case become equal. Refuses to know: whose policy it is, and who may call what.
//! Read next: `api_definition::policy` and `endpoint` for whose there are.
//!
//! On saving API Gateway makes a root ARN of an account id, and on reading it gives the text escaped once more than JSON asks.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::Value;
use serde_json::Value as Json;

/// The version a policy has that names none.
const DEFAULT_VERSION: &str = "2008-10-17";

/// The one form of a policy: statements and everything that may be one or many as sets, principals in their shortest form.
pub(crate) fn normalise(policy: Value) -> Value {
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
pub(crate) fn many(value: Value) -> BTreeSet<Value> {
    match value {
        Value::List(items) => items.into_iter().flat_map(many).collect(),
        Value::Set(items) => items.into_iter().flat_map(many).collect(),
        one => BTreeSet::from([one]),
    }
}

/// The policy that a text is; a text that is no policy stays a text, so that it is seen.
#[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "policies are read by the live half"))]
pub(crate) fn read(text: &str) -> Value {
    parse(text).map_or_else(|| Value::from(text), normalise)
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

#[cfg(test)]
mod tests {
    use super::{normalise, read};
    use privlink_model::{Address, Value};

    #[test]
    fn spellings_of_one_meaning_are_one_policy_and_stay_so() {
        let long = r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["a:B"],"Resource":["*"]}]}"#;
        let short = r#"{"Version":"2008-10-17",
            "Statement":{"Effect":"Allow","Principal":"*","Action":"a:B","Resource":"*"}}"#;
        assert_eq!(read(long), read(short));
        assert_eq!(normalise(read(long)), read(long));
        assert_ne!(read(long), read(&long.replace("a:B", "a:*")));
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
        assert_eq!(read("[1]"), Value::from("[1]"));
    }
}
