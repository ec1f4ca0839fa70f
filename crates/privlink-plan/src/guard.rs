//! Guards: what a plan would destroy that nobody may have meant to. Each finding names the flag that lets it pass.
//!
//! Owns: the shares, the empty spec, live consumers, an API's last entry. Refuses to know: whether a flag was given (the
//! binary refuses), and any particular kind: who would miss what is told by attributes, see [`Tells`].
//!
//! What counts: a deletion is an object that goes, or one that goes before its replacement is there. An update is an object
//! that is changed, or whose replacement is there first: traffic goes on, and the plan still changed it. A new one beside an
//! old one that stays, such as a deployment, is neither. A destroy was asked for, so neither the shares nor emptiness speak
//! of it.
//!
//! **Invariant:** a guard looks at the plan as it will be carried out: what was left out of it endangers nothing.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Address, Attrs, Change, Finding, Kinds, Observed, Ownership, Plan, Reason, Scope, Severity, Snapshot,
    Status, Tells, Value,
};

use crate::codes;

/// How many consumers are named.
const NAMED: usize = 5;

/// The limits of the shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guard {
    /// The percentage of owned objects that a plan may delete.
    pub deletes: f64,
    /// The percentage of owned objects that a plan may update.
    pub updates: f64,
    /// How many objects it takes for a share to count.
    pub minimum: usize,
}

impl Default for Guard {
    fn default() -> Self {
        Self { deletes: 30.0, updates: 30.0, minimum: 10 }
    }
}

/// What is refused unless its flag is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// More is deleted than the share.
    Deletes,
    /// More is updated than the share.
    Updates,
    /// Everything goes.
    Empty,
    /// Others are connected to what goes.
    Consumers,
    /// An API stays that nothing leads to.
    LastEntry,
}

impl Danger {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Deletes, Self::Updates, Self::Empty, Self::Consumers, Self::LastEntry];

    /// The code of its findings.
    pub fn code(self) -> &'static str {
        match self {
            Self::Deletes => codes::GUARD_DELETES,
            Self::Updates => codes::GUARD_UPDATES,
            Self::Empty => codes::GUARD_EMPTY,
            Self::Consumers => codes::GUARD_CONSUMERS,
            Self::LastEntry => codes::GUARD_LAST_ENTRY,
        }
    }

    /// The flag that lets it pass.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Deletes => "--dangerous-deletes",
            Self::Updates => "--dangerous-updates",
            Self::Empty => "--dangerous-empty",
            Self::Consumers => "--dangerous-consumers",
            Self::LastEntry => "--dangerous-last-entry",
        }
    }

    /// What a finding of a plan warns of.
    pub fn of(finding: &Finding) -> Option<Self> {
        Self::ALL.into_iter().find(|danger| danger.code() == finding.code)
    }

    fn finding(self, message: String) -> Finding {
        Finding {
            code: self.code(),
            severity: Severity::Warning,
            message,
            address: None,
            origin: None,
            label: None,
            help: Some(format!("apply refuses this unless {} is given", self.flag())),
        }
    }
}

/// Everything about a plan that is refused unless a flag lets it pass. Not the plan's own lints: what a plan contains may
/// be narrowed after it was made, and this must see what is left.
pub fn guard(plan: &Plan, kinds: &Kinds, snapshot: &Snapshot, limits: Guard) -> Vec<Finding> {
    let look = Look::at(plan, kinds, snapshot);
    let mut findings = Vec::new();
    if !look.destroys() {
        match look.empty() {
            Some(empty) => findings.push(empty),
            None => findings.extend(look.shares(limits)),
        }
    }
    findings.extend(look.consumers());
    findings.extend(look.last_entries());
    findings
}

type Identity<'a> = (&'a Scope, &'static str, &'a str);

fn identity(object: &Observed) -> Identity<'_> {
    (&object.scope, object.kind, &object.id)
}

/// Who uses something, and the account of each.
type Users = BTreeSet<(String, Option<String>)>;

/// A plan with what was read, as guards look at them.
struct Look<'a> {
    plan: &'a Plan,
    kinds: &'a Kinds,
    snapshot: &'a Snapshot,
    /// What the project owns.
    owned: BTreeSet<Identity<'a>>,
    /// The changes of objects that are there.
    changed: BTreeMap<Identity<'a>, &'a Change>,
}

