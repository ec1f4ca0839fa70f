//! One thing that goes wrong in one run, and what must hold after it.

use std::time::Duration;

use privlink_engine::Journal;
use privlink_model::Outcome;
use privlink_sandbox::{Fault, FaultKind, Turn};
use serde_json::Value;

use crate::dying::{Death, Dying};
use crate::scene::{Place, Scene, begun, run as run_on};

/// How long a case may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What goes wrong.
#[derive(Debug, Clone)]
pub(crate) enum Case {
    /// A call fails.
    Fault(Fault),
    /// The process dies; it is resumed, or what it did is taken back.
    Death(Death, Then),
}

impl Case {
    fn is_endless_deletion(&self) -> bool {
        matches!(self, Self::Fault(fault) if fault.kind == FaultKind::NeverSettles && fault.operation.contains(":Delete"))
    }
}

/// What is done after a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Resume,
    RollBack,
}

/// A law that was broken.
pub(crate) struct Trouble {
    pub(crate) case: Case,
    pub(crate) what: String,
}

/// Every case of a scene.
pub(crate) fn all(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    for (call, count) in &scene.calls {
        let (place, operation) = call.split_once(' ').unwrap();
        let (account, region) = place.split_once('/').unwrap();
        for number in 1..=*count {
            let kinds = [
                FaultKind::Refused {
                    code: "ValidationError".to_owned(),
                    message: "told to refuse".to_owned(),
                    status: 400,
                },
                FaultKind::Throttled,
                FaultKind::LostAnswer,
                FaultKind::Dropped,
                FaultKind::NeverSettles,
                FaultKind::SettlesFailed("told to fail".to_owned()),
            ];
            let faults = kinds.into_iter().map(|kind| Fault {
                account: Some(account.to_owned()),
                region: Some(region.to_owned()),
                turn: Turn::Nth(number),
                ..Fault::new(operation, kind)
            });
            cases.extend(faults.filter(|fault| fault.check().is_ok()).map(Case::Fault));
        }
    }
    for number in 2..=scene.appends {
        for then in [Then::Resume, Then::RollBack] {
            cases.push(Case::Death(Death::Before(number), then));
            cases.push(Case::Death(Death::After(number), then));
        }
    }
    cases
}

/// Runs a case; the name of its end.
pub(crate) async fn run(scene: &Scene, case: Case) -> Result<&'static str, Trouble> {
    match tokio::time::timeout(PATIENCE, carry_out(scene, &case)).await {
        Ok(Ok(end)) => Ok(end),
        Ok(Err(what)) => Err(Trouble { case, what }),
        Err(_) => Err(Trouble { case, what: "it does not come to an end".to_owned() }),
    }
}

async fn carry_out(scene: &Scene, case: &Case) -> Result<&'static str, String> {
    let mut place = scene.place().await;
    let death = match case {
        Case::Fault(fault) => {
            place.sandbox.set_faults(vec![fault.clone()]).unwrap();
            None
        }
        Case::Death(death, _) => Some(*death),
    };
    let store = Dying::at(death);
    let journal = Journal::begin(store.clone(), "run", b"{}", begun(&scene.plan)).await.unwrap();
    let first = run_on(&place, journal);
    let outcome = tokio::select! {
        outcome = first.apply(&scene.plan) => Some(outcome),
        () = store.died() => None,
    };
    if outcome.is_none() {
        scene.reconnect(&mut place).await;
    }
    let outcome = match (outcome, case) {
        (None, Case::Death(_, Then::RollBack)) => resumed(&place, &store, scene, Then::RollBack).await?,
        (None, _) => resumed(&place, &store, scene, Then::Resume).await?,
        (Some(outcome), _) => outcome,
    };
    let end = judge(scene, &place, case, &outcome).await?;
    // Whatever was done is not done twice.
    let exists = place.sandbox.summary();
    let then = if end == "applied" { Then::Resume } else { Then::RollBack };
    if end != "stuck" {
        let calls = mutations(&place);
        let again = resumed(&place, &store, scene, then).await?;
        judge(scene, &place, case, &again).await?;
        if mutations(&place) != calls || place.sandbox.summary() != exists {
            return Err(format!("{end}, and done once more, it changed something"));
        }
    }
    Ok(end)
}

fn mutations(place: &Place) -> u64 {
    let reads = ["Describe", "Get", "List", "Assume", "Simulate"];
    let is_read = |call: &str| reads.iter().any(|read| call.rsplit(':').next().unwrap_or_default().starts_with(read));
    place.sandbox.requests().iter().filter(|(call, _)| !is_read(call)).map(|(_, count)| count).sum()
}

async fn resumed(place: &Place, store: &Dying, scene: &Scene, then: Then) -> Result<Outcome, String> {
    let opened = Journal::open(store.rest(), "run").await;
    let (journal, _) = opened.map_err(|error| format!("the journal is lost: {error}"))?;
    let run = run_on(place, journal);
    Ok(match then {
        Then::Resume => run.apply(&scene.plan).await,
        Then::RollBack => run.roll_back(&scene.plan).await,
    })
}

