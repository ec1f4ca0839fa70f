//! EC2's rules, each through `handle` as a client meets it: the world and the callers that the tests share.

mod endpoint;
mod fate;
mod group;
mod request;
mod service;

use super::*;
use crate::elbv2;
use crate::world::Options;
use std::time::Duration;

const WORLD: &str = r#"
account "111111111111" {
    region "us-east-1" {
        vpc "app" cidr="10.1.0.0/16" {
            subnet "a" cidr="10.1.1.0/24" az="us-east-1a" az-id="use1-az2"
            subnet "b" cidr="10.1.2.0/24" az="us-east-1b" az-id="use1-az4"
            load-balancer "nlb" { subnets "a" "b"; listener 80; }
            load-balancer "spare" { subnets "a"; listener 80; }
            load-balancer "alb" type="application" { subnets "a" "b"; listener 80; }
        }
    }
}
account "222222222222" {
    region "us-east-1" {
        vpc "hub" cidr="10.0.0.0/16" {
            subnet "a" cidr="10.0.1.0/24" az="us-east-1a" az-id="use1-az1"
            subnet "b" cidr="10.0.2.0/24" az="us-east-1b" az-id="use1-az2"
            subnet "c" cidr="10.0.3.0/24" az="us-east-1c" az-id="use1-az4"
            subnet "small" cidr="10.0.4.0/28" az="us-east-1b" az-id="use1-az2"
            security-group "sg"
        }
        vpc "plain" cidr="10.2.0.0/16" dns-hostnames=#false {
            subnet "p" cidr="10.2.1.0/24" az="us-east-1a"
        }
    }
}
account "333333333333"
"#;

const APP: &str = "111111111111";
const HUB: &str = "222222222222";
const EXECUTE_API: &str = "com.amazonaws.us-east-1.execute-api";

/// A world and those who call it.
struct Bench(World);

impl Bench {
    fn new() -> Bench {
        Bench(World::from_kdl("world.kdl", WORLD, &Options { speed: 0.0, seed: 1 }).unwrap())
    }

    fn call(&mut self, account: &str, action: &str, params: &[(&str, &str)]) -> Result<String, Fault> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2016-11-15").extend_pairs(params);
        let call = Call {
            account: account.to_owned(),
            region: "us-east-1".to_owned(),
            principal_arn: format!("arn:aws:sts::{account}:assumed-role/deployer/test"),
            method: "POST".to_owned(),
            path: "/".to_owned(),
            body: form.finish().into_bytes(),
            request_id: "request".to_owned(),
            ..Call::default()
        };
        self.0.settle();
        handle(&mut self.0, &call).map(|reply| String::from_utf8(reply.body).unwrap())
    }

    /// Makes a call that must succeed.
    #[track_caller]
    fn ok(&mut self, account: &str, action: &str, params: &[(&str, &str)]) -> String {
        self.call(account, action, params).unwrap()
    }

    /// Makes a call that must be refused with this code, and must change nothing.
    #[track_caller]
    fn refused(&mut self, code: &str, account: &str, action: &str, params: &[(&str, &str)]) -> String {
        let before = crate::summary::summarise(&self.0);
        let fault = self.call(account, action, params).unwrap_err();
        assert_eq!(fault.code, code, "{}", fault.message);
        assert_eq!(before, crate::summary::summarise(&self.0), "a refused call changed the world");
        fault.message
    }

    fn pass(&mut self, seconds: u64) {
        self.0.clock.advance(Duration::from_secs(seconds));
        self.0.settle();
    }

    fn vpc(&self, name: &str) -> String {
        let all = self.0.scope(HUB, "us-east-1").ec2.vpcs.values();
        all.filter(|vpc| vpc.tags["Name"] == name).map(|vpc| vpc.id.clone()).next().unwrap()
    }

    fn subnet(&self, name: &str) -> String {
        let all = self.0.scope(HUB, "us-east-1").ec2.subnets.values();
        all.filter(|subnet| subnet.tags["Name"] == name).map(|subnet| subnet.id.clone()).next().unwrap()
    }

    fn group(&self, name: &str) -> String {
        let all = self.0.scope(HUB, "us-east-1").ec2.groups.values();
        let vpc = self.vpc("hub");
        all.filter(|group| group.vpc == vpc && group.name == name).map(|group| group.id.clone()).next().unwrap()
    }

    fn balancer(&self, name: &str) -> String {
        let all = self.0.scope(APP, "us-east-1").elb.load_balancers.values();
        all.filter(|lb| lb.name == name).map(|lb| lb.arn.clone()).next().unwrap()
    }

    /// Makes an available service on `nlb` that permits the hub's account; gives its id and name.
    fn service(&mut self) -> (String, String) {
        let arn = self.balancer("nlb");
        let made = self.ok(APP, "CreateVpcEndpointServiceConfiguration", &[("NetworkLoadBalancerArn.1", &arn)]);
        let id = text(&made, "serviceId");
        let principal = format!("arn:aws:iam::{HUB}:root");
        let permit = [("ServiceId", id.as_str()), ("AddAllowedPrincipals.1", &principal)];
        self.ok(APP, "ModifyVpcEndpointServicePermissions", &permit);
        self.pass(20);
        (id, text(&made, "serviceName"))
    }

    fn endpoint(&mut self, service: &str, more: &[(&str, &str)]) -> Result<String, Fault> {
        let (vpc, group) = (self.vpc("hub"), self.group("sg"));
        let mut params = vec![
            ("VpcId", vpc.as_str()),
            ("VpcEndpointType", "Interface"),
            ("ServiceName", service),
            ("SecurityGroupId.1", group.as_str()),
        ];
        params.extend_from_slice(more);
        self.call(HUB, "CreateVpcEndpoint", &params).map(|made| text(&made, "vpcEndpointId"))
    }

    fn state(&mut self, endpoint: &str) -> String {
        text(&self.ok(HUB, "DescribeVpcEndpoints", &[("VpcEndpointId.1", endpoint)]), "state")
    }
}

/// Gives the text of the first element of this name.
#[track_caller]
fn text(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no <{name}> in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0.to_owned()
}

fn pairs(owned: &[(String, String)]) -> Vec<(&str, &str)> {
    owned.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}
