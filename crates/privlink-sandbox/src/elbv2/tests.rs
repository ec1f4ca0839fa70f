//! Tests through `handle`, as the server calls it: one VPC with three subnets, and another beside it.

use super::{Existing, add_existing, handle};
use crate::ec2::{self, Subnet, Vpc};
use crate::wire::{Call, Fault};
use crate::world::{Account, Options, World};
use std::collections::BTreeMap;
use std::time::Duration;

const ACCOUNT: &str = "222222222222";
const REGION: &str = "us-east-1";
const INTERNAL: &[(&str, &str)] = &[
    ("Action", "CreateLoadBalancer"),
    ("Name", "shared"),
    ("Type", "network"),
    ("Scheme", "internal"),
    ("Subnets.member.1", "subnet-a"),
    ("Subnets.member.2", "subnet-b"),
];
const GROUP: &[(&str, &str)] = &[
    ("Action", "CreateTargetGroup"),
    ("Name", "orders"),
    ("Protocol", "TCP"),
    ("Port", "8080"),
    ("VpcId", "vpc-hub"),
    ("TargetType", "ip"),
];

fn world() -> World {
    let mut world = World::empty(&Options { speed: 0.0, seed: 7 });
    world.accounts.insert(ACCOUNT.to_owned(), Account::default());
    for (vpc, cidr) in [("vpc-hub", "10.0.0.0/16"), ("vpc-other", "10.9.0.0/16")] {
        let made = Vpc {
            id: vpc.to_owned(),
            cidrs: vec![cidr.parse().unwrap()],
            dns_support: true,
            dns_hostnames: true,
            default: false,
            tags: BTreeMap::new(),
        };
        world.scope_mut(ACCOUNT, REGION).ec2.vpcs.insert(vpc.to_owned(), made);
    }
    let subnets = [
        ("subnet-a", "vpc-hub", "us-east-1a", "10.0.1.0/24"),
        ("subnet-b", "vpc-hub", "us-east-1b", "10.0.2.0/24"),
        ("subnet-b2", "vpc-hub", "us-east-1b", "10.0.3.0/24"),
        ("subnet-c", "vpc-hub", "us-east-1c", "10.0.4.0/24"),
        ("subnet-other", "vpc-other", "us-east-1a", "10.9.1.0/24"),
    ];
    for (id, vpc, az, cidr) in subnets {
        let made = Subnet {
            id: id.to_owned(),
            vpc: vpc.to_owned(),
            az: az.to_owned(),
            az_id: az.replace("us-east-1", "use1-az"),
            cidr: cidr.parse().unwrap(),
            tags: BTreeMap::new(),
        };
        world.scope_mut(ACCOUNT, REGION).ec2.subnets.insert(id.to_owned(), made);
    }
    for id in ["sg-one", "sg-two"] {
        let made = ec2::state::SecurityGroup {
            id: id.to_owned(),
            name: id.to_owned(),
            description: id.to_owned(),
            vpc: "vpc-hub".to_owned(),
            tags: BTreeMap::new(),
            rules: BTreeMap::new(),
        };
        world.scope_mut(ACCOUNT, REGION).ec2.groups.insert(id.to_owned(), made);
    }
    world
}

fn send_as(world: &mut World, account: &str, pairs: &[(&str, &str)]) -> Result<String, Fault> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let call = Call {
        account: account.to_owned(),
        region: REGION.to_owned(),
        method: "POST".to_owned(),
        path: "/".to_owned(),
        body: body.into_bytes(),
        ..Call::default()
    };
    world.settle();
    handle(world, &call).map(|reply| String::from_utf8(reply.body).unwrap())
}

fn send(world: &mut World, pairs: &[(&str, &str)]) -> Result<String, Fault> {
    send_as(world, ACCOUNT, pairs)
}

fn with<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = base.iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key));
    kept.chain(more).copied().filter(|(_, value)| *value != "-").collect()
}

fn texts(xml: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).map(str::to_owned).collect()
}

fn first(xml: &str, element: &str) -> String {
    texts(xml, element).into_iter().next().unwrap_or_default()
}

fn code(result: Result<String, Fault>) -> String {
    result.map_or_else(|fault| fault.code, |text| format!("accepted: {text}"))
}

fn later(world: &mut World, seconds: u64) {
    world.clock.advance(Duration::from_secs(seconds));
    world.settle();
}

struct Chain {
    lb: String,
    group: String,
    listener: String,
}

fn chain(world: &mut World) -> Chain {
    let lb = first(&send(world, INTERNAL).unwrap(), "LoadBalancerArn");
    let group = first(&send(world, GROUP).unwrap(), "TargetGroupArn");
    let listener = first(&send(world, &listener(&lb, &group, "8080")).unwrap(), "ListenerArn");
    Chain { lb, group, listener }
}

fn listener<'a>(lb: &'a str, group: &'a str, port: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("Action", "CreateListener"),
        ("LoadBalancerArn", lb),
        ("Protocol", "TCP"),
        ("Port", port),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", group),
    ]
}

