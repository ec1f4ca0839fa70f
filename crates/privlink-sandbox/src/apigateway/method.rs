//! Methods and method responses: put, get, patch, delete.
//!
//! PutMethod creates and never overwrites; a method response must exist before an integration response maps to it.
//! Authorizers and request validators are not part of this world, so whatever names one is refused as unknown. Read next:
//! `integration.rs`.

use super::definition::{Definition, Method, MethodResponse};
use super::fault::{bad_request, conflict, not_found, validation};
use super::input::{Input, Op, Patch, patches};
use super::resource;
use super::site::Site;
use crate::wire::{Fault, Reply};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const VERBS: [&str; 8] = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];

/// Says that a method does not exist.
pub(super) fn unknown() -> Fault {
    not_found("Invalid Method identifier specified")
}

/// Says that a method response or an integration response does not exist.
pub(super) fn unknown_status() -> Fault {
    not_found("Invalid Response status code specified")
}

/// Checks the verb of a method.
pub(super) fn check_verb(verb: &str) -> Result<(), Fault> {
    if VERBS.contains(&verb) {
        return Ok(());
    }
    Err(bad_request(format!("Invalid HttpMethod specified. Valid options are {}", VERBS.join(","))))
}

/// Checks a status code.
pub(super) fn check_status(status: &str) -> Result<(), Fault> {
    let bytes = status.as_bytes();
    let sound = bytes.len() == 3 && matches!(bytes.first(), Some(b'1'..=b'5')) && bytes.iter().all(u8::is_ascii_digit);
    if sound {
        return Ok(());
    }
    Err(validation(&[format!(
        "Value '{status}' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: \
         [1-5]\\d\\d"
    )]))
}

/// Finds a method; API Gateway blames the resource when the API does not exist.
pub(super) fn find<'s>(site: &'s Site, api: &str, id: &str, verb: &str) -> Result<&'s Method, Fault> {
    let api = site.api(api).map_err(|_| resource::unknown())?;
    let resource = api.definition.resources.get(id).ok_or_else(resource::unknown)?;
    resource.methods.get(verb).ok_or_else(unknown)
}

/// Puts a method in place of the one that [`find`] gave.
pub(super) fn replace(site: &mut Site, api: &str, id: &str, method: Method) -> Result<(), Fault> {
    let resource = site.api_mut(api)?.definition.resources.get_mut(id).ok_or_else(resource::unknown)?;
    resource.methods.insert(method.http_method.clone(), method);
    Ok(())
}

/// Answers PutMethod.
pub(super) fn put(site: &mut Site, api: &str, id: &str, verb: &str) -> Result<Reply, Fault> {
    let definition = &site.api(api).map_err(|_| resource::unknown())?.definition;
    let resource = definition.resources.get(id).ok_or_else(resource::unknown)?;
    check_verb(verb)?;
    if resource.methods.contains_key(verb) {
        return Err(conflict("Method already exists for this resource"));
    }
    let input = Input::of(site.call)?;
    let method = Method {
        http_method: verb.to_owned(),
        authorization_type: input.text("authorizationType")?.unwrap_or_default(),
        authorizer_id: input.text("authorizerId")?,
        api_key_required: input.flag("apiKeyRequired")?.unwrap_or_default(),
        request_validator_id: input.text("requestValidatorId")?,
        operation_name: input.text("operationName")?,
        request_parameters: input.flags("requestParameters")?,
        request_models: input.map("requestModels")?,
        authorization_scopes: input.texts("authorizationScopes")?,
        ..Method::default()
    };
    check(definition, &method)?;
    let answer = json!(method);
    replace(site, api, id, method)?;
    Ok(Reply::json(201, &answer))
}

