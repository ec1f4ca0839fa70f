//! EC2's rules, each through `handle` as a client meets it.

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

#[test]
fn the_handshake_takes_both_accounts() {
    let mut bench = Bench::new();
    let (service, name) = bench.service();
    let (b, c) = (bench.subnet("b"), bench.subnet("c"));
    let subnets = [("SubnetId.1", b.as_str()), ("SubnetId.2", c.as_str()), ("PrivateDnsEnabled", "false")];
    let endpoint = bench.endpoint(&name, &subnets).unwrap();
    assert_eq!(bench.state(&endpoint), "pendingAcceptance");
    bench.pass(1000);
    assert_eq!(bench.state(&endpoint), "pendingAcceptance");

    let seen = bench.ok(APP, "DescribeVpcEndpointConnections", &[]);
    assert_eq!(text(&seen, "vpcEndpointId"), endpoint);
    assert_eq!(text(&seen, "vpcEndpointOwner"), HUB);
    let item = [("ServiceId", service.as_str()), ("VpcEndpointId.1", &endpoint)];
    // The consumer cannot accept for the provider.
    bench.refused("InvalidVpcEndpointServiceId.NotFound", HUB, "AcceptVpcEndpointConnections", &item);
    assert!(bench.ok(APP, "AcceptVpcEndpointConnections", &item).contains("<unsuccessful></unsuccessful>"));
    assert_eq!(bench.state(&endpoint), "pending");
    assert!(!bench.ok(HUB, "DescribeVpcEndpoints", &[]).contains("<item>eni-"));
    bench.pass(91);
    assert_eq!(bench.state(&endpoint), "available");
    assert_eq!(bench.ok(HUB, "DescribeVpcEndpoints", &[]).matches("<item>eni-").count(), 2);
    let again = bench.ok(APP, "AcceptVpcEndpointConnections", &item);
    assert_eq!(text(&again, "code"), "InvalidState");

    bench.ok(APP, "RejectVpcEndpointConnections", &item);
    assert_eq!(bench.state(&endpoint), "rejected");
    let gone = bench.ok(HUB, "DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert!(gone.contains("<unsuccessful></unsuccessful>"));
    assert_eq!(bench.state(&endpoint), "deleting");
    bench.pass(61);
    assert_eq!(bench.state(&endpoint), "deleted");
    bench.pass(61);
    bench.refused("InvalidVpcEndpointId.NotFound", HUB, "DescribeVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
}

#[test]
fn a_service_is_seen_by_its_owner_and_those_it_permits() {
    let mut bench = Bench::new();
    let (id, name) = bench.service();
    let named = [("ServiceName.1", name.as_str())];
    assert!(bench.ok(HUB, "DescribeVpcEndpointServices", &named).contains(&name));
    assert!(bench.ok(APP, "DescribeVpcEndpointServices", &named).contains(&name));
    bench.refused("InvalidServiceName", "333333333333", "DescribeVpcEndpointServices", &named);
    let principal = format!("arn:aws:iam::{HUB}:root");
    let remove = [("ServiceId", id.as_str()), ("RemoveAllowedPrincipals.1", &principal)];
    bench.ok(APP, "ModifyVpcEndpointServicePermissions", &remove);
    bench.refused("InvalidServiceName", HUB, "DescribeVpcEndpointServices", &named);
    let b = bench.subnet("b");
    assert_eq!(bench.endpoint(&name, &[("SubnetId.1", &b)]).unwrap_err().code, "InvalidServiceName");
    let role = format!("arn:aws:iam::{HUB}:role/deployer");
    bench.ok(APP, "ModifyVpcEndpointServicePermissions", &[("ServiceId", &id), ("AddAllowedPrincipals.1", &role)]);
    assert!(bench.ok(HUB, "DescribeVpcEndpointServices", &named).contains(&name));
}

#[test]
fn zones_are_compared_by_id() {
    let mut bench = Bench::new();
    let (_, name) = bench.service();
    // us-east-1a of the consumer is a zone that the provider's load balancer is not in, though it has a us-east-1a too.
    let (a, b, small) = (bench.subnet("a"), bench.subnet("b"), bench.subnet("small"));
    let fault = bench.endpoint(&name, &[("SubnetId.1", &b), ("SubnetId.2", &a)]).unwrap_err();
    assert_eq!(fault.code, "InvalidParameter");
    let expected =
        format!("The VPC endpoint service {name} does not support the availability zone of the subnet: {a}.");
    assert_eq!(fault.message, expected);
    let fault = bench.endpoint(&name, &[("SubnetId.1", &b), ("SubnetId.2", &small)]).unwrap_err();
    assert_eq!(fault.code, "DuplicateSubnetsInSameZone");
    let details = bench.ok(HUB, "DescribeVpcEndpointServices", &[("ServiceName.1", &name)]);
    assert!(text(&details, "availabilityZoneSet").contains("us-east-1b"), "{details}");
    assert!(!text(&details, "availabilityZoneSet").contains("us-east-1a"), "{details}");
}

#[test]
fn one_load_balancer_has_one_service() {
    let mut bench = Bench::new();
    let (nlb, spare, alb) = (bench.balancer("nlb"), bench.balancer("spare"), bench.balancer("alb"));
    let create = "CreateVpcEndpointServiceConfiguration";
    bench.service();
    let message = bench.refused("InvalidParameter", APP, create, &[("NetworkLoadBalancerArn.1", &nlb)]);
    assert!(message.contains("LBs are already associated with another VPC Endpoint Service Configuration"));
    bench.refused("InvalidParameter", APP, create, &[("NetworkLoadBalancerArn.1", &alb)]);
    bench.refused("LoadBalancerNotFound", HUB, create, &[("NetworkLoadBalancerArn.1", &spare)]);
    add_hidden_service(&mut bench.0, APP, "us-east-1", &spare);
    bench.refused("InvalidParameter", APP, create, &[("NetworkLoadBalancerArn.1", &spare)]);
    remove_hidden_service(&mut bench.0, APP, "us-east-1", &spare);
    bench.ok(APP, create, &[("NetworkLoadBalancerArn.1", &spare)]);
}

#[test]
fn a_load_balancer_must_be_active_for_a_service() {
    let mut bench = Bench::new();
    let arn = bench.balancer("spare");
    let soon = bench.0.now().plus(Duration::from_secs(100));
    bench.0.scope_mut(APP, "us-east-1").elb.load_balancers.get_mut(&arn).unwrap().ready_at = soon;
    let lb = elbv2::load_balancer(&bench.0, APP, "us-east-1", &arn).unwrap();
    assert_eq!(lb.state(bench.0.now()), "provisioning");
    let params = [("NetworkLoadBalancerArn.1", arn.as_str())];
    bench.refused("InvalidParameter", APP, "CreateVpcEndpointServiceConfiguration", &params);
    bench.pass(101);
    bench.ok(APP, "CreateVpcEndpointServiceConfiguration", &params);
}

#[test]
fn a_service_with_connections_stays() {
    let mut bench = Bench::new();
    let (id, name) = bench.service();
    let b = bench.subnet("b");
    let endpoint = bench.endpoint(&name, &[("SubnetId.1", &b)]).unwrap();
    let delete = "DeleteVpcEndpointServiceConfigurations";
    let answer = bench.ok(APP, delete, &[("ServiceId.1", &id)]);
    assert_eq!(text(&answer, "code"), "ExistingVpcEndpointConnections");
    bench.ok(HUB, "DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert_eq!(text(&bench.ok(APP, delete, &[("ServiceId.1", &id)]), "code"), "ExistingVpcEndpointConnections");
    bench.pass(61);
    assert!(bench.ok(APP, delete, &[("ServiceId.1", &id)]).contains("<unsuccessful></unsuccessful>"));
    let configuration = bench.ok(APP, "DescribeVpcEndpointServiceConfigurations", &[]);
    assert_eq!(text(&configuration, "serviceState"), "Deleting");
    let arn = bench.balancer("nlb");
    assert_eq!(service_on_load_balancer(&bench.0, APP, "us-east-1", &arn), Some(id.clone()));
    bench.pass(16);
    assert_eq!(service_on_load_balancer(&bench.0, APP, "us-east-1", &arn), None);
    assert_eq!(text(&bench.ok(APP, delete, &[("ServiceId.1", &id)]), "code"), "InvalidVpcEndpointService.NotFound");
}

#[test]
fn private_dns_is_one_endpoints_of_a_vpc_whose_attributes_allow_it() {
    let mut bench = Bench::new();
    let (a, c) = (bench.subnet("a"), bench.subnet("c"));
    let on = ("PrivateDnsEnabled", "true");
    let first = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &a), on]).unwrap();
    let fault = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &c), on]).unwrap_err();
    assert!(fault.message.starts_with("private-dns-enabled cannot be set because there is already a conflicting DNS domain for *.execute-api.us-east-1.amazonaws.com in the VPC vpc-"), "{}", fault.message);
    // Left out, it is on.
    assert_eq!(bench.endpoint(EXECUTE_API, &[("SubnetId.1", &c)]).unwrap_err().code, "InvalidParameter");
    let second = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &c), ("PrivateDnsEnabled", "false")]).unwrap();
    let enable = [("VpcEndpointId", second.as_str()), on];
    bench.refused("InvalidParameter", HUB, "ModifyVpcEndpoint", &enable);
    bench.ok(HUB, "DeleteVpcEndpoints", &[("VpcEndpointId.1", &first)]);
    bench.refused("InvalidParameter", HUB, "ModifyVpcEndpoint", &enable);
    bench.pass(61);
    bench.ok(HUB, "ModifyVpcEndpoint", &enable);
    let (vpc, subnet) = (bench.vpc("plain"), bench.subnet("p"));
    let plain = [
        ("VpcId", vpc.as_str()),
        ("VpcEndpointType", "Interface"),
        ("ServiceName", EXECUTE_API),
        ("SubnetId.1", &subnet),
        on,
    ];
    let message = bench.refused("InvalidParameter", HUB, "CreateVpcEndpoint", &plain);
    assert!(message.contains("enableDnsSupport and enableDnsHostnames"), "{message}");
}

