//! Load balancers, their places, tags and pages.

use super::{ACCOUNT, GROUP, INTERNAL, REGION, chain, code, first, later, register, send, send_as, texts, with, world};
use crate::ec2;
use crate::elbv2::{Existing, add_existing};

#[test]
fn a_network_load_balancer_provisions_with_one_interface_in_each_zone() {
    let mut world = world();
    let xml = send(&mut world, INTERNAL).unwrap();
    let arn = first(&xml, "LoadBalancerArn");
    let id = arn.rsplit('/').next().unwrap();
    assert_eq!(arn, format!("arn:aws:elasticloadbalancing:us-east-1:222222222222:loadbalancer/net/shared/{id}"));
    assert_eq!(id.len(), 16);
    assert_eq!(first(&xml, "DNSName"), format!("shared-{id}.elb.us-east-1.amazonaws.com"));
    assert_eq!((first(&xml, "Code").as_str(), first(&xml, "VpcId").as_str()), ("provisioning", "vpc-hub"));
    assert_eq!(texts(&xml, "SubnetId"), ["subnet-a", "subnet-b"]);
    assert_eq!(texts(&xml, "ZoneName"), ["us-east-1a", "us-east-1b"]);
    let interfaces: Vec<_> = world.scope(ACCOUNT, REGION).ec2.interfaces.values().collect();
    assert_eq!(interfaces.len(), 2);
    for interface in interfaces {
        assert_eq!(interface.description, format!("ELB net/shared/{id}"));
        let subnet = ec2::subnet(&world, ACCOUNT, REGION, &interface.subnet).unwrap();
        assert!(subnet.cidr.contains(&interface.address));
    }
    later(&mut world, 149);
    let describe = [("Action", "DescribeLoadBalancers"), ("Names.member.1", "shared")];
    assert_eq!(first(&send(&mut world, &describe).unwrap(), "Code"), "provisioning");
    later(&mut world, 1);
    assert_eq!(first(&send(&mut world, &describe).unwrap(), "Code"), "active");
}

#[test]
fn the_same_request_gives_the_same_load_balancer_and_another_is_a_duplicate() {
    let mut world = world();
    let arn = first(&send(&mut world, INTERNAL).unwrap(), "LoadBalancerArn");
    assert_eq!(first(&send(&mut world, INTERNAL).unwrap(), "LoadBalancerArn"), arn);
    for change in [("Subnets.member.2", "subnet-c"), ("SecurityGroups.member.1", "sg-one"), ("Tags.member.1.Key", "a")]
    {
        assert_eq!(code(send(&mut world, &with(INTERNAL, &[change]))), "DuplicateLoadBalancerName", "{change:?}");
    }
    assert_eq!(world.scope(ACCOUNT, REGION).elb.load_balancers.len(), 1);
}

#[test]
fn what_aws_refuses_of_a_load_balancer_is_refused() {
    let mut world = world();
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("Name", "a-name-that-is-longer-than-the-limit")], "ValidationError"),
        (&[("Name", "under_score")], "ValidationError"),
        (&[("Name", "-edge")], "ValidationError"),
        (&[("Name", "internal-api")], "ValidationError"),
        (&[("Subnets.member.2", "subnet-nowhere")], "SubnetNotFound"),
        (&[("Subnets.member.2", "subnet-other")], "InvalidConfigurationRequest"),
        (&[("Subnets.member.1", "subnet-b"), ("Subnets.member.2", "subnet-b2")], "InvalidConfigurationRequest"),
        (&[("Subnets.member.1", "-"), ("Subnets.member.2", "-")], "ValidationError"),
        (&[("SecurityGroups.member.1", "sg-none")], "InvalidSecurityGroup"),
        (&[("Scheme", "-")], "InvalidSubnet"),
        (&[("Scheme", "outside")], "InvalidScheme"),
        (&[("EnablePrefixForIpv6SourceNat", "on")], "ValidationError"),
    ];
    for (change, wanted) in cases {
        assert_eq!(code(send(&mut world, &with(INTERNAL, change))), *wanted, "{change:?}");
    }
    assert!(world.scope(ACCOUNT, REGION).ec2.interfaces.is_empty());
    assert_eq!(code(send(&mut world, &[("Action", "CreateRule")])), "InvalidAction");
}

