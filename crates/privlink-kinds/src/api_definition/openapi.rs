//! The OpenAPI 3.0 document that says what a definition's attributes say: what PutRestApi is given.
//!
//! Pure. **Invariant:** the document says everything the attributes do, or there is none: leaving out an authorizer that
//! was there before would open a method. AWS's extensions are those of the "OpenAPI extensions" chapter of the API
//! Gateway Developer Guide. Read next: `paths` for the form of what is read here, `read` for the way back.

use std::collections::BTreeMap;

use privlink_model::keys::api_definition::{DESCRIPTION, ENDPOINTS, NAME, PATHS, POLICY, integration, method};
use privlink_model::{Attrs, Value};
use serde_json::{Map, Value as Json, json};

use super::{SETTINGS, paths};
use crate::{json as to_json, resource_policy};

type Members = BTreeMap<String, Value>;

const API_KEY_SCHEME: &str = "api_key";

/// The document of a definition.
///
/// # Errors
/// Says what OpenAPI, as API Gateway reads it, has no way to say.
pub(super) fn document(attrs: &Attrs) -> Result<Json, String> {
    let title = attrs.read(&NAME).ok_or("the API's name is not known")?;
    let mut info = Map::new();
    info.insert("title".into(), title.into());
    if let Some(description) = attrs.read(&DESCRIPTION).filter(|text| !text.is_empty()) {
        info.insert("description".into(), description.into());
    }
    info.insert("version".into(), "1".into());
    let settings = attrs.read(&SETTINGS);
    let settings = settings.as_ref().and_then(Value::as_map);

    let mut document = Map::new();
    document.insert("openapi".into(), "3.0.1".into());
    document.insert("info".into(), Json::Object(info));
    document.insert(
        "servers".into(),
        // OpenAPI wants a URL of every server; this is its default, and no base path.
        json!([{
            "url": "/",
            "x-amazon-apigateway-endpoint-configuration": endpoint_configuration(attrs, settings),
        }]),
    );
    for (key, value) in settings.into_iter().flatten() {
        if let Some(extension) = setting_extension(key)? {
            // A set of one text would be written as that text, where AWS wants a list.
            let list = matches!(value, Value::Set(_) | Value::List(_));
            let value = if list { Json::from(value.texts()) } else { to_json::of(value)? };
            document.insert(extension.into(), value);
        }
    }
    if let Some(policy) = attrs.read(&POLICY) {
        document.insert("x-amazon-apigateway-policy".into(), policy_json(policy)?);
    }
    let paths = paths::normalise(attrs.read(&PATHS).unwrap_or(Value::Map(BTreeMap::new())));
    let mut writer = Writer::default();
    let paths = writer.paths(&paths)?;
    if let Some(components) = writer.components() {
        document.insert("components".into(), components);
    }
    document.insert("paths".into(), paths);
    Ok(Json::Object(document))
}

/// What of paths as they were read no document can say.
pub(super) fn unwritable(paths: &Value) -> Option<String> {
    Writer::default().paths(&paths::normalise(paths.clone())).err()
}

fn policy_json(value: Value) -> Result<Json, String> {
    match to_json::of(&resource_policy::normalise(value))? {
        Json::Object(policy) => Ok(Json::Object(policy)),
        other => Err(format!("the policy is not a JSON object: {other}")),
    }
}

fn endpoint_configuration(attrs: &Attrs, settings: Option<&Members>) -> Json {
    let disabled = settings.and_then(|settings| settings.get("disableExecuteApiEndpoint")).and_then(Value::as_bool);
    let mut out = Map::new();
    out.insert("disableExecuteApiEndpoint".into(), disabled.unwrap_or(false).into());
    if let Some(ids) = attrs.read(&ENDPOINTS).filter(|ids| !ids.is_empty()) {
        out.insert("vpcEndpointIds".into(), ids.into());
    }
    Json::Object(out)
}

fn setting_extension(key: &str) -> Result<Option<&'static str>, String> {
    match key {
        "binaryMediaTypes" => Ok(Some("x-amazon-apigateway-binary-media-types")),
        "minimumCompressionSize" => Ok(Some("x-amazon-apigateway-minimum-compression-size")),
        "apiKeySource" => Ok(Some("x-amazon-apigateway-api-key-source")),
        "gatewayResponses" => Ok(Some("x-amazon-apigateway-gateway-responses")),
        "disableExecuteApiEndpoint" => Ok(None),
        other => Err(format!("the setting {other:?} cannot be written in a definition")),
    }
}