#[test]
fn endpoints_hold_real_addresses_of_their_subnets() {
    let mut bench = Bench::new();
    let small = bench.subnet("small");
    // A /28 has 16 addresses, five of which are AWS's.
    for taken in 0..11 {
        let made = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &small), ("PrivateDnsEnabled", "false")]);
        assert!(made.is_ok(), "{taken}");
    }
    let full = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &small), ("PrivateDnsEnabled", "false")]).unwrap_err();
    assert_eq!(full.code, "InsufficientFreeAddressesInSubnet");
    let state = &bench.0.scope(HUB, "us-east-1").ec2;
    let mut addresses: Vec<_> = state.interfaces.values().map(|found| found.address).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 11);
    assert_eq!(addresses[0].to_string(), "10.0.4.4");
    assert_eq!(addresses[10].to_string(), "10.0.4.14");
    let subnet = bench.ok(HUB, "DescribeSubnets", &[("SubnetId.1", &small)]);
    assert_eq!(text(&subnet, "availableIpAddressCount"), "0");
}

#[test]
fn addresses_can_be_chosen_but_not_those_of_aws_or_of_others() {
    let mut bench = Bench::new();
    let a = bench.subnet("a");
    let mut with = |address: &str| {
        let chosen = [
            ("SubnetId.1", a.as_str()),
            ("PrivateDnsEnabled", "false"),
            ("SubnetConfiguration.1.SubnetId", &a),
            ("SubnetConfiguration.1.Ipv4", address),
        ];
        bench.endpoint(EXECUTE_API, &chosen).map_err(|fault| fault.code)
    };
    assert!(with("10.0.1.77").is_ok());
    assert_eq!(with("10.0.1.77").unwrap_err(), "InvalidIPAddress.InUse");
    for bad in ["10.0.1.3", "10.0.1.255", "10.0.2.77", "nonsense"] {
        assert_eq!(with(bad).unwrap_err(), "InvalidParameterValue", "{bad}");
    }
}

