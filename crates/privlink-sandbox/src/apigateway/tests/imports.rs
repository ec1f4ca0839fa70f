//! OpenAPI import, overwrite and merge.

use super::{Asker, refused, refused_as, text};
use serde_json::{Value, json};

fn document(link: &str) -> Value {
    let allow = "method.response.header.Access-Control-Allow-Origin";
    json!({
        "openapi": "3.0.1",
        "info": { "title": "shop", "version": "1", "description": "the shop" },
        "servers": [{
            "url": "https://example.com/base",
            "x-amazon-apigateway-endpoint-configuration": { "disableExecuteApiEndpoint": false }
        }],
        "x-amazon-apigateway-policy": super::open_policy(),
        "x-amazon-apigateway-binary-media-types": ["image/png"],
        "x-amazon-apigateway-minimum-compression-size": 1024,
        "components": { "schemas": { "Order": { "type": "object" } } },
        "paths": {
            "/orders": {
                "get": {
                    "operationId": "listOrders",
                    "parameters": [{ "name": "page", "in": "query", "schema": { "type": "string" } }],
                    "responses": { "200": { "description": "ok", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } } } },
                    "x-amazon-apigateway-auth": { "type": "AWS_IAM" },
                    "x-amazon-apigateway-integration": {
                        "type": "http_proxy",
                        "httpMethod": "get",
                        "uri": "http://orders.internal:8080/orders",
                        "connectionType": "VPC_LINK",
                        "connectionId": link,
                        "timeoutInMillis": 5000,
                        "tlsConfig": { "insecureSkipVerification": true }
                    }
                },
                "options": {
                    "responses": { "200": { "description": "ok", "headers": { "Access-Control-Allow-Origin": { "schema": { "type": "string" } } } } },
                    "x-amazon-apigateway-integration": {
                        "type": "mock",
                        "passthroughBehavior": "never",
                        "requestTemplates": { "application/json": "{\"statusCode\":200}" },
                        "responses": { "default": { "statusCode": "200", "responseParameters": { allow: "'*'" } } }
                    }
                }
            },
            "/orders/{proxy+}": {
                "parameters": [{ "name": "proxy", "in": "path", "required": true, "schema": { "type": "string" } }],
                "x-amazon-apigateway-any-method": {
                    "x-amazon-apigateway-integration": {
                        "type": "HTTP_PROXY",
                        "httpMethod": "ANY",
                        "uri": "http://orders.internal:8080/{proxy}",
                        "connectionType": "VPC_LINK",
                        "connectionId": link,
                        "requestParameters": { "integration.request.path.proxy": "method.request.path.proxy" }
                    }
                }
            }
        }
    })
}

fn paths(ask: &mut Asker, api: &str) -> Vec<String> {
    let all = ask.get(&format!("/restapis/{api}/resources?limit=500")).unwrap();
    let mut paths: Vec<String> = all["item"].as_array().unwrap().iter().map(|item| text(item, "path")).collect();
    paths.sort();
    paths
}

fn methods_of(ask: &mut Asker, api: &str, path: &str) -> Value {
    let all = ask.get(&format!("/restapis/{api}/resources?limit=500&embed=methods")).unwrap();
    let found = all["item"].as_array().unwrap().iter().find(|item| text(item, "path") == path).cloned();
    found.unwrap()["resourceMethods"].clone()
}

