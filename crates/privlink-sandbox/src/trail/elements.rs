//! What CloudTrail writes of a request and of its answer: `requestParameters` and `responseElements`.
//!
//! Each service has manners of its own, see `tree.rs`; API Gateway names what its path holds, and what its body holds under
//! the name of the input. Definitions of APIs are bodies that no log holds, and neither is what is longer than a log takes.

use super::tree::{Tree, camel, is_empty, under};
use crate::service::Service;
use crate::wire::{Call, Params, Reply};
use serde_json::{Map, Value, json};

/// The most that CloudTrail keeps of either; more is left out.
const LIMIT: usize = 100 * 1024;

/// EC2's operations that are older than the converter.
const OLD: [&str; 8] = [
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "CreateSecurityGroup",
    "CreateTags",
    "DeleteSecurityGroup",
    "DeleteTags",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
];

/// What those call their lists, beside what they are called when they are sent.
const SETS: [(&str, &str); 4] = [
    ("resourceId", "resourcesSet"),
    ("securityGroupRuleId", "securityGroupRuleIds"),
    ("tag", "tagSet"),
    ("tagSpecification", "tagSpecificationSet"),
];

/// Writes what was sent.
pub(super) fn request(service: Service, call: &Call, operation: &str) -> Value {
    if call.body.len() > LIMIT {
        return Value::Null;
    }
    let written = match service {
        Service::Ec2 => {
            let tree = Tree::of_params(&Params::read(call));
            if OLD.contains(&operation) { sets(&tree) } else { under(format!("{operation}Request"), tree.tagged()) }
        }
        Service::Elb => Tree::of_params(&Params::read(call)).plain(),
        _ => gateway_request(call, operation),
    };
    if is_empty(&written) { Value::Null } else { written }
}

/// Writes what was answered; nothing where that says no more than that it is done.
pub(super) fn response(service: Service, call: &Call, operation: &str, reply: &Reply) -> Value {
    if reply.status >= 400 || reply.body.len() > LIMIT {
        return Value::Null;
    }
    let written = match service {
        Service::Ec2 => {
            let tree = Tree::of_xml(&reply.body);
            if OLD.contains(&operation) {
                let members = tree.members().iter().map(|(name, member)| {
                    // What a language of AWS's own could not call by its name.
                    let key = if name == "return" { "_return" } else { name };
                    (key.to_owned(), member.items(name))
                });
                Value::Object(members.collect())
            } else {
                under(format!("{operation}Response"), tree.converted())
            }
        }
        Service::Elb => {
            let tree = Tree::of_xml(&reply.body);
            tree.get(&format!("{operation}Result")).map_or(Value::Null, Tree::plain)
        }
        _ if call.method == "DELETE" => Value::Null,
        _ => serde_json::from_slice(&reply.body).unwrap_or_default(),
    };
    if is_empty(&written) { Value::Null } else { written }
}

/// Writes a request of one of EC2's older operations.
fn sets(tree: &Tree) -> Value {
    let member = |(name, member): &(String, Tree)| {
        let key = camel(name);
        let set = SETS.iter().find(|(sent, _)| *sent == key && matches!(member, Tree::List(_)));
        (set.map_or(key, |(_, set)| (*set).to_owned()), member.items(name))
    };
    Value::Object(tree.members().iter().map(member).collect())
}

