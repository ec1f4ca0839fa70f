//! API Gateway: owns REST APIs, what is deployed of them, and VPC links.
//!
//! This file routes a request by verb and path. An operation that the sandbox does not offer is refused, never answered with
//! nothing. Read next: `state.rs` and `definition.rs` for the types, `rest_api.rs`, `import.rs` for OpenAPI documents.

mod account;
mod canary;
mod definition;
mod deployment;
mod export;
mod fault;
mod gateway_response;
mod import;
mod input;
mod integration;
mod method;
mod method_settings;
mod model;
mod openapi;
mod policy;
mod resource;
mod rest_api;
mod site;
mod stage;
mod stage_patch;
pub(crate) mod state;
mod tags;
#[cfg(test)]
mod tests;
mod variables;
mod vpc_link;

pub(crate) use tags::tags_of;

use crate::wire::{Call, Fault, Reply};
use crate::world::World;
use site::{Site, listing};

/// Applies what has come due; called before every request.
pub(crate) fn settle(world: &mut World) {
    vpc_link::settle(world);
}

/// Answers an API Gateway request.
pub(crate) fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let segments = call.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let site = &mut Site { world, call };
    match segments.as_slice() {
        ["restapis"] => match call.method.as_str() {
            "POST" if call.query_value("mode") == Some("import") => import::import(site),
            "POST" => rest_api::create(site),
            "GET" => rest_api::list(site),
            _ => Err(unsupported(call)),
        },
        ["restapis", api] => match call.method.as_str() {
            "GET" => rest_api::get(site, api),
            "PUT" => import::put(site, api),
            "PATCH" => rest_api::update(site, api),
            "DELETE" => rest_api::delete(site, api),
            _ => Err(unsupported(call)),
        },
        ["restapis", api, "resources", rest @ ..] => resources(site, api, rest),
        ["restapis", api, "deployments", rest @ ..] => match (call.method.as_str(), rest) {
            ("POST", []) => deployment::create(site, api),
            ("GET", []) => deployment::list(site, api),
            ("GET", [id]) => deployment::get(site, api, id),
            ("PATCH", [id]) => deployment::update(site, api, id),
            ("DELETE", [id]) => deployment::delete(site, api, id),
            _ => Err(unsupported(call)),
        },
        ["restapis", api, "stages", rest @ ..] => match (call.method.as_str(), rest) {
            ("POST", []) => stage::create(site, api),
            ("GET", []) => stage::list(site, api),
            ("GET", [name]) => stage::get(site, api, name),
            ("PATCH", [name]) => stage::update(site, api, name),
            ("DELETE", [name]) => stage::delete(site, api, name),
            ("GET", [name, "exports", kind]) => export::get(site, api, name, kind),
            _ => Err(unsupported(call)),
        },
        ["restapis", api, "gatewayresponses", rest @ ..] => match (call.method.as_str(), rest) {
            ("GET", []) => gateway_response::list(site, api),
            ("GET", [kind]) => gateway_response::get(site, api, kind),
            ("PUT", [kind]) => gateway_response::put(site, api, kind),
            ("PATCH", [kind]) => gateway_response::update(site, api, kind),
            ("DELETE", [kind]) => gateway_response::delete(site, api, kind),
            _ => Err(unsupported(call)),
        },
        ["vpclinks", rest @ ..] => match (call.method.as_str(), rest) {
            ("POST", []) => vpc_link::create(site),
            ("GET", []) => vpc_link::list(site),
            ("GET", [id]) => vpc_link::get(site, id),
            ("PATCH", [id]) => vpc_link::update(site, id),
            ("DELETE", [id]) => vpc_link::delete(site, id),
            _ => Err(unsupported(call)),
        },
        ["tags", arn @ ..] if !arn.is_empty() => {
            // A client that leaves the slashes of an ARN unescaped splits it.
            let arn = arn.join("/");
            match call.method.as_str() {
                "GET" => tags::get(site, &arn),
                "PUT" => tags::put(site, &arn),
                "DELETE" => tags::remove(site, &arn),
                _ => Err(unsupported(call)),
            }
        }
        ["restapis", api, "models"] if call.method == "GET" => model::list(site, api),
        ["restapis", api, "models", name] if call.method == "GET" => model::get(site, api, name),
        // Nothing of these kinds can exist here, so that an empty list is the whole truth.
        ["restapis", api, "authorizers" | "requestvalidators"] if call.method == "GET" => {
            site.api(api).map(|_| listing(Vec::new(), None))
        }
        ["apikeys" | "usageplans" | "domainnames" | "clientcertificates"] if call.method == "GET" => {
            Ok(listing(Vec::new(), None))
        }
        ["account"] => match call.method.as_str() {
            "GET" => account::get(site),
            "PATCH" => account::update(site),
            _ => Err(unsupported(call)),
        },
        _ => Err(unsupported(call)),
    }
}

fn resources(site: &mut Site, api: &str, rest: &[&str]) -> Result<Reply, Fault> {
    let call = site.call;
    match (call.method.as_str(), rest) {
        ("GET", []) => resource::list(site, api),
        ("GET", [id]) => resource::get(site, api, id),
        ("POST", [parent]) => resource::create(site, api, parent),
        ("PATCH", [id]) => resource::update(site, api, id),
        ("DELETE", [id]) => resource::delete(site, api, id),
        ("PUT", [id, "methods", verb]) => method::put(site, api, id, verb),
        ("GET", [id, "methods", verb]) => method::get(site, api, id, verb),
        ("PATCH", [id, "methods", verb]) => method::update(site, api, id, verb),
        ("DELETE", [id, "methods", verb]) => method::delete(site, api, id, verb),
        ("PUT", [id, "methods", verb, "responses", status]) => method::put_response(site, api, id, verb, status),
        ("GET", [id, "methods", verb, "responses", status]) => method::get_response(site, api, id, verb, status),
        ("PATCH", [id, "methods", verb, "responses", status]) => method::update_response(site, api, id, verb, status),
        ("DELETE", [id, "methods", verb, "responses", status]) => method::delete_response(site, api, id, verb, status),
        ("PUT", [id, "methods", verb, "integration"]) => integration::put(site, api, id, verb),
        ("GET", [id, "methods", verb, "integration"]) => integration::get(site, api, id, verb),
        ("PATCH", [id, "methods", verb, "integration"]) => integration::update(site, api, id, verb),
        ("DELETE", [id, "methods", verb, "integration"]) => integration::delete(site, api, id, verb),
        (http, [id, "methods", verb, "integration", "responses", status]) => match http {
            "PUT" => integration::put_response(site, api, id, verb, status),
            "GET" => integration::get_response(site, api, id, verb, status),
            "PATCH" => integration::update_response(site, api, id, verb, status),
            "DELETE" => integration::delete_response(site, api, id, verb, status),
            _ => Err(unsupported(call)),
        },
        _ => Err(unsupported(call)),
    }
}

fn unsupported(call: &Call) -> Fault {
    let message = format!("This sandbox offers no operation for {} {}", call.method, call.path);
    Fault::new(404, "UnknownOperationException", message)
}
