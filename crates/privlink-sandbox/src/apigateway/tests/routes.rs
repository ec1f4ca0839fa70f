//! Resources, methods and integrations.

use super::{Asker, mock, over_link, refused, refused_as, text};
use serde_json::{Value, json};

#[test]
fn the_resource_tree_grows_by_awss_rules() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    let base = format!("/restapis/{api}/resources");
    let mut add = |parent: &str, part: &str| ask.post(&format!("{base}/{parent}"), json!({ "pathPart": part }));
    let pets = add(&root, "pets").unwrap();
    assert_eq!((text(&pets, "path"), text(&pets, "parentId")), ("/pets".to_owned(), root.clone()));
    let proxy = add(&root, "{proxy+}").unwrap();
    refused(
        add(&root, "pets"),
        "ConflictException",
        "Another resource with the same parent already has this name: pets",
    );
    refused(
        add(&root, "{id}"),
        "BadRequestException",
        "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
    );
    refused(
        add(&text(&proxy, "id"), "more"),
        "BadRequestException",
        "Cannot create a child of a resource with a greedy path variable: {proxy+}",
    );
    refused(add("nope", "more"), "NotFoundException", "Invalid Resource identifier specified");
    for part in ["", "a/b", "a b", "{", "{}", "x{id}", "{id", "ä"] {
        refused_as(add(&root, part), "BadRequestException");
    }
    let deep = add(&text(&pets, "id"), "{id}").unwrap();
    assert_eq!(text(&deep, "path"), "/pets/{id}");
}

#[test]
fn resources_move_and_go_with_all_below_them() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    let base = format!("/restapis/{api}/resources");
    let pets = text(&ask.post(&format!("{base}/{root}"), json!({ "pathPart": "pets" })).unwrap(), "id");
    let sub = text(&ask.post(&format!("{base}/{pets}"), json!({ "pathPart": "sub" })).unwrap(), "id");
    let pets_path = format!("{base}/{pets}");
    let moved = ask.patch(&pets_path, &[("replace", "/pathPart", "dogs")]).unwrap();
    assert_eq!(text(&moved, "path"), "/dogs");
    assert_eq!(text(&ask.get(&format!("{base}/{sub}")).unwrap(), "path"), "/dogs/sub");
    let cases = [
        ("replace", "/parentId", sub.as_str(), "Resources cannot be cyclical."),
        (
            "remove",
            "/pathPart",
            "",
            "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations",
        ),
        (
            "replace",
            "/x",
            "",
            "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
        ),
    ];
    for (op, path, value, message) in cases {
        refused(ask.patch(&pets_path, &[(op, path, value)]), "BadRequestException", message);
    }
    let at_root = ask.patch(&format!("{base}/{root}"), &[("replace", "/pathPart", "x")]);
    refused(at_root, "BadRequestException", "Root resource cannot update its pathPart.");
    refused_as(ask.delete(&format!("{base}/{root}")), "BadRequestException");
    ask.delete(&pets_path).unwrap();
    refused(ask.get(&format!("{base}/{sub}")), "NotFoundException", "Invalid Resource identifier specified");
}

#[test]
fn an_api_has_three_hundred_resources_at_most() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    let path = format!("/restapis/{api}/resources/{root}");
    for n in 1..300 {
        ask.post(&path, json!({ "pathPart": format!("r{n}") })).unwrap();
    }
    let fault = ask.post(&path, json!({ "pathPart": "one-more" })).unwrap_err();
    assert_eq!((fault.status, fault.code.as_str()), (429, "LimitExceededException"));
    let page = ask.get(&format!("/restapis/{api}/resources?limit=500")).unwrap();
    assert_eq!(page["item"].as_array().unwrap().len(), 300);
}