#[test]
fn a_group_in_use_stays_until_the_interfaces_are_gone() {
    let mut bench = Bench::new();
    let (a, group) = (bench.subnet("a"), bench.group("sg"));
    let endpoint = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &a)]).unwrap();
    let params = [("GroupId", group.as_str())];
    bench.refused("DependencyViolation", HUB, "DeleteSecurityGroup", &params);
    bench.ok(HUB, "DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    bench.refused("DependencyViolation", HUB, "DeleteSecurityGroup", &params);
    bench.pass(61);
    bench.ok(HUB, "DeleteSecurityGroup", &params);
    bench.refused("InvalidGroup.NotFound", HUB, "DeleteSecurityGroup", &params);
    let default = bench.group("default");
    bench.refused("CannotDelete", HUB, "DeleteSecurityGroup", &[("GroupId", &default)]);
}

#[test]
fn rules_are_unique_and_revoked_by_what_they_say_or_by_id() {
    let mut bench = Bench::new();
    let group = bench.group("sg");
    let rule = |group: &str, port: &str, cidr: &str| {
        vec![
            ("GroupId".to_owned(), group.to_owned()),
            ("IpPermissions.1.IpProtocol".to_owned(), "tcp".to_owned()),
            ("IpPermissions.1.FromPort".to_owned(), port.to_owned()),
            ("IpPermissions.1.ToPort".to_owned(), port.to_owned()),
            ("IpPermissions.1.IpRanges.1.CidrIp".to_owned(), cidr.to_owned()),
        ]
    };
    let (authorize, revoke) = ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress");
    let https = rule(&group, "443", "10.0.0.0/8");
    let https = pairs(&https);
    let made = bench.ok(HUB, authorize, &https);
    // Bits beyond the prefix say nothing: it is the same rule.
    bench.refused("InvalidPermission.Duplicate", HUB, authorize, &pairs(&rule(&group, "443", "10.9.9.9/8")));
    bench.refused("InvalidPermission.NotFound", HUB, revoke, &pairs(&rule(&group, "80", "10.0.0.0/8")));
    bench.refused("InvalidParameterValue", HUB, authorize, &pairs(&rule(&group, "443", "10.0.0.0/33")));
    bench.refused("InvalidParameterValue", HUB, authorize, &pairs(&rule(&group, "70000", "10.0.0.0/8")));
    let id = text(&made, "securityGroupRuleId");
    bench.ok(HUB, revoke, &[("GroupId", &group), ("SecurityGroupRuleId.1", &id)]);
    let again = [("GroupId", group.as_str()), ("SecurityGroupRuleId.1", &id)];
    bench.refused("InvalidSecurityGroupRuleId.NotFound", HUB, revoke, &again);
    bench.ok(HUB, authorize, &https);
    bench.ok(HUB, revoke, &https);
    for port in 0..60 {
        bench.ok(HUB, authorize, &pairs(&rule(&group, &port.to_string(), "10.0.0.0/8")));
    }
    let message = bench.refused("RulesPerSecurityGroupLimitExceeded", HUB, authorize, &https);
    assert!(message.contains("maximum number of rules"));
}

