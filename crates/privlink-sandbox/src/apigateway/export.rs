//! Export: GetExport, which writes what a stage serves as an OpenAPI document.
//!
//! From the deployment's snapshot, not from the definition, so an edit shows only once it is deployed. The endpoint
//! configuration is never part of it; integrations and policy are when their extensions are asked for. Read next:
//! `openapi.rs` for the way back.

use super::definition::{Definition, Integration, Method};
use super::fault::bad_request;
use super::site::Site;
use super::stage;
use crate::wire::{Fault, Reply};
use serde_json::{Map, Value, json};

/// Answers GetExport.
pub(super) fn get(site: &Site, api: &str, name: &str, kind: &str) -> Result<Reply, Fault> {
    let found = site.api(api)?;
    let stage = found.stages.get(name).ok_or_else(stage::unknown)?;
    let deployment = found.deployments.get(&stage.deployment).ok_or_else(stage::unknown)?;
    let version3 = match kind {
        "oas30" => true,
        "swagger" => false,
        _ => return Err(bad_request("No API exporter for type specified")),
    };
    if site.call.header("accept").is_some_and(|accept| accept.contains("yaml")) {
        return Err(bad_request("This sandbox exports application/json only"));
    }
    let asked = |wanted: &str| {
        let extensions = site.call.query.iter().filter(|(name, _)| name == "extensions");
        extensions.into_iter().any(|(_, value)| value.split(',').any(|part| part == wanted))
    };
    let snapshot = &deployment.snapshot;
    let mut info = Map::new();
    info.insert("title".into(), json!(snapshot.name));
    if let Some(description) = &snapshot.description {
        info.insert("description".into(), json!(description));
    }
    let version = snapshot.version.clone().unwrap_or_else(|| found.created.rfc3339());
    info.insert("version".into(), json!(version));
    let host = format!("{api}.execute-api.{}.amazonaws.com", site.call.region);
    let mut document = Map::new();
    if version3 {
        document.insert("openapi".into(), json!("3.0.1"));
        document.insert("info".into(), Value::Object(info));
        let variables = json!({ "basePath": { "default": name } });
        document.insert(
            "servers".into(),
            json!([{ "url": format!("https://{host}/{{basePath}}"), "variables": variables }]),
        );
    } else {
        document.insert("swagger".into(), json!("2.0"));
        document.insert("info".into(), Value::Object(info));
        document.insert("host".into(), json!(host));
        document.insert("basePath".into(), json!(format!("/{name}")));
        document.insert("schemes".into(), json!(["https"]));
    }
    let whole = asked("apigateway");
    document.insert("paths".into(), paths(snapshot, version3, whole || asked("integrations")));
    if whole {
        whole_api(&mut document, snapshot);
    }
    let mut reply = Reply::json(200, &Value::Object(document));
    reply
        .headers
        .push(("content-disposition".to_owned(), format!("attachment; filename=\"{api}-{name}-{kind}.json\"")));
    Ok(reply)
}

fn whole_api(document: &mut Map<String, Value>, snapshot: &Definition) {
    let policy = snapshot.policy.as_deref().and_then(|policy| serde_json::from_str::<Value>(policy).ok());
    if let Some(policy) = policy {
        document.insert("x-amazon-apigateway-policy".into(), policy);
    }
    if !snapshot.binary_media_types.is_empty() {
        document.insert("x-amazon-apigateway-binary-media-types".into(), json!(snapshot.binary_media_types));
    }
    if !snapshot.gateway_responses.is_empty() {
        document.insert("x-amazon-apigateway-gateway-responses".into(), json!(snapshot.gateway_responses));
    }
    if let Some(size) = snapshot.minimum_compression_size {
        document.insert("x-amazon-apigateway-minimum-compression-size".into(), json!(size));
    }
}

fn paths(snapshot: &Definition, version3: bool, integrations: bool) -> Value {
    let mut paths = Map::new();
    for resource in snapshot.resources.values().filter(|resource| !resource.methods.is_empty()) {
        let mut item = Map::new();
        for (verb, method) in &resource.methods {
            let key = match verb.as_str() {
                "ANY" => "x-amazon-apigateway-any-method".to_owned(),
                verb => verb.to_ascii_lowercase(),
            };
            item.insert(key, operation(method, version3, integrations));
        }
        paths.insert(snapshot.path(&resource.id), Value::Object(item));
    }
    Value::Object(paths)
}

fn operation(method: &Method, version3: bool, integrations: bool) -> Value {
    let mut out = Map::new();
    if let Some(name) = &method.operation_name {
        out.insert("operationId".into(), json!(name));
    }
    let mut parameters = Vec::new();
    for (name, required) in method.request_parameters.iter().flatten() {
        let Some((place, name)) = name.strip_prefix("method.request.").and_then(|rest| rest.split_once('.')) else {
            continue;
        };
        let place = if place == "querystring" { "query" } else { place };
        let required = *required || place == "path";
        parameters.push(if version3 {
            json!({ "name": name, "in": place, "required": required, "schema": { "type": "string" } })
        } else {
            json!({ "name": name, "in": place, "required": required, "type": "string" })
        });
    }
    if !parameters.is_empty() {
        out.insert("parameters".into(), Value::Array(parameters));
    }
    let mut responses = Map::new();
    for (status, response) in &method.method_responses {
        let headers: Map<String, Value> = response
            .response_parameters
            .iter()
            .flatten()
            .filter_map(|(name, _)| name.strip_prefix("method.response.header."))
            .map(|name| {
                let kind = json!({ "type": "string" });
                (name.to_owned(), if version3 { json!({ "schema": kind }) } else { kind })
            })
            .collect();
        let mut entry = Map::new();
        entry.insert("description".into(), json!(format!("{status} response")));
        if !headers.is_empty() {
            entry.insert("headers".into(), Value::Object(headers));
        }
        responses.insert(status.clone(), Value::Object(entry));
    }
    if !responses.is_empty() {
        out.insert("responses".into(), Value::Object(responses));
    }
    if integrations {
        if method.authorization_type == "AWS_IAM" {
            out.insert("x-amazon-apigateway-auth".into(), json!({ "type": "AWS_IAM" }));
        }
        if let Some(integration) = &method.method_integration {
            out.insert("x-amazon-apigateway-integration".into(), extension(integration));
        }
    }
    Value::Object(out)
}

/// Writes an integration as the extension spells it.
fn extension(integration: &Integration) -> Value {
    let mut out = json!(integration);
    if let Value::Object(members) = &mut out {
        members.insert("type".into(), json!(integration.kind.to_ascii_lowercase()));
        members.insert("passthroughBehavior".into(), json!(integration.passthrough_behavior.to_ascii_lowercase()));
        // What only names the resource itself is left out, as are defaults.
        members.shift_remove("cacheNamespace");
        if integration.cache_key_parameters.is_empty() {
            members.shift_remove("cacheKeyParameters");
        }
        if integration.connection_type.as_deref() == Some("INTERNET") {
            members.shift_remove("connectionType");
        }
        if members.shift_remove("integrationResponses").is_some() {
            let responses = integration.integration_responses.values().map(|response| {
                let pattern = response.selection_pattern.clone().filter(|pattern| !pattern.is_empty());
                let mut value = json!(response);
                if let Value::Object(members) = &mut value {
                    members.shift_remove("selectionPattern");
                }
                (pattern.unwrap_or_else(|| "default".to_owned()), value)
            });
            members.insert("responses".into(), Value::Object(responses.collect()));
        }
    }
    out
}
