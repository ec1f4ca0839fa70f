//! Tags: `CreateTags`, `DeleteTags`, `DescribeTags`, and tags given at creation.

use super::filter::{Filters, IdKind, PageSize, invalid, page};
use super::request::Request;
use super::state::{State, Tags};
use crate::wire::{Fault, Params, Reply};

const MOST: usize = 50;

/// Reads the tags that a create call gives to what it makes.
pub(crate) fn at_creation(params: &Params, kind: &str) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for specification in params.structs("TagSpecification") {
        let given = specification.require("ResourceType")?;
        if given != kind {
            return Err(invalid(format!("'{given}' is not a valid taggable resource type for this operation.")));
        }
        for (key, value) in read(&specification)? {
            if tags.insert(key.clone(), value.unwrap_or_default()).is_some() {
                return Err(invalid(format!("Duplicate tag key '{key}' specified.")));
            }
        }
    }
    check(&tags)?;
    Ok(tags)
}

/// Answers `CreateTags`: all of the resources, or none.
pub(super) fn create(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let ids = resource_ids(request)?;
    let mut new = Tags::new();
    for (key, value) in read(&request.params)? {
        if new.insert(key.clone(), value.unwrap_or_default()).is_some() {
            return Err(invalid(format!("Duplicate tag key '{key}' specified.")));
        }
    }
    if new.is_empty() {
        return Err(Fault::new(400, "MissingParameter", "The request must contain the parameter Tags"));
    }
    check(&new)?;
    for id in &ids {
        let mut merged = tags_mut(request.state_mut(), id).cloned().unwrap_or_default();
        merged.extend(new.clone());
        if merged.len() > MOST {
            return Err(Fault::new(
                400,
                "TagLimitExceeded",
                format!("The maximum number of tags ({MOST}) was reached"),
            ));
        }
    }
    for id in &ids {
        if let Some(tags) = tags_mut(request.state_mut(), id) {
            tags.extend(new.clone());
        }
    }
    request.done()
}

/// Answers `DeleteTags`: by key, by key and value, or all of them.
pub(super) fn delete(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let ids = resource_ids(request)?;
    let named = read(&request.params)?;
    for id in &ids {
        if let Some(tags) = tags_mut(request.state_mut(), id) {
            if named.is_empty() {
                tags.clear();
            }
            for (key, value) in &named {
                if value.as_ref().is_none_or(|value| tags.get(key) == Some(value)) {
                    tags.remove(key);
                }
            }
        }
    }
    request.done()
}

/// Answers `DescribeTags`.
pub(super) fn describe(request: &mut Request<'_>) -> Result<Reply, Fault> {
    let filters = Filters::read(&request.params, &["key", "value", "resource-id", "resource-type", "tag"])?;
    let mut found = Vec::new();
    for (id, kind, tags) in all(request.state()) {
        for (key, value) in tags {
            let own = Tags::from([(key.clone(), value.clone())]);
            let admitted = filters.admit(&own, |name| match name {
                "key" => vec![key.clone()],
                "value" => vec![value.clone()],
                "resource-id" => vec![id.to_owned()],
                "resource-type" => vec![kind.to_owned()],
                _ => Vec::new(),
            });
            if admitted {
                found.push((id.to_owned(), kind, key.clone(), value.clone()));
            }
        }
    }
    found.sort();
    let key = |item: &(String, &str, String, String)| format!("{}\n{}", item.0, item.2);
    let (found, token) = page(request.call, &request.params, PageSize::Strict(1000), found, key)?;
    request.answer(|x| {
        x.items("tagSet", &found, |x, (id, kind, key, value)| {
            x.text("key", key).text("resourceId", id).text("resourceType", kind).text("value", value);
        });
        x.maybe("nextToken", token);
    })
}

