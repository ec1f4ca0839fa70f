//! `privlink::plan::outage`: a change that interrupts traffic.

use privlink_model::{Action, Finding, Reason, Severity};

use super::finding;
use crate::codes;
use crate::item::Item;

pub(super) fn lint(item: &Item) -> Vec<Finding> {
    let change = &item.change;
    let warning = |message| finding(codes::OUTAGE, Severity::Warning, item, message);
    match change.action {
        Action::Update => change
            .attributes
            .iter()
            .filter_map(|attribute| Some((attribute, item.schema.attribute(&attribute.key)?.outage?)))
            .map(|(attribute, why)| warning(format!("changing {} of {}: {why}", attribute.key, change.address)))
            .collect(),
        // One that failed carries no traffic.
        Action::ReplaceDeleteFirst if !matches!(change.reason, Reason::Failed(_)) => {
            vec![warning(format!("{} does not exist between its deletion and its creation", change.address))]
        }
        _ => Vec::new(),
    }
}
