//! Tests through `handle`, as the server calls it: one VPC with three subnets, and another beside it.
//!
//! This file holds the world and the short ways to ask; the rules stand by topic in the files below.

mod fates;
mod listeners;
mod load_balancers;
mod target_groups;

use super::{OPERATIONS, handle};
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
fn every_operation_bears_a_request_without_parameters() {
    let mut world = world();
    for (name, ..) in OPERATIONS {
        let answer = send(&mut world, &[("Action", name)]);
        let lists = ["DescribeLoadBalancers", "DescribeTargetGroups", "DescribeAccountLimits"].contains(name);
        assert_eq!(answer.is_ok(), lists, "{name}");
        let unknown = send(&mut world, &[("Action", name), ("Nonsense.member.1", "x")]);
        assert_eq!(code(unknown), "ValidationError", "{name}");
    }
}
