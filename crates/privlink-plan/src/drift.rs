//! Drift: what is not as it was applied, told apart from what is planned and not applied yet.
//!
//! Made from the plan that would mend it, so that there is one differ: each difference goes by what the last run left. What is
//! live as it was left, and asked for otherwise now, is pending: the spec changed. What is not live as it was left is drift.
//! What only follows from another difference, such as a value that is known once that is mended, is neither.
//! Owns: which is which, and what ignore rules take out. Refuses to know: the clock (a rule is told whether it ended), runs.
//! Read next: `applied` for what was left, `drift::view` for the JSON.
//!
//! **Invariant:** what could not be read is neither drift nor clean.

mod rules;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Address, AttributeChange, Attrs, Change, Deed, KindSchema, Kinds, Owner, Ownership, Plan, Reason,
    Reference, Scope, Severity, Status, Undo, Value, digest,
};

pub use rules::{Ignored, Rule, ignored_changes};
pub use view::{DRIFT_SCHEMA_JSON, drift_json};

use crate::applied::{Applied, Known, Present, is_leftover};
use crate::outline::belongs;
use crate::{codes, outline};

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
    /// Attributes that the spec wants changed as well.
    pub pending: Vec<String>,
    /// How it is repaired.
    pub repair: Repair,
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

    /// The addresses that a repair carries out: what was found, and what follows from that.
    pub fn repairs(&self) -> BTreeSet<Address> {
        let mut chosen: BTreeSet<Address> = self.found.iter().map(|drifted| drifted.address.clone()).collect();
        loop {
            let more = |it: &&Follows| !chosen.contains(&it.address) && it.from.iter().any(|of| chosen.contains(of));
            let more: Vec<Address> = self.follows.iter().filter(more).map(|it| it.address.clone()).collect();
            if more.is_empty() {
                return chosen;
            }
            chosen.extend(more);
        }
    }

    /// How many resources were looked at.
    pub fn looked_at(&self) -> usize {
        let different = self.found.len() + self.ignored.len() + self.pending.len() + self.follows.len();
        different + self.same.len() + self.unknown.len()
    }
}

/// Tells drift apart from all else that a plan would change.
pub fn drift(check: Check) -> Drift {
    let plan = check.plan;
    let mut drift = Drift { project: plan.project.clone(), runs: check.applied.runs(), ..Drift::default() };
    // Without a run on record, what is not there at all was never applied.
    let untouched = plan.changes.changes.iter().all(|change| change.before.is_none());
    let sorter = Sorter { check, untouched };
    for change in &plan.changes.changes {
        sorter.sort(change, &mut drift);
    }
    let unread = plan.findings.iter().filter(|finding| finding.severity == Severity::Unknown);
    drift.unread = unread.map(|finding| finding.message.clone()).collect();
    let narrowed = plan.findings.iter().any(|finding| finding.code == codes::PARTIAL);
    rules::apply(check.rules, check.kinds, plan, narrowed, &mut drift);
    drift
}

struct Sorter<'a> {
    check: Check<'a>,
    untouched: bool,
}

/// Which of the bins one difference belongs to.
enum Bin {
    Drift(Option<String>),
    /// Drift, and the spec wants something else than was applied too.
    Both,
    Pending,
    Follows,
}

