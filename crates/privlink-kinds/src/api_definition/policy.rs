//! Resource policies of APIs: undoing what API Gateway makes of one on saving.
//!
//! Owns: the short form of an API's own ARNs. Refuses to know: who may call what, which is for `privlink-proof`.
//! Read next: `resource_policy` for the form that equal policies have, `openapi` for how one is written.
//!
//! On saving AWS makes a full ARN of `execute-api:/…`.

use privlink_model::Value;

use crate::resource_policy::{self, many};

/// Reads the text of a live policy of the API with this id; a text that is no policy stays a text, so that it is seen.
pub(super) fn read(text: &str, api: &str) -> Value {
    resource_policy::normalise(shorten(resource_policy::read(text), api))
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
    use super::read;
    use crate::resource_policy::normalise;
    use privlink_model::Value;

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
    fn a_text_that_is_no_policy_stays_visible() {
        assert_eq!(read("[1]", "abcdefghij"), Value::from("[1]"));
    }
}
