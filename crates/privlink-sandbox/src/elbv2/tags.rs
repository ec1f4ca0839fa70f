//! Tags of load balancers, target groups and listeners, which are asked for by ARN, twenty at most in one call.

use super::request::{Request, refuse, validation};
use super::state::State;
use super::{find, render};
use crate::wire::{Fault, Params, Reply};
use std::collections::BTreeMap;

const MAX_TAGS: usize = 50;
const MAX_ARNS: usize = 20;

type Tags = BTreeMap<String, String>;

/// Reads the tags of a request.
pub(super) fn read(params: &Params) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for tag in params.structs("Tags.member") {
        let (key, value) = (tag.get("Key").unwrap_or_default(), tag.get("Value").unwrap_or_default());
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(validation("A tag key has 1 to 128 characters and a tag value at most 256"));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(validation("Tag keys cannot begin with 'aws:', which is reserved"));
        }
        let legal = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        if !key.chars().all(legal) || !value.chars().all(legal) {
            return Err(validation("Tag keys and values may hold letters, digits, spaces and _ . : / = + - @ only"));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(refuse("DuplicateTagKeys", format!("The tag key '{key}' is given more than once")));
        }
    }
    check_count(&tags)?;
    Ok(tags)
}

fn check_count(tags: &Tags) -> Result<(), Fault> {
    if tags.len() <= MAX_TAGS {
        return Ok(());
    }
    Err(refuse("TooManyTags", format!("A resource can have {MAX_TAGS} tags at most")))
}

/// Gives the tags of whatever has this ARN.
pub(crate) fn tags_of<'s>(state: &'s State, arn: &str) -> Option<&'s Tags> {
    None.or(state.load_balancers.get(arn).map(|found| &found.tags))
        .or(state.target_groups.get(arn).map(|found| &found.tags))
        .or(state.listeners.get(arn).map(|found| &found.tags))
}

fn of<'r>(request: &'r Request, arn: &str) -> Result<&'r Tags, Fault> {
    let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match path.split('/').next() {
        Some("loadbalancer") => Ok(&find::load_balancer(request, arn)?.tags),
        Some("targetgroup") => Ok(&find::target_group(request, arn)?.tags),
        Some("listener") => Ok(&find::listener(request, arn)?.tags),
        _ => Err(validation(format!("'{arn}' is not a valid ARN of a load balancer, target group or listener"))),
    }
}

fn replace(request: &mut Request, arn: &str, tags: Tags) {
    let state = request.state_mut();
    if let Some(lb) = state.load_balancers.get_mut(arn) {
        lb.tags = tags;
    } else if let Some(group) = state.target_groups.get_mut(arn) {
        group.tags = tags;
    } else if let Some(listener) = state.listeners.get_mut(arn) {
        listener.tags = tags;
    }
}

fn arns(request: &Request) -> Result<Vec<String>, Fault> {
    let arns = request.params.members("ResourceArns");
    if arns.is_empty() {
        return Err(validation("At least one resource ARN must be specified"));
    }
    if arns.len() > MAX_ARNS {
        return Err(validation(format!("Up to {MAX_ARNS} resource ARNs can be specified in one call")));
    }
    Ok(arns)
}

/// Answers AddTags; all resources or none.
pub(super) fn add(request: &mut Request) -> Result<Reply, Fault> {
    let new = read(&request.params)?;
    let mut changed = Vec::new();
    for arn in arns(request)? {
        let mut tags = of(request, &arn)?.clone();
        tags.extend(new.clone());
        check_count(&tags)?;
        changed.push((arn, tags));
    }
    for (arn, tags) in changed {
        replace(request, &arn, tags);
    }
    Ok(request.answer(|_| {}))
}

/// Answers RemoveTags.
pub(super) fn remove(request: &mut Request) -> Result<Reply, Fault> {
    let keys = request.params.members("TagKeys");
    let mut changed = Vec::new();
    for arn in arns(request)? {
        let mut tags = of(request, &arn)?.clone();
        tags.retain(|key, _| !keys.contains(key));
        changed.push((arn, tags));
    }
    for (arn, tags) in changed {
        replace(request, &arn, tags);
    }
    Ok(request.answer(|_| {}))
}

/// Answers DescribeTags.
pub(super) fn describe(request: &mut Request) -> Result<Reply, Fault> {
    let found = arns(request)?
        .into_iter()
        .map(|arn| Ok((of(request, &arn)?.clone(), arn)))
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(request.answer(|x| {
        x.members("TagDescriptions", &found, |x, (tags, arn)| {
            x.text("ResourceArn", arn);
            render::tags(x, tags);
        });
    }))
}
