//! What the runs on record left: of each resource the attributes that were applied last.
//!
//! There is no state file. What was applied last is known from the plans of runs and their histories, folded newest first: the
//! first run that tells of a resource is the last that saw or wrote it. A run that changed nothing about a resource found it as
//! its spec asked, which tells as much as if it had written it.
//! Refuses to know: where runs are kept, and what is there now.
//! Read next: `drift`, which compares this with what is there.
//!
//! **Invariant:** what was not done, or was taken back, was not applied.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Address, AttributeChange, Attrs, Change, End, History, Object, Observed, Op, Plan, Reason, Scope, Step,
    StepId,
};

use crate::codes;
use crate::outline::belongs;

/// A resource in its place: of a move, the old and the new one have one address.
type Place = (Address, &'static str, Scope);

/// What the runs on record left.
#[derive(Debug, Default)]
pub struct Applied {
    left: BTreeMap<Place, Left>,
    /// Objects by AWS's names for them, and the place of each; none for one that a run deleted.
    objects: BTreeMap<(Scope, &'static str, String), Option<Place>>,
    /// Places where a run did not come to its end.
    begun: BTreeSet<Place>,
    runs: usize,
    /// No run before those that were added can tell anything.
    whole: bool,
}

/// What a run left in a place.
#[derive(Debug, Clone)]
enum Left {
    There(Present),
    Gone,
}

/// A resource as runs left it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Present {
    /// AWS's name for it.
    pub(crate) id: String,
    /// Its attributes.
    pub(crate) attrs: Attrs,
    /// Attributes that the last run was to change and did not.
    open: BTreeSet<String>,
}

impl Present {
    /// Whether it is known how an attribute was left.
    pub(crate) fn knows(&self, key: &str) -> bool {
        !self.open.contains(key)
    }

    /// Takes over from an older run what the newer ones left open.
    fn learn(&mut self, older: &Left) {
        let Left::There(older) = older else {
            self.open.clear();
            return;
        };
        for key in std::mem::take(&mut self.open) {
            match older.attrs.get(&key) {
                _ if older.open.contains(&key) => drop(self.open.insert(key)),
                Some(value) => self.attrs.insert(key, value.clone()),
                None => {}
            }
        }
    }
}

/// What is known of how a resource was left.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known<'a> {
    /// Like this.
    Left(&'a Present),
    /// A run deleted it.
    Gone,
    /// A run was to make or change it, and did not.
    Begun,
    /// No run on record tells of it.
    Never,
}

impl Applied {
    /// Adds a run that is older than those added before.
    pub fn add(&mut self, plan: &Plan, history: &History) {
        if self.whole || history.begun().is_none() {
            return;
        }
        self.runs += 1;
        if history.ended().is_some_and(|(end, _)| end == End::RolledBack) {
            return;
        }
        let run = Run::of(plan, history);
        for change in &plan.changes.changes {
            self.take(change, &run);
        }
        // A plan of all there was, carried out: what it does not name was neither asked for nor there.
        let narrowed = plan.findings.iter().any(|finding| finding.code == codes::PARTIAL);
        self.whole = !narrowed && plan.steps.iter().all(|step| run.finished.contains(&step.id));
    }

    /// Whether an older run may tell more of something that differs.
    pub fn is_open(&self, change: &Change) -> bool {
        if self.whole || change.action == Action::NoOp || change.action == Action::Unknown && !is_leftover(change) {
            return false;
        }
        match self.of(change) {
            Known::Left(present) => change.attributes.iter().any(|attribute| !present.knows(&attribute.key)),
            Known::Gone => false,
            Known::Begun | Known::Never => true,
        }
    }

    /// Whether the last run that was to make or change the resource of a change did not come to its end.
    pub(crate) fn is_begun(&self, change: &Change) -> bool {
        self.begun.contains(&(change.address.clone(), change.kind, change.scope.clone()))
    }

    /// How many runs were added, those that were rolled back as well.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// What is known of how the resource of a change was left.
    pub(crate) fn of(&self, change: &Change) -> Known<'_> {
        let place = (change.address.clone(), change.kind, change.scope.clone());
        let begun = if self.begun.contains(&place) { Known::Begun } else { Known::Never };
        let at = match &change.before {
            // What goes may stand under another address than it was made at: kinds without tags have none of their own.
            Some(object) if is_leftover(change) => match self.objects.get(&identity(object)) {
                Some(Some(place)) => place,
                Some(None) => return Known::Gone,
                None => return begun,
            },
            _ => &place,
        };
        match self.left.get(at) {
            Some(Left::There(present)) => Known::Left(present),
            Some(Left::Gone) => Known::Gone,
            None => begun,
        }
    }

    fn take(&mut self, change: &Change, run: &Run) {
        let place = (change.address.clone(), change.kind, change.scope.clone());
        let steps = run.steps(change);
        let left = match change.action {
            Action::Unknown => return,
            // What is nobody's and stays was not applied.
            Action::NoOp if change.after.is_none() => return,
            Action::NoOp | Action::Wait => {
                change.before.as_ref().map(|object| Left::There(present(object, &change.attributes, &[], run)))
            }
            Action::Update => {
                change.before.as_ref().map(|object| Left::There(present(object, &change.attributes, &steps, run)))
            }
            Action::Create | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst | Action::ReplaceKeepOld => {
                made(change, &steps, run)
            }
            Action::Delete => run.deletes(change, &steps).then_some(Left::Gone),
        };
        // What a newer run finished is no longer begun.
        if !self.left.contains_key(&place) && steps.iter().any(|step| !run.finished.contains(&step.id)) {
            self.begun.insert(place.clone());
        }
        let gone = run.deletes(change, &steps);
        if let Some(old) = change.before.as_ref().filter(|_| gone || change.action != Action::Delete) {
            self.objects.entry(identity(old)).or_insert_with(|| (!gone).then(|| place.clone()));
        }
        let left = match left {
            None => return,
            Some(Left::There(present)) => {
                let object = (place.2.clone(), place.1, present.id.clone());
                // A newer run may have deleted it under another address.
                match self.objects.entry(object).or_insert_with(|| Some(place.clone())) {
                    Some(_) => Left::There(present),
                    None => Left::Gone,
                }
            }
            Some(Left::Gone) => Left::Gone,
        };
        match self.left.entry(place) {
            Entry::Vacant(entry) => drop(entry.insert(left)),
            Entry::Occupied(mut entry) => {
                if let Left::There(present) = entry.get_mut() {
                    present.learn(&left);
                }
            }
        }
    }
}