/// Writes paths, and remembers what they refer to.
#[derive(Default)]
struct Writer {
    api_key: bool,
    empty_model: bool,
}

impl Writer {
    fn components(&self) -> Option<Json> {
        let mut out = Map::new();
        if self.empty_model {
            out.insert("schemas".into(), json!({ "Empty": { "title": "Empty Schema", "type": "object" } }));
        }
        if self.api_key {
            let scheme = json!({ "type": "apiKey", "name": "x-api-key", "in": "header" });
            out.insert("securitySchemes".into(), json!({ API_KEY_SCHEME: scheme }));
        }
        Some(Json::Object(out)).filter(|components| components.as_object().is_some_and(|out| !out.is_empty()))
    }

    fn paths(&mut self, paths: &Value) -> Result<Json, String> {
        let mut out = Map::new();
        for (path, methods) in entries(paths, "paths")? {
            let mut item = Map::new();
            for (verb, one) in entries(methods, path)? {
                let name = match verb.as_str() {
                    "ANY" => "x-amazon-apigateway-any-method".to_owned(),
                    verb => verb.to_ascii_lowercase(),
                };
                let operation = self.operation(entries(one, verb)?).map_err(|why| format!("{verb} {path}: {why}"))?;
                item.insert(name, operation);
            }
            out.insert(path.clone(), Json::Object(item));
        }
        Ok(Json::Object(out))
    }

    fn operation(&mut self, one: &Members) -> Result<Json, String> {
        let mut out = Map::new();
        let mut parameters: Vec<Json> = Vec::new();
        let mut responses = Map::new();
        for (key, value) in one {
            match key.as_str() {
                method::AUTHORIZATION => match value.as_text() {
                    Some("AWS_IAM") => {
                        out.insert("x-amazon-apigateway-auth".into(), json!({ "type": "AWS_IAM" }));
                    }
                    _ => return Err(format!("the authorization {value} cannot be written in a definition")),
                },
                method::API_KEY => {
                    self.api_key = true;
                    out.insert("security".into(), json!([{ API_KEY_SCHEME: [] }]));
                }
                method::PATH_PARAMETERS => {
                    parameters.extend(value.texts().iter().map(|name| parameter(name, "path", true)));
                }
                method::INTEGRATION => {
                    let integration = integration_json(entries(value, "integration")?)?;
                    out.insert("x-amazon-apigateway-integration".into(), integration);
                }
                method::RESPONSES => {
                    for (status, response) in entries(value, "responses")? {
                        responses.insert(status.clone(), self.response(status, entries(response, status)?)?);
                    }
                }
                "requestParameters" => {
                    for (name, required) in entries(value, key)? {
                        parameters.push(foreign_parameter(name, required.as_bool().unwrap_or_default())?);
                    }
                }
                "operationName" => {
                    out.insert("operationId".into(), to_json::of(value)?);
                }
                other => return Err(format!("the member {other:?} cannot be written in a definition")),
            }
        }
        if !parameters.is_empty() {
            out.insert("parameters".into(), parameters.into());
        }
        out.insert("responses".into(), Json::Object(responses));
        Ok(Json::Object(out))
    }

    fn response(&mut self, status: &str, response: &Members) -> Result<Json, String> {
        let mut out = Map::new();
        out.insert("description".into(), format!("{status} response").into());
        for (key, value) in response {
            match key.as_str() {
                "headers" => {
                    let header = |name: String| (name, json!({ "schema": { "type": "string" } }));
                    out.insert("headers".into(), Json::Object(value.texts().into_iter().map(header).collect()));
                }
                "responseModels" => {
                    let mut content = Map::new();
                    for (media, model) in entries(value, key)? {
                        if model.as_text() != Some("Empty") {
                            return Err(format!("the model {model} cannot be written in a definition"));
                        }
                        self.empty_model = true;
                        content.insert(media.clone(), json!({ "schema": { "$ref": "#/components/schemas/Empty" } }));
                    }
                    out.insert("content".into(), Json::Object(content));
                }
                other => return Err(format!("the member {other:?} of a response cannot be written in a definition")),
            }
        }
        Ok(Json::Object(out))
    }
}

fn parameter(name: &str, place: &str, required: bool) -> Json {
    json!({ "name": name, "in": place, "required": required, "schema": { "type": "string" } })
}

