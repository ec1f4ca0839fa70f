//! The paths of a definition: the one form that two equal sets of paths have.
//!
//! Owns: AWS's defaults, which are left out, so that what is written and what is read back agree.
//! Refuses to know: how paths are written (`openapi`) or read (`read`).

use std::collections::BTreeMap;

use privlink_model::Value;
use privlink_model::keys::api_definition::{integration, method};

/// AWS's time limit for an integration, where none is given.
const DEFAULT_TIMEOUT_MS: i64 = 29_000;

type Map = BTreeMap<String, Value>;

/// The one form of paths: verbs in capitals, what is a set as a set, no defaults, nothing empty.
pub(super) fn normalise(paths: Value) -> Value {
    let paths = each(paths, |methods| {
        let Value::Map(methods) = methods else { return methods };
        Value::Map(methods.into_iter().map(|(verb, one)| (verb.to_ascii_uppercase(), normalise_method(one))).collect())
    });
    match paths {
        Value::Map(paths) => Value::Map(without_empty(paths)),
        other => other,
    }
}

fn normalise_method(one: Value) -> Value {
    let Value::Map(mut one) = one else { return one };
    replace(&mut one, method::AUTHORIZATION, capitals);
    replace(&mut one, method::PATH_PARAMETERS, set);
    replace(&mut one, method::INTEGRATION, normalise_integration);
    replace(&mut one, method::RESPONSES, |responses| {
        each(responses, |response| {
            let Value::Map(mut response) = response else { return response };
            replace(&mut response, "headers", set);
            Value::Map(without_empty(response))
        })
    });
    leave_out(&mut one, method::AUTHORIZATION, &Value::from("NONE"));
    leave_out(&mut one, method::API_KEY, &Value::Bool(false));
    Value::Map(without_empty(one))
}

fn normalise_integration(one: Value) -> Value {
    let Value::Map(mut one) = one else { return one };
    for key in [integration::TYPE, integration::METHOD, integration::PASSTHROUGH] {
        replace(&mut one, key, capitals);
    }
    leave_out(&mut one, integration::PASSTHROUGH, &Value::from("WHEN_NO_MATCH"));
    leave_out(&mut one, integration::TIMEOUT_MS, &Value::Int(DEFAULT_TIMEOUT_MS));
    if one.get(integration::TYPE) == Some(&Value::from("MOCK")) {
        // They mean nothing to an integration that calls nobody; AWS keeps and shows whatever it was given.
        for key in [integration::METHOD, integration::URI, integration::TIMEOUT_MS] {
            one.remove(key);
        }
    }
    replace(&mut one, integration::RESPONSES, |responses| {
        each(responses, |response| match response {
            Value::Map(response) => Value::Map(without_empty(response)),
            other => other,
        })
    });
    Value::Map(without_empty(one))
}

/// Rewrites each value of a map.
fn each(map: Value, rewrite: impl Fn(Value) -> Value) -> Value {
    match map {
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, value)| (key, rewrite(value))).collect()),
        other => other,
    }
}

fn replace(map: &mut Map, key: &str, rewrite: impl Fn(Value) -> Value) {
    if let Some(value) = map.remove(key) {
        map.insert(key.to_owned(), rewrite(value));
    }
}

fn leave_out(map: &mut Map, key: &str, default: &Value) {
    if map.get(key) == Some(default) {
        map.remove(key);
    }
}

/// Leaves out empty maps, lists and sets; but a response without headers still declares its status.
fn without_empty(mut map: Map) -> Map {
    map.retain(|_, value| match value {
        Value::List(items) => !items.is_empty(),
        Value::Set(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        _ => true,
    });
    map
}

fn capitals(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(text.to_ascii_uppercase()),
        other => other,
    }
}

fn set(value: Value) -> Value {
    match value {
        Value::List(items) => Value::Set(items.into_iter().collect()),
        Value::Text(text) => Value::text_set([text]),
        other => other,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::normalise;
    use privlink_model::Value;

    /// A greedy proxy over a VPC link and a preflight, spelled out with every default.
    pub(in super::super) fn spelled_out() -> Value {
        let proxy = Value::map([
            ("type", Value::from("http_proxy")),
            ("method", Value::from("any")),
            ("uri", Value::from("http://orders.example:9000/{proxy}")),
            ("vpc-link", Value::from("abc123")),
            ("parameters", Value::map([("integration.request.path.proxy", Value::from("method.request.path.proxy"))])),
            ("passthrough", Value::from("WHEN_NO_MATCH")),
            ("timeout-ms", Value::Int(29_000)),
            ("templates", Value::map::<String>([])),
        ]);
        let any = Value::map([
            ("authorization", Value::from("NONE")),
            ("api-key", Value::Bool(false)),
            ("path-parameters", Value::List(vec!["proxy".into()])),
            ("integration", proxy),
        ]);
        let origin = ("method.response.header.Access-Control-Allow-Origin", Value::from("'*'"));
        let mock = Value::map([
            ("type", Value::from("MOCK")),
            ("passthrough", Value::from("NEVER")),
            ("timeout-ms", Value::Int(29_000)),
            ("templates", Value::map([("application/json", Value::from("{\"statusCode\":200}"))])),
            ("responses", Value::map([("200", Value::map([origin]))])),
        ]);
        let headers = Value::List(vec!["Access-Control-Allow-Origin".into()]);
        let options = Value::map([
            ("integration", mock),
            ("path-parameters", Value::text_set(["proxy"])),
            ("responses", Value::map([("200", Value::map([("headers", headers)]))])),
        ]);
        Value::map([("/{proxy+}", Value::map([("any", any), ("OPTIONS", options)]))])
    }

    #[test]
    fn defaults_and_spellings_make_no_difference() {
        let once = normalise(spelled_out());
        assert_eq!(normalise(once.clone()), once);
        let text = once.to_string();
        for default in ["NONE", "api-key", "29000", "WHEN_NO_MATCH", "http_proxy", "\"any\""] {
            assert!(!text.contains(default), "{default} in {text}");
        }
        for kept in ["NEVER", "HTTP_PROXY", "\"ANY\"", "statusCode"] {
            assert!(text.contains(kept), "{kept} not in {text}");
        }
    }

    #[test]
    fn a_declared_status_without_headers_stays() {
        let responses = Value::map([("200", Value::map([("headers", Value::text_set::<String>([]))]))]);
        let method = Value::map([("responses", responses)]);
        let paths = normalise(Value::map([("/", Value::map([("GET", method)]))]));
        assert_eq!(paths.to_string(), r#"{"/": {"GET": {"responses": {"200": {}}}}}"#);
    }

    #[test]
    fn what_is_no_default_makes_a_difference() {
        let at = |timeout: i64| {
            let integration = Value::map([("type", Value::from("HTTP_PROXY")), ("timeout-ms", Value::Int(timeout))]);
            normalise(Value::map([("/", Value::map([("GET", Value::map([("integration", integration)]))]))]))
        };
        assert_ne!(at(5_000), at(29_000));
    }
}