fn register<'a>(group: &'a str, id: &'a str, zone: &'a str) -> Vec<(&'a str, &'a str)> {
    let all = [
        ("Action", "RegisterTargets"),
        ("TargetGroupArn", group),
        ("Targets.member.1.Id", id),
        ("Targets.member.1.AvailabilityZone", zone),
    ];
    with(&all, &[])
}

fn states(world: &mut World, group: &str) -> Vec<String> {
    let xml = send(world, &[("Action", "DescribeTargetHealth"), ("TargetGroupArn", group)]).unwrap();
    let blocks = texts(&xml, "TargetHealth");
    blocks.iter().map(|block| format!("{} {}", first(block, "State"), first(block, "Reason"))).collect()
}

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
fn target_groups_have_defaults_limits_and_unique_names() {
    let mut world = world();
    let xml = send(&mut world, GROUP).unwrap();
    let arn = first(&xml, "TargetGroupArn");
    assert!(arn.starts_with("arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/orders/"));
    let checks = ["HealthCheckProtocol", "HealthCheckPort", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"];
    assert_eq!(checks.map(|name| first(&xml, name)), ["TCP", "traffic-port", "30", "10"]);
    assert_eq!(first(&send(&mut world, GROUP).unwrap(), "TargetGroupArn"), arn);
    assert_eq!(code(send(&mut world, &with(GROUP, &[("Port", "81")]))), "DuplicateTargetGroupName");
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("Port", "0")], "ValidationError"),
        (&[("Port", "-")], "ValidationError"),
        (&[("VpcId", "vpc-none")], "ValidationError"),
        (&[("Protocol", "SCTP")], "ValidationError"),
        (&[("TargetType", "alb"), ("Protocol", "TLS")], "ValidationError"),
        (&[("HealthCheckIntervalSeconds", "4")], "ValidationError"),
        (&[("HealthCheckTimeoutSeconds", "40")], "ValidationError"),
        (&[("HealthCheckPath", "/up")], "InvalidConfigurationRequest"),
        (&[("HealthCheckProtocol", "HTTP"), ("Matcher.HttpCode", "100")], "ValidationError"),
        (&[("HealthCheckEnabled", "false")], "InvalidConfigurationRequest"),
    ];
    for (change, wanted) in cases {
        let mut change = change.to_vec();
        change.push(("Name", "fresh"));
        assert_eq!(code(send(&mut world, &with(GROUP, &change))), *wanted, "{change:?}");
    }
    let modify = [("Action", "ModifyTargetGroup"), ("TargetGroupArn", arn.as_str()), ("HealthCheckProtocol", "HTTP")];
    let xml = send(&mut world, &modify).unwrap();
    assert_eq!([first(&xml, "HealthCheckPath"), first(&xml, "HttpCode")], ["/", "200-399"]);
    let describe = [("Action", "DescribeTargetGroupAttributes"), ("TargetGroupArn", arn.as_str())];
    let xml = send(&mut world, &describe).unwrap();
    assert!(xml.contains("<Key>preserve_client_ip.enabled</Key><Value>false</Value>"), "{xml}");
    let delete = [("Action", "DeleteTargetGroup"), ("TargetGroupArn", arn.as_str())];
    send(&mut world, &delete).unwrap();
    send(&mut world, &delete).unwrap();
    assert_eq!(code(send(&mut world, &describe)), "TargetGroupNotFound");
}

