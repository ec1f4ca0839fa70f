//! Derivation of small specs over small worlds; what is expected stands beside what is asked.

mod checks;
mod codes;
mod deployments;
mod policies;
mod replacements;
mod room;

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use privlink_model::keys::{
    endpoint, endpoint_service, listener, load_balancer, route_table, subnet, target_group, transit_gateway, vpc,
};
use privlink_model::{Address, Attrs, Observed, Owner, Scope, Severity, Snapshot, Status, Unread, Value};

use crate::{Derived, Hosts, derive};

const SPEC: &str = r#"
project "shop" { region "us-east-1" }
account "gateway" id="222222222222"
account "application" id="111111111111"
network "hub" account="gateway" { vpc name="hub" }
network "app" account="application" { vpc name="app" }
target "orders" network="app" { load-balancer "orders-internal"; port 80 }
api "shop" account="gateway" network="hub" {
    entry network="hub" { allow-from "10.0.0.0/8" }
    route "/orders" target="orders"
    allow network="hub"
    stage "test"
}
"#;

/// A snapshot in the making.
struct Live(Snapshot);

const HUB: &str = "222222222222";
const APP: &str = "111111111111";

impl Live {
    /// A hub VPC with three subnets, an app VPC with two, whose zone names mean other zones, and its load balancer.
    fn new() -> Self {
        let mut live = Self(Snapshot::default());
        live.network(HUB, "vpc-hub", "hub", "10.0.0.0/16");
        live.subnet(HUB, "vpc-hub", "subnet-h1", "us-east-1a", "use1-az1");
        live.subnet(HUB, "vpc-hub", "subnet-h2", "us-east-1b", "use1-az2");
        live.subnet(HUB, "vpc-hub", "subnet-h3", "us-east-1c", "use1-az3");
        live.network(APP, "vpc-app", "app", "10.1.0.0/16");
        live.subnet(APP, "vpc-app", "subnet-a1", "us-east-1a", "use1-az2");
        live.subnet(APP, "vpc-app", "subnet-a2", "us-east-1b", "use1-az3");
        live.balancer(APP, "arn:lb/orders", "orders-internal", "vpc-app", &["subnet-a1", "subnet-a2"], &[80]);
        live
    }

    fn push(&mut self, account: &str, kind: &'static str, id: &str, owner: Owner, attrs: Attrs, tags: &[(&str, &str)]) {
        let scope = Scope::new(account, "us-east-1");
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let object =
            Observed { kind, scope: scope.clone(), id: id.to_owned(), owner, status: Status::Ready, attrs, tags };
        let listing = self.0.scopes.entry(scope).or_default().listings.entry(kind).or_insert_with(|| Ok(Vec::new()));
        listing.as_mut().unwrap().push(object);
    }

    fn network(&mut self, account: &str, id: &str, name: &str, cidr: &str) {
        let attrs = Attrs::new()
            .with(&vpc::CIDRS, vec![cidr.to_owned()])
            .with(&vpc::DNS_SUPPORT, true)
            .with(&vpc::DNS_HOSTNAMES, true);
        self.push(account, vpc::KIND, id, Owner::Nobody, attrs, &[("Name", name)]);
    }

    fn subnet(&mut self, account: &str, network: &str, id: &str, zone: &str, zone_id: &str) {
        let attrs = Attrs::new()
            .with(&subnet::VPC, network.to_owned())
            .with(&subnet::ZONE, zone.to_owned())
            .with(&subnet::ZONE_ID, zone_id.to_owned());
        self.push(account, subnet::KIND, id, Owner::Nobody, attrs, &[]);
    }

