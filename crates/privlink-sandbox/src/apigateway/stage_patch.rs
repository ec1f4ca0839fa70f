//! The paths by which a patch changes a stage, but for those inside its canary and its methods' settings.
//!
//! Read next: `canary.rs`, `method_settings.rs`.

use super::canary::Canary;
use super::fault::{bad_request, not_found};
use super::input::{Op, Patch};
use super::method_settings::{ALL, unknown_setting};
use super::site::Site;
use super::state::{RestApi, Stage};
use super::variables::check_variables;
use crate::wire::Fault;
use std::collections::BTreeMap;

/// Checks that an API has a deployment.
pub(super) fn check_deployment(api: &RestApi, id: &str) -> Result<(), Fault> {
    if api.deployments.contains_key(id) { Ok(()) } else { Err(bad_request("Deployment id does not exist")) }
}

/// Applies one patch.
pub(super) fn apply(site: &Site, api: &str, stage: &mut Stage, patch: &Patch) -> Result<(), Fault> {
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
            settings.change(group, setting, patch)?;
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
