//! What API Gateway answers about an API, as the attributes of its definition.
//!
//! Owns: the way from the SDK's types to paths and settings. **Invariant:** nothing a live method has is passed over: what
//! privlink has no word for stands under AWS's own name. Left out are only what `paths` calls defaults, and the name of
//! the cache, which AWS derives from a resource's id. Read next: `openapi` for the way back.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_apigateway::types::{
    ApiKeySourceType, ConnectionType, GatewayResponse, Integration, IntegrationResponse, Method, MethodResponse,
    Resource, ResponseTransferMode, RestApi,
};
use privlink_model::Value;
use privlink_model::keys::api_definition::{integration, method};

use super::paths::normalise;

type Members = BTreeMap<String, Value>;

const PATH_PARAMETER: &str = "method.request.path.";
const HEADER: &str = "method.response.header.";

/// The paths of a definition. Resources without methods only lead to others, and are none.
pub(super) fn paths(resources: &[Resource]) -> Value {
    let mut paths = Members::new();
    for resource in resources {
        let Some(path) = resource.path() else { continue };
        let methods = resource.resource_methods().into_iter().flatten();
        let methods: Members = methods.map(|(verb, one)| (verb.clone(), Value::Map(method_members(one)))).collect();
        paths.insert(path.to_owned(), Value::Map(methods));
    }
    normalise(Value::Map(paths))
}

/// Properties of the API itself that are not AWS's defaults, with what it answers by itself; none when all are.
pub(super) fn settings(live: &RestApi, responses: &[GatewayResponse]) -> Option<Value> {
    let mut out = Members::new();
    if !live.binary_media_types().is_empty() {
        out.insert("binaryMediaTypes".into(), Value::text_set(live.binary_media_types()));
    }
    if let Some(size) = live.minimum_compression_size() {
        out.insert("minimumCompressionSize".into(), Value::Int(i64::from(size)));
    }
    if live.disable_execute_api_endpoint() {
        out.insert("disableExecuteApiEndpoint".into(), Value::Bool(true));
    }
    if let Some(source) = live.api_key_source().filter(|source| **source != ApiKeySourceType::Header) {
        out.insert("apiKeySource".into(), Value::from(source.as_str()));
    }
    let customised: Members = responses
        .iter()
        .filter(|one| !one.default_response())
        .filter_map(|one| Some((one.response_type()?.as_str().to_owned(), Value::Map(gateway_response(one)))))
        .collect();
    if !customised.is_empty() {
        out.insert("gatewayResponses".into(), Value::Map(customised));
    }
    (!out.is_empty()).then_some(Value::Map(out))
}

/// What a customisation leaves out AWS shows as its own words, and those are written back.
fn gateway_response(live: &GatewayResponse) -> Members {
    let mut out = Members::new();
    put_text(&mut out, "statusCode", live.status_code());
    put_texts(&mut out, "responseParameters", live.response_parameters());
    put_texts(&mut out, "responseTemplates", live.response_templates());
    out.retain(|_, value| !value.is_empty());
    out
}

fn method_members(live: &Method) -> Members {
    let mut out = Members::new();
    put_text(&mut out, method::AUTHORIZATION, live.authorization_type());
    out.insert(method::API_KEY.into(), Value::Bool(live.api_key_required().unwrap_or_default()));
    let (path, other): (Vec<_>, Vec<_>) = live
        .request_parameters()
        .into_iter()
        .flatten()
        .partition(|(name, required)| name.starts_with(PATH_PARAMETER) && **required);
    let path = path.into_iter().filter_map(|(name, _)| name.strip_prefix(PATH_PARAMETER));
    out.insert(method::PATH_PARAMETERS.into(), Value::text_set(path));
    out.insert(
        "requestParameters".into(),
        Value::map(other.into_iter().map(|(name, required)| (name.as_str(), Value::Bool(*required)))),
    );
    if let Some(live) = live.method_integration() {
        out.insert(method::INTEGRATION.into(), Value::Map(integration_members(live)));
    }
    let responses = live.method_responses().into_iter().flatten();
    out.insert(method::RESPONSES.into(), Value::map(responses.map(|(status, one)| (status, method_response(one)))));
    put_text(&mut out, "authorizerId", live.authorizer_id());
    put_text(&mut out, "requestValidatorId", live.request_validator_id());
    put_text(&mut out, "operationName", live.operation_name());
    put_texts(&mut out, "requestModels", live.request_models());
    out.insert("authorizationScopes".into(), Value::text_set(live.authorization_scopes()));
    out
}

