//! REST APIs, their policies and their tags.

use super::{ACCOUNT, Asker, open_policy, refused, refused_as, text};
use serde_json::{Value, json};

#[test]
fn a_created_api_has_the_recorded_defaults() {
    let mut ask = Asker::new();
    let made = ask.post("/restapis", json!({ "name": "plain" })).unwrap();
    let (id, root) = (text(&made, "id"), text(&made, "rootResourceId"));
    assert_eq!(id.len(), 10);
    let created = ask.world.now().epoch_seconds();
    let expected = json!({
        "id": id,
        "name": "plain",
        "createdDate": created,
        "apiKeySource": "HEADER",
        "endpointConfiguration": { "types": ["EDGE"], "ipAddressType": "ipv4" },
        "disableExecuteApiEndpoint": false,
        "rootResourceId": root
    });
    assert_eq!(made, expected);
    assert_eq!(ask.get(&format!("/restapis/{id}")).unwrap()["tags"], json!({}));
    let resources = ask.get(&format!("/restapis/{id}/resources")).unwrap();
    assert_eq!(resources, json!({ "item": [{ "id": root, "path": "/" }] }));
    let private =
        ask.post("/restapis", json!({ "name": "p", "endpointConfiguration": { "types": ["PRIVATE"] } })).unwrap();
    assert_eq!(private["endpointConfiguration"], json!({ "types": ["PRIVATE"], "ipAddressType": "dualstack" }));
}

#[test]
fn names_are_not_unique_and_ids_are_case_sensitive() {
    let mut ask = Asker::new();
    let (first, second) = (ask.api().0, ask.api().0);
    assert_ne!(first, second);
    let upper = first.to_ascii_uppercase();
    let wanted = format!("Invalid API identifier specified {ACCOUNT}:{upper}");
    refused(ask.get(&format!("/restapis/{upper}")), "NotFoundException", &wanted);
    ask.account = "111111111111";
    refused_as(ask.get(&format!("/restapis/{first}")), "NotFoundException");
    assert_eq!(ask.get("/restapis").unwrap(), json!({ "item": [] }));
}

#[test]
fn lists_come_in_pages() {
    let mut ask = Asker::new();
    let mut made: Vec<String> = (0..30).map(|_| ask.api().0).collect();
    made.sort();
    let whole = ask.get("/restapis").unwrap();
    assert_eq!(whole["item"].as_array().unwrap().len(), 25, "25 unless asked");
    let mut seen = Vec::new();
    let mut position = String::new();
    loop {
        let page = ask.get(&format!("/restapis?limit=7&position={position}")).unwrap();
        seen.extend(page["item"].as_array().unwrap().iter().map(|api| text(api, "id")));
        position = text(&page, "position");
        if position.is_empty() {
            break;
        }
    }
    assert_eq!(seen, made);
    assert_eq!(ask.get("/restapis?limit=900").unwrap()["item"].as_array().unwrap().len(), 30);
    refused_as(ask.get("/restapis?limit=0"), "BadRequestException");
    refused_as(ask.get("/restapis?position=xyz"), "BadRequestException");
}

