//! Drift: what is not as it was applied, told apart from what is planned and not applied yet.
//!
//! Made from the plan that would mend it, so that there is one differ: each difference goes by what the last run left. What is
//! live as it was left, and asked for otherwise now, is pending: the spec changed. What is not live as it was left is drift.
//! What only follows from another difference, such as a value that is known once that is mended, is neither.
//! Owns: which is which, and what ignore rules take out. Refuses to know: the clock (a rule is told whether it ended), runs.
//! Read next: `applied` for what was left, `drift::sort` for which is which, `drift::view` for the JSON.
//!
//! **Invariant:** what could not be read is neither drift nor clean.

mod repair;
mod rules;
mod sort;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Action, Address, Deed, Kinds, Plan, Scope, Severity, Value, digest};

pub use repair::{Held, HeldBy, Repairs};
pub use rules::{Ignored, Rule, ignored_changes};
pub use view::{DRIFT_SCHEMA_JSON, drift_json};

use self::sort::Sorter;
use crate::applied::Applied;
use crate::codes;

/// All that a check is made of.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// The plan of the spec against what is there.
    pub plan: &'a Plan,
    /// What the runs on record left.
    pub applied: &'a Applied,
    /// The facts about each kind.
    pub kinds: &'a Kinds,
    /// Attributes that hold what a name resolved to, and the name.
    pub names: &'a BTreeMap<(Address, String), String>,
    /// What is ignored.
    pub rules: &'a [Rule],
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// The project.
    pub project: String,
    /// What is not as it was applied.
    pub found: Vec<Drifted>,
    /// The same, where a rule says to ignore it.
    pub ignored: Vec<Ignored>,
    /// What is planned and not applied.
    pub pending: Vec<Pending>,
    /// What only follows from something else that differs.
    pub follows: Vec<Follows>,
    /// What is not known.
    pub unknown: Vec<Unknown>,
    /// What could not be read, in words; all that is not known is not known for that.
    pub unread: Vec<String>,
    /// What is as it should be.
    pub same: Vec<Same>,
    /// Rules that ended, whose drift counts again.
    pub ended: Vec<Rule>,
    /// Rules that name nothing of the project.
    pub idle: Vec<Rule>,
    /// What else is worth knowing, in words: runs that did not come to their end, who could not be asked.
    pub notes: Vec<String>,
    /// What else is carried out before a resource that differs, of others that do.
    pub needs: BTreeMap<Address, BTreeSet<Address>>,
    /// What a repair puts back without any of those.
    pub alone: BTreeSet<Address>,
    /// How many runs on record it was compared with; none where nothing differed, and none had to be read.
    pub runs: usize,
}

/// One resource that is not as it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drifted {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where.
    pub scope: Scope,
    /// AWS's name for it; of what is missing, the name it had.
    pub id: Option<String>,
    /// AWS's name for what it belongs to.
    pub within: Option<String>,
    /// What happened to it.
    pub what: What,
    /// The attributes that are others, or all of them where the whole resource came or went.
    pub attributes: Vec<Attribute>,
    /// Attributes that are planned to be others than they were applied, as well.
    pub pending: Vec<String>,
    /// How it is repaired.
    pub repair: Repair,
    /// When the run began that left it as it should be, in seconds since 1970: whoever did it did it since. None where no run on
    /// record tells.
    pub since: Option<u64>,
    /// Who changed it last, where that was asked and is known.
    pub by: Option<Deed>,
    /// The node of the spec that asks for it; empty for what is not in it.
    pub because: String,
}

/// What happened to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Attributes of it were changed.
    Changed,
    /// It is gone.
    Missing,
    /// Somebody made it.
    Added,
    /// It does not work; AWS's word or reason.
    State(String),
}

/// One attribute that is not as it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its key.
    pub key: String,
    /// What it should be.
    pub expected: Option<Value>,
    /// What it is.
    pub found: Option<Value>,
    /// The name that resolves to something else now: nobody touched AWS.
    pub name: Option<String>,
}

/// How something is repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// What an apply does.
    pub action: Action,
    /// The attributes for whose sake it is replaced.
    pub fixed: Vec<String>,
    /// Why traffic is interrupted.
    pub outage: Option<String>,
    /// What is lost by it.
    pub loses: Option<String>,
}

/// Something that is planned and not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where.
    pub scope: Scope,
    /// What an apply does.
    pub action: Action,
    /// The attributes that differ.
    pub keys: Vec<String>,
}

/// Something that only follows from another difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follows {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where.
    pub scope: Scope,
    /// From which.
    pub from: BTreeSet<Address>,
}

/// Something that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where.
    pub scope: Scope,
    /// Why.
    pub why: String,
}

/// Something that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Same {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where.
    pub scope: Scope,
}

impl Drift {
    /// Whether nothing drifted that counts, and all of it is known.
    pub fn is_clean(&self) -> bool {
        self.found.is_empty() && self.is_complete()
    }

    /// Whether all that is needed was read.
    pub fn is_complete(&self) -> bool {
        self.unknown.is_empty() && self.unread.is_empty()
    }

    /// A digest of what was found: the same drift has the same one, whoever looks and whenever.
    pub fn digest(&self) -> String {
        let mut text = String::new();
        for drifted in &self.found {
            text.push_str(&format!("{} {} {} {:?}\n", drifted.address, drifted.kind, drifted.scope, drifted.what));
            for attribute in &drifted.attributes {
                let found = attribute.found.as_ref().map(ToString::to_string);
                text.push_str(&format!("  {} {found:?}\n", attribute.key));
            }
        }
        digest(&text)
    }

    /// How many resources were looked at; one may have drifted and be ignored in part.
    pub fn looked_at(&self) -> usize {
        let ignored = self.ignored.iter().map(|it| &it.drifted);
        let drifted: BTreeSet<_> =
            self.found.iter().chain(ignored).map(|it| (&it.address, it.kind, &it.scope, &it.id)).collect();
        let different = drifted.len() + self.pending.len() + self.follows.len();
        different + self.same.len() + self.unknown.len()
    }
}

/// Tells drift apart from all else that a plan would change.
pub fn drift(check: Check) -> Drift {
    let plan = check.plan;
    let mut drift = Drift { project: plan.project.clone(), runs: check.applied.runs(), ..Drift::default() };
    let sorter = Sorter::new(check);
    plan.changes.changes.iter().for_each(|change| sorter.sort(change, &mut drift));
    drift.needs = repair::needs(plan);
    drift.alone = repair::alone(plan, &drift);
    let unread = plan.findings.iter().filter(|finding| finding.severity == Severity::Unknown);
    drift.unread = unread.map(|finding| finding.message.clone()).collect();
    let narrowed = plan.findings.iter().any(|finding| finding.code == codes::PARTIAL);
    rules::apply(check.rules, check.kinds, plan, narrowed, &mut drift);
    drift
}