fn method_response(live: &MethodResponse) -> Value {
    let mut out = Members::new();
    let names = live.response_parameters().into_iter().flatten().map(|(name, _)| name);
    let headers = names.map(|name| name.strip_prefix(HEADER).unwrap_or(name));
    out.insert("headers".into(), Value::text_set(headers));
    put_texts(&mut out, "responseModels", live.response_models());
    Value::Map(out)
}

fn integration_members(live: &Integration) -> Members {
    let mut out = Members::new();
    put_text(&mut out, integration::TYPE, live.r#type().map(|word| word.as_str()));
    put_text(&mut out, integration::METHOD, live.http_method());
    put_text(&mut out, integration::URI, live.uri());
    match live.connection_type() {
        Some(ConnectionType::VpcLink) => put_text(&mut out, integration::VPC_LINK, live.connection_id()),
        Some(ConnectionType::Internet) | None => put_text(&mut out, "connectionId", live.connection_id()),
        Some(other) => put_text(&mut out, "connectionType", Some(other.as_str())),
    }
    put_texts(&mut out, integration::PARAMETERS, live.request_parameters());
    put_texts(&mut out, integration::TEMPLATES, live.request_templates());
    put_text(&mut out, integration::PASSTHROUGH, live.passthrough_behavior());
    if live.timeout_in_millis() > 0 {
        out.insert(integration::TIMEOUT_MS.into(), Value::Int(i64::from(live.timeout_in_millis())));
    }
    let responses = live.integration_responses().into_iter().flatten();
    out.insert(
        integration::RESPONSES.into(),
        Value::map(responses.map(|(status, one)| (status, integration_response(one)))),
    );
    put_text(&mut out, "credentials", live.credentials());
    put_text(&mut out, "contentHandling", live.content_handling().map(|word| word.as_str()));
    put_text(&mut out, "integrationTarget", live.integration_target());
    let streamed = live.response_transfer_mode().filter(|mode| **mode != ResponseTransferMode::Buffered);
    put_text(&mut out, "responseTransferMode", streamed.map(|word| word.as_str()));
    let cached = live.cache_key_parameters().iter().cloned().map(Value::Text);
    out.insert("cacheKeyParameters".into(), Value::List(cached.collect()));
    if live.tls_config().is_some_and(|tls| tls.insecure_skip_verification()) {
        out.insert("tlsConfig".into(), Value::map([("insecureSkipVerification", Value::Bool(true))]));
    }
    out
}

fn integration_response(live: &IntegrationResponse) -> Value {
    let parameters = live.response_parameters().into_iter().flatten();
    let mut out: Members = parameters.map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    put_text(&mut out, "selectionPattern", live.selection_pattern());
    put_texts(&mut out, "responseTemplates", live.response_templates());
    put_text(&mut out, "contentHandling", live.content_handling().map(|word| word.as_str()));
    Value::Map(out)
}

fn put_text(out: &mut Members, key: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        out.insert(key.to_owned(), Value::from(text));
    }
}

fn put_texts(out: &mut Members, key: &str, texts: Option<&HashMap<String, String>>) {
    let texts = texts.into_iter().flatten().map(|(key, text)| (key.as_str(), Value::from(text.as_str())));
    out.insert(key.to_owned(), Value::map(texts));
}