#[test]
fn a_group_that_another_names_stays() {
    let mut bench = Bench::new();
    let (group, vpc) = (bench.group("sg"), bench.vpc("hub"));
    let params = [("GroupName", "other"), ("GroupDescription", "d"), ("VpcId", vpc.as_str())];
    let other = text(&bench.ok(HUB, "CreateSecurityGroup", &params), "groupId");
    bench.refused("InvalidGroup.Duplicate", HUB, "CreateSecurityGroup", &params);
    let rule = [
        ("GroupId", other.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.Groups.1.GroupId", &group),
    ];
    bench.ok(HUB, "AuthorizeSecurityGroupIngress", &rule);
    bench.refused("DependencyViolation", HUB, "DeleteSecurityGroup", &[("GroupId", &group)]);
    bench.ok(HUB, "DeleteSecurityGroup", &[("GroupId", &other)]);
    bench.ok(HUB, "DeleteSecurityGroup", &[("GroupId", &group)]);
}

#[test]
fn a_client_token_makes_one_thing() {
    let mut bench = Bench::new();
    let a = bench.subnet("a");
    let token = [("SubnetId.1", a.as_str()), ("PrivateDnsEnabled", "false"), ("ClientToken", "t")];
    let first = bench.endpoint(EXECUTE_API, &token).unwrap();
    assert_eq!(bench.endpoint(EXECUTE_API, &token).unwrap(), first);
    let b = bench.subnet("b");
    let other = [("SubnetId.1", b.as_str()), ("PrivateDnsEnabled", "false"), ("ClientToken", "t")];
    assert_eq!(bench.endpoint(EXECUTE_API, &other).unwrap_err().code, "IdempotentParameterMismatch");
    let without = [("SubnetId.1", a.as_str()), ("PrivateDnsEnabled", "false")];
    assert_ne!(bench.endpoint(EXECUTE_API, &without).unwrap(), first);
}

#[test]
fn policies_are_for_services_that_take_them_and_must_be_policies() {
    let mut bench = Bench::new();
    let (_, name) = bench.service();
    let (a, b) = (bench.subnet("a"), bench.subnet("b"));
    let good = r#"{"Statement":[{"Effect":"Allow","Action":"*","Principal":"*","Resource":"*"}]}"#;
    let with = |policy: &'static str| [("PolicyDocument", policy), ("PrivateDnsEnabled", "false")];
    let mut params = with(good).to_vec();
    params.push(("SubnetId.1", &b));
    assert_eq!(bench.endpoint(&name, &params).unwrap_err().code, "InvalidParameter");
    for bad in ["{", "[]", "{}", r#"{"Statement":[{"Effect":"Maybe","Action":"*","Principal":"*","Resource":"*"}]}"#] {
        let mut params = with(bad).to_vec();
        params.push(("SubnetId.1", &a));
        assert_eq!(bench.endpoint(EXECUTE_API, &params).unwrap_err().code, "InvalidPolicyDocument", "{bad}");
    }
    let mut params = with(good).to_vec();
    params.push(("SubnetId.1", &a));
    let endpoint = bench.endpoint(EXECUTE_API, &params).unwrap();
    let described = bench.ok(HUB, "DescribeVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert_eq!(text(&described, "policyDocument").replace("&quot;", "\""), good);
}

