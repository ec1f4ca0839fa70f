//! OpenAPI documents: what API Gateway reads out of one, whichever version it is written in.
//!
//! Gives a [`Draft`] that knows neither versions nor references; nothing here looks at an API. JSON only. Authorizers
//! and request validators are not part of this world: a document that uses them is refused, for leaving them out silently
//! would be kinder than AWS. Read next: `import.rs`, which applies a draft.

use super::definition::{GatewayResponse, Integration, IntegrationResponse, Method, MethodResponse, TlsConfig};
use super::fault::bad_request;
use super::integration::{timeout, with_defaults};
use crate::ids::stable_hex;
use crate::wire::Fault;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const MAX_BYTES: usize = 6 * 1024 * 1024;
const VERBS: [&str; 7] = ["get", "put", "post", "delete", "patch", "options", "head"];
const ANY: &str = "x-amazon-apigateway-any-method";

/// What a document says, in API Gateway's terms.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) description: Option<String>,
    pub(super) policy: Option<String>,
    pub(super) vpc_endpoint_ids: Option<Vec<String>>,
    pub(super) disable_execute_api_endpoint: Option<bool>,
    pub(super) binary_media_types: Option<Vec<String>>,
    pub(super) minimum_compression_size: Option<i64>,
    pub(super) api_key_source: Option<String>,
    pub(super) security_policy: Option<String>,
    pub(super) endpoint_access_mode: Option<String>,
    pub(super) base_path: String,
    /// By type.
    pub(super) gateway_responses: BTreeMap<String, GatewayResponse>,
    pub(super) models: BTreeMap<String, String>,
    /// In the document's order.
    pub(super) paths: Vec<(String, Vec<Method>)>,
    pub(super) warnings: Vec<String>,
}

/// Reads a document.
pub(super) fn read(body: &[u8]) -> Result<Draft, Fault> {
    if body.len() > MAX_BYTES {
        return Err(Fault::new(413, "RequestEntityTooLargeException", "Request is larger than 6 MB"));
    }
    let text = std::str::from_utf8(body).map_err(|_| invalid())?;
    if !text.trim_start().starts_with('{') {
        let looks_like_yaml = ["openapi:", "swagger:"].iter().any(|key| text.lines().any(|line| line.starts_with(key)));
        return Err(if looks_like_yaml {
            bad_request("Invalid OpenAPI input. This sandbox reads JSON documents only, not YAML.")
        } else {
            invalid()
        });
    }
    let document: Value = serde_json::from_str(text).map_err(|_| invalid())?;
    let version3 = document.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with("3.0"));
    let version2 = document.get("swagger").and_then(Value::as_str) == Some("2.0");
    if version2 == version3 {
        return Err(invalid());
    }
    Reader { document: &document, version3, draft: Draft::default() }.read()
}

/// Refuses an extension that would be lost.
fn check_extensions(members: &Map<String, Value>, known: &[&str]) -> Result<(), Fault> {
    let mut extensions = members.keys().filter_map(|key| key.strip_prefix("x-amazon-apigateway-"));
    match extensions.find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(bad_request(format!("This sandbox does not keep x-amazon-apigateway-{name}"))),
    }
}

fn invalid() -> Fault {
    bad_request("Invalid OpenAPI input.")
}

struct Reader<'d> {
    document: &'d Value,
    version3: bool,
    draft: Draft,
}

