//! What must be left alone because something could not be read.
//!
//! The differ already leaves alone what could not be read itself and what is built on it. Here the other direction is closed:
//! deletions. An object is not deleted while something that uses it is not known, nor while its scope was not read whole: what
//! uses it there may be in the part that is missing.
//!
//! Read next: `order`.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{Action, Finding, Kinds, Ownership, Reason, Scope, Severity, Snapshot, Unread};

use crate::item::Item;
use crate::uses::Uses;

/// Listings of kinds that privlink makes, which could not be read.
fn missing<'a>(kinds: &'a Kinds, snapshot: &'a Snapshot) -> impl Iterator<Item = (&'a Scope, &'a Unread)> {
    snapshot
        .unread()
        .filter(|(_, kind, _)| kinds.get(kind).is_some_and(|schema| schema.ownership != Ownership::LookUp))
        .map(|(scope, _, unread)| (scope, unread))
}

/// Makes every change unknown that rests on something unknown or would delete what something unknown may use.
pub(crate) fn block(items: &mut [Item], uses: &Uses, kinds: &Kinds, snapshot: &Snapshot) {
    let mut partly: BTreeMap<&Scope, String> = BTreeMap::new();
    for (scope, unread) in missing(kinds, snapshot) {
        let why = || format!("{} failed in {scope}, where something may still use it", unread.operation);
        partly.entry(scope).or_insert_with(why);
    }
    loop {
        let unknown: BTreeSet<usize> = (0..items.len())
            .filter(|number| items.get(*number).is_some_and(|item| item.change.action == Action::Unknown))
            .collect();
        let mut found: Vec<(usize, String)> = Vec::new();
        for (number, item) in items.iter().enumerate() {
            if item.change.action == Action::Unknown {
                continue;
            }
            let needs = uses.desired.needs(number).find(|need| unknown.contains(need));
            let user = || uses.all_users(number).into_iter().find(|user| unknown.contains(user));
            if let Some(need) = needs.and_then(|need| items.get(need)) {
                found.push((number, format!("rests on {}, which is not known", need.change.address)));
            } else if item.removes_old() {
                let scope = item.old.map_or(&item.change.scope, |object| &object.scope);
                if let Some(why) = partly.get(scope) {
                    found.push((number, why.clone()));
                } else if let Some(user) = user().and_then(|user| items.get(user)) {
                    found.push((number, format!("is used by {}, which is not known", user.change.address)));
                }
            }
        }
        if found.is_empty() {
            return;
        }
        for (number, why) in found {
            if let Some(item) = items.get_mut(number) {
                item.change.action = Action::Unknown;
                item.change.reason = Reason::Unread(why);
                item.change.attributes.clear();
            }
        }
    }
}

/// One finding for each scope and code, however many listings and resources it concerns.
pub(crate) fn findings(items: &[Item], kinds: &Kinds, snapshot: &Snapshot) -> Vec<Finding> {
    let mut first: BTreeMap<(&Scope, &'static str), &Unread> = BTreeMap::new();
    for (scope, unread) in missing(kinds, snapshot) {
        first.entry((scope, unread.code)).or_insert(unread);
    }
    first
        .into_iter()
        .map(|((scope, code), unread)| {
            let concerned =
                items.iter().find(|item| item.change.scope == *scope && item.change.action == Action::Unknown);
            Finding {
                code,
                severity: Severity::Unknown,
                message: format!("{} failed in {scope}: {}", unread.operation, unread.message),
                address: None,
                origin: concerned.and_then(|item| item.change.origin),
                label: concerned.map(|_| "what is there now could not be read".to_owned()),
                help: unread.help.clone(),
            }
        })
        .collect()
}
