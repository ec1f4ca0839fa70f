//! What is derived anew where something live cannot change in place.

use privlink_model::keys::{endpoint, listener, load_balancer, target_group, visible_service};
use privlink_model::{Address, Attrs, Owner};

use super::{HUB, Live, SPEC, check_warnings, run, text};
use crate::{Derived, Hosts};

const PAIR: &str = "link/gateway/hub/load-balancer";

fn derived(live: &Live) -> Derived {
    run(SPEC, live, &Hosts::new())
}

fn ours(address: &str) -> Owner {
    Owner::Ours(Address::new(address))
}

impl Live {
    fn pair(&mut self, arn: &str, name: &str, subnets: &[&str]) {
        let attrs = Attrs::new()
            .with(&load_balancer::NAME, name.to_owned())
            .with(&load_balancer::VPC, "vpc-hub".to_owned())
            .with(&load_balancer::SUBNETS, subnets.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        self.push(HUB, load_balancer::KIND, arn, ours(PAIR), attrs, &[]);
    }

    fn group(&mut self, arn: &str, name: &str) {
        let attrs = Attrs::new().with(&target_group::NAME, name.to_owned());
        self.push(HUB, target_group::KIND, arn, ours("target/orders/target-group"), attrs, &[]);
    }

    fn listener(&mut self, arn: &str, port: i64, group: &str) {
        let attrs = Attrs::new()
            .with(&listener::LOAD_BALANCER, "arn:pair".to_owned())
            .with(&listener::TARGET_GROUP, group.to_owned())
            .with(&listener::PORT, port);
        self.push(HUB, listener::KIND, arn, ours("target/orders/listener"), attrs, &[]);
    }
}

/// A text without its quotes.
fn plain(derived: &Derived, address: &str, key: &str) -> String {
    text(derived, address, key).trim_matches('"').to_owned()
}

fn port(derived: &Derived) -> i64 {
    plain(derived, "target/orders/listener", "port").parse().unwrap()
}

#[test]
fn another_target_group_has_a_listener_of_its_own() {
    let fresh = derived(&Live::new());
    let (name, first) = (plain(&fresh, "target/orders/target-group", "name"), port(&fresh));
    let balancer = plain(&fresh, PAIR, "name");
    let subnets = ["subnet-h1", "subnet-h2", "subnet-h3"];

    let mut live = Live::new();
    live.pair("arn:pair", &balancer, &subnets);
    live.group("arn:group", &name);
    live.listener("arn:listener", first, "arn:group");
    assert_eq!(port(&derived(&live)), first, "what fits keeps its port");

    let mut live = Live::new();
    live.pair("arn:pair", &balancer, &subnets);
    live.group("arn:old", "pl-other");
    live.listener("arn:listener", first, "arn:old");
    let next = port(&derived(&live));
    assert_ne!(next, first);
    // A run ended between the two: the new one is there, and nothing is made a third time, however they are listed.
    for new_first in [false, true] {
        let mut half = Live::new();
        half.pair("arn:pair", &balancer, &subnets);
        half.group("arn:old", "pl-other");
        half.group("arn:group", &name);
        let both = [("arn:listener", first, "arn:old"), ("arn:listener-2", next, "arn:group")];
        let order = if new_first { [both[1], both[0]] } else { both };
        order.into_iter().for_each(|(arn, port, group)| half.listener(arn, port, group));
        assert_eq!(port(&derived(&half)), next);
    }

    // A target group that is none of ours was put there by hand, and is set back in place.
    let mut live = Live::new();
    live.pair("arn:pair", &balancer, &subnets);
    live.listener("arn:listener", first, "arn:foreign");
    assert_eq!(port(&derived(&live)), first);
}

#[test]
fn a_load_balancer_with_a_subnet_too_many_is_replaced_under_another_name() {
    let name = |live: &Live| plain(&derived(live), PAIR, "name");
    let usual = name(&Live::new());
    let with = |pairs: &[(&str, &[&str])]| {
        let mut live = Live::new();
        pairs.iter().for_each(|(name, subnets)| live.pair(&format!("arn:{name}"), name, subnets));
        live
    };
    // One that lacks a subnet is given it.
    assert_eq!(name(&with(&[(&usual, &["subnet-h1"])])), usual);
    assert_eq!(name(&with(&[("pl-older", &["subnet-h1"])])), "pl-older");
    let gone: &[&str] = &["subnet-h1", "subnet-gone"];
    let other = name(&with(&[(&usual, gone)]));
    assert_ne!(other, usual);
    assert_eq!(name(&with(&[(&usual, gone), (&other, &["subnet-h1"])])), other, "half done");
    assert_eq!(name(&with(&[(&other, gone)])), usual, "and back");
    // Its target groups go with it.
    let group = |live: &Live| plain(&derived(live), "target/orders/target-group", "name");
    assert_ne!(group(&with(&[(&usual, gone)])), group(&Live::new()));
}

#[test]
fn a_target_that_moves_to_a_service_somebody_else_must_accept_is_a_warning() {
    let spec = SPEC.replace(
        "target \"orders\" network=\"app\" { load-balancer \"orders-internal\"; port 80 }",
        "target \"orders\" network=\"hub\" { endpoint-service \"com.amazonaws.vpce.us-east-1.vpce-svc-0a0a0a0a\"; port 80 }",
    );
    let service = "com.amazonaws.vpce.us-east-1.vpce-svc-0a0a0a0a";
    let live = |leads: Option<&str>| {
        let mut live = Live::new();
        let attrs = Attrs::new()
            .with(&visible_service::ACCEPTANCE_REQUIRED, true)
            .with(&visible_service::OWNER, "999999999999".to_owned())
            .with(&visible_service::ZONES, ["us-east-1a", "us-east-1b", "us-east-1c"].map(str::to_owned).to_vec());
        live.push(HUB, visible_service::KIND, service, Owner::Nobody, attrs, &[]);
        if let Some(leads) = leads {
            let attrs = Attrs::new().with(&endpoint::SERVICE_NAME, leads.to_owned());
            live.push(HUB, endpoint::KIND, "vpce-1", ours("target/orders/endpoint"), attrs, &[]);
        }
        live
    };
    let nothing = expect_test::expect![[""]];
    check_warnings(&spec, &live(None), &nothing);
    check_warnings(&spec, &live(Some(service)), &nothing);
    check_warnings(
        &spec,
        &live(Some("com.amazonaws.vpce.us-east-1.vpce-svc-0b0b0b0b")),
        &expect_test::expect![[r#"
            privlink::target::foreign-acceptance: the connection to com.amazonaws.vpce.us-east-1.vpce-svc-0a0a0a0a must be accepted by 999999999999
        "#]],
    );
}
