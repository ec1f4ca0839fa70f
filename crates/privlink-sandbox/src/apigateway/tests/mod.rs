//! Tests through `handle`, as the server calls it: one account with an active load balancer, another beside it.
//!
//! This file holds the world and the short ways to ask; the rules stand by topic in the files below.

mod deploy;
mod gateway_responses;
mod imports;
mod rest_apis;
mod routes;
mod vpc_links;

use super::handle;
use crate::ec2::{self, Subnet, Vpc};
use crate::elbv2::{self, Existing};
use crate::wire::{Call, Fault, Reply};
use crate::world::{Account, Options, Role, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const ACCOUNT: &str = "222222222222";
const REGION: &str = "us-east-1";

/// A world, and one account's way to ask it.
struct Asker {
    world: World,
    account: &'static str,
    nlb: String,
}

type Answer = Result<Value, Fault>;

impl Asker {
    fn new() -> Asker {
        let mut world = World::empty(&Options { speed: 0.0, seed: 7 });
        for account in [ACCOUNT, "111111111111"] {
            let mut known = Account::default();
            known.roles.insert("deployer".to_owned(), Role::default());
            world.accounts.insert(account.to_owned(), known);
        }
        let vpc = Vpc {
            id: "vpc-0123456789abcdef0".to_owned(),
            cidrs: vec!["10.0.0.0/16".parse().unwrap()],
            dns_support: true,
            dns_hostnames: true,
            default: false,
            tags: BTreeMap::new(),
        };
        let subnet = Subnet {
            id: "subnet-0123456789abcdef0".to_owned(),
            vpc: "vpc-0123456789abcdef0".to_owned(),
            az: "us-east-1a".to_owned(),
            az_id: "use1-az1".to_owned(),
            cidr: "10.0.1.0/24".parse().unwrap(),
            tags: BTreeMap::new(),
        };
        let ec2 = &mut world.scope_mut(ACCOUNT, REGION).ec2;
        ec2.vpcs.insert(vpc.id.clone(), vpc);
        ec2.subnets.insert(subnet.id.clone(), subnet);
        let mut asker = Asker { world, account: ACCOUNT, nlb: String::new() };
        asker.nlb = asker.load_balancer("shared", "network");
        asker
    }

    fn load_balancer(&mut self, name: &str, kind: &str) -> String {
        let lb = Existing {
            name: name.to_owned(),
            kind: kind.to_owned(),
            scheme: "internal".to_owned(),
            subnets: vec!["subnet-0123456789abcdef0".to_owned()],
            ..Existing::default()
        };
        elbv2::add_existing(&mut self.world, ACCOUNT, REGION, lb).unwrap()
    }

    fn raw(&mut self, method: &str, target: &str, body: Vec<u8>) -> Result<Reply, Fault> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let call = Call {
            account: self.account.to_owned(),
            region: REGION.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body,
            ..Call::default()
        };
        self.world.settle();
        handle(&mut self.world, &call)
    }

    fn send(&mut self, method: &str, target: &str, body: Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let reply = self.raw(method, target, body)?;
        Ok(if reply.body.is_empty() { Value::Null } else { serde_json::from_slice(&reply.body).unwrap() })
    }

    fn get(&mut self, target: &str) -> Answer {
        self.send("GET", target, Value::Null)
    }

    fn post(&mut self, target: &str, body: Value) -> Answer {
        self.send("POST", target, body)
    }

    fn put(&mut self, target: &str, body: Value) -> Answer {
        self.send("PUT", target, body)
    }

    fn delete(&mut self, target: &str) -> Answer {
        self.send("DELETE", target, Value::Null)
    }

    fn patch(&mut self, target: &str, operations: &[(&str, &str, &str)]) -> Answer {
        let operations: Vec<Value> =
            operations.iter().map(|(op, path, value)| json!({ "op": op, "path": path, "value": value })).collect();
        self.send("PATCH", target, json!({ "patchOperations": operations }))
    }

    fn later(&mut self, seconds: u64) {
        self.world.clock.advance(Duration::from_secs(seconds));
    }

    /// Makes a private API and gives its id and its root's.
    fn api(&mut self) -> (String, String) {
        let private = json!({ "name": "shop", "endpointConfiguration": { "types": ["PRIVATE"] } });
        let made = self.post("/restapis", private).unwrap();
        (text(&made, "id"), text(&made, "rootResourceId"))
    }

    /// Makes a link that is AVAILABLE.
    fn link(&mut self) -> String {
        let made = self.post("/vpclinks", json!({ "name": "hub", "targetArns": [self.nlb] })).unwrap();
        self.later(180);
        text(&made, "id")
    }

    /// Makes an execute-api endpoint and gives its id.
    fn endpoint(&mut self) -> String {
        let group = ec2::state::SecurityGroup {
            id: "sg-0123456789abcdef0".to_owned(),
            name: "entry".to_owned(),
            description: "entry".to_owned(),
            vpc: "vpc-0123456789abcdef0".to_owned(),
            tags: BTreeMap::new(),
            rules: BTreeMap::new(),
        };
        self.world.scope_mut(ACCOUNT, REGION).ec2.groups.insert(group.id.clone(), group);
        let pairs = [
            ("Action", "CreateVpcEndpoint"),
            ("VpcEndpointType", "Interface"),
            ("VpcId", "vpc-0123456789abcdef0"),
            ("ServiceName", "com.amazonaws.us-east-1.execute-api"),
            ("SubnetId.1", "subnet-0123456789abcdef0"),
            ("SecurityGroupId.1", "sg-0123456789abcdef0"),
            ("PrivateDnsEnabled", "false"),
        ];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let call = Call {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            method: "POST".to_owned(),
            path: "/".to_owned(),
            body: body.into_bytes(),
            ..Call::default()
        };
        let reply = ec2::handle(&mut self.world, &call).unwrap();
        let xml = String::from_utf8(reply.body).unwrap();
        let id = xml.split("<vpcEndpointId>").nth(1).and_then(|rest| rest.split('<').next());
        id.unwrap().to_owned()
    }

    /// Puts a GET method with an integration on a resource.
    fn method(&mut self, api: &str, resource: &str, integration: Value) {
        let path = format!("/restapis/{api}/resources/{resource}/methods/GET");
        self.put(&path, json!({ "authorizationType": "NONE" })).unwrap();
        self.put(&format!("{path}/integration"), integration).unwrap();
    }

    fn open_policy(&mut self, api: &str) {
        self.patch(&format!("/restapis/{api}"), &[("replace", "/policy", &open_policy().to_string())]).unwrap();
    }
}

fn open_policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*" }
        ]
    })
}

fn mock() -> Value {
    json!({ "type": "MOCK", "requestTemplates": { "application/json": "{\"statusCode\":200}" } })
}

fn over_link(link: &str) -> Value {
    json!({
        "type": "HTTP_PROXY",
        "httpMethod": "GET",
        "uri": "http://orders.internal:8080/",
        "connectionType": "VPC_LINK",
        "connectionId": link
    })
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[track_caller]
fn refused(answer: Answer, code: &str, message: &str) {
    let fault = answer.unwrap_err();
    assert_eq!((fault.code.as_str(), fault.message.as_str()), (code, message));
}

#[track_caller]
fn refused_as(answer: Answer, code: &str) {
    let fault = answer.unwrap_err();
    assert_eq!(fault.code, code, "{}", fault.message);
}
