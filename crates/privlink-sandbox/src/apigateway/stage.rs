//! Stages: a name under which a deployment is served, with settings of its own.
//!
//! Owns the settings and their patch paths, but for a canary's. Caches that take time and client certificates are not part
//! of this world. Read next: `deployment.rs`, `canary.rs`.

use super::Site;
use super::canary::Canary;
use super::fault::{bad_request, conflict, limit, not_found};
use super::input::{Input, Op, Patch, patches};
use super::rest_api::RestApi;
use super::tags;
use crate::clock::Moment;
use crate::wire::{Fault, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const MAX_STAGES: usize = 10;
/// The key of the settings of all methods.
const ALL: &str = "*/*";
const CACHE_SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];

/// A stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) deployment: String,
    pub(super) description: Option<String>,
    pub(super) documentation_version: Option<String>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) tracing: bool,
    pub(super) cache_size: Option<String>,
    pub(super) cache_enabled: bool,
    pub(super) access_log: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) canary: Option<Canary>,
    /// By `*/*` or by path and verb, spelled as the patch that made them spelled both: `~1orders/GET`.
    pub(super) method_settings: BTreeMap<String, MethodSettings>,
    pub(super) created: Moment,
    #[serde(rename = "lastUpdatedDate")]
    pub(super) updated: Moment,
}

/// What a stage does to the calls of a method.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MethodSettings {
    metrics_enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logging_level: Option<String>,
    data_trace_enabled: bool,
    throttling_burst_limit: i64,
    throttling_rate_limit: f64,
    caching_enabled: bool,
    cache_ttl_in_seconds: u32,
    cache_data_encrypted: bool,
    require_authorization_for_cache_control: bool,
    unauthorized_cache_control_header_strategy: String,
}

impl Default for MethodSettings {
    fn default() -> MethodSettings {
        MethodSettings {
            metrics_enabled: false,
            logging_level: None,
            data_trace_enabled: false,
            throttling_burst_limit: 5000,
            throttling_rate_limit: 10_000.0,
            caching_enabled: false,
            cache_ttl_in_seconds: 300,
            cache_data_encrypted: false,
            require_authorization_for_cache_control: true,
            unauthorized_cache_control_header_strategy: "SUCCEED_WITH_RESPONSE_HEADER".to_owned(),
        }
    }
}

impl Stage {
    /// Makes a stage that serves nothing yet.
    pub(super) fn new(name: String, now: Moment) -> Stage {
        Stage {
            name,
            deployment: String::new(),
            description: None,
            documentation_version: None,
            variables: BTreeMap::new(),
            tags: BTreeMap::new(),
            tracing: false,
            cache_size: None,
            cache_enabled: false,
            access_log: BTreeMap::new(),
            canary: None,
            method_settings: BTreeMap::new(),
            created: now,
            updated: now,
        }
    }

    /// Gives the deployments that serve its callers.
    pub(super) fn runs(&self) -> impl Iterator<Item = &str> {
        [self.deployment.as_str()].into_iter().chain(self.canary.iter().map(|canary| canary.deployment_id.as_str()))
    }

    /// Switches the cache, which needs a size when it is on.
    pub(super) fn set_cache(&mut self, enabled: Option<bool>, size: Option<String>) -> Result<(), Fault> {
        if let Some(size) = size {
            if !CACHE_SIZES.contains(&size.as_str()) {
                return Err(bad_request(format!(
                    "Invalid cache cluster size. Valid options are {}",
                    CACHE_SIZES.join(",")
                )));
            }
            self.cache_size = Some(size);
        }
        if let Some(enabled) = enabled {
            self.cache_enabled = enabled;
        }
        if self.cache_enabled && self.cache_size.is_none() {
            self.cache_size = Some("0.5".to_owned());
        }
        Ok(())
    }
}

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

fn check_deployment(api: &RestApi, id: &str) -> Result<(), Fault> {
    if api.deployments.contains_key(id) { Ok(()) } else { Err(bad_request("Deployment id does not exist")) }
}

/// Checks that an API may have one stage more.
pub(super) fn check_room(api: &RestApi) -> Result<(), Fault> {
    if api.stages.len() < MAX_STAGES {
        return Ok(());
    }
    Err(limit(format!("Maximum number of stages for this API has been reached: {MAX_STAGES}")))
}

