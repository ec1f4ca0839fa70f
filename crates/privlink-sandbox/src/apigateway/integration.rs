//! Integrations and integration responses: put, get, patch, delete.
//!
//! PutIntegration overwrites, responses included. Owns the defaults and the checks of an integration; an import goes
//! through the same [`check`]. Whether a VPC link may be deleted is `vpc_link.rs`'s to say.

use super::definition::{Integration, IntegrationResponse, Method, TlsConfig};
use super::fault::{bad_request, not_found, outside, validation};
use super::input::{Input, Op, Patch, patches};
use super::method::{self, check_status, find, replace, unknown_status};
use super::site::Site;
use crate::wire::{Fault, Reply};
use serde_json::json;
use std::collections::BTreeMap;

const DEFAULT_TIMEOUT: u32 = 29_000;

fn unknown() -> Fault {
    not_found("Invalid Integration identifier specified")
}

/// Gives an integration with AWS's defaults.
pub(super) fn with_defaults(kind: &str, resource: &str) -> Integration {
    let over_http = matches!(kind, "HTTP" | "HTTP_PROXY");
    Integration {
        kind: kind.to_owned(),
        connection_type: over_http.then(|| "INTERNET".to_owned()),
        passthrough_behavior: "WHEN_NO_MATCH".to_owned(),
        timeout_in_millis: DEFAULT_TIMEOUT,
        cache_namespace: resource.to_owned(),
        ..Integration::default()
    }
}

/// Answers PutIntegration.
pub(super) fn put(site: &mut Site, api: &str, id: &str, verb: &str) -> Result<Reply, Fault> {
    let mut method = find(site, api, id, verb)?.clone();
    let input = Input::of(site.call)?;
    let integration = read(&input, id)?;
    check(site, &method, &integration)?;
    let answer = json!(integration);
    method.method_integration = Some(integration);
    replace(site, api, id, method)?;
    Ok(Reply::json(201, &answer))
}

fn read(input: &Input, resource: &str) -> Result<Integration, Fault> {
    let kind = input.text("type")?.unwrap_or_default();
    if !matches!(kind.as_str(), "HTTP" | "MOCK" | "AWS_PROXY" | "HTTP_PROXY" | "AWS") {
        let set = "HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS";
        return Err(validation(&[outside(&kind, "putIntegrationInput.type", set)]));
    }
    let mut integration = with_defaults(&kind, resource);
    integration.http_method = input.text("httpMethod")?;
    integration.uri = input.text("uri")?;
    if let Some(connection) = input.text("connectionType")? {
        if !matches!(connection.as_str(), "INTERNET" | "VPC_LINK") {
            return Err(validation(&[outside(
                &connection,
                "putIntegrationInput.connectionType",
                "INTERNET, VPC_LINK",
            )]));
        }
        integration.connection_type = Some(connection);
    }
    integration.connection_id = input.text("connectionId")?;
    integration.credentials = input.text("credentials")?;
    integration.request_parameters = input.map("requestParameters")?;
    integration.request_templates = input.templates("requestTemplates")?;
    integration.content_handling = input.text("contentHandling")?;
    integration.cache_key_parameters = input.texts("cacheKeyParameters")?.unwrap_or_default();
    integration.response_transfer_mode = input.text("responseTransferMode")?;
    integration.integration_target = input.text("integrationTarget")?;
    if let Some(behavior) = input.text("passthroughBehavior")? {
        integration.passthrough_behavior = behavior;
    }
    if let Some(namespace) = input.text("cacheNamespace")? {
        integration.cache_namespace = namespace;
    }
    if let Some(millis) = input.number("timeoutInMillis")? {
        integration.timeout_in_millis = timeout(millis)?;
    }
    if let Some(tls) = input.nested("tlsConfig")? {
        let insecure_skip_verification = tls.flag("insecureSkipVerification")?.unwrap_or_default();
        integration.tls_config = Some(TlsConfig { insecure_skip_verification });
    }
    Ok(integration)
}

/// Checks an integration's time limit; longer ones need a quota that a fresh account does not have.
pub(super) fn timeout(millis: i64) -> Result<u32, Fault> {
    u32::try_from(millis)
        .ok()
        .filter(|millis| (50..=DEFAULT_TIMEOUT).contains(millis))
        .ok_or_else(|| bad_request("Timeout should be between 50 ms and 29000 ms"))
}

