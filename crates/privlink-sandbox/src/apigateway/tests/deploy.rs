//! Deployments, stages and exports.

use super::{ACCOUNT, Asker, mock, open_policy, refused, refused_as, text};
use serde_json::{Value, json};

fn ready(ask: &mut Asker) -> (String, String) {
    let (api, root) = ask.api();
    ask.open_policy(&api);
    ask.method(&api, &root, mock());
    (api, root)
}

fn deploy(ask: &mut Asker, api: &str, body: Value) -> String {
    text(&ask.post(&format!("/restapis/{api}/deployments"), body).unwrap(), "id")
}

#[test]
fn aws_deploys_only_what_is_whole() {
    let mut ask = Asker::new();
    let (api, root) = ask.api();
    let deployments = format!("/restapis/{api}/deployments");
    refused(ask.post(&deployments, json!({})), "BadRequestException", "The REST API doesn't contain any methods");
    let method = format!("/restapis/{api}/resources/{root}/methods/GET");
    ask.put(&method, json!({ "authorizationType": "NONE" })).unwrap();
    let wanted = "Private REST API doesn't have a resource policy attached to it";
    refused(ask.post(&deployments, json!({})), "BadRequestException", wanted);
    ask.open_policy(&api);
    refused(ask.post(&deployments, json!({})), "BadRequestException", "No integration defined for method");
    ask.put(&format!("{method}/integration"), mock()).unwrap();
    let made = ask.post(&deployments, json!({ "description": "first" })).unwrap();
    let created = ask.world.now().epoch_seconds();
    assert_eq!(made, json!({ "id": made["id"], "description": "first", "createdDate": created }));
}

#[test]
fn a_deployment_is_a_snapshot_of_routes_policy_and_endpoints() {
    let mut ask = Asker::new();
    let (api, root) = ready(&mut ask);
    let first = deploy(&mut ask, &api, json!({ "stageName": "prod" }));
    let more = ask.post(&format!("/restapis/{api}/resources/{root}"), json!({ "pathPart": "later" })).unwrap();
    ask.method(&api, &text(&more, "id"), mock());
    let mut policy = open_policy();
    policy["Statement"][0]["Sid"] = json!("New");
    ask.patch(&format!("/restapis/{api}"), &[("replace", "/policy", &policy.to_string())]).unwrap();
    let summary = |ask: &mut Asker, id: &str| {
        ask.get(&format!("/restapis/{api}/deployments/{id}?embed=apisummary")).unwrap()["apiSummary"].clone()
    };
    let get = json!({ "authorizationType": "NONE", "apiKeyRequired": false });
    assert_eq!(summary(&mut ask, &first), json!({ "/": { "GET": get } }));
    let export = format!("/restapis/{api}/stages/prod/exports/oas30?extensions=apigateway");
    let old = ask.get(&export).unwrap();
    assert!(old["paths"].get("/later").is_none() && !old.to_string().contains("New"));
    let second = deploy(&mut ask, &api, json!({ "stageName": "prod" }));
    assert_eq!(summary(&mut ask, &second), json!({ "/": { "GET": get }, "/later": { "GET": get } }));
    let new = ask.get(&export).unwrap();
    assert!(new["paths"].get("/later").is_some() && new.to_string().contains("New"));
    let stage = ask.get(&format!("/restapis/{api}/stages/prod")).unwrap();
    assert_eq!(text(&stage, "deploymentId"), second, "the stage was moved");
    assert_eq!(ask.get(&format!("/restapis/{api}/deployments")).unwrap()["item"].as_array().unwrap().len(), 2);
}

#[test]
fn a_deployment_that_a_stage_serves_stays() {
    let mut ask = Asker::new();
    let (api, _) = ready(&mut ask);
    let first = deploy(&mut ask, &api, json!({ "stageName": "prod" }));
    let path = format!("/restapis/{api}/deployments/{first}");
    let wanted = "Active stages pointing to this deployment must be moved or deleted";
    refused(ask.delete(&path), "BadRequestException", wanted);
    assert_eq!(ask.patch(&path, &[("replace", "/description", "d")]).unwrap()["description"], "d");
    refused_as(ask.patch(&path, &[("replace", "/id", "d")]), "BadRequestException");
    deploy(&mut ask, &api, json!({ "stageName": "prod" }));
    ask.delete(&path).unwrap();
    refused_as(ask.get(&path), "NotFoundException");
}

