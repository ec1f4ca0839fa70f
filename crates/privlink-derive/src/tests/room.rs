//! Room: subnets that are full or shared, and quotas.

use expect_test::expect;
use privlink_model::keys::{endpoint, load_balancer, subnet, vpc_link};
use privlink_model::{Address, Attrs, Observed, Owner, Scope};

use super::{HUB, Live, SPEC, check_findings, check_warnings};

fn subnets(live: &mut Live) -> impl Iterator<Item = &mut Observed> {
    let hub = live.0.scopes.get_mut(&Scope::new(HUB, "us-east-1")).unwrap();
    hub.listings.get_mut(subnet::KIND).unwrap().as_mut().unwrap().iter_mut()
}

fn with_free(free: i64) -> Live {
    let mut live = Live::new();
    subnets(&mut live).for_each(|one| {
        one.attrs.set(&subnet::FREE_ADDRESSES, if one.id == "subnet-h2" { free } else { subnet::ENOUGH_ADDRESSES });
    });
    live
}

#[test]
fn a_load_balancer_needs_eight_addresses_and_an_endpoint_one() {
    check_findings(
        SPEC,
        &with_free(9),
        &expect![[r#"
            privlink::network::subnet-full: subnet subnet-h2 of network "hub" has 9 free addresses, and 2 endpoints and 1 load balancer there need 10
        "#]],
    );
    check_findings(SPEC, &with_free(10), &expect![[""]]);
}

#[test]
fn what_stands_already_needs_nothing() {
    let mut live = with_free(0);
    let here = || vec!["subnet-h1".to_owned(), "subnet-h2".to_owned(), "subnet-h3".to_owned()];
    let ours = |address: &str| Owner::Ours(Address::new(address));
    let attrs = Attrs::new().with(&load_balancer::SUBNETS, here());
    live.push(HUB, load_balancer::KIND, "arn:lb/ours", ours("link/gateway/hub/load-balancer"), attrs, &[]);
    for (id, address) in [("vpce-1", "entry/hub"), ("vpce-2", "target/orders/endpoint")] {
        live.push(HUB, endpoint::KIND, id, ours(address), Attrs::new().with(&endpoint::SUBNETS, here()), &[]);
    }
    check_findings(SPEC, &live, &expect![[""]]);
}

#[test]
fn a_shared_subnet_holds_no_endpoint_of_ours() {
    let mut live = Live::new();
    subnets(&mut live).for_each(|one| {
        one.attrs.set(&subnet::OWNER, if one.id == "subnet-h1" { "999999999999" } else { HUB }.to_owned());
    });
    check_findings(
        SPEC,
        &live,
        &expect![[r#"
            privlink::network::shared-subnet: subnet subnet-h1 of network "hub" is shared by account 999999999999, and account 222222222222 cannot make endpoints in it
        "#]],
    );
}

/// The world with all zones served, so that quotas alone are warned of.
fn level() -> (Live, String) {
    let mut live = Live::new();
    subnets(&mut live).for_each(|one| {
        if one.id == "subnet-h1" {
            one.attrs.set(&subnet::ZONE_ID, "use1-az2".to_owned());
        }
    });
    (live, SPEC.to_owned())
}

#[test]
fn endpoints_of_everybody_in_the_vpc_count() {
    let (mut live, spec) = level();
    for number in 0..48 {
        let attrs = Attrs::new().with(&endpoint::VPC, "vpc-hub".to_owned());
        live.push(HUB, endpoint::KIND, &format!("vpce-{number}"), Owner::Nobody, attrs, &[]);
    }
    check_warnings(&spec, &live, &expect![[""]]);
    let elsewhere = Attrs::new().with(&endpoint::VPC, "vpc-other".to_owned());
    live.push(HUB, endpoint::KIND, "vpce-elsewhere", Owner::Nobody, elsewhere, &[]);
    check_warnings(&spec, &live, &expect![[""]]);
    let attrs = Attrs::new().with(&endpoint::VPC, "vpc-hub".to_owned());
    live.push(HUB, endpoint::KIND, "vpce-49", Owner::Nobody, attrs, &[]);
    check_warnings(
        &spec,
        &live,
        &expect![[r#"
            privlink::quota::endpoints: there would be 51 interface endpoints in VPC vpc-hub of 222222222222/us-east-1, and AWS's default quota is 50
        "#]],
    );
}

#[test]
fn links_and_load_balancers_beside_the_planned_ones_count() {
    let (mut live, spec) = level();
    let other = Owner::Project("other".to_owned());
    for number in 0..20 {
        live.push(HUB, vpc_link::KIND, &format!("link{number}"), other.clone(), Attrs::new(), &[]);
    }
    let networks = Attrs::new().with(&load_balancer::TYPE, "network".to_owned());
    let application = Attrs::new().with(&load_balancer::TYPE, "application".to_owned());
    for number in 0..50 {
        live.push(HUB, load_balancer::KIND, &format!("nlb{number}"), other.clone(), networks.clone(), &[]);
        live.push(HUB, load_balancer::KIND, &format!("alb{number}"), other.clone(), application.clone(), &[]);
    }
    check_warnings(
        &spec,
        &live,
        &expect![[r#"
            privlink::quota::load-balancers: there would be 51 network load balancers of 222222222222/us-east-1, and AWS's default quota is 50
            privlink::quota::vpc-links: there would be 21 VPC links of 222222222222/us-east-1, and AWS's default quota is 20
        "#]],
    );
}

#[test]
fn an_entry_lets_in_no_more_ranges_than_a_group_has_rules() {
    let (live, spec) = level();
    let ranges = |count: usize| {
        let ranges: Vec<String> = (0..count).map(|number| format!("\"10.{number}.0.0/16\"")).collect();
        spec.replace("allow-from \"10.0.0.0/8\"", &format!("allow-from {}", ranges.join(" ")))
    };
    check_warnings(&ranges(60), &live, &expect![[""]]);
    check_warnings(
        &ranges(61),
        &live,
        &expect![[r#"
            privlink::quota::rules: there would be 61 ingress rules in security group entry/hub/security-group of 222222222222/us-east-1, and AWS's default quota is 60
        "#]],
    );
}
