//! Every kind and key of the vocabulary that `derive` writes has its facts in a schema: the two crates do not know each
//! other, and only this keeps a key from being written that nobody reads.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use privlink_kinds::KINDS;

const KEYS: &str = include_str!("../../privlink-model/src/keys.rs");

/// The text between the first pair of quotes.
fn quoted(line: &str) -> &str {
    line.split('"').nth(1).unwrap()
}

/// The kinds of the vocabulary with their keys.
fn vocabulary() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut kind = "";
    for line in KEYS.lines() {
        if line.starts_with("    pub const KIND: &str") {
            kind = quoted(line);
            kinds.entry(kind).or_default();
        } else if line.starts_with("    pub const ") && line.contains("Attr::new(") {
            kinds.get_mut(kind).unwrap().push(quoted(line));
        }
    }
    kinds
}

#[test]
fn every_key_has_its_facts() {
    let vocabulary = vocabulary();
    assert!(vocabulary.len() > 20, "the vocabulary was not found: {vocabulary:?}");
    for (kind, keys) in vocabulary {
        let schema = KINDS.get(kind).unwrap_or_else(|| panic!("no schema for {kind}"));
        for key in keys {
            assert!(schema.attribute(key).is_some(), "{kind} has no facts about {key}");
        }
    }
}

#[test]
fn facts_that_name_attributes_name_ones_that_exist() {
    for schema in KINDS.iter() {
        for key in schema.key.iter().chain(schema.deleted_with) {
            assert!(schema.attribute(key).is_some(), "{} names {key}", schema.name);
        }
        if let privlink_model::Ownership::Parent(key) = schema.ownership {
            assert!(schema.attribute(key).is_some(), "{} names {key}", schema.name);
            assert!(!schema.key.is_empty(), "{} has no natural key to be paired by", schema.name);
        }
        assert!(schema.attribute("id").is_some_and(|fact| fact.computed), "{} has an id", schema.name);
    }
}

#[test]
fn what_is_created_can_be_undone_or_says_why_not() {
    for schema in KINDS.iter().filter(|schema| schema.create.is_some()) {
        assert!(schema.delete.is_some() || schema.permanent.is_some(), "{}", schema.name);
        assert!(!schema.write_actions.is_empty() && !schema.read_actions.is_empty(), "{}", schema.name);
    }
}

#[test]
fn equal_values_stay_equal_when_normalised_again() {
    let samples = ["a", "B", "TCP", "execute-api:/*"].map(privlink_model::Value::from);
    for schema in KINDS.iter() {
        for attribute in schema.attributes {
            for sample in &samples {
                let once = (attribute.normalise)(sample.clone());
                assert_eq!((attribute.normalise)(once.clone()), once, "{} {}", schema.name, attribute.key);
            }
        }
    }
}