/// Checks what an integration must fulfil as a whole, for the method that it stands behind.
pub(super) fn check(site: &Site, method: &Method, integration: &Integration) -> Result<(), Fault> {
    let mock = integration.kind == "MOCK";
    let verb = integration.http_method.as_deref().unwrap_or_default();
    if !mock {
        if verb.is_empty() {
            return Err(bad_request("Enumeration value for HttpMethod must be non-empty"));
        }
        method::check_verb(verb)?;
        check_uri(integration)?;
    }
    if !matches!(integration.passthrough_behavior.as_str(), "WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES" | "NEVER") {
        return Err(bad_request(
            "Invalid passthrough behavior specified. Valid options are WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER",
        ));
    }
    let handling = integration.content_handling.as_deref().unwrap_or("CONVERT_TO_TEXT");
    if !matches!(handling, "CONVERT_TO_BINARY" | "CONVERT_TO_TEXT") {
        return Err(bad_request("Invalid content handling specified"));
    }
    check_connection(site, integration)?;
    check_mappings(method, integration)
}

fn check_uri(integration: &Integration) -> Result<(), Fault> {
    let uri = integration.uri.as_deref().unwrap_or_default();
    let sound = match integration.kind.as_str() {
        "AWS" | "AWS_PROXY" => uri.starts_with("arn:") && uri.contains(":apigateway:"),
        _ => {
            let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"));
            let host = rest.and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
            let (name, port) = host.rsplit_once(':').filter(|_| !host.ends_with('}')).unwrap_or((host, "80"));
            let port_sound = port.contains("${") || port.parse::<u16>().is_ok_and(|port| port > 0);
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '$' | '{' | '}' | ':');
            !name.is_empty() && name.chars().all(legal) && port_sound && !uri.contains(char::is_whitespace)
        }
    };
    if sound {
        return Ok(());
    }
    let place = if integration.kind.starts_with("AWS") { "AWS ARN" } else { "HTTP endpoint" };
    Err(bad_request(format!("Invalid {place} specified for URI")))
}

fn check_connection(site: &Site, integration: &Integration) -> Result<(), Fault> {
    if integration.connection_type.as_deref() != Some("VPC_LINK") {
        if integration.integration_target.is_some() {
            return Err(bad_request("IntegrationTarget is only supported for VPC_LINK connections"));
        }
        return Ok(());
    }
    if !matches!(integration.kind.as_str(), "HTTP" | "HTTP_PROXY") {
        return Err(bad_request("VPC_LINK connection type is only supported for HTTP and HTTP_PROXY integrations"));
    }
    if integration.connection_id.as_deref().is_none_or(str::is_empty) {
        return Err(bad_request("ConnectionId is required for VPC_LINK connections"));
    }
    let Some(id) = integration.literal_link() else { return Ok(()) };
    let Some(link) = site.state().links.get(id) else {
        return Err(bad_request("Invalid Vpc Link identifier specified"));
    };
    if integration.integration_target.is_some() {
        return Err(bad_request("IntegrationTarget is only supported for VpcLinkV2"));
    }
    if link.is_deleting() {
        return Err(bad_request(format!("Vpc link '{id}' is being deleted")));
    }
    Ok(())
}

/// Checks that what the integration maps from the request is something that the method declares.
fn check_mappings(method: &Method, integration: &Integration) -> Result<(), Fault> {
    let wrong = |text: &str| {
        bad_request(format!(
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping \
             expression specified: {text}]"
        ))
    };
    let declared = |name: &str| method.request_parameters.as_ref().is_some_and(|known| known.contains_key(name));
    for (target, source) in integration.request_parameters.iter().flatten() {
        let places = ["path.", "querystring.", "header."];
        let place = target.strip_prefix("integration.request.").unwrap_or_default();
        if !places.iter().any(|prefix| place.strip_prefix(prefix).is_some_and(|name| !name.is_empty())) {
            return Err(wrong(target));
        }
        let literal = source.len() >= 2 && source.starts_with('\'') && source.ends_with('\'');
        let given = source.starts_with("context.") || source.starts_with("stageVariables.");
        let body = source.starts_with("method.request.body") || source.starts_with("method.request.multivalue");
        if !literal && !given && !body && !declared(source) {
            return Err(wrong(source));
        }
    }
    for name in &integration.cache_key_parameters {
        if !declared(name) && !name.starts_with("integration.request.") {
            return Err(wrong(name));
        }
    }
    Ok(())
}

