//! Documents among attributes: policies and definitions as normalised JSON, and their differences.
//!
//! Owns: turning a value into text that people can compare. Refuses to know: kinds, and what a
//! difference means (see `privlink_plan::access`).

use privlink_model::Value;
use serde_json::{Map, Value as Json};
use similar::TextDiff;

use super::line::Mark;

/// A document as lines of indented JSON.
pub(crate) fn lines(value: &Value) -> Vec<String> {
    pretty(Some(value)).lines().map(str::to_owned).collect()
}

/// How many lines around a change are shown as a rule.
pub(crate) const CONTEXT: usize = 3;

/// The lines of a unified diff between two documents, so many lines of context around each change.
pub(crate) fn diff(before: Option<&Value>, after: Option<&Value>, context: usize) -> Vec<(Mark, String)> {
    let (before, after) = (pretty(before), pretty(after));
    let diff = TextDiff::from_lines(&before, &after);
    let diff = diff.unified_diff().context_radius(context).to_string();
    let marked = |line: &str| match line.split_at_checked(1) {
        Some(("+", text)) => (Mark::Added, text.to_owned()),
        Some(("-", text)) => (Mark::Removed, text.to_owned()),
        Some((" ", text)) => (Mark::Kept, text.to_owned()),
        _ => (Mark::Place, line.to_owned()),
    };
    diff.lines().map(marked).collect()
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

    fn shown(diff: Vec<(Mark, String)>) -> String {
        let sign = |mark| match mark {
            Mark::Added => "+",
            Mark::Removed => "-",
            Mark::Kept => " ",
            Mark::Place | Mark::Changed => "",
        };
        diff.iter().map(|(mark, text)| format!("{}{text}", sign(*mark))).collect::<Vec<_>>().join("\n")
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
        .assert_eq(&shown(diff(Some(&before), Some(&after), CONTEXT)));
        let without = shown(diff(Some(&before), Some(&after), 0));
        assert_eq!(without, "@@ -5 +5 @@\n-      \"Resource\": \"a\"\n+      \"Resource\": \"b\"");
    }
}