/// Checks stage variables.
pub(super) fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (name, value) in variables {
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let legal = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
        if !named {
            return Err(bad_request(format!("Stage variable name {name} is invalid: only a-zA-Z0-9_ are allowed")));
        }
        if value.is_empty() || !value.chars().all(legal) {
            return Err(bad_request(format!(
                "Stage variable value of {name} is invalid: it must match [A-Za-z0-9-._~:/?#&=,]+"
            )));
        }
    }
    Ok(())
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

fn apply(site: &Site, api: &str, stage: &mut Stage, patch: &Patch) -> Result<(), Fault> {
    let segments = patch.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        _ if patch.op == Op::Copy => promote(stage, patch)?,
        ["deploymentId"] => {
            patch.only_replace()?;
            check_deployment(site.api(api)?, patch.value())?;
            stage.deployment = patch.value().to_owned();
        }
        ["canarySettings"] if patch.op == Op::Remove => {
            stage.canary.take().ok_or_else(|| bad_request("Cannot remove canary settings: the stage has no canary"))?;
        }
        ["canarySettings", rest @ ..] => {
            let mut canary = stage.canary.take().unwrap_or_else(|| Canary::of(&stage.deployment));
            canary.patch(rest, patch)?;
            check_deployment(site.api(api)?, &canary.deployment_id)?;
            stage.canary = Some(canary);
        }
        ["documentationVersion"] => {
            patch.only_replace()?;
            if patch.content().is_some() {
                // No call here makes one.
                return Err(not_found("Invalid Documentation version specified"));
            }
            stage.documentation_version = None;
        }
        ["clientCertificateId"] => {
            patch.only_replace()?;
            if patch.content().is_some() {
                // No call here makes one.
                return Err(not_found("Invalid Client Certificate identifier specified"));
            }
        }
        ["description"] => {
            patch.only_replace()?;
            stage.description = patch.content();
        }
        ["tracingEnabled"] => {
            patch.only_replace()?;
            stage.tracing = patch.flag();
        }
        ["cacheClusterEnabled"] => {
            patch.only_replace()?;
            stage.set_cache(Some(patch.flag()), None)?;
        }
        ["cacheClusterSize"] => {
            patch.only_replace()?;
            stage.set_cache(None, patch.content())?;
        }
        ["variables", name] if patch.op == Op::Remove => {
            stage.variables.remove(*name).ok_or_else(|| cannot_remove(&format!("variables/{name}")))?;
        }
        ["variables", name] => {
            let one = BTreeMap::from([((*name).to_owned(), patch.value().to_owned())]);
            check_variables(&one)?;
            stage.variables.extend(one);
        }
        ["accessLogSettings", rest @ ..] => access_log(&mut stage.access_log, rest, patch)?,
        [path, _] if patch.op == Op::Remove && *path != "tags" => {
            let key = settings_key(patch);
            stage.method_settings.remove(&key).ok_or_else(|| cannot_remove(&key))?;
        }
        // What a method has settings for goes as a whole.
        [_, _, _, _] if patch.op == Op::Remove => return Err(cannot_remove(patch.path.trim_start_matches('/'))),
        [_, _, _, _] if patch.op == Op::Add => {
            return Err(bad_request(format!("Invalid add operation with path: {}", patch.path)));
        }
        [_, _, group, setting] => {
            // A method begins with what holds for all.
            let all = || stage.method_settings.get(ALL).cloned().unwrap_or_default();
            let mut settings = stage.method_settings.get(&settings_key(patch)).cloned().unwrap_or_else(all);
            change_setting(&mut settings, group, setting, patch)?;
            stage.method_settings.insert(settings_key(patch), settings);
        }
        _ => return Err(unknown_setting(patch)),
    }
    Ok(())
}

/// Gives the stage what its canary has.
fn promote(stage: &mut Stage, patch: &Patch) -> Result<(), Fault> {
    let Some(canary) = &stage.canary else {
        return Err(bad_request("Promotion not available. Canary does not exist."));
    };
    match (patch.from.as_deref(), patch.path.as_str()) {
        (Some("/canarySettings/deploymentId"), "/deploymentId") => stage.deployment.clone_from(&canary.deployment_id),
        (Some("/canarySettings/stageVariableOverrides"), "/variables") => {
            stage.variables.extend(canary.stage_variable_overrides.clone());
        }
        (from, path) => {
            let from = from.unwrap_or_default();
            return Err(bad_request(format!("Invalid copy operation with path: {path} and from {from}.")));
        }
    }
    Ok(())
}