/// Answers GetIntegration.
pub(super) fn get(site: &Site, api: &str, id: &str, verb: &str) -> Result<Reply, Fault> {
    let integration = find(site, api, id, verb)?.method_integration.as_ref().ok_or_else(unknown)?;
    Ok(Reply::json(200, &json!(integration)))
}

/// Answers DeleteIntegration.
pub(super) fn delete(site: &mut Site, api: &str, id: &str, verb: &str) -> Result<Reply, Fault> {
    let mut method = find(site, api, id, verb)?.clone();
    method.method_integration.take().ok_or_else(unknown)?;
    replace(site, api, id, method)?;
    Ok(Reply::empty(204))
}

/// Answers UpdateIntegration.
pub(super) fn update(site: &mut Site, api: &str, id: &str, verb: &str) -> Result<Reply, Fault> {
    let mut method = find(site, api, id, verb)?.clone();
    let mut integration = method.method_integration.take().ok_or_else(unknown)?;
    for patch in patches(site.call, "updateIntegrationInput")? {
        apply(&mut integration, &patch)?;
    }
    check(site, &method, &integration)?;
    let answer = json!(integration);
    method.method_integration = Some(integration);
    replace(site, api, id, method)?;
    Ok(Reply::json(200, &answer))
}

fn apply(integration: &mut Integration, patch: &Patch) -> Result<(), Fault> {
    let segments = patch.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["requestParameters", name] => return method::text_entry(&mut integration.request_parameters, name, patch),
        ["requestTemplates", media] => return template(&mut integration.request_templates, media, patch),
        ["cacheKeyParameters", name] => match patch.op {
            Op::Add => integration.cache_key_parameters.push((*name).to_owned()),
            Op::Remove => integration.cache_key_parameters.retain(|known| known != name),
            Op::Replace | Op::Copy | Op::Other => return Err(patch.unknown_path()),
        },
        [single] => {
            patch.only_replace()?;
            match *single {
                "uri" => integration.uri = patch.content(),
                "connectionId" => integration.connection_id = patch.content(),
                "connectionType" if matches!(patch.value(), "INTERNET" | "VPC_LINK") => {
                    integration.connection_type = patch.content();
                    if patch.value() == "INTERNET" {
                        integration.connection_id = None;
                    }
                }
                "connectionType" => {
                    return Err(bad_request("Invalid ConnectionType specified. Valid options are INTERNET,VPC_LINK"));
                }
                "httpMethod" => integration.http_method = patch.content(),
                "credentials" => integration.credentials = patch.content(),
                "integrationTarget" => integration.integration_target = patch.content(),
                "passthroughBehavior" => integration.passthrough_behavior = patch.value().to_owned(),
                "timeoutInMillis" => integration.timeout_in_millis = timeout(patch.value().parse().unwrap_or(0))?,
                "cacheNamespace" => integration.cache_namespace = patch.value().to_owned(),
                "contentHandling" => integration.content_handling = patch.content(),
                "responseTransferMode" => integration.response_transfer_mode = patch.content(),
                _ => return Err(patch.unknown_path()),
            }
        }
        ["tlsConfig", "insecureSkipVerification"] => {
            patch.only_replace()?;
            integration.tls_config = Some(TlsConfig { insecure_skip_verification: patch.flag() });
        }
        _ => return Err(patch.unknown_path()),
    }
    Ok(())
}

fn template(map: &mut Option<BTreeMap<String, Option<String>>>, media: &str, patch: &Patch) -> Result<(), Fault> {
    match patch.op {
        Op::Add | Op::Replace => {
            map.get_or_insert_default().insert(media.to_owned(), patch.content());
        }
        Op::Remove => {
            let unknown = || not_found("Content-Type specified was not found");
            map.as_mut().and_then(|map| map.remove(media)).ok_or_else(unknown)?;
            if map.as_ref().is_some_and(BTreeMap::is_empty) {
                *map = None;
            }
        }
        Op::Copy | Op::Other => return Err(patch.unknown_path()),
    }
    Ok(())
}

