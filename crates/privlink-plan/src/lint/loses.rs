//! `privlink::plan::loses`: a deletion after which not all can be brought back. Silent when the project is destroyed: there it
//! is what was asked for.

use privlink_model::{Finding, Reason, Severity};

use super::finding;
use crate::codes;
use crate::item::Item;

pub(super) fn lint(item: &Item) -> Option<Finding> {
    let loses = item.schema.loses.filter(|_| item.removes_old() && item.change.reason != Reason::Destroy)?;
    let message = format!("deleting the {} of {} loses {loses}", item.schema.title, item.change.address);
    Some(finding(codes::LOSES, Severity::Note, item, message))
}
