//! The way back: from what a run has done, the steps that take it back.
//!
//! Pure. Owns: which call takes which back, in which order, and what comes back other than it was. Refuses to know how steps
//! are carried out: they go the same way as a plan's (`dispatch`).
//!
//! A step is taken back when all that rest on it are. Most edges are simply turned around:
//!
//! ```text
//! plan        create link ─▶ change definition ─▶ create deployment ─▶ change stage ─▶ delete old link
//! way back    delete link ◀─ change it back    ◀─ delete deployment ◀─ change back  ◀─ create old link
//! ```
//!
//! Where something comes back under another id, though, what was kept to go back to (a deployment, a snapshot of its time) names
//! the old one: it is made again from the definition, once that is put back, before the stage goes back to it.
//!
//! **Invariant:** the way back depends on the plan and on how far its steps came, never on how far the way back itself came: a
//! run that is killed on it finds the same steps again.

mod calls;
mod late;

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Attrs, History, KindSchema, Kinds, Object, Observed, Op, Plan, ReplaceOrder, State, Step, StepId, Undo,
    UndoOp, Value, Write, keys, short_digest,
};

use self::calls::{back, create, delete};
use crate::outputs::Outputs;
use crate::prepare::{self, Prepared, prepare};

/// The steps back and what is known about them.
#[derive(Debug, Default)]
pub(crate) struct WayBack {
    /// In the order of a plan: each needs only steps before it.
    pub(crate) steps: Vec<Step>,
    /// What the objects were that steps bring back.
    pub(crate) lost: BTreeMap<StepId, Object>,
    /// Those of them whose objects may still be there: their deletion did not come to its good end.
    pub(crate) unsure: BTreeSet<StepId>,
    /// What does not come back as it was, as the plan declared.
    pub(crate) inexact: Vec<(StepId, String)>,
    /// Steps whose effect is not known, and those they rest on: nothing is done about them.
    pub(crate) held: BTreeSet<StepId>,
}

/// The steps that take back what a run has done.
pub fn way_back(plan: &Plan, kinds: &Kinds, history: &History) -> Vec<Step> {
    find(plan, kinds, history).steps
}

/// The way back of a run.
pub(crate) fn find(plan: &Plan, kinds: &Kinds, history: &History) -> WayBack {
    let outputs = Outputs::of_history(plan, history, kinds);
    let mut finder = Finder { plan, kinds, history, outputs, back: BTreeMap::new(), way: WayBack::default() };
    finder.hold();
    finder.turn();
    finder.order();
    finder.remake_snapshots();
    finder.bring_along();
    finder.name_users();
    finder.parts_first();
    finder.snapshots_last();
    finder.finish()
}

struct Finder<'a> {
    plan: &'a Plan,
    kinds: &'a Kinds,
    history: &'a History,
    outputs: Outputs,
    back: BTreeMap<StepId, Step>,
    way: WayBack,
}

