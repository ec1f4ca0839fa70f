//! Plans: ordered steps, each one mutating call, each with its undo.
//!
//! **Invariant:** a plan is enough to carry out with no further choice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::access::Account;
use crate::address::{Address, Scope};
use crate::attrs::Attrs;
use crate::change::{Action, Change, ChangeSet};
use crate::digest::short_digest;
use crate::finding::Finding;
use crate::snapshot::Query;

/// The number of a step in its plan, from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// The one call a step makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Makes the resource.
    Create {
        /// Its attributes; some may be references that the run resolves.
        attrs: Attrs,
        /// Its tags, ours included.
        tags: BTreeMap<String, String>,
    },
    /// Changes the resource in place.
    Update {
        /// AWS's name for it.
        id: String,
        /// What was observed.
        before: Attrs,
        /// What is desired.
        after: Attrs,
        /// The keys that differ.
        changed: Vec<String>,
        /// Which half of an additive change this is; none for a whole one.
        phase: Option<Phase>,
    },
    /// Deletes the resource.
    Delete {
        /// AWS's name for it.
        id: String,
        /// What was observed.
        before: Attrs,
    },
    /// Calls nothing; waits until the resource, made by an earlier run, is usable.
    Wait {
        /// AWS's name for it.
        id: String,
        /// What was observed.
        before: Attrs,
    },
}

/// One half of a change that AWS makes in two calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Only adds: what is there stays. Nothing is sent when there is nothing to add.
    Add,
    /// Only removes what is no longer wanted. Nothing is sent when there is nothing to remove.
    Remove,
}

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// By this call, with nothing lost.
    Exact(UndoOp),
    /// By making it again, which loses something.
    Recreate {
        /// What is lost.
        loses: String,
    },
    /// Not at all.
    None {
        /// Why.
        why: String,
    },
}

/// The call that takes a step back; what it needs is known from the step and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoOp {
    /// Deletes what was created.
    Delete,
    /// Sets the attributes back to what was observed before.
    Restore,
    /// Makes it again as it was.
    Recreate,
    /// Nothing was changed.
    Nothing,
}

/// What a step waits for after its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settle {
    /// The state waited for.
    pub until: String,
    /// How long it takes as a rule.
    pub typical: Duration,
    /// When to give up.
    pub limit: Duration,
    /// How often to look.
    pub poll: Duration,
}

/// One mutating call and what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where the call goes.
    pub scope: Scope,
    /// The call.
    pub op: Op,
    /// The AWS operation, such as `CreateVpcLink`.
    pub call: String,
    /// Steps that must be done before.
    pub needs: BTreeSet<StepId>,
    /// How it is taken back.
    pub undo: Undo,
    /// What it waits for.
    pub settle: Option<Settle>,
    /// Sent as client token where the API has one.
    pub token: String,
    /// Why this step interrupts traffic.
    pub outage: Option<String>,
}

impl Step {
    /// Whether it carries out a change. Of two changes at one address, as of a move, one makes and the other deletes.
    pub fn carries_out(&self, change: &Change) -> bool {
        let scope = match (&self.op, &change.before) {
            (Op::Delete { id, .. }, Some(before)) if before.id == *id => &before.scope,
            (Op::Delete { .. }, _) => return false,
            // Beside what is replaced another one may go: what makes the new one is none of its steps.
            _ if change.action == Action::Delete => return false,
            _ => &change.scope,
        };
        self.address == change.address && self.kind == change.kind && self.scope == *scope
    }
}

/// The steps of a plan by what they are about.
#[derive(Debug)]
pub struct Steps<'a>(BTreeMap<&'a Address, Vec<&'a Step>>);

impl<'a> Steps<'a> {
    /// The steps of a plan.
    pub fn of(plan: &'a Plan) -> Self {
        let mut steps: BTreeMap<&Address, Vec<&Step>> = BTreeMap::new();
        for step in &plan.steps {
            steps.entry(&step.address).or_default().push(step);
        }
        Self(steps)
    }

    /// Those about an address, in the plan's order.
    pub fn at(&self, address: &Address) -> &[&'a Step] {
        self.0.get(address).map_or(&[], Vec::as_slice)
    }

    /// Those that carry out a change.
    pub fn carrying(&self, change: &Change) -> Vec<&'a Step> {
        self.at(&change.address).iter().copied().filter(|step| step.carries_out(change)).collect()
    }
}

/// Everything an apply needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The project.
    pub project: String,
    /// Digest of all of the plan's inputs: equal inputs, equal plan.
    pub id: String,
    /// The accounts it touches.
    pub accounts: Vec<Account>,
    /// What to ask again before applying a saved plan.
    pub queries: BTreeMap<Scope, Vec<Query>>,
    /// Digest of each object the plan rests on.
    pub objects: BTreeMap<String, String>,
    /// Per address, what is to happen and why.
    pub changes: ChangeSet,
    /// The steps; needs point backwards only.
    pub steps: Vec<Step>,
    /// What the lints found.
    pub findings: Vec<Finding>,
    /// Seconds the plan should take, and its bottleneck in words; none when there is nothing to do.
    pub eta: Option<(Duration, String)>,
}

impl Plan {
    /// The plan as one run carries it out: its tokens are that run's own.
    ///
    /// A plan is a function of its inputs, so destroying a project and applying it again can give the same plan twice. AWS
    /// remembers client tokens for an unknown time and would answer the second create with the object that is gone.
    pub fn in_run(mut self, run: &str) -> Self {
        for step in &mut self.steps {
            step.token = short_digest(&format!("{run} {}", step.token), 40);
        }
        self
    }
}
