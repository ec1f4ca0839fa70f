//! The public JSON of a plan, version "1.1": what `--format json` prints and scripts read. Its schema is `schema/plan.schema.json`.
//!
//! A minor version adds members, a major version takes some away. It is a view and not the plan: it cannot be applied.
//!
//! **Invariant:** no value of a secret attribute is in it.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::{
    Action, Attrs, Change, Finding, KindSchema, Kinds, Op, Phase, Plan, Reason, Reference, Severity, Step, Steps, Undo,
    UndoOp, Value,
};
use serde_json::{Map, Value as Json, json};

use crate::access::{Access, access};
use crate::outline;
use crate::undo::is_exact;

/// The JSON Schema (2020-12) of [`json()`].
pub static SCHEMA_JSON: &str = include_str!("../schema/plan.schema.json");

/// The public view of a plan.
pub fn json(plan: &Plan, kinds: &Kinds) -> Json {
    let steps = Steps::of(plan);
    json!({
        "format_version": "1.1",
        "project": plan.project,
        "plan": plan.id,
        "summary": summary(plan),
        "changes": plan.changes.changes.iter().map(|it| change(it, &steps, kinds)).collect::<Vec<_>>(),
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "findings": plan.findings.iter().map(finding).collect::<Vec<_>>(),
        "eta": plan.eta.as_ref().map(|(time, bottleneck)| json!({
            "seconds": time.as_secs(),
            "bottleneck": bottleneck,
        })),
    })
}

fn summary(plan: &Plan) -> Json {
    let count = |actions: &[Action]| actions.iter().map(|action| plan.changes.count(*action)).sum::<usize>();
    let accounts: BTreeSet<&str> = plan.steps.iter().map(|step| step.scope.account.as_str()).collect();
    json!({
        "create": count(&[Action::Create]),
        "update": count(&[Action::Update]),
        "replace": count(&[Action::ReplaceCreateFirst, Action::ReplaceDeleteFirst, Action::ReplaceKeepOld]),
        "delete": count(&[Action::Delete]),
        "wait": count(&[Action::Wait]),
        "unchanged": count(&[Action::NoOp]),
        "unknown": count(&[Action::Unknown]),
        "steps": plan.steps.len(),
        "accounts": accounts.len(),
        "undo_exact": plan.steps.iter().all(|step| is_exact(&step.undo)),
    })
}

fn change(change: &Change, steps: &Steps, kinds: &Kinds) -> Json {
    let steps = steps.carrying(change);
    let inexact = steps.iter().find(|step| !is_exact(&step.undo)).or(steps.first());
    let schema = kinds.get(change.kind);
    json!({
        "address": change.address.as_str(),
        "kind": change.kind,
        "account": change.scope.account,
        "region": change.scope.region,
        "action": action(change.action),
        "reason": { "code": reason_code(&change.reason), "text": outline::reason(&change.reason) },
        "id": change.before.as_ref().map(|object| object.id.as_str()),
        "attributes": attributes(change, schema),
        "because": change.because,
        "undo": inexact.map(|step| undo(&step.undo)),
        "outage": steps.iter().find_map(|step| step.outage.as_deref()),
        "steps": steps.iter().map(|step| step.id.0).collect::<Vec<_>>(),
    })
}