#[test]
fn a_document_becomes_resources_methods_and_integrations() {
    let mut ask = Asker::new();
    let link = ask.link();
    let made = ask.post("/restapis?mode=import&endpointConfigurationTypes=PRIVATE", document(&link)).unwrap();
    let api = text(&made, "id");
    assert_eq!(made["endpointConfiguration"], json!({ "types": ["PRIVATE"], "ipAddressType": "dualstack" }));
    assert_eq!((text(&made, "name"), text(&made, "version")), ("shop".to_owned(), "1".to_owned()));
    assert_eq!((&made["minimumCompressionSize"], &made["binaryMediaTypes"]), (&json!(1024), &json!(["image/png"])));
    assert!(text(&made, "policy").contains("\\\"Allow\\\""));
    assert_eq!(paths(&mut ask, &api), ["/", "/orders", "/orders/{proxy+}"], "the base path is ignored");
    let models = ask.get(&format!("/restapis/{api}/models")).unwrap();
    let names: Vec<String> = models["item"].as_array().unwrap().iter().map(|model| text(model, "name")).collect();
    assert_eq!(names, ["Empty", "Error", "Order"]);
    assert_eq!(ask.get(&format!("/restapis/{api}/models/Order")).unwrap()["schema"], "{\"type\":\"object\"}");
    assert_eq!(ask.get(&format!("/restapis/{api}/authorizers")).unwrap(), json!({ "item": [] }));
    refused_as(ask.get("/restapis/nope/authorizers"), "NotFoundException");
    refused_as(ask.get(&format!("/restapis/{api}/models/None")), "NotFoundException");
    let orders = methods_of(&mut ask, &api, "/orders");
    let get = &orders["GET"];
    assert_eq!((&get["authorizationType"], &get["operationName"]), (&json!("AWS_IAM"), &json!("listOrders")));
    assert_eq!(get["requestParameters"], json!({ "method.request.querystring.page": false }));
    assert_eq!(get["methodResponses"]["200"]["responseModels"], json!({ "application/json": "Order" }));
    let integration = &get["methodIntegration"];
    assert_eq!((&integration["type"], &integration["httpMethod"]), (&json!("HTTP_PROXY"), &json!("GET")));
    assert_eq!((&integration["connectionId"], &integration["timeoutInMillis"]), (&json!(link), &json!(5000)));
    let preflight = &orders["OPTIONS"]["methodIntegration"];
    assert_eq!((&preflight["passthroughBehavior"], &preflight["type"]), (&json!("NEVER"), &json!("MOCK")));
    assert!(preflight["integrationResponses"]["200"].get("selectionPattern").is_none());
    let any = &methods_of(&mut ask, &api, "/orders/{proxy+}")["ANY"];
    assert_eq!(any["requestParameters"], json!({ "method.request.path.proxy": true }));
    ask.post(&format!("/restapis/{api}/deployments"), json!({ "stageName": "prod" })).unwrap();
}

#[test]
fn an_import_makes_an_edge_api_unless_told_otherwise() {
    let mut ask = Asker::new();
    let link = ask.link();
    let made = ask.post("/restapis?mode=import", document(&link)).unwrap();
    assert_eq!(made["endpointConfiguration"]["types"], json!(["EDGE"]));
}

#[test]
fn overwrite_takes_away_what_the_document_omits_and_merge_keeps_it() {
    let mut ask = Asker::new();
    let link = ask.link();
    let api =
        text(&ask.post("/restapis?mode=import&endpointConfigurationTypes=PRIVATE", document(&link)).unwrap(), "id");
    let before = ask.get(&format!("/restapis/{api}")).unwrap();
    let small = json!({
        "swagger": "2.0",
        "info": { "title": "small" },
        "x-amazon-apigateway-binary-media-types": ["image/gif"],
        "paths": { "/health": { "get": { "x-amazon-apigateway-integration": { "type": "mock" } } } }
    });
    let merged = ask.put(&format!("/restapis/{api}?mode=merge"), small.clone()).unwrap();
    assert_eq!((text(&merged, "name"), &merged["policy"]), ("small".to_owned(), &before["policy"]));
    assert_eq!(merged["binaryMediaTypes"], json!(["image/png", "image/gif"]));
    assert_eq!(paths(&mut ask, &api), ["/", "/health", "/orders", "/orders/{proxy+}"]);
    let again = ask.put(&format!("/restapis/{api}"), small.clone()).unwrap();
    assert_eq!(again, merged, "the default is merge, and twice is once");
    let over = ask.put(&format!("/restapis/{api}?mode=overwrite"), small).unwrap();
    for gone in ["policy", "description", "minimumCompressionSize"] {
        assert!(over.get(gone).is_none(), "{gone}");
    }
    assert_eq!(over["binaryMediaTypes"], json!(["image/gif"]));
    assert_eq!(over["rootResourceId"], before["rootResourceId"]);
    assert_eq!(over["endpointConfiguration"]["types"], json!(["PRIVATE"]));
    assert_eq!(paths(&mut ask, &api), ["/", "/health"]);
    ask.delete(&format!("/vpclinks/{link}")).unwrap();
}

