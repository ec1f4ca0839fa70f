//! What AWS would refuse, or take and not work, about accounts, entries, load balancers and addresses.

use expect_test::expect;
use privlink_model::keys::{endpoint_service, listener, load_balancer, subnet, vpc_link};
use privlink_model::{Address, Attrs, Observed, Owner, Scope, Status, Unread, Value};

use super::{APP, HUB, Live, SPEC, check_findings, check_warnings, run, text};
use crate::Hosts;

impl Live {
    /// The attributes of the one object with that id.
    fn attrs(&mut self, account: &str, kind: &'static str, id: &str) -> &mut Observed {
        let listings = &mut self.0.scopes.get_mut(&Scope::new(account, "us-east-1")).unwrap().listings;
        listings.get_mut(kind).unwrap().as_mut().unwrap().iter_mut().find(|object| object.id == id).unwrap()
    }

    pub(super) fn unreadable(&mut self, account: &str, kind: &'static str) {
        let why = Unread { code: "privlink::aws::denied", operation: "x".into(), message: "no".into(), help: None };
        self.0.scopes.get_mut(&Scope::new(account, "us-east-1")).unwrap().listings.insert(kind, Err(why));
    }

    /// The application's load balancer with security groups that are enforced on PrivateLink traffic.
    fn enforced(mut self, account: &str, arn: &str) -> Self {
        self.attrs(account, load_balancer::KIND, arn)
            .attrs
            .set(&load_balancer::SECURITY_GROUPS, vec!["sg-1".to_owned()])
            .set(&load_balancer::ENFORCEMENT, "on".to_owned());
        self
    }

    /// A hub with a load balancer in every one of its zones.
    fn with_local() -> Self {
        let mut live = Self::new();
        live.balancer(HUB, "arn:lb/local", "local", "vpc-hub", &["subnet-h1", "subnet-h2", "subnet-h3"], &[8080, 8081]);
        live
    }
}

const TARGET: &str = "target \"orders\" network=\"app\" { load-balancer \"orders-internal\"; port 80 }";

fn spec(target: &str) -> String {
    SPEC.replace(TARGET, target)
}

fn local(target: &str) -> String {
    spec(&format!("target \"orders\" network=\"hub\" {{ load-balancer \"local\"; {target} }}"))
}