#[test]
fn a_pinned_address_is_kept_and_one_that_is_taken_fails_the_load_balancer() {
    let mut world = world();
    let pinned = [
        ("Action", "CreateLoadBalancer"),
        ("Type", "network"),
        ("Scheme", "internal"),
        ("SubnetMappings.member.1.SubnetId", "subnet-a"),
        ("SubnetMappings.member.1.PrivateIPv4Address", "10.0.1.77"),
    ];
    let xml = send(&mut world, &with(&pinned, &[("Name", "one")])).unwrap();
    assert_eq!(first(&xml, "PrivateIPv4Address"), "10.0.1.77");
    let reserved = ("SubnetMappings.member.1.PrivateIPv4Address", "10.0.1.3");
    assert_eq!(code(send(&mut world, &with(&pinned, &[("Name", "low"), reserved]))), "ValidationError");
    send(&mut world, &with(&pinned, &[("Name", "two")])).unwrap();
    later(&mut world, 600);
    let xml = send(&mut world, &[("Action", "DescribeLoadBalancers"), ("Names.member.1", "two")]).unwrap();
    assert_eq!(first(&xml, "Code"), "failed");
    let one = send(&mut world, &[("Action", "DescribeLoadBalancers"), ("Names.member.1", "one")]).unwrap();
    let one = first(&one, "LoadBalancerArn");
    let places = |first: &'static str, second: &'static str| {
        [
            ("Action", "SetSubnets"),
            ("LoadBalancerArn", one.as_str()),
            ("SubnetMappings.member.1.SubnetId", "subnet-a"),
            ("SubnetMappings.member.1.PrivateIPv4Address", first),
            ("SubnetMappings.member.2.SubnetId", "subnet-b"),
            ("SubnetMappings.member.2.PrivateIPv4Address", second),
        ]
    };
    assert_eq!(code(send(&mut world, &places("10.0.1.78", "10.0.2.9"))), "InvalidConfigurationRequest");
    assert_eq!(code(send(&mut world, &places("10.0.1.77", "10.0.3.9"))), "ValidationError");
    let moved = send(&mut world, &places("10.0.1.77", "10.0.2.9")).unwrap();
    assert_eq!(texts(&moved, "PrivateIPv4Address"), ["10.0.1.77", "10.0.2.9"]);
    assert!(first(&xml, "Reason").contains("10.0.1.77"));
}

#[test]
fn lists_come_in_pages_and_unknown_things_are_named() {
    let mut world = world();
    for name in ["one", "two", "three"] {
        send(&mut world, &with(INTERNAL, &[("Name", name)])).unwrap();
    }
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let mut ask = vec![("Action", "DescribeLoadBalancers"), ("PageSize", "2")];
        if !marker.is_empty() {
            ask.push(("Marker", &marker));
        }
        let xml = send(&mut world, &ask).unwrap();
        seen.extend(texts(&xml, "LoadBalancerName"));
        let next = first(&xml, "NextMarker");
        if next.is_empty() {
            break;
        }
        marker = next;
    }
    seen.sort();
    assert_eq!(seen, ["one", "three", "two"]);
    let describe = |key, value| [("Action", "DescribeLoadBalancers"), (key, value)];
    assert_eq!(code(send(&mut world, &describe("PageSize", "401"))), "ValidationError");
    assert_eq!(code(send(&mut world, &describe("Marker", "zz"))), "ValidationError");
    assert_eq!(code(send(&mut world, &describe("Names.member.1", "none"))), "LoadBalancerNotFound");
    assert_eq!(code(send(&mut world, &describe("LoadBalancerArns.member.1", "junk"))), "ValidationError");
    let xml = send_as(&mut world, "111111111111", &[("Action", "DescribeLoadBalancers")]).unwrap();
    assert!(texts(&xml, "LoadBalancerName").is_empty(), "another account sees nothing");
    assert_eq!(code(send(&mut world, &[("Action", "DescribeListeners")])), "ValidationError");
}