#[test]
fn a_refused_document_leaves_the_old_definition() {
    let mut ask = Asker::new();
    let link = ask.link();
    let api = text(&ask.post("/restapis?mode=import", document(&link)).unwrap(), "id");
    let resources = format!("/restapis/{api}/resources?embed=methods&limit=500");
    let before = (ask.get(&format!("/restapis/{api}")).unwrap(), ask.get(&resources).unwrap());
    let mut wrong_link = document("nolink");
    wrong_link["info"]["title"] = json!("other");
    let fault = ask.put(&format!("/restapis/{api}?mode=overwrite"), wrong_link).unwrap_err();
    assert_eq!(
        fault.message,
        "Errors found during import:\n\tUnable to put integration on 'GET' for resource at path '/orders': Invalid Vpc \
         Link identifier specified\n\tUnable to put integration on 'ANY' for resource at path '/orders/{proxy+}': \
         Invalid Vpc Link identifier specified"
    );
    let mut siblings = document(&link);
    siblings["paths"]["/orders/{id}"] = json!({ "get": {} });
    let fault = ask.put(&format!("/restapis/{api}?mode=overwrite"), siblings).unwrap_err();
    assert!(fault.message.contains("already has a variable path part -- only one is allowed"), "{}", fault.message);
    let mut undeclared = document(&link);
    undeclared["paths"]["/orders/{proxy+}"]["parameters"] = json!([]);
    refused_as(ask.put(&format!("/restapis/{api}?mode=overwrite"), undeclared), "BadRequestException");
    let mut warned = document(&link);
    warned["paths"]["/orders"]["trace"] = json!({});
    let target = format!("/restapis/{api}?mode=overwrite&failonwarnings=true");
    refused_as(ask.put(&target, warned.clone()), "BadRequestException");
    assert_eq!((ask.get(&format!("/restapis/{api}")).unwrap(), ask.get(&resources).unwrap()), before);
    let taken = ask.put(&format!("/restapis/{api}?mode=overwrite"), warned).unwrap();
    assert_eq!(taken["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_no_document_is_refused() {
    let mut ask = Asker::new();
    for body in [
        "",
        "nonsense",
        "{",
        "[]",
        "{}",
        "{\"openapi\":\"3.0.1\"}",
        "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"x\"},\"paths\":{}}",
    ] {
        let fault = ask.raw("POST", "/restapis?mode=import", body.as_bytes().to_vec()).unwrap_err();
        assert_eq!(
            (fault.code.as_str(), fault.message.as_str()),
            ("BadRequestException", "Invalid OpenAPI input."),
            "{body}"
        );
    }
    let yaml = ask.raw("POST", "/restapis?mode=import", b"openapi: 3.0.1\n".to_vec()).unwrap_err();
    assert!(yaml.message.contains("JSON documents only"));
    let large = ask.raw("POST", "/restapis?mode=import", vec![b' '; 6 * 1024 * 1024 + 1]).unwrap_err();
    assert_eq!(large.status, 413);
    assert_eq!(ask.get("/restapis").unwrap(), json!({ "item": [] }));
}

#[test]
fn base_paths_are_prepended_or_split_when_asked() {
    let mut ask = Asker::new();
    let small = json!({
        "swagger": "2.0",
        "info": { "title": "small" },
        "basePath": "/one/two",
        "paths": { "/x": { "get": {} } }
    });
    for (parameter, wanted) in [("ignore", "/x"), ("prepend", "/one/two/x"), ("split", "/two/x")] {
        let api = text(&ask.post(&format!("/restapis?mode=import&basepath={parameter}"), small.clone()).unwrap(), "id");
        assert_eq!(paths(&mut ask, &api).last().unwrap(), wanted);
    }
}

#[test]
fn a_document_of_more_than_three_hundred_resources_is_over_the_quota() {
    let mut ask = Asker::new();
    let paths: serde_json::Map<String, Value> = (0..300).map(|n| (format!("/r{n}"), json!({ "get": {} }))).collect();
    let document = json!({ "openapi": "3.0.1", "info": { "title": "big" }, "paths": paths });
    refused_as(ask.post("/restapis?mode=import", document), "LimitExceededException");
}

#[test]
fn an_export_can_be_imported_again() {
    let mut ask = Asker::new();
    let link = ask.link();
    let api =
        text(&ask.post("/restapis?mode=import&endpointConfigurationTypes=PRIVATE", document(&link)).unwrap(), "id");
    ask.post(&format!("/restapis/{api}/deployments"), json!({ "stageName": "prod" })).unwrap();
    let before = methods_of(&mut ask, &api, "/orders");
    let base = format!("/restapis/{api}/stages/prod/exports");
    let exported = ask.get(&format!("{base}/oas30?extensions=integrations,apigateway")).unwrap();
    ask.put(&format!("/restapis/{api}?mode=overwrite"), exported).unwrap();
    let after = methods_of(&mut ask, &api, "/orders");
    for verb in ["GET", "OPTIONS"] {
        let strip = |value: &Value| {
            let mut value = value[verb].clone();
            value["methodIntegration"].as_object_mut().unwrap().remove("cacheNamespace");
            value.as_object_mut().unwrap().remove("methodResponses");
            value
        };
        assert_eq!(strip(&before), strip(&after));
    }
    let plain = ask.get(&format!("{base}/swagger")).unwrap();
    assert!(plain["swagger"] == "2.0" && !plain.to_string().contains("x-amazon-apigateway-integration"));
    refused(ask.get(&format!("{base}/wsdl")), "BadRequestException", "No API exporter for type specified");
    refused_as(ask.get(&format!("/restapis/{api}/stages/nope/exports/oas30")), "NotFoundException");
}

#[test]
fn what_this_world_cannot_keep_is_refused_not_lost() {
    let mut ask = Asker::new();
    let base = |operation: Value| {
        json!({
            "openapi": "3.0.1",
            "info": { "title": "x" },
            "components": {
                "securitySchemes": {
                    "key": { "type": "apiKey", "name": "x-api-key", "in": "header" },
                    "sig": { "type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4" },
                    "lambda": { "type": "apiKey", "name": "token", "in": "header", "x-amazon-apigateway-authorizer": {} }
                },
                "x-amazon-apigateway-integrations": { "none": { "type": "mock" } }
            },
            "paths": { "/x": { "get": operation } }
        })
    };
    for operation in [
        json!({ "security": [{ "lambda": [] }] }),
        json!({ "security": [{ "missing": [] }] }),
        json!({ "x-amazon-apigateway-request-validator": "all" }),
        json!({ "x-amazon-apigateway-auth": { "type": "CUSTOM" } }),
        json!({ "x-amazon-apigateway-integration": { "type": "telepathy" } }),
        json!({ "x-amazon-apigateway-integration": { "type": "mock", "responses": { "default": { "statusCode": "200" } } } }),
        json!({ "parameters": [{ "$ref": "#/components/parameters/none" }] }),
        json!({ "responses": { "200": { "content": { "a/b": { "schema": { "$ref": "#/components/schemas/None" } } } } } }),
    ] {
        refused_as(ask.post("/restapis?mode=import", base(operation)), "BadRequestException");
    }
    let mut validators = base(json!({}));
    validators["x-amazon-apigateway-request-validators"] = json!({});
    refused_as(ask.post("/restapis?mode=import", validators), "BadRequestException");
    let named = json!({
        "security": [{ "key": [] }, { "sig": [] }],
        "x-amazon-apigateway-integration": { "$ref": "#/components/x-amazon-apigateway-integrations/none" }
    });
    let api = text(&ask.post("/restapis?mode=import", base(named)).unwrap(), "id");
    let method = &methods_of(&mut ask, &api, "/x")["GET"];
    assert_eq!((&method["apiKeyRequired"], &method["authorizationType"]), (&json!(true), &json!("AWS_IAM")));
    assert_eq!(method["methodIntegration"]["type"], "MOCK");
}

#[test]
fn a_document_cut_off_or_changed_anywhere_is_refused_or_read_but_never_a_panic() {
    let mut ask = Asker::new();
    let link = ask.link();
    let whole = document(&link).to_string();
    for end in 0..whole.len() {
        let cut = whole.as_bytes()[..end].to_vec();
        assert!(ask.raw("POST", "/restapis?mode=import", cut).is_err());
    }
    let api = text(&ask.post("/restapis?mode=import", document(&link)).unwrap(), "id");
    let target = format!("/restapis/{api}?mode=overwrite");
    for (at, _) in whole.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()) {
        let mut changed = whole.clone().into_bytes();
        changed[at] = b'~';
        let answer = ask.raw("PUT", &target, changed);
        assert!(answer.is_ok() || answer.is_err_and(|fault| fault.status < 500));
    }
}