impl Sorter<'_> {
    fn sort(&self, change: &Change, drift: &mut Drift) {
        let Some(schema) = self.check.kinds.get(change.kind) else { return };
        let known = self.check.applied.of(change);
        let (address, kind, scope) = (change.address.clone(), change.kind, change.scope.clone());
        let from_others = matches!(change.reason, Reason::DeletedWith(_));
        match change.action {
            Action::NoOp => drift.same.push(Same { address, kind, scope }),
            // It is there, and not by privlink's hand, even where it is not known whether something uses it.
            Action::Unknown
                if is_leftover(change)
                    && self.check.applied.runs() > 0
                    && matches!(known, Known::Gone | Known::Never) =>
            {
                drift.found.push(self.added(change, schema));
            }
            Action::Unknown => {
                let why = match &change.reason {
                    Reason::Unread(why) => why.clone(),
                    other => outline::reason(other),
                };
                drift.unknown.push(Unknown { address, kind, scope, why });
            }
            Action::Delete if from_others => drift.follows.push(follows(change)),
            Action::Delete => match known {
                Known::Left(_) | Known::Begun => drift.pending.push(pending(change, Vec::new())),
                Known::Gone | Known::Never => drift.found.push(self.added(change, schema)),
            },
            Action::Create => {
                let missing = match known {
                    Known::Left(_) => true,
                    Known::Gone | Known::Begun => false,
                    Known::Never => self.check.applied.runs() == 0 && !self.untouched,
                };
                if !missing {
                    drift.pending.push(pending(change, Vec::new()));
                    return;
                }
                let attributes = all(schema, change.after.as_ref(), |key, value| {
                    let left = left(known).and_then(|present| present.attrs.get(&key).cloned());
                    let expected = if value.is_known() { Some(value) } else { left.or(Some(value)) };
                    Attribute { key, expected, found: None, name: None }
                });
                drift.found.push(self.drifted(change, schema, What::Missing, attributes, Vec::new()));
            }
            Action::Update
            | Action::Wait
            | Action::ReplaceCreateFirst
            | Action::ReplaceDeleteFirst
            | Action::ReplaceKeepOld => self.sort_present(change, schema, known, drift),
        }
    }

    fn added(&self, change: &Change, schema: &KindSchema) -> Drifted {
        let there = change.before.as_ref().map(|object| &object.attrs);
        let row = |key, value| Attribute { key, expected: None, found: Some(value), name: None };
        self.drifted(change, schema, What::Added, all(schema, there, row), Vec::new())
    }

    /// Sorts what is there and not as asked for.
    fn sort_present(&self, change: &Change, schema: &KindSchema, known: Known, drift: &mut Drift) {
        let mut attributes = Vec::new();
        let mut wanted = Vec::new();
        for attribute in &change.attributes {
            let bin = self.bin(change, schema, known, attribute);
            if matches!(bin, Bin::Pending | Bin::Both) {
                wanted.push(attribute.key.clone());
            }
            let name = match bin {
                Bin::Drift(name) => name,
                Bin::Both => None,
                Bin::Pending | Bin::Follows => continue,
            };
            let after = attribute.after.clone();
            let applied = || left(known).and_then(|present| present.attrs.get(&attribute.key).cloned());
            let expected = if after.as_ref().is_none_or(Value::is_known) { after } else { applied().or(after) };
            attributes.push(Attribute { key: attribute.key.clone(), expected, found: attribute.before.clone(), name });
        }
        let state = match change.before.as_ref().map(|object| &object.status) {
            Some(Status::Failed(why)) => Some(why.clone()),
            // What a run has not waited for to its end may still become usable.
            Some(Status::Pending(state)) if matches!(known, Known::Left(_)) && !self.check.applied.is_begun(change) => {
                Some(state.clone())
            }
            _ => None,
        };
        let what = state.map_or(What::Changed, What::State);
        if what != What::Changed || !attributes.is_empty() {
            drift.found.push(self.drifted(change, schema, what, attributes, wanted));
        } else if !wanted.is_empty() || matches!(change.before.as_ref().map(|it| &it.status), Some(Status::Pending(_)))
        {
            drift.pending.push(pending(change, wanted));
        } else {
            drift.follows.push(follows(change));
        }
    }

    fn bin(&self, change: &Change, schema: &KindSchema, known: Known, attribute: &AttributeChange) -> Bin {
        let AttributeChange { key, before, after } = attribute;
        let waits = after.as_ref().is_some_and(|after| !after.is_known());
        let secret = schema.attribute(key).is_some_and(|fact| fact.secret);
        let nobodys = change.before.as_ref().is_some_and(|object| object.owner == Owner::Nobody);
        let present = match known {
            // How a secret was left is not on record.
            Known::Left(present) if present.knows(key) && !secret => present,
            Known::Left(present) if !present.knows(key) => return if waits { Bin::Follows } else { Bin::Pending },
            Known::Begun => return if waits { Bin::Follows } else { Bin::Pending },
            Known::Never if self.check.applied.runs() > 0 && nobodys => return Bin::Pending,
            Known::Left(_) | Known::Never | Known::Gone => return if waits { Bin::Follows } else { Bin::Drift(None) },
        };
        let applied = present.attrs.get(key);
        let untouched = schema.same(key, applied, before.as_ref());
        match (untouched, waits) {
            (true, true) => Bin::Follows,
            (true, false) => match self.check.names.get(&(change.address.clone(), key.clone())) {
                Some(name) if !self.is_new(name) => Bin::Drift(Some(name.clone())),
                _ => Bin::Pending,
            },
            (false, false) if !schema.same(key, applied, after.as_ref()) => Bin::Both,
            (false, _) => Bin::Drift(None),
        }
    }

    /// Whether it is the spec that says another name, as far as that shows: what calls a target says its name too.
    fn is_new(&self, name: &str) -> bool {
        let says = |value: Option<&Value>| {
            value.is_some_and(|value| value.any(&|part| part.as_text().is_some_and(|text| text.contains(name))))
        };
        self.check.plan.changes.changes.iter().any(|change| {
            let Some(present) = left(self.check.applied.of(change)) else { return false };
            let differs = |it: &AttributeChange| says(it.after.as_ref()) && !says(present.attrs.get(&it.key));
            change.attributes.iter().any(differs)
        })
    }

    fn drifted(
        &self,
        change: &Change,
        schema: &KindSchema,
        what: What,
        attributes: Vec<Attribute>,
        pending: Vec<String>,
    ) -> Drifted {
        let known = self.check.applied.of(change);
        let live = change.before.as_ref();
        let id = live.map(|object| object.id.clone()).or_else(|| left(known).map(|present| present.id.clone()));
        let attrs = live.map(|object| &object.attrs).or_else(|| left(known).map(|present| &present.attrs));
        // Of several owners the first that is known: a rule's group, a principal's service.
        let parent = match schema.ownership {
            Ownership::Parent(parent) => Some(parent),
            Ownership::Tags | Ownership::LookUp => None,
        };
        let owners = parent.into_iter().chain(schema.deleted_with.iter().copied());
        let within = owners.into_iter().find_map(|key| attrs?.get(key)?.as_text().map(str::to_owned));
        Drifted {
            address: change.address.clone(),
            kind: change.kind,
            scope: change.scope.clone(),
            id: id.filter(|id| !id.is_empty()),
            within,
            what,
            attributes,
            pending,
            repair: self.repair(change),
            by: None,
            because: change.because.clone(),
        }
    }

    fn repair(&self, change: &Change) -> Repair {
        let steps = self.check.plan.steps.iter().filter(|step| belongs(change, step));
        let steps: Vec<_> = steps.collect();
        Repair {
            action: change.action,
            fixed: match &change.reason {
                Reason::Immutable(keys) => keys.clone(),
                _ => Vec::new(),
            },
            outage: steps.iter().find_map(|step| step.outage.clone()),
            loses: steps.iter().find_map(|step| match &step.undo {
                Undo::Recreate { loses } => Some(loses.clone()),
                Undo::Exact(_) | Undo::None { .. } => None,
            }),
        }
    }
}

