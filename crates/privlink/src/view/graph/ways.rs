//! The ways that traffic takes, by the facts of the schemas: who goes on to whom, and what is a part of what.
//!
//! A part has no place of its own in a picture: its ways are those of the objects it is a part of.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Action, Change, Flow, Kinds, Plan, Value};

use super::names::{Names, Whom};

/// The ways of a plan.
pub(super) struct Ways<'a> {
    /// For each change, the changes whose objects it is drawn with: itself, unless it is a part.
    pub(super) roots: Vec<BTreeSet<usize>>,
    /// From whom to whom, and what happens to the way.
    pub(super) edges: BTreeMap<(Whom<'a>, Whom<'a>), Action>,
    /// Who is named only as let in.
    pub(super) let_in: BTreeSet<Whom<'a>>,
}

/// When an attribute names somebody.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}

/// That an attribute of a change names somebody.
struct Naming<'a> {
    by: usize,
    key: &'static str,
    flow: Flow,
    when: When,
    whom: Whom<'a>,
    words: String,
}

/// The ways of a plan.
pub(super) fn ways<'a>(plan: &'a Plan, kinds: &Kinds) -> Ways<'a> {
    let namings = namings(plan, kinds);
    let roots = roots(plan.changes.changes.len(), &namings);
    let edges = edges(plan, &namings, &roots);
    let named = |lets_in: bool| {
        let namings = namings.iter().filter(move |naming| (naming.flow == Flow::LetsIn) == lets_in);
        namings.map(|naming| naming.whom).collect::<BTreeSet<Whom>>()
    };
    let let_in = named(true).difference(&named(false)).copied().collect();
    Ways { roots, edges, let_in }
}

fn namings<'a>(plan: &'a Plan, kinds: &Kinds) -> Vec<Naming<'a>> {
    let names = Names::of(plan, kinds);
    let mut namings = Vec::new();
    for (by, change) in plan.changes.changes.iter().enumerate() {
        let facts = kinds.get(change.kind).map_or(&[][..], |schema| schema.attributes);
        for (fact, flow) in facts.iter().filter_map(|fact| Some((fact, fact.flow?))) {
            for (when, value) in sides(change, fact.key) {
                let named = names.named(value, change, fact.shape).into_iter();
                namings.extend(named.map(|(whom, words)| Naming { by, key: fact.key, flow, when, whom, words }));
            }
        }
    }
    namings
}

/// The values that an attribute has before and after the plan.
fn sides<'a>(change: &'a Change, key: &str) -> Vec<(When, &'a Value)> {
    let observed = change.before.as_ref().and_then(|before| before.attrs.get(key));
    let desired = change.after.as_ref().and_then(|after| after.get(key));
    let (before, after) = match change.action {
        Action::Create => (None, desired),
        Action::Delete => (observed, None),
        // What is written later may be read later; until then all is as observed.
        Action::NoOp | Action::Wait => (observed.or(desired), observed.or(desired)),
        Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst | Action::ReplaceKeepOld => (observed, desired),
        // What the spec leaves out and the plan does not change stays.
        Action::Update | Action::Unknown => {
            let differs = change.attributes.iter().any(|attribute| attribute.key == key);
            (observed, desired.or(observed.filter(|_| !differs)))
        }
    };
    let before = before.map(|value| (When::Before, value));
    before.into_iter().chain(after.map(|value| (When::After, value))).collect()
}

