//! The variables of a stage, and those of its canary in their place: which names and values are legal.

use super::fault::bad_request;
use crate::wire::Fault;
use std::collections::BTreeMap;

/// Checks stage variables.
pub(super) fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (name, value) in variables {
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let legal = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
        if !named {
            return Err(bad_request(format!("Stage variable name {name} is invalid: only a-zA-Z0-9_ are allowed")));
        }
        if value.is_empty() || !value.chars().all(legal) {
            return Err(bad_request(format!(
                "Stage variable value of {name} is invalid: it must match [A-Za-z0-9-._~:/?#&=,]+"
            )));
        }
    }
    Ok(())
}