/// What must hold at an end.
async fn judge(scene: &Scene, place: &Place, case: &Case, outcome: &Outcome) -> Result<&'static str, String> {
    let exists = place.sandbox.summary();
    match outcome {
        Outcome::Applied => {
            let left = scene.spec.plan(place).await.steps;
            if !left.is_empty() {
                return Err(format!("applied, and this is left to do: {left:#?}"));
            }
            same(&counted(&exists), &counted(&scene.after)).map_err(|what| format!("applied, and {what}"))?;
            Ok("applied")
        }
        Outcome::RolledBack { inexact, cause, .. } => {
            let end = if case.is_endless_deletion() {
                nothing_is_missing(&counted(&exists), &counted(&scene.before))
            } else if inexact.is_empty() {
                same(&without_tokens(&exists), &without_tokens(&scene.before))
            } else {
                same(&counted(&exists), &counted(&scene.before))
            };
            end.map_err(|what| format!("rolled back after {cause:?} (inexact: {inexact:?}), and {what}"))?;
            Ok("rolled back")
        }
        // What is being deleted for ever cannot be brought back beside itself.
        Outcome::Stuck { residue, .. } if !residue.is_empty() && case.is_endless_deletion() => Ok("stuck"),
        Outcome::Stuck { residue, cause } => Err(format!("stuck after {cause:?} with {residue:#?}")),
        Outcome::Kept { .. } => Err("it was kept".to_owned()),
    }
}

/// What is being deleted for ever stays beside what was made in its place; nothing else may be another.
fn nothing_is_missing(now: &Value, then: &Value) -> Result<(), String> {
    match (now, then) {
        (Value::Number(now), Value::Number(then)) if now.as_u64() < then.as_u64() => Err(format!("{then} are {now}")),
        (now, Value::Object(then)) => then
            .iter()
            .try_for_each(|(key, then)| nothing_is_missing(&now[key], then).map_err(|what| format!("{key}: {what}"))),
        (Value::Null, Value::Number(_)) => Err("none is left".to_owned()),
        _ => Ok(()),
    }
}

/// What exists, by kind and number: what comes back under another id counts as the same.
fn counted(summary: &Value) -> Value {
    let Some(scopes) = summary.as_object() else { return Value::Null };
    let count = |kinds: &Value| match kinds {
        Value::Object(objects) => Value::from(objects.len()),
        Value::Array(objects) => Value::from(objects.len()),
        _ => Value::from(1),
    };
    let services = |scope: &Value| -> Value {
        let Some(services) = scope.as_object() else { return Value::Null };
        let kinds = |service: &Value| match service.as_object() {
            Some(kinds) => kinds.iter().map(|(name, objects)| (name.clone(), count(objects))).collect(),
            None => Value::Null,
        };
        services.iter().map(|(name, service)| (name.clone(), kinds(service))).collect()
    };
    scopes.iter().map(|(name, scope)| (name.clone(), services(scope))).collect()
}

/// A summary without what is nobody's business: the tags that say which call made something, and the ids of what is known by
/// what it is, rules of security groups and resources of definitions.
fn without_tokens(summary: &Value) -> Value {
    match summary {
        Value::Object(members) => {
            // The cache of an integration is named after its resource unless somebody says otherwise.
            let passing = ["privlink:token", "cacheNamespace", "lastUpdatedDate"];
            let kept = members.iter().filter(|(key, _)| !passing.contains(&key.as_str()));
            kept.map(|(key, value)| (key.clone(), by_content(key, value))).collect()
        }
        Value::Array(items) => items.iter().map(without_tokens).collect(),
        other => other.clone(),
    }
}

fn by_content(key: &str, value: &Value) -> Value {
    let named = |name: &dyn Fn(&Value) -> String| -> Value {
        let Some(members) = value.as_object() else { return Value::Null };
        let each = members.values().map(|member| {
            let mut content = without_tokens(member);
            if let Some(content) = content.as_object_mut() {
                content.remove("id");
                content.remove("parent");
            }
            (name(member), content)
        });
        each.collect()
    };
    match key {
        "rules" if value.as_object().is_some_and(|rules| rules.keys().all(|id| id.starts_with("sgr-"))) => {
            named(&|rule| {
                format!(
                    "{} {} {} {} {}",
                    rule["egress"], rule["protocol"], rule["from_port"], rule["to_port"], rule["peer"]
                )
            })
        }
        "resources" if value.is_object() => named(&|resource| {
            let mut path = String::new();
            let mut at = resource;
            while let Some(part) = at["path_part"].as_str() {
                path = format!("/{part}{path}");
                at = &value[at["parent"].as_str().unwrap_or_default()];
            }
            path
        }),
        _ => without_tokens(value),
    }
}

/// Whether two values are the same; the first differences, if not.
fn same(now: &Value, then: &Value) -> Result<(), String> {
    let mut found = Vec::new();
    differences("", now, then, &mut found);
    found.truncate(12);
    if found.is_empty() { Ok(()) } else { Err(format!("the world is another:\n{}", found.join("\n"))) }
}

fn differences(at: &str, now: &Value, then: &Value, found: &mut Vec<String>) {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            let keys: std::collections::BTreeSet<&String> = now.keys().chain(then.keys()).collect();
            for key in keys {
                let at = format!("{at}/{key}");
                match (now.get(key), then.get(key)) {
                    (Some(now), Some(then)) => differences(&at, now, then, found),
                    (Some(now), None) => found.push(format!("  new:  {at} {}", brief(now))),
                    (None, then) => found.push(format!("  gone: {at} {}", then.map(brief).unwrap_or_default())),
                }
            }
        }
        (now, then) if now != then => found.push(format!("  {at}: was {}, is {}", brief(then), brief(now))),
        _ => {}
    }
}

fn brief(value: &Value) -> String {
    value.to_string().chars().take(200).collect()
}