    fn balancer(&mut self, account: &str, arn: &str, name: &str, network: &str, subnets: &[&str], ports: &[i64]) {
        let listeners = ports.iter().map(|port| Value::map([("port", Value::Int(*port))])).collect();
        let attrs = Attrs::new()
            .with(&load_balancer::NAME, name.to_owned())
            .with(&load_balancer::TYPE, "network".to_owned())
            .with(&load_balancer::VPC, network.to_owned())
            .with(&load_balancer::DNS_NAME, format!("{name}.elb.test"))
            .with(&load_balancer::SUBNETS, subnets.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
            .with(&load_balancer::LISTENERS, Value::List(listeners));
        self.push(account, load_balancer::KIND, arn, Owner::Nobody, attrs, &[]);
    }
}

fn run(spec: &str, live: &Live, hosts: &Hosts) -> Derived {
    let loaded = privlink_spec::load_text("privlink.kdl", spec, &BTreeMap::new());
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    derive(&loaded.document, &live.0, hosts)
}

fn check_findings(spec: &str, live: &Live, expected: &Expect) {
    check_severity(spec, live, Severity::Error, expected);
}

fn check_warnings(spec: &str, live: &Live, expected: &Expect) {
    check_severity(spec, live, Severity::Warning, expected);
}

fn check_severity(spec: &str, live: &Live, severity: Severity, expected: &Expect) {
    let derived = run(spec, live, &Hosts::new());
    let found = derived.findings.iter().filter(|finding| finding.severity == severity);
    let lines: Vec<String> = found.map(|f| format!("{}: {}\n", f.code, f.message)).collect();
    expected.assert_eq(&lines.concat());
}

fn text(derived: &Derived, address: &str, key: &str) -> String {
    let resource = derived.desired.resources.get(&Address::new(address));
    resource.and_then(|resource| resource.attrs.get(key)).map_or_else(|| "-".to_owned(), Value::to_string)
}

#[test]
fn the_chain_of_a_load_balancer_in_another_account() {
    let derived = run(SPEC, &Live::new(), &Hosts::new());
    let codes: Vec<&str> = derived.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["privlink::target::zone-without-address"]);
    let outline: String =
        derived.desired.resources.values().map(|r| format!("{} {} {}\n", r.scope.account, r.kind, r.address)).collect();
    expect![[r#"
        222222222222 rest-api api/shop
        222222222222 api-definition api/shop/definition
        222222222222 deployment api/shop/deployment
        222222222222 stage api/shop/stage/test
        222222222222 endpoint entry/hub
        222222222222 security-group entry/hub/security-group
        222222222222 security-group-rule entry/hub/security-group/https-10.0.0.0_8
        222222222222 vpc-link link/gateway/hub
        222222222222 security-group link/gateway/hub/endpoint-security-group
        222222222222 security-group-rule link/gateway/hub/endpoint-security-group/tcp-80
        222222222222 privatelink-enforcement link/gateway/hub/enforcement
        222222222222 load-balancer link/gateway/hub/load-balancer
        222222222222 security-group link/gateway/hub/security-group
        111111111111 endpoint-connection target/orders/connection
        222222222222 endpoint target/orders/endpoint
        111111111111 endpoint-service target/orders/endpoint-service
        222222222222 listener target/orders/listener
        111111111111 service-permission target/orders/permission/gateway
        222222222222 target-group target/orders/target-group
        222222222222 targets target/orders/targets
    "#]]
    .assert_eq(&outline);
    // Zone ids, not names, decide: the service serves az2 and az3.
    assert_eq!(text(&derived, "target/orders/endpoint", "subnets"), r#"["subnet-h2", "subnet-h3"]"#);
    assert_eq!(text(&derived, "entry/hub", "subnets"), r#"["subnet-h1", "subnet-h2", "subnet-h3"]"#);
    assert_eq!(text(&derived, "target/orders/targets", "addresses"), "(addresses of target/orders/endpoint)");
    assert!(
        derived.desired.resources[&Address::new("target/orders/targets")]
            .after
            .contains(&Address::new("target/orders/connection"))
    );
}

#[test]
fn a_route_is_its_path_and_everything_under_it() {
    let derived = run(SPEC, &Live::new(), &Hosts::new());
    let port = text(&derived, "target/orders/listener", "port");
    let paths = text(&derived, "api/shop/definition", "paths");
    assert!(paths.contains(&format!("\"http://orders-internal.elb.test:{port}/orders\"")), "{paths}");
    assert!(paths.contains(&format!("\"http://orders-internal.elb.test:{port}/orders/{{proxy}}\"")), "{paths}");
    assert!(paths.contains("\"/orders/{proxy+}\""), "{paths}");
}

#[test]
fn the_policy_denies_what_did_not_come_through_an_entry() {
    let derived = run(SPEC, &Live::new(), &Hosts::new());
    expect![[r#"{"Statement": [{"Action": "execute-api:Invoke", "Condition": {"StringNotEquals": {"aws:SourceVpce": [(id of entry/hub)]}}, "Effect": "Deny", "Principal": "*", "Resource": ["execute-api:/*"]}, {"Action": "execute-api:Invoke", "Condition": {"StringEquals": {"aws:SourceVpce": [(id of entry/hub)]}}, "Effect": "Allow", "Principal": "*", "Resource": ["execute-api:/*"]}], "Version": "2012-10-17"}"#]]
        .assert_eq(&text(&derived, "api/shop/definition", "policy"));
}

#[test]
fn derivation_is_deterministic() {
    let live = Live::new();
    assert_eq!(run(SPEC, &live, &Hosts::new()).desired, run(SPEC, &live, &Hosts::new()).desired);
}

#[test]
fn a_live_listener_keeps_its_port_and_pair() {
    let own: i64 = text(&run(SPEC, &Live::new(), &Hosts::new()), "target/orders/listener", "port").parse().unwrap();
    for (live, wanted) in [(own + 2, own + 2), (4711, own), (own - 1, own)] {
        assert_eq!(port_and_pair(live), (wanted.to_string(), "(id of link/gateway/hub/2/load-balancer)".to_owned()));
    }
}

/// What is derived for a listener that is there already, with this port, on the second pair.
fn port_and_pair(port: i64) -> (String, String) {
    let mut live = Live::new();
    let ours = |address: &str| Owner::Ours(Address::new(address));
    let attrs = Attrs::new().with(&listener::PORT, port).with(&listener::LOAD_BALANCER, "arn:lb/second".to_owned());
    live.push(HUB, listener::KIND, "arn:listener", ours("target/orders/listener"), attrs, &[]);
    let second = ours("link/gateway/hub/2/load-balancer");
    live.push(HUB, load_balancer::KIND, "arn:lb/second", second, Attrs::new(), &[]);
    let derived = run(SPEC, &live, &Hosts::new());
    let of = |key| text(&derived, "target/orders/listener", key);
    (of("port"), of("load-balancer"))
}

#[test]
fn the_fifty_first_target_starts_a_second_pair() {
    let mut live = Live::new();
    let mut spec = SPEC.to_owned();
    let mut routes = String::new();
    for number in 0..50 {
        let name = format!("t{number:02}");
        live.balancer(APP, &format!("arn:lb/{name}"), &name, "vpc-app", &["subnet-a1"], &[80]);
        spec.push_str(&format!("target \"{name}\" network=\"app\" {{ load-balancer \"{name}\"; port 80 }}\n"));
        routes.push_str(&format!("route \"/{name}\" target=\"{name}\"\n"));
    }
    let spec = spec.replace("allow network", &format!("{routes}allow network"));
    let derived = run(&spec, &live, &Hosts::new());
    let on_first = derived.desired.resources.values().filter(|resource| {
        resource.attrs.get("load-balancer") == Some(&Value::of(&Address::new("link/gateway/hub/load-balancer"), "id"))
            && resource.kind == listener::KIND
    });
    assert_eq!(on_first.count(), 50);
    assert!(derived.desired.resources.contains_key(&Address::new("link/gateway/hub/2")));
    assert!(!derived.desired.resources.contains_key(&Address::new("link/gateway/hub/3")));
}

#[test]
fn targets_behind_one_load_balancer_share_its_service_and_endpoint() {
    let mut two_ports = Live::new();
    two_ports.0.scopes.get_mut(&Scope::new(APP, "us-east-1")).unwrap().listings.remove(load_balancer::KIND);
    two_ports.balancer(APP, "arn:lb/orders", "orders-internal", "vpc-app", &["subnet-a1"], &[80, 8080]);
    let spec = SPEC
        .replace(
            "api \"shop\"",
            "target \"admin\" network=\"app\" { load-balancer \"orders-internal\"; port 8080 }\napi \"shop\"",
        )
        .replace("allow network", "route \"/admin\" target=\"admin\"\nallow network");
    let derived = run(&spec, &two_ports, &Hosts::new());
    let count = |kind| derived.desired.resources.values().filter(|resource| resource.kind == kind).count();
    assert_eq!((count(endpoint_service::KIND), count(listener::KIND)), (1, 2));
    assert_eq!(text(&derived, "target/orders/targets", "addresses"), "(addresses of target/admin/endpoint)");
}

const OUTSIDE: &str = r#"
project "shop" { region "us-east-1" }
account "gateway" id="222222222222"
network "hub" account="gateway" { vpc name="hub" }
network "elsewhere" {
    cidr "172.31.0.0/16"
    via "hub" transit-gateway="tgw-0123456789abcdef0"
}
target "legacy" network="elsewhere" { host "legacy.corp.example"; port 443 tls=#true }
api "shop" account="gateway" network="hub" {
    entry network="hub"
    route "/" target="legacy"
    allow network="hub"
    stage "test"
}
"#;

fn routed() -> Live {
    let mut live = Live::new();
    let attrs = Attrs::new().with(&transit_gateway::VPCS, vec!["vpc-hub".to_owned()]);
    live.push(HUB, transit_gateway::KIND, "tgw-0123456789abcdef0", Owner::Nobody, attrs, &[]);
    let route = Value::map([("destination", Value::from("172.16.0.0/12")), ("target", "tgw-0123456789abcdef0".into())]);
    let attrs = Attrs::new()
        .with(&route_table::VPC, "vpc-hub".to_owned())
        .with(&route_table::MAIN, true)
        .with(&route_table::ROUTES, Value::List(vec![route]));
    live.push(HUB, route_table::KIND, "rtb-main", Owner::Nobody, attrs, &[]);
    live
}

#[test]
fn a_host_outside_becomes_ip_targets_in_all_zones() {
    let address = "172.31.40.10".parse().unwrap();
    let hosts = Hosts::from([("legacy.corp.example".to_owned(), Ok(vec![address]))]);
    let derived = run(OUTSIDE, &routed(), &hosts);
    assert!(derived.findings.is_empty(), "{:?}", derived.findings);
    assert_eq!(text(&derived, "target/legacy/targets", "addresses"), r#"["172.31.40.10"]"#);
    assert_eq!(text(&derived, "target/legacy/targets", "zone"), "\"all\"");
    assert_eq!(text(&derived, "target/legacy/target-group", target_group::PROTOCOL.key()), "\"TCP\"");
    let paths = text(&derived, "api/shop/definition", "paths");
    assert!(paths.contains("\"https://legacy.corp.example:"), "{paths}");
}

#[test]
fn what_a_name_gave_is_known_by_where_it_is_held() {
    let hosts = Hosts::from([("legacy.corp.example".to_owned(), Ok(vec!["172.31.40.10".parse().unwrap()]))]);
    let loaded = privlink_spec::load_text("privlink.kdl", OUTSIDE, &BTreeMap::new());
    let derived = derive(&loaded.document, &routed().0, &hosts);
    let resolved = crate::resolved(&loaded.document);
    let [((address, attribute), name)] = resolved.into_iter().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(name, "legacy.corp.example");
    let held = derived.desired.resources[&address].attrs.get(&attribute).unwrap();
    assert_eq!(held, &Value::text_set(["172.31.40.10"]));
}

#[test]
fn a_host_that_gives_nothing_or_a_public_address_is_an_error() {
    for (answer, code) in [
        (Err("no such name".to_owned()), "privlink::target::unresolved"),
        (Ok(Vec::new()), "privlink::target::unresolved"),
        (Ok(vec!["8.8.8.8".parse().unwrap()]), "privlink::target::illegal-address"),
        (Ok(vec!["fd00::1".parse().unwrap()]), "privlink::target::illegal-address"),
        (Ok(vec!["10.0.1.1".parse().unwrap(), "172.31.1.1".parse().unwrap()]), "privlink::target::mixed-addresses"),
    ] {
        let hosts = Hosts::from([("legacy.corp.example".to_owned(), answer)]);
        let codes: Vec<&str> = run(OUTSIDE, &routed(), &hosts).findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, [code]);
    }
}

#[test]
fn the_way_over_a_transit_gateway_is_checked() {
    let hosts = Hosts::from([("legacy.corp.example".to_owned(), Ok(vec!["172.31.40.10".parse().unwrap()]))]);
    let codes = |live: &Live| -> Vec<&str> { run(OUTSIDE, live, &hosts).findings.iter().map(|f| f.code).collect() };
    assert_eq!(codes(&Live::new()), ["privlink::network::transit-gateway"]);
    let mut unrouted = routed();
    let hub = unrouted.0.scopes.get_mut(&Scope::new(HUB, "us-east-1")).unwrap();
    hub.listings.insert(route_table::KIND, Ok(Vec::new()));
    assert_eq!(codes(&unrouted), ["privlink::network::no-route"]);
}

#[test]
fn a_load_balancer_in_the_hub_is_linked_directly() {
    let mut live = Live::new();
    live.balancer(HUB, "arn:lb/local", "local", "vpc-hub", &["subnet-h1"], &[8080]);
    let spec = SPEC.replace(
        "target \"orders\" network=\"app\" { load-balancer \"orders-internal\"; port 80 }",
        "target \"orders\" network=\"hub\" { load-balancer \"local\"; port 8080 }",
    );
    let derived = run(&spec, &live, &Hosts::new());
    assert_eq!(text(&derived, "target/orders/link", "load-balancer"), "\"arn:lb/local\"");
    assert!(!derived.desired.resources.contains_key(&Address::new("link/gateway/hub")));
    assert!(text(&derived, "api/shop/definition", "paths").contains("http://local.elb.test:8080/orders"));
}

#[test]
fn look_ups_that_match_none_or_several_list_the_candidates() {
    let mut live = Live::new();
    live.network(HUB, "vpc-hub2", "hub", "10.9.0.0/16");
    check_findings(
        SPEC,
        &live,
        &expect![[r#"
        privlink::network::vpc-ambiguous: network "hub": 2 VPCs named "hub" in 222222222222/us-east-1
    "#]],
    );
    check_findings(
        &SPEC.replace("vpc name=\"hub\"", "vpc name=\"hob\""),
        &Live::new(),
        &expect![[r#"
        privlink::network::vpc-not-found: network "hub": no VPC named "hob" in 222222222222/us-east-1
    "#]],
    );
    check_findings(
        &SPEC.replace("\"orders-internal\"", "\"orders\""),
        &Live::new(),
        &expect![[r#"
        privlink::target::load-balancer-not-found: target "orders": no load balancer named "orders" in VPC vpc-app of 111111111111/us-east-1
    "#]],
    );
    check_findings(
        &SPEC.replace("port 80", "port 81"),
        &Live::new(),
        &expect![[r#"
        privlink::target::no-listener: target "orders": arn:lb/orders does not listen on port 81
    "#]],
    );
}

#[test]
fn what_could_not_be_read_is_unknown_and_not_absent() {
    let mut live = Live::new();
    let why = Unread {
        code: "privlink::aws::denied",
        operation: "ec2:DescribeVpcs".into(),
        message: "no".into(),
        help: None,
    };
    let hub = live.0.scopes.get_mut(&Scope::new(HUB, "us-east-1")).unwrap();
    hub.listings.insert(vpc::KIND, Err(why));
    let derived = run(SPEC, &live, &Hosts::new());
    assert_eq!(derived.unknown.len(), 1, "{:?}", derived.unknown);
    assert!(derived.findings.iter().all(|finding| finding.code != "privlink::network::vpc-not-found"));
}

#[test]
fn another_endpoint_with_private_dns_is_a_collision_that_names_both() {
    let mut live = Live::new();
    let attrs = Attrs::new()
        .with(&endpoint::VPC, "vpc-hub".to_owned())
        .with(&endpoint::SERVICE_NAME, "com.amazonaws.us-east-1.execute-api".to_owned())
        .with(&endpoint::PRIVATE_DNS, true);
    live.push(HUB, endpoint::KIND, "vpce-theirs", Owner::Nobody, attrs, &[]);
    check_findings(
        SPEC,
        &live,
        &expect![[r#"
        privlink::entry::private-dns-conflict: VPC vpc-hub of "hub" has an execute-api endpoint with private DNS already: vpce-theirs, of somebody else
    "#]],
    );
    let without = SPEC.replace("entry network=\"hub\"", "entry network=\"hub\" private-dns=#false");
    check_findings(&without, &live, &expect![[""]]);
}

#[test]
fn a_load_balancer_that_backs_another_service_is_a_collision() {
    let mut live = Live::new();
    let attrs = Attrs::new().with(&endpoint_service::LOAD_BALANCERS, vec!["arn:lb/orders".to_owned()]);
    live.push(APP, endpoint_service::KIND, "vpce-svc-1", Owner::Project("other".into()), attrs, &[]);
    check_findings(
        SPEC,
        &live,
        &expect![[r#"
        privlink::target::load-balancer-taken: arn:lb/orders backs the endpoint service vpce-svc-1 of project "other" already
    "#]],
    );
}

#[test]
fn zones_without_overlap_are_an_error_that_names_both_sides() {
    let mut live = Live::new();
    live.0.scopes.get_mut(&Scope::new(HUB, "us-east-1")).unwrap().listings.remove(subnet::KIND);
    live.subnet(HUB, "vpc-hub", "subnet-h1", "us-east-1a", "use1-az1");
    check_findings(
        SPEC,
        &live,
        &expect![[r#"
        privlink::target::no-common-zone: target "orders" is served in use1-az2, use1-az3 and network "hub" has subnets in use1-az1: no zone in common
    "#]],
    );
}

#[test]
fn a_target_that_moves_to_another_pair_gets_another_target_group() {
    let name = |spec: &str| text(&run(spec, &Live::new(), &Hosts::new()), "target/orders/target-group", "name");
    let dedicated = SPEC.replace("network=\"app\" { load", "network=\"app\" dedicated=#true { load");
    assert_ne!(name(&dedicated), name(SPEC));
}
