//! Documents among attributes: policies and definitions as normalised JSON, their differences, and what these mean for access.
//!
//! Owns: turning a value into text that people can compare. Refuses to know: kinds; a policy is what has statements.

use std::collections::BTreeSet;

use privlink_model::Value;
use serde_json::{Map, Value as Json};
use similar::TextDiff;

/// A document as lines of indented JSON.
pub(crate) fn lines(value: &Value) -> Vec<String> {
    pretty(Some(value)).lines().map(str::to_owned).collect()
}

/// The lines of a unified diff between two documents, three lines of context around each change.
pub(crate) fn diff(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let (before, after) = (pretty(before), pretty(after));
    let diff = TextDiff::from_lines(&before, &after);
    diff.unified_diff().context_radius(3).to_string().lines().map(str::to_owned).collect()
}

fn pretty(value: Option<&Value>) -> String {
    let Some(value) = value else { return String::new() };
    // A tree of strings, numbers and truth values always has a text.
    serde_json::to_string_pretty(&json(value)).map(|text| text + "\n").unwrap_or_default()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => Json::from(*number),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Set(items) => items.iter().map(json).collect(),
        Value::Map(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.clone(), json(value))).collect::<Map<_, _>>())
        }
        Value::Of(_) | Value::Digest(_) => Json::String(value.to_string()),
    }
}

/// What changing one policy into another means for who can call; none when the values are no policies.
///
/// Judged by whole statements: adding an allow or dropping a deny can only loosen, the opposite can only tighten. Anything
/// else, a reworded statement for one, is said to be changed: which way it goes is not for this rule to say.
pub(crate) fn access(before: Option<&Value>, after: Option<&Value>) -> Option<String> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (statements(before)?, statements(after)?),
        (None, Some(after)) => {
            statements(after)?;
            return Some("changed: there was no policy".to_owned());
        }
        (Some(before), None) => {
            statements(before)?;
            return Some("changed: the policy goes".to_owned());
        }
        (None, None) => return None,
    };
    let (added, removed) = (Effects::of(after.difference(&before)), Effects::of(before.difference(&after)));
    let said = |verb: &str, effects: &Effects| {
        let mut parts = Vec::new();
        for (number, effect) in [(effects.allow, "allow"), (effects.deny, "deny"), (effects.other, "other")] {
            if number > 0 {
                let noun = if number == 1 { "statement" } else { "statements" };
                parts.push(format!("{number} {effect} {noun} {verb}"));
            }
        }
        parts
    };
    let mut parts = said("added", &added);
    parts.extend(said("removed", &removed));
    let judged = if parts.is_empty() {
        return Some("cosmetic".to_owned());
    } else if added.other + removed.other > 0 {
        "changed"
    } else if added.deny + removed.allow == 0 {
        "loosened"
    } else if added.allow + removed.deny == 0 {
        "tightened"
    } else {
        "changed"
    };
    Some(format!("{judged}: {}", parts.join(", ")))
}

struct Effects {
    allow: usize,
    deny: usize,
    other: usize,
}

impl Effects {
    fn of<'a>(statements: impl Iterator<Item = &'a &'a Value>) -> Self {
        let mut effects = Self { allow: 0, deny: 0, other: 0 };
        for statement in statements {
            match statement.as_map().and_then(|map| map.get("Effect")).and_then(Value::as_text) {
                Some("Allow") => effects.allow += 1,
                Some("Deny") => effects.deny += 1,
                _ => effects.other += 1,
            }
        }
        effects
    }
}

fn statements(policy: &Value) -> Option<BTreeSet<&Value>> {
    match policy.as_map()?.get("Statement")? {
        // AWS takes a single statement without a list around it.
        single @ Value::Map(_) => Some(BTreeSet::from([single])),
        several => Some(several.elements().into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn statement(effect: &str, resource: &str) -> Value {
        Value::map([("Effect", Value::from(effect)), ("Resource", Value::from(resource))])
    }

    fn policy(statements: &[Value]) -> Value {
        Value::map([("Statement", Value::List(statements.to_vec()))])
    }

    fn judged(before: &[Value], after: &[Value]) -> String {
        access(Some(&policy(before)), Some(&policy(after))).unwrap()
    }

    #[test]
    fn access_is_judged_by_whole_statements() {
        let (all, some, deny) = (statement("Allow", "*"), statement("Allow", "a"), statement("Deny", "*"));
        let both = [all.clone(), deny.clone()];
        assert_eq!(judged(std::slice::from_ref(&deny), &both), "loosened: 1 allow statement added");
        assert_eq!(judged(&both, std::slice::from_ref(&all)), "loosened: 1 deny statement removed");
        assert_eq!(judged(&both, std::slice::from_ref(&deny)), "tightened: 1 allow statement removed");
        assert_eq!(judged(std::slice::from_ref(&all), &both), "tightened: 1 deny statement added");
        assert_eq!(judged(&both, &[deny.clone(), all.clone()]), "cosmetic");
        let changed = "changed: 1 allow statement added, 1 allow statement removed";
        assert_eq!(judged(&both, &[some, deny]), changed);
    }

    #[test]
    fn what_has_no_statements_is_no_policy() {
        assert_eq!(access(Some(&Value::from("x")), Some(&Value::from("y"))), None);
    }

    #[test]
    fn a_diff_shows_what_is_around_a_change() {
        let before = policy(&[statement("Allow", "a")]);
        let after = policy(&[statement("Allow", "b")]);
        expect![[r#"
            @@ -2,7 +2,7 @@
               "Statement": [
                 {
                   "Effect": "Allow",
            -      "Resource": "a"
            +      "Resource": "b"
                 }
               ]
             }"#]]
        .assert_eq(&diff(Some(&before), Some(&after)).join("\n"));
    }
}
