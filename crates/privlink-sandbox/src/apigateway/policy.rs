//! Resource policies: what API Gateway accepts, and what it makes of it on saving.
//!
//! On save the short form `execute-api:/…` becomes the API's full ARN and a bare account id its root ARN, so a read gives
//! another text than was written; and the text goes over the wire escaped once more than JSON asks. Decides nothing about
//! calls. **Invariant:** a policy that names a principal that does not exist is refused, as a malformed one is.

use super::fault::bad_request;
use super::site::Site;
use crate::wire::Fault;
use crate::world::World;
use serde_json::{Map, Value};

const MAX_LENGTH: usize = 8192;

/// Checks a policy for an API and gives the form in which it is saved.
pub(super) fn accept(site: &Site, api: &str, text: &str) -> Result<String, Fault> {
    if text.chars().count() > MAX_LENGTH {
        return Err(bad_request(format!("Resource policy size exceeds the limit of {MAX_LENGTH} characters")));
    }
    let arn = format!("arn:{}:execute-api:{}:{}:{api}", site.partition(), site.call.region, site.call.account);
    let mut document: Value = serde_json::from_str(text).map_err(|_| invalid())?;
    document.as_object_mut().and_then(|members| check(site.world, &arn, members)).ok_or_else(invalid)?;
    Ok(document.to_string())
}

/// Writes a saved policy as a read returns it: the inside of a JSON string, with slashes escaped too.
pub(super) fn escaped(policy: &str) -> String {
    let quoted = Value::from(policy).to_string();
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    inside.replace('/', "\\/")
}

fn invalid() -> Fault {
    bad_request("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")
}

fn check(world: &World, arn: &str, document: &mut Map<String, Value>) -> Option<()> {
    for (key, value) in document.iter() {
        match key.as_str() {
            "Version" => matches!(value.as_str()?, "2012-10-17" | "2008-10-17").then_some(())?,
            "Id" => value.is_string().then_some(())?,
            "Statement" => {}
            _ => return None,
        }
    }
    match document.get_mut("Statement")? {
        Value::Array(statements) if !statements.is_empty() => {
            for statement in statements {
                check_statement(world, arn, statement.as_object_mut()?)?;
            }
            Some(())
        }
        Value::Object(statement) => check_statement(world, arn, statement),
        _ => None,
    }
}

fn check_statement(world: &World, arn: &str, statement: &mut Map<String, Value>) -> Option<()> {
    let one_of = |a: &str, b: &str| statement.contains_key(a) != statement.contains_key(b);
    let whole = one_of("Principal", "NotPrincipal")
        && one_of("Action", "NotAction")
        && one_of("Resource", "NotResource")
        && statement.contains_key("Effect");
    whole.then_some(())?;
    for (key, value) in statement.iter_mut() {
        match key.as_str() {
            "Sid" => value.is_string().then_some(())?,
            "Effect" => matches!(value.as_str()?, "Allow" | "Deny").then_some(())?,
            "Principal" | "NotPrincipal" => check_principal(world, value)?,
            "Action" | "NotAction" => each(value, |action| {
                let known = action == "*" || action.to_ascii_lowercase().starts_with("execute-api:");
                known.then(|| action.to_owned())
            })?,
            "Resource" | "NotResource" => each(value, |resource| expand(arn, resource))?,
            "Condition" => check_condition(value)?,
            _ => return None,
        }
    }
    Some(())
}

/// Rewrites a text, or each text of a list that is not empty.
fn each(value: &mut Value, rewrite: impl Fn(&str) -> Option<String>) -> Option<()> {
    match value {
        Value::String(text) => *text = rewrite(text)?,
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let text = rewrite(item.as_str()?)?;
                *item = Value::String(text);
            }
        }
        _ => return None,
    }
    Some(())
}

fn expand(arn: &str, resource: &str) -> Option<String> {
    if let Some(path) = resource.strip_prefix("execute-api:/") {
        return Some(format!("{arn}/{path}"));
    }
    let full = resource == "*" || (resource.starts_with("arn:") && resource.split(':').count() >= 6);
    full.then(|| resource.to_owned())
}

fn check_principal(world: &World, value: &mut Value) -> Option<()> {
    match value {
        Value::String(text) => (text == "*").then_some(()),
        Value::Object(kinds) if !kinds.is_empty() => {
            for (kind, names) in kinds.iter_mut() {
                match kind.as_str() {
                    "AWS" => each(names, |name| principal(world, name))?,
                    "Service" => each(names, |name| name.contains(".amazonaws.com").then(|| name.to_owned()))?,
                    "Federated" | "CanonicalUser" => each(names, |name| Some(name.to_owned()))?,
                    _ => return None,
                }
            }
            Some(())
        }
        _ => None,
    }
}

/// Gives the saved form of a principal that exists.
fn principal(world: &World, name: &str) -> Option<String> {
    if name == "*" {
        return Some(name.to_owned());
    }
    if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return world.accounts.contains_key(name).then(|| format!("arn:aws:iam::{name}:root"));
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let [_, _, service, "", account, entity] = parts.as_slice() else { return None };
    let account = world.accounts.get(*account)?;
    let exists = match entity.split_once('/') {
        None => *service == "iam" && *entity == "root",
        // A role may have a path, which the world's roles do not keep.
        Some(("role", path)) => *service == "iam" && account.roles.contains_key(path.rsplit('/').next()?),
        Some(("assumed-role", session)) => {
            let (role, session) = session.split_once('/')?;
            *service == "sts" && !session.is_empty() && account.roles.contains_key(role)
        }
        // The world keeps no users, so one that is named is taken on trust.
        Some(("user", user)) => *service == "iam" && !user.is_empty(),
        Some(_) => false,
    };
    exists.then(|| name.to_owned())
}

fn check_condition(value: &Value) -> Option<()> {
    const PREFIXES: [&str; 8] = ["String", "Numeric", "Date", "Bool", "Binary", "IpAddress", "NotIpAddress", "Arn"];
    for (operator, keys) in value.as_object()? {
        let plain = operator.split_once(':').map_or(operator.as_str(), |(_, rest)| rest);
        (plain == "Null" || PREFIXES.iter().any(|prefix| plain.starts_with(prefix))).then_some(())?;
        for (key, values) in keys.as_object()? {
            let scalar = |value: &Value| value.is_string() || value.is_boolean() || value.is_number();
            let listed = values.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(scalar));
            (key.contains(':') && (scalar(values) || listed)).then_some(())?;
        }
    }
    Some(())
}