impl<'a> Look<'a> {
    fn at(plan: &'a Plan, kinds: &'a Kinds, snapshot: &'a Snapshot) -> Self {
        let changes = plan.changes.changes.iter();
        let changed: BTreeMap<_, _> =
            changes.filter_map(|change| Some((identity(change.before.as_ref()?), change))).collect();
        let ours = snapshot.objects().filter(|object| object.address().is_some() && object.status != Status::Deleting);
        let counts = |(_, kind, _): &Identity| kinds.get(kind).is_some_and(|kind| kind.ownership != Ownership::LookUp);
        // Kinds without tags are ours once they are paired, whoever the snapshot says they are.
        let owned = ours.map(identity).chain(changed.keys().copied()).filter(counts).collect();
        Self { plan, kinds, snapshot, owned, changed }
    }

    fn destroys(&self) -> bool {
        self.plan.changes.changes.iter().any(|change| change.reason == Reason::Destroy)
    }

    fn action(&self, object: &Identity) -> Action {
        self.changed.get(object).map_or(Action::NoOp, |change| change.action)
    }

    fn count(&self, actions: &[Action]) -> usize {
        self.owned.iter().filter(|object| actions.contains(&self.action(object))).count()
    }

    /// Whether an object is away for good or for a time.
    fn is_lost(&self, object: &Identity) -> bool {
        matches!(self.action(object), Action::Delete | Action::ReplaceDeleteFirst)
    }

    fn shares(&self, limits: Guard) -> Vec<Finding> {
        let deleted = self.count(&[Action::Delete, Action::ReplaceDeleteFirst]);
        let updated = self.count(&[Action::Update, Action::ReplaceCreateFirst]);
        let owned = self.owned.len();
        let over =
            |count: usize, share: f64| count >= limits.minimum.max(1) && count as f64 * 100.0 > share * owned as f64;
        let said = |what: &str, count: usize, limit: f64| {
            let share = (count as f64 * 100.0 / owned.max(1) as f64).floor();
            format!(
                "{count} of the {owned} objects of this project would be {what}: {share} %, and {limit} % is the limit"
            )
        };
        let mut findings = Vec::new();
        if over(deleted, limits.deletes) {
            findings.push(Danger::Deletes.finding(said("deleted", deleted, limits.deletes)));
        }
        if over(updated, limits.updates) {
            findings.push(Danger::Updates.finding(said("changed", updated, limits.updates)));
        }
        findings
    }

    /// Everything goes and nothing takes its place.
    fn empty(&self) -> Option<Finding> {
        let changes = &self.plan.changes.changes;
        let all_go = !self.owned.is_empty() && self.owned.iter().all(|object| self.action(object) == Action::Delete);
        let count = self.owned.len();
        (all_go && changes.iter().all(|change| change.after.is_none())).then(|| {
            let what = if count == 1 { "the one object".to_owned() } else { format!("all {count} objects") };
            Danger::Empty.finding(format!("the spec asks for nothing, so {what} of this project would be deleted"))
        })
    }

    /// Who is cut off by the loss of what they are connected to.
    fn consumers(&self) -> Vec<Finding> {
        let ours: BTreeSet<&str> =
            self.snapshot.objects().filter(|it| it.address().is_some()).map(|it| &*it.id).collect();
        let mut users: BTreeMap<(&Scope, String), Users> = BTreeMap::new();
        for object in self.snapshot.objects().filter(|object| object.status != Status::Deleting) {
            let Some(schema) = self.kinds.get(object.kind) else { continue };
            let text = |what| {
                let value = schema.telling(what).find_map(|key| object.attrs.get(key));
                value.and_then(Value::as_text).map(str::to_owned)
            };
            let (Some(used), Some(user)) = (text(Tells::Used), text(Tells::User)) else { continue };
            if !ours.contains(user.as_str()) && text(Tells::Unused).is_none() {
                users.entry((&object.scope, used)).or_default().insert((user, text(Tells::UserAccount)));
            }
        }
        // A replacement that is there first has another name: who is connected is not connected to that.
        let goes = |object: &Identity| self.is_lost(object) || self.action(object) == Action::ReplaceCreateFirst;
        let lost = self.changed.iter().filter(|(object, _)| goes(object));
        let cut = lost.filter_map(|(object, change)| {
            let (scope, _, id) = object;
            let users = users.get(&(*scope, (*id).to_owned()))?;
            let title = self.kinds.get(change.kind).map_or(change.kind, |schema| schema.title);
            let who: Vec<String> = users.iter().take(NAMED).map(|(user, account)| named(user, account)).collect();
            let more = users.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let address = &change.address;
            let message =
                format!("losing the {title} of {address} cuts off who is connected to it: {}{more}", who.join(", "));
            Some(about(Danger::Consumers.finding(message), change))
        });
        cut.collect()
    }