/// Answers PutIntegrationResponse, which overwrites.
pub(super) fn put_response(site: &mut Site, api: &str, id: &str, verb: &str, status: &str) -> Result<Reply, Fault> {
    check_status(status)?;
    let mut method = find(site, api, id, verb)?.clone();
    let input = Input::of(site.call)?;
    let response = IntegrationResponse {
        status_code: status.to_owned(),
        selection_pattern: input.text("selectionPattern")?,
        response_parameters: input.map("responseParameters")?,
        response_templates: input.templates("responseTemplates")?,
        content_handling: input.text("contentHandling")?,
    };
    check_response(&method, &response)?;
    let answer = json!(response);
    let integration = method.method_integration.as_mut().ok_or_else(unknown)?;
    integration.integration_responses.insert(status.to_owned(), response);
    replace(site, api, id, method)?;
    Ok(Reply::json(201, &answer))
}

/// Checks an integration response against the method response that it maps to.
pub(super) fn check_response(method: &Method, response: &IntegrationResponse) -> Result<(), Fault> {
    let status = &response.status_code;
    let Some(target) = method.method_responses.get(status) else {
        return Err(not_found("Invalid Response status code specified"));
    };
    for (name, value) in response.response_parameters.iter().flatten() {
        if value.is_empty() {
            return Err(bad_request("Invalid null or empty value in responseParameters"));
        }
        let literal = value.len() >= 2 && value.starts_with('\'') && value.ends_with('\'');
        let mapped = ["integration.response.", "context.", "stageVariables."];
        let declared = target.response_parameters.as_ref().is_some_and(|known| known.contains_key(name));
        let wrong = if !declared {
            name
        } else if !literal && !mapped.iter().any(|prefix| value.starts_with(prefix)) {
            value
        } else {
            continue;
        };
        return Err(bad_request(format!(
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping \
             expression specified: {wrong}]"
        )));
    }
    Ok(())
}

/// Answers GetIntegrationResponse.
pub(super) fn get_response(site: &Site, api: &str, id: &str, verb: &str, status: &str) -> Result<Reply, Fault> {
    check_status(status)?;
    let integration = find(site, api, id, verb)?.method_integration.as_ref().ok_or_else(unknown)?;
    let response = integration.integration_responses.get(status).ok_or_else(unknown_status)?;
    Ok(Reply::json(200, &json!(response)))
}

/// Answers UpdateIntegrationResponse.
pub(super) fn update_response(site: &mut Site, api: &str, id: &str, verb: &str, status: &str) -> Result<Reply, Fault> {
    check_status(status)?;
    let mut method = find(site, api, id, verb)?.clone();
    let integration = method.method_integration.as_mut().ok_or_else(unknown)?;
    let mut response = integration.integration_responses.get(status).cloned().ok_or_else(unknown_status)?;
    for patch in patches(site.call, "updateIntegrationResponseInput")? {
        let segments = patch.segments();
        match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["selectionPattern"] => {
                patch.only_replace()?;
                response.selection_pattern = Some(patch.value().to_owned());
            }
            ["contentHandling"] => {
                patch.only_replace()?;
                response.content_handling = patch.content();
            }
            ["responseParameters", name] => method::text_entry(&mut response.response_parameters, name, &patch)?,
            ["responseTemplates", media] => template(&mut response.response_templates, media, &patch)?,
            _ => return Err(patch.unknown_path()),
        }
    }
    let answer = json!(response);
    integration.integration_responses.insert(status.to_owned(), response.clone());
    check_response(&method, &response)?;
    replace(site, api, id, method)?;
    Ok(Reply::json(200, &answer))
}

/// Answers DeleteIntegrationResponse.
pub(super) fn delete_response(site: &mut Site, api: &str, id: &str, verb: &str, status: &str) -> Result<Reply, Fault> {
    // For this one operation AWS names the integration when it is the method that does not exist.
    let found = find(site, api, id, verb).cloned();
    let mut method = found.map_err(|fault| if fault == method::unknown() { unknown() } else { fault })?;
    let integration = method.method_integration.as_mut().ok_or_else(unknown)?;
    integration.integration_responses.remove(status).ok_or_else(unknown_status)?;
    replace(site, api, id, method)?;
    Ok(Reply::empty(204))
}
