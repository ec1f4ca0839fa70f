//! Numbers the calls and completes them to steps.
//!
//! Among calls that may run, long poles come first, so that what takes longest starts first; calls that cannot be taken back
//! exactly come as late as their needs allow, so that most failures happen before them.
//!
//! **Invariant:** a step needs only steps with lower numbers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use privlink_model::{Action, Address, Op, Phase, Reason, Settle, Step, StepId, Undo, short_digest};

use crate::draft::Draft;
use crate::graph::Graph;
use crate::item::Item;
use crate::lint::interruption;
use crate::undo::{is_exact, undo};

/// Numbers the calls of the chosen items. `calls` must be without circles.
pub(crate) fn number(
    items: &[Item],
    drafts: Vec<Draft>,
    calls: &Graph,
    chosen: &BTreeSet<usize>,
    plan_id: &str,
) -> Vec<Step> {
    let made: BTreeSet<&Address> =
        items.iter().filter(|item| item.makes_new()).map(|item| &item.change.address).collect();
    let undos: Vec<Option<Undo>> = drafts
        .iter()
        .map(|draft| items.get(draft.item).map(|item| undo(item.schema, &draft.op, goes_along(item, &made))))
        .collect();
    let poles = remaining(&drafts, calls);
    let key = |call: usize| {
        let exact = undos.get(call).is_some_and(|undo| undo.as_ref().is_some_and(is_exact));
        let address = drafts.get(call).and_then(|draft| items.get(draft.item)).map(|item| &item.change.address);
        (!exact, Reverse(poles.get(call).copied()), address, call)
    };
    let Ok(order) = calls.order(key) else { return Vec::new() };
    let mut ids: BTreeMap<usize, StepId> = BTreeMap::new();
    for call in order.iter().filter(|call| drafts.get(**call).is_some_and(|draft| chosen.contains(&draft.item))) {
        let next = u32::try_from(ids.len() + 1).unwrap_or(u32::MAX);
        ids.insert(*call, StepId(next));
    }
    let mut steps: Vec<Step> = drafts
        .into_iter()
        .zip(undos)
        .enumerate()
        .filter_map(|(call, (draft, undo))| {
            let item = items.get(draft.item)?;
            let needs = calls.needs(call).filter_map(|need| ids.get(&need).copied()).collect();
            Some(step(*ids.get(&call)?, item, draft, needs, undo?, plan_id))
        })
        .collect();
    steps.sort_by_key(|step| step.id);
    steps
}

fn step(id: StepId, item: &Item, draft: Draft, needs: BTreeSet<StepId>, undo: Undo, plan_id: &str) -> Step {
    // The old object of a move is elsewhere.
    let scope = match (&draft.op, item.old) {
        (Op::Delete { .. }, Some(old)) => old.scope.clone(),
        _ => item.change.scope.clone(),
    };
    Step {
        id,
        address: item.change.address.clone(),
        kind: item.schema.name,
        scope,
        token: short_digest(&format!("{plan_id} {} {}", item.change.address, describe(item, &draft.op)), 32),
        outage: outage(item, &draft.op),
        op: draft.op,
        call: draft.call.to_owned(),
        needs,
        undo,
        settle: draft.waits.map(|waits| Settle {
            until: waits.until.to_owned(),
            typical: waits.typical,
            limit: waits.limit,
            poll: waits.poll,
        }),
    }
}

/// What tells the calls of one address apart.
fn describe(item: &Item, op: &Op) -> String {
    match op {
        Op::Create { .. } => format!("create {}", item.schema.name),
        Op::Update { changed, phase, .. } => {
            let half = match phase {
                None => "set",
                Some(Phase::Add) => "add",
                Some(Phase::Remove) => "remove",
            };
            format!("{half} {} {}", item.schema.name, changed.join(" "))
        }
        Op::Delete { id, .. } => format!("delete {} {id}", item.schema.name),
        Op::Wait { id, .. } => format!("wait {} {id}", item.schema.name),
    }
}

/// Why a call interrupts traffic.
fn outage(item: &Item, op: &Op) -> Option<String> {
    match op {
        Op::Update { phase: Some(Phase::Add), .. } => None,
        Op::Update { changed, .. } => changed.iter().find_map(|key| interruption(item, key)).map(str::to_owned),
        // One that failed carries no traffic.
        Op::Delete { .. }
            if item.change.action == Action::ReplaceDeleteFirst && !matches!(item.change.reason, Reason::Failed(_)) =>
        {
            Some("it does not exist until its replacement is ready".to_owned())
        }
        _ => None,
    }
}

/// Whether what an item makes goes with something that is made by the same plan.
fn goes_along(item: &Item, made: &BTreeSet<&Address>) -> bool {
    let owners = item.schema.deleted_with.iter().filter_map(|key| item.desired?.attrs.get(key));
    owners.flat_map(|value| value.references()).any(|owner| made.contains(&owner.address))
}

/// How long each call and all that waits for it takes as a rule, on the longest way.
fn remaining(drafts: &[Draft], calls: &Graph) -> Vec<Duration> {
    let mut remaining = vec![Duration::ZERO; drafts.len()];
    let Ok(order) = calls.order(|call| call) else { return remaining };
    for call in order.into_iter().rev() {
        let own = drafts.get(call).and_then(|draft| draft.waits).map_or(Duration::ZERO, |waits| waits.typical);
        let after = calls.users(call).filter_map(|user| remaining.get(user)).max().copied().unwrap_or_default();
        if let Some(place) = remaining.get_mut(call) {
            *place = own + Duration::from_secs(1) + after;
        }
    }
    remaining
}
