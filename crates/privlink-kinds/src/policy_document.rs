//! IAM policy documents: statements that allow, in one order and in AWS's form.
//!
//! Owns: joining statements, the text, and IAM's limits. Refuses to know: what is allowed and why (`permissions`).
//!
//! **Invariant:** equal permissions give equal texts, in whatever order they were added.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

/// The characters that a managed policy may have; white space does not count.
pub const MANAGED_LIMIT: usize = 6144;
/// The characters that all inline policies of a role may have together.
pub const INLINE_LIMIT: usize = 10_240;

/// One statement: these actions on these resources, when all of these keys have these values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
    conditions: BTreeMap<String, BTreeSet<String>>,
}

impl Statement {
    /// Allows actions on resources.
    pub(crate) fn new<'a>(
        actions: impl IntoIterator<Item = &'a str>,
        resources: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            actions: actions.into_iter().map(str::to_owned).collect(),
            resources: resources.into_iter().collect(),
            conditions: BTreeMap::new(),
        }
    }

    /// Allows them only when keys have values.
    pub(crate) fn when(mut self, conditions: impl IntoIterator<Item = (String, String)>) -> Self {
        for (key, value) in conditions {
            self.conditions.entry(key).or_default().insert(value);
        }
        self
    }

    fn json(&self) -> Json {
        let mut statement = json!({ "Effect": "Allow", "Action": self.actions, "Resource": self.resources });
        if !self.conditions.is_empty() {
            statement["Condition"] = json!({ "StringEquals": self.conditions });
        }
        statement
    }
}

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyDocument {
    /// Each action on each resource, apart.
    statements: BTreeSet<Statement>,
}

impl PolicyDocument {
    /// Makes a policy of statements.
    pub(crate) fn of(statements: impl IntoIterator<Item = Statement>) -> Self {
        let mut policy = Self::default();
        statements.into_iter().for_each(|statement| policy.add(statement));
        policy
    }

    /// Allows something more.
    pub(crate) fn add(&mut self, statement: Statement) {
        for action in &statement.actions {
            for resource in &statement.resources {
                let mut one = Statement::new([action.as_str()], [resource.clone()]);
                one.conditions.clone_from(&statement.conditions);
                self.statements.insert(one);
            }
        }
    }

    /// Each action on each resource, with its conditions: what the policy allows, taken apart.
    pub fn grants(&self) -> impl Iterator<Item = (&str, &str)> {
        self.statements
            .iter()
            .flat_map(|one| one.actions.iter().zip(&one.resources).map(|(action, on)| (action.as_str(), on.as_str())))
    }

    /// The statements without those that another says already: the same actions, on a pattern that stands for more.
    fn distinct(&self) -> Vec<&Statement> {
        let said = |one: &Statement| {
            let others = self.statements.iter().filter(|other| *other != one);
            let mut same = others.filter(|other| other.actions == one.actions && other.conditions == one.conditions);
            same.any(|other| other.resources.iter().zip(&one.resources).all(|(wide, narrow)| covers(wide, narrow)))
        };
        self.statements.iter().filter(|one| !said(one)).collect()
    }

