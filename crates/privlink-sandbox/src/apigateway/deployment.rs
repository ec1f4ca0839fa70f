//! Deployments: immutable snapshots of a definition, with its policy and its VPC endpoints.
//!
//! What a stage serves is the snapshot, so an edit acts only once it is deployed. Owns the conditions under which AWS
//! deploys at all. Read next: `stage.rs`.

use super::canary::Canary;
use super::definition::Definition;
use super::fault::{bad_request, not_found};
use super::input::{Input, Op, page, patches};
use super::site::{Site, listing};
use super::stage;
use super::state::{Deployment, Stage, Status};
use super::variables::check_variables;
use crate::wire::{Fault, Reply};
use serde_json::{Map, Value, json};

fn unknown() -> Fault {
    not_found("Invalid Deployment identifier specified")
}

fn render(deployment: &Deployment, summary: bool) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), json!(deployment.id));
    if let Some(description) = &deployment.description {
        out.insert("description".into(), json!(description));
    }
    out.insert("createdDate".into(), json!(deployment.created.epoch_seconds()));
    if summary {
        let mut paths: Map<String, Value> = Map::new();
        for (resource, method) in deployment.snapshot.methods() {
            let entry = paths.entry(deployment.snapshot.path(resource)).or_insert_with(|| json!({}));
            if let Value::Object(verbs) = entry {
                let (kind, key) = (&method.authorization_type, method.api_key_required);
                verbs.insert(method.http_method.clone(), json!({ "authorizationType": kind, "apiKeyRequired": key }));
            }
        }
        out.insert("apiSummary".into(), Value::Object(paths));
    }
    Value::Object(out)
}

/// Answers CreateDeployment; a stage that it names is made, or moved to the new deployment.
pub(super) fn create(site: &mut Site, api: &str) -> Result<Reply, Fault> {
    let input = Input::of(site.call)?;
    let snapshot = site.api(api)?.definition.clone();
    let pending_links = check(site, &snapshot)?;
    let id = site.world.ids.alnum(6);
    let now = site.world.now();
    let deployment =
        Deployment { id: id.clone(), description: input.text("description")?, created: now, snapshot, pending_links };
    let answer = render(&deployment, false);
    let canary = input.nested("canarySettings")?;
    let stage = match input.text("stageName")?.filter(|name| !name.is_empty()) {
        None if canary.is_some() => return Err(bad_request("A canary deployment needs a stage")),
        None => None,
        Some(name) => {
            let known = site.api(api)?.stages.get(&name).cloned();
            let mut stage = match known {
                Some(stage) => stage,
                None if canary.is_some() => return Err(stage::unknown()),
                None => {
                    stage::check_name(&name)?;
                    stage::check_room(site.api(api)?)?;
                    Stage::new(name, now)
                }
            };
            match canary {
                Some(asked) => stage.canary = Some(Canary::read(&asked, &id)?),
                None => stage.deployment = id.clone(),
            }
            stage.updated = now;
            if let Some(description) = input.text("stageDescription")? {
                stage.description = Some(description);
            }
            if let Some(variables) = input.map("variables")? {
                check_variables(&variables)?;
                stage.variables = variables;
            }
            if let Some(tracing) = input.flag("tracingEnabled")? {
                stage.tracing = tracing;
            }
            stage.set_cache(input.flag("cacheClusterEnabled")?, input.text("cacheClusterSize")?)?;
            Some(stage)
        }
    };
    let api = site.api_mut(api)?;
    api.deployments.insert(id, deployment);
    if let Some(stage) = stage {
        api.stages.insert(stage.name.clone(), stage);
    }
    Ok(Reply::json(201, &answer))
}

/// Checks that a definition may be deployed, and gives the VPC links for which AWS would wait.
fn check(site: &Site, definition: &Definition) -> Result<Vec<String>, Fault> {
    if definition.methods().next().is_none() {
        return Err(bad_request("The REST API doesn't contain any methods"));
    }
    if definition.endpoint.is_private() && definition.policy.is_none() {
        return Err(bad_request("Private REST API doesn't have a resource policy attached to it"));
    }
    let mut waiting = Vec::new();
    for (_, method) in definition.methods() {
        let Some(integration) = &method.method_integration else {
            return Err(bad_request("No integration defined for method"));
        };
        let Some(id) = integration.literal_link() else { continue };
        let status = site.state().links.get(id).map(|link| link.status(site.world.now()));
        match status {
            Some(Status::Available) => {}
            Some(Status::Pending) if waiting.iter().any(|known| known == id) => {}
            Some(Status::Pending) => waiting.push(id.to_owned()),
            Some(Status::Deleting) | None => {
                return Err(bad_request(format!("Vpc link '{id}' that an integration names is being deleted")));
            }
            Some(Status::Failed) => {
                return Err(bad_request(format!("Vpc link '{id}' that an integration names has failed")));
            }
        }
    }
    Ok(waiting)
}

/// Answers GetDeployments.
pub(super) fn list(site: &Site, api: &str) -> Result<Reply, Fault> {
    let all = site.api(api)?.deployments.iter().map(|(id, deployment)| (id.clone(), deployment)).collect();
    let (items, position) = page(site.call, all)?;
    let items = items.into_iter().map(|deployment| render(deployment, false)).collect();
    Ok(listing(items, position))
}

/// Answers GetDeployment.
pub(super) fn get(site: &Site, api: &str, id: &str) -> Result<Reply, Fault> {
    let deployment = site.api(api)?.deployments.get(id).ok_or_else(unknown)?;
    let embeds = |(name, value): &(String, String)| {
        name == "embed" && value.split(',').any(|part| part.eq_ignore_ascii_case("apisummary"))
    };
    Ok(Reply::json(200, &render(deployment, site.call.query.iter().any(embeds))))
}

/// Answers UpdateDeployment; only the description of a snapshot can change.
pub(super) fn update(site: &mut Site, api: &str, id: &str) -> Result<Reply, Fault> {
    let patches = patches(site.call, "updateDeploymentInput")?;
    let deployment = site.api_mut(api)?.deployments.get_mut(id).ok_or_else(unknown)?;
    let mut description = deployment.description.clone();
    for patch in &patches {
        if patch.path != "/description" {
            return Err(patch.unknown_path());
        }
        description = if patch.op == Op::Remove { None } else { patch.content() };
    }
    deployment.description = description;
    Ok(Reply::json(200, &render(deployment, false)))
}

/// Answers DeleteDeployment.
pub(super) fn delete(site: &mut Site, api: &str, id: &str) -> Result<Reply, Fault> {
    let api = site.api_mut(api)?;
    if !api.deployments.contains_key(id) {
        return Err(unknown());
    }
    if api.stages.values().any(|stage| stage.runs().any(|run| run == id)) {
        return Err(bad_request("Active stages pointing to this deployment must be moved or deleted"));
    }
    api.deployments.remove(id);
    Ok(Reply::empty(202))
}