/// A parameter under AWS's name for it, `method.request.querystring.page`.
fn foreign_parameter(name: &str, required: bool) -> Result<Json, String> {
    let (place, name) = name
        .strip_prefix("method.request.")
        .and_then(|rest| rest.split_once('.'))
        .ok_or_else(|| format!("the parameter {name:?} cannot be written in a definition"))?;
    Ok(parameter(name, if place == "querystring" { "query" } else { place }, required))
}

fn integration_json(one: &Members) -> Result<Json, String> {
    let lower = |value: &Value| Json::from(value.as_text().unwrap_or_default().to_ascii_lowercase());
    let mut out = Map::new();
    for (key, value) in one {
        match key.as_str() {
            integration::TYPE => out.insert("type".into(), lower(value)),
            integration::PASSTHROUGH => out.insert("passthroughBehavior".into(), lower(value)),
            integration::METHOD => out.insert("httpMethod".into(), to_json::of(value)?),
            integration::URI => out.insert("uri".into(), to_json::of(value)?),
            integration::VPC_LINK => {
                out.insert("connectionType".into(), "VPC_LINK".into());
                out.insert("connectionId".into(), to_json::of(value)?)
            }
            integration::PARAMETERS => out.insert("requestParameters".into(), to_json::of(value)?),
            integration::TEMPLATES => out.insert("requestTemplates".into(), to_json::of(value)?),
            integration::TIMEOUT_MS => out.insert("timeoutInMillis".into(), to_json::of(value)?),
            integration::RESPONSES => out.insert("responses".into(), integration_responses(entries(value, key)?)?),
            // What privlink has no word for stands under AWS's own name.
            other => out.insert(other.to_owned(), to_json::of(value)?),
        };
    }
    Ok(Json::Object(out))
}

/// Responses by the pattern that selects them: `default` is the one without a pattern.
fn integration_responses(responses: &Members) -> Result<Json, String> {
    let mut out = Map::new();
    for (status, response) in responses {
        let mut pattern = "default".to_owned();
        let mut parameters = Map::new();
        let mut members = Map::new();
        members.insert("statusCode".into(), status.as_str().into());
        for (key, value) in entries(response, status)? {
            match key.as_str() {
                "selectionPattern" => pattern = value.as_text().unwrap_or_default().to_owned(),
                key if key.starts_with("method.response.") => {
                    parameters.insert(key.to_owned(), to_json::of(value)?);
                }
                other => {
                    members.insert(other.to_owned(), to_json::of(value)?);
                }
            }
        }
        if !parameters.is_empty() {
            members.insert("responseParameters".into(), Json::Object(parameters));
        }
        if out.insert(pattern.clone(), Json::Object(members)).is_some() {
            return Err(format!("two responses of one integration have the selection pattern {pattern:?}"));
        }
    }
    Ok(Json::Object(out))
}

fn entries<'a>(value: &'a Value, what: &str) -> Result<&'a Members, String> {
    value.as_map().ok_or_else(|| format!("{what} is not a map: {value}"))
}

#[cfg(test)]
mod tests {
    use super::{document, unwritable};
    use crate::api_definition::SETTINGS;
    use crate::api_definition::paths::tests::spelled_out;
    use privlink_model::keys::api_definition::{DESCRIPTION, ENDPOINTS, NAME, PATHS, POLICY};
    use privlink_model::{Address, Attrs, Value};
    use serde_json::json;

    fn attrs() -> Attrs {
        let statement = Value::map([
            ("Effect", Value::from("Allow")),
            ("Principal", Value::from("*")),
            ("Action", Value::from("execute-api:Invoke")),
            ("Resource", Value::from("execute-api:/*")),
        ]);
        let policy = Value::map([("Version", Value::from("2012-10-17")), ("Statement", Value::List(vec![statement]))]);
        Attrs::new()
            .with(&NAME, "orders".to_owned())
            .with(&DESCRIPTION, "Orders.".to_owned())
            .with(&ENDPOINTS, vec!["vpce-1".to_owned()])
            .with(&POLICY, policy)
            .with(&PATHS, spelled_out())
    }