#[test]
fn methods_are_put_once_and_patched_after() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    let path = format!("/restapis/{api}/resources/{root}/methods/ANY");
    let put = json!({
        "authorizationType": "NONE",
        "requestParameters": { "method.request.path.proxy": true }
    });
    let made = ask.put(&path, put.clone()).unwrap();
    assert_eq!(
        made,
        json!({
            "httpMethod": "ANY",
            "authorizationType": "NONE",
            "apiKeyRequired": false,
            "requestParameters": { "method.request.path.proxy": true }
        })
    );
    refused(ask.put(&path, put.clone()), "ConflictException", "Method already exists for this resource");
    let wrong_verb = ask.put(&path.replace("ANY", "FETCH"), put);
    refused(
        wrong_verb,
        "BadRequestException",
        "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
    );
    let get = path.replace("ANY", "GET");
    for body in [
        json!({ "authorizationType": "CUSTOM", "authorizerId": "abc" }),
        json!({ "authorizationType": "MAGIC" }),
        json!({ "authorizationType": "NONE", "requestValidatorId": "abc" }),
        json!({ "authorizationType": "NONE", "requestModels": { "application/json": "Pet" } }),
        json!({ "authorizationType": "NONE", "requestParameters": { "method.request.header.a": true, "method.request.querystring.a": true } }),
    ] {
        refused_as(ask.put(&get, body), "BadRequestException");
    }
    refused(ask.get(&get), "NotFoundException", "Invalid Method identifier specified");
    refused(ask.get(&path.replace(&api, "nope")), "NotFoundException", "Invalid Resource identifier specified");
    let changed = ask
        .patch(
            &path,
            &[
                ("replace", "/authorizationType", "AWS_IAM"),
                ("add", "/requestParameters/method.request.header.x", "true"),
                ("remove", "/requestParameters/method.request.path.proxy", ""),
            ],
        )
        .unwrap();
    assert_eq!(changed["requestParameters"], json!({ "method.request.header.x": true }));
    assert_eq!(changed["authorizationType"], "AWS_IAM");
    refused(
        ask.patch(&path, &[("replace", "/httpMethod", "GET")]),
        "BadRequestException",
        "Invalid patch path /httpMethod",
    );
    let gone = ask.patch(&path, &[("remove", "/requestParameters/method.request.header.none", "")]);
    refused(gone, "NotFoundException", "Invalid parameter name specified");
    ask.delete(&path).unwrap();
    refused(ask.delete(&path), "NotFoundException", "Invalid Method identifier specified");
}

#[test]
fn get_resources_gives_methods_in_full_only_when_embedded() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    ask.method(&api, &root, mock());
    let plain = ask.get(&format!("/restapis/{api}/resources")).unwrap();
    assert_eq!(plain["item"][0]["resourceMethods"], json!({ "GET": {} }));
    let full = ask.get(&format!("/restapis/{api}/resources?embed=methods&limit=500")).unwrap();
    assert_eq!(full["item"][0]["resourceMethods"]["GET"]["methodIntegration"]["type"], "MOCK");
}

#[test]
fn an_integration_has_the_recorded_defaults_and_put_overwrites() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    let link = ask.link();
    ask.method(&api, &root, over_link(&link));
    let path = format!("/restapis/{api}/resources/{root}/methods/GET/integration");
    let expected = json!({
        "type": "HTTP_PROXY",
        "httpMethod": "GET",
        "uri": "http://orders.internal:8080/",
        "connectionType": "VPC_LINK",
        "connectionId": link,
        "passthroughBehavior": "WHEN_NO_MATCH",
        "timeoutInMillis": 29000,
        "cacheNamespace": root,
        "cacheKeyParameters": []
    });
    assert_eq!(ask.get(&path).unwrap(), expected);
    let mut other = over_link("${stageVariables.link}");
    other["tlsConfig"] = json!({ "insecureSkipVerification": true });
    other["timeoutInMillis"] = json!(5000);
    let other = ask.put(&path, other).unwrap();
    assert_eq!((&other["timeoutInMillis"], &other["connectionId"]), (&json!(5000), &json!("${stageVariables.link}")));
    let changed = ask
        .patch(
            &path,
            &[
                ("replace", "/uri", "https://orders.internal/{proxy}"),
                ("add", "/requestParameters/integration.request.header.x", "'1'"),
                ("replace", "/timeoutInMillis", "50"),
                ("replace", "/tlsConfig/insecureSkipVerification", "false"),
                ("replace", "/connectionId", &link),
            ],
        )
        .unwrap();
    assert_eq!(changed["requestParameters"], json!({ "integration.request.header.x": "'1'" }));
    refused_as(ask.patch(&path, &[("replace", "/type", "MOCK")]), "BadRequestException");
    refused_as(ask.patch(&path, &[("replace", "/connectionId", "nolink")]), "BadRequestException");
    refused_as(ask.patch(&path, &[("replace", "/timeoutInMillis", "49")]), "BadRequestException");
    assert_eq!(ask.get(&path).unwrap(), changed);
    ask.delete(&path).unwrap();
    refused(ask.get(&path), "NotFoundException", "Invalid Integration identifier specified");
}

