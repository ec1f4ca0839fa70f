//! Conditions of policy statements: operators over the keys of a request.
//!
//! Knows the operators of texts, ARNs and truth values; a policy that uses others is refused when the world is read.
//! **Invariant:** as with AWS, a key that a request does not have fulfils only what is negated, `…IfExists`,
//! `ForAllValues:` and `Null`.

use super::pattern::{matches, matches_arn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The keys of a request with their values; keys are in lower case.
pub(super) type Context = BTreeMap<String, Vec<String>>;

/// One operator on one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Condition {
    /// As in the policy: `ForAllValues:StringLikeIfExists`.
    operator: String,
    /// As in the policy.
    key: String,
    values: Vec<String>,
}

impl Condition {
    /// Makes a condition, or says what is wrong with it.
    pub(super) fn new(operator: &str, key: &str, values: Vec<String>) -> Result<Condition, String> {
        let made = Condition { operator: operator.to_owned(), key: key.to_owned(), values };
        match made.parts().0 {
            "StringEquals"
            | "StringNotEquals"
            | "StringEqualsIgnoreCase"
            | "StringNotEqualsIgnoreCase"
            | "StringLike"
            | "StringNotLike"
            | "ArnEquals"
            | "ArnLike"
            | "ArnNotEquals"
            | "ArnNotLike"
            | "Bool"
            | "Null" => Ok(made),
            other => Err(format!("the condition operator '{other}' is not part of this sandbox")),
        }
    }

    /// Gives the operator itself, its quantifier, and whether it holds when the key is not there.
    fn parts(&self) -> (&str, Option<&str>, bool) {
        let (quantifier, rest) = match self.operator.split_once(':') {
            Some((quantifier, rest)) => (Some(quantifier), rest),
            None => (None, self.operator.as_str()),
        };
        match rest.strip_suffix("IfExists") {
            Some(plain) => (plain, quantifier, true),
            None => (rest, quantifier, false),
        }
    }

    /// Gives its key when a request lacks it although the outcome hangs on it.
    pub(super) fn missing(&self, context: &Context) -> Option<&str> {
        let (operator, _, optional) = self.parts();
        let there = context.contains_key(&self.key.to_lowercase());
        (!there && !optional && operator != "Null").then_some(self.key.as_str())
    }

    /// Tells whether a request fulfils it.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let (operator, quantifier, optional) = self.parts();
        let given = context.get(&self.key.to_lowercase());
        if operator == "Null" {
            let absent = if given.is_none() { "true" } else { "false" };
            return self.values.iter().any(|value| value.eq_ignore_ascii_case(absent));
        }
        let negated = operator.contains("Not");
        let Some(given) = given.filter(|given| !given.is_empty()) else {
            return negated || optional || quantifier == Some("ForAllValues");
        };
        let one = |value: &String| self.values.iter().any(|wanted| fits(operator, wanted, value)) != negated;
        match quantifier {
            Some("ForAllValues") => given.iter().all(one),
            // Negated without a quantifier, none of the values may be one of those named.
            None if negated => given.iter().all(one),
            _ => given.iter().any(one),
        }
    }
}

fn fits(operator: &str, wanted: &str, given: &str) -> bool {
    match operator {
        "StringEquals" | "StringNotEquals" => wanted == given,
        "StringLike" | "StringNotLike" => matches(wanted, given),
        "ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike" => matches_arn(wanted, given),
        _ => wanted.to_lowercase() == given.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, values: &[&str], given: &[&str]) -> bool {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let mut context = Context::new();
        if !given.is_empty() {
            context.insert("aws:tagkeys".to_owned(), given.iter().map(|value| (*value).to_owned()).collect());
        }
        Condition::new(operator, "aws:TagKeys", values).unwrap().holds(&context)
    }

    #[test]
    fn operators_are_awss() {
        assert!(holds("StringEquals", &["a", "b"], &["b"]) && !holds("StringEquals", &["a"], &["A"]));
        assert!(holds("StringEqualsIgnoreCase", &["a"], &["A"]) && holds("StringLike", &["a*"], &["ab"]));
        assert!(holds("StringNotEquals", &["a"], &["b"]) && !holds("StringNotEquals", &["a", "b"], &["b"]));
        assert!(holds("Bool", &["true"], &["true"]) && !holds("Bool", &["true"], &["false"]));
        assert!(holds("ArnLike", &["arn:aws:iam::1:role/*"], &["arn:aws:iam::1:role/x"]));
        assert!(holds("ForAllValues:StringEquals", &["a", "b"], &["b", "a"]));
        assert!(!holds("ForAllValues:StringEquals", &["a"], &["b", "a"]));
        assert!(holds("ForAnyValue:StringEquals", &["a"], &["b", "a"]));
    }

    #[test]
    fn a_key_that_is_not_there() {
        assert!(!holds("StringEquals", &["a"], &[]) && holds("StringEqualsIfExists", &["a"], &[]));
        assert!(holds("StringNotEquals", &["a"], &[]) && holds("Null", &["true"], &[]));
        assert!(!holds("Null", &["true"], &["a"]) && holds("Null", &["false"], &["a"]));
        assert!(holds("ForAllValues:StringEquals", &["a"], &[]) && !holds("ForAnyValue:StringEquals", &["a"], &[]));
        assert!(Condition::new("DateLessThan", "aws:CurrentTime", Vec::new()).is_err());
    }
}
