//! Ignore rules: drift that the spec says not to count, with a reason and an end.
//!
//! A rule for an attribute takes out that attribute alone; one without takes out all that happens to the resource. A rule that
//! ended takes out nothing, and is told where its drift counts again.

use std::collections::BTreeSet;

use privlink_model::{Action, Address, Change, Finding, Kinds, Plan, Severity};

use super::{Attribute, Drift, Drifted, What};
use crate::codes;

/// Drift that is ignored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// Of this address and of all under it.
    pub address: Address,
    /// Of this attribute alone.
    pub attribute: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it is in force, as the spec writes it.
    pub until: String,
    /// Whether that day is over.
    pub ended: bool,
}

/// What is ignored, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// What is not as it was applied.
    pub drifted: Drifted,
    /// The rule.
    pub rule: Rule,
}

impl Rule {
    fn covers(&self, address: &Address) -> bool {
        address.is_within(&self.address)
    }

    fn takes(&self, attribute: &str) -> bool {
        self.attribute.as_deref() == Some(attribute)
    }

    /// Whether it would take out something of this.
    fn concerns(&self, drifted: &Drifted) -> bool {
        self.covers(&drifted.address)
            && match &self.attribute {
                None => true,
                Some(key) => is_by_attribute(&drifted.what) && drifted.attributes.iter().any(|it| it.key == *key),
            }
    }
}

/// Whether what happened to a resource is that attributes of it are others.
fn is_by_attribute(what: &What) -> bool {
    matches!(what, What::Changed | What::State(_))
}

/// Takes out what rules say to ignore, and tells which rules ended and which name nothing. Of a part of the project it is
/// not known what a rule might name.
pub(super) fn apply(rules: &[Rule], kinds: &Kinds, plan: &Plan, narrowed: bool, drift: &mut Drift) {
    for drifted in std::mem::take(&mut drift.found) {
        let in_force: Vec<&Rule> = rules.iter().filter(|rule| !rule.ended && rule.concerns(&drifted)).collect();
        match in_force.iter().find(|rule| rule.attribute.is_none()) {
            Some(rule) => drift.ignored.push(Ignored { drifted, rule: (*rule).clone() }),
            None => split(drifted, &in_force, drift),
        }
    }
    let counts_again = |rule: &&Rule| rule.ended && drift.found.iter().any(|drifted| rule.concerns(drifted));
    drift.ended = rules.iter().filter(counts_again).cloned().collect();
    drift.idle = rules.iter().filter(|rule| !narrowed && !names_something(rule, kinds, plan)).cloned().collect();
}

/// Takes out the attributes that rules name.
fn split(mut drifted: Drifted, rules: &[&Rule], drift: &mut Drift) {
    for rule in rules {
        let taken = drifted.attributes.extract_if(.., |it| rule.takes(&it.key));
        let attributes: Vec<Attribute> = taken.collect();
        // Two rules may name the same attribute, one of them for all under an address.
        if !attributes.is_empty() {
            let taken = Drifted { attributes, what: What::Changed, ..drifted.clone() };
            drift.ignored.push(Ignored { drifted: taken, rule: (*rule).clone() });
        }
    }
    if !drifted.attributes.is_empty() || rules.is_empty() || drifted.what != What::Changed {
        drift.found.push(drifted);
    }
}

fn names_something(rule: &Rule, kinds: &Kinds, plan: &Plan) -> bool {
    let has = |change: &Change| match &rule.attribute {
        None => true,
        Some(key) => kinds.get(change.kind).is_some_and(|schema| schema.attribute(key).is_some()),
    };
    plan.changes.changes.iter().any(|change| rule.covers(&change.address) && has(change))
}

/// What a plan changes although its drift is ignored: an apply sets all that the spec asks for. No clock is asked, so that
/// equal inputs give equal plans.
pub fn ignored_changes(plan: &Plan, rules: &[Rule]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let changes = plan.changes.changes.iter();
    for change in changes.filter(|change| !matches!(change.action, Action::NoOp | Action::Unknown | Action::Wait)) {
        for rule in rules.iter().filter(|rule| rule.covers(&change.address)) {
            let keys: BTreeSet<&str> = change.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
            let does = match (change.action, &rule.attribute) {
                (Action::Create, None) => "makes this".to_owned(),
                (Action::Delete, None) => "deletes this".to_owned(),
                (_, None) => "changes this".to_owned(),
                (_, Some(key)) if keys.contains(key.as_str()) => format!("sets {key}"),
                (_, Some(_)) => continue,
            };
            findings.push(Finding {
                code: codes::IGNORED_DRIFT,
                severity: Severity::Note,
                message: format!("an apply {does}; its drift is ignored until {}: {}", rule.until, rule.reason),
                address: Some(change.address.clone()),
                origin: change.origin,
                label: None,
                help: None,
            });
        }
    }
    findings
}