#[test]
fn what_aws_refuses_of_an_api_is_refused() {
    let mut ask = Asker::new();
    let endpoint = |configuration: Value| json!({ "name": "x", "endpointConfiguration": configuration });
    let cases = [
        (json!({}), "Name cannot be empty"),
        (json!({ "name": "x", "description": "" }), "Description cannot be an empty string"),
        (endpoint(json!({ "types": ["EDGE", "PRIVATE"] })), "Cannot create an api with multiple Endpoint Types."),
        (
            endpoint(json!({ "types": ["PRIVATE"], "ipAddressType": "ipv4" })),
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
        (
            endpoint(json!({ "types": ["REGIONAL"], "vpcEndpointIds": ["vpce-0123456789abcdef0"] })),
            "VPC endpoint ids can only be specified for Private APIs.",
        ),
        (
            endpoint(json!({ "types": ["PRIVATE"], "vpcEndpointIds": ["vpce-xyz"] })),
            "Invalid VPC endpoint id specified: vpce-xyz",
        ),
        (
            json!({ "name": "x", "minimumCompressionSize": -1 }),
            "Invalid minimum compression size, must be between 0 and 10485760",
        ),
    ];
    for (body, message) in cases {
        refused(ask.post("/restapis", body), "BadRequestException", message);
    }
    refused_as(ask.post("/restapis", endpoint(json!({ "types": ["wrong"] }))), "ValidationException");
    refused_as(ask.post("/restapis", json!({ "name": 7 })), "SerializationException");
    let broken = ask.raw("POST", "/restapis", b"{\"name\":".to_vec()).unwrap_err();
    assert_eq!(broken.code, "SerializationException");
    assert_eq!(ask.get("/restapis").unwrap(), json!({ "item": [] }));
    refused_as(ask.post("/apikeys", json!({ "name": "x" })), "UnknownOperationException");
}

#[test]
fn an_account_has_six_hundred_apis_at_most() {
    let mut ask = Asker::new();
    for _ in 0..600 {
        ask.api();
    }
    let fault = ask.post("/restapis", json!({ "name": "x" })).unwrap_err();
    assert_eq!((fault.status, fault.code.as_str()), (429, "LimitExceededException"));
}

#[test]
fn all_operations_of_a_patch_are_one_update() {
    let mut ask = Asker::new();
    let made = ask.post("/restapis", json!({ "name": "x", "binaryMediaTypes": ["image/png"] })).unwrap();
    let path = format!("/restapis/{}", text(&made, "id"));
    let changed = ask
        .patch(
            &path,
            &[
                ("replace", "/name", "y"),
                ("add", "/description", "why"),
                ("replace", "/minimumCompressionSize", "10"),
                ("add", "/binaryMediaTypes/image~1jpeg", ""),
                ("replace", "/binaryMediaTypes/image~1png", "image/gif"),
                ("replace", "/endpointConfiguration/types/EDGE", "PRIVATE"),
                ("replace", "/disableExecuteApiEndpoint", "true"),
            ],
        )
        .unwrap();
    assert_eq!(changed["binaryMediaTypes"], json!(["image/jpeg", "image/gif"]));
    assert_eq!(changed["endpointConfiguration"], json!({ "types": ["PRIVATE"], "ipAddressType": "dualstack" }));
    assert_eq!((&changed["name"], &changed["minimumCompressionSize"]), (&json!("y"), &json!(10)));
    let before = ask.get(&path).unwrap();
    type Operations<'a> = &'a [(&'a str, &'a str, &'a str)];
    let wrong: [(Operations, &str); 7] = [
        (&[("replace", "/name", "z"), ("replace", "/binaryMediaTypes", "a")], "Invalid patch path /binaryMediaTypes"),
        (&[("add", "/name", "z")], "Invalid patch operation specified. Must be one of: [replace]"),
        (&[("replace", "/nothing", "z")], "Invalid patch path /nothing"),
        (
            &[("replace", "/minimumCompressionSize", "ten")],
            "Invalid minimum compression size, must be between 0 and 10485760",
        ),
        (&[("replace", "/endpointConfiguration/types/PRIVATE", "EDGE")], "Cannot update endpoint from PRIVATE to EDGE"),
        (
            &[("replace", "/endpointConfiguration/ipAddressType", "ipv4")],
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
        (
            &[("replace", "/endpointConfiguration/types/PRIVATE", "MOON")],
            "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
        ),
    ];
    for (operations, message) in wrong {
        refused(ask.patch(&path, operations), "BadRequestException", message);
    }
    refused_as(ask.patch(&path, &[("wrong", "/name", "z"), ("wrong", "/name", "z")]), "ValidationException");
    assert_eq!(ask.get(&path).unwrap(), before, "a refused update changes nothing");
    let off = ask.patch(&path, &[("replace", "/minimumCompressionSize", ""), ("remove", "/description", "")]).unwrap();
    assert!(off.get("minimumCompressionSize").is_none() && off.get("description").is_none());
    ask.delete(&path).unwrap();
    refused_as(ask.delete(&path), "NotFoundException");
}

#[test]
fn a_policy_is_expanded_on_save_and_escaped_on_read() {
    let mut ask = Asker::new();
    let (api, _) = ask.api();
    let path = format!("/restapis/{api}");
    let mut policy = open_policy();
    policy["Statement"][0]["Principal"] = json!({ "AWS": "111111111111" });
    ask.patch(&path, &[("replace", "/policy", &policy.to_string())]).unwrap();
    let read = text(&ask.get(&path).unwrap(), "policy");
    assert!(read.contains("\\\"Statement\\\""), "{read}");
    assert!(read.contains(&format!("arn:aws:execute-api:us-east-1:{ACCOUNT}:{api}\\/*")), "{read}");
    let plain: String = serde_json::from_str(&format!("\"{read}\"")).unwrap();
    let plain: Value = serde_json::from_str(&plain).unwrap();
    assert_eq!(plain["Statement"][0]["Principal"]["AWS"], "arn:aws:iam::111111111111:root");
    let gone = ask.patch(&path, &[("replace", "/policy", "")]).unwrap();
    assert!(gone.get("policy").is_none());
}

#[test]
fn a_policy_that_is_malformed_or_names_nobody_is_refused() {
    let mut ask = Asker::new();
    let (api, _) = ask.api();
    let path = format!("/restapis/{api}");
    let wanted = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.";
    let with = |key: &str, value: Value| {
        let mut policy = open_policy();
        policy["Statement"][0][key] = value;
        policy.to_string()
    };
    let cases = [
        "not json".to_owned(),
        "{}".to_owned(),
        json!({ "Version": "2012-10-17", "Statement": [] }).to_string(),
        json!({ "Version": "2020-01-01", "Statement": open_policy()["Statement"] }).to_string(),
        with("Effect", json!("Maybe")),
        with("Principal", json!("everybody")),
        with("Principal", json!({ "AWS": "999999999999" })),
        with("Principal", json!({ "AWS": "arn:aws:iam::111111111111:role/nobody" })),
        with("Action", json!("s3:GetObject")),
        with("Resource", json!("/*")),
        with("Resource", json!([])),
        with("Condition", json!({ "StringNotEquals": { "SourceVpce": "vpce-1" } })),
        with("Conditions", json!({})),
        with("NotPrincipal", json!("*")),
    ];
    for case in cases {
        refused(ask.patch(&path, &[("replace", "/policy", &case)]), "BadRequestException", wanted);
    }
    let role = with("Principal", json!({ "AWS": ["arn:aws:iam::111111111111:role/deployer", "*"] }));
    ask.patch(&path, &[("replace", "/policy", &role)]).unwrap();
    let long = with("Sid", json!("x".repeat(8192)));
    refused_as(ask.patch(&path, &[("replace", "/policy", &long)]), "BadRequestException");
}

#[test]
fn tags_are_kept_by_arn() {
    let mut ask = Asker::new();
    let made = ask.post("/restapis", json!({ "name": "x", "tags": { "a": "1" } })).unwrap();
    assert_eq!(made["tags"], json!({ "a": "1" }));
    let id = text(&made, "id");
    let arn = format!("/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2F{id}");
    ask.put(&arn, json!({ "tags": { "b": "2", "team:address": "api/shop" } })).unwrap();
    ask.delete(&format!("{arn}?tagKeys=a&tagKeys=b")).unwrap();
    let left = json!({ "team:address": "api/shop" });
    assert_eq!(ask.get(&arn).unwrap(), json!({ "tags": left }));
    assert_eq!(ask.get(&format!("/restapis/{id}")).unwrap()["tags"], left);
    let many: serde_json::Map<String, Value> = (0..50).map(|n| (format!("k{n}"), json!("v"))).collect();
    refused_as(ask.put(&arn, json!({ "tags": many })), "BadRequestException");
    refused_as(ask.put(&arn, json!({ "tags": { "aws:x": "y" } })), "BadRequestException");
    refused_as(ask.get("/tags/arn%3Aaws%3As3%3A%3A%3Abucket"), "BadRequestException");
    refused_as(ask.get(&arn.replace(&id, "nope")), "NotFoundException");
}

#[test]
fn the_account_takes_a_role_that_exists() {
    let mut ask = Asker::new();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/deployer");
    refused_as(ask.patch("/account", &[("replace", "/cloudwatchRoleArn", "")]), "BadRequestException");
    refused_as(ask.patch("/account", &[("replace", "/cloudwatchRoleArn", &format!("{role}s"))]), "BadRequestException");
    ask.patch("/account", &[("replace", "/cloudwatchRoleArn", &role)]).unwrap();
    assert_eq!(ask.get("/account").unwrap()["cloudwatchRoleArn"], json!(role));
}

#[test]
fn an_api_lists_endpoints_that_exist_and_only_a_private_one_does() {
    let mut ask = Asker::new();
    let id = ask.endpoint();
    let (api, _) = ask.api();
    let path = format!("/restapis/{api}");
    const IDS: &str = "/endpointConfiguration/vpcEndpointIds";
    let listed = ask.patch(&path, &[("add", IDS, &id)]).unwrap();
    assert_eq!(listed["endpointConfiguration"]["vpcEndpointIds"], json!([id]));
    refused_as(ask.patch(&path, &[("add", IDS, "vpce-0123456789abcdef0")]), "BadRequestException");
    refused_as(ask.patch(&path, &[("add", IDS, &id)]), "BadRequestException");
    refused_as(ask.patch(&path, &[("replace", IDS, &id)]), "BadRequestException");
    let small = json!({ "openapi": "3.0.1", "info": { "title": "x" }, "paths": {} });
    let merged = ask.put(&path, small.clone()).unwrap();
    assert_eq!(merged["endpointConfiguration"]["vpcEndpointIds"], json!([id]));
    let over = ask.put(&format!("{path}?mode=overwrite"), small).unwrap();
    assert!(over["endpointConfiguration"].get("vpcEndpointIds").is_none(), "an overwrite that omits them drops them");
    refused_as(ask.patch(&path, &[("remove", IDS, &id)]), "BadRequestException");
    let extended = json!({
        "openapi": "3.0.1",
        "info": { "title": "x" },
        "servers": [{ "url": "/", "x-amazon-apigateway-endpoint-configuration": { "vpcEndpointIds": [id] } }],
        "paths": {}
    });
    let over = ask.put(&format!("{path}?mode=overwrite"), extended.clone()).unwrap();
    assert_eq!(over["endpointConfiguration"]["vpcEndpointIds"], json!([id]));
    let regional = ask.patch(&path, &[("replace", "/endpointConfiguration/types/PRIVATE", "REGIONAL")]).unwrap();
    assert!(regional["endpointConfiguration"].get("vpcEndpointIds").is_none());
    refused_as(ask.put(&format!("{path}?mode=overwrite"), extended), "BadRequestException");
}