fn gateway_request(call: &Call, operation: &str) -> Value {
    let mut written = Map::new();
    let segments = call.segments();
    let mut rest = segments.iter().map(String::as_str);
    while let Some(collection) = rest.next() {
        let name = match collection {
            "restapis" => "restApiId",
            "resources" => "resourceId",
            "methods" => "httpMethod",
            "responses" => "statusCode",
            "deployments" => "deploymentId",
            "gatewayresponses" => "responseType",
            "stages" => "stageName",
            "vpclinks" => "vpcLinkId",
            "tags" => {
                // A client that leaves the slashes of an ARN unescaped splits it.
                let arn: Vec<&str> = rest.by_ref().collect();
                written.insert("resourceArn".to_owned(), json!(arn.join("/")));
                break;
            }
            _ => continue,
        };
        if let Some(value) = rest.next() {
            written.insert(name.to_owned(), json!(value));
        }
    }
    for (name, value) in &call.query {
        written.insert(name.clone(), json!(value));
    }
    if !matches!(operation, "ImportRestApi" | "PutRestApi")
        && let Ok(Value::Object(body)) = serde_json::from_slice(&call.body)
    {
        // A method is made under a resource: its parent, and no resource of its own.
        if operation == "CreateResource"
            && let Some(parent) = written.remove("resourceId")
        {
            written.insert("parentId".to_owned(), parent);
        }
        match call.method.as_str() {
            "PATCH" => written.extend(body),
            _ => {
                written.insert(format!("{}Input", camel(operation)), Value::Object(body));
            }
        }
    }
    written.insert("template".to_owned(), json!(false));
    Value::Object(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(body: &str) -> Call {
        Call { body: body.as_bytes().to_vec(), ..Call::default() }
    }

    #[test]
    fn ec2_writes_old_and_new_operations_each_in_its_manner() {
        let old = query(
            "Action=AuthorizeSecurityGroupIngress&GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443\
                         &IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8",
        );
        assert_eq!(
            request(Service::Ec2, &old, "AuthorizeSecurityGroupIngress"),
            json!({ "groupId": "sg-1", "ipPermissions": { "items": [
                { "ipProtocol": "tcp", "fromPort": 443, "ipRanges": { "items": [{ "cidrIp": "10.0.0.0/8" }] } }
            ] } })
        );
        let tags = query("Action=CreateTags&ResourceId.1=vpce-1&Tag.1.Key=a&Tag.1.Value=b");
        assert_eq!(
            request(Service::Ec2, &tags, "CreateTags"),
            json!({ "resourcesSet": { "items": [{ "resourceId": "vpce-1" }] }, "tagSet": { "items": [{ "key": "a", "value": "b" }] } })
        );
        let new = query("Action=ModifyVpcEndpoint&VpcEndpointId=vpce-1&AddSubnetId.1=subnet-1");
        assert_eq!(
            request(Service::Ec2, &new, "ModifyVpcEndpoint"),
            json!({ "ModifyVpcEndpointRequest": { "VpcEndpointId": "vpce-1", "AddSubnetId": { "content": "subnet-1", "tag": 1 } } })
        );
        let reply = Reply::xml(200, "<R xmlns=\"x\"><requestId>r</requestId><return>true</return></R>".to_owned());
        assert_eq!(
            response(Service::Ec2, &old, "AuthorizeSecurityGroupIngress", &reply),
            json!({ "requestId": "r", "_return": true })
        );
        assert_eq!(
            response(Service::Ec2, &new, "ModifyVpcEndpoint", &reply),
            json!({ "ModifyVpcEndpointResponse": { "requestId": "r", "return": true } })
        );
    }

    #[test]
    fn balancing_writes_plainly_and_nothing_of_an_empty_answer() {
        let call =
            query("Action=RegisterTargets&TargetGroupArn=arn&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=80");
        let sent = json!({ "targetGroupArn": "arn", "targets": [{ "id": "10.0.0.1", "port": 80 }] });
        assert_eq!(request(Service::Elb, &call, "RegisterTargets"), sent);
        let reply = |text: &str| Reply::xml(200, text.to_owned());
        let empty =
            reply("<R><RegisterTargetsResult></RegisterTargetsResult><ResponseMetadata></ResponseMetadata></R>");
        assert_eq!(response(Service::Elb, &call, "RegisterTargets", &empty), Value::Null);
        let made =
            reply("<R><XResult><Listeners><member><ListenerArn>a</ListenerArn></member></Listeners></XResult></R>");
        assert_eq!(response(Service::Elb, &call, "X", &made), json!({ "listeners": [{ "listenerArn": "a" }] }));
    }

    #[test]
    fn gateway_names_what_is_in_the_path_and_leaves_definitions_out() {
        let call = |method: &str, path: &str, body: &str| Call {
            method: method.to_owned(),
            path: path.to_owned(),
            body: body.as_bytes().to_vec(),
            ..Call::default()
        };
        let patch = call("PATCH", "/restapis/abc/stages/prod", r#"{"patchOperations":[{"op":"replace"}]}"#);
        assert_eq!(
            request(Service::Gateway, &patch, "UpdateStage"),
            json!({ "restApiId": "abc", "stageName": "prod", "patchOperations": [{ "op": "replace" }], "template": false })
        );
        let made = call("POST", "/restapis/abc/resources/r1", r#"{"pathPart":"x"}"#);
        assert_eq!(
            request(Service::Gateway, &made, "CreateResource"),
            json!({ "restApiId": "abc", "parentId": "r1", "createResourceInput": { "pathPart": "x" }, "template": false })
        );
        let put = call("PUT", "/restapis/abc", r#"{"openapi":"3.0.1"}"#);
        assert_eq!(request(Service::Gateway, &put, "PutRestApi"), json!({ "restApiId": "abc", "template": false }));
        let tag =
            call("PUT", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc", r#"{"tags":{"a":"b"}}"#);
        assert_eq!(
            request(Service::Gateway, &tag, "TagResource")["resourceArn"],
            json!("arn:aws:apigateway:us-east-1::/restapis/abc")
        );
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let long = query(&format!("Action=CreateTags&ResourceId.1=vpce-1&Tag.1.Value={}", "x".repeat(LIMIT)));
        assert_eq!(request(Service::Ec2, &long, "CreateTags"), Value::Null);
    }
}
