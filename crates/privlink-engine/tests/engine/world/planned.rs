//! The plan from what there is to what is wanted, as privlink's planner would make it, for scenes.
//!
//! Crates beside the engine are not known here, so the planner's rules are written down once more, as small as the scenes
//! allow.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Attrs, Change, ChangeSet, KindSchema, Observed, Op, Phase, Plan, Reason, ReplaceOrder, Settle, Step,
    StepId, Undo, UndoOp, Value, Waits,
};

use super::kinds::schema;
use super::scene::{Item, attrs, tags};

/// A call, not yet numbered.
struct Draft {
    item: usize,
    op: Op,
    waits: Option<Waits>,
}

/// The calls of an item.
#[derive(Clone, Copy, Default)]
struct Parts {
    first: Option<usize>,
    ready: Option<usize>,
    last: Option<usize>,
    old: Option<usize>,
}

struct Planner<'a> {
    items: &'a [Item],
    old: &'a BTreeMap<usize, Observed>,
    actions: Vec<Action>,
    after: Vec<Attrs>,
    changed: Vec<Vec<String>>,
    /// The item with whose old object this one's goes.
    along: Vec<Option<usize>>,
    drafts: Vec<Draft>,
    parts: Vec<Parts>,
    needs: Vec<BTreeSet<usize>>,
}

/// Makes the plan. `old` has what is observed of each item. There is none where calls would wait for each other.
pub(crate) fn planned(items: &[Item], old: &BTreeMap<usize, Observed>) -> Option<Plan> {
    let mut planner = Planner {
        items,
        old,
        actions: Vec::new(),
        after: Vec::new(),
        changed: Vec::new(),
        along: Vec::new(),
        drafts: Vec::new(),
        parts: Vec::new(),
        needs: Vec::new(),
    };
    planner.diff();
    planner.find_along();
    planner.draft();
    planner.order();
    planner.plan()
}

fn makes_new(action: Action) -> bool {
    use Action::{Create, ReplaceCreateFirst, ReplaceDeleteFirst, ReplaceKeepOld};
    matches!(action, Create | ReplaceCreateFirst | ReplaceDeleteFirst | ReplaceKeepOld)
}

fn removes_old(action: Action) -> bool {
    matches!(action, Action::Delete | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst)
}

