//! Import: ImportRestApi and PutRestApi, which write a whole definition from an OpenAPI document.
//!
//! `overwrite` takes away what the document omits, literal properties and policy included; `merge` adds. Neither touches
//! the endpoint type, stages or the root's id. **Invariant:** a document that is refused leaves the old definition as it
//! was. Resources that an overwrite writes again get new ids. Read next: `openapi.rs`.

use super::definition::{Definition, Method, Resource};
use super::fault::bad_request;
use super::openapi::{self, Draft};
use super::rest_api::{self, Tags};
use super::site::Site;
use super::state::RestApi;
use super::{gateway_response, integration, method, model, policy, resource};
use crate::wire::{Call, Fault, Reply};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Merge,
    Overwrite,
}

/// Answers ImportRestApi.
pub(super) fn import(site: &mut Site) -> Result<Reply, Fault> {
    let draft = openapi::read(&site.call.body)?;
    let mut api = rest_api::found(site, draft.name.clone())?;
    let kind = site.call.query_value("endpointConfigurationTypes").unwrap_or("EDGE");
    if !matches!(kind, "EDGE" | "REGIONAL" | "PRIVATE") {
        return Err(bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"));
    }
    api.definition.endpoint.types = vec![kind.to_owned()];
    if kind == "PRIVATE" {
        api.definition.endpoint.ip_address_type = "dualstack".to_owned();
    }
    let id = api.id.clone();
    api.definition = write(site, &api, &draft, Mode::Overwrite)?;
    let answer = rest_api::render(&api, Tags::WhenAny, &draft.warnings);
    site.state_mut().apis.insert(id, api);
    Ok(Reply::json(201, &answer))
}

/// Answers PutRestApi.
pub(super) fn put(site: &mut Site, id: &str) -> Result<Reply, Fault> {
    let mode = match site.call.query_value("mode") {
        None | Some("merge") => Mode::Merge,
        Some("overwrite") => Mode::Overwrite,
        Some(_) => return Err(bad_request("Invalid mode specified. Valid options are merge,overwrite")),
    };
    let api = site.api(id)?.clone();
    let draft = openapi::read(&site.call.body)?;
    let definition = write(site, &api, &draft, mode)?;
    let api = site.api_mut(id)?;
    api.definition = definition;
    Ok(Reply::json(200, &rest_api::render(api, Tags::Always, &draft.warnings)))
}

fn fails_on_warnings(call: &Call) -> bool {
    call.query_value("failonwarnings").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Gives the definition that the draft makes of an API's.
fn write(site: &mut Site, api: &RestApi, draft: &Draft, mode: Mode) -> Result<Definition, Fault> {
    if fails_on_warnings(site.call) && !draft.warnings.is_empty() {
        return Err(bad_request(format!("Warnings found during import:\n\t{}", draft.warnings.join("\n\t"))));
    }
    let mut definition = match mode {
        Mode::Merge => api.definition.clone(),
        Mode::Overwrite => emptied(&api.definition),
    };
    properties(site, &api.id, &mut definition, draft)?;
    let mut problems = Vec::new();
    for (path, methods) in &draft.paths {
        let path = placed(path, &draft.base_path, site.call.query_value("basepath").unwrap_or("ignore"))?;
        match reach(site, &mut definition, &path) {
            Ok(resource) => {
                for method in methods {
                    let problem = add_method(site, &mut definition, &resource, method);
                    problems.extend(problem.err().map(|(what, fault)| {
                        let verb = &method.http_method;
                        format!("Unable to put {what} on '{verb}' for resource at path '{path}': {}", fault.message)
                    }));
                }
            }
            // A quota keeps its own code, all else is a problem of the document.
            Err(fault) if fault.code == "LimitExceededException" => return Err(fault),
            Err(fault) => problems.push(format!("Unable to create resource at path '{path}': {}", fault.message)),
        }
    }
    if !problems.is_empty() {
        return Err(bad_request(format!("Errors found during import:\n\t{}", problems.join("\n\t"))));
    }
    rest_api::check_endpoint(site, &definition)?;
    Ok(definition)
}

/// Gives what no document can take away: the root's id and where the API can be reached.
fn emptied(old: &Definition) -> Definition {
    let root = old.root.clone();
    let mut endpoint = old.endpoint.clone();
    endpoint.vpc_endpoint_ids.clear();
    let mut definition = Definition {
        name: old.name.clone(),
        api_key_source: "HEADER".to_owned(),
        endpoint,
        security_policy: old.security_policy.clone(),
        endpoint_access_mode: old.endpoint_access_mode.clone(),
        models: model::defaults(),
        root: root.clone(),
        ..Definition::default()
    };
    definition.resources.insert(root.clone(), Resource { id: root, ..Resource::default() });
    definition
}

fn properties(site: &Site, id: &str, definition: &mut Definition, draft: &Draft) -> Result<(), Fault> {
    definition.name.clone_from(&draft.name);
    if draft.version.is_some() {
        definition.version.clone_from(&draft.version);
    }
    if draft.description.is_some() {
        definition.description.clone_from(&draft.description);
    }
    if let Some(text) = &draft.policy {
        definition.policy = Some(policy::accept(site, id, text)?);
    }
    if let Some(ids) = &draft.vpc_endpoint_ids {
        extend(&mut definition.endpoint.vpc_endpoint_ids, ids);
    }
    if let Some(types) = &draft.binary_media_types {
        extend(&mut definition.binary_media_types, types);
    }
    if let Some(disabled) = draft.disable_execute_api_endpoint {
        definition.disable_execute_api_endpoint = disabled;
    }
    if let Some(size) = draft.minimum_compression_size {
        definition.minimum_compression_size = Some(rest_api::compression(size)?);
    }
    if let Some(source) = &draft.api_key_source {
        definition.api_key_source = rest_api::key_source(source)?;
    }
    if draft.security_policy.is_some() {
        definition.security_policy.clone_from(&draft.security_policy);
    }
    if draft.endpoint_access_mode.is_some() {
        definition.endpoint_access_mode.clone_from(&draft.endpoint_access_mode);
    }
    definition.models.extend(draft.models.clone());
    for (kind, response) in &draft.gateway_responses {
        gateway_response::check(kind, response).map_err(|fault| bad_request(fault.message))?;
        definition.gateway_responses.insert(kind.clone(), response.clone());
    }
    Ok(())
}

fn extend(list: &mut Vec<String>, more: &[String]) {
    for item in more {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

/// Gives a path as the `basepath` parameter places it.
fn placed(path: &str, base: &str, parameter: &str) -> Result<String, Fault> {
    let prefix = match parameter {
        "ignore" => "",
        "prepend" => base,
        // The first part stands for the stage.
        "split" => base.split_once('/').map_or("", |(_, rest)| rest),
        _ => return Err(bad_request("Invalid basepath specified. Valid options are ignore,prepend,split")),
    };
    let whole = format!("/{prefix}/{path}");
    let parts: Vec<&str> = whole.split('/').filter(|part| !part.is_empty()).collect();
    Ok(format!("/{}", parts.join("/")))
}

/// Finds the resource at a path, making what is missing on the way.
fn reach(site: &mut Site, definition: &mut Definition, path: &str) -> Result<String, Fault> {
    let mut at = definition.root.clone();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let known = definition.children(&at).find(|child| child.path_part == part).map(|child| child.id.clone());
        at = match known {
            Some(id) => id,
            None => {
                let id = site.world.ids.alnum(6);
                resource::add(definition, &at, part, id.clone())?;
                id
            }
        };
    }
    Ok(at)
}

fn add_method(
    site: &Site,
    definition: &mut Definition,
    resource: &str,
    method: &Method,
) -> Result<(), (&'static str, Fault)> {
    let mut method = method.clone();
    method::check(definition, &method).map_err(|fault| ("method", fault))?;
    for response in method.method_responses.values() {
        method::check_response(definition, response).map_err(|fault| ("method response", fault))?;
    }
    if let Some(integration) = &mut method.method_integration
        && integration.cache_namespace.is_empty()
    {
        resource.clone_into(&mut integration.cache_namespace);
    }
    if let Some(integration) = &method.method_integration {
        integration::check(site, &method, integration).map_err(|fault| ("integration", fault))?;
        for response in integration.integration_responses.values() {
            integration::check_response(&method, response).map_err(|fault| ("integration response", fault))?;
        }
    }
    if let Some(found) = definition.resources.get_mut(resource) {
        found.methods.insert(method.http_method.clone(), method);
    }
    Ok(())
}