/// The key of the settings that a patch is about: the first two parts of its path, escapes and all.
fn settings_key(patch: &Patch) -> String {
    let path = patch.path.strip_prefix('/').unwrap_or(&patch.path);
    path.split('/').take(2).collect::<Vec<_>>().join("/")
}

fn cannot_remove(what: &str) -> Fault {
    bad_request(format!("Cannot remove method setting {what} because there is no method setting for this method "))
}

fn unknown_setting(patch: &Patch) -> Fault {
    const ONCE: [&str; 8] = [
        "/deploymentId",
        "/description",
        "/cacheClusterEnabled",
        "/cacheClusterSize",
        "/clientCertificateId",
        "/accessLogSettings",
        "/accessLogSettings/destinationArn",
        "/accessLogSettings/format",
    ];
    const EACH: [&str; 10] = [
        "metrics/enabled",
        "logging/dataTrace",
        "logging/loglevel",
        "throttling/burstLimit",
        "throttling/rateLimit",
        "caching/ttlInSeconds",
        "caching/enabled",
        "caching/dataEncrypted",
        "caching/requireAuthorizationForCacheControl",
        "caching/unauthorizedCacheControlHeaderStrategy",
    ];
    let under = |prefix: &str| EACH.map(|setting| format!("{prefix}/{setting}")).join(", ");
    bad_request(format!(
        "Invalid method setting path: {}. Must be one of: [{}, {}, {}, /variables/{{variable_name}}, /tracingEnabled]",
        patch.path,
        ONCE.join(", "),
        under("/{resourcePath}/{httpMethod}"),
        under("/*/*"),
    ))
}

fn access_log(settings: &mut BTreeMap<String, String>, rest: &[&str], patch: &Patch) -> Result<(), Fault> {
    match (rest, patch.op) {
        ([], Op::Remove) => settings.clear(),
        ([member], Op::Remove) => {
            settings.remove(*member).ok_or_else(|| cannot_remove(&format!("accessLogSettings/{member}")))?;
        }
        ([member @ ("destinationArn" | "format")], Op::Add | Op::Replace) => {
            let Some(value) = patch.content() else { return Err(bad_request("Access Log value must not be empty")) };
            settings.insert((*member).to_owned(), value);
        }
        _ => {
            return Err(bad_request(
                "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, \
                 /accessLogSettings/format]",
            ));
        }
    }
    Ok(())
}

fn change_setting(settings: &mut MethodSettings, group: &str, setting: &str, patch: &Patch) -> Result<(), Fault> {
    let value = patch.value();
    let wrong = || bad_request(format!("Invalid value {value} for {}", patch.path));
    match (group, setting) {
        ("metrics", "enabled") => settings.metrics_enabled = patch.flag(),
        ("logging", "dataTrace") => settings.data_trace_enabled = patch.flag(),
        ("logging", "loglevel") if matches!(value, "OFF" | "ERROR" | "INFO") => {
            settings.logging_level = Some(value.to_owned());
        }
        ("logging", "loglevel") => return Err(wrong()),
        ("throttling", "burstLimit") => settings.throttling_burst_limit = value.parse().map_err(|_| wrong())?,
        ("throttling", "rateLimit") => {
            let rate: f64 = value.parse().map_err(|_| wrong())?;
            settings.throttling_rate_limit = Some(rate).filter(|rate| rate.is_finite()).ok_or_else(wrong)?;
        }
        ("caching", "ttlInSeconds") => {
            let seconds: u32 = value.parse().map_err(|_| wrong())?;
            settings.cache_ttl_in_seconds = Some(seconds).filter(|seconds| *seconds <= 3600).ok_or_else(wrong)?;
        }
        ("caching", "enabled") => settings.caching_enabled = patch.flag(),
        ("caching", "dataEncrypted") => settings.cache_data_encrypted = patch.flag(),
        ("caching", "requireAuthorizationForCacheControl") => {
            settings.require_authorization_for_cache_control = patch.flag();
        }
        ("caching", "unauthorizedCacheControlHeaderStrategy") => {
            let known = ["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"];
            settings.unauthorized_cache_control_header_strategy =
                Some(value).filter(|value| known.contains(value)).ok_or_else(wrong)?.to_owned();
        }
        _ => return Err(unknown_setting(patch)),
    }
    Ok(())
}
