//! What API Gateway's calls take: the method as action, on an ARN that is the path; and a few actions more.
//!
//! Children of an API are judged by its tags too, a stage first by its own. A VPC link is made and deleted with the
//! caller's own permissions on the endpoint service that it stands on.

use super::demand::{Demand, Tags};
use crate::apigateway::tags_of;
use crate::wire::Call;
use crate::world::World;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Says what a call takes.
pub(super) fn demands(world: &World, call: &Call) -> Vec<Demand> {
    let segments = call.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let arn = |path: &str| format!("arn:aws:apigateway:{}::/{path}", call.region);
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let given: Tags = body["tags"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect();
    let of = |action: &str, resource: String| Demand::new(call, "apigateway", action, resource);
    let method = call.method.as_str();
    if let ["tags", of_arn @ ..] = segments.as_slice() {
        return vec![of(method, arn(&format!("tags/{}", encoded(&of_arn.join("/"))))).giving(&given)];
    }
    let object = arn(&segments.join("/"));
    let state = &world.scope(&call.account, &call.region).gateway;
    let having = tags_of(state, &segments);
    let mut demands = vec![of(method, object.clone()).giving(&given).having(having.as_ref())];
    if method == "POST" && !given.is_empty() {
        demands.push(of("PUT", arn(&format!("tags/{}", encoded(&format!("{object}/")))) + "*").giving(&given));
    }
    if writes_policy(call, &body) {
        demands.push(of("UpdateRestApiPolicy", object).having(having.as_ref()));
    }
    let service = || format!("arn:aws:ec2:{}:{}:vpc-endpoint-service/*", call.region, call.account);
    let ec2 = |action: &str, resource: String| Demand::new(call, "ec2", action, resource);
    match (method, segments.as_slice()) {
        ("POST", ["vpclinks"]) => {
            demands.push(ec2("CreateVpcEndpointServiceConfiguration", service()));
            demands.push(ec2("ModifyVpcEndpointServicePermissions", service()));
            demands.push(ec2("DescribeVpcEndpointServiceConfigurations", "*".to_owned()));
            demands.push(Demand::new(call, "elasticloadbalancing", "DescribeLoadBalancers", "*".to_owned()));
        }
        ("DELETE", ["vpclinks", _]) => {
            demands.push(ec2("DeleteVpcEndpointServiceConfigurations", service()));
            demands.push(ec2("DescribeVpcEndpointServiceConfigurations", "*".to_owned()));
        }
        _ => {}
    }
    demands
}

/// Tells whether a call writes the resource policy of an API.
fn writes_policy(call: &Call, body: &Value) -> bool {
    let segments = call.segments();
    if segments.first().map(String::as_str) != Some("restapis") || segments.len() > 2 {
        return false;
    }
    match call.method.as_str() {
        "POST" | "PUT" => body.get("policy").is_some() || body.get("x-amazon-apigateway-policy").is_some(),
        "PATCH" => {
            let operations = body["patchOperations"].as_array().into_iter().flatten();
            operations.into_iter().any(|one| one["path"].as_str().is_some_and(|path| path.starts_with("/policy")))
        }
        _ => false,
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%2E", ".").replace("%5F", "_")
}