#[test]
fn stages_need_a_deployment_and_keep_their_settings() {
    let mut ask = Asker::new();
    let (api, _) = ready(&mut ask);
    let stages = format!("/restapis/{api}/stages");
    let body = |name: &str, deployment: &str| json!({ "stageName": name, "deploymentId": deployment });
    refused(ask.post(&stages, body("prod", "nope")), "BadRequestException", "Deployment id does not exist");
    let id = deploy(&mut ask, &api, json!({}));
    refused(ask.post(&stages, body("pr od", &id)), "BadRequestException", "Stage name only allows a-zA-Z0-9_-");
    let made = ask
        .post(
            &stages,
            json!({ "stageName": "prod", "deploymentId": id, "variables": { "color": "blue" }, "tags": { "a": "1" } }),
        )
        .unwrap();
    let now = ask.world.now().epoch_seconds();
    let expected = json!({
        "deploymentId": id,
        "stageName": "prod",
        "cacheClusterEnabled": false,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "variables": { "color": "blue" },
        "tracingEnabled": false,
        "tags": { "a": "1" },
        "createdDate": now,
        "lastUpdatedDate": now
    });
    assert_eq!(made, expected);
    refused(ask.post(&stages, body("prod", &id)), "ConflictException", "Stage already exists");
    assert_eq!(ask.get(&stages).unwrap()["item"].as_array().unwrap().len(), 1);
    assert_eq!(ask.get(&format!("{stages}?deploymentId=other")).unwrap(), json!({ "item": [] }));
    let path = format!("{stages}/prod");
    let changed = ask
        .patch(
            &path,
            &[
                ("replace", "/variables/size", "2"),
                ("remove", "/variables/color", ""),
                ("replace", "/*/*/throttling/burstLimit", "12"),
                ("replace", "/~1orders~1{id}/GET/metrics/enabled", "true"),
                ("replace", "/description", "d"),
            ],
        )
        .unwrap();
    assert_eq!(changed["variables"], json!({ "size": "2" }));
    assert_eq!(changed["methodSettings"]["*/*"]["throttlingBurstLimit"], 12);
    assert_eq!(changed["methodSettings"]["~1orders~1{id}/GET"]["metricsEnabled"], true);
    let reset = ask.patch(&path, &[("remove", "/*/*", ""), ("remove", "/~1orders~1{id}/GET", "")]).unwrap();
    assert_eq!(reset["methodSettings"], json!({}));
    let wanted = "Cannot remove method setting */* because there is no method setting for this method ";
    refused(ask.patch(&path, &[("remove", "/*/*", "")]), "BadRequestException", wanted);
    let tags = ask.patch(&path, &[("replace", "/tags/a", "2")]).unwrap_err();
    assert!(tags.message.starts_with("Invalid method setting path: /tags/a. Must be one of: [/deploymentId, "));
    refused_as(ask.patch(&path, &[("replace", "/deploymentId", "nope")]), "BadRequestException");
    refused_as(ask.patch(&path, &[("replace", "/variables/a", "ü")]), "BadRequestException");
    ask.delete(&path).unwrap();
    refused(ask.get(&path), "NotFoundException", "Invalid stage identifier specified");
}

#[test]
fn settings_of_methods_are_kept_as_they_were_spelled_and_go_as_a_whole() {
    let mut ask = Asker::new();
    let (api, _) = ready(&mut ask);
    deploy(&mut ask, &api, json!({ "stageName": "prod" }));
    let path = format!("/restapis/{api}/stages/prod");
    let all = [("replace", "/*/*/caching/enabled", "true"), ("replace", "/~1/GET/throttling/burstLimit", "7")];
    let set = ask.patch(&path, &all).unwrap();
    assert_eq!(set["methodSettings"]["~1/GET"]["throttlingBurstLimit"], 7);
    assert_eq!(set["methodSettings"]["~1/GET"]["cachingEnabled"], true, "a method begins with what holds for all");
    let later = ask.patch(&path, &[("replace", "/*/*/caching/enabled", "false")]).unwrap();
    assert_eq!(later["methodSettings"]["~1/GET"]["cachingEnabled"], true, "and stays there");
    let one = "/~1/GET/throttling/burstLimit";
    let wanted =
        "Cannot remove method setting ~1/GET/throttling/burstLimit because there is no method setting for this method ";
    refused(ask.patch(&path, &[("remove", one, "")]), "BadRequestException", wanted);
    let wanted = format!("Invalid add operation with path: {one}");
    refused(ask.patch(&path, &[("add", one, "8")]), "BadRequestException", &wanted);
    for other in ["/description", "/tracingEnabled", "/cacheClusterEnabled", "/cacheClusterSize"] {
        refused_as(ask.patch(&path, &[("remove", other, "")]), "BadRequestException");
    }
    let rest = ask.patch(&path, &[("remove", "/~1/GET", ""), ("replace", "/~1/GET/metrics/enabled", "true")]).unwrap();
    assert_eq!(rest["methodSettings"]["~1/GET"]["throttlingBurstLimit"], 5000);
}