#[test]
fn a_modified_endpoint_is_pending_for_a_while_and_moves_its_interfaces() {
    let mut bench = Bench::new();
    let (a, b) = (bench.subnet("a"), bench.subnet("b"));
    let endpoint = bench.endpoint(EXECUTE_API, &[("SubnetId.1", &a)]).unwrap();
    bench.pass(91);
    let id = ("VpcEndpointId", endpoint.as_str());
    let message = bench.refused("InvalidParameter", HUB, "ModifyVpcEndpoint", &[id, ("RemoveSubnetId.1", &b)]);
    assert!(message.contains("is not associated"), "{message}");
    bench.ok(HUB, "ModifyVpcEndpoint", &[id, ("AddSubnetId.1", &b), ("RemoveSubnetId.1", &a)]);
    assert_eq!(bench.state(&endpoint), "pending");
    bench.pass(31);
    assert_eq!(bench.state(&endpoint), "available");
    bench.pass(61);
    let interfaces = &bench.0.scope(HUB, "us-east-1").ec2.interfaces;
    let subnets: Vec<_> =
        interfaces.values().filter(|found| found.owner == endpoint).map(|found| &found.subnet).collect();
    assert_eq!(subnets, [&b]);
    let default = bench.group("default");
    let group = bench.group("sg");
    let swap = [id, ("AddSecurityGroupId.1", &default), ("RemoveSecurityGroupId.1", &group)];
    bench.ok(HUB, "ModifyVpcEndpoint", &swap);
    bench.ok(HUB, "DeleteSecurityGroup", &[("GroupId", &group)]);
}

