//! The public JSON: it has the form its schema says, and no secrets.

use privlink_model::{Address, Desired, Value};
use serde_json::Value as Json;

use super::toy::{BALANCER, ENDPOINT, FIRST, GROUP, KINDS, id, planned, resource, set, spec};
use super::world::World;
use crate::{SCHEMA_JSON, json, outline};

/// What is wrong with a document by the part of JSON Schema that the plan's schema uses.
fn problems(schema: &Json, root: &Json, document: &Json, at: &str, found: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "required" => {}
            "$ref" => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                problems(root.pointer(pointer).unwrap(), root, document, at, found);
            }
            "const" if document == rule => {}
            "enum" if rule.as_array().unwrap().contains(document) => {}
            "type" if is_of_type(document, rule) => {}
            "anyOf" => {
                let fits = rule.as_array().unwrap().iter().any(|option| {
                    let mut found = Vec::new();
                    problems(option, root, document, at, &mut found);
                    found.is_empty()
                });
                if !fits {
                    found.push(format!("{at}: {document} fits none of anyOf"));
                }
            }
            "items" => {
                for (number, item) in document.as_array().into_iter().flatten().enumerate() {
                    problems(rule, root, item, &format!("{at}/{number}"), found);
                }
            }
            "additionalProperties" if schema.get("properties").is_some() => {}
            "properties" | "additionalProperties" => members(schema, root, document, at, found),
            "const" | "enum" | "type" => found.push(format!("{at}: {document} is not {keyword} {rule}")),
            other => panic!("the validator does not know {other}"),
        }
    }
}

fn members(schema: &Json, root: &Json, document: &Json, at: &str, found: &mut Vec<String>) {
    let Some(object) = document.as_object() else { return };
    for key in schema.get("required").and_then(Json::as_array).into_iter().flatten().map(|key| key.as_str().unwrap()) {
        if !object.contains_key(key) {
            found.push(format!("{at}: {key} is missing"));
        }
    }
    for (key, value) in object {
        let at = format!("{at}/{key}");
        match (schema.pointer(&format!("/properties/{key}")), schema.get("additionalProperties")) {
            (Some(rule), _) => problems(rule, root, value, &at, found),
            (None, Some(Json::Bool(false))) => found.push(format!("{at}: is not allowed")),
            (None, Some(rule)) if rule.is_object() => problems(rule, root, value, &at, found),
            _ => {}
        }
    }
}

fn is_of_type(document: &Json, rule: &Json) -> bool {
    let is = |name: &str| match name {
        "null" => document.is_null(),
        "boolean" => document.is_boolean(),
        "integer" => document.is_i64() || document.is_u64(),
        "string" => document.is_string(),
        "array" => document.is_array(),
        "object" => document.is_object(),
        other => panic!("the validator does not know the type {other}"),
    };
    match rule {
        Json::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}

fn validate(document: &Json) -> Vec<String> {
    validate_by(SCHEMA_JSON, document)
}

/// What is wrong with a document by a schema.
pub(super) fn validate_by(schema: &str, document: &Json) -> Vec<String> {
    let schema: Json = serde_json::from_str(schema).unwrap();
    let mut found = Vec::new();
    problems(&schema, &schema, document, "", &mut found);
    found
}

fn desired(name: &str, password: &str) -> Desired {
    spec([
        resource("group", &GROUP, [("name", "pl".into()), ("note", name.into())]),
        resource("balancer", &BALANCER, [("name", name.into()), ("groups", set([id("group")]))]),
        resource(
            "n",
            &FIRST,
            [
                ("version", 1.into()),
                ("size", Value::Digest(Box::new(id("balancer")))),
                ("base", Value::List(vec![Value::Bool(true), Value::map([("k", id("balancer"))])])),
            ],
        ),
        resource(
            "endpoint",
            &ENDPOINT,
            [("service", Value::of(&Address::new("balancer"), "vpc")), ("password", password.into())],
        ),
    ])
}

#[test]
fn real_plans_have_the_form_of_the_schema() {
    let mut world = World::default();
    for desired in [desired("a", "old"), desired("b", "old"), Desired::default()] {
        for snapshot in [world.snapshot(), world.snapshot_without("group")] {
            let document = json(&planned(&desired, &snapshot), &KINDS);
            assert_eq!(validate(&document), Vec::<String>::new(), "{document:#}");
        }
        world.apply(&planned(&desired, &world.snapshot()), &mut |_| 0, usize::MAX);
    }
}

#[test]
fn the_validator_finds_what_is_wrong() {
    let mut document = json(&planned(&desired("a", "old"), &World::default().snapshot()), &KINDS);
    document["summary"]["create"] = "four".into();
    document["steps"][0]["more"] = 1.into();
    document["changes"][0].as_object_mut().unwrap().remove("kind");
    document["findings"] = Json::Null;
    assert_eq!(validate(&document).len(), 4);
}

#[test]
fn every_step_is_of_one_change() {
    let named = |name: &str| spec([resource("balancer", &BALANCER, [("name", name.into())])]);
    let mut world = World::default();
    world.apply(&planned(&named("first"), &world.snapshot()), &mut |_| 0, usize::MAX);
    // Of a replacement that was given up both halves are there, at one address.
    world.apply(&planned(&named("second"), &world.snapshot()), &mut |_| 0, 1);
    let moved_on = planned(&named("third"), &world.snapshot());
    assert_eq!((moved_on.changes.changes.len(), moved_on.steps.len()), (2, 3));
    for plan in [moved_on, planned(&desired("a", "old"), &World::default().snapshot())] {
        let document = json(&plan, &KINDS);
        let changes = document["changes"].as_array().unwrap().iter();
        let mut steps: Vec<u64> =
            changes.flat_map(|it| it["steps"].as_array().unwrap()).map(|id| id.as_u64().unwrap()).collect();
        steps.sort_unstable();
        assert_eq!(steps, (1..=plan.steps.len() as u64).collect::<Vec<_>>(), "{document:#}");
    }
}

#[test]
fn secrets_are_in_no_view() {
    let mut world = World::default();
    let first = planned(&desired("a", "hunter2"), &world.snapshot());
    world.apply(&first, &mut |_| 0, usize::MAX);
    let second = planned(&desired("a", "correct-horse"), &world.snapshot());
    let last = planned(&Desired::default(), &world.snapshot());
    for plan in [first, second, last] {
        let shown = json(&plan, &KINDS).to_string();
        assert!(shown.contains("(secret)"));
        for text in [shown, outline(&plan)] {
            assert!(!text.contains("hunter2") && !text.contains("correct-horse"), "{text}");
        }
    }
}

#[test]
fn what_is_known_later_says_of_what() {
    let document = json(&planned(&desired("a", "old"), &World::default().snapshot()), &KINDS).to_string();
    let balancer = r#"{"known_after_apply":[{"address":"balancer","attribute":"id"}]}"#;
    assert_eq!(document.matches(balancer).count(), 2, "{document}");
}