    /// APIs that stay and that nothing leads to any more, for good or for a time.
    fn last_entries(&self) -> Vec<Finding> {
        let mut by_id: BTreeMap<&str, Vec<Identity>> = BTreeMap::new();
        for object in self.snapshot.objects() {
            by_id.entry(&object.id).or_default().push(identity(object));
        }
        let stays = |object: &&Observed| {
            self.owned.contains(&identity(object)) && self.action(&identity(object)) != Action::Delete
        };
        self.snapshot.objects().filter(stays).filter_map(|object| self.last_entry(object, &by_id)).collect()
    }

    fn last_entry(&self, object: &Observed, by_id: &BTreeMap<&str, Vec<Identity>>) -> Option<Finding> {
        let change = self.changed.get(&identity(object)).copied();
        let before = self.ways(object.kind, &object.attrs);
        // What else stands among the texts, such as the words of a policy, is no object's id.
        let known: Vec<&str> =
            before.texts.iter().map(String::as_str).filter(|text| by_id.contains_key(text)).collect();
        if known.is_empty() {
            return None;
        }
        let wish = change.filter(|change| change.action != Action::NoOp).and_then(|change| change.after.as_ref());
        let after = wish.map_or_else(|| before.clone(), |attrs| self.ways(object.kind, attrs));
        let stands = |text: &String| {
            by_id.get(text.as_str()).is_some_and(|objects| !objects.iter().any(|object| self.is_lost(object)))
        };
        if after.texts.iter().any(stands) || after.addresses.iter().any(|address| self.is_there_first(address)) {
            return None;
        }
        let address = change.map(|change| &change.address).or(object.address())?;
        let message = format!("{address} stays, and the last way to it goes: {}", known.join(", "));
        let finding = Danger::LastEntry.finding(message);
        Some(change.map_or(finding.clone(), |change| about(finding, change)))
    }

    fn ways(&self, kind: &str, attrs: &Attrs) -> Ways {
        let mut ways = Ways::default();
        let keys = self.kinds.get(kind).into_iter().flat_map(|schema| schema.telling(Tells::WaysIn));
        keys.filter_map(|key| attrs.get(key)).for_each(|value| ways.collect(value));
        ways
    }

    /// Whether what the plan makes at an address is there before anything of it goes.
    fn is_there_first(&self, address: &Address) -> bool {
        let mut made = self.plan.changes.changes.iter().filter(|change| change.after.is_some());
        made.any(|it| it.address == *address && !matches!(it.action, Action::ReplaceDeleteFirst | Action::Unknown))
    }
}

/// What a value says of ways to something.
#[derive(Debug, Clone, Default)]
struct Ways {
    /// Texts, ids among them.
    texts: BTreeSet<String>,
    /// What it refers to.
    addresses: BTreeSet<Address>,
}

impl Ways {
    fn collect(&mut self, value: &Value) {
        match value {
            Value::Text(text) => {
                self.texts.insert(text.clone());
            }
            Value::Map(map) => map.values().for_each(|value| self.collect(value)),
            Value::List(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Set(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Of(reference) => {
                self.addresses.insert(reference.address.clone());
            }
            Value::Bool(_) | Value::Int(_) | Value::Digest(_) => {}
        }
    }
}

fn named(user: &str, account: &Option<String>) -> String {
    match account {
        Some(account) => format!("{user} of account {account}"),
        None => user.to_owned(),
    }
}

fn about(finding: Finding, change: &Change) -> Finding {
    Finding { address: Some(change.address.clone()), origin: change.origin, ..finding }
}