impl Finder<'_> {
    /// Nothing is done about what is in doubt, nor about what it may rest on.
    fn hold(&mut self) {
        for step in self.plan.steps.iter().rev() {
            let doubtful = matches!(self.history.step(step.id).forward, State::Intended { .. });
            if doubtful || self.way.held.contains(&step.id) {
                self.way.held.insert(step.id);
                self.way.held.extend(step.needs.iter().copied());
            }
        }
    }

    /// The step back of each step that had an effect.
    fn turn(&mut self) {
        for step in &self.plan.steps {
            let forward = self.history.step(step.id).forward;
            if !forward.has_effect() || self.way.held.contains(&step.id) {
                continue;
            }
            match &step.undo {
                Undo::None { why } => self.way.inexact.push((step.id, why.clone())),
                Undo::Recreate { loses } => self.way.inexact.push((step.id, format!("it comes back without {loses}"))),
                Undo::Exact(_) => {}
            }
            if let Some(back) = self.turned(step, &forward) {
                self.back.insert(step.id, back);
            }
        }
    }

    fn turned(&mut self, step: &Step, forward: &State) -> Option<Step> {
        let schema = self.kinds.get(step.kind)?;
        let object = forward.object().cloned().unwrap_or_default();
        match (&step.op, &step.undo) {
            (_, Undo::None { .. } | Undo::Exact(UndoOp::Nothing)) | (Op::Wait { .. }, _) => None,
            (Op::Create { attrs, .. }, _) => {
                let mut before = self.outputs.known(attrs);
                before.merge(&object.attrs);
                Some(delete(step, schema, object.id, before))
            }
            (Op::Update { id, .. }, _) => {
                let write = self.written(step)?;
                let mut now = self.left_by_earlier(step);
                set(&mut now, &write.changed, &write.after);
                now.merge(&object.attrs);
                let mut then = now.clone();
                set(&mut then, &write.changed, &write.before);
                let differs = |key: &String| !schema.same(key, now.get(key), then.get(key));
                let changed = write.changed.into_iter().filter(differs).collect();
                let op = Op::Update { id: id.clone(), before: now, after: then, changed, phase: None };
                Some(back(step, op, schema.update.map_or("", |call| call.name), schema.ready))
            }
            (Op::Delete { id, before }, _) => {
                self.way.lost.insert(step.id, Object { id: id.clone(), attrs: before.clone() });
                if !forward.is_done() {
                    self.way.unsure.insert(step.id);
                }
                let tags = self.change_of(id).map(|change| change.tags.clone()).unwrap_or_default();
                Some(create(step, schema, before, tags))
            }
        }
    }

    /// The call of a step.
    fn written(&self, step: &Step) -> Option<Write> {
        let mut values = prepare::desired(&step.op).map(|attrs| self.outputs.known(attrs)).unwrap_or_default();
        late::add(self.plan, self.history, step, &mut values);
        match prepare(step, values, self.kinds) {
            Prepared::Call(write) => Some(write),
            Prepared::Wait(_) | Prepared::Skip(_) => None,
        }
    }

    /// An object as a step that changes it found it: other steps may have changed it before.
    fn left_by_earlier(&self, step: &Step) -> Attrs {
        let Op::Update { id, before, .. } = &step.op else { return Attrs::new() };
        let mut attrs = before.clone();
        let same = |earlier: &&Step| {
            earlier.id < step.id
                && earlier.kind == step.kind
                && matches!(&earlier.op, Op::Update { id: other, .. } if other == id)
                && self.history.step(earlier.id).forward.has_effect()
        };
        for write in self.plan.steps.iter().filter(same).filter_map(|earlier| self.written(earlier)) {
            set(&mut attrs, &write.changed, &write.after);
        }
        attrs
    }

    /// What was observed of an object that the plan changes.
    fn change_of(&self, id: &str) -> Option<&Observed> {
        self.plan.changes.changes.iter().filter_map(|change| change.before.as_ref()).find(|object| object.id == id)
    }

    /// Turns the edges around; what has no step back hands its own on.
    fn order(&mut self) {
        let mut needs: BTreeMap<StepId, BTreeSet<StepId>> = BTreeMap::new();
        for step in self.plan.steps.iter().rev() {
            let after = if self.back.contains_key(&step.id) {
                BTreeSet::from([step.id])
            } else {
                needs.get(&step.id).cloned().unwrap_or_default()
            };
            for need in &step.needs {
                needs.entry(*need).or_default().extend(after.iter().copied());
            }
        }
        for (id, step) in &mut self.back {
            step.needs = needs.remove(id).unwrap_or_default();
        }
    }

    /// Snapshots that were kept to go back to are made again where they name what is gone.
    fn remake_snapshots(&mut self) {
        let plan = self.plan;
        for (number, change) in plan.changes.changes.iter().enumerate() {
            let made = |step: &&Step| step.address == change.address && matches!(step.op, Op::Create { .. });
            let made = plan.steps.iter().find(made).filter(|step| self.back.contains_key(&step.id));
            let (Some(step), Some(old), Action::ReplaceKeepOld) = (made, &change.before, change.action) else {
                continue;
            };
            let Some(schema) = self.kinds.get(step.kind) else { continue };
            let (sources, users) = (self.put_back(&self.all_needs(step)), self.all_users(step.id));
            let lost = self.lost_to(&sources);
            // What is a snapshot of another object has not changed; what went along with its owner comes back with it.
            if sources.is_empty() || lost.is_empty() || self.owner(schema, old).is_some() {
                continue;
            }
            let id = self.number(number);
            let mut remade = create(step, schema, &old.attrs, old.tags.clone());
            remade.id = id;
            remade.token = short_digest(&format!("{} again", step.token), 40);
            for source in &sources {
                if let Some(back) = self.back.get_mut(source) {
                    back.needs.retain(|need| *need != step.id && !users.contains(need));
                    back.needs.extend(&lost);
                    remade.needs.insert(*source);
                }
            }
            remade.needs.extend(&lost);
            for user in users.difference(&lost) {
                if let Some(back) = self.back.get_mut(user)
                    && let Op::Update { after: attrs, .. } | Op::Create { attrs, .. } = &back.op
                    && holds(attrs, &old.id)
                {
                    back.needs.insert(id);
                }
            }
            self.way.lost.insert(id, Object { id: old.id.clone(), attrs: old.attrs.clone() });
            self.back.insert(id, remade);
        }
    }

    /// Those of some steps whose way back sets an object back to what it was.
    fn put_back(&self, steps: &BTreeSet<StepId>) -> BTreeSet<StepId> {
        let updates = |id: &&StepId| self.back.get(id).is_some_and(|back| matches!(back.op, Op::Update { .. }));
        steps.iter().filter(updates).copied().collect()
    }

    /// The steps that bring back what these steps name when they are taken back.
    fn lost_to(&self, sources: &BTreeSet<StepId>) -> BTreeSet<StepId> {
        let named = |id: StepId, old: &Object| {
            sources.iter().filter_map(|source| self.back.get(source)).any(|back| match &back.op {
                Op::Update { after, .. } => [false, true]
                    .into_iter()
                    .any(|decided| self.names_of(id, old, decided).any(|name| holds(after, name))),
                _ => false,
            })
        };
        self.way.lost.iter().filter(|(id, old)| named(**id, old)).map(|(id, _)| *id).collect()
    }

    /// What went along with something deleted is brought back after it.
    fn bring_along(&mut self) {
        let plan = self.plan;
        let mut seen = BTreeSet::new();
        loop {
            let before = seen.len();
            for (number, change) in plan.changes.changes.iter().enumerate() {
                let id = self.number(number);
                let (Some(schema), Some(old)) = (self.kinds.get(change.kind), &change.before) else { continue };
                if self.back.contains_key(&id) || seen.contains(&id) || self.has_its_own(change.kind, &old.id) {
                    continue;
                }
                let Some(owner) = self.owner(schema, old) else { continue };
                let Some(model) = self.back.get(&owner).cloned() else { continue };
                seen.insert(id);
                if schema.create.is_none() {
                    let what = format!("the {} of {} does not come back", schema.title, change.address);
                    self.way.inexact.push((owner, what));
                    continue;
                }
                let model =
                    Step { address: change.address.clone(), kind: schema.name, scope: change.scope.clone(), ..model };
                let mut step = create(&model, schema, &old.attrs, old.tags.clone());
                step.id = id;
                step.token = short_digest(&format!("{} {}", step.token, change.address), 40);
                step.needs = BTreeSet::from([owner]);
                if self.way.unsure.contains(&owner) {
                    self.way.unsure.insert(id);
                }
                self.way.lost.insert(id, Object { id: old.id.clone(), attrs: old.attrs.clone() });
                self.back.insert(id, step);
            }
            if seen.len() == before {
                break;
            }
        }
    }

    /// Whether a step of the plan deletes an object.
    fn has_its_own(&self, kind: &str, object: &str) -> bool {
        let deletes = |step: &Step| matches!(&step.op, Op::Delete { id, .. } if id == object) && step.kind == kind;
        self.plan.steps.iter().any(deletes)
    }

    /// The step that brings back what took an object along.
    fn owner(&self, schema: &KindSchema, object: &Observed) -> Option<StepId> {
        let named = |old: &Object| {
            let mut values = schema.deleted_with.iter().filter_map(|key| object.attrs.get(key));
            answers_to_its_id(old) && values.any(|value| names(value, &old.id))
        };
        self.way.lost.iter().find(|(_, old)| named(old)).map(|(id, _)| *id)
    }

    /// What went along with an object is part of it: whoever rests on the object waits for that too, a consumer for the
    /// permission to connect. It gives way where the part itself rests on them.
    fn parts_first(&mut self) {
        let planned = self.planned();
        let mut edges: Vec<(StepId, StepId)> = Vec::new();
        for part in self.back.values().filter(|step| step.id > planned) {
            for owner in part.needs.iter().filter(|need| self.way.lost.contains_key(need)) {
                let rests = |user: &&Step| user.id <= planned && user.needs.contains(owner);
                edges.extend(self.back.values().filter(rests).map(|user| (user.id, part.id)));
            }
        }
        for (user, part) in edges {
            if !self.reaches(part, user)
                && let Some(back) = self.back.get_mut(&user)
            {
                back.needs.insert(part);
            }
        }
    }

    /// A snapshot is made once all is back of which it is one.
    fn snapshots_last(&mut self) {
        let planned = self.planned();
        let brought: Vec<(StepId, BTreeSet<StepId>)> = self
            .back
            .values()
            .filter(|step| step.id > planned)
            .map(|step| (step.id, step.needs.iter().copied().filter(|need| self.way.lost.contains_key(need)).collect()))
            .collect();
        for (snapshot, owners) in &brought {
            let kept = |kind: &str| self.kinds.get(kind).is_some_and(|schema| schema.replace == ReplaceOrder::KeepOld);
            if !self.back.get(snapshot).is_some_and(|step| kept(step.kind)) {
                continue;
            }
            for (part, _) in brought.iter().filter(|(part, of)| part != snapshot && !of.is_disjoint(owners)) {
                if !self.reaches(*part, *snapshot)
                    && let Some(back) = self.back.get_mut(snapshot)
                {
                    back.needs.insert(*part);
                }
            }
        }
    }

    /// What names an object that is brought back comes after it.
    ///
    /// Names are sure. What AWS had decided of it is a guess, which gives way where it contradicts anything: the id of a network
    /// stands in all that is in it.
    fn name_users(&mut self) {
        let planned = self.planned();
        for guess in [false, true] {
            let mut edges: Vec<(StepId, StepId)> = Vec::new();
            for user in self.back.values() {
                let (Op::Create { attrs, .. } | Op::Update { after: attrs, .. }) = &user.op else { continue };
                // Among the plan's own steps the turned edges say so already.
                let along = |id: &StepId| *id != user.id && (*id > planned || user.id > planned);
                let names = |id: &StepId, old: &Object| self.names_of(*id, old, guess).any(|name| holds(attrs, name));
                let lost = self.way.lost.iter().filter(|(id, old)| along(id) && names(id, old));
                edges.extend(lost.map(|(id, _)| (user.id, *id)));
            }
            for (user, need) in edges {
                if !self.reaches(need, user)
                    && let Some(back) = self.back.get_mut(&user)
                {
                    back.needs.insert(need);
                }
            }
        }
    }

    /// The texts by which others know something that is lost: its name, or what AWS had decided of it.
    fn names_of<'o>(&self, step: StepId, old: &'o Object, decided: bool) -> impl Iterator<Item = &'o str> {
        let schema = self.back.get(&step).and_then(|back| self.kinds.get(back.kind));
        // Whose something is stands in much that has nothing to do with it.
        let tells =
            move |key: &str| schema.and_then(|schema| schema.attribute(key)).is_some_and(|fact| fact.tells.is_some());
        let known =
            move |key: &str| key == keys::ID.key() || tells(key) || schema.is_none_or(|schema| schema.sets(key));
        let values = old.attrs.iter().filter(move |(key, _)| decided && !known(key)).map(|(_, value)| value);
        let texts = values.flat_map(|value| {
            let inner = value.elements().into_iter().filter_map(Value::as_text);
            value.as_text().into_iter().chain(inner)
        });
        let id = (!decided && answers_to_its_id(old)).then_some(old.id.as_str());
        id.into_iter().chain(texts).filter(|text| !text.is_empty())
    }

    /// Whether a step back needs another, through others too.
    fn reaches(&self, from: StepId, to: StepId) -> bool {
        let (mut todo, mut seen) = (vec![from], BTreeSet::new());
        while let Some(id) = todo.pop() {
            if id == to {
                return true;
            }
            if seen.insert(id) {
                todo.extend(self.back.get(&id).into_iter().flat_map(|step| step.needs.iter().copied()));
            }
        }
        false
    }

    fn all_needs(&self, step: &Step) -> BTreeSet<StepId> {
        let mut found = step.needs.clone();
        for earlier in self.plan.steps.iter().rev() {
            if found.contains(&earlier.id) {
                found.extend(earlier.needs.iter().copied());
            }
        }
        found
    }

    fn all_users(&self, of: StepId) -> BTreeSet<StepId> {
        let mut found = BTreeSet::new();
        for later in &self.plan.steps {
            if later.needs.contains(&of) || later.needs.iter().any(|need| found.contains(need)) {
                found.insert(later.id);
            }
        }
        found
    }

    /// The highest number in the plan.
    fn planned(&self) -> StepId {
        self.plan.steps.iter().map(|step| step.id).max().unwrap_or(StepId(0))
    }

    /// The number of the step that brings back what a change of the plan had lost beside the plan's steps. It is always the
    /// same, whatever else is brought back: what is on record by it stays true.
    fn number(&self, change: usize) -> StepId {
        StepId(self.planned().0.saturating_add(1).saturating_add(u32::try_from(change).unwrap_or(u32::MAX)))
    }

    /// The steps, each after those it needs.
    fn finish(mut self) -> WayBack {
        let known: BTreeSet<StepId> = self.back.keys().copied().collect();
        let mut placed: BTreeSet<StepId> = BTreeSet::new();
        let mut waiting: Vec<Step> = self.back.into_values().rev().collect();
        for step in &mut waiting {
            step.needs.retain(|need| known.contains(need));
        }
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut rest = Vec::new();
            for step in waiting {
                if step.needs.is_subset(&placed) {
                    placed.insert(step.id);
                    self.way.steps.push(step);
                } else {
                    rest.push(step);
                }
            }
            waiting = rest;
            if waiting.len() == before {
                // They wait for each other, which turned edges cannot; one is let go so that nothing hangs.
                if let Some(first) = waiting.first_mut() {
                    first.needs.retain(|need| placed.contains(need));
                }
            }
        }
        self.way
    }
}

/// Gives some attributes the values that they have elsewhere, which may be none.
fn set(attrs: &mut Attrs, keys: &[String], values: &Attrs) {
    for key in keys {
        match values.get(key) {
            Some(value) => attrs.insert(key.clone(), value.clone()),
            None => {
                attrs.remove(key);
            }
        }
    }
}

/// Whether an object's name means that object: children that go by their parent's id do not answer to it.
fn answers_to_its_id(object: &Object) -> bool {
    !object.attrs.iter().any(|(key, value)| key != keys::ID.key() && value.as_text() == Some(&object.id))
}

/// Whether a value is a name, or has it among its elements.
fn names(value: &Value, name: &str) -> bool {
    value.as_text() == Some(name) || value.texts().iter().any(|text| text == name)
}

/// Whether a name stands in attributes, alone or inside of a text.
fn holds(attrs: &Attrs, name: &str) -> bool {
    let is_it = |part: &Value| match part {
        Value::Text(text) => text.contains(name),
        Value::Map(map) => map.keys().any(|key| key.contains(name)),
        _ => false,
    };
    attrs.iter().any(|(_, value)| value.any(&is_it))
}
