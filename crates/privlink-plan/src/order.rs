//! The order of the calls: which must be done before which.
//!
//! Making and changing follow the references of the spec. Deleting goes the other way: an object goes after everything that
//! used it has gone or let go of it, and after everything built on those has followed: a VPC link after the definition that
//! stopped using it, after the deployment made of that definition, after the stage that runs the deployment.
//!
//! ```text
//! create first   make new ─▶ users switch over ─▶ delete old
//! delete first   users go as far as they can ─▶ delete old ─▶ make new ─▶ users
//! keep old       make new ─▶ users switch over
//! ```
//!
//! What an object surely uses must be kept to; what it may use, and what is built on it by way of others, gives way where it
//! would close a circle.
//!
//! Last of all goes what cannot be taken back exactly.
//!
//! Read next: `number`.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Action, Address};

use crate::draft::{Parts, texts_at};
use crate::graph::Graph;
use crate::item::Item;
use crate::uses::Uses;

/// Finds out which deletions happen by themselves, with the deletion of another object.
///
/// Not by itself goes what uses something that uses the owner: the owner waits for that, and that for this one.
pub(crate) fn find_deleted_with(items: &mut [Item], uses: &Uses) {
    for number in 0..items.len() {
        let owner = owner(items, uses, number);
        if let Some(item) = items.get_mut(number) {
            item.deleted_with = owner;
        }
    }
    while let Some(number) = (0..items.len()).find(|number| is_caught(items, uses, *number)) {
        if let Some(item) = items.get_mut(number) {
            item.deleted_with = None;
        }
    }
}

fn owner(items: &[Item], uses: &Uses, number: usize) -> Option<usize> {
    let item = items.get(number)?;
    let object = item.old.filter(|_| item.removes_old())?;
    let named: BTreeSet<String> =
        item.schema.deleted_with.iter().flat_map(|key| texts_at(&object.attrs, key)).collect();
    let is_owner = |owner: &Item| owner.removes_old() && owner.old.is_some_and(|object| named.contains(&object.id));
    uses.surely.needs(number).find(|owner| items.get(*owner).is_some_and(is_owner))
}

fn is_caught(items: &[Item], uses: &Uses, number: usize) -> bool {
    let Some((item, owner)) = items.get(number).and_then(|item| Some((item, item.deleted_with?))) else { return false };
    let goes_itself =
        |used: usize| items.get(used).is_some_and(Item::removes_old) && root(items, used) != root(items, owner);
    item.schema.delete.is_some()
        && uses.surely.needs(number).any(|used| goes_itself(used) && uses.surely.all_needs(used).contains(&owner))
}

/// The item whose deletion takes this one's old object along in the end, or this one.
fn root(items: &[Item], item: usize) -> usize {
    let mut at = item;
    // As many turns as there are items: a circle of belongings would be an error of the schemas, not a reason to hang.
    for _ in 0..items.len() {
        match items.get(at).and_then(|item| item.deleted_with) {
            Some(owner) => at = owner,
            None => break,
        }
    }
    at
}

/// The graph of the calls: each needs those that must be done before.
pub(crate) fn order(items: &[Item], parts: &[Parts], uses: &Uses, drafts: usize) -> Graph {
    let mut order = Order { items, parts, uses, calls: Graph::new(drafts) };
    order.chains();
    order.follow_references();
    order.takings();
    order.sure_deletions();
    order.further_deletions();
    order.successors();
    order.moves();
    order.lossy_last();
    order.calls.reduce();
    order.calls
}

/// The call that deletes an item's old object, which may be the deletion of what it belongs to.
fn old_call(items: &[Item], parts: &[Parts], item: usize) -> Option<usize> {
    parts.get(root(items, item))?.old
}

struct Order<'a, 'b> {
    items: &'a [Item<'b>],
    parts: &'a [Parts],
    uses: &'a Uses,
    calls: Graph,
}

impl Order<'_, '_> {
    fn parts(&self, item: usize) -> Parts {
        self.parts.get(item).copied().unwrap_or_default()
    }

    fn action(&self, item: usize) -> Option<Action> {
        self.items.get(item).map(|item| item.change.action)
    }

    /// The calls of one item among themselves.
    fn chains(&mut self) {
        for number in 0..self.items.len() {
            let parts = self.parts(number);
            if let (Some(first), Some(last)) = (parts.first, parts.last) {
                // The calls of an update were drafted in a row.
                for call in first..last {
                    self.calls.add(call + 1, call);
                }
            }
            if self.action(number) == Some(Action::ReplaceDeleteFirst)
                && let (Some(new), Some(old)) = (parts.first, parts.old)
            {
                // Where the old one goes with its owner, the new one belongs to another and need not wait.
                self.calls.add(new, old);
            }
            if self.action(number) == Some(Action::ReplaceCreateFirst)
                && let (Some(new), Some(old)) = (parts.first, parts.old)
            {
                self.calls.add(old, new);
            }
        }
    }

    /// Making and changing comes after that of what is referred to, through resources that have nothing to do, too.
    fn follow_references(&mut self) {
        for number in 0..self.items.len() {
            let Some(first) = self.parts(number).first else { continue };
            let mut todo: Vec<usize> = self.uses.desired.needs(number).collect();
            let mut seen = BTreeSet::new();
            while let Some(need) = todo.pop() {
                if !seen.insert(need) {
                    continue;
                }
                match self.parts(need).ready {
                    Some(ready) => self.calls.add(first, ready),
                    None => todo.extend(self.uses.desired.needs(need)),
                }
            }
        }
    }

