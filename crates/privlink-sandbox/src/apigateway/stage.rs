//! Stages: a name under which a deployment is served, with settings of its own.
//!
//! Caches that take time and client certificates are not part of this world. Read next: `stage_patch.rs` for how one is
//! changed, `deployment.rs`, `canary.rs`.

use super::canary::Canary;
use super::fault::{bad_request, conflict, limit, not_found};
use super::input::{Input, patches};
use super::method_settings::MethodSettings;
use super::site::Site;
use super::stage_patch::{apply, check_deployment};
use super::state::{RestApi, Stage};
use super::tags;
use super::variables::check_variables;
use crate::wire::{Fault, Reply};
use serde_json::{Map, Value, json};

const MAX_STAGES: usize = 10;

fn render(stage: &Stage, always_tags: bool) -> Value {
    let mut out = Map::new();
    out.insert("deploymentId".into(), json!(stage.deployment));
    out.insert("stageName".into(), json!(stage.name));
    if let Some(description) = &stage.description {
        out.insert("description".into(), json!(description));
    }
    out.insert("cacheClusterEnabled".into(), json!(stage.cache_enabled));
    if let Some(size) = &stage.cache_size {
        out.insert("cacheClusterSize".into(), json!(size));
    }
    let status = if stage.cache_enabled { "AVAILABLE" } else { "NOT_AVAILABLE" };
    out.insert("cacheClusterStatus".into(), json!(status));
    out.insert("methodSettings".into(), json!(stage.method_settings));
    if !stage.variables.is_empty() {
        out.insert("variables".into(), json!(stage.variables));
    }
    if let Some(version) = &stage.documentation_version {
        out.insert("documentationVersion".into(), json!(version));
    }
    if !stage.access_log.is_empty() {
        out.insert("accessLogSettings".into(), json!(stage.access_log));
    }
    if let Some(canary) = &stage.canary {
        out.insert("canarySettings".into(), json!(canary));
    }
    out.insert("tracingEnabled".into(), json!(stage.tracing));
    if always_tags || !stage.tags.is_empty() {
        out.insert("tags".into(), json!(stage.tags));
    }
    out.insert("createdDate".into(), json!(stage.created.epoch_seconds()));
    out.insert("lastUpdatedDate".into(), json!(stage.updated.epoch_seconds()));
    Value::Object(out)
}

/// Says that a stage does not exist.
pub(super) fn unknown() -> Fault {
    not_found("Invalid stage identifier specified")
}

/// Checks a stage's name.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.len() <= 128 && name.chars().all(legal) {
        return Ok(());
    }
    Err(bad_request("Stage name only allows a-zA-Z0-9_-"))
}

/// Checks that an API may have one stage more.
pub(super) fn check_room(api: &RestApi) -> Result<(), Fault> {
    if api.stages.len() < MAX_STAGES {
        return Ok(());
    }
    Err(limit(format!("Maximum number of stages for this API has been reached: {MAX_STAGES}")))
}

/// Answers CreateStage.
pub(super) fn create(site: &mut Site, id: &str) -> Result<Reply, Fault> {
    let input = Input::of(site.call)?;
    let name = input.text("stageName")?.unwrap_or_default();
    check_name(&name)?;
    let api = site.api(id)?;
    if api.stages.contains_key(&name) {
        return Err(conflict("Stage already exists"));
    }
    let deployment = input.text("deploymentId")?.unwrap_or_default();
    check_deployment(api, &deployment)?;
    check_room(api)?;
    let mut stage = Stage::new(name, site.world.now());
    if let Some(canary) = input.nested("canarySettings")? {
        let canary = Canary::read(&canary, &deployment)?;
        check_deployment(api, &canary.deployment_id)?;
        stage.canary = Some(canary);
    }
    stage.deployment = deployment;
    stage.description = input.text("description")?;
    if input.text("documentationVersion")?.is_some_and(|version| !version.is_empty()) {
        // No call here makes one.
        return Err(not_found("Invalid Documentation version specified"));
    }
    stage.variables = input.map("variables")?.unwrap_or_default();
    check_variables(&stage.variables)?;
    stage.tags = tags::accept(input.map("tags")?.unwrap_or_default())?;
    stage.tracing = input.flag("tracingEnabled")?.unwrap_or_default();
    stage.set_cache(input.flag("cacheClusterEnabled")?, input.text("cacheClusterSize")?)?;
    let answer = render(&stage, false);
    site.api_mut(id)?.stages.insert(stage.name.clone(), stage);
    Ok(Reply::json(201, &answer))
}

/// Answers GetStages, which has no pages.
pub(super) fn list(site: &Site, id: &str) -> Result<Reply, Fault> {
    let deployment = site.call.query_value("deploymentId");
    let serves = |stage: &&Stage| deployment.is_none_or(|wanted| stage.deployment == wanted);
    let items: Vec<Value> = site.api(id)?.stages.values().filter(serves).map(|stage| render(stage, false)).collect();
    Ok(Reply::json(200, &json!({ "item": items })))
}

/// Answers GetStage.
pub(super) fn get(site: &Site, id: &str, name: &str) -> Result<Reply, Fault> {
    let stage = site.api(id)?.stages.get(name).ok_or_else(unknown)?;
    Ok(Reply::json(200, &render(stage, false)))
}

/// Answers DeleteStage.
pub(super) fn delete(site: &mut Site, id: &str, name: &str) -> Result<Reply, Fault> {
    site.api_mut(id)?.stages.remove(name).ok_or_else(unknown)?;
    Ok(Reply::empty(202))
}

/// Answers UpdateStage.
pub(super) fn update(site: &mut Site, id: &str, name: &str) -> Result<Reply, Fault> {
    let patches = patches(site.call, "updateStageInput")?;
    let now = site.world.now();
    let may_log = site.state().account.cloudwatch_role.is_some();
    let mut stage = site.api(id)?.stages.get(name).ok_or_else(unknown)?.clone();
    for patch in &patches {
        apply(site, id, &mut stage, patch)?;
    }
    let logs = |settings: &MethodSettings| settings.logging_level.as_deref().is_some_and(|level| level != "OFF");
    if !may_log && (stage.access_log.contains_key("destinationArn") || stage.method_settings.values().any(logs)) {
        return Err(bad_request("CloudWatch Logs role ARN must be set in account settings to enable logging"));
    }
    stage.updated = now;
    let answer = render(&stage, false);
    site.api_mut(id)?.stages.insert(stage.name.clone(), stage);
    Ok(Reply::json(200, &answer))
}