fn resource_ids(request: &mut Request<'_>) -> Result<Vec<String>, Fault> {
    let ids = request.params.list("ResourceId");
    if ids.is_empty() {
        return Err(Fault::new(400, "MissingParameter", "The request must contain the parameter resourceIdSet"));
    }
    for id in &ids {
        let kind = IdKind::of(id).ok_or_else(|| Fault::new(400, "InvalidID", format!("The ID '{id}' is not valid")))?;
        kind.check(id)?;
        if tags_mut(request.state_mut(), id).is_none() {
            return Err(kind.absent(id));
        }
    }
    Ok(ids)
}

/// Reads `Tag.n.Key` and `Tag.n.Value`; a tag without a value is told from one with an empty value.
fn read(params: &Params) -> Result<Vec<(String, Option<String>)>, Fault> {
    let tag = |tag: Params| Ok((tag.require("Key")?.to_owned(), tag.get("Value").map(str::to_owned)));
    params.structs("Tag").into_iter().map(tag).collect()
}

fn check(tags: &Tags) -> Result<(), Fault> {
    if tags.len() > MOST {
        return Err(Fault::new(400, "TagLimitExceeded", format!("The maximum number of tags ({MOST}) was reached")));
    }
    for (key, value) in tags {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("Tag keys starting with 'aws:' are reserved for internal use"));
        }
        if key.chars().count() > 127 {
            return Err(invalid("Tag key exceeds the maximum length of 127 characters"));
        }
        if value.chars().count() > 256 {
            return Err(invalid("Tag value exceeds the maximum length of 256 characters"));
        }
    }
    Ok(())
}

fn tags_mut<'s>(state: &'s mut State, id: &str) -> Option<&'s mut Tags> {
    // An endpoint or service that is leaving can no longer be tagged.
    if let Some(endpoint) = state.endpoints.get_mut(id) {
        return (!endpoint.is_leaving()).then_some(&mut endpoint.tags);
    }
    if let Some(service) = state.services.get_mut(id) {
        return service.gone_at.is_none().then_some(&mut service.tags);
    }
    if id.starts_with("sgr-") {
        return state.groups.values_mut().find_map(|group| group.rules.get_mut(id)).map(|rule| &mut rule.tags);
    }
    None.or(state.vpcs.get_mut(id).map(|found| &mut found.tags))
        .or(state.subnets.get_mut(id).map(|found| &mut found.tags))
        .or(state.groups.get_mut(id).map(|found| &mut found.tags))
        .or(state.route_tables.get_mut(id).map(|found| &mut found.tags))
        .or(state.transit_gateways.get_mut(id).map(|found| &mut found.tags))
        .or(state.attachments.get_mut(id).map(|found| &mut found.tags))
}

fn all(state: &State) -> Vec<(&str, &'static str, &Tags)> {
    let mut out: Vec<(&str, &'static str, &Tags)> = Vec::new();
    out.extend(state.vpcs.values().map(|v| (v.id.as_str(), "vpc", &v.tags)));
    out.extend(state.subnets.values().map(|v| (v.id.as_str(), "subnet", &v.tags)));
    out.extend(state.route_tables.values().map(|v| (v.id.as_str(), "route-table", &v.tags)));
    out.extend(state.transit_gateways.values().map(|v| (v.id.as_str(), "transit-gateway", &v.tags)));
    out.extend(state.attachments.values().map(|v| (v.id.as_str(), "transit-gateway-attachment", &v.tags)));
    out.extend(state.groups.values().map(|v| (v.id.as_str(), "security-group", &v.tags)));
    let rules = state.groups.values().flat_map(|group| group.rules.values());
    out.extend(rules.map(|v| (v.id.as_str(), "security-group-rule", &v.tags)));
    out.extend(state.endpoints.values().map(|v| (v.id.as_str(), "vpc-endpoint", &v.tags)));
    out.extend(state.services.values().map(|v| (v.id.as_str(), "vpc-endpoint-service", &v.tags)));
    out
}