#[test]
fn a_load_balancer_in_use_stays_and_its_interfaces_linger_when_it_goes() {
    let mut world = world();
    let chain = chain(&mut world);
    let delete = [("Action", "DeleteLoadBalancer"), ("LoadBalancerArn", chain.lb.as_str())];
    let protect = |value| {
        [
            ("Action", "ModifyLoadBalancerAttributes"),
            ("LoadBalancerArn", chain.lb.as_str()),
            ("Attributes.member.1.Key", "deletion_protection.enabled"),
            ("Attributes.member.1.Value", value),
        ]
    };
    send(&mut world, &protect("true")).unwrap();
    let fault = send(&mut world, &delete).unwrap_err();
    assert_eq!(fault.code, "OperationNotPermitted");
    assert!(fault.message.ends_with("cannot be deleted because deletion protection is enabled"));
    send(&mut world, &protect("false")).unwrap();
    assert_eq!(code(send(&mut world, &protect("maybe"))), "InvalidConfigurationRequest");

    ec2::add_hidden_service(&mut world, ACCOUNT, REGION, &chain.lb);
    let fault = send(&mut world, &delete).unwrap_err();
    assert_eq!(fault.code, "ResourceInUse");
    assert!(fault.message.ends_with("it is currently associated with another service"));
    let fewer = [
        ("Action", "SetSubnets"),
        ("LoadBalancerArn", chain.lb.as_str()),
        ("Subnets.member.1", "subnet-a"),
        ("Subnets.member.2", "subnet-c"),
    ];
    assert_eq!(code(send(&mut world, &fewer)), "ResourceInUse");
    ec2::remove_hidden_service(&mut world, ACCOUNT, REGION, &chain.lb);
    assert_eq!(texts(&send(&mut world, &fewer).unwrap(), "SubnetId"), ["subnet-a", "subnet-c"]);
    later(&mut world, 600);
    let interfaces = world.scope(ACCOUNT, REGION).ec2.interfaces.values();
    let mut places: Vec<&str> = interfaces.map(|interface| interface.subnet.as_str()).collect();
    places.sort_unstable();
    assert_eq!(places, ["subnet-a", "subnet-c"], "interfaces follow the subnets");

    send(&mut world, &delete).unwrap();
    send(&mut world, &delete).unwrap();
    assert!(!world.scope(ACCOUNT, REGION).ec2.interfaces.is_empty());
    let listeners = [("Action", "DescribeListeners"), ("ListenerArns.member.1", chain.listener.as_str())];
    assert_eq!(code(send(&mut world, &listeners)), "ListenerNotFound");
    send(&mut world, &[("Action", "DeleteTargetGroup"), ("TargetGroupArn", &chain.group)]).unwrap();
    later(&mut world, 600);
    assert!(world.scope(ACCOUNT, REGION).ec2.interfaces.is_empty());
}