    /// What is taken away of an object goes after all that is built on it has followed what was added: an endpoint's old subnets
    /// after its new addresses are targets. Whoever takes away because of that does so after it.
    fn takings(&mut self) {
        for number in 0..self.items.len() {
            let Some(taking) = self.parts(number).takes else { continue };
            for need in self.uses.desired.all_needs(number) {
                if let Some(last) = self.parts(need).last {
                    self.calls.add(taking, last);
                }
            }
        }
        for number in 0..self.items.len() {
            let Some(taking) = self.parts(number).takes else { continue };
            let users = self.uses.desired.all_users(number);
            let followed = users.into_iter().filter_map(|user| self.parts(user).ready).collect();
            self.add_where_possible(taking, followed);
        }
    }

    /// The call by which a user lets go of what its old object used.
    fn release(&self, user: usize) -> Option<usize> {
        match self.action(user)? {
            Action::Update | Action::ReplaceKeepOld => self.parts(user).last,
            Action::Delete | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst => {
                old_call(self.items, self.parts, user)
            }
            Action::Create | Action::Wait | Action::NoOp | Action::Unknown => None,
        }
    }

    /// Every old object goes after what surely uses it has let go. Where it must go before its replacement is made, what will
    /// use the new one cannot let go before; such an object goes as late as that allows.
    fn sure_deletions(&mut self) {
        for first in [false, true] {
            for number in 0..self.items.len() {
                let Some(old) = self.parts(number).old else { continue };
                if first != (self.action(number) == Some(Action::ReplaceDeleteFirst)) {
                    continue;
                }
                let calls: Vec<usize> = self.uses.surely.users(number).filter_map(|user| self.release(user)).collect();
                if first {
                    self.add_where_possible(old, calls);
                } else {
                    calls.into_iter().for_each(|call| self.calls.add(old, call));
                }
            }
        }
    }

    /// Then after what may use it, and after all that is built on its users.
    fn further_deletions(&mut self) {
        for number in 0..self.items.len() {
            let Some(old) = self.parts(number).old else { continue };
            let calls = self.uses.maybe.users(number).filter_map(|user| self.release(user)).collect();
            self.add_where_possible(old, calls);
        }
        for number in 0..self.items.len() {
            let Some(old) = self.parts(number).old else { continue };
            let mut calls = Vec::new();
            for user in self.uses.all_users(number) {
                calls.extend(self.parts(user).last);
                calls.extend(self.release(user));
            }
            self.add_where_possible(old, calls);
        }
    }

    /// What goes without a replacement of its own goes after what is made of its kind in the same place: a narrower rule of a
    /// security group is there before the wider one is not.
    fn successors(&mut self) {
        for (number, item) in self.items.iter().enumerate() {
            let Some(old) = self.parts(number).old.filter(|_| item.change.action == Action::Delete) else { continue };
            let place: BTreeSet<usize> = self.uses.surely.needs(number).collect();
            let in_its_place = |other: usize, made: &Item| {
                made.change.action == Action::Create
                    && made.change.kind == item.change.kind
                    && made.change.scope == item.change.scope
                    && self.uses.desired.needs(other).any(|need| place.contains(&need))
            };
            let made = self.items.iter().enumerate().filter(|(other, made)| in_its_place(*other, made));
            let calls = made.filter_map(|(other, _)| self.parts(other).last).collect();
            self.add_where_possible(old, calls);
        }
    }

    /// What moved to another scope is deleted in the old one after it was made in the new one.
    fn moves(&mut self) {
        let made: BTreeMap<&Address, usize> = self
            .items
            .iter()
            .zip(self.parts)
            .filter(|(item, _)| item.desired.is_some())
            .filter_map(|(item, parts)| Some((&item.change.address, parts.last?)))
            .collect();
        for (item, parts) in self.items.iter().zip(self.parts).filter(|(item, _)| item.desired.is_none()) {
            if let (Some(new), Some(old)) = (made.get(&item.change.address), parts.old)
                && !self.calls.all_users(old).contains(new)
            {
                self.calls.add(old, *new);
            }
        }
    }

    /// Nothing that cannot be taken back exactly is begun while something else may still fail: it goes after all that is made
    /// and changed, as far as that does not itself wait for it.
    fn lossy_last(&mut self) {
        let mut builds = BTreeSet::new();
        for parts in self.parts {
            if let (Some(first), Some(last)) = (parts.first, parts.last.or(parts.ready)) {
                builds.extend(first..=last);
            }
        }
        let is_end = |call: &usize| !self.calls.users(*call).any(|user| builds.contains(&user));
        let ends: Vec<usize> = builds.iter().copied().filter(is_end).collect();
        for (item, parts) in self.items.iter().zip(self.parts) {
            if let (Some(old), true) = (parts.old, item.schema.loses.is_some()) {
                self.add_where_possible(old, ends.clone());
            }
        }
    }

    fn add_where_possible(&mut self, call: usize, needs: Vec<usize>) {
        let after = self.calls.all_users(call);
        for need in needs {
            if !after.contains(&need) {
                self.calls.add(call, need);
            }
        }
    }
}
