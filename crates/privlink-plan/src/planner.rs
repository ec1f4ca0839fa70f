//! Puts the parts together: pair, diff, leave alone what is not known, order, choose, number, estimate, lint.
//!
//! Read next: each of those modules, in that order.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Address, Change, ChangeSet, Desired, Finding, Kinds, Observed, Owner, Plan, Reason, Resource, Severity,
    Snapshot, Status, digest,
};

use crate::graph::{Graph, Stuck};
use crate::item::Item;
use crate::order::{find_deleted_with, order};
use crate::uses::Uses;
use crate::{Inputs, codes, diff, draft, eta, lint, number, pair, select, stale, unread};

/// Makes the plan that brings what was observed to what is desired.
pub fn plan(inputs: Inputs) -> Plan {
    let Inputs { project, kinds, desired, snapshot, accounts, queries, mut findings, options } = inputs;
    let id = digest(&format!("{project}\n{}{}{options:?}", wishes(desired), world(snapshot)));
    let (mut items, found) = changes(kinds, desired, snapshot, options.destroy);
    findings.extend(found);
    let uses = Uses::of(&items);
    unread::block(&mut items, &uses, kinds, snapshot);
    find_deleted_with(&mut items, &uses);
    leave_to_others(&mut items);
    say_deleted_with(&mut items);
    findings.extend(unread::findings(&items, kinds, snapshot));

    let (drafts, parts) = draft::draft(&items, project);
    let calls = order(&items, &parts, &uses, drafts.len());
    let chosen = select::select(&items, &drafts, &calls, &options);
    findings.extend(select::unmatched(&items, &options));
    let circle = circle(&items, &drafts, &calls);
    let blocked = circle.is_some() || findings.iter().any(|finding| finding.code == codes::CYCLE);
    findings.extend(circle);
    let steps = if blocked { Vec::new() } else { number::number(&items, drafts, &calls, &chosen, &id) };

    let left_out = |(number, item): &(usize, &Item)| !chosen.contains(number) && item.change.action != Action::NoOp;
    findings.extend(select::finding(items.iter().enumerate().filter(left_out).count(), &options));
    let kept = items.into_iter().enumerate().filter(|(number, _)| chosen.contains(number)).map(|(_, item)| item);
    let mut changes = Vec::new();
    for item in kept {
        findings.extend(lint::lint(&item));
        // Without a call that deletes it, and not deleted with anything, it stays.
        let stays = item.desired.is_none() && item.schema.delete.is_none() && item.deleted_with.is_none();
        if !stays || item.change.action == Action::Unknown {
            changes.push(item.change);
        }
    }
    Plan {
        project: project.to_owned(),
        id,
        accounts: accounts.to_vec(),
        queries: queries.clone(),
        objects: stale::digests(snapshot),
        changes: ChangeSet { changes },
        eta: eta::eta(&steps, kinds),
        steps,
        findings,
    }
}

/// All that a plan depends on of what is desired.
fn wishes(desired: &Desired) -> String {
    let mut text = String::new();
    for resource in desired.resources.values() {
        let Resource { address, kind, scope, attrs, tags, after, origin, because } = resource;
        text.push_str(&format!("{address} {kind} {scope} {after:?} {tags:?} {because:?}"));
        text.push_str(&format!(" {}:{}-{}\n{attrs:?}\n", origin.file, origin.start, origin.end));
    }
    text
}

/// All that a plan depends on of what was read: the objects with their status, and what could not be read.
fn world(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for object in snapshot.objects() {
        text.push_str(&format!("{} {:?} {:?}\n", object.digest(), object.status, object.owner));
    }
    for (scope, kind, unread) in snapshot.unread() {
        text.push_str(&format!("{scope} {kind} {unread:?}\n"));
    }
    text
}

/// Every change, in the order of addresses, and what is wrong with the graph of what is desired.
fn changes<'a>(
    kinds: &Kinds,
    desired: &'a Desired,
    snapshot: &'a Snapshot,
    destroy: bool,
) -> (Vec<Item<'a>>, Vec<Finding>) {
    let (ordered, mut blocked, mut findings) = ordered(kinds, desired);
    let mut pairs = pair::pair(kinds, &ordered, snapshot);
    findings.append(&mut pairs.findings);
    blocked.append(&mut pairs.blocked);
    let mut items = diff::diff(kinds, &ordered, &pairs, &blocked, snapshot);
    for object in &pairs.leftover {
        items.extend(object.address().and_then(|address| removal(kinds, object, address.clone(), destroy)));
    }
    items.extend(gone_along(kinds, &pairs, snapshot, destroy));
    items.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    (items, findings)
}

fn sort_key<'i>(item: &'i Item) -> impl Ord + use<'i> {
    let change = &item.change;
    (&change.address, change.kind, &change.scope, item.old.map(|object| &object.id))
}

/// What is nobody's and yet goes, because it belongs to something of ours that goes: an accepted connection with its endpoint.
/// No call deletes it; whoever takes the deletion back has to bring it back as well.
fn gone_along<'a>(kinds: &Kinds, pairs: &pair::Pairs<'a>, snapshot: &'a Snapshot, destroy: bool) -> Vec<Item<'a>> {
    let owners: BTreeMap<&str, &Address> =
        pairs.leftover.iter().filter_map(|object| Some((object.id.as_str(), object.address()?))).collect();
    let paired: BTreeSet<(&str, &str)> =
        pairs.objects.values().map(|object| (object.kind, object.id.as_str())).collect();
    let goes = |object: &'a Observed| {
        let schema = kinds.get(object.kind)?;
        let unclaimed = object.owner == Owner::Nobody && object.status != Status::Deleting;
        if !unclaimed || schema.create.is_none() || paired.contains(&(object.kind, object.id.as_str())) {
            return None;
        }
        let named = schema.deleted_with.iter().flat_map(|key| draft::texts_at(&object.attrs, key));
        let owner = named.into_iter().find_map(|id| owners.get(id.as_str()).copied())?;
        removal(kinds, object, owner.child(object.kind), destroy)
    };
    snapshot.objects().filter_map(goes).collect()
}