#[test]
fn a_role_of_another_partition_is_an_error() {
    let spec = SPEC.replace(
        "account \"gateway\" id=\"222222222222\"",
        "account \"gateway\" id=\"222222222222\" { role \"arn:aws-cn:iam::222222222222:role/deployer\" }",
    );
    check_findings(
        &spec,
        &Live::new(),
        &expect![[r#"
            privlink::account::partition: the role of account "gateway" is in partition aws-cn, and its region us-east-1 in aws
        "#]],
    );
    check_findings(&spec.replace("aws-cn", "aws"), &Live::new(), &expect![[""]]);
}

#[test]
fn two_networks_that_are_one_vpc_share_the_private_names() {
    let spec = SPEC
        .replace(
            "target \"orders\"",
            "network \"hub-too\" account=\"gateway\" { vpc \"vpc-0a1b2c3d\" }\ntarget \"orders\"",
        )
        .replace("allow network", "entry network=\"hub-too\"\nallow network");
    let mut live = Live::new();
    for (kind, id) in [("vpc", "vpc-hub"), ("subnet", "subnet-h1"), ("subnet", "subnet-h2"), ("subnet", "subnet-h3")] {
        let object = live.attrs(HUB, kind, id);
        if kind == "vpc" {
            object.id = "vpc-0a1b2c3d".to_owned();
        } else {
            object.attrs.set(&subnet::VPC, "vpc-0a1b2c3d".to_owned());
        }
    }
    check_findings(
        &spec,
        &live,
        &expect![[r#"
            privlink::entry::private-dns-conflict: networks "hub" and "hub-too" are both VPC vpc-0a1b2c3d, and both have an entry with private DNS
        "#]],
    );
    let without = spec.replace("entry network=\"hub-too\"", "entry network=\"hub-too\" private-dns=#false");
    check_findings(&without, &live, &expect![[""]]);
}

#[test]
fn a_zone_of_the_load_balancer_without_an_address_is_named() {
    check_warnings(
        SPEC,
        &Live::new(),
        &expect![[r#"
            privlink::target::zone-without-address: target "orders" has no address in use1-az1, where the load balancer of network "hub" stands too
        "#]],
    );
    let two = SPEC.replace("vpc name=\"hub\" }", "vpc name=\"hub\"; subnets \"subnet-0a1b2c31\" \"subnet-0a1b2c32\" }");
    let mut live = Live::new();
    live.attrs(HUB, subnet::KIND, "subnet-h2").id = "subnet-0a1b2c31".to_owned();
    live.attrs(HUB, subnet::KIND, "subnet-h3").id = "subnet-0a1b2c32".to_owned();
    check_warnings(&two, &live, &expect![[""]]);
}

#[test]
fn enforced_groups_of_a_load_balancer_elsewhere_are_a_warning() {
    check_warnings(
        SPEC,
        &Live::new().enforced(APP, "arn:lb/orders"),
        &expect![[r#"
            privlink::target::enforced: target "orders": the security groups of arn:lb/orders are enforced on PrivateLink traffic, and must let 10.0.0.0/16 in on port 80
            privlink::target::zone-without-address: target "orders" has no address in use1-az1, where the load balancer of network "hub" stands too
        "#]],
    );
}

#[test]
fn enforced_groups_of_a_linked_load_balancer_are_an_error() {
    check_findings(
        &local("port 8080"),
        &Live::with_local().enforced(HUB, "arn:lb/local"),
        &expect![[r#"
            privlink::target::link-enforced: target "orders": arn:lb/local enforces its security groups on PrivateLink traffic, which is how a VPC link comes
        "#]],
    );
    check_findings(&local("port 8080"), &Live::with_local(), &expect![[""]]);
}

fn service(live: &mut Live, account: &str, arn: &str, owner: Owner) {
    let attrs = Attrs::new()
        .with(&endpoint_service::LOAD_BALANCERS, vec![arn.to_owned()])
        .with(&endpoint_service::SERVICE_NAME, "com.amazonaws.vpce.us-east-1.vpce-svc-1".to_owned());
    live.push(account, endpoint_service::KIND, "vpce-svc-1", owner, attrs, &[]);
}

fn link(live: &mut Live, account: &str, arn: &str) {
    let attrs = Attrs::new().with(&vpc_link::LOAD_BALANCER, arn.to_owned());
    live.push(account, vpc_link::KIND, "abc123", Owner::Ours(Address::new("target/orders/link")), attrs, &[]);
}

#[test]
fn the_hidden_service_of_our_own_link_is_no_conflict() {
    let mut live = Live::with_local();
    service(&mut live, HUB, "arn:lb/local", Owner::Nobody);
    check_findings(
        &local("port 8080"),
        &live,
        &expect![[r#"
            privlink::target::load-balancer-taken: arn:lb/local backs the endpoint service vpce-svc-1 of somebody else already
        "#]],
    );
    link(&mut live, HUB, "arn:lb/local");
    check_findings(&local("port 8080"), &live, &expect![[""]]);
}

#[test]
fn a_load_balancer_under_a_link_of_ours_cannot_be_offered() {
    let mut live = Live::new();
    link(&mut live, APP, "arn:lb/orders");
    check_findings(
        SPEC,
        &live,
        &expect![[r#"
            privlink::target::load-balancer-taken: arn:lb/orders backs the VPC link abc123 of this project (target/orders/link) already
        "#]],
    );
}

#[test]
fn a_service_on_its_way_out_and_one_that_cannot_be_read_take_nothing() {
    let mut live = Live::new();
    service(&mut live, APP, "arn:lb/orders", Owner::Nobody);
    live.attrs(APP, endpoint_service::KIND, "vpce-svc-1").status = Status::Deleting;
    check_findings(SPEC, &live, &expect![[""]]);
    live.unreadable(APP, endpoint_service::KIND);
    check_findings(SPEC, &live, &expect![[""]]);
    assert_eq!(run(SPEC, &live, &Hosts::new()).unknown.len(), 1);
}

#[test]
fn targets_behind_one_linked_load_balancer_share_the_link() {
    let two = local("port 8080").replace(
        "api \"shop\"",
        "target \"admin\" network=\"hub\" { load-balancer \"local\"; port 8081 }\napi \"shop\"",
    );
    let two = two.replace("allow network", "route \"/admin\" target=\"admin\"\nallow network");
    let mut live = Live::with_local();
    let links = |live: &Live| -> Vec<String> {
        let derived = run(&two, live, &Hosts::new());
        let links = derived.desired.resources.values().filter(|resource| resource.kind == vpc_link::KIND);
        links.map(|resource| resource.address.to_string()).collect()
    };
    assert_eq!(links(&live), ["target/admin/link"]);
    // The one that exists stays the one.
    link(&mut live, HUB, "arn:lb/local");
    assert_eq!(links(&live), ["target/orders/link"]);
    // It outlives the target that it is named for.
    let gone = live.attrs(HUB, vpc_link::KIND, "abc123");
    gone.owner = Owner::Ours(Address::new("target/gone/link"));
    assert_eq!(links(&live), ["target/gone/link"]);
    let paths = text(&run(&two, &live, &Hosts::new()), "api/shop/definition", "paths");
    assert!(!paths.contains("target/admin/link") && paths.contains("(id of target/gone/link)"), "{paths}");
}

#[test]
fn one_load_balancer_cannot_be_linked_and_offered() {
    let spec = SPEC
        .replace(
            "api \"shop\"",
            "target \"near\" network=\"app\" { load-balancer \"orders-internal\"; port 80 }\napi \"near\" account=\"application\" \
             network=\"app\" {\nentry network=\"app\"\nroute \"/\" target=\"near\"\nallow network=\"app\"\nstage \"test\"\n}\napi \
             \"shop\"",
        );
    check_findings(
        &spec,
        &Live::new(),
        &expect![[r#"
            privlink::target::two-ways: arn:lb/orders is offered over PrivateLink for target "orders" and linked directly for target "near"
        "#]],
    );
}

#[test]
fn a_listener_must_speak_what_the_target_is_called_with() {
    let with = |protocol: &str| {
        let mut live = Live::new();
        let listeners = Value::map([("port", Value::Int(80)), ("protocol", Value::from(protocol))]);
        live.attrs(APP, load_balancer::KIND, "arn:lb/orders")
            .attrs
            .set(&load_balancer::LISTENERS, Value::List(vec![listeners]));
        live
    };
    check_findings(
        SPEC,
        &with("UDP"),
        &expect![[r#"
            privlink::target::no-listener: target "orders": arn:lb/orders does not listen on port 80
        "#]],
    );
    check_findings(
        SPEC,
        &with("TLS"),
        &expect![[r#"
            privlink::target::tls-listener: target "orders": port 80 of arn:lb/orders speaks TLS, and it would be called without
        "#]],
    );
    let tls = SPEC.replace("port 80", "port 80 tls=#true host=\"orders.example\"");
    check_findings(&tls, &with("TLS"), &expect![[""]]);
}

#[test]
fn tls_without_a_name_of_its_own_is_a_warning() {
    let mut hub = Live::new();
    hub.0.scopes.get_mut(&Scope::new(HUB, "us-east-1")).unwrap().listings.remove(subnet::KIND);
    hub.subnet(HUB, "vpc-hub", "subnet-h2", "us-east-1b", "use1-az2");
    check_warnings(
        &SPEC.replace("port 80", "port 80 tls=#true"),
        &hub,
        &expect![[r#"
            privlink::target::tls-name: target "orders" is called over TLS by AWS's own name or by an address, and not by its name
        "#]],
    );
    check_warnings(&SPEC.replace("port 80", "port 80 tls=#true host=\"orders.example\""), &hub, &expect![[""]]);
}

#[test]
fn health_checks_that_cannot_work_are_said() {
    let check = |port: &str, check: &str| spec(&TARGET.replace("port 80", &format!("{port}; health-check {check}")));
    check_findings(
        &check("port 80", "protocol=\"tcp\" port=81"),
        &Live::new(),
        &expect![[r#"
            privlink::target::no-listener: target "orders": arn:lb/orders does not listen on port 81
        "#]],
    );
    check_warnings(
        &check("port 80 host=\"orders.example\"", "protocol=\"http\" path=\"/\""),
        &Live::new(),
        &expect![[r#"
            privlink::target::zone-without-address: target "orders" has no address in use1-az1, where the load balancer of network "hub" stands too
            privlink::target::health-check-host: target "orders": a health check says the target's address as host, and never "orders.example"
        "#]],
    );
    check_warnings(
        &local("port 8080; health-check protocol=\"tcp\""),
        &Live::with_local(),
        &expect![[r#"
            privlink::target::health-check-unused: target "orders": arn:lb/local checks the health of what is behind it by itself
        "#]],
    );
}

#[test]
fn the_endpoints_let_the_health_check_in_too() {
    let mut live = Live::new();
    let ports = [80, 81].map(|port| Value::map([("port", Value::Int(port))]));
    live.attrs(APP, load_balancer::KIND, "arn:lb/orders")
        .attrs
        .set(&load_balancer::LISTENERS, Value::List(ports.into()));
    let derived = run(&SPEC.replace("port 80", "port 80; health-check protocol=\"tcp\" port=81"), &live, &Hosts::new());
    for port in ["80", "81"] {
        let rule = format!("link/gateway/hub/endpoint-security-group/tcp-{port}");
        assert_eq!(text(&derived, &rule, "to-port"), port);
    }
    assert_eq!(text(&derived, "target/orders/listener", listener::PROTOCOL.key()), "\"TCP\"");
}

/// The hub's subnets with ranges: 10.0.1.0/24 in zone 1 and so on.
fn ranged() -> Live {
    let mut live = Live::new();
    for number in 1..=3 {
        let range = format!("10.0.{number}.0/24");
        live.attrs(HUB, subnet::KIND, &format!("subnet-h{number}")).attrs.set(&subnet::CIDR, range);
    }
    live
}

fn addresses(addresses: &str) -> String {
    spec(&format!("target \"orders\" network=\"hub\" {{ address {addresses}; port 80 }}"))
}

#[test]
fn addresses_in_the_vpc_are_in_subnets() {
    check_findings(
        &addresses("\"10.0.9.9\""),
        &ranged(),
        &expect![[r#"
            privlink::target::address-without-subnet: 10.0.9.9 is in VPC vpc-hub of "hub" and in none of its subnets
        "#]],
    );
    check_findings(&addresses("\"10.0.1.9\""), &ranged(), &expect![[""]]);
    // Ranges that were not read are not missing.
    check_findings(&addresses("\"10.0.9.9\""), &Live::new(), &expect![[""]]);
}

#[test]
fn addresses_in_the_vpc_are_in_zones_of_the_load_balancer() {
    check_warnings(
        &addresses("\"10.0.1.9\" \"10.0.2.9\""),
        &ranged(),
        &expect![[r#"
            privlink::target::zone-without-address: target "orders" has no address in use1-az3, where the load balancer of network "hub" stands too
        "#]],
    );
    let mut live = ranged();
    live.attrs(HUB, subnet::KIND, "subnet-h1").id = "subnet-0a1b2c31".to_owned();
    let first =
        addresses("\"10.0.2.9\"").replace("vpc name=\"hub\" }", "vpc name=\"hub\"; subnets \"subnet-0a1b2c31\" }");
    check_findings(
        &first,
        &live,
        &expect![[r#"
            privlink::target::zone-not-served: 10.0.2.9 is in use1-az2, where the load balancer of network "hub" does not stand
        "#]],
    );
}