/// Checks what a method must fulfil as a whole.
pub(super) fn check(definition: &Definition, method: &Method) -> Result<(), Fault> {
    match method.authorization_type.as_str() {
        "NONE" | "AWS_IAM" => {}
        "CUSTOM" | "COGNITO_USER_POOLS" => {
            return Err(bad_request(
                "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS \
                 requires a valid authorizer.",
            ));
        }
        _ => {
            return Err(bad_request(
                "Invalid Authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS",
            ));
        }
    }
    if method.request_validator_id.is_some() {
        return Err(bad_request("Invalid Request Validator identifier specified"));
    }
    let mut names = BTreeSet::new();
    for parameter in method.request_parameters.iter().flat_map(BTreeMap::keys) {
        let place = ["method.request.path.", "method.request.querystring.", "method.request.header."];
        let name = place.iter().find_map(|prefix| parameter.strip_prefix(prefix)).filter(|name| !name.is_empty());
        let Some(name) = name else {
            return Err(bad_request(format!("Invalid mapping expression specified: {parameter}")));
        };
        if !names.insert(name) {
            return Err(bad_request("Parameter names must be unique across querystring, header and path"));
        }
    }
    for model in method.request_models.iter().flat_map(BTreeMap::values) {
        check_model(definition, model)?;
    }
    Ok(())
}

fn check_model(definition: &Definition, model: &str) -> Result<(), Fault> {
    if definition.models.contains_key(model) {
        return Ok(());
    }
    Err(bad_request(format!("Invalid model identifier specified: {model}")))
}

/// Answers GetMethod.
pub(super) fn get(site: &Site, api: &str, id: &str, verb: &str) -> Result<Reply, Fault> {
    Ok(Reply::json(200, &json!(find(site, api, id, verb)?)))
}

/// Answers DeleteMethod.
pub(super) fn delete(site: &mut Site, api: &str, id: &str, verb: &str) -> Result<Reply, Fault> {
    find(site, api, id, verb)?;
    site.leave_dangling(api, id, verb);
    if let Some(resource) = site.api_mut(api)?.definition.resources.get_mut(id) {
        resource.methods.remove(verb);
    }
    Ok(Reply::empty(204))
}

/// Answers UpdateMethod.
pub(super) fn update(site: &mut Site, api: &str, id: &str, verb: &str) -> Result<Reply, Fault> {
    let mut method = find(site, api, id, verb)?.clone();
    for patch in patches(site.call, "updateMethodInput")? {
        apply(&mut method, &patch)?;
    }
    check(&site.api(api)?.definition, &method)?;
    let answer = json!(method);
    replace(site, api, id, method)?;
    Ok(Reply::json(200, &answer))
}

fn apply(method: &mut Method, patch: &Patch) -> Result<(), Fault> {
    let segments = patch.segments();
    match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["authorizationType"] => {
            patch.only_replace()?;
            method.authorization_type = patch.value().to_owned();
        }
        ["authorizerId"] => {
            patch.only_replace()?;
            // AWS passes over an authorizer that the authorization type has no use for.
            if matches!(method.authorization_type.as_str(), "CUSTOM" | "COGNITO_USER_POOLS") {
                method.authorizer_id = patch.content();
            }
        }
        ["apiKeyRequired"] => {
            patch.only_replace()?;
            method.api_key_required = patch.flag();
        }
        ["requestValidatorId"] => {
            patch.only_replace()?;
            method.request_validator_id = patch.content();
        }
        ["operationName"] => {
            patch.only_replace()?;
            method.operation_name = patch.content();
        }
        ["requestParameters", name] => flag_entry(&mut method.request_parameters, name, patch)?,
        ["requestModels", media] => text_entry(&mut method.request_models, media, patch)?,
        ["authorizationScopes"] => {
            let scopes = method.authorization_scopes.get_or_insert_default();
            match patch.op {
                Op::Add => scopes.push(patch.value().to_owned()),
                Op::Remove => scopes.retain(|scope| scope != patch.value()),
                Op::Replace | Op::Copy | Op::Other => {
                    return Err(bad_request("Invalid patch operation specified. Must be one of: [add, remove]"));
                }
            }
        }
        _ => return Err(patch.unknown_path()),
    }
    Ok(())
}

/// Adds, replaces or removes an entry of a map of booleans.
pub(super) fn flag_entry(map: &mut Option<BTreeMap<String, bool>>, name: &str, patch: &Patch) -> Result<(), Fault> {
    match patch.op {
        Op::Add | Op::Replace => {
            map.get_or_insert_default().insert(name.to_owned(), patch.flag());
        }
        Op::Remove => {
            map.as_mut()
                .and_then(|map| map.remove(name))
                .ok_or_else(|| not_found("Invalid parameter name specified"))?;
            forget_empty(map);
        }
        Op::Copy | Op::Other => return Err(patch.unknown_path()),
    }
    Ok(())
}

