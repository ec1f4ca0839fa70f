//! Endpoints: private DNS, addresses, tokens, policies, changes, and how many.

use super::*;

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
