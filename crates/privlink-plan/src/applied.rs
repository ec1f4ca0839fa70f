//! What the runs on record left: of each resource the attributes that were applied last.
//!
//! There is no state file. What was applied last is known from the plans of runs and their histories, folded newest first: the
//! first run that tells of a resource is the last that saw or wrote it. A run that changed nothing about a resource found it as
//! its spec asked, which tells as much as if it had written it.
//! Refuses to know: where runs are kept, and what is there now.
//! Read next: `drift`, which compares this with what is there.
//!
//! **Invariant:** what was not done, or was taken back, was not applied.
//! **Invariant:** what is not known is not taken for absent: neither a run that could not be read, nor a call in doubt.

mod names;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Address, AttributeChange, Attrs, Change, End, History, Object, Observed, Op, Plan, Reason, Scope, State,
    Step, StepId, Steps,
};

use self::names::Names;
use crate::codes;

/// A resource in its place: of a move, the old and the new one have one address.
type Place = (Address, &'static str, Scope);

/// What the runs on record left.
#[derive(Debug, Default)]
pub struct Applied {
    left: BTreeMap<Place, Left>,
    /// Objects by AWS's names for them, and what became of each.
    objects: BTreeMap<Identity, Fate>,
    /// Places where a run did not come to its end.
    begun: BTreeSet<Place>,
    /// Runs that were taken back when newer ones had begun.
    overruling: Vec<Overruling>,
    /// What came back under another name.
    names: Names,
    runs: usize,
    /// No run before those that were added can tell anything.
    whole: bool,
    /// Runs before those that were added could not be read.
    torn: bool,
}

type Identity = (Scope, &'static str, String);

/// What became of an object.
#[derive(Debug, Clone)]
enum Fate {
    /// It is what is in this place.
    At(Place),
    /// A run deleted it.
    Gone,
    /// A run may have deleted it.
    Doubtful,
}

impl Fate {
    fn of(doubtful: bool) -> Self {
        if doubtful { Self::Doubtful } else { Self::Gone }
    }
}

/// What a run had done to until it was taken back, and between when and when others saw that.
#[derive(Debug)]
struct Overruling {
    places: BTreeSet<Place>,
    begun: u64,
    ended: u64,
}

impl Overruling {
    fn overlaps(&self, at: u64) -> bool {
        self.begun < at && at < self.ended
    }
}

/// What a run left in a place.
#[derive(Debug, Clone)]
enum Left {
    There(Present),
    Gone,
    /// It was to be deleted, and whether it was is not on record.
    Doubtful,
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
    /// When the run began that tells of all of it, in seconds since 1970.
    pub(crate) since: u64,
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
        if !self.open.is_empty() {
            self.since = older.since;
        }
        for key in std::mem::take(&mut self.open) {
            match older.attrs.get(&key) {
                _ if older.open.contains(&key) => drop(self.open.insert(key)),
                Some(value) => self.attrs.insert(key, value.clone()),
                None => drop(self.attrs.remove(&key)),
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
    /// A run was to make, change or delete it, and did not, or may not have.
    Begun,
    /// No run on record tells of it.
    Never,
}

impl Applied {
    /// Takes up, before any run is added, one that was taken back when newer ones had begun: what those saw of what it had done
    /// is no more.
    pub fn overrule(&mut self, plan: &Plan, history: &History) {
        let (Some(begun), Some((_, ended))) = (history.begun(), history.ended()) else { return };
        let run = Run::of(plan, history);
        let touched = |change: &&Change| run.own(change).iter().any(|step| history.step(step.id).forward.has_effect());
        let places = plan.changes.changes.iter().filter(touched).map(place).collect();
        self.overruling.push(Overruling { places, begun: begun.at, ended });
    }

    /// Takes up what came back under another name when a run was taken back: the new by the old. Before that run is added, and
    /// what happened last first.
    pub fn rename(&mut self, names: &BTreeMap<String, String>) {
        self.names.learn(names);
    }

    /// Adds a run that is older than those added before.
    pub fn add(&mut self, plan: &Plan, history: &History) {
        let Some(begun) = history.begun().filter(|_| !self.whole && !self.torn) else { return };
        self.runs += 1;
        if history.ended().is_some_and(|(end, _)| end == End::RolledBack) {
            return;
        }
        let run = Run::of(plan, history);
        let overruling = self.overruling.iter().filter(|it| it.overlaps(begun.at));
        let overruled: BTreeSet<Place> = overruling.clone().flat_map(|it| it.places.iter().cloned()).collect();
        let mut sees_all = overruling.count() == 0;
        for change in &plan.changes.changes {
            sees_all &= change.action != Action::Unknown;
            if !overruled.contains(&place(change)) {
                self.take(change, &run);
            }
        }
        // A plan of all there was, carried out: what it does not name was neither asked for nor there.
        let narrowed = plan.findings.iter().any(|finding| finding.code == codes::PARTIAL);
        self.whole = sees_all && !narrowed && plan.steps.iter().all(|step| run.finished.contains(&step.id));
    }

    /// Takes up that no run before those that were added can be read.
    pub fn tear(&mut self) {
        self.torn = true;
    }

    /// Whether there are runs on record, and each that may tell of something could be read: then what none of them tells of was
    /// not applied.
    pub(crate) fn tells_all(&self) -> bool {
        self.runs > 0 && !self.torn
    }

    /// Whether an older run may tell more of something that differs.
    pub fn is_open(&self, change: &Change) -> bool {
        if self.whole
            || self.torn
            || change.action == Action::NoOp
            || change.action == Action::Unknown && !is_leftover(change)
        {
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
        self.begun.contains(&place(change))
    }

    /// How many runs were added, those that were rolled back as well.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// What is known of how the resource of a change was left.
    pub(crate) fn of(&self, change: &Change) -> Known<'_> {
        let place = place(change);
        let begun = if self.begun.contains(&place) { Known::Begun } else { Known::Never };
        let at = match &change.before {
            // What goes may stand under another address than it was made at: kinds without tags have none of their own.
            Some(object) if is_leftover(change) => match self.objects.get(&identity(object)) {
                Some(Fate::At(place)) => place,
                Some(Fate::Gone) => return Known::Gone,
                Some(Fate::Doubtful) => return Known::Begun,
                None => return begun,
            },
            _ => &place,
        };
        match self.left.get(at) {
            Some(Left::There(present)) => Known::Left(present),
            Some(Left::Gone) => Known::Gone,
            Some(Left::Doubtful) => Known::Begun,
            None => begun,
        }
    }

    fn take(&mut self, change: &Change, run: &Run) {
        let place = place(change);
        let steps = run.steps.carrying(change);
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
            Action::Delete if run.deletes(change) => Some(Left::Gone),
            Action::Delete => run.may_delete(change).then_some(Left::Doubtful),
        };
        // What a newer run finished is no longer begun.
        if !self.left.contains_key(&place) && steps.iter().any(|step| !run.finished.contains(&step.id)) {
            self.begun.insert(place.clone());
        }
        let (gone, doubtful) = (run.deletes(change), run.may_delete(change));
        if let Some(old) = change.before.as_ref().filter(|_| gone || doubtful || change.action != Action::Delete) {
            let fate = if gone || doubtful { Fate::of(!gone) } else { Fate::At(place.clone()) };
            let identity = self.renamed(identity(old));
            self.objects.entry(identity).or_insert(fate);
        }
        let left = match left {
            None => return,
            Some(Left::There(present)) => {
                let id = self.names.name(&present.id).into_owned();
                let present = Present { attrs: self.names.attrs(present.attrs), id, ..present };
                let object = (place.2.clone(), place.1, present.id.clone());
                // A newer run may have deleted it under another address.
                match self.objects.entry(object).or_insert_with(|| Fate::At(place.clone())) {
                    Fate::At(_) => Left::There(present),
                    Fate::Gone => Left::Gone,
                    Fate::Doubtful => Left::Doubtful,
                }
            }
            Some(left @ (Left::Gone | Left::Doubtful)) => left,
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

    fn renamed(&self, (scope, kind, id): Identity) -> Identity {
        (scope, kind, self.names.name(&id).into_owned())
    }
}

fn place(change: &Change) -> Place {
    (change.address.clone(), change.kind, change.scope.clone())
}

/// Whether an object is there that the spec does not ask for, whether or not it may be deleted just now.
pub(crate) fn is_leftover(change: &Change) -> bool {
    change.before.is_some() && change.after.is_none()
}

fn identity(object: &Observed) -> Identity {
    (object.scope.clone(), object.kind, object.id.clone())
}

/// A run with what its steps did and what of that was not taken back.
struct Run<'a> {
    steps: Steps<'a>,
    /// What the steps left whose calls took effect.
    done: BTreeMap<StepId, Object>,
    /// Those that came to their good end.
    finished: BTreeSet<StepId>,
    /// Those whose calls may have taken effect: their answers are not on record.
    doubtful: BTreeSet<StepId>,
    /// When it began.
    begun: u64,
}

impl<'a> Run<'a> {
    fn of(plan: &'a Plan, history: &History) -> Self {
        let kept = || history.steps().filter(|(_, ways)| !ways.back.is_done());
        let done = kept().filter_map(|(id, ways)| Some((id, ways.forward.object()?.clone()))).collect();
        let finished = kept().filter(|(_, ways)| ways.forward.is_done()).map(|(id, _)| id).collect();
        let doubtful =
            kept().filter(|(_, ways)| matches!(ways.forward, State::Intended { .. })).map(|(id, _)| id).collect();
        let begun = history.begun().map(|begun| begun.at).unwrap_or_default();
        Self { steps: Steps::of(plan), done, finished, doubtful, begun }
    }

    /// The steps of a change, or those of the deletion that takes its object along.
    fn own(&self, change: &Change) -> Vec<&'a Step> {
        match &change.reason {
            Reason::DeletedWith(owner) => self.steps.at(owner).to_vec(),
            _ => self.steps.carrying(change),
        }
    }

    /// Whether the object of a change was deleted, by a call of its own or with another.
    fn deletes(&self, change: &Change) -> bool {
        self.deletions(change).iter().any(|step| self.done.contains_key(step))
    }

    /// Whether it may have been: a call was made, and its answer is not on record.
    fn may_delete(&self, change: &Change) -> bool {
        self.deletions(change).iter().any(|step| self.doubtful.contains(step))
    }

    fn deletions(&self, change: &Change) -> Vec<StepId> {
        let own = self.own(change).into_iter().filter(|step| matches!(step.op, Op::Delete { .. }));
        own.map(|step| step.id).collect()
    }
}

/// An object that stays, as the steps that were done left it.
fn present(object: &Observed, differs: &[AttributeChange], steps: &[&Step], run: &Run) -> Present {
    let mut present = Present {
        id: object.id.clone(),
        attrs: object.attrs.clone(),
        open: differs.iter().map(|change| change.key.clone()).collect(),
        since: run.begun,
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
        return Some(Left::There(Present { id: object.id.clone(), attrs, open: BTreeSet::new(), since: run.begun }));
    }
    if run.deletes(change) {
        return Some(Left::Gone);
    }
    if run.may_delete(change) {
        return Some(Left::Doubtful);
    }
    change.before.as_ref().map(|object| Left::There(present(object, &change.attributes, &[], run)))
}
