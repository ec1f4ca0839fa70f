//! Pure planning: from what is desired and what was observed to ordered steps, each with its undo.
//!
//! Owns: pairing objects with addresses, the differ, the order of steps, undo classes, the time estimate, lints, guards,
//! what policies mean for access, the saved plan's codec and the public JSON view.
//! Refuses to know: any particular kind (facts come from [`Kinds`]), the network, the clock, how text is coloured.
//! Read next: `compare`, `pair`, `diff`, `order`, in the order data flows; `codec` for the file and `view` for the JSON.
//!
//! **Invariant:** equal inputs give equal plans, byte for byte once encoded.
//! **Invariant:** nothing that could not be read is created, changed or deleted, nor is anything that rests on it.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod applied;
mod codec;
mod codes;
mod compare;
mod diff;
mod draft;
mod drift;
mod eta;
mod graph;
mod guard;
mod item;
mod lint;
mod number;
mod order;
mod outline;
mod pair;
mod planner;
mod select;
mod stale;
mod undo;
mod unread;
mod uses;
mod view;

#[cfg(test)]
mod tests;

pub use access::{Access, Verdict, access};
pub use applied::Applied;
pub use codec::{DecodeError, decode, encode};
pub use codes::CODES;
pub use drift::{
    Attribute, Check, DRIFT_SCHEMA_JSON, Drift, Drifted, Follows, Held, HeldBy, Ignored, Pending, Repair, Repairs,
    Rule, Same, Unknown, What, drift, drift_json, ignored_changes,
};
pub use guard::{Danger, Guard, guard};
pub use outline::outline;
pub use planner::plan;
pub use stale::{Stale, Staleness, stale};
pub use view::{SCHEMA_JSON, json};

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Account, Address, Desired, Finding, Kinds, Query, Scope, Snapshot};

/// All that a plan is made of.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The project whose tags are written.
    pub project: &'a str,
    /// The facts about each kind.
    pub kinds: &'a Kinds,
    /// What should exist; nothing, to destroy.
    pub desired: &'a Desired,
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// The accounts of the spec.
    pub accounts: &'a [Account],
    /// What was looked up, to be asked again before a saved plan is applied.
    pub queries: &'a BTreeMap<Scope, Vec<Query>>,
    /// What was found before planning.
    pub findings: Vec<Finding>,
    /// What the person asked for.
    pub options: Options,
}

/// How the person narrows or turns a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Only these addresses, what lies under them, and what their steps need; empty for all.
    pub targets: Vec<Address>,
    /// Not these addresses, nor what lies under them, nor what needs their steps.
    pub excludes: Vec<Address>,
    /// The project is being destroyed: deletions say so as their reason.
    pub destroy: bool,
    /// Only these addresses themselves, and what their steps need; none for all that targets and excludes leave.
    pub only: Option<BTreeSet<Address>>,
}