fn roots(count: usize, namings: &[Naming<'_>]) -> Vec<BTreeSet<usize>> {
    let mut owners: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for naming in namings {
        match (naming.flow, naming.whom) {
            (Flow::PartOf, Whom::Ours(owner)) => owners.entry(naming.by).or_default().insert(owner),
            (Flow::Has, Whom::Ours(part)) => owners.entry(part).or_default().insert(naming.by),
            _ => false,
        };
    }
    (0..count).map(|number| above(number, &owners)).collect()
}

/// The objects at the top of what one is a part of. A file may claim a circle, whose members then stand for themselves.
fn above(number: usize, owners: &BTreeMap<usize, BTreeSet<usize>>) -> BTreeSet<usize> {
    let (mut tops, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![number]);
    while let Some(next) = open.pop() {
        if !seen.insert(next) {
            continue;
        }
        match owners.get(&next) {
            Some(owners) => open.extend(owners),
            None => {
                tops.insert(next);
            }
        }
    }
    if tops.is_empty() {
        tops.insert(number);
    }
    tops
}

/// One way that one attribute speaks of.
struct Way<'a, 'n> {
    from: Whom<'a>,
    to: Whom<'a>,
    naming: &'n Naming<'a>,
}

impl Way<'_, '_> {
    fn source(&self) -> (usize, &'static str) {
        (self.naming.by, self.naming.key)
    }

    /// Whether it leads out of what is ours.
    fn leads_out(&self) -> bool {
        self.naming.flow == Flow::To && matches!(self.to, Whom::Other(_))
    }
}

fn edges<'a>(
    plan: &'a Plan,
    namings: &[Naming<'a>],
    roots: &[BTreeSet<usize>],
) -> BTreeMap<(Whom<'a>, Whom<'a>), Action> {
    let ways: Vec<Way> = namings.iter().flat_map(|naming| between(naming, roots)).collect();
    let mut onward: BTreeMap<Whom, BTreeSet<(usize, &str)>> = BTreeMap::new();
    let mut reached: BTreeSet<Whom> = BTreeSet::new();
    for way in ways.iter().filter(|way| way.naming.flow != Flow::LetsIn) {
        reached.insert(way.to);
        if !way.leads_out() {
            onward.entry(way.from).or_default().insert(way.source());
        }
    }
    let mut sides: BTreeMap<(Whom, Whom), Sides> = BTreeMap::new();
    for way in &ways {
        // An endpoint of AWS's own service names that service; where the way goes on from there is what matters.
        let elsewhere = |sources: &BTreeSet<(usize, &str)>| sources.iter().any(|source| *source != way.source());
        let goes_on = way.leads_out() && onward.get(&way.from).is_some_and(elsewhere);
        let not_needed = way.naming.flow == Flow::LetsIn && reached.contains(&way.to);
        if !goes_on && !not_needed {
            let unknown = plan.changes.changes.get(way.naming.by).is_some_and(|by| by.action == Action::Unknown);
            sides.entry((way.from, way.to)).or_default().add(way.naming, unknown);
        }
    }
    sides.into_iter().map(|(ends, sides)| (ends, sides.action())).collect()
}

fn between<'a, 'n>(naming: &'n Naming<'a>, roots: &[BTreeSet<usize>]) -> Vec<Way<'a, 'n>> {
    let drawn = |number: usize| roots.get(number).into_iter().flatten().map(|root| Whom::Ours(*root));
    let those: Vec<Whom> = match naming.whom {
        Whom::Ours(number) => drawn(number).collect(),
        other => vec![other],
    };
    let mut ways = Vec::new();
    for this in drawn(naming.by) {
        for that in those.iter().copied().filter(|that| *that != this) {
            match naming.flow {
                Flow::To => ways.push(Way { from: this, to: that, naming }),
                Flow::From | Flow::LetsIn => ways.push(Way { from: that, to: this, naming }),
                Flow::PartOf | Flow::Has | Flow::Within => {}
            }
        }
    }
    ways
}

/// In which words a way is spoken of before and after.
#[derive(Default)]
struct Sides<'n> {
    before: BTreeSet<&'n str>,
    after: BTreeSet<&'n str>,
    unknown: bool,
}

impl<'n> Sides<'n> {
    fn add(&mut self, naming: &'n Naming<'_>, unknown: bool) {
        self.unknown |= unknown;
        match naming.when {
            When::Before => self.before.insert(&naming.words),
            When::After => self.after.insert(&naming.words),
        };
    }

    fn action(&self) -> Action {
        match (self.before.is_empty(), self.after.is_empty()) {
            _ if self.unknown => Action::Unknown,
            (true, _) => Action::Create,
            (_, true) => Action::Delete,
            _ if self.before == self.after => Action::NoOp,
            _ => Action::Update,
        }
    }
}
