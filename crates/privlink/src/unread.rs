//! What could not be read, pointed out at the account of the spec that it concerns.
//!
//! Owns: gathering the many listings behind one cause into one finding. Refuses to know: causes (see `privlink-kinds`) and
//! what a plan does about them (see `privlink-plan`).

use std::collections::{BTreeMap, BTreeSet};

use privlink_kinds::KINDS;
use privlink_model::{Action, Finding, Op, Plan, Reason, Scope, Severity, Snapshot, StepId, Unread};
use privlink_spec::document::Document;

use crate::view::{message, words};

/// How many kinds are named before they are only counted.
const NAMED: usize = 4;

/// Whether nothing at all could be read.
pub(crate) fn is_blind(snapshot: &Snapshot) -> bool {
    let mut listings = snapshot.scopes.values().flat_map(|scope| scope.listings.values()).peekable();
    listings.peek().is_some() && listings.all(Result::is_err)
}

/// Replaces the planner's findings about unread listings, which do not know the accounts of the spec, by ones that do.
pub(crate) fn replace(findings: &mut Vec<Finding>, snapshot: &Snapshot, document: &Document) {
    let located = findings_of(snapshot, document);
    let codes: BTreeSet<&str> = located.iter().map(|finding| finding.code).collect();
    findings.retain(|finding| finding.severity != Severity::Unknown || !codes.contains(finding.code));
    findings.extend(located);
}

/// Takes deletions out of a plan whose spec could not be derived whole: what is missing from it is not known to be unwanted.
pub(crate) fn withhold_deletions(plan: &mut Plan, unknown: &BTreeSet<String>) {
    let Some(why) = unknown.first() else { return };
    for change in plan.changes.changes.iter_mut().filter(|change| change.action == Action::Delete) {
        change.action = Action::Unknown;
        change.reason = Reason::Unread(format!("the spec could not be derived whole: {why}"));
    }
    let mut withheld: BTreeSet<StepId> = BTreeSet::new();
    for step in &plan.steps {
        if matches!(step.op, Op::Delete { .. }) || step.needs.iter().any(|need| withheld.contains(need)) {
            withheld.insert(step.id);
        }
    }
    plan.steps.retain(|step| !withheld.contains(&step.id));
}

fn findings_of(snapshot: &Snapshot, document: &Document) -> Vec<Finding> {
    let mut causes: BTreeMap<(&Scope, &str, &str), (&Unread, Vec<&'static str>)> = BTreeMap::new();
    for (scope, kind, unread) in snapshot.unread() {
        let key = (scope, unread.code, unread.message.as_str());
        causes.entry(key).or_insert_with(|| (unread, Vec::new())).1.push(kind);
    }
    causes
        .into_iter()
        .map(|((scope, _, _), (unread, kinds))| {
            let account = document
                .accounts
                .values()
                .find(|account| account.id.value == scope.account && account.region.value == scope.region);
            let name = account.map(|account| format!("{} ", account.name.value)).unwrap_or_default();
            let whole = snapshot.scopes.get(scope).is_some_and(|read| read.listings.len() == kinds.len());
            Finding {
                code: unread.code,
                severity: Severity::Unknown,
                message: format!(
                    "{name}({}, {}) could not be read: {}: {}",
                    scope.account, scope.region, unread.operation, unread.message
                ),
                address: None,
                origin: account.map(|account| message::origin(account.name.span)),
                label: Some(if whole { "nothing of it was read".to_owned() } else { label(&kinds) }),
                help: unread.help.clone(),
            }
        })
        .collect()
}

fn label(kinds: &[&'static str]) -> String {
    let mut titles: Vec<String> = kinds.iter().take(NAMED).map(|kind| words::title(&KINDS, kind).to_owned()).collect();
    if kinds.len() > NAMED {
        titles.push(format!("{} more kinds", kinds.len() - NAMED));
    }
    format!("not read: {}", words::list(&titles))
}