impl<'d> Reader<'d> {
    fn read(mut self) -> Result<Draft, Fault> {
        let info = self.document.get("info").and_then(Value::as_object).ok_or_else(invalid)?;
        self.draft.name = text(info, "title").ok_or_else(invalid)?;
        self.draft.version = text(info, "version");
        self.draft.description = text(info, "description").filter(|text| !text.is_empty());
        self.extensions()?;
        self.base_path();
        let models = if self.version3 { "/components/schemas" } else { "/definitions" };
        if let Some(models) = self.document.pointer(models).and_then(Value::as_object) {
            for (name, schema) in models {
                if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
                    return Err(bad_request(format!("Model name must be alphanumeric: {name}")));
                }
                self.draft.models.insert(name.clone(), schema.to_string());
            }
        }
        let paths = self.document.get("paths").and_then(Value::as_object).ok_or_else(invalid)?;
        for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
            if !path.starts_with('/') {
                return Err(bad_request(format!("Invalid path {path}: a path must start with /")));
            }
            let methods = self.path_item(path, item)?;
            self.draft.paths.push((path.clone(), methods));
        }
        Ok(self.draft)
    }

    fn extensions(&mut self) -> Result<(), Fault> {
        let top = self.document.as_object().ok_or_else(invalid)?;
        check_extensions(
            top,
            &[
                "policy",
                "api-key-source",
                "minimum-compression-size",
                "binary-media-types",
                "endpoint-configuration",
                "security-policy",
                "endpoint-access-mode",
                "gateway-responses",
                "importexport-version",
            ],
        )?;
        self.draft.security_policy = text(top, "x-amazon-apigateway-security-policy");
        self.draft.endpoint_access_mode = text(top, "x-amazon-apigateway-endpoint-access-mode");
        self.draft.policy = top.get("x-amazon-apigateway-policy").map(Value::to_string);
        self.draft.api_key_source = text(top, "x-amazon-apigateway-api-key-source");
        let size = top.get("x-amazon-apigateway-minimum-compression-size");
        self.draft.minimum_compression_size = size.map(|size| size.as_i64().ok_or_else(invalid)).transpose()?;
        let media = top.get("x-amazon-apigateway-binary-media-types");
        self.draft.binary_media_types = media.map(texts).transpose()?;
        if let Some(responses) = top.get("x-amazon-apigateway-gateway-responses") {
            let responses = responses.as_object().ok_or_else(invalid)?;
            let read = |(kind, one): (&String, &Value)| Ok((kind.clone(), gateway_response(one)?));
            self.draft.gateway_responses = responses.iter().map(read).collect::<Result<_, Fault>>()?;
        }
        const ENDPOINT: &str = "x-amazon-apigateway-endpoint-configuration";
        let endpoint = if self.version3 {
            let servers = top.get("servers").and_then(Value::as_array);
            servers.into_iter().flatten().find_map(|server| server.get(ENDPOINT))
        } else {
            top.get(ENDPOINT)
        };
        if let Some(endpoint) = endpoint {
            let endpoint = endpoint.as_object().ok_or_else(invalid)?;
            self.draft.vpc_endpoint_ids = endpoint.get("vpcEndpointIds").map(texts).transpose()?;
            self.draft.disable_execute_api_endpoint =
                endpoint.get("disableExecuteApiEndpoint").and_then(Value::as_bool);
        }
        Ok(())
    }

    fn base_path(&mut self) {
        let path = if self.version3 {
            let server = self.document.pointer("/servers/0");
            let variable =
                server.and_then(|server| server.pointer("/variables/basePath/default")).and_then(Value::as_str);
            let url = server.and_then(|server| server.get("url")).and_then(Value::as_str).unwrap_or_default();
            let path = url.split_once("://").map_or(url, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
            let default = variable.map(|path| path.trim_start_matches('/')).unwrap_or_default();
            path.replace("{basePath}", default)
        } else {
            self.document.get("basePath").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        self.draft.base_path = path.trim_matches('/').to_owned();
    }

    fn path_item(&mut self, path: &str, item: &'d Value) -> Result<Vec<Method>, Fault> {
        let item = item.as_object().ok_or_else(invalid)?;
        let mut methods = Vec::new();
        for (key, operation) in item {
            let verb = match key.as_str() {
                ANY => "ANY".to_owned(),
                verb if VERBS.contains(&verb) => verb.to_ascii_uppercase(),
                "parameters" | "summary" | "description" | "servers" => continue,
                "trace" => {
                    self.draft.warnings.push(format!("Method TRACE of {path} is not supported and was left out"));
                    continue;
                }
                key if key.starts_with("x-") => continue,
                _ => return Err(bad_request(format!("Invalid OpenAPI input: {key} of {path} is not a method"))),
            };
            let operation = operation.as_object().ok_or_else(invalid)?;
            methods.push(self.operation(path, verb, item, operation)?);
        }
        Ok(methods)
    }

    fn operation(
        &mut self,
        path: &str,
        verb: String,
        item: &'d Map<String, Value>,
        operation: &'d Map<String, Value>,
    ) -> Result<Method, Fault> {
        let mut method = Method {
            http_method: verb,
            authorization_type: "NONE".to_owned(),
            operation_name: text(operation, "operationId"),
            ..Method::default()
        };
        check_extensions(operation, &["integration", "auth"])?;
        self.security(path, operation, &mut method)?;
        // Parameters of the operation come last, so that they win over the path's.
        for list in [item.get("parameters"), operation.get("parameters")].into_iter().flatten() {
            for parameter in list.as_array().ok_or_else(invalid)? {
                let parameter = self.resolve(parameter)?;
                self.parameter(path, operation, parameter, &mut method)?;
            }
        }
        if let Some(body) = operation.get("requestBody") {
            let body = self.resolve(body)?;
            for (media, model) in self.content_models(body)? {
                method.request_models.get_or_insert_default().insert(media, model);
            }
        }
        for (status, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
            if status.starts_with("x-") {
                continue;
            }
            if status == "default" {
                self.draft.warnings.push(format!("Response 'default' of {path} has no status code and was left out"));
                continue;
            }
            super::method::check_status(status)?;
            let response = self.resolve(response)?;
            let response = self.response(status, operation, response)?;
            method.method_responses.insert(status.clone(), response);
        }
        if let Some(integration) = operation.get("x-amazon-apigateway-integration") {
            let integration = self.resolve(integration)?.as_object().ok_or_else(invalid)?;
            method.method_integration = Some(integration_of(integration)?);
        }
        Ok(method)
    }

    fn security(&self, path: &str, operation: &Map<String, Value>, method: &mut Method) -> Result<(), Fault> {
        if let Some(kind) = operation.get("x-amazon-apigateway-auth").and_then(|auth| auth.get("type")) {
            let kind = kind.as_str().ok_or_else(invalid)?;
            method.authorization_type = if kind.eq_ignore_ascii_case("AWS_IAM") { "AWS_IAM" } else { kind }.to_owned();
        }
        // Security of the whole document is not read: API Gateway knows it per operation only.
        let requirements = operation.get("security").and_then(Value::as_array).into_iter().flatten();
        for name in requirements.filter_map(Value::as_object).flat_map(Map::keys) {
            let place = if self.version3 { "/components/securitySchemes" } else { "/securityDefinitions" };
            let scheme = self
                .document
                .pointer(place)
                .and_then(|schemes| schemes.get(name))
                .ok_or_else(|| bad_request(format!("Security scheme {name} of {path} is not defined")))?;
            let member = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
            if member("x-amazon-apigateway-authtype") == "awsSigv4" {
                method.authorization_type = "AWS_IAM".to_owned();
            } else if scheme.get("x-amazon-apigateway-authorizer").is_some() {
                return Err(bad_request(format!("This sandbox has no authorizers: {path} names {name}")));
            } else if member("type") == "apiKey" && member("name").eq_ignore_ascii_case("x-api-key") {
                method.api_key_required = true;
            }
        }
        Ok(())
    }

    fn parameter(
        &mut self,
        path: &str,
        operation: &Map<String, Value>,
        parameter: &'d Value,
        method: &mut Method,
    ) -> Result<(), Fault> {
        let member = |key: &str| parameter.get(key).and_then(Value::as_str);
        let name = member("name").ok_or_else(invalid)?;
        let required = parameter.get("required").and_then(Value::as_bool).unwrap_or_default();
        let place = match member("in").ok_or_else(invalid)? {
            "path" => "path",
            "query" => "querystring",
            "header" => "header",
            "body" => {
                if let Some(model) = self.model(parameter.get("schema"))? {
                    let media = first_text(operation.get("consumes")).unwrap_or_else(|| "application/json".to_owned());
                    method.request_models.get_or_insert_default().insert(media, model);
                }
                return Ok(());
            }
            other => {
                self.draft
                    .warnings
                    .push(format!("Parameter {name} of {path} in '{other}' is not supported and was left out"));
                return Ok(());
            }
        };
        method.request_parameters.get_or_insert_default().insert(format!("method.request.{place}.{name}"), required);
        Ok(())
    }

    fn response(
        &mut self,
        status: &str,
        operation: &Map<String, Value>,
        response: &'d Value,
    ) -> Result<MethodResponse, Fault> {
        let mut out = MethodResponse { status_code: status.to_owned(), ..MethodResponse::default() };
        for name in response.get("headers").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            out.response_parameters.get_or_insert_default().insert(format!("method.response.header.{name}"), false);
        }
        for (media, model) in self.content_models(response)? {
            out.response_models.get_or_insert_default().insert(media, model);
        }
        if let Some(model) = self.model(response.get("schema"))? {
            let media = first_text(operation.get("produces")).unwrap_or_else(|| "application/json".to_owned());
            out.response_models.get_or_insert_default().insert(media, model);
        }
        Ok(out)
    }

    fn content_models(&mut self, of: &'d Value) -> Result<Vec<(String, String)>, Fault> {
        let mut models = Vec::new();
        for (media, content) in of.get("content").and_then(Value::as_object).into_iter().flatten() {
            if let Some(model) = self.model(content.get("schema"))? {
                models.push((media.clone(), model));
            }
        }
        Ok(models)
    }

    /// Gives the name of a schema's model; one written in place becomes a model with a name of its own.
    fn model(&mut self, schema: Option<&Value>) -> Result<Option<String>, Fault> {
        let Some(schema) = schema else { return Ok(None) };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap_or_default();
            if !self.draft.models.contains_key(name) && !matches!(name, "Empty" | "Error") {
                return Err(bad_request(format!("Invalid model identifier specified: {name}")));
            }
            return Ok(Some(name.to_owned()));
        }
        let name = format!("MODEL{}", stable_hex(&schema.to_string(), 6));
        self.draft.models.insert(name.clone(), schema.to_string());
        Ok(Some(name))
    }

    fn resolve(&self, value: &'d Value) -> Result<&'d Value, Fault> {
        let Some(reference) = value.get("$ref") else { return Ok(value) };
        let pointer = reference.as_str().and_then(|reference| reference.strip_prefix('#')).ok_or_else(invalid)?;
        self.document.pointer(pointer).filter(|found| found.get("$ref").is_none()).ok_or_else(invalid)
    }
}