#[test]
fn what_aws_refuses_of_an_integration_is_refused() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    let link = ask.link();
    let path = format!("/restapis/{api}/resources/{root}/methods/GET");
    ask.put(&path, json!({ "authorizationType": "NONE" })).unwrap();
    let path = format!("{path}/integration");
    let with = |key: &str, value: Value| {
        let mut body = over_link(&link);
        body[key] = value;
        body
    };
    let cases = [
        (with("httpMethod", json!("")), "Enumeration value for HttpMethod must be non-empty"),
        (with("uri", json!("orders")), "Invalid HTTP endpoint specified for URI"),
        (with("uri", json!("http://")), "Invalid HTTP endpoint specified for URI"),
        (with("uri", json!("http://host:0/")), "Invalid HTTP endpoint specified for URI"),
        (with("connectionId", json!("nolink")), "Invalid Vpc Link identifier specified"),
        (with("connectionId", Value::Null), "ConnectionId is required for VPC_LINK connections"),
        (with("timeoutInMillis", json!(29001)), "Timeout should be between 50 ms and 29000 ms"),
        (with("integrationTarget", json!("arn:x")), "IntegrationTarget is only supported for VpcLinkV2"),
        (
            with("requestParameters", json!({ "integration.request.path.proxy": "method.request.path.proxy" })),
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping \
             expression specified: method.request.path.proxy]",
        ),
    ];
    for (body, message) in cases {
        refused(ask.put(&path, body), "BadRequestException", message);
    }
    refused_as(ask.put(&path, with("type", json!("HTTPS_PROXY"))), "ValidationException");
    refused(ask.get(&path), "NotFoundException", "Invalid Integration identifier specified");
}

#[test]
fn a_preflight_is_made_of_four_calls_in_order() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    let path = format!("/restapis/{api}/resources/{root}/methods/OPTIONS");
    ask.put(&path, json!({ "authorizationType": "NONE" })).unwrap();
    ask.put(&format!("{path}/integration"), mock()).unwrap();
    let allow = "method.response.header.Access-Control-Allow-Origin";
    let answer = json!({ "responseParameters": { allow: "'*'" }, "responseTemplates": { "application/json": "" } });
    let at = format!("{path}/integration/responses/200");
    refused(ask.put(&at, answer.clone()), "NotFoundException", "Invalid Response status code specified");
    let response = format!("{path}/responses/200");
    ask.put(&response, json!({ "responseParameters": { allow: false } })).unwrap();
    refused(ask.put(&response, json!({})), "ConflictException", "Response already exists for this resource");
    let made = ask.put(&at, answer).unwrap();
    assert_eq!(made["responseTemplates"], json!({ "application/json": null }));
    refused_as(ask.put(&at, json!({ "responseParameters": { allow: "unquoted" } })), "BadRequestException");
    refused_as(ask.put(&at.replace("200", "wrong"), json!({})), "ValidationException");
    let changed = ask.patch(&at, &[("replace", "/selectionPattern", "2..")]).unwrap();
    assert_eq!(changed["selectionPattern"], "2..");
    let whole = ask.get(&path).unwrap();
    assert_eq!(
        whole["methodIntegration"]["integrationResponses"]["200"]["responseParameters"],
        json!({ allow: "'*'" })
    );
    ask.delete(&at).unwrap();
    ask.delete(&response).unwrap();
    refused(ask.get(&at), "NotFoundException", "Invalid Response status code specified");
}