    #[test]
    fn a_proxy_with_preflight() {
        let document = document(&attrs()).unwrap();
        assert_eq!(document["info"], json!({ "title": "orders", "description": "Orders.", "version": "1" }));
        assert_eq!(
            document["servers"][0]["x-amazon-apigateway-endpoint-configuration"],
            json!({ "disableExecuteApiEndpoint": false, "vpcEndpointIds": ["vpce-1"] })
        );
        assert_eq!(
            document["x-amazon-apigateway-policy"],
            json!({ "Statement": [{ "Action": "execute-api:Invoke", "Effect": "Allow", "Principal": "*",
                    "Resource": "execute-api:/*" }], "Version": "2012-10-17" })
        );
        assert_eq!(document["servers"][0]["url"], json!("/"));
        let item = &document["paths"]["/{proxy+}"];
        let any = &item["x-amazon-apigateway-any-method"];
        assert_eq!(
            any["parameters"],
            json!([{ "name": "proxy", "in": "path", "required": true, "schema": { "type": "string" } }])
        );
        assert_eq!(
            any["x-amazon-apigateway-integration"],
            json!({ "type": "http_proxy", "httpMethod": "ANY", "uri": "http://orders.example:9000/{proxy}",
                    "connectionType": "VPC_LINK", "connectionId": "abc123",
                    "requestParameters": { "integration.request.path.proxy": "method.request.path.proxy" } })
        );
        assert_eq!(
            item["options"]["x-amazon-apigateway-integration"],
            json!({ "type": "mock", "passthroughBehavior": "never",
                    "requestTemplates": { "application/json": "{\"statusCode\":200}" },
                    "responses": { "default": { "statusCode": "200", "responseParameters":
                        { "method.response.header.Access-Control-Allow-Origin": "'*'" } } } })
        );
        assert_eq!(
            item["options"]["responses"]["200"]["headers"],
            json!({ "Access-Control-Allow-Origin": { "schema": { "type": "string" } } })
        );
    }

    fn with_method(member: &str, value: Value) -> Attrs {
        let method = Value::map([(member, value)]);
        let paths = Value::map([("/", Value::map([("GET", method)]))]);
        Attrs::new().with(&NAME, "orders".to_owned()).with(&PATHS, paths)
    }

    #[test]
    fn iam_and_api_keys_are_said_at_the_method() {
        let iam = document(&with_method("authorization", "AWS_IAM".into())).unwrap();
        assert_eq!(iam["paths"]["/"]["get"]["x-amazon-apigateway-auth"], json!({ "type": "AWS_IAM" }));
        let key = document(&with_method("api-key", true.into())).unwrap();
        assert_eq!(key["paths"]["/"]["get"]["security"], json!([{ "api_key": [] }]));
        assert_eq!(key["components"]["securitySchemes"]["api_key"]["name"], json!("x-api-key"));
    }

    #[test]
    fn what_was_set_by_hand_goes_back_where_openapi_can_say_it() {
        let parameters = Value::map([("method.request.querystring.page", Value::Bool(true))]);
        let read = document(&with_method("requestParameters", parameters)).unwrap();
        assert_eq!(read["paths"]["/"]["get"]["parameters"][0]["in"], json!("query"));
        let attrs = attrs().with(&SETTINGS, Value::map([("binaryMediaTypes", Value::text_set(["image/png"]))]));
        assert_eq!(document(&attrs).unwrap()["x-amazon-apigateway-binary-media-types"], json!(["image/png"]));
        let header = Value::map([("gatewayresponse.header.Retry-After", Value::from("'5'"))]);
        let busy = Value::map([("statusCode", Value::from("503")), ("responseParameters", header)]);
        let settings = Value::map([("gatewayResponses", Value::map([("THROTTLED", busy)]))]);
        assert_eq!(
            document(&attrs.with(&SETTINGS, settings)).unwrap()["x-amazon-apigateway-gateway-responses"],
            json!({ "THROTTLED": { "statusCode": "503",
                    "responseParameters": { "gatewayresponse.header.Retry-After": "'5'" } } })
        );
    }

    #[test]
    fn what_openapi_cannot_say_is_refused_rather_than_left_out() {
        let why = document(&with_method("authorizerId", "abc123".into())).unwrap_err();
        assert!(why.contains("GET /") && why.contains("authorizerId"), "{why}");
        assert!(document(&with_method("authorization", "CUSTOM".into())).is_err());
        for lost in ["authorizerId", "requestValidatorId", "requestModels", "authorizationScopes"] {
            let paths = with_method(lost, "abc123".into()).read(&PATHS).unwrap();
            assert!(unwritable(&paths).is_some_and(|why| why.contains("GET /") && why.contains(lost)), "{lost}");
        }
        assert_eq!(unwritable(&spelled_out()), None);
    }

    #[test]
    fn nothing_unknown_is_written() {
        let policy = Value::map([("Statement", Value::List(vec![Value::of(&Address::new("entry/hub"), "id")]))]);
        assert!(document(&attrs().with(&POLICY, policy)).is_err());
        assert!(document(&Attrs::new()).is_err());
    }
}
