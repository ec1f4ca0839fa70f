//! Gateway responses: customised, inherited, imported, kept by a deployment.

use super::*;

const OWN: &str = r#"{"message":$context.error.messageString}"#;

fn customised(ask: &mut Asker, api: &str) -> Vec<String> {
    let all = ask.get(&format!("/restapis/{api}/gatewayresponses?limit=1")).unwrap();
    let items = all["item"].as_array().unwrap();
    assert_eq!((items.len(), &all["position"]), (21, &Value::Null), "all at once");
    items.iter().filter(|one| one["defaultResponse"] == false).map(|one| text(one, "responseType")).collect()
}

#[test]
fn a_customised_response_is_filled_up_changed_and_taken_back() {
    let mut ask = Asker::new();
    let (api, _) = ask.api();
    assert_eq!(customised(&mut ask, &api), Vec::<String>::new());
    let at = |kind: &str| format!("/restapis/{api}/gatewayresponses/{kind}");
    let own = json!({
        "responseType": "THROTTLED", "defaultResponse": true, "statusCode": "429", "responseParameters": {},
        "responseTemplates": { "application/json": OWN }
    });
    assert_eq!(ask.get(&at("THROTTLED")).unwrap(), own);
    assert_eq!(ask.get(&at("DEFAULT_4XX")).unwrap().get("statusCode"), None);

    let header = json!({ "gatewayresponse.header.Retry-After": "'5'" });
    let put = ask.put(&at("THROTTLED"), json!({ "responseParameters": header })).unwrap();
    assert_eq!((&put["statusCode"], &put["defaultResponse"]), (&json!("429"), &json!(false)));
    assert_eq!((&put["responseParameters"], &put["responseTemplates"]), (&header, &own["responseTemplates"]));
    let put = ask.put(&at("THROTTLED"), json!({ "statusCode": "503" })).unwrap();
    assert_eq!((&put["statusCode"], &put["responseParameters"]), (&json!("503"), &json!({})), "nothing is left");

    let xml = ("add", "/responseTemplates/application~1xml", "<busy/>");
    let changed = ask.patch(&at("THROTTLED"), &[("replace", "/statusCode", "500"), xml]).unwrap();
    assert_eq!(changed["responseTemplates"], json!({ "application/json": OWN, "application/xml": "<busy/>" }));
    assert_eq!(ask.get(&at("THROTTLED")).unwrap(), changed);
    ask.patch(&at("UNAUTHORIZED"), &[("replace", "/statusCode", "403")]).unwrap();
    assert_eq!(customised(&mut ask, &api), ["THROTTLED", "UNAUTHORIZED"]);

    ask.delete(&at("THROTTLED")).unwrap();
    assert_eq!(ask.get(&at("THROTTLED")).unwrap(), own);
    refused(ask.delete(&at("THROTTLED")), "NotFoundException", "Gateway response type not defined on api");
}

#[test]
fn a_hundred_follows_its_default_and_counts_as_default() {
    let mut ask = Asker::new();
    let (api, _) = ask.api();
    let at = |kind: &str| format!("/restapis/{api}/gatewayresponses/{kind}");
    ask.put(&at("DEFAULT_5XX"), json!({ "statusCode": "599" })).unwrap();
    let follows = ask.get(&at("AUTHORIZER_FAILURE")).unwrap();
    assert_eq!((&follows["statusCode"], &follows["defaultResponse"]), (&json!("599"), &json!(true)));
    assert_eq!(ask.get(&at("THROTTLED")).unwrap()["statusCode"], "429");
    assert_eq!(ask.get(&at("DEFAULT_4XX")).unwrap().get("statusCode"), None);
    ask.put(&at("AUTHORIZER_FAILURE"), json!({})).unwrap();
    assert_eq!(ask.get(&at("AUTHORIZER_FAILURE")).unwrap()["statusCode"], "500");
    assert_eq!(customised(&mut ask, &api), ["AUTHORIZER_FAILURE", "DEFAULT_5XX"]);
}

#[test]
fn what_aws_refuses_of_a_response_is_refused() {
    let mut ask = Asker::new();
    let (api, _) = ask.api();
    let at = |kind: &str| format!("/restapis/{api}/gatewayresponses/{kind}");
    for answer in [
        ask.get(&at("TEAPOT")),
        ask.put(&at("TEAPOT"), json!({ "statusCode": "418" })),
        ask.patch(&at("TEAPOT"), &[]),
        ask.delete(&at("TEAPOT")),
        ask.put(&at("THROTTLED"), json!({ "statusCode": "999" })),
    ] {
        refused_as(answer, "ValidationException");
    }
    refused_as(ask.put(&at("THROTTLED"), json!({ "responseParameters": { "x": "'1'" } })), "BadRequestException");
    refused_as(ask.patch(&at("THROTTLED"), &[("add", "/statusCode", "444")]), "BadRequestException");
    refused_as(ask.patch(&at("THROTTLED"), &[("add", "/wrong", "1")]), "BadRequestException");
    refused_as(ask.patch(&at("THROTTLED"), &[("replace", "/responseParameters/x", "'1'")]), "NotFoundException");
    refused_as(ask.patch(&at("THROTTLED"), &[("add", "/responseTemplates/a~1b", "")]), "BadRequestException");
    refused_as(ask.get("/restapis/none/gatewayresponses"), "NotFoundException");
    assert_eq!(customised(&mut ask, &api), Vec::<String>::new());
}

#[test]
fn an_import_writes_them_an_overwrite_wipes_them_and_a_deployment_keeps_them() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    ask.method(&api, &root, mock());
    ask.open_policy(&api);
    ask.put(&format!("/restapis/{api}/gatewayresponses/THROTTLED"), json!({ "statusCode": "503" })).unwrap();
    ask.post(&format!("/restapis/{api}/deployments"), json!({ "stageName": "test" })).unwrap();

    let document = |responses: Value| {
        json!({
            "openapi": "3.0.1", "info": { "title": "x" }, "paths": {},
            "x-amazon-apigateway-gateway-responses": responses
        })
    };
    let whole = format!("/restapis/{api}?mode=overwrite");
    refused_as(ask.put(&whole, document(json!({ "TEAPOT": {} }))), "BadRequestException");
    refused_as(ask.put(&whole, document(json!({ "THROTTLED": { "statusCode": "x" } }))), "BadRequestException");
    assert_eq!(customised(&mut ask, &api), ["THROTTLED"], "what is refused changes nothing");
    ask.put(&format!("/restapis/{api}?mode=merge"), document(json!({ "WAF_FILTERED": { "statusCode": 404 } })))
        .unwrap();
    assert_eq!(customised(&mut ask, &api), ["THROTTLED", "WAF_FILTERED"]);
    ask.put(&whole, document(json!({ "UNAUTHORIZED": { "statusCode": "404" } }))).unwrap();
    assert_eq!(customised(&mut ask, &api), ["UNAUTHORIZED"]);
    ask.put(&whole, document(json!({}))).unwrap();
    assert_eq!(customised(&mut ask, &api), Vec::<String>::new());

    let export = ask.get(&format!("/restapis/{api}/stages/test/exports/oas30?extensions=apigateway")).unwrap();
    assert_eq!(export["x-amazon-apigateway-gateway-responses"]["THROTTLED"]["statusCode"], "503");
}