/// Whether an object is there that the spec does not ask for, whether or not it may be deleted just now.
pub(crate) fn is_leftover(change: &Change) -> bool {
    change.before.is_some() && change.after.is_none()
}

fn identity(object: &Observed) -> (Scope, &'static str, String) {
    (object.scope.clone(), object.kind, object.id.clone())
}

/// A run with what its steps did and what of that was not taken back.
struct Run<'a> {
    steps: BTreeMap<&'a Address, Vec<&'a Step>>,
    /// What the steps left whose calls took effect.
    done: BTreeMap<StepId, Object>,
    /// Those that came to their good end.
    finished: BTreeSet<StepId>,
}

impl<'a> Run<'a> {
    fn of(plan: &'a Plan, history: &History) -> Self {
        let mut steps: BTreeMap<&Address, Vec<&Step>> = BTreeMap::new();
        for step in &plan.steps {
            steps.entry(&step.address).or_default().push(step);
        }
        let kept = || history.steps().filter(|(_, ways)| !ways.back.is_done());
        let done = kept().filter_map(|(id, ways)| Some((id, ways.forward.object()?.clone()))).collect();
        let finished = kept().filter(|(_, ways)| ways.forward.is_done()).map(|(id, _)| id).collect();
        Self { steps, done, finished }
    }

    fn steps(&self, change: &Change) -> Vec<&'a Step> {
        self.steps.get(&change.address).into_iter().flatten().filter(|step| belongs(change, step)).copied().collect()
    }

    /// Whether the object of a change was deleted, by a call of its own or with another.
    fn deletes(&self, change: &Change, steps: &[&Step]) -> bool {
        let deleted = |step: &&Step| matches!(step.op, Op::Delete { .. }) && self.done.contains_key(&step.id);
        match &change.reason {
            Reason::DeletedWith(owner) => self.steps.get(owner).into_iter().flatten().any(deleted),
            _ => steps.iter().any(deleted),
        }
    }
}

/// An object that stays, as the steps that were done left it.
fn present(object: &Observed, differs: &[AttributeChange], steps: &[&Step], run: &Run) -> Present {
    let mut present = Present {
        id: object.id.clone(),
        attrs: object.attrs.clone(),
        open: differs.iter().map(|change| change.key.clone()).collect(),
    };
    for step in steps {
        let (Op::Update { changed, .. }, Some(done)) = (&step.op, run.done.get(&step.id)) else { continue };
        for key in changed {
            present.open.remove(key);
            match done.attrs.get(key) {
                Some(value) => present.attrs.insert(key.clone(), value.clone()),
                None => drop(present.attrs.remove(key)),
            }
        }
    }
    present
}

/// What was made, or what is left of what was to be replaced.
fn made(change: &Change, steps: &[&Step], run: &Run) -> Option<Left> {
    let made = steps.iter().filter(|step| matches!(step.op, Op::Create { .. })).find_map(|step| run.done.get(&step.id));
    if let Some(object) = made {
        let asked = change.after.iter().flat_map(Attrs::iter).filter(|(_, value)| value.is_known());
        let mut attrs: Attrs = asked.map(|(key, value)| (key.clone(), value.clone())).collect();
        attrs.merge(&object.attrs);
        return Some(Left::There(Present { id: object.id.clone(), attrs, open: BTreeSet::new() }));
    }
    if run.deletes(change, steps) {
        return Some(Left::Gone);
    }
    change.before.as_ref().map(|object| Left::There(present(object, &change.attributes, &[], run)))
}
