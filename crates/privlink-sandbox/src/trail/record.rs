//! One entry of the log, in CloudTrail's form: who called what, from where, with what outcome.
//!
//! Knows the members of a record; what stands in its parameters is written by `elements.rs`.

use super::elements;
use crate::clock::Moment;
use crate::ids::{stable_hex, stable_uuid};
use crate::service::Service;
use crate::sts::role_id;
use crate::wire::{Call, Fault, Reply};
use crate::world::scope_key;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const VERSION: &str = "1.11";

/// One call that could have changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Counted from 1, in the order of the calls.
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) at: Moment,
    /// The account and region.
    pub(super) scope: String,
    /// `ec2.amazonaws.com`.
    pub(super) source: String,
    pub(super) name: String,
    pub(super) user: String,
    pub(super) key: String,
    /// Type and name.
    pub(super) resources: BTreeSet<(String, String)>,
    /// The whole record, as JSON.
    pub(super) text: String,
}

/// A call that was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done<'a> {
    pub(crate) call: &'a Call,
    pub(crate) service: Service,
    pub(crate) operation: &'a str,
    pub(crate) reply: &'a Reply,
    /// Why it was refused, if it was.
    pub(crate) fault: Option<&'a Fault>,
}

impl Record {
    pub(super) fn new(number: u64, at: Moment, done: Done<'_>) -> Record {
        let Done { call, service, operation, reply, fault } = done;
        let who = Who::of(call);
        let id = stable_uuid(&format!("{number} {}", call.request_id));
        let request = elements::request(service, call, operation);
        let response = elements::response(service, call, operation, reply);
        let mut resources = BTreeSet::new();
        [&request, &response].into_iter().for_each(|value| name_resources(value, &mut resources));
        let mut record = json!({
            "eventVersion": VERSION,
            "userIdentity": who.identity,
            "eventTime": at.whole_seconds().rfc3339(),
            "eventSource": source(service),
            "eventName": operation,
            "awsRegion": call.region,
            "sourceIPAddress": call.from,
            "userAgent": call.header("user-agent"),
            "requestParameters": request,
            "responseElements": response,
            "requestID": call.request_id,
            "eventID": id,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": call.account,
            "eventCategory": "Management",
        });
        if let Some(fault) = fault {
            record["errorCode"] = json!(error_code(service, fault));
            record["errorMessage"] = json!(fault.message);
        }
        Record {
            number,
            id,
            at,
            scope: scope_key(&call.account, &call.region),
            source: source(service).to_owned(),
            name: operation.to_owned(),
            user: who.name,
            key: call.access_key.clone(),
            resources,
            text: record.to_string(),
        }
    }
}

fn source(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "ec2.amazonaws.com",
        Service::Elb => "elasticloadbalancing.amazonaws.com",
        Service::Gateway => "apigateway.amazonaws.com",
        Service::Sts => "sts.amazonaws.com",
        Service::Iam => "iam.amazonaws.com",
        Service::Trail => "cloudtrail.amazonaws.com",
        Service::Events => "events.amazonaws.com",
    }
}

/// EC2 says in its codes whose fault it was.
fn error_code(service: Service, fault: &Fault) -> String {
    match (service, fault.status) {
        // A throttle has a server's status and is the client's fault.
        (Service::Ec2, 500..) if fault.code != "RequestLimitExceeded" => format!("Server.{}", fault.code),
        (Service::Ec2, _) => format!("Client.{}", fault.code),
        _ => fault.code.clone(),
    }
}

/// Who made a call.
struct Who {
    /// The name of a user or of a role's session.
    name: String,
    identity: Value,
}

impl Who {
    fn of(call: &Call) -> Who {
        let Call { account, principal_arn: arn, access_key: key, .. } = call;
        match arn.rsplit(':').next().unwrap_or_default().split('/').collect::<Vec<_>>().as_slice() {
            ["assumed-role", role, session] => {
                let role_id = role_id(account, role);
                let identity = json!({
                    "type": "AssumedRole",
                    "principalId": format!("{role_id}:{session}"),
                    "arn": arn,
                    "accountId": account,
                    "accessKeyId": key,
                    "sessionContext": {
                        "sessionIssuer": {
                            "type": "Role",
                            "principalId": role_id,
                            "arn": format!("arn:aws:iam::{account}:role/{role}"),
                            "accountId": account,
                            "userName": role,
                        },
                        "attributes": { "mfaAuthenticated": "false" },
                    },
                });
                Who { name: (*session).to_owned(), identity }
            }
            path => {
                let name = path.last().copied().unwrap_or_default().to_owned();
                let identity = json!({
                    "type": "IAMUser",
                    "principalId": format!("AIDA{}", stable_hex(arn, 17).to_uppercase()),
                    "arn": arn,
                    "accountId": account,
                    "accessKeyId": key,
                    "userName": name,
                });
                Who { name, identity }
            }
        }
    }
}

/// The types of what CloudTrail finds named in a record, by how the names begin. Of API Gateway it finds nothing.
const TYPES: [(&str, &str); 8] = [
    ("vpce-svc-", "AWS::EC2::VPCEndpointService"),
    ("vpce-", "AWS::EC2::VPCEndpoint"),
    ("vpc-", "AWS::EC2::VPC"),
    ("subnet-", "AWS::EC2::Subnet"),
    ("sg-", "AWS::EC2::SecurityGroup"),
    (":loadbalancer/", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    (":targetgroup/", "AWS::ElasticLoadBalancingV2::TargetGroup"),
    (":listener/", "AWS::ElasticLoadBalancingV2::Listener"),
];

fn name_resources(value: &Value, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::String(text) => {
            let is = |mark: &str| match mark.starts_with(':') {
                true => text.starts_with("arn:") && text.contains(mark),
                false => text.starts_with(mark) && !text.contains(['.', ' ', '/']),
            };
            if let Some((_, kind)) = TYPES.iter().find(|(mark, _)| is(mark)) {
                found.insert(((*kind).to_owned(), text.clone()));
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| name_resources(element, found)),
        Value::Object(members) => members.values().for_each(|member| name_resources(member, found)),
        _ => {}
    }
}
