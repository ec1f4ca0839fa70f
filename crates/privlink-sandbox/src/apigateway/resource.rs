//! Resources: the path tree of an API and the rules by which it grows.
//!
//! A parent has one child of each name, one variable child, and none below a greedy one. The rules stand in [`add`], which
//! an import uses as well. Knows nothing of what a method does. Read next: `method.rs`.

use super::definition::{Definition, MAX_RESOURCES, Resource};
use super::fault::{bad_request, conflict, limit, not_found};
use super::input::{Input, Op, page, patches};
use super::site::{Site, listing};
use crate::wire::{Call, Fault, Reply};
use serde_json::{Map, Value, json};

/// Says that a resource does not exist, or that its API does not.
pub(super) fn unknown() -> Fault {
    not_found("Invalid Resource identifier specified")
}

/// Writes a resource; its methods in full only when the request asked to embed them.
fn render(definition: &Definition, resource: &Resource, embed: bool) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), json!(resource.id));
    if let Some(parent) = &resource.parent {
        out.insert("parentId".into(), json!(parent));
        out.insert("pathPart".into(), json!(resource.path_part));
    }
    out.insert("path".into(), json!(definition.path(&resource.id)));
    if !resource.methods.is_empty() {
        let methods: Map<String, Value> = resource
            .methods
            .iter()
            .map(|(verb, method)| (verb.clone(), if embed { json!(method) } else { json!({}) }))
            .collect();
        out.insert("resourceMethods".into(), Value::Object(methods));
    }
    Value::Object(out)
}

fn embeds_methods(call: &Call) -> bool {
    call.query.iter().any(|(name, value)| name == "embed" && value.split(',').any(|part| part == "methods"))
}

/// Answers GetResources.
pub(super) fn list(site: &Site, api: &str) -> Result<Reply, Fault> {
    let definition = &site.api(api)?.definition;
    let embed = embeds_methods(site.call);
    let all = definition.resources.iter().map(|(id, resource)| (id.clone(), resource)).collect();
    let (items, position) = page(site.call, all)?;
    let items = items.into_iter().map(|resource| render(definition, resource, embed)).collect();
    Ok(listing(items, position))
}

/// Answers GetResource.
pub(super) fn get(site: &Site, api: &str, id: &str) -> Result<Reply, Fault> {
    let definition = &site.api(api)?.definition;
    let resource = definition.resources.get(id).ok_or_else(unknown)?;
    Ok(Reply::json(200, &render(definition, resource, embeds_methods(site.call))))
}

/// Answers CreateResource.
pub(super) fn create(site: &mut Site, api: &str, parent: &str) -> Result<Reply, Fault> {
    let part = Input::of(site.call)?.text("pathPart")?.unwrap_or_default();
    site.api(api)?;
    let id = site.world.ids.alnum(6);
    let definition = &mut site.api_mut(api)?.definition;
    add(definition, parent, &part, id.clone())?;
    let resource = definition.resources.get(&id).ok_or_else(unknown)?;
    Ok(Reply::json(201, &render(definition, resource, false)))
}

/// Adds a resource under a parent, by all the rules of the tree.
pub(super) fn add(definition: &mut Definition, parent: &str, part: &str, id: String) -> Result<(), Fault> {
    if definition.resources.len() >= MAX_RESOURCES {
        return Err(limit("Maximum number of resources for this API has been reached"));
    }
    check_place(definition, parent, part, None)?;
    let resource =
        Resource { id: id.clone(), parent: Some(parent.to_owned()), path_part: part.to_owned(), ..Resource::default() };
    definition.resources.insert(id, resource);
    Ok(())
}

fn is_variable(part: &str) -> bool {
    part.starts_with('{') && part.ends_with('}')
}

fn is_greedy(part: &str) -> bool {
    is_variable(part) && part.ends_with("+}")
}

fn check_part(part: &str) -> Result<(), Fault> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ',' | ':');
    let sound = match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(variable) => {
            let name = variable.strip_suffix('+').unwrap_or(variable);
            !name.is_empty() && name.chars().all(legal)
        }
        None => !part.is_empty() && part.chars().all(legal),
    };
    if sound {
        return Ok(());
    }
    Err(bad_request(
        "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning \
         and the end.",
    ))
}