#[test]
fn fifty_endpoints_fill_a_vpc() {
    let mut bench = Bench::new();
    for _ in 0..50 {
        bench.endpoint(EXECUTE_API, &[("PrivateDnsEnabled", "false")]).unwrap();
    }
    let fault = bench.endpoint(EXECUTE_API, &[("PrivateDnsEnabled", "false")]).unwrap_err();
    assert_eq!(fault.code, "VpcEndpointLimitExceeded");
}

#[test]
fn a_dry_run_changes_nothing_and_still_refuses() {
    let mut bench = Bench::new();
    let vpc = bench.vpc("hub");
    let params = [("GroupName", "new"), ("GroupDescription", "d"), ("VpcId", vpc.as_str()), ("DryRun", "true")];
    bench.refused("DryRunOperation", HUB, "CreateSecurityGroup", &params);
    let bad = [("GroupName", "sg"), ("GroupDescription", "d"), ("VpcId", vpc.as_str()), ("DryRun", "true")];
    bench.refused("InvalidGroup.Duplicate", HUB, "CreateSecurityGroup", &bad);
}

#[test]
fn what_is_not_known_is_refused_and_not_passed_over() {
    let mut bench = Bench::new();
    bench.refused("InvalidAction", HUB, "RunInstances", &[]);
    bench.refused("UnknownParameter", HUB, "DescribeVpcs", &[("Colour", "red")]);
    bench.refused(
        "InvalidParameterValue",
        HUB,
        "DescribeVpcs",
        &[("Filter.1.Name", "colour"), ("Filter.1.Value.1", "red")],
    );
    bench.refused("InvalidVpcID.NotFound", HUB, "DescribeVpcs", &[("VpcId.1", "vpc-00000000000000000")]);
    bench.refused("InvalidVpcID.Malformed", HUB, "DescribeVpcs", &[("VpcId.1", "hub")]);
    let others = bench.0.scope(APP, "us-east-1").ec2.vpcs.keys().next().unwrap().clone();
    bench.refused("InvalidVpcID.NotFound", HUB, "DescribeVpcs", &[("VpcId.1", &others)]);
}

#[test]
fn tags_are_set_all_or_nothing_and_found_by_filter() {
    let mut bench = Bench::new();
    let (a, group) = (bench.subnet("a"), bench.group("sg"));
    let set = [("ResourceId.1", group.as_str()), ("Tag.1.Key", "team"), ("Tag.1.Value", "platform")];
    bench.ok(HUB, "CreateTags", &set);
    let absent = [("ResourceId.1", a.as_str()), ("ResourceId.2", "sg-00000000000000000"), ("Tag.1.Key", "x")];
    bench.refused("InvalidGroup.NotFound", HUB, "CreateTags", &absent);
    let reserved = [("ResourceId.1", group.as_str()), ("Tag.1.Key", "aws:x"), ("Tag.1.Value", "y")];
    bench.refused("InvalidParameterValue", HUB, "CreateTags", &reserved);
    let find = [("Filter.1.Name", "tag:team"), ("Filter.1.Value.1", "plat*")];
    assert_eq!(text(&bench.ok(HUB, "DescribeSecurityGroups", &find), "groupId"), group);
    // A value that differs is another tag.
    bench.ok(HUB, "DeleteTags", &[("ResourceId.1", &group), ("Tag.1.Key", "team"), ("Tag.1.Value", "")]);
    assert!(bench.ok(HUB, "DescribeSecurityGroups", &find).contains(&group));
    bench.ok(HUB, "DeleteTags", &[("ResourceId.1", &group), ("Tag.1.Key", "team")]);
    assert!(!bench.ok(HUB, "DescribeSecurityGroups", &find).contains(&group));
}