    /// The statements, joined where that allows nothing more: first the actions on one resource, then the resources of the
    /// same actions.
    fn joined(&self) -> Vec<Statement> {
        let mut by_resource: BTreeMap<(&BTreeMap<_, _>, &BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
        for one in self.distinct() {
            by_resource.entry((&one.conditions, &one.resources)).or_default().extend(one.actions.clone());
        }
        let mut by_actions: BTreeMap<(&BTreeMap<_, _>, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
        for ((conditions, resources), actions) in by_resource {
            by_actions.entry((conditions, actions)).or_default().extend(resources.clone());
        }
        let join = |((conditions, actions), resources): ((&BTreeMap<_, _>, _), _)| Statement {
            actions,
            resources,
            conditions: conditions.clone(),
        };
        by_actions.into_iter().map(join).collect()
    }

    /// The documents, as few as fit: one as a rule, several when IAM would find one too long for a managed policy.
    pub fn documents(&self) -> Vec<Json> {
        let mut documents: Vec<Vec<Json>> = vec![Vec::new()];
        for statement in self.joined().iter().map(Statement::json) {
            let mut last = documents.pop().unwrap_or_default();
            last.push(statement);
            if last.len() > 1 && length(&document(&last)) > MANAGED_LIMIT {
                let moved = last.pop();
                documents.push(last);
                last = moved.into_iter().collect();
            }
            documents.push(last);
        }
        documents.iter().map(|statements| document(statements)).collect()
    }
}

/// Whether a pattern stands for all that another one does: everything that begins alike, within the ARN's last part.
fn covers(wide: &str, narrow: &str) -> bool {
    let begins = wide.strip_suffix('*').filter(|begins| wide == "*" || begins.matches(':').count() >= 5);
    begins.is_some_and(|begins| !begins.contains('*') && narrow.starts_with(begins))
}

fn document(statements: &[Json]) -> Json {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The characters of a document, as IAM counts them.
pub fn length(document: &Json) -> usize {
    document.to_string().chars().filter(|letter| !letter.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(action: &str, resource: &str) -> Statement {
        Statement::new([action], [resource.to_owned()])
    }

    #[test]
    fn statements_are_joined_where_that_allows_nothing_more() {
        let tagged = |action| statement(action, "r1").when([("aws:ResourceTag/p".to_owned(), "x".to_owned())]);
        let all = [
            statement("a:2", "r1"),
            statement("a:1", "r1"),
            statement("a:1", "r2"),
            statement("a:2", "r2"),
            tagged("a:3"),
        ];
        let policy = PolicyDocument::of(all.clone());
        let expected = json!([
            { "Effect": "Allow", "Action": ["a:1", "a:2"], "Resource": ["r1", "r2"] },
            { "Effect": "Allow", "Action": ["a:3"], "Resource": ["r1"],
              "Condition": { "StringEquals": { "aws:ResourceTag/p": ["x"] } } },
        ]);
        assert_eq!(policy.documents(), [json!({ "Version": "2012-10-17", "Statement": expected })]);
        assert_eq!(PolicyDocument::of(all.into_iter().rev()), policy);
        let crossed = PolicyDocument::of([statement("a:1", "r1"), statement("a:2", "r2")]);
        assert_eq!(crossed.documents()[0]["Statement"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_is_said_already_is_said_once() {
        let on = |path: &str| statement("apigateway:GET", &format!("arn:aws:apigateway:r::/{path}"));
        let policy = PolicyDocument::of([on("restapis"), on("restapis/*"), on("restapis/*/stages"), on("vpclinks/*")]);
        let document = policy.documents().remove(0);
        let resources = document["Statement"][0]["Resource"].as_array().unwrap();
        let ends: Vec<&str> = resources.iter().filter_map(|arn| arn.as_str()?.split("::/").nth(1)).collect();
        assert_eq!(ends, ["restapis", "restapis/*", "vpclinks/*"]);
        assert_eq!(policy.grants().count(), 4, "what is granted is known one by one");
        assert!(covers("*", "arn:aws:ec2:r:1:vpc/v") && !covers("arn:aws:*", "arn:aws:ec2:r:1:vpc/v"));
        assert!(!covers("arn:aws:ec2:r:1:vpc/*", "arn:aws:ec2:r:2:vpc/v") && !covers("a:b:c:d:e:x", "a:b:c:d:e:xy"));
    }

    #[test]
    fn what_is_too_long_for_one_is_split_and_nothing_is_lost() {
        let many =
            (0..200).map(|number| statement(&format!("service:Action{number}"), &format!("resource-{number:040}")));
        let policy = PolicyDocument::of(many);
        let documents = policy.documents();
        assert!(documents.len() > 1);
        assert!(documents.iter().all(|document| length(document) <= MANAGED_LIMIT));
        let statements: usize = documents.iter().map(|one| one["Statement"].as_array().unwrap().len()).sum();
        assert_eq!(statements, policy.grants().count());
        assert_eq!(PolicyDocument::default().documents().len(), 1);
    }

    #[test]
    fn white_space_does_not_count() {
        assert_eq!(length(&json!({ "a": "b c" })), length(&json!({ "a": "bc" })));
    }
}