/// The attributes a change is about: those that differ, or all there are where the whole object comes or goes.
fn attributes(change: &Change, schema: Option<&KindSchema>) -> Json {
    let secret = |key: &str| schema.and_then(|schema| schema.attribute(key)).is_some_and(|attribute| attribute.secret);
    let accesses: BTreeMap<&str, Access> = access(change, schema).into_iter().collect();
    let shown = |key: &str, side: Option<&Value>| match side {
        None => Json::Null,
        Some(_) if secret(key) => json!("(secret)"),
        Some(known) => value(known),
    };
    let row = |key: &str, before: Option<&Value>, after: Option<&Value>| {
        let mut row = json!({ "key": key, "before": shown(key, before), "after": shown(key, after) });
        if let Some(Access { verdict, text }) = accesses.get(key) {
            row["access"] = json!({ "verdict": verdict.word(), "text": text });
        }
        row
    };
    let all = |attrs: Option<&Attrs>| -> Vec<(String, Value)> {
        attrs.into_iter().flat_map(Attrs::iter).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let rows: Vec<Json> = match change.action {
        Action::Create => all(change.after.as_ref()).iter().map(|(key, after)| row(key, None, Some(after))).collect(),
        Action::Delete => all(change.before.as_ref().map(|object| &object.attrs))
            .iter()
            .map(|(key, before)| row(key, Some(before), None))
            .collect(),
        _ => change.attributes.iter().map(|it| row(&it.key, it.before.as_ref(), it.after.as_ref())).collect(),
    };
    Json::Array(rows)
}

/// A value as JSON has it. What is known after apply only is an object that says of what.
pub(crate) fn value(of: &Value) -> Json {
    match of {
        Value::Bool(value) => json!(value),
        Value::Int(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(value).collect(),
        Value::Set(items) => items.iter().map(value).collect(),
        Value::Map(map) => {
            Json::Object(map.iter().map(|(key, inner)| (key.clone(), value(inner))).collect::<Map<_, _>>())
        }
        Value::Of(reference) => known_after(std::iter::once(reference)),
        Value::Digest(inner) => known_after(inner.references().into_iter()),
    }
}

fn known_after<'a>(references: impl Iterator<Item = &'a Reference>) -> Json {
    let of: Vec<Json> = references
        .map(|reference| json!({ "address": reference.address.as_str(), "attribute": reference.attribute }))
        .collect();
    json!({ "known_after_apply": of })
}

fn step(step: &Step) -> Json {
    json!({
        "id": step.id.0,
        "address": step.address.as_str(),
        "kind": step.kind,
        "account": step.scope.account,
        "region": step.scope.region,
        "operation": operation(&step.op),
        "call": step.call,
        "changed": match &step.op {
            Op::Update { changed, .. } => changed.clone(),
            _ => Vec::new(),
        },
        "needs": step.needs.iter().map(|need| need.0).collect::<Vec<_>>(),
        "undo": undo(&step.undo),
        "outage": step.outage,
        "settle": step.settle.as_ref().map(|settle| json!({
            "until": settle.until,
            "typical_seconds": settle.typical.as_secs(),
            "limit_seconds": settle.limit.as_secs(),
        })),
    })
}

fn operation(op: &Op) -> &'static str {
    match op {
        Op::Create { .. } => "create",
        Op::Update { phase: None, .. } => "update",
        Op::Update { phase: Some(Phase::Add), .. } => "add",
        Op::Update { phase: Some(Phase::Remove), .. } => "remove",
        Op::Delete { .. } => "delete",
        Op::Wait { .. } => "wait",
    }
}

fn undo(undo: &Undo) -> Json {
    match undo {
        Undo::Exact(op) => {
            let by = match op {
                UndoOp::Delete => "delete",
                UndoOp::Restore => "restore",
                UndoOp::Recreate => "recreate",
                UndoOp::Nothing => "nothing",
            };
            json!({ "class": "exact", "by": by })
        }
        Undo::Recreate { loses } => json!({ "class": "recreate", "loses": loses }),
        Undo::None { why } => json!({ "class": "none", "why": why }),
    }
}

fn finding(finding: &Finding) -> Json {
    json!({
        "code": finding.code,
        "severity": match finding.severity {
            Severity::Error => "error",
            Severity::Unknown => "unknown",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        "message": finding.message,
        "address": finding.address.as_ref().map(|address| address.as_str()),
        "help": finding.help,
    })
}

pub(crate) fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::ReplaceCreateFirst => "replace-create-first",
        Action::ReplaceDeleteFirst => "replace-delete-first",
        Action::ReplaceKeepOld => "replace-keep-old",
        Action::Delete => "delete",
        Action::Wait => "wait",
        Action::NoOp => "no-op",
        Action::Unknown => "unknown",
    }
}

fn reason_code(reason: &Reason) -> &'static str {
    match reason {
        Reason::Absent => "absent",
        Reason::NotInSpec => "not-in-spec",
        Reason::Differs => "differs",
        Reason::Immutable(_) => "immutable",
        Reason::Failed(_) => "failed",
        Reason::Unfinished(_) => "unfinished",
        Reason::Unread(_) => "unread",
        Reason::DeletedWith(_) => "deleted-with",
        Reason::Same => "same",
        Reason::Destroy => "destroy",
    }
}
