//! Gateway responses: what API Gateway answers itself, where no integration is reached.
//!
//! There is one of each type. It is AWS's own until it is customised, and what a customisation leaves out stays AWS's own;
//! customised `DEFAULT_4XX` and `DEFAULT_5XX` show in all of their hundred that are not, which still count as default. They
//! are a part of the definition: an import writes them, a deployment keeps them. AWS gives them all at once, without pages.

use super::definition::{Definition, GatewayResponse};
use super::fault::{bad_request, not_found, outside, validation};
use super::input::{Input, Op, Patch, patches};
use super::method::check_status;
use super::site::{Site, listing};
use crate::wire::{Fault, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The types with the status that AWS shows for each; the two of a whole hundred have none of their own.
const TYPES: [(&str, &str); 21] = [
    ("ACCESS_DENIED", "403"),
    ("API_CONFIGURATION_ERROR", "500"),
    ("AUTHORIZER_CONFIGURATION_ERROR", "500"),
    ("AUTHORIZER_FAILURE", "500"),
    ("BAD_REQUEST_BODY", "400"),
    ("BAD_REQUEST_PARAMETERS", "400"),
    ("DEFAULT_4XX", ""),
    ("DEFAULT_5XX", ""),
    ("EXPIRED_TOKEN", "403"),
    ("INTEGRATION_FAILURE", "504"),
    ("INTEGRATION_TIMEOUT", "504"),
    ("INVALID_API_KEY", "403"),
    ("INVALID_SIGNATURE", "403"),
    ("MISSING_AUTHENTICATION_TOKEN", "403"),
    ("QUOTA_EXCEEDED", "429"),
    ("REQUEST_TOO_LARGE", "413"),
    ("RESOURCE_NOT_FOUND", "404"),
    ("THROTTLED", "429"),
    ("UNAUTHORIZED", "401"),
    ("UNSUPPORTED_MEDIA_TYPE", "415"),
    ("WAF_FILTERED", "403"),
];

/// Gives the status of a type, or AWS's error for one that there is not.
fn status_of(kind: &str) -> Result<&'static str, Fault> {
    let known = TYPES.iter().find(|(name, _)| *name == kind);
    known.map(|(_, status)| *status).ok_or_else(|| {
        let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        validation(&[outside(kind, "responseType", &names.join(", "))])
    })
}

/// Checks a customised response as a whole.
pub(super) fn check(kind: &str, response: &GatewayResponse) -> Result<(), Fault> {
    status_of(kind)?;
    response.status_code.as_deref().map_or(Ok(()), check_status)?;
    let places = ["gatewayresponse.header.", "gatewayresponse.path.", "gatewayresponse.querystring."];
    let is_sound =
        |name: &&String| places.iter().any(|place| name.strip_prefix(place).is_some_and(|it| !it.is_empty()));
    match response.response_parameters.keys().find(|name| !is_sound(name)) {
        Some(name) => Err(bad_request(format!("Invalid mapping expression parameter specified: {name}"))),
        None => Ok(()),
    }
}

/// Gives a response as it is in force.
fn in_force(definition: &Definition, kind: &str, status: &str) -> GatewayResponse {
    let hundred = match status.get(..1) {
        Some("5") => "DEFAULT_5XX",
        Some(_) => "DEFAULT_4XX",
        None => kind,
    };
    let given = |kind| definition.gateway_responses.get(kind);
    let mut response = given(kind).or_else(|| given(hundred)).cloned().unwrap_or_default();
    if !status.is_empty() {
        response.status_code.get_or_insert_with(|| status.to_owned());
    }
    if response.response_templates.is_empty() {
        let own = r#"{"message":$context.error.messageString}"#;
        response.response_templates.insert("application/json".to_owned(), own.to_owned());
    }
    response
}

fn render(definition: &Definition, kind: &str, status: &str) -> Value {
    let mut out = json!(in_force(definition, kind, status));
    out["responseType"] = json!(kind);
    out["defaultResponse"] = json!(!definition.gateway_responses.contains_key(kind));
    out
}

/// Answers GetGatewayResponses.
pub(super) fn list(site: &Site, api: &str) -> Result<Reply, Fault> {
    let definition = &site.api(api)?.definition;
    Ok(listing(TYPES.iter().map(|(kind, status)| render(definition, kind, status)).collect(), None))
}

/// Answers GetGatewayResponse.
pub(super) fn get(site: &Site, api: &str, kind: &str) -> Result<Reply, Fault> {
    let status = status_of(kind)?;
    Ok(Reply::json(200, &render(&site.api(api)?.definition, kind, status)))
}

/// Answers PutGatewayResponse, which leaves nothing of what was customised before.
pub(super) fn put(site: &mut Site, api: &str, kind: &str) -> Result<Reply, Fault> {
    let input = Input::of(site.call)?;
    let response = GatewayResponse {
        status_code: input.text("statusCode")?,
        response_parameters: input.map("responseParameters")?.unwrap_or_default(),
        response_templates: input.map("responseTemplates")?.unwrap_or_default(),
    };
    write(site, api, kind, response, 201)
}

/// Answers UpdateGatewayResponse; one that was AWS's own is customised by it.
pub(super) fn update(site: &mut Site, api: &str, kind: &str) -> Result<Reply, Fault> {
    let status = status_of(kind)?;
    let mut response = in_force(&site.api(api)?.definition, kind, status);
    for patch in patches(site.call, "updateGatewayResponseInput")? {
        let segments = patch.segments();
        match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["statusCode"] if patch.op == Op::Replace => response.status_code = patch.content(),
            ["responseParameters", name] => entry(&mut response.response_parameters, name, &patch)?,
            ["responseTemplates", media] => entry(&mut response.response_templates, media, &patch)?,
            _ => return Err(patch.unknown_path()),
        }
    }
    write(site, api, kind, response, 200)
}

fn write(site: &mut Site, api: &str, kind: &str, response: GatewayResponse, code: u16) -> Result<Reply, Fault> {
    let status = status_of(kind)?;
    let definition = &mut site.api_mut(api)?.definition;
    check(kind, &response)?;
    definition.gateway_responses.insert(kind.to_owned(), response);
    Ok(Reply::json(code, &render(definition, kind, status)))
}

fn entry(map: &mut BTreeMap<String, String>, name: &str, patch: &Patch) -> Result<(), Fault> {
    let unknown = || not_found("Invalid parameter name specified");
    match patch.op {
        Op::Add | Op::Replace => {
            if patch.op == Op::Replace && !map.contains_key(name) {
                return Err(unknown());
            }
            let member = patch.path.split('/').nth(1).unwrap_or_default();
            let value =
                patch.content().ok_or_else(|| bad_request(format!("Invalid null or empty value in {member}")))?;
            map.insert(name.to_owned(), value);
            Ok(())
        }
        Op::Remove => map.remove(name).map(|_| ()).ok_or_else(unknown),
        Op::Copy | Op::Other => Err(patch.unknown_path()),
    }
}

/// Answers DeleteGatewayResponse, which makes it AWS's own again.
pub(super) fn delete(site: &mut Site, api: &str, kind: &str) -> Result<Reply, Fault> {
    status_of(kind)?;
    let removed = site.api_mut(api)?.definition.gateway_responses.remove(kind);
    removed.ok_or_else(|| not_found("Gateway response type not defined on api"))?;
    Ok(Reply::empty(202))
}