fn left(known: Known<'_>) -> Option<&Present> {
    match known {
        Known::Left(present) => Some(present),
        Known::Gone | Known::Begun | Known::Never => None,
    }
}

/// The attributes that are not AWS's to decide.
fn all(schema: &KindSchema, attrs: Option<&Attrs>, row: impl Fn(String, Value) -> Attribute) -> Vec<Attribute> {
    let secret = |key: &str| schema.attribute(key).is_some_and(|fact| fact.secret);
    let own = attrs.into_iter().flat_map(Attrs::iter).filter(|(key, _)| schema.compares(key));
    own.map(|(key, value)| {
        let shown = if secret(key) { Value::Text("(secret)".to_owned()) } else { value.clone() };
        row(key.clone(), shown)
    })
    .collect()
}

fn pending(change: &Change, keys: Vec<String>) -> Pending {
    let keys = if keys.is_empty() && !change.attributes.is_empty() {
        change.attributes.iter().map(|attribute| attribute.key.clone()).collect()
    } else {
        keys
    };
    Pending {
        address: change.address.clone(),
        kind: change.kind,
        scope: change.scope.clone(),
        action: change.action,
        keys,
    }
}

fn follows(change: &Change) -> Follows {
    let references = |value: &Value| -> Vec<Address> {
        value.references().into_iter().map(|reference: &Reference| reference.address.clone()).collect()
    };
    let mut from: BTreeSet<Address> =
        change.attributes.iter().filter_map(|attribute| attribute.after.as_ref()).flat_map(references).collect();
    if let Reason::DeletedWith(owner) = &change.reason {
        from.insert(owner.clone());
    }
    Follows { address: change.address.clone(), kind: change.kind, scope: change.scope.clone(), from }
}
