//! The name of the operation that a request asks for: what its quota and its place in the count go by.
//!
//! Refuses to know: quotas, and what becomes of the request.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use privlink_model::Service;

/// The prefix IAM gives a service's actions.
pub(crate) fn prefix(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "ec2",
        Service::Elb => "elasticloadbalancing",
        Service::ApiGateway => "apigateway",
        Service::Sts => "sts",
        Service::Iam => "iam",
        Service::CloudTrail => "cloudtrail",
        Service::EventBridge => "events",
    }
}

/// The operation of a request: the query protocols name it in the body, the JSON protocol in a header, API Gateway by method
/// and path.
pub(crate) fn operation(service: Service, request: &HttpRequest) -> String {
    match service {
        Service::ApiGateway => rest_operation(request.method(), path(request.uri())),
        Service::CloudTrail | Service::EventBridge => {
            let target = request.headers().get("x-amz-target").unwrap_or("Unknown");
            target.rsplit('.').next().unwrap_or(target).to_owned()
        }
        _ => {
            let body = request.body().bytes().unwrap_or_default();
            let action = body.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"Action="));
            String::from_utf8_lossy(action.unwrap_or(b"Unknown")).into_owned()
        }
    }
}

/// The path of a URI.
fn path(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default();
    path.split(['?', '#']).next().unwrap_or_default()
}

/// The operation of a REST request: `POST /restapis/abc/deployments` is `CreateDeployment`.
fn rest_operation(method: &str, path: &str) -> String {
    const NOUNS: [(&str, &str); 7] = [
        ("restapis", "RestApi"),
        ("vpclinks", "VpcLink"),
        ("resources", "Resource"),
        ("gatewayresponses", "GatewayResponse"),
        ("deployments", "Deployment"),
        ("stages", "Stage"),
        ("exports", "Export"),
    ];
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    // An endpoint of somebody's own may put a prefix before the path.
    let start = segments.iter().position(|segment| matches!(*segment, "restapis" | "vpclinks")).unwrap_or_default();
    // Collections and names alternate, so the depth tells them apart: a stage may well be called "stages".
    let whole = segments.len().saturating_sub(start) % 2 == 1;
    let noun = |back: usize| {
        let segment = segments.iter().rev().nth(back)?;
        NOUNS.iter().find(|(plural, _)| plural == segment).map(|(_, noun)| *noun)
    };
    let last = |back: usize| noun(back).unwrap_or("Unknown");
    match (method, whole) {
        ("GET", true) => format!("Get{}s", last(0)),
        (_, true) => format!("Create{}", last(0)),
        ("GET", false) => format!("Get{}", last(1)),
        ("PUT", false) => format!("Put{}", last(1)),
        ("PATCH", false) => format!("Update{}", last(1)),
        (_, false) => format!("Delete{}", last(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::{path, rest_operation};

    #[test]
    fn the_path_of_a_uri_is_without_host_and_query() {
        assert_eq!(path("https://apigateway.eu-west-1.amazonaws.com/restapis/a?mode=overwrite"), "/restapis/a");
        assert_eq!(path("http://127.0.0.1:1"), "");
    }

    #[test]
    fn rest_requests_are_told_apart_by_method_and_path() {
        let check = |method, path, expect: &str| assert_eq!(rest_operation(method, path), expect);
        check("GET", "/restapis", "GetRestApis");
        check("POST", "/restapis", "CreateRestApi");
        check("PUT", "/restapis/abc", "PutRestApi");
        check("DELETE", "/restapis/abc", "DeleteRestApi");
        check("POST", "/restapis/abc/deployments", "CreateDeployment");
        check("GET", "/restapis/abc/resources", "GetResources");
        check("GET", "/restapis/abc/gatewayresponses", "GetGatewayResponses");
        check("PATCH", "/restapis/abc/stages/stages", "UpdateStage");
        check("DELETE", "/gateway/vpclinks/x", "DeleteVpcLink");
        check("GET", "/", "GetUnknown");
    }
}
