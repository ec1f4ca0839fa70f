//! Lints: analyzers over the changes, one a file, each with a stable code. They say what is worth knowing and decide nothing.

mod loses;
mod outage;

use privlink_model::{Finding, Severity};

use crate::item::Item;
pub(crate) use outage::interruption;

/// What all lints have to say about one change.
pub(crate) fn lint(item: &Item) -> impl Iterator<Item = Finding> {
    outage::lint(item).into_iter().chain(loses::lint(item))
}

fn finding(code: &'static str, severity: Severity, item: &Item, message: String) -> Finding {
    Finding {
        code,
        severity,
        message,
        address: Some(item.change.address.clone()),
        origin: item.change.origin,
        label: None,
        help: None,
    }
}
