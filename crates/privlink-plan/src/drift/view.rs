//! The public JSON of a drift check, version "1.0": what `drift --format json` prints and scripts read, and what is told to an
//! event bus. Its schema is `schema/drift.schema.json`.
//!
//! A minor version adds members, a major version takes some away. Times are of the past alone: the same drift gives the same
//! text.
//!
//! **Invariant:** no value of a secret attribute is in it; those that made it up have masked them.

use privlink_model::{Account, Address, Deed, Scope};
use serde_json::{Value as Json, json};

use super::{Attribute, Drift, Drifted, Follows, Ignored, Pending, Repair, Rule, Unknown, What};
use crate::view;

/// The JSON Schema (2020-12) of [`drift_json`].
pub static DRIFT_SCHEMA_JSON: &str = include_str!("../../schema/drift.schema.json");

/// The public view of a check.
pub fn drift_json(drift: &Drift, accounts: &[Account]) -> Json {
    let place = |address: &Address, kind: &str, scope: &Scope, more: Json| {
        let account = accounts.iter().find(|account| account.id == scope.account);
        let named = json!({
            "address": address.as_str(),
            "kind": kind,
            "account": scope.account,
            "account_name": account.map(|account| account.name.as_str()),
            "region": scope.region,
        });
        with(named, more)
    };
    let told = |it: &Drifted| place(&it.address, it.kind, &it.scope, drifted(it));
    let ignored = |it: &Ignored| with(told(&it.drifted), json!({ "rule": rule(&it.rule) }));
    let pending = |it: &Pending| {
        place(&it.address, it.kind, &it.scope, json!({ "action": view::action(it.action), "keys": it.keys }))
    };
    let follows = |it: &Follows| {
        let from: Vec<&str> = it.from.iter().map(Address::as_str).collect();
        place(&it.address, it.kind, &it.scope, json!({ "from": from }))
    };
    let unknown = |it: &Unknown| place(&it.address, it.kind, &it.scope, json!({ "why": it.why }));
    json!({
        "format_version": "1.0",
        "project": drift.project,
        "verdict": verdict(drift),
        "digest": (!drift.found.is_empty()).then(|| drift.digest()),
        "summary": summary(drift),
        "drifted": drift.found.iter().map(told).collect::<Vec<_>>(),
        "ignored": drift.ignored.iter().map(ignored).collect::<Vec<_>>(),
        "pending": drift.pending.iter().map(pending).collect::<Vec<_>>(),
        "follows": drift.follows.iter().map(follows).collect::<Vec<_>>(),
        "unknown": drift.unknown.iter().map(unknown).collect::<Vec<_>>(),
        "unread": drift.unread,
        "notes": drift.notes,
        "rules_ended": drift.ended.iter().map(rule).collect::<Vec<_>>(),
        "rules_idle": drift.idle.iter().map(rule).collect::<Vec<_>>(),
    })
}

/// An object with the members of another after its own.
fn with(base: Json, more: Json) -> Json {
    match (base, more) {
        (Json::Object(mut base), Json::Object(more)) => {
            base.extend(more);
            Json::Object(base)
        }
        (base, _) => base,
    }
}

/// The verdict in a word.
fn verdict(drift: &Drift) -> &'static str {
    match (drift.found.is_empty(), drift.is_complete()) {
        (false, _) => "drift",
        (true, false) => "unknown",
        (true, true) => "clean",
    }
}

fn summary(drift: &Drift) -> Json {
    let count = |is: fn(&What) -> bool| drift.found.iter().filter(|drifted| is(&drifted.what)).count();
    json!({
        "resources": drift.looked_at(),
        "drifted": drift.found.len(),
        "changed": count(|what| *what == What::Changed),
        "missing": count(|what| *what == What::Missing),
        "added": count(|what| *what == What::Added),
        "state": count(|what| matches!(what, What::State(_))),
        "ignored": drift.ignored.len(),
        "pending": drift.pending.len(),
        "unknown": drift.unknown.len(),
        "runs": drift.runs,
    })
}

fn drifted(drifted: &Drifted) -> Json {
    let (what, state) = match &drifted.what {
        What::Changed => ("changed", None),
        What::Missing => ("missing", None),
        What::Added => ("added", None),
        What::State(state) => ("state", Some(state)),
    };
    json!({
        "id": drifted.id,
        "what": what,
        "state": state,
        "attributes": drifted.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "pending": drifted.pending,
        "repair": repair(&drifted.repair),
        "by": drifted.by.as_ref().map(deed),
        "because": drifted.because,
    })
}

fn attribute(attribute: &Attribute) -> Json {
    json!({
        "key": attribute.key,
        "expected": attribute.expected.as_ref().map(view::value),
        "found": attribute.found.as_ref().map(view::value),
        "name": attribute.name,
    })
}

fn repair(repair: &Repair) -> Json {
    json!({
        "action": view::action(repair.action),
        "fixed": repair.fixed,
        "outage": repair.outage,
        "loses": repair.loses,
    })
}

fn deed(deed: &Deed) -> Json {
    json!({
        "who": deed.by,
        "arn": deed.arn,
        "at": deed.at,
        "call": deed.call,
        "from": deed.from,
        "by_privlink": deed.by_privlink,
        "only_parent": deed.only_parent,
        "event": deed.event,
    })
}

fn rule(rule: &Rule) -> Json {
    json!({
        "address": rule.address.as_str(),
        "attribute": rule.attribute,
        "reason": rule.reason,
        "until": rule.until,
        "ended": rule.ended,
    })
}
