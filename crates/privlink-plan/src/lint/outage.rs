//! `privlink::plan::outage`: a change that interrupts traffic.

use privlink_model::{Action, Finding, Reason, Severity, Shape};

use super::finding;
use crate::codes;
use crate::compare::lacks;
use crate::item::Item;

/// Why the change of an attribute in place interrupts traffic. Of a set only what is taken away does.
pub(crate) fn interruption(item: &Item, key: &str) -> Option<&'static str> {
    let fact = item.schema.attribute(key)?;
    let change = item.change.attributes.iter().find(|change| change.key == key)?;
    let takes = || lacks(item.schema, key, change.after.as_ref(), change.before.as_ref());
    fact.outage.filter(|_| fact.shape != Shape::Set || takes())
}

pub(super) fn lint(item: &Item) -> Vec<Finding> {
    let change = &item.change;
    let warning = |message| finding(codes::OUTAGE, Severity::Warning, item, message);
    match change.action {
        Action::Update => change
            .attributes
            .iter()
            .filter_map(|attribute| Some((attribute, interruption(item, &attribute.key)?)))
            .map(|(attribute, why)| warning(format!("changing {} of {}: {why}", attribute.key, change.address)))
            .collect(),
        // One that failed carries no traffic.
        Action::ReplaceDeleteFirst if !matches!(change.reason, Reason::Failed(_)) => {
            vec![warning(format!("{} does not exist between its deletion and its creation", change.address))]
        }
        _ => Vec::new(),
    }
}
