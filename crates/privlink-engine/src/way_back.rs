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

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Attrs, Change, History, KindSchema, Kinds, Object, Observed, Op, Plan, Reason, ReplaceOrder, Settle, State,
    Step, StepId, Undo, UndoOp, Value, Waits, short_digest,
};

use crate::outputs::Outputs;

/// The steps back and what is known about them.
#[derive(Debug, Default)]
pub(crate) struct WayBack {
    /// In the order of a plan: each needs only steps before it.
    pub(crate) steps: Vec<Step>,
    /// What the objects were that steps bring back.
    pub(crate) lost: BTreeMap<StepId, Object>,
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
            (Op::Update { id, before, after, changed, .. }, _) => {
                let mut now = before.clone();
                now.merge(&self.outputs.known(after));
                now.merge(&object.attrs);
                let mut then = now.clone();
                for key in changed {
                    match before.get(key) {
                        Some(value) => then.insert(key, value.clone()),
                        None => {
                            then.remove(key);
                        }
                    }
                }
                // What an earlier step of the plan had set already stays for that step's own way back.
                let changed = changed.iter().filter(|key| !schema.same(key, now.get(key), then.get(key)));
                let changed: Vec<String> = changed.cloned().collect();
                let op = Op::Update { id: id.clone(), before: now, after: then, changed, phase: None };
                Some(back(step, op, schema.update.map_or("", |call| call.name), schema.ready))
            }
            (Op::Delete { id, before }, _) => {
                self.way.lost.insert(step.id, Object { id: id.clone(), attrs: before.clone() });
                let tags = self.change_of(id).map(|change| change.tags.clone()).unwrap_or_default();
                Some(create(step, schema, before, tags))
            }
        }
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
        let is_lossy = |step: &&Step| {
            matches!((&step.op, &step.undo), (Op::Delete { .. }, Undo::Recreate { .. }))
                && self.back.contains_key(&step.id)
        };
        let lossy: BTreeSet<StepId> = self.plan.steps.iter().filter(is_lossy).map(|step| step.id).collect();
        if lossy.is_empty() {
            return;
        }
        let mut next = self.next_id();
        for step in &self.plan.steps {
            let kept = self.kinds.get(step.kind).filter(|schema| schema.replace == ReplaceOrder::KeepOld);
            let made = matches!(step.op, Op::Create { .. }) && self.back.contains_key(&step.id);
            let old = self.plan.changes.changes.iter().find_map(|change| {
                let replaced = change.action == Action::ReplaceKeepOld && change.address == step.address;
                change.before.as_ref().filter(|_| replaced)
            });
            let (Some(schema), true, Some(old)) = (kept, made, old) else { continue };
            let (sources, users) = (self.all_needs(step), self.all_users(step.id));
            let mut remade = create(step, schema, &old.attrs, old.tags.clone());
            remade.id = next;
            for source in &sources {
                if let Some(back) = self.back.get_mut(source) {
                    back.needs.retain(|need| *need != step.id && !users.contains(need));
                    back.needs.extend(lossy.iter().filter(|id| *id != source));
                    remade.needs.insert(*source);
                }
            }
            remade.needs.extend(&lossy);
            for user in users.difference(&lossy) {
                if let Some(back) = self.back.get_mut(user) {
                    back.needs.insert(next);
                }
            }
            self.way.lost.insert(next, Object { id: old.id.clone(), attrs: old.attrs.clone() });
            self.back.insert(next, remade);
            next = StepId(next.0 + 1);
        }
    }

    /// What went along with something deleted is brought back after it.
    fn bring_along(&mut self) {
        let deleted: BTreeMap<_, StepId> = self
            .plan
            .steps
            .iter()
            .filter(|step| matches!(step.op, Op::Delete { .. }) && self.back.contains_key(&step.id))
            .map(|step| (step.address.clone(), step.id))
            .collect();
        let mut along: BTreeMap<_, StepId> = BTreeMap::new();
        let mut next = self.next_id();
        let mut waiting: Vec<&Change> =
            self.plan.changes.changes.iter().filter(|change| matches!(change.reason, Reason::DeletedWith(_))).collect();
        loop {
            let before = waiting.len();
            waiting.retain(|change| {
                let Reason::DeletedWith(owner) = &change.reason else { return false };
                let Some(owner) = deleted.get(owner).or_else(|| along.get(owner)).copied() else { return true };
                let schema = self.kinds.get(change.kind);
                let (Some(schema), Some(old)) = (schema, &change.before) else { return false };
                let Some(model) = self.back.get(&owner).cloned() else { return false };
                if schema.create.is_none() {
                    self.way
                        .inexact
                        .push((owner, format!("the {} of {} does not come back", schema.title, change.address)));
                    return false;
                }
                let model =
                    Step { address: change.address.clone(), kind: schema.name, scope: change.scope.clone(), ..model };
                let mut step = create(&model, schema, &old.attrs, old.tags.clone());
                step.id = next;
                step.token = short_digest(&format!("{} {}", step.token, change.address), 40);
                step.needs = BTreeSet::from([owner]);
                self.way.lost.insert(next, Object { id: old.id.clone(), attrs: old.attrs.clone() });
                self.back.insert(next, step);
                along.insert(change.address.clone(), next);
                next = StepId(next.0 + 1);
                false
            });
            if waiting.len() == before {
                break;
            }
        }
    }

    /// What names an object that is brought back comes after it.
    fn name_users(&mut self) {
        let names: Vec<(StepId, String)> =
            self.way.lost.iter().filter(|(_, old)| !old.id.is_empty()).map(|(id, old)| (*id, old.id.clone())).collect();
        let planned = self.plan.steps.len();
        for (user, step) in &self.back {
            let Op::Create { attrs, .. } = &step.op else { continue };
            let named: Vec<StepId> =
                names.iter().filter(|(id, name)| id != user && holds(attrs, name)).map(|(id, _)| *id).collect();
            // Among the plan's own steps the turned edges say so already.
            let along = |id: &StepId| id.0 as usize > planned || user.0 as usize > planned;
            let more: Vec<StepId> = named.into_iter().filter(along).collect();
            if !more.is_empty() {
                self.way.steps.push(Step { needs: more.into_iter().collect(), ..step.clone() });
            }
        }
        for step in std::mem::take(&mut self.way.steps) {
            for need in step.needs {
                if !self.reaches(need, step.id)
                    && let Some(back) = self.back.get_mut(&step.id)
                {
                    back.needs.insert(need);
                }
            }
        }
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

    fn next_id(&self) -> StepId {
        let planned = self.plan.steps.iter().map(|step| step.id.0).max().unwrap_or_default();
        StepId(self.back.keys().map(|id| id.0).max().unwrap_or_default().max(planned) + 1)
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

/// Whether a name stands in attributes, alone or inside of a text.
fn holds(attrs: &Attrs, name: &str) -> bool {
    fn value_holds(value: &Value, name: &str) -> bool {
        match value {
            Value::Text(text) => text.contains(name),
            Value::Map(map) => map.iter().any(|(key, value)| key.contains(name) || value_holds(value, name)),
            other => other.elements().into_iter().any(|value| value_holds(value, name)),
        }
    }
    attrs.iter().any(|(_, value)| value_holds(value, name))
}

fn back(step: &Step, op: Op, call: &str, waits: Option<Waits>) -> Step {
    Step {
        id: step.id,
        address: step.address.clone(),
        kind: step.kind,
        scope: step.scope.clone(),
        op,
        call: call.to_owned(),
        needs: BTreeSet::new(),
        undo: Undo::Exact(UndoOp::Nothing),
        settle: waits.map(|waits| Settle {
            until: waits.until.to_owned(),
            typical: waits.typical,
            limit: waits.limit,
            poll: waits.poll,
        }),
        token: short_digest(&format!("{} back", step.token), 40),
        outage: None,
    }
}

fn delete(step: &Step, schema: &KindSchema, id: String, before: Attrs) -> Step {
    back(step, Op::Delete { id, before }, schema.delete.map_or("", |call| call.name), schema.gone)
}

fn create(step: &Step, schema: &KindSchema, old: &Attrs, tags: BTreeMap<String, String>) -> Step {
    let attrs = old.iter().filter(|(key, _)| schema.compares(key)).map(|(key, value)| (key.clone(), value.clone()));
    let op = Op::Create { attrs: attrs.collect(), tags };
    back(step, op, schema.create.map_or("", |call| call.name), schema.ready)
}
