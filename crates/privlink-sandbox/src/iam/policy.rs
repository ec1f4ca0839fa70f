//! Policies: statements, how they are read, and how a demand is weighed by them.
//!
//! **Invariant:** an explicit deny wins over any allow, and what nothing allows is denied.

use super::condition::{Condition, Context};
use super::demand::Demand;
use super::pattern::{matches_action, matches_arn};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    allow: bool,
    actions: Names,
    resources: Names,
    conditions: Vec<Condition>,
}

/// Patterns: those that are meant, or all but those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Names {
    patterns: Vec<String>,
    but: bool,
}

/// What policies say to a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Decision {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

impl Decision {
    /// Gives IAM's word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Decision::Allowed => "allowed",
            Decision::ImplicitDeny => "implicitDeny",
            Decision::ExplicitDeny => "explicitDeny",
        }
    }
}

/// A decision, and the keys that conditions asked for in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weighed {
    pub(super) decision: Decision,
    pub(super) missing: BTreeSet<String>,
}

impl Statement {
    /// Makes a statement of a world file: these actions on this resource.
    pub(crate) fn plain(allow: bool, actions: Vec<String>, resource: String) -> Result<Statement, String> {
        let statement = Statement {
            allow,
            actions: Names { patterns: actions, but: false },
            resources: Names { patterns: vec![resource], but: false },
            conditions: Vec::new(),
        };
        statement.checked()
    }

    /// Reads the statements of a policy document.
    pub(crate) fn read(text: &str) -> Result<Vec<Statement>, String> {
        let document: Value = serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
        match document.get("Version").and_then(Value::as_str) {
            Some("2012-10-17") => {}
            _ => return Err("a policy needs \"Version\": \"2012-10-17\"".to_owned()),
        }
        match document.get("Statement") {
            Some(Value::Array(all)) => all.iter().map(Statement::of).collect(),
            Some(one @ Value::Object(_)) => Ok(vec![Statement::of(one)?]),
            _ => Err("a policy needs a \"Statement\"".to_owned()),
        }
    }

    fn of(statement: &Value) -> Result<Statement, String> {
        let members = statement.as_object().ok_or("a statement must be an object")?;
        const KNOWN: [&str; 7] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
        if let Some(other) = members.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(format!("a statement of a role's policy has no \"{other}\""));
        }
        let allow = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("a statement needs \"Effect\": \"Allow\" or \"Deny\"".to_owned()),
        };
        let names = |key: &str, but: &str| match (members.get(key), members.get(but)) {
            (Some(value), None) => Ok(Names { patterns: texts(value)?, but: false }),
            (None, Some(value)) => Ok(Names { patterns: texts(value)?, but: true }),
            _ => Err(format!("a statement needs either \"{key}\" or \"{but}\"")),
        };
        let (actions, resources) = (names("Action", "NotAction")?, names("Resource", "NotResource")?);
        let mut conditions = Vec::new();
        for (operator, keys) in members.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            let keys = keys.as_object().ok_or_else(|| format!("\"{operator}\" must hold keys"))?;
            for (key, values) in keys {
                conditions.push(Condition::new(operator, key, texts(values)?)?);
            }
        }
        Statement { allow, actions, resources, conditions }.checked()
    }

    fn checked(self) -> Result<Statement, String> {
        if self.actions.patterns.is_empty() || self.resources.patterns.is_empty() {
            return Err("a statement needs at least one action and one resource".to_owned());
        }
        if let Some(bad) = self.actions.patterns.iter().find(|action| *action != "*" && !action.contains(':')) {
            return Err(format!("'{bad}' is not an action: those are written service:Action"));
        }
        let is_arn = |text: &String| text == "*" || (text.starts_with("arn:") && text.splitn(6, ':').count() == 6);
        match self.resources.patterns.iter().find(|resource| !is_arn(resource)) {
            Some(bad) => Err(format!("'{bad}' is neither an ARN nor '*'")),
            None => Ok(self),
        }
    }

    fn is_about(&self, demand: &Demand) -> bool {
        let named =
            |names: &Names, fits: &dyn Fn(&str) -> bool| names.patterns.iter().any(|one| fits(one)) != names.but;
        named(&self.actions, &|pattern| matches_action(pattern, &demand.action))
            && named(&self.resources, &|pattern| matches_arn(pattern, &demand.resource))
    }

    fn applies(&self, context: &Context) -> bool {
        self.conditions.iter().all(|condition| condition.holds(context))
    }
}

/// Reads a text, or a list of texts; numbers and truth values count as their texts.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(format!("{value} is not a text")),
    };
    match value {
        Value::Array(all) => all.iter().map(one).collect(),
        other => Ok(vec![one(other)?]),
    }
}

/// Weighs a demand by statements.
pub(super) fn weigh(statements: &[Statement], demand: &Demand) -> Weighed {
    let about: Vec<&Statement> = statements.iter().filter(|statement| statement.is_about(demand)).collect();
    let keys = about.iter().flat_map(|statement| &statement.conditions);
    let missing = keys.filter_map(|condition| condition.missing(&demand.context)).map(str::to_owned).collect();
    let says = |allow: bool| about.iter().any(|one| one.allow == allow && one.applies(&demand.context));
    let decision = match (says(false), says(true)) {
        (true, _) => Decision::ExplicitDeny,
        (false, true) => Decision::Allowed,
        (false, false) => Decision::ImplicitDeny,
    };
    Weighed { decision, missing }
}
