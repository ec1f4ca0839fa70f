//! World files: what exists before the first request, written by hand in KDL.
//!
//! `examples/*/world.kdl` show every node with comments. Everything gets the ids, defaults and companions that AWS would give
//! it: a VPC its main route table and default security group, a load balancer its interfaces. Ids that the file does not
//! state depend on the account, region and name alone. Read next: `network.rs` for what stands in a region.

mod network;
pub(crate) mod reader;
mod role;

pub use reader::WorldProblem;

use crate::events::state::EventBus;
use crate::world::{Account, DEFAULT_REGIONS, OPT_IN_REGIONS, Options, World};
use kdl::{KdlDocument, KdlNode};
use reader::{Reader, children};
use std::net::IpAddr;

impl World {
    /// Makes the world that a file describes.
    ///
    /// # Errors
    ///
    /// Gives every problem of the file, in the order of their places.
    pub fn from_kdl(name: &str, text: &str, options: &Options) -> Result<World, Vec<WorldProblem>> {
        let mut reader = Reader::new(name, text);
        let mut world = World::empty(options);
        if let Some(document) = reader.parse() {
            read(&mut reader, &mut world, &document);
        }
        reader.done().map(|()| world)
    }
}

const REGION_CHILDREN: &[&str] =
    &["vpc", "transit-gateway", "transit-gateway-attachment", "endpoint-service", "event-bus"];

fn read(reader: &mut Reader<'_>, world: &mut World, document: &KdlDocument) {
    // Accounts come first: an attachment in one may name a gateway of another.
    let mut regions: Vec<(String, String, &KdlNode)> = Vec::new();
    for node in document.nodes() {
        match node.name().value() {
            "ambient" => {
                reader.check(node, 0, &["account"], &[]);
                if let Some(account) = reader.required(node, "account").filter(|id| is_account(reader, node, id)) {
                    world.ambient = account;
                }
            }
            "account" => regions.extend(read_account(reader, world, node)),
            "host" => read_host(reader, world, node),
            other => reader.problem(node, format!("'{other}' cannot stand here; known here: ambient, account, host")),
        }
    }
    for (account, region, node) in &regions {
        network::read_vpcs(reader, world, account, region, node);
    }
    for (account, region, node) in &regions {
        network::read_rest(reader, world, account, region, node);
        read_buses(reader, world, account, region, node);
    }
}

/// Reads `event-bus "name" { allow "222222222222"; }`: a bus, and the other accounts that may put events on it.
fn read_buses(reader: &mut Reader<'_>, world: &mut World, account: &str, region: &str, node: &KdlNode) {
    for child in children(node, "event-bus") {
        reader.check(child, 1, &[], &["allow"]);
        let Some(name) = reader.argument(child, "a name") else { continue };
        let good = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if name.is_empty() || name.len() > 256 || !name.chars().all(good) {
            reader.problem(
                child,
                format!("'{name}' is not the name of a bus: it takes letters, digits, '.', '-' and '_'"),
            );
            continue;
        }
        let mut bus = EventBus::default();
        for allow in children(child, "allow") {
            reader.check(allow, usize::MAX, &[], &[]);
            let accounts = reader.arguments(allow);
            bus.allowed.extend(accounts.into_iter().filter(|id| is_account(reader, allow, id)));
        }
        if world.scope_mut(account, region).events.buses.insert(name.clone(), bus).is_some() {
            reader.problem(child, format!("event-bus '{name}' is described twice"));
        }
    }
}

fn read_account<'n>(
    reader: &mut Reader<'_>,
    world: &mut World,
    node: &'n KdlNode,
) -> Vec<(String, String, &'n KdlNode)> {
    reader.check(node, 1, &[], &["role", "regions", "region"]);
    let Some(id) = reader.argument(node, "an account id").filter(|id| is_account(reader, node, id)) else {
        return Vec::new();
    };
    if world.accounts.contains_key(&id) {
        reader.problem(node, format!("account {id} is described twice"));
        return Vec::new();
    }
    let mut account =
        Account { regions: DEFAULT_REGIONS.iter().map(|name| (*name).to_owned()).collect(), ..Account::default() };
    for node in children(node, "role") {
        let role = role::read(reader, node);
        if let Some(name) = reader.argument(node, "a name")
            && account.roles.insert(name.clone(), role).is_some()
        {
            reader.problem(node, format!("role '{name}' is described twice"));
        }
    }
    for list in children(node, "regions") {
        reader.check(list, usize::MAX, &[], &[]);
        let names = reader.arguments(list);
        for name in names.iter().filter(|name| !is_region(name)) {
            reader.problem(list, format!("'{name}' is not a region"));
        }
        account.regions = names.into_iter().collect();
    }
    let mut regions = Vec::new();
    for region in children(node, "region") {
        reader.check(region, 1, &[], REGION_CHILDREN);
        let Some(name) = reader.argument(region, "a region's name") else { continue };
        if !account.regions.contains(&name) {
            reader.problem(region, format!("region '{name}' is not on in account {id}"));
        } else if regions.iter().any(|(_, known, _)| *known == name) {
            reader.problem(region, format!("region '{name}' is described twice"));
        } else {
            regions.push((id.clone(), name, region));
        }
    }
    world.accounts.insert(id, account);
    regions
}