fn integration_of(members: &Map<String, Value>) -> Result<Integration, Fault> {
    let kind = text(members, "type").map(|kind| kind.to_ascii_uppercase()).unwrap_or_default();
    if !matches!(kind.as_str(), "HTTP" | "HTTP_PROXY" | "AWS" | "AWS_PROXY" | "MOCK") {
        return Err(bad_request("Invalid integration type. Valid options are HTTP,HTTP_PROXY,AWS,AWS_PROXY,MOCK"));
    }
    // The resource, and with it the cache's name, is not known yet.
    let mut out = with_defaults(&kind, "");
    out.http_method = text(members, "httpMethod").map(|verb| verb.to_ascii_uppercase()).filter(|_| kind != "MOCK");
    out.uri = text(members, "uri");
    if let Some(connection) = text(members, "connectionType") {
        out.connection_type = Some(connection.to_ascii_uppercase());
    }
    out.connection_id = text(members, "connectionId");
    out.credentials = text(members, "credentials");
    out.content_handling = text(members, "contentHandling");
    out.response_transfer_mode = text(members, "responseTransferMode");
    out.integration_target = text(members, "integrationTarget");
    if let Some(behavior) = text(members, "passthroughBehavior") {
        out.passthrough_behavior = behavior.to_ascii_uppercase();
    }
    if let Some(namespace) = text(members, "cacheNamespace") {
        out.cache_namespace = namespace;
    }
    if let Some(millis) = members.get("timeoutInMillis") {
        out.timeout_in_millis = timeout(millis.as_i64().ok_or_else(invalid)?)?;
    }
    if let Some(names) = members.get("cacheKeyParameters") {
        out.cache_key_parameters = texts(names)?;
    }
    out.request_parameters = members.get("requestParameters").map(text_map).transpose()?;
    out.request_templates = members.get("requestTemplates").map(templates).transpose()?;
    if let Some(tls) = members.get("tlsConfig") {
        let insecure_skip_verification =
            tls.get("insecureSkipVerification").and_then(Value::as_bool).unwrap_or_default();
        out.tls_config = Some(TlsConfig { insecure_skip_verification });
    }
    for (pattern, response) in members.get("responses").and_then(Value::as_object).into_iter().flatten() {
        let response = response.as_object().ok_or_else(invalid)?;
        let status = status(response)?;
        let status = status.ok_or_else(|| bad_request("Every response of an integration must have a statusCode"))?;
        super::method::check_status(&status)?;
        let response = IntegrationResponse {
            status_code: status.clone(),
            selection_pattern: (pattern != "default").then(|| pattern.clone()),
            response_parameters: response.get("responseParameters").map(text_map).transpose()?,
            response_templates: response.get("responseTemplates").map(templates).transpose()?,
            content_handling: text(response, "contentHandling"),
        };
        out.integration_responses.insert(status, response);
    }
    Ok(out)
}

