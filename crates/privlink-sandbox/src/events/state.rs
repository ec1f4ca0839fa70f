//! What EventBridge keeps: buses, and what was put on them.

use crate::clock::Moment;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What EventBridge keeps for one account and region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// By name. The default bus is among them once something is put on it.
    pub(crate) buses: BTreeMap<String, EventBus>,
}

impl State {
    /// Tells whether there is nothing to keep.
    pub(crate) fn is_empty(&self) -> bool {
        self.buses.is_empty()
    }
}

/// An event bus.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct EventBus {
    /// The accounts whose own policies suffice for putting events here.
    pub(crate) allowed: BTreeSet<String>,
    pub(crate) events: Vec<Put>,
}

/// An event that was put.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Put {
    pub(super) id: String,
    /// The account that put it.
    pub(super) account: String,
    pub(super) source: String,
    pub(super) detail_type: String,
    pub(super) detail: Value,
    pub(super) resources: Vec<String>,
    pub(super) created_at: Moment,
}
