//! The name of the operation that a request asks for, by which it is counted, held back and disturbed.
//!
//! The query protocols name it themselves; API Gateway's is found by method and path. What the operation does is its service's
//! to say.

use crate::json_rpc;
use crate::service::Service;
use crate::wire::{Call, Params};
use crate::{ec2, elbv2, events, iam, sts, trail};

/// What [`operation`] may name of what API Gateway offers here.
const GATEWAY_OPERATIONS: &[&str] = &[
    "CreateDeployment",
    "CreateResource",
    "CreateRestApi",
    "CreateStage",
    "CreateVpcLink",
    "DeleteDeployment",
    "DeleteGatewayResponse",
    "DeleteIntegration",
    "DeleteIntegrationResponse",
    "DeleteMethod",
    "DeleteMethodResponse",
    "DeleteResource",
    "DeleteRestApi",
    "DeleteStage",
    "DeleteVpcLink",
    "GetAccount",
    "GetDeployment",
    "GetDeployments",
    "GetExport",
    "GetGatewayResponse",
    "GetGatewayResponses",
    "GetIntegration",
    "GetIntegrationResponse",
    "GetMethod",
    "GetMethodResponse",
    "GetResource",
    "GetResources",
    "GetRestApi",
    "GetRestApis",
    "GetStage",
    "GetStages",
    "GetTags",
    "GetVpcLink",
    "GetVpcLinks",
    "ImportRestApi",
    "PutGatewayResponse",
    "PutIntegration",
    "PutIntegrationResponse",
    "PutMethod",
    "PutMethodResponse",
    "PutRestApi",
    "TagResource",
    "UntagResource",
    "UpdateAccount",
    "UpdateDeployment",
    "UpdateGatewayResponse",
    "UpdateIntegration",
    "UpdateIntegrationResponse",
    "UpdateMethod",
    "UpdateMethodResponse",
    "UpdateResource",
    "UpdateRestApi",
    "UpdateStage",
    "UpdateVpcLink",
];

/// Names the operation: the action of the query protocols; for API Gateway what the method and path stand for.
pub(crate) fn operation(service: Service, call: &Call) -> String {
    if matches!(service, Service::Trail | Service::Events) {
        return json_rpc::operation(call).to_owned();
    }
    if service != Service::Gateway {
        return Params::read(call).get("Action").unwrap_or("unknown").to_owned();
    }
    let segments = call.segments();
    let part = |at: usize| segments.get(at).map(String::as_str).unwrap_or_default();
    let (thing, is_list) = match (part(0), part(2), segments.len()) {
        ("restapis", _, 1 | 2) => ("RestApi", segments.len() == 1),
        ("restapis", "resources", 3 | 4) => ("Resource", segments.len() == 3),
        ("restapis", "resources", 6) => ("Method", false),
        ("restapis", "resources", 7) => ("Integration", false),
        ("restapis", "resources", 8) if part(6) == "responses" => ("MethodResponse", false),
        ("restapis", "resources", 9) => ("IntegrationResponse", false),
        ("restapis", "deployments", 3 | 4) => ("Deployment", segments.len() == 3),
        ("restapis", "gatewayresponses", 3 | 4) => ("GatewayResponse", segments.len() == 3),
        ("restapis", "stages", 3 | 4) => ("Stage", segments.len() == 3),
        ("restapis", "stages", 6) => ("Export", false),
        ("vpclinks", _, 1 | 2) => ("VpcLink", segments.len() == 1),
        ("account", _, 1) => ("Account", false),
        ("tags", _, _) => ("Tags", false),
        _ => return format!("{} /{}", call.method, part(0)),
    };
    match (call.method.as_str(), thing) {
        ("POST", "RestApi") if call.query_value("mode") == Some("import") => "ImportRestApi".to_owned(),
        ("GET", "Tags") => "GetTags".to_owned(),
        ("PUT", "Tags") => "TagResource".to_owned(),
        ("DELETE", "Tags") => "UntagResource".to_owned(),
        // `GetStages` alone takes no pages, but is a list all the same.
        ("GET", _) if is_list => format!("Get{thing}s"),
        ("GET", _) => format!("Get{thing}"),
        ("POST", _) => format!("Create{thing}"),
        ("PUT", _) => format!("Put{thing}"),
        ("PATCH", _) => format!("Update{thing}"),
        ("DELETE", _) => format!("Delete{thing}"),
        (method, _) => format!("{method} {thing}"),
    }
}

/// Tells whether a service has an operation of this name.
pub(crate) fn offers(service: Service, operation: &str) -> bool {
    match service {
        Service::Ec2 => ec2::offers(operation),
        Service::Elb => elbv2::offers(operation),
        Service::Gateway => GATEWAY_OPERATIONS.contains(&operation),
        Service::Sts => sts::offers(operation),
        Service::Iam => iam::offers(operation),
        Service::Trail => trail::OPERATIONS.contains(&operation),
        Service::Events => events::OPERATIONS.contains(&operation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_api_gateway_have_their_names() {
        let name = |method: &str, path: &str, query: &[(&str, &str)]| {
            let query = query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let call = Call { method: method.to_owned(), path: path.to_owned(), query, ..Call::default() };
            operation(Service::Gateway, &call)
        };
        assert_eq!(name("GET", "/restapis", &[]), "GetRestApis");
        assert_eq!(name("POST", "/restapis", &[("mode", "import")]), "ImportRestApi");
        assert_eq!(name("PUT", "/restapis/a", &[]), "PutRestApi");
        assert_eq!(name("PUT", "/restapis/a/resources/r/methods/GET/integration", &[]), "PutIntegration");
        assert_eq!(
            name("PUT", "/restapis/a/resources/r/methods/GET/integration/responses/200", &[]),
            "PutIntegrationResponse"
        );
        assert_eq!(name("PUT", "/restapis/a/resources/r/methods/GET/responses/200", &[]), "PutMethodResponse");
        assert_eq!(name("GET", "/restapis/a/gatewayresponses", &[]), "GetGatewayResponses");
        assert_eq!(name("PUT", "/restapis/a/gatewayresponses/THROTTLED", &[]), "PutGatewayResponse");
        assert_eq!(name("GET", "/restapis/a/stages/s/exports/oas30", &[]), "GetExport");
        assert_eq!(name("DELETE", "/vpclinks/v", &[]), "DeleteVpcLink");
        assert_eq!(name("PUT", "/tags/arn%3Aaws%2Fx", &[]), "TagResource");
    }
}
