//! Narrows a plan to what the person asked for, so that what is left still works by itself.
//!
//! A resource is chosen whole: with one of its calls, all of them. Targets pull in what their calls need; excludes take out
//! what needs theirs. What is changed goes with the new snapshot of it and with what runs that, in and out: an API's
//! definition is never left undeployed. A deletion that happens together with another goes where that one goes. Of what a repair sets right in
//! place nothing else is needed that is changed in place as well: all it names is there.

use std::collections::BTreeSet;

use privlink_model::{Action, Address, Attrs, Finding, Ownership, ReplaceOrder, Severity, Value};

use crate::Options;
use crate::codes;
use crate::draft::Draft;
use crate::graph::Graph;
use crate::item::Item;

/// The numbers of the items that are chosen.
pub(crate) fn select(items: &[Item], drafts: &[Draft], calls: &Graph, options: &Options) -> BTreeSet<usize> {
    let mut needs = Graph::new(items.len());
    for (call, draft) in drafts.iter().enumerate() {
        for need in calls.needs(call) {
            if let Some(other) = drafts.get(need) {
                needs.add(draft.item, other.item);
            }
        }
    }
    let mut together = needs.clone();
    for (changed, follower) in followers(items) {
        together.add(changed, follower);
    }
    let within = |addresses: &[Address]| -> Vec<usize> {
        let named = |item: &Item| addresses.iter().any(|address| item.change.address.is_within(address));
        items.iter().enumerate().filter(|(_, item)| named(item)).map(|(number, _)| number).collect()
    };
    let with_needs = |targets: Vec<usize>, needs: &Graph| -> BTreeSet<usize> {
        let needed: Vec<usize> = targets.iter().flat_map(|item| needs.all_needs(*item)).collect();
        targets.into_iter().chain(needed).collect()
    };
    let named = |only: &BTreeSet<Address>| -> Vec<usize> {
        let named = |item: &Item| only.contains(&item.change.address);
        items.iter().enumerate().filter(|(_, item)| named(item)).map(|(number, _)| number).collect()
    };
    let mut chosen: BTreeSet<usize> = match &options.only {
        Some(only) => {
            let (alone, needy): (Vec<usize>, Vec<usize>) =
                named(only).into_iter().partition(|item| stands_alone(items, &needs, *item));
            alone.into_iter().chain(with_needs(needy, &needs)).collect()
        }
        None if options.targets.is_empty() => (0..items.len()).collect(),
        None => with_needs(within(&options.targets), &together),
    };
    for excluded in within(&options.excludes) {
        chosen.remove(&excluded);
        for user in together.all_users(excluded) {
            chosen.remove(&user);
        }
    }
    for (number, item) in items.iter().enumerate() {
        if let (Some(owner), None) = (item.deleted_with, item.desired) {
            if chosen.contains(&owner) {
                chosen.insert(number);
            } else {
                chosen.remove(&number);
            }
        }
    }
    chosen
}

/// What is changed in place or made a new snapshot of, with what must not be left as it is then: the snapshot, and what runs it.
fn followers(items: &[Item]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let snapshots =
        items.iter().enumerate().filter(|(_, it)| it.schema.replace == ReplaceOrder::KeepOld && it.makes_new());
    for (snapshot, taken) in snapshots {
        let Some(desired) = taken.desired else { continue };
        let (parent, needs) = (parent(taken), desired.needs());
        for (number, item) in items.iter().enumerate().filter(|(_, item)| item.change.action == Action::Update) {
            let runs_it = || {
                let mut values = item.change.after.iter().flat_map(Attrs::iter);
                values.any(|(_, value)| value.references().iter().any(|of| of.address == desired.address))
            };
            if parent.is_some() && self::parent(item) == parent && needs.contains(&item.change.address) {
                pairs.push((number, snapshot));
            } else if runs_it() {
                pairs.push((snapshot, number));
            }
        }
    }
    pairs
}

/// What something goes by that has no tags of its own.
fn parent<'a>(item: &Item<'a>) -> Option<&'a Value> {
    match item.schema.ownership {
        Ownership::Parent(key) => item.desired?.attrs.get(key),
        _ => None,
    }
}

/// Whether something is changed in place, to values that are known, and so is all that its steps come after.
fn stands_alone(items: &[Item], needs: &Graph, number: usize) -> bool {
    let in_place = |action: Action| matches!(action, Action::Update | Action::Wait | Action::NoOp);
    let Some(item) = items.get(number).filter(|item| item.change.action == Action::Update) else { return false };
    item.change.after.iter().flat_map(Attrs::iter).all(|(_, value)| value.is_known())
        && needs.all_needs(number).iter().all(|need| items.get(*need).is_some_and(|item| in_place(item.change.action)))
}

/// Says which targets and excludes name nothing: a slip of the pen must not pass for "nothing to do".
pub(crate) fn unmatched(items: &[Item], options: &Options) -> Vec<Finding> {
    let names_nothing = |address: &&Address| !items.iter().any(|item| item.change.address.is_within(address));
    let given = options.targets.iter().chain(&options.excludes);
    given
        .filter(names_nothing)
        .map(|address| Finding {
            code: codes::NO_SUCH_ADDRESS,
            severity: Severity::Error,
            message: format!("{address} is no address of this project"),
            address: Some(address.clone()),
            origin: None,
            label: None,
            help: Some("plan without --target and --exclude to see all addresses".to_owned()),
        })
        .collect()
}

/// Says that not all was asked for, and how much was left out by that: none is worth knowing too, and what stays as it is and
/// was left out is known by this alone.
pub(crate) fn finding(left_out: usize, options: &Options) -> Option<Finding> {
    let by = match &options.only {
        Some(_) => "a repair, which leaves alone what did not drift",
        None => "--target or --exclude",
    };
    let message = match (left_out, &options.only) {
        (0, Some(_)) => "a repair, of all that differs".to_owned(),
        (0, None) => "narrowed by --target or --exclude, which leave out no change".to_owned(),
        (1, _) => format!("1 change is left out by {by}"),
        (many, _) => format!("{many} changes are left out by {by}"),
    };
    let narrowed = options.only.is_some() || !options.targets.is_empty() || !options.excludes.is_empty();
    narrowed.then(|| Finding {
        code: codes::PARTIAL,
        severity: Severity::Note,
        message,
        address: None,
        origin: None,
        label: None,
        help: (left_out > 0).then(|| "a plan without that shows all".to_owned()),
    })
}