#[test]
fn listeners_bind_one_group_to_one_load_balancer() {
    let mut world = world();
    let chain = chain(&mut world);
    let same = send(&mut world, &listener(&chain.lb, &chain.group, "8080")).unwrap();
    assert_eq!(first(&same, "ListenerArn"), chain.listener);
    assert!(chain.listener.contains(":listener/net/shared/"));
    let other = first(&send(&mut world, &with(GROUP, &[("Name", "other")])).unwrap(), "TargetGroupArn");
    assert_eq!(code(send(&mut world, &listener(&chain.lb, &other, "8080"))), "DuplicateListener");
    let second = first(&send(&mut world, &with(INTERNAL, &[("Name", "second")])).unwrap(), "LoadBalancerArn");
    assert_eq!(code(send(&mut world, &listener(&second, &chain.group, "80"))), "TargetGroupAssociationLimit");
    let tls =
        first(&send(&mut world, &with(GROUP, &[("Name", "tls"), ("Protocol", "TLS")])).unwrap(), "TargetGroupArn");
    assert_eq!(code(send(&mut world, &listener(&chain.lb, &tls, "443"))), "IncompatibleProtocols");
    let secured = with(&listener(&chain.lb, &tls, "443"), &[("Protocol", "TLS")]);
    assert_eq!(code(send(&mut world, &secured)), "ValidationError");
    let http = with(&listener(&chain.lb, &other, "81"), &[("Protocol", "HTTP")]);
    assert_eq!(code(send(&mut world, &http)), "ValidationError");
    assert_eq!(code(send(&mut world, &listener(&chain.lb, &other, "70000"))), "ValidationError");
    let describe = [("Action", "DescribeTargetGroups"), ("LoadBalancerArn", chain.lb.as_str())];
    assert_eq!(texts(&send(&mut world, &describe).unwrap(), "TargetGroupName"), ["orders"]);
    let delete = [("Action", "DeleteTargetGroup"), ("TargetGroupArn", chain.group.as_str())];
    assert_eq!(code(send(&mut world, &delete)), "ResourceInUse");
    let modify = [
        ("Action", "ModifyListener"),
        ("ListenerArn", chain.listener.as_str()),
        ("Port", "9090"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", other.as_str()),
    ];
    let xml = send(&mut world, &modify).unwrap();
    assert_eq!([first(&xml, "Port"), first(&xml, "TargetGroupArn")], ["9090".to_owned(), other.clone()]);
    send(&mut world, &delete).unwrap();
    send(&mut world, &[("Action", "DeleteListener"), ("ListenerArn", &chain.listener)]).unwrap();
    let gone = send(&mut world, &[("Action", "DeleteListener"), ("ListenerArn", &chain.listener)]);
    assert_eq!(code(gone), "ListenerNotFound");
}

#[test]
fn a_load_balancer_has_fifty_listeners_at_most() {
    let mut world = world();
    let chain = chain(&mut world);
    for port in 1..50 {
        send(&mut world, &listener(&chain.lb, &chain.group, &port.to_string())).unwrap();
    }
    assert_eq!(code(send(&mut world, &listener(&chain.lb, &chain.group, "50"))), "TooManyListeners");
}

#[test]
fn addresses_outside_the_vpc_need_a_zone_and_public_ones_are_refused() {
    let mut world = world();
    let chain = chain(&mut world);
    let cases = [
        ("10.0.1.50", "-", "accepted"),
        ("10.0.1.51", "us-east-1a", "accepted"),
        ("10.0.1.52", "us-east-1b", "ValidationError"),
        ("10.0.1.53", "all", "ValidationError"),
        ("10.0.200.1", "-", "InvalidTarget"),
        ("172.31.12.59", "all", "accepted"),
        ("172.31.12.60", "us-east-1a", "accepted"),
        ("172.31.12.61", "us-east-1z", "ValidationError"),
        ("172.31.12.62", "-", "ValidationError"),
        ("100.64.0.9", "all", "accepted"),
        ("8.8.8.8", "all", "InvalidTarget"),
        ("127.0.0.1", "all", "InvalidTarget"),
        ("billing.corp", "all", "ValidationError"),
    ];
    for (id, zone, wanted) in cases {
        let got = code(send(&mut world, &register(&chain.group, id, zone)));
        assert!(got.starts_with(wanted), "{id} in {zone}: {got}");
    }
    let xml = send(&mut world, &[("Action", "DescribeTargetHealth"), ("TargetGroupArn", &chain.group)]).unwrap();
    let zones = texts(&xml, "AvailabilityZone");
    assert_eq!(zones, ["us-east-1a", "us-east-1a", "all", "us-east-1a", "all"]);
}

#[test]
fn health_follows_listener_clock_zone_and_draining() {
    let mut world = world();
    let group = first(&send(&mut world, GROUP).unwrap(), "TargetGroupArn");
    send(&mut world, &register(&group, "10.0.1.50", "-")).unwrap();
    assert_eq!(states(&mut world, &group), ["unused Target.NotInUse"]);
    let lb = first(&send(&mut world, INTERNAL).unwrap(), "LoadBalancerArn");
    send(&mut world, &listener(&lb, &group, "80")).unwrap();
    assert_eq!(states(&mut world, &group), ["initial Elb.RegistrationInProgress"]);
    later(&mut world, 150);
    assert_eq!(states(&mut world, &group), ["initial Elb.InitialHealthChecking"]);
    later(&mut world, 30);
    assert_eq!(states(&mut world, &group), ["healthy "]);
    send(&mut world, &register(&group, "10.0.4.50", "-")).unwrap();
    later(&mut world, 60);
    assert_eq!(states(&mut world, &group), ["healthy ", "unused Target.NotInUse"], "zone c is not enabled");
    let gone = |id| [("Action", "DeregisterTargets"), ("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", id)];
    send(&mut world, &gone("10.0.4.50")).unwrap();
    send(&mut world, &gone("10.0.1.50")).unwrap();
    send(&mut world, &gone("10.0.1.99")).unwrap();
    assert!(states(&mut world, &group).iter().all(|state| state == "draining Target.DeregistrationInProgress"));
    later(&mut world, 300);
    assert!(states(&mut world, &group).is_empty());
    let asked =
        [("Action", "DescribeTargetHealth"), ("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", "10.0.1.50")];
    assert_eq!(first(&send(&mut world, &asked).unwrap(), "Reason"), "Target.NotRegistered");
    let own = world.scope(ACCOUNT, REGION).elb.load_balancers.get(&lb).unwrap().zones.first().unwrap().address;
    send(&mut world, &register(&group, &own.to_string(), "-")).unwrap();
    assert_eq!(states(&mut world, &group), ["unhealthy Target.IpUnusable"]);
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