/// Checks that a resource of this name may stand under this parent; `moving` is left out of the siblings.
fn check_place(definition: &Definition, parent: &str, part: &str, moving: Option<&str>) -> Result<(), Fault> {
    let above = definition.resources.get(parent).ok_or_else(unknown)?;
    check_part(part)?;
    if is_greedy(&above.path_part) {
        let greedy = &above.path_part;
        return Err(bad_request(format!("Cannot create a child of a resource with a greedy path variable: {greedy}")));
    }
    for sibling in definition.children(parent).filter(|sibling| Some(sibling.id.as_str()) != moving) {
        if sibling.path_part == part {
            return Err(conflict(format!("Another resource with the same parent already has this name: {part}")));
        }
        if is_variable(part) && is_variable(&sibling.path_part) {
            return Err(bad_request(format!(
                "A sibling ({}) of this resource already has a variable path part -- only one is allowed",
                sibling.path_part
            )));
        }
    }
    Ok(())
}

/// Answers UpdateResource.
pub(super) fn update(site: &mut Site, api: &str, id: &str) -> Result<Reply, Fault> {
    let patches = patches(site.call, "updateResourceInput")?;
    let mut definition = site.api(api)?.definition.clone();
    for patch in &patches {
        let known = matches!(patch.path.as_str(), "/pathPart" | "/parentId");
        let verb = match patch.op {
            Op::Replace if known => "",
            Op::Replace => {
                let path = &patch.path;
                let text = format!(
                    "Invalid patch path  '{path}' specified for op 'replace'. Must be one of: [/parentId, /pathPart]"
                );
                return Err(bad_request(text));
            }
            Op::Add => "add",
            Op::Remove => "remove",
            Op::Copy => "copy",
            Op::Other => "move",
        };
        if !verb.is_empty() {
            let path = &patch.path;
            return Err(bad_request(format!(
                "Invalid patch path  '{path}' specified for op '{verb}'. Please choose supported operations"
            )));
        }
        let resource = definition.resources.get(id).ok_or_else(unknown)?;
        let Some(parent) = resource.parent.clone() else {
            let member = patch.path.trim_start_matches('/');
            return Err(bad_request(format!("Root resource cannot update its {member}.")));
        };
        let (parent, part) = if patch.path == "/parentId" {
            (patch.value().to_owned(), resource.path_part.clone())
        } else {
            (parent, patch.value().to_owned())
        };
        if definition.subtree(id).contains(&parent) {
            return Err(bad_request("Resources cannot be cyclical."));
        }
        if is_greedy(&part) && definition.children(id).next().is_some() {
            return Err(bad_request(format!(
                "Cannot create a child of a resource with a greedy path variable: {part}"
            )));
        }
        check_place(&definition, &parent, &part, Some(id))?;
        if let Some(resource) = definition.resources.get_mut(id) {
            resource.parent = Some(parent);
            resource.path_part = part;
        }
    }
    let resource = definition.resources.get(id).ok_or_else(unknown)?;
    let answer = render(&definition, resource, false);
    site.api_mut(api)?.definition = definition;
    Ok(Reply::json(200, &answer))
}

/// Answers DeleteResource; all below it goes too.
pub(super) fn delete(site: &mut Site, api: &str, id: &str) -> Result<Reply, Fault> {
    let definition = &site.api(api)?.definition;
    let resource = definition.resources.get(id).ok_or_else(unknown)?;
    if resource.parent.is_none() {
        return Err(bad_request("Root resource cannot be deleted"));
    }
    let doomed = definition.subtree(id);
    let methods: Vec<(String, String)> = definition
        .methods()
        .filter(|(resource, _)| doomed.iter().any(|id| id == resource))
        .map(|(resource, method)| (resource.to_owned(), method.http_method.clone()))
        .collect();
    for (resource, verb) in &methods {
        site.leave_dangling(api, resource, verb);
    }
    let definition = &mut site.api_mut(api)?.definition;
    definition.resources.retain(|id, _| !doomed.contains(id));
    Ok(Reply::empty(202))
}