/// Throws odd requests at every operation: none may panic, and what is refused must change nothing.
#[test]
fn no_request_panics_and_no_refusal_changes_the_world() {
    let mut bench = Bench::new();
    let (service, name) = bench.service();
    let (b, c, vpc, group) = (bench.subnet("b"), bench.subnet("c"), bench.vpc("hub"), bench.group("sg"));
    let endpoint = bench.endpoint(&name, &[("SubnetId.1", &b)]).unwrap();
    let mut ids = crate::ids::Ids::new(42);
    let shapes = [
        "",
        ".1",
        ".2",
        ".1.Name",
        ".1.Value.1",
        ".1.Key",
        ".1.Value",
        ".1.ResourceType",
        ".1.Tag.1.Key",
        ".1.IpProtocol",
        ".1.FromPort",
        ".1.ToPort",
        ".1.IpRanges.1.CidrIp",
        ".1.Groups.1.GroupId",
        ".1.SubnetId",
        ".1.Ipv4",
        ".99999999999.x",
        ".-1",
    ];
    let values = [
        "",
        "true",
        "false",
        "-1",
        "5",
        "443",
        "99999999999999999999",
        "tcp",
        "10.0.0.0/8",
        "::/0",
        "10.0.2.77",
        "*",
        "\\",
        "é\u{0}<&",
        "vpc-id",
        "tag:Name",
        "Interface",
        "vpc-endpoint",
        "{}",
        EXECUTE_API,
        &service,
        &name,
        &b,
        &c,
        &vpc,
        &group,
        &endpoint,
        "arn:aws:iam::222222222222:root",
        "enableDnsSupport",
    ];
    let pick = |ids: &mut crate::ids::Ids, most: usize| (ids.number() % most.max(1) as u64) as usize;
    let mut answered = 0;
    for (action, _, known) in OPERATIONS {
        for round in 0..120 {
            let mut params: Vec<(String, &str)> = Vec::new();
            for _ in 0..pick(&mut ids, 7) {
                let parameter = known[pick(&mut ids, known.len())];
                let shape = shapes[pick(&mut ids, shapes.len())];
                params.push((format!("{parameter}{shape}"), values[pick(&mut ids, values.len())]));
            }
            // Half of the requests are made likelier to get past the first checks.
            if round % 2 == 0 {
                let likely = [
                    ("VpcId", vpc.as_str()),
                    ("GroupId", &group),
                    ("ServiceId", &service),
                    ("VpcEndpointId", &endpoint),
                    ("ServiceName", EXECUTE_API),
                    ("VpcEndpointType", "Interface"),
                ];
                params.extend(
                    likely
                        .iter()
                        .filter(|(key, _)| known.contains(key))
                        .map(|(key, value)| ((*key).to_owned(), *value)),
                );
            }
            let params: Vec<(&str, &str)> = params.iter().map(|(key, value)| (key.as_str(), *value)).collect();
            let account = [APP, HUB][pick(&mut ids, 2)];
            let before = crate::summary::summarise(&bench.0);
            match bench.call(account, action, &params) {
                Ok(_) => answered += 1,
                Err(fault) => {
                    assert!((400..500).contains(&fault.status), "{action} {params:?}: {fault:?}");
                    assert_eq!(before, crate::summary::summarise(&bench.0), "{action} {params:?}: {fault:?}");
                }
            }
        }
    }
    assert!(answered > 100, "only {answered} requests were answered: the test asks for too little");
}
