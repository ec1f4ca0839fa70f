//! What the credentials of accounts lack for a plan, in one message for all of them; and what is not known of it.
//!
//! Owns: the wording. Refuses to know: how it was found out (see `permissions`).

use std::collections::{BTreeMap, BTreeSet};

use privlink_kinds::permissions::Wanted;
use privlink_model::{Denial, Plan, Scope, Severity, StepId, Unread};
use serde_json::Value as Json;

use super::style::Style;
use super::{event_stream, words};
use crate::codes;

/// How many resources or addresses are named before they are only counted.
const NAMED: usize = 4;

/// The way out.
const HELP: &str =
    "`privlink plan -o FILE`, then `privlink schema permissions FILE`, prints the policy that each account needs";

/// Something that is lacking.
#[derive(Debug, Clone)]
pub(crate) struct Lacking {
    /// What is wanted, and for which steps.
    pub(crate) wanted: Wanted,
    /// Why it is not allowed.
    pub(crate) denial: Denial,
}

/// What one account answered.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// The account and the region.
    pub(crate) scope: Scope,
    /// What it lacks, or why that is not known.
    pub(crate) lacking: Result<Vec<Lacking>, Unread>,
}

impl Told {
    /// What it lacks that the plan cannot do without; with `once`, what it may well do without.
    fn lacks(&self, once: bool) -> impl Iterator<Item = &Lacking> {
        self.lacking.iter().flatten().filter(move |lacking| lacking.wanted.once == once)
    }
}

/// What is worth knowing and stops nothing, in a line each.
pub(crate) fn notes(plan: &Plan, told: &[Told]) -> Vec<String> {
    let mut notes = Vec::new();
    for told in told {
        let account = account(plan, &told.scope);
        if let Err(unread) = &told.lacking {
            notes.push(format!("note: what the credentials of {account} may do is not known: {}", why(unread)));
        }
        let once: BTreeSet<&str> = told.lacks(true).map(|lacking| lacking.wanted.want.resource.as_str()).collect();
        for role in once {
            notes.push(format!(
                "note: the credentials of {account} may not make {role}, which AWS makes once; where it exists already, \
                 nothing is missing"
            ));
        }
    }
    notes
}

fn why(unread: &Unread) -> String {
    if unread.operation.is_empty() {
        return unread.message.clone();
    }
    format!("{}: {}", unread.operation, unread.message)
}

/// Everything that is lacking, by account; none when nothing is.
pub(crate) fn lacking(plan: &Plan, told: &[Told], style: Style) -> Option<String> {
    let (head, lists) = lists(plan, told, style)?;
    Some(format!(
        "{}: {}\n{lists}\n  help: {HELP}\nNothing was changed.\n",
        style.red(codes::PERMISSION_LACKING),
        style.bold(&head),
    ))
}

/// The same for a program that asked for events.
pub(crate) fn event(plan: &Plan, told: &[Told], severity: Severity) -> Option<Json> {
    let (head, lists) = lists(plan, told, Style::default())?;
    let message = format!("{head}\n{}", lists.trim_end());
    Some(event_stream::remark(severity, Some(codes::PERMISSION_LACKING), &message, Some(HELP)))
}

fn lists(plan: &Plan, told: &[Told], style: Style) -> Option<(String, String)> {
    let lists: Vec<String> = told.iter().filter_map(|told| of_account(plan, told, style)).collect();
    if lists.is_empty() {
        return None;
    }
    let accounts = words::count(lists.len(), "account");
    Some((format!("the credentials of {accounts} may not do all that this plan needs"), lists.concat()))
}

fn of_account(plan: &Plan, told: &Told, style: Style) -> Option<String> {
    let mut actions: BTreeMap<(&str, Denial), Vec<&Wanted>> = BTreeMap::new();
    for lacking in told.lacks(false) {
        actions.entry((&lacking.wanted.want.action, lacking.denial)).or_default().push(&lacking.wanted);
    }
    if actions.is_empty() {
        return None;
    }
    let mut text = format!("\n  {}\n", style.bold(&account(plan, &told.scope)));
    for ((action, denial), wanted) in actions {
        text.push_str(&format!("    {action}: {}\n", reason(denial)));
        let resources: BTreeSet<&str> = wanted.iter().map(|one| one.want.resource.as_str()).collect();
        for resource in named(resources.into_iter().filter(|resource| *resource != "*").collect()) {
            text.push_str(&format!("      on {resource}\n"));
        }
        let steps: BTreeSet<StepId> = wanted.iter().flat_map(|one| one.steps.iter().copied()).collect();
        let back = if wanted.iter().all(|one| one.only_undo) { "to take back" } else { "for" };
        text.push_str(&format!("      {back} {}\n", named(addresses(plan, &steps)).join(", ")));
    }
    Some(text)
}

fn account(plan: &Plan, scope: &Scope) -> String {
    let name = plan.accounts.iter().find(|account| account.id == scope.account && account.region == scope.region);
    match name {
        Some(account) => format!("{} ({}, {})", account.name, scope.account, scope.region),
        None => scope.to_string(),
    }
}

fn reason(denial: Denial) -> &'static str {
    match denial {
        Denial::NotAllowed => "no policy allows it",
        Denial::Forbidden => "a policy forbids it",
        Denial::Organization => "a policy of the organization does not allow it",
        Denial::Boundary => "the permissions boundary does not allow it",
    }
}

fn addresses<'a>(plan: &'a Plan, steps: &BTreeSet<StepId>) -> Vec<&'a str> {
    let addresses: BTreeSet<&str> =
        plan.steps.iter().filter(|step| steps.contains(&step.id)).map(|step| step.address.as_str()).collect();
    addresses.into_iter().collect()
}

/// The first of a list, and how many more there are.
fn named(mut all: Vec<&str>) -> Vec<String> {
    let more = all.len().saturating_sub(NAMED);
    // One more takes no more room than saying so.
    let more = if more > 1 { more } else { 0 };
    all.truncate(all.len() - more);
    let mut named: Vec<String> = all.into_iter().map(str::to_owned).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named
}
