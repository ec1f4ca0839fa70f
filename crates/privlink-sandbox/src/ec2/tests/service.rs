//! Endpoint services: visibility, zones, load balancers, and the handshake of two accounts.

use super::*;

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
fn a_service_is_offered_in_other_regions_that_are_on_and_never_leaves_its_own() {
    let mut bench = Bench::new();
    let (id, _) = bench.service();
    let own = ["ServiceId", &id].map(str::to_owned);
    let change =
        |key: &'static str, value: &'static str| [(own[0].clone(), own[1].clone()), (key.into(), value.into())];
    let mut modify = |key, value, code: Option<&str>| {
        let pairs = change(key, value);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        match code {
            Some(code) => drop(bench.refused(code, APP, "ModifyVpcEndpointServiceConfiguration", &pairs)),
            None => drop(bench.ok(APP, "ModifyVpcEndpointServiceConfiguration", &pairs)),
        }
        bench.ok(APP, "DescribeVpcEndpointServiceConfigurations", &[]).matches("<region>").count()
    };
    assert_eq!(modify("AddSupportedRegion.1", "us-west-2", None), 2);
    assert_eq!(modify("AddSupportedRegion.1", "af-south-1", Some("InvalidParameter")), 2);
    assert_eq!(modify("RemoveSupportedRegion.1", "us-east-1", Some("InvalidParameter")), 2);
    assert_eq!(modify("RemoveSupportedRegion.1", "us-west-2", None), 1);
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
    let lb = elbv2::ports::load_balancer(&bench.0, APP, "us-east-1", &arn).unwrap();
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