#[test]
fn security_groups_can_change_but_neither_appear_nor_vanish() {
    let mut world = world();
    let without = first(&send(&mut world, INTERNAL).unwrap(), "LoadBalancerArn");
    let guarded = with(INTERNAL, &[("Name", "guarded"), ("SecurityGroups.member.1", "sg-one")]);
    let xml = send(&mut world, &guarded).unwrap();
    assert_eq!(first(&xml, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"), "on");
    let with_group = first(&xml, "LoadBalancerArn");
    let set = |lb, group| {
        let all = [
            ("Action", "SetSecurityGroups"),
            ("LoadBalancerArn", lb),
            ("SecurityGroups.member.1", group),
            ("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "off"),
        ];
        with(&all, &[])
    };
    assert_eq!(code(send(&mut world, &set(&without, "sg-one"))), "InvalidConfigurationRequest");
    assert_eq!(code(send(&mut world, &set(&with_group, "-"))), "InvalidConfigurationRequest");
    assert_eq!(code(send(&mut world, &set(&with_group, "sg-none"))), "InvalidSecurityGroup");
    let xml = send(&mut world, &set(&with_group, "sg-two")).unwrap();
    assert_eq!(first(&xml, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"), "off");
    let mut interfaces = world.scope(ACCOUNT, REGION).ec2.interfaces.values();
    assert!(interfaces.any(|interface| interface.groups == ["sg-two"]));
}

#[test]
fn tags_are_asked_for_by_at_most_twenty_arns() {
    let mut world = world();
    let chain = chain(&mut world);
    let add = |arn| {
        [
            ("Action", "AddTags"),
            ("ResourceArns.member.1", arn),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.1.Value", "shop + co"),
        ]
    };
    for arn in [&chain.lb, &chain.group, &chain.listener] {
        send(&mut world, &add(arn)).unwrap();
        let xml = send(&mut world, &[("Action", "DescribeTags"), ("ResourceArns.member.1", arn)]).unwrap();
        assert_eq!([first(&xml, "Key"), first(&xml, "Value")], ["team", "shop + co"]);
    }
    let keys: Vec<String> = (1..=21).map(|n| format!("ResourceArns.member.{n}")).collect();
    let mut many = vec![("Action", "DescribeTags")];
    many.extend(keys.iter().map(|key| (key.as_str(), chain.lb.as_str())));
    assert_eq!(code(send(&mut world, &many)), "ValidationError");
    let gone = chain.lb.replace("shared", "gone");
    assert_eq!(code(send(&mut world, &add(&gone))), "LoadBalancerNotFound");
    let remove = [("Action", "RemoveTags"), ("ResourceArns.member.1", chain.lb.as_str()), ("TagKeys.member.1", "team")];
    send(&mut world, &remove).unwrap();
    let xml = send(&mut world, &[("Action", "DescribeTags"), ("ResourceArns.member.1", &chain.lb)]).unwrap();
    assert!(texts(&xml, "Key").is_empty());
    let reserved = with(&add(&chain.lb), &[("Tags.member.1.Key", "aws:name")]);
    assert_eq!(code(send(&mut world, &reserved)), "ValidationError");
}

#[test]
fn the_world_file_makes_load_balancers_that_are_active_at_once() {
    let mut world = world();
    let made = |name: &str, kind: &str| Existing {
        name: name.to_owned(),
        kind: kind.to_owned(),
        scheme: "internal".to_owned(),
        subnets: vec!["subnet-a".to_owned(), "subnet-b".to_owned()],
        listeners: vec![(if kind == "network" { "TCP" } else { "HTTP" }.to_owned(), 80)],
        deletion_protection: true,
        ..Existing::default()
    };
    let arn = add_existing(&mut world, ACCOUNT, REGION, made("orders-internal", "network")).unwrap();
    assert!(add_existing(&mut world, ACCOUNT, REGION, made("orders-internal", "network")).is_err());
    let xml = send(&mut world, &[("Action", "DescribeLoadBalancers"), ("LoadBalancerArns.member.1", &arn)]).unwrap();
    assert_eq!(first(&xml, "Code"), "active");
    let xml = send(&mut world, &[("Action", "DescribeListeners"), ("LoadBalancerArn", &arn)]).unwrap();
    assert_eq!([first(&xml, "Protocol"), first(&xml, "Port")], ["TCP", "80"]);
    let alb = add_existing(&mut world, ACCOUNT, REGION, made("web", "application")).unwrap();
    assert!(alb.contains(":loadbalancer/app/web/"));
    let group = with(GROUP, &[("TargetType", "alb"), ("Port", "80")]);
    let group = first(&send(&mut world, &group).unwrap(), "TargetGroupArn");
    send(&mut world, &register(&group, &alb, "-")).unwrap();
    assert_eq!(code(send(&mut world, &register(&group, &arn, "-"))), "InvalidTarget");
}