impl Planner<'_> {
    fn schema(&self, item: usize) -> &'static KindSchema {
        schema(self.items[item].kind)
    }

    fn diff(&mut self) {
        for number in 0..self.items.len() {
            let value = |of: usize, key: &'static str| match self.old.get(&of) {
                Some(old) if !makes_new(self.actions[of]) => old.attrs.get(key).cloned().unwrap(),
                _ => Value::of(&self.items[of].address, key),
            };
            let after = attrs(self.items, number, true, &value);
            let schema = self.schema(number);
            let old = self.old.get(&number);
            let empty = Attrs::new();
            let before = old.map_or(&empty, |old| &old.attrs);
            let keys: BTreeSet<&String> = after.iter().chain(before.iter()).map(|(key, _)| key).collect();
            let changed: Vec<String> = keys
                .into_iter()
                .filter(|key| schema.compares(key) && !schema.same(key, before.get(key), after.get(key)))
                .cloned()
                .collect();
            let immutable =
                |key: &String| schema.update.is_none() || schema.attribute(key).is_some_and(|fact| fact.immutable);
            let action = match (old.is_some(), self.items[number].new.is_some()) {
                (false, false) => Action::NoOp,
                (false, true) => Action::Create,
                (true, false) => Action::Delete,
                (true, true) if changed.is_empty() => Action::NoOp,
                (true, true) if changed.iter().any(immutable) => match schema.replace {
                    // What goes with an owner that is replaced is made for another.
                    ReplaceOrder::KeepOld => Action::ReplaceKeepOld,
                    ReplaceOrder::CreateFirst => Action::ReplaceCreateFirst,
                    ReplaceOrder::DeleteFirst => Action::ReplaceDeleteFirst,
                },
                (true, true) => Action::Update,
            };
            self.actions.push(action);
            self.after.push(after);
            self.changed.push(changed);
        }
    }

    /// Which old objects go with that of another item.
    fn find_along(&mut self) {
        for (number, item) in self.items.iter().enumerate() {
            let owner = item.owner.filter(|owner| {
                !self.schema(number).deleted_with.is_empty()
                    && removes_old(self.actions[number])
                    && removes_old(self.actions[*owner])
                    && !self.is_caught(number, *owner)
            });
            self.along.push(owner);
        }
    }

    /// Whether something that it uses goes by itself and uses the owner.
    fn is_caught(&self, number: usize, owner: usize) -> bool {
        let itself = |used: &usize| {
            *used != owner && self.along.get(*used).copied().flatten().is_none() && removes_old(self.actions[*used])
        };
        self.items[number]
            .names(false)
            .iter()
            .filter(|used| itself(used))
            .any(|used| self.old_needs(*used).contains(&owner))
    }

    fn old_needs(&self, item: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut todo = vec![item];
        while let Some(at) = todo.pop() {
            todo.extend(self.items[at].names(false).into_iter().filter(|need| found.insert(*need)));
        }
        found
    }

    fn push(&mut self, item: usize, op: Op, waits: Option<Waits>) -> Option<usize> {
        self.drafts.push(Draft { item, op, waits });
        self.needs.push(BTreeSet::new());
        Some(self.drafts.len() - 1)
    }

    fn draft(&mut self) {
        for number in 0..self.items.len() {
            let (schema, action) = (self.schema(number), self.actions[number]);
            let old = self.old.get(&number).cloned();
            let mut parts = Parts::default();
            if let (true, Some(old), None, true) =
                (removes_old(action), &old, self.along[number], schema.delete.is_some())
            {
                let op = Op::Delete { id: old.id.clone(), before: old.attrs.clone() };
                parts.old = self.push(number, op, schema.gone);
            }
            if makes_new(action) {
                let op = Op::Create { attrs: self.after[number].clone(), tags: tags(&self.items[number]) };
                parts.first = self.push(number, op, schema.ready);
                parts.ready = parts.first;
                parts.last = parts.first;
            } else if let (Action::Update, Some(old)) = (action, &old) {
                for (changed, phase) in self.writes(number, old) {
                    let op = Op::Update {
                        id: old.id.clone(),
                        before: old.attrs.clone(),
                        after: self.after[number].clone(),
                        changed,
                        phase,
                    };
                    let call = self.push(number, op, schema.ready);
                    parts.first = parts.first.or(call);
                    parts.last = call;
                    if phase != Some(Phase::Remove) || parts.ready.is_none() {
                        parts.ready = call;
                    }
                }
            }
            self.parts.push(parts);
        }
    }

    fn writes(&self, number: usize, old: &Observed) -> Vec<(Vec<String>, Option<Phase>)> {
        let (additive, whole): (Vec<String>, Vec<String>) =
            self.changed[number].iter().cloned().partition(|key| key == "peers");
        let mut writes = Vec::new();
        if !whole.is_empty() {
            writes.push((whole, None));
        }
        for key in additive {
            let texts = |attrs: &Attrs| -> BTreeSet<String> {
                attrs.get(&key).map(Value::texts).unwrap_or_default().into_iter().collect()
            };
            let (was, wanted) = (texts(&old.attrs), texts(&self.after[number]));
            if !wanted.is_subset(&was) {
                writes.push((vec![key.clone()], Some(Phase::Add)));
            }
            if !was.is_subset(&wanted) {
                writes.push((vec![key], Some(Phase::Remove)));
            }
        }
        writes
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        let (mut todo, mut seen) = (vec![from], BTreeSet::new());
        while let Some(at) = todo.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                todo.extend(&self.needs[at]);
            }
        }
        false
    }

    fn add(&mut self, call: usize, need: usize) {
        if call != need {
            self.needs[call].insert(need);
        }
    }

    fn add_where_possible(&mut self, call: usize, needs: Vec<usize>) {
        for need in needs {
            if !self.reaches(need, call) {
                self.add(call, need);
            }
        }
    }

    /// What an item needs by the spec: what it names, and what it is a snapshot of.
    fn wanted_needs(&self, item: usize) -> BTreeSet<usize> {
        let it = &self.items[item];
        let targets = it.new.as_ref().and_then(|side| side.targets);
        let of = it.of.filter(|_| it.new.is_some());
        it.names(true).into_iter().chain(targets).chain(of).collect()
    }

    fn root(&self, mut item: usize) -> usize {
        while let Some(owner) = self.along[item] {
            item = owner;
        }
        item
    }

    fn release(&self, user: usize) -> Option<usize> {
        match self.actions[user] {
            Action::Update | Action::ReplaceKeepOld => self.parts[user].last,
            action if removes_old(action) => self.parts[self.root(user)].old,
            _ => None,
        }
    }

    /// The items that use one, by the spec and by what there is, through others too.
    fn all_users(&self, item: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut todo = vec![item];
        while let Some(at) = todo.pop() {
            for user in 0..self.items.len() {
                let uses = self.items[user].names(false).contains(&at) || self.wanted_needs(user).contains(&at);
                if uses && user != item && found.insert(user) {
                    todo.push(user);
                }
            }
        }
        found
    }

    fn order(&mut self) {
        let items = 0..self.items.len();
        for number in items.clone() {
            let parts = self.parts[number];
            if let (Some(first), Some(last)) = (parts.first, parts.last) {
                (first..last).for_each(|call| self.add(call + 1, call));
            }
            if let (Some(new), Some(old)) = (parts.first, parts.old) {
                match self.actions[number] {
                    Action::ReplaceDeleteFirst => self.add(new, old),
                    _ => self.add(old, new),
                }
            }
        }
        for number in items.clone() {
            let Some(first) = self.parts[number].first else { continue };
            let (mut todo, mut seen): (Vec<usize>, _) =
                (self.wanted_needs(number).into_iter().collect(), BTreeSet::new());
            while let Some(need) = todo.pop() {
                if !seen.insert(need) {
                    continue;
                }
                match self.parts[need].ready {
                    Some(ready) => self.add(first, ready),
                    None => todo.extend(self.wanted_needs(need)),
                }
            }
        }
        for number in items.clone() {
            let Some(old) = self.parts[number].old else { continue };
            let users: Vec<usize> = items
                .clone()
                .filter(|user| self.items[*user].names(false).contains(&number))
                .filter_map(|user| self.release(user))
                .collect();
            match self.actions[number] {
                Action::ReplaceDeleteFirst => self.add_where_possible(old, users),
                _ => users.into_iter().for_each(|call| self.add(old, call)),
            }
        }
        for number in items.clone() {
            let Some(old) = self.parts[number].old else { continue };
            let targets =
                |user: &usize| self.items[*user].old.as_ref().is_some_and(|side| side.targets == Some(number));
            let calls = items.clone().filter(targets).filter_map(|user| self.release(user)).collect();
            self.add_where_possible(old, calls);
            let users = self.all_users(number).into_iter();
            let calls = users.flat_map(|user| [self.parts[user].last, self.release(user)]).flatten().collect();
            self.add_where_possible(old, calls);
        }
        let builds: Vec<usize> = self.parts.iter().filter_map(|parts| parts.last).collect();
        for number in items {
            if let (Some(old), true) = (self.parts[number].old, self.schema(number).loses.is_some()) {
                self.add_where_possible(old, builds.clone());
            }
        }
    }

    fn undo(&self, draft: &Draft) -> Undo {
        let schema = self.schema(draft.item);
        match &draft.op {
            Op::Create { .. } => match schema.permanent {
                Some(why) => Undo::None { why: why.to_owned() },
                None => Undo::Exact(UndoOp::Delete),
            },
            Op::Update { .. } => Undo::Exact(UndoOp::Restore),
            Op::Delete { .. } => match schema.loses {
                Some(loses) => Undo::Recreate { loses: loses.to_owned() },
                None => Undo::Exact(UndoOp::Recreate),
            },
            Op::Wait { .. } => Undo::Exact(UndoOp::Nothing),
        }
    }

    fn change(&self, number: usize) -> Change {
        let item = &self.items[number];
        let reason = match (self.actions[number], self.along[number]) {
            (Action::Delete, Some(owner)) => Reason::DeletedWith(self.items[owner].address.clone()),
            (Action::Delete, None) => Reason::NotInSpec,
            (Action::Create, _) => Reason::Absent,
            (Action::Update, _) => Reason::Differs,
            (Action::NoOp, _) => Reason::Same,
            _ => Reason::Immutable(self.changed[number].clone()),
        };
        Change {
            address: item.address.clone(),
            kind: item.kind,
            scope: item.scope.clone(),
            action: self.actions[number],
            reason,
            before: self.old.get(&number).cloned(),
            after: item.new.is_some().then(|| self.after[number].clone()),
            attributes: Vec::new(),
            because: String::new(),
            origin: None,
        }
    }

    /// Numbers the calls, those that cannot be taken back exactly as late as may be.
    fn plan(self) -> Option<Plan> {
        let mut ids: BTreeMap<usize, StepId> = BTreeMap::new();
        let exact = |call: &usize| matches!(self.undo(&self.drafts[*call]), Undo::Exact(_));
        while ids.len() < self.drafts.len() {
            let can =
                |call: &usize| !ids.contains_key(call) && self.needs[*call].iter().all(|need| ids.contains_key(need));
            let free: Vec<usize> = (0..self.drafts.len()).filter(can).collect();
            let next = free.iter().find(|call| exact(call)).or(free.first())?;
            ids.insert(*next, StepId(u32::try_from(ids.len() + 1).unwrap()));
        }
        let mut steps: Vec<Step> = self
            .drafts
            .iter()
            .enumerate()
            .map(|(call, draft)| {
                let item = &self.items[draft.item];
                Step {
                    id: ids[&call],
                    address: item.address.clone(),
                    kind: item.kind,
                    scope: item.scope.clone(),
                    op: draft.op.clone(),
                    call: "CallToy".to_owned(),
                    needs: self.needs[call].iter().map(|need| ids[need]).collect(),
                    undo: self.undo(draft),
                    settle: draft.waits.map(|waits| Settle {
                        until: waits.until.to_owned(),
                        typical: waits.typical,
                        limit: waits.limit,
                        poll: waits.poll,
                    }),
                    token: format!("token of {} {call}", item.address),
                    outage: None,
                }
            })
            .collect();
        steps.sort_by_key(|step| step.id);
        let changes = (0..self.items.len()).map(|number| self.change(number)).collect();
        Some(Plan { changes: ChangeSet { changes }, ..crate::toy::plan(steps) })
    }
}
