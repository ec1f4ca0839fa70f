//! Tags of APIs, stages and VPC links, which AWS addresses by ARN.
//!
//! Resources, methods and deployments have none of their own. Owns the limits and the reading of an ARN.

use super::fault::{bad_request, not_found};
use super::input::Input;
use super::site::Site;
use super::state::State;
use crate::wire::{Fault, Reply};
use serde_json::json;
use std::collections::BTreeMap;

const MAX_TAGS: usize = 50;

/// Checks a whole set of tags.
pub(super) fn accept(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    if tags.len() > MAX_TAGS {
        return Err(bad_request(format!("Cannot have more than {MAX_TAGS} tags per resource")));
    }
    for (key, value) in &tags {
        if key.is_empty() || key.chars().count() > 128 {
            return Err(bad_request("Tag keys must be between 1 and 128 characters long"));
        }
        if value.chars().count() > 256 {
            return Err(bad_request("Tag values must be at most 256 characters long"));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(bad_request("aws: prefixed tag key names are not allowed for external use."));
        }
        let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        if !key.chars().all(legal) || !value.chars().all(legal) {
            return Err(bad_request("Tag keys and values may hold letters, digits, spaces and _ . : / = + - @ only"));
        }
    }
    Ok(tags)
}

/// Gives the tags that what is at a path is judged by: its own, and those of the API that it is part of.
pub(crate) fn tags_of(state: &State, segments: &[&str]) -> Option<BTreeMap<String, String>> {
    match segments {
        ["restapis", id, rest @ ..] => {
            let api = state.apis.get(*id)?;
            let mut tags = api.tags.clone();
            if let ["stages", stage, ..] = rest {
                tags.extend(api.stages.get(*stage).map(|stage| stage.tags.clone()).unwrap_or_default());
            }
            Some(tags)
        }
        ["vpclinks", id] => state.links.get(*id).map(|link| link.tags.clone()),
        _ => None,
    }
}

fn of<'s>(site: &'s mut Site, arn: &str) -> Result<&'s mut BTreeMap<String, String>, Fault> {
    let malformed = || bad_request(format!("Invalid ARN specified in the request: {arn}"));
    let prefix = format!("arn:{}:apigateway:{}::/", site.partition(), site.call.region);
    let path = arn.strip_prefix(&prefix).ok_or_else(malformed)?;
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["restapis", id] => Ok(&mut site.api_mut(id)?.tags),
        ["restapis", id, "stages", stage] => {
            let stages = &mut site.api_mut(id)?.stages;
            stages
                .get_mut(*stage)
                .map(|stage| &mut stage.tags)
                .ok_or_else(|| not_found("Invalid stage identifier specified"))
        }
        ["vpclinks", id] => {
            let link = site.state_mut().links.get_mut(*id);
            link.map(|link| &mut link.tags).ok_or_else(|| not_found("Invalid Vpc Link identifier specified"))
        }
        _ => Err(malformed()),
    }
}

/// Answers GetTags.
pub(super) fn get(site: &mut Site, arn: &str) -> Result<Reply, Fault> {
    let tags = of(site, arn)?;
    Ok(Reply::json(200, &json!({ "tags": tags })))
}

/// Answers TagResource.
pub(super) fn put(site: &mut Site, arn: &str) -> Result<Reply, Fault> {
    let new = Input::of(site.call)?.map("tags")?.unwrap_or_default();
    let tags = of(site, arn)?;
    let mut all = tags.clone();
    all.extend(new);
    *tags = accept(all)?;
    Ok(Reply::empty(204))
}

/// Answers UntagResource.
pub(super) fn remove(site: &mut Site, arn: &str) -> Result<Reply, Fault> {
    let keys: Vec<String> =
        site.call.query.iter().filter(|(name, _)| name == "tagKeys").map(|(_, key)| key.clone()).collect();
    let tags = of(site, arn)?;
    for key in keys {
        tags.remove(&key);
    }
    Ok(Reply::empty(204))
}