#[test]
fn a_canary_takes_a_share_of_a_stage_until_it_is_removed_or_promoted() {
    let mut ask = Asker::new();
    let (api, _) = ready(&mut ask);
    let first = deploy(&mut ask, &api, json!({ "stageName": "prod" }));
    let canary = json!({ "percentTraffic": 12.5, "stageVariableOverrides": { "color": "blue" } });
    let lonely = ask.post(&format!("/restapis/{api}/deployments"), json!({ "canarySettings": canary }));
    refused_as(lonely, "BadRequestException");
    let second = deploy(&mut ask, &api, json!({ "stageName": "prod", "canarySettings": canary }));
    let path = format!("/restapis/{api}/stages/prod");
    let stage = ask.get(&path).unwrap();
    assert_eq!(text(&stage, "deploymentId"), first, "the stage itself stays where it is");
    let expected = json!({ "percentTraffic": 12.5, "deploymentId": second, "useStageCache": false,
        "stageVariableOverrides": { "color": "blue" } });
    assert_eq!(stage["canarySettings"], expected);
    let wanted = "Active stages pointing to this deployment must be moved or deleted";
    refused(ask.delete(&format!("/restapis/{api}/deployments/{second}")), "BadRequestException", wanted);
    let changed = ask.patch(&path, &[("replace", "/canarySettings/percentTraffic", "50")]).unwrap();
    assert_eq!(changed["canarySettings"]["percentTraffic"], 50.0);
    refused_as(ask.patch(&path, &[("replace", "/canarySettings/percentTraffic", "101")]), "BadRequestException");
    refused_as(ask.patch(&path, &[("replace", "/canarySettings/deploymentId", "nope")]), "BadRequestException");

    let promote = json!({ "patchOperations": [{ "op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId" }] });
    assert_eq!(text(&ask.send("PATCH", &path, promote.clone()).unwrap(), "deploymentId"), second);
    let removed = ask.patch(&path, &[("remove", "/canarySettings", "")]).unwrap();
    assert!(removed.get("canarySettings").is_none());
    refused_as(ask.patch(&path, &[("remove", "/canarySettings", "")]), "BadRequestException");
    refused(
        ask.send("PATCH", &path, promote),
        "BadRequestException",
        "Promotion not available. Canary does not exist.",
    );
    ask.delete(&format!("/restapis/{api}/deployments/{first}")).unwrap();
}

#[test]
fn a_stage_takes_no_certificate_and_no_documentation_that_is_not_there() {
    let mut ask = Asker::new();
    let (api, _) = ready(&mut ask);
    deploy(&mut ask, &api, json!({ "stageName": "prod" }));
    let path = format!("/restapis/{api}/stages/prod");
    for of in ["/clientCertificateId", "/documentationVersion"] {
        refused_as(ask.patch(&path, &[("replace", of, "abc")]), "NotFoundException");
        ask.patch(&path, &[("replace", of, "")]).unwrap();
    }
}

#[test]
fn an_api_has_ten_stages_at_most() {
    let mut ask = Asker::new();
    let (api, _) = ready(&mut ask);
    for n in 0..10 {
        deploy(&mut ask, &api, json!({ "stageName": format!("s{n}") }));
    }
    let more = ask.post(&format!("/restapis/{api}/deployments"), json!({ "stageName": "s10" }));
    refused_as(more, "LimitExceededException");
    deploy(&mut ask, &api, json!({ "stageName": "s9" }));
}

#[test]
fn a_stage_logs_only_once_the_account_has_a_role() {
    let mut ask = Asker::new();
    let (api, _) = ready(&mut ask);
    deploy(&mut ask, &api, json!({ "stageName": "prod" }));
    let path = format!("/restapis/{api}/stages/prod");
    let log = [("replace", "/*/*/logging/loglevel", "INFO")];
    let wanted = "CloudWatch Logs role ARN must be set in account settings to enable logging";
    refused(ask.patch(&path, &log), "BadRequestException", wanted);
    let role = format!("arn:aws:iam::{ACCOUNT}:role/deployer");
    ask.patch("/account", &[("replace", "/cloudwatchRoleArn", &role)]).unwrap();
    assert_eq!(ask.patch(&path, &log).unwrap()["methodSettings"]["*/*"]["loggingLevel"], "INFO");
    let wanted = "Access Log value must not be empty";
    refused(ask.patch(&path, &[("replace", "/accessLogSettings/format", "")]), "BadRequestException", wanted);
}

#[test]
fn a_world_that_was_saved_answers_as_before() {
    let mut ask = Asker::new();
    let link = ask.link();
    let (api, root) = ready(&mut ask);
    let more = ask.post(&format!("/restapis/{api}/resources/{root}"), json!({ "pathPart": "x" })).unwrap();
    ask.method(&api, &text(&more, "id"), super::over_link(&link));
    deploy(&mut ask, &api, json!({ "stageName": "prod", "variables": { "a": "b" } }));
    ask.patch(&format!("/restapis/{api}/stages/prod"), &[("replace", "/*/*/metrics/enabled", "true")]).unwrap();
    let asked = [
        format!("/restapis/{api}"),
        format!("/restapis/{api}/resources?embed=methods"),
        format!("/restapis/{api}/stages"),
        format!("/restapis/{api}/stages/prod/exports/oas30?extensions=apigateway"),
        format!("/vpclinks/{link}"),
    ];
    let before: Vec<Value> = asked.iter().map(|target| ask.get(target).unwrap()).collect();
    let saved = serde_json::to_string(&ask.world).unwrap();
    ask.world = serde_json::from_str(&saved).unwrap();
    let after: Vec<Value> = asked.iter().map(|target| ask.get(target).unwrap()).collect();
    assert_eq!(before, after);
    assert_eq!(serde_json::to_string(&ask.world).unwrap(), saved);
}
