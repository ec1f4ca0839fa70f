//! The names of operations: what a request is called in AWS's models and in IAM's logs.
//!
//! A request that names nothing known is `Unknown`; whether it is answered is decided in `mod.rs`.

use crate::wire::Call;

/// Names the operation for the request counter and for what disturbs single operations.
pub(crate) fn operation(call: &Call) -> String {
    let segments = call.segments();
    let nouns = [
        "restapis",
        "resources",
        "methods",
        "integration",
        "responses",
        "deployments",
        "stages",
        "exports",
        "vpclinks",
        "tags",
        "account",
    ];
    let path: Vec<&str> =
        segments.iter().map(|part| if nouns.contains(&part.as_str()) { part.as_str() } else { "{}" }).collect();
    let imports = call.query_value("mode") == Some("import");
    let name = match (call.method.as_str(), path.as_slice()) {
        ("POST", ["restapis"]) if imports => "ImportRestApi",
        ("POST", ["restapis"]) => "CreateRestApi",
        ("GET", ["restapis"]) => "GetRestApis",
        ("GET", ["restapis", "{}"]) => "GetRestApi",
        ("PUT", ["restapis", "{}"]) => "PutRestApi",
        ("PATCH", ["restapis", "{}"]) => "UpdateRestApi",
        ("DELETE", ["restapis", "{}"]) => "DeleteRestApi",
        ("GET", ["restapis", "{}", "resources"]) => "GetResources",
        (verb, ["restapis", "{}", rest @ ..]) => return nested_operation(verb, rest),
        ("POST", ["vpclinks"]) => "CreateVpcLink",
        ("GET", ["vpclinks"]) => "GetVpcLinks",
        ("GET", ["vpclinks", "{}"]) => "GetVpcLink",
        ("PATCH", ["vpclinks", "{}"]) => "UpdateVpcLink",
        ("DELETE", ["vpclinks", "{}"]) => "DeleteVpcLink",
        ("GET", ["tags", ..]) => "GetTags",
        ("PUT", ["tags", ..]) => "TagResource",
        ("DELETE", ["tags", ..]) => "UntagResource",
        ("GET", ["account"]) => "GetAccount",
        ("PATCH", ["account"]) => "UpdateAccount",
        _ => "Unknown",
    };
    name.to_owned()
}

fn nested_operation(verb: &str, rest: &[&str]) -> String {
    let (noun, created_by) = match rest {
        ["resources", "{}"] => ("Resource", "POST"),
        ["resources", "{}", "methods", "{}"] => ("Method", "PUT"),
        ["resources", "{}", "methods", "{}", "responses", "{}"] => ("MethodResponse", "PUT"),
        ["resources", "{}", "methods", "{}", "integration"] => ("Integration", "PUT"),
        ["resources", "{}", "methods", "{}", "integration", "responses", "{}"] => ("IntegrationResponse", "PUT"),
        ["deployments"] if verb == "GET" => return "GetDeployments".to_owned(),
        ["deployments"] | ["deployments", "{}"] => ("Deployment", "POST"),
        ["stages"] if verb == "GET" => return "GetStages".to_owned(),
        ["stages"] | ["stages", "{}"] => ("Stage", "POST"),
        ["stages", "{}", "exports", "{}"] => return "GetExport".to_owned(),
        _ => return "Unknown".to_owned(),
    };
    let action = match verb {
        "GET" => "Get",
        "PATCH" => "Update",
        "DELETE" => "Delete",
        "PUT" if created_by == "PUT" => "Put",
        "POST" if created_by == "POST" => "Create",
        _ => return "Unknown".to_owned(),
    };
    format!("{action}{noun}")
}