/// Adds, replaces or removes an entry of a map of texts: parameters by name, or models by content type.
pub(super) fn text_entry(map: &mut Option<BTreeMap<String, String>>, name: &str, patch: &Patch) -> Result<(), Fault> {
    match patch.op {
        Op::Add | Op::Replace => {
            map.get_or_insert_default().insert(name.to_owned(), patch.value().to_owned());
        }
        Op::Remove => {
            let parameter = patch.path.contains("Parameters/");
            let what =
                if parameter { "Invalid parameter name specified" } else { "Content-Type specified was not found" };
            let unknown = || not_found(what);
            map.as_mut().and_then(|map| map.remove(name)).ok_or_else(unknown)?;
            forget_empty(map);
        }
        Op::Copy | Op::Other => return Err(patch.unknown_path()),
    }
    Ok(())
}

fn forget_empty<V>(map: &mut Option<BTreeMap<String, V>>) {
    if map.as_ref().is_some_and(BTreeMap::is_empty) {
        *map = None;
    }
}

/// Answers PutMethodResponse.
pub(super) fn put_response(site: &mut Site, api: &str, id: &str, verb: &str, status: &str) -> Result<Reply, Fault> {
    check_status(status)?;
    let mut method = find(site, api, id, verb)?.clone();
    if method.method_responses.contains_key(status) {
        return Err(conflict("Response already exists for this resource"));
    }
    let input = Input::of(site.call)?;
    let response = MethodResponse {
        status_code: status.to_owned(),
        response_parameters: input.flags("responseParameters")?,
        response_models: input.map("responseModels")?,
    };
    check_response(&site.api(api)?.definition, &response)?;
    let answer = json!(response);
    method.method_responses.insert(status.to_owned(), response);
    replace(site, api, id, method)?;
    Ok(Reply::json(201, &answer))
}

/// Checks what a method response must fulfil as a whole.
pub(super) fn check_response(definition: &Definition, response: &MethodResponse) -> Result<(), Fault> {
    for name in response.response_parameters.iter().flat_map(BTreeMap::keys) {
        if name.strip_prefix("method.response.header.").is_none_or(str::is_empty) {
            return Err(bad_request(format!("Invalid mapping expression specified: {name}")));
        }
    }
    response.response_models.iter().flat_map(BTreeMap::values).try_for_each(|model| check_model(definition, model))
}

/// Answers GetMethodResponse.
pub(super) fn get_response(site: &Site, api: &str, id: &str, verb: &str, status: &str) -> Result<Reply, Fault> {
    check_status(status)?;
    let response = find(site, api, id, verb)?.method_responses.get(status).ok_or_else(unknown_status)?;
    Ok(Reply::json(200, &json!(response)))
}

/// Answers UpdateMethodResponse.
pub(super) fn update_response(site: &mut Site, api: &str, id: &str, verb: &str, status: &str) -> Result<Reply, Fault> {
    check_status(status)?;
    let mut method = find(site, api, id, verb)?.clone();
    let response = method.method_responses.get_mut(status).ok_or_else(unknown_status)?;
    for patch in patches(site.call, "updateMethodResponseInput")? {
        let segments = patch.segments();
        match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["responseParameters", name] => flag_entry(&mut response.response_parameters, name, &patch)?,
            ["responseModels", media] => text_entry(&mut response.response_models, media, &patch)?,
            _ => return Err(patch.unknown_path()),
        }
    }
    check_response(&site.api(api)?.definition, response)?;
    let answer = json!(response);
    replace(site, api, id, method)?;
    // The model gives 201 for this one update.
    Ok(Reply::json(201, &answer))
}

/// Answers DeleteMethodResponse.
pub(super) fn delete_response(site: &mut Site, api: &str, id: &str, verb: &str, status: &str) -> Result<Reply, Fault> {
    let mut method = find(site, api, id, verb)?.clone();
    method.method_responses.remove(status).ok_or_else(unknown_status)?;
    replace(site, api, id, method)?;
    Ok(Reply::empty(204))
}