fn gateway_response(given: &Value) -> Result<GatewayResponse, Fault> {
    let members = given.as_object().ok_or_else(invalid)?;
    let map = |key: &str| members.get(key).map(text_map).transpose().map(Option::unwrap_or_default);
    Ok(GatewayResponse {
        status_code: status(members)?,
        response_parameters: map("responseParameters")?,
        response_templates: map("responseTemplates")?,
    })
}

/// Reads a status, which documents give as text or as a number.
fn status(members: &Map<String, Value>) -> Result<Option<String>, Fault> {
    match members.get("statusCode") {
        None => Ok(None),
        Some(Value::String(status)) => Ok(Some(status.clone())),
        Some(Value::Number(status)) => Ok(Some(status.to_string())),
        Some(_) => Err(invalid()),
    }
}

fn text(members: &Map<String, Value>, key: &str) -> Option<String> {
    members.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn first_text(list: Option<&Value>) -> Option<String> {
    list.and_then(|list| list.get(0)).and_then(Value::as_str).map(str::to_owned)
}

fn texts(list: &Value) -> Result<Vec<String>, Fault> {
    let items = list.as_array().ok_or_else(invalid)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(invalid)).collect()
}

fn text_map(map: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let members = map.as_object().ok_or_else(invalid)?;
    members.iter().map(|(key, value)| Ok((key.clone(), value.as_str().ok_or_else(invalid)?.to_owned()))).collect()
}

fn templates(map: &Value) -> Result<BTreeMap<String, Option<String>>, Fault> {
    Ok(text_map(map)?.into_iter().map(|(media, text)| (media, Some(text).filter(|text| !text.is_empty()))).collect())
}