fn read_host(reader: &mut Reader<'_>, world: &mut World, node: &KdlNode) {
    reader.check(node, usize::MAX, &[], &[]);
    let mut arguments = reader.arguments(node).into_iter();
    let Some(name) = arguments.next() else {
        reader.problem(node, "'host' needs a name and its addresses");
        return;
    };
    let mut addresses: Vec<IpAddr> = Vec::new();
    for text in arguments {
        addresses.extend(reader.parse_text::<IpAddr>(node, &text, "an IP address"));
    }
    if addresses.is_empty() {
        reader.problem(node, format!("host '{name}' needs at least one address"));
    }
    if world.hosts.insert(name.trim_end_matches('.').to_ascii_lowercase(), addresses).is_some() {
        reader.problem(node, format!("host '{name}' is described twice"));
    }
}

fn is_account(reader: &mut Reader<'_>, node: &KdlNode, id: &str) -> bool {
    let good = id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    if !good {
        reader.problem(node, format!("'{id}' is not an account id: it takes 12 digits"));
    }
    good
}

fn is_region(name: &str) -> bool {
    DEFAULT_REGIONS.contains(&name) || OPT_IN_REGIONS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::zones;

    fn world(text: &str) -> Result<World, Vec<String>> {
        let made = World::from_kdl("world.kdl", text, &Options { speed: 0.0, seed: 1 });
        made.map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_example_worlds_are_sound() {
        for text in [
            include_str!("../../../../examples/cross-account/world.kdl"),
            include_str!("../../../../examples/cross-network/world.kdl"),
        ] {
            let world = world(text).unwrap();
            let hub = &world.scope("222222222222", "us-east-1").ec2;
            assert_eq!(hub.subnets.len(), 3);
            assert_eq!(hub.vpcs.values().next().unwrap().tags["Name"], "hub");
            let (a, b) = (zones(&world, "111111111111", "us-east-1"), zones(&world, "222222222222", "us-east-1"));
            assert_ne!(a, b, "zone names must stand for different zones");
        }
    }

    #[test]
    fn the_application_account_has_its_load_balancer() {
        let world = world(include_str!("../../../../examples/cross-account/world.kdl")).unwrap();
        let lb = &world.scope("111111111111", "us-east-1").elb.load_balancers;
        let lb = lb.values().find(|lb| lb.name == "orders-internal").unwrap();
        assert_eq!(lb.kind, "network");
        assert_eq!(lb.state(world.now()), "active");
    }

    #[test]
    fn equal_files_give_equal_ids() {
        let text = include_str!("../../../../examples/cross-account/world.kdl");
        let ids =
            |world: &World| world.scope("222222222222", "us-east-1").ec2.subnets.keys().cloned().collect::<Vec<_>>();
        assert_eq!(ids(&world(text).unwrap()), ids(&world(text).unwrap()));
    }

    #[test]
    fn every_node_is_read() {
        let world = world(
            r#"
ambient account="999999999999"
account "111111111111" {
    role "deployer" external-id="secret"
    regions "us-east-1" "me-south-1"
    region "me-south-1" {
        transit-gateway "tgw-0123456789abcdef0"
        vpc "v" id="vpc-0123456789abcdef0" cidr="10.0.0.0/16" dns-hostnames=#false {
            cidr "10.9.0.0/16"
            tag "env" "test"
            subnet "s" cidr="10.9.1.0/24" az="me-south-1a" { tag "tier" "private"; }
            security-group "web" description="the web" { ingress 443 cidr="10.0.0.0/8"; egress protocol="all" cidr="10.0.0.0/8"; }
            load-balancer "lb" { subnets "s"; listener 80; security-groups "web"; tag "a" "b"; }
            route-table "r" { subnets "s"; route "172.31.0.0/16" transit-gateway="tgw-0123456789abcdef0"; }
        }
        transit-gateway-attachment "tgw-0123456789abcdef0" vpc="v" { subnets "s"; }
        endpoint-service "svc" load-balancer="lb" acceptance-required=#false { allow "arn:aws:iam::222222222222:root"; }
        event-bus "news" { allow "222222222222" "333333333333"; }
        event-bus "default"
    }
}
host "a.example" "10.0.0.1" "fd00::1"
"#,
        )
        .unwrap();
        assert_eq!(world.ambient, "999999999999");
        assert_eq!(world.accounts["111111111111"].roles["deployer"].external_id.as_deref(), Some("secret"));
        assert!(world.region_is_on("111111111111", "me-south-1") && !world.region_is_on("111111111111", "us-west-2"));
        assert_eq!(world.hosts["a.example"].len(), 2);
        let state = &world.scope("111111111111", "me-south-1").ec2;
        let vpc = &state.vpcs["vpc-0123456789abcdef0"];
        assert_eq!((vpc.cidrs.len(), vpc.dns_hostnames, vpc.dns_support), (2, false, true));
        assert_eq!(vpc.tags["env"], "test");
        let web = state.groups.values().find(|group| group.name == "web").unwrap();
        assert_eq!(web.rules.len(), 3, "a group begins with one rule that lets everything out");
        let interface = state.interfaces.values().next().unwrap();
        assert_eq!(interface.groups, std::slice::from_ref(&web.id));
        assert_eq!(state.route_tables.len(), 2, "the one of the file, and the main one that every VPC has");
        assert_eq!(state.attachments.len(), 1);
        let service = state.services.values().next().unwrap();
        assert_eq!((service.state(world.now()), service.acceptance_required), ("Available", false));
        assert!(service.permissions.contains_key("arn:aws:iam::222222222222:root"));
        let buses = &world.scope("111111111111", "me-south-1").events.buses;
        assert_eq!((buses.len(), buses["news"].allowed.len()), (2, 2));
    }

    #[test]
    fn every_problem_is_given_at_its_place() {
        let problems = world(
            "account \"12\"\naccount \"111111111111\" {\n    role\n    region \"us-east-1\" {\n        vpc \"a\" cidr=\"10.0.0.0/33\" colour=\"red\"\n        vpc \"b\" cidr=\"10.1.0.0/16\" {\n            subnet \"s\" cidr=\"10.2.0.0/24\" az=\"us-east-1a\"\n            subnet \"t\" cidr=\"10.1.0.0/24\" az=\"eu-west-1a\"\n            load-balancer \"l\" type=\"network\" { subnets \"nowhere\"; listener 0; }\n        }\n        event-bus \"a b\"\n        event-bus \"n\" { allow \"everybody\"; }\n        event-bus \"n\"\n    }\n}\nhost \"h\"\nthing\n",
        )
        .unwrap_err();
        for expected in [
            "world.kdl:1:1: '12' is not an account id",
            "world.kdl:3:5: 'role' needs a name",
            "world.kdl:5:9: '10.0.0.0/33' is not an IPv4 range",
            "world.kdl:5:36: 'vpc' has no property 'colour'",
            "world.kdl:7:13: 10.2.0.0/24 does not lie in the VPC",
            "world.kdl:8:13: 'eu-west-1a' is not a zone",
            "world.kdl:9:48: there is no subnet 'nowhere'",
            "world.kdl:11:9: 'a b' is not the name of a bus",
            "world.kdl:12:25: 'everybody' is not an account id",
            "world.kdl:13:9: event-bus 'n' is described twice",
            "world.kdl:16:1: host 'h' needs at least one address",
            "world.kdl:17:1: 'thing' cannot stand here",
        ] {
            assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected} is not in {problems:#?}");
        }
    }

    #[test]
    fn what_is_not_kdl_is_a_problem_and_no_panic() {
        for text in ["account {{{", "\u{0}", "a \"", &"a {".repeat(100_000)] {
            assert!(!world(text).unwrap_err().is_empty());
        }
        let whole = include_str!("../../../../examples/cross-account/world.kdl");
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)).step_by(7) {
            let _ = world(&whole[..end]);
        }
    }
}