fn removal<'a>(kinds: &Kinds, object: &'a Observed, address: Address, destroy: bool) -> Option<Item<'a>> {
    let change = Change {
        address,
        kind: object.kind,
        scope: object.scope.clone(),
        action: Action::Delete,
        reason: if destroy { Reason::Destroy } else { Reason::NotInSpec },
        before: Some(object.clone()),
        after: None,
        attributes: Vec::new(),
        because: String::new(),
        origin: None,
    };
    Some(Item { change, schema: kinds.get(object.kind)?, desired: None, old: Some(object), deleted_with: None })
}

/// What is nobody's goes along or stays: it is never deleted by a call.
fn leave_to_others(items: &mut [Item]) {
    for item in items.iter_mut().filter(|item| item.change.action == Action::Delete && item.deleted_with.is_none()) {
        if item.old.is_some_and(|object| object.owner == Owner::Nobody) {
            item.change.action = Action::NoOp;
            item.change.reason = Reason::Same;
        }
    }
}

fn say_deleted_with(items: &mut [Item]) {
    for number in 0..items.len() {
        let owner = items.get(number).and_then(|item| items.get(item.deleted_with?));
        let address = owner.map(|owner| owner.change.address.clone());
        if let (Some(item), Some(address)) = (items.get_mut(number), address)
            && item.change.action == Action::Delete
        {
            item.change.reason = Reason::DeletedWith(address);
        }
    }
}

type Blocked<'a> = BTreeMap<&'a Address, String>;

/// The desired resources, each after what it refers to; those that wait for each other come last and are blocked.
fn ordered<'a>(kinds: &Kinds, desired: &'a Desired) -> (Vec<&'a Resource>, Blocked<'a>, Vec<Finding>) {
    let resources: Vec<&Resource> = desired.resources.values().collect();
    let numbers: BTreeMap<&Address, usize> =
        resources.iter().enumerate().map(|(number, resource)| (&resource.address, number)).collect();
    let mut graph = Graph::new(resources.len());
    let mut blocked = BTreeMap::new();
    let mut findings = Vec::new();
    for (number, resource) in resources.iter().enumerate() {
        if kinds.get(resource.kind).is_none() {
            let what = format!("{} is of the kind {:?}, which is not known", resource.address, resource.kind);
            findings.push(Finding::error(codes::UNKNOWN_KIND, what, resource.origin).about(&resource.address));
        }
        for need in resource.needs() {
            match numbers.get(need).filter(|need| resources.get(**need).is_some_and(|r| kinds.get(r.kind).is_some())) {
                Some(need) if *need == number => {
                    let what = format!("{} refers to itself", resource.address);
                    blocked.insert(&resource.address, what.clone());
                    findings.push(Finding::error(codes::CYCLE, what, resource.origin).about(&resource.address));
                }
                Some(need) => graph.add(number, *need),
                None => {
                    let what = format!("{} refers to {need}, which is not there", resource.address);
                    blocked.insert(&resource.address, what.clone());
                    findings
                        .push(Finding::error(codes::MISSING_REFERENCE, what, resource.origin).about(&resource.address));
                }
            }
        }
    }
    let order = match graph.order(|number| number) {
        Ok(order) => order,
        Err(Stuck { mut ordered, stuck }) => {
            let circle: Vec<&Resource> =
                graph.cycle_among(&stuck).into_iter().filter_map(|number| resources.get(number).copied()).collect();
            findings.extend(cycle_finding(circle.iter().map(|resource| &resource.address), circle.first().copied()));
            for resource in stuck.iter().filter_map(|number| resources.get(*number)) {
                blocked.insert(&resource.address, "waits for itself".to_owned());
            }
            ordered.extend(stuck);
            ordered
        }
    };
    (order.into_iter().filter_map(|number| resources.get(number).copied()).collect(), blocked, findings)
}

/// The calls that wait for each other.
fn circle(items: &[Item], drafts: &[draft::Draft], calls: &Graph) -> Option<Finding> {
    let stuck = calls.order(|call| call).err()?.stuck;
    let circle: Vec<&Item> =
        calls.cycle_among(&stuck).into_iter().filter_map(|call| items.get(drafts.get(call)?.item)).collect();
    cycle_finding(circle.iter().map(|item| &item.change.address), circle.iter().find_map(|item| item.desired))
}

fn cycle_finding<'a>(addresses: impl Iterator<Item = &'a Address>, at: Option<&Resource>) -> Option<Finding> {
    let names: Vec<&str> = addresses.map(Address::as_str).collect();
    let first = names.first()?;
    Some(Finding {
        code: codes::CYCLE,
        severity: Severity::Error,
        message: format!("these wait for each other: {} → {first}", names.join(" → ")),
        address: Some(Address::new(*first)),
        origin: at.map(|resource| resource.origin),
        label: None,
        help: None,
    })
}
