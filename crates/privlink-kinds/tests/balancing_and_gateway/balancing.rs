//! Load balancers, target groups, targets, listeners, and the enforcement flag.

use privlink_model::keys::{listener, load_balancer, privatelink_enforcement, target_group, targets};
use privlink_model::{Attr, Attrs, Cloud, ErrorClass, Operation, Owner, Query, Selector, Value, Write};

use crate::bench::{Bench, GROUP, REGION, SUBNET_A, SUBNET_B, VPC, balancer_attrs, blank};

fn group_attrs(name: &str, port: i64) -> Attrs {
    Attrs::new()
        .with(&target_group::NAME, name.to_owned())
        .with(&target_group::PROTOCOL, "TCP".to_owned())
        .with(&target_group::PORT, port)
        .with(&target_group::VPC, VPC.to_owned())
        .with(&target_group::TARGET_TYPE, "ip".to_owned())
        .with(&target_group::HEALTH_PROTOCOL, "TCP".to_owned())
        .with(&target_group::HEALTH_PORT, "traffic-port".to_owned())
}

fn target_attrs(group: &str, addresses: &[&str]) -> Attrs {
    Attrs::new()
        .with(&targets::TARGET_GROUP, group.to_owned())
        .with(&targets::ADDRESSES, addresses.iter().map(|one| (*one).to_owned()).collect())
        .with(&targets::PORT, 80)
}

fn listener_attrs(balancer: &str, port: i64, group: &str) -> Attrs {
    Attrs::new()
        .with(&listener::LOAD_BALANCER, balancer.to_owned())
        .with(&listener::PORT, port)
        .with(&listener::PROTOCOL, "TCP".to_owned())
        .with(&listener::TARGET_GROUP, group.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_balancer_from_beginning_to_end() {
    let bench = Bench::start().await;
    let id = bench.load_balancer("pl-shop-hub").await;
    let mut attrs = balancer_attrs("pl-shop-hub");
    let observed = bench.shows(load_balancer::KIND, "link/hub/load-balancer", &attrs).await;
    assert_eq!(observed.attrs.read(&load_balancer::VPC).unwrap(), VPC);
    assert!(observed.attrs.read(&load_balancer::DNS_NAME).unwrap().contains("pl-shop-hub"));

    let both = vec![SUBNET_A.to_owned(), SUBNET_B.to_owned()];
    bench.update(load_balancer::KIND, &id, Attrs::new().with(&load_balancer::SUBNETS, both.clone())).await;
    attrs.set(&load_balancer::SUBNETS, both);
    bench.shows(load_balancer::KIND, "link/hub/load-balancer", &attrs).await;

    bench.delete(load_balancer::KIND, &id, Attrs::new()).await;
    assert_eq!(bench.list(load_balancer::KIND).await, []);
    assert_eq!(bench.read(load_balancer::KIND, &id, &Attrs::new()).await, None);
    bench.try_delete(load_balancer::KIND, &id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_are_not_made_in_one_step() {
    let bench = Bench::start().await;
    let id = bench.load_balancer("pl-shop-hub").await;
    let both = Attrs::new()
        .with(&load_balancer::SUBNETS, vec![SUBNET_A.to_owned(), SUBNET_B.to_owned()])
        .with(&load_balancer::SECURITY_GROUPS, vec![GROUP.to_owned()]);
    let error = bench.try_update(load_balancer::KIND, &id, both).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Refused);
    bench.shows(load_balancer::KIND, "link/hub/load-balancer", &balancer_attrs("pl-shop-hub")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enforcement_is_nobodys_until_it_is_turned_off() {
    let bench = Bench::start().await;
    let id = bench.load_balancer("pl-shop-hub").await;
    let listed = bench.list(privatelink_enforcement::KIND).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].owner, Owner::Nobody);
    assert_eq!(listed[0].attrs.read(&privatelink_enforcement::ENFORCE).unwrap(), "on");

    let off = Attrs::new()
        .with(&privatelink_enforcement::LOAD_BALANCER, id.clone())
        .with(&privatelink_enforcement::ENFORCE, "off".to_owned());
    bench.create(privatelink_enforcement::KIND, "link/hub/enforcement", off.clone()).await;
    let address = "link/hub/load-balancer/privatelink-enforcement/enforce";
    let observed = bench.shows(privatelink_enforcement::KIND, address, &off).await;

    // The groups are set by the same call: the flag must survive that.
    bench
        .update(load_balancer::KIND, &id, Attrs::new().with(&load_balancer::SECURITY_GROUPS, vec![GROUP.into()]))
        .await;
    bench.shows(privatelink_enforcement::KIND, address, &off).await;

    bench.delete(privatelink_enforcement::KIND, &id, observed.attrs).await;
    assert_eq!(bench.list(privatelink_enforcement::KIND).await[0].owner, Owner::Nobody);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_group_from_beginning_to_end() {
    let bench = Bench::start().await;
    let mut attrs = group_attrs("pl-shop-orders", 80);
    let id = bench.create(target_group::KIND, "link/hub/orders", attrs.clone()).await;
    bench.shows(target_group::KIND, "link/hub/orders", &attrs).await;

    let checked = Attrs::new()
        .with(&target_group::HEALTH_PROTOCOL, "HTTP".to_owned())
        .with(&target_group::HEALTH_PORT, "8080".to_owned())
        .with(&target_group::HEALTH_PATH, "/ready".to_owned());
    bench.update(target_group::KIND, &id, checked.clone()).await;
    attrs.merge(&checked);
    bench.shows(target_group::KIND, "link/hub/orders", &attrs).await;

    // How it is checked is seen where it is not AWS's default, comes back, and goes when nobody asks for it.
    let by_hand = Attrs::new()
        .with(&Attr::new("health-interval"), 10_i64)
        .with(&Attr::new("health-timeout"), 3_i64)
        .with(&Attr::new("healthy-threshold"), 2_i64)
        .with(&Attr::new("unhealthy-threshold"), 7_i64)
        .with(&Attr::new("health-codes"), "200".to_owned());
    bench.update(target_group::KIND, &id, by_hand.clone()).await;
    let mut seen = attrs.clone();
    seen.merge(&by_hand);
    let seen = bench.shows(target_group::KIND, "link/hub/orders", &seen).await;
    let update = Write {
        id: id.clone(),
        before: seen.attrs,
        after: attrs.clone(),
        changed: by_hand.iter().map(|(key, _)| key.clone()).collect(),
        ..blank(Operation::Update, target_group::KIND, "link/hub/orders")
    };
    bench.cloud.write(&update).await.unwrap();
    bench.shows(target_group::KIND, "link/hub/orders", &attrs).await;

    let error = bench.try_create(target_group::KIND, group_attrs("pl-shop-orders", 81)).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Refused, "DuplicateTargetGroupName"));
    assert!(error.message.contains("pl-shop-orders"), "{error}");

    bench.delete(target_group::KIND, &id, Attrs::new()).await;
    bench.try_delete(target_group::KIND, &id).await.unwrap();
    assert_eq!(bench.read(target_group::KIND, &id, &Attrs::new()).await, None);
    assert_eq!(bench.list(target_group::KIND).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_are_added_and_removed_by_steps_of_their_own() {
    let bench = Bench::start().await;
    let group = bench.create(target_group::KIND, "link/hub/orders", group_attrs("pl-shop-orders", 80)).await;
    assert_eq!(bench.list(targets::KIND).await, [], "a group without targets has none to list");
    let address = "link/hub/orders/targets/registered";
    bench.create(targets::KIND, "link/hub/orders/targets", target_attrs(&group, &["10.0.1.10"])).await;
    bench.shows(targets::KIND, address, &target_attrs(&group, &["10.0.1.10"])).await;

    let addresses = |list: &[&str]| {
        Attrs::new().with(&targets::ADDRESSES, list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
    };
    bench.update(targets::KIND, &group, addresses(&["10.0.1.10", "10.0.1.11"])).await;
    bench.shows(targets::KIND, address, &target_attrs(&group, &["10.0.1.10", "10.0.1.11"])).await;
    bench.update(targets::KIND, &group, addresses(&["10.0.1.11"])).await;
    bench.shows(targets::KIND, address, &target_attrs(&group, &["10.0.1.11"])).await;

    let error = bench.try_update(targets::KIND, &group, addresses(&["10.0.1.12"])).await.unwrap_err();
    assert!(error.message.contains("two calls"), "{error}");

    bench.delete(targets::KIND, &group, target_attrs(&group, &["10.0.1.11"])).await;
    assert_eq!(bench.list(targets::KIND).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_registered_by_hand_under_another_port_shows_and_can_be_taken_out() {
    let bench = Bench::start().await;
    let group = bench.create(target_group::KIND, "link/hub/orders", group_attrs("pl-shop-orders", 80)).await;
    let attrs = target_attrs(&group, &["10.0.1.10"]);
    bench.create(targets::KIND, "link/hub/orders/targets", attrs.clone()).await;
    let foreign = target_attrs(&group, &["10.0.1.10"]).with(&targets::PORT, 81);
    bench.try_create(targets::KIND, foreign).await.unwrap();
    let address = "link/hub/orders/targets/registered";
    bench.shows(targets::KIND, address, &target_attrs(&group, &["10.0.1.10", "10.0.1.10:81"])).await;
    let wanted = Attrs::new().with(&targets::ADDRESSES, vec!["10.0.1.10".to_owned()]);
    bench.update(targets::KIND, &group, wanted).await;
    bench.shows(targets::KIND, address, &attrs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_outside_the_vpc_are_in_all_zones() {
    let bench = Bench::start().await;
    let group = bench.create(target_group::KIND, "link/hub/legacy", group_attrs("pl-shop-legacy", 80)).await;
    let outside = target_attrs(&group, &["172.31.12.59"]);
    assert!(bench.try_create(targets::KIND, outside.clone()).await.is_err(), "AWS asks for a zone");
    let attrs = outside.with(&targets::ZONE, "all".to_owned());
    bench.create(targets::KIND, "link/hub/legacy/targets", attrs.clone()).await;
    bench.shows(targets::KIND, "link/hub/legacy/targets/registered", &attrs).await;
    bench.delete(targets::KIND, &group, attrs).await;
    assert_eq!(bench.list(targets::KIND).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_from_beginning_to_end() {
    let bench = Bench::start().await;
    let balancer = bench.load_balancer("pl-shop-hub").await;
    let group = bench.create(target_group::KIND, "link/hub/orders", group_attrs("pl-shop-orders", 80)).await;
    let attrs = listener_attrs(&balancer, 9000, &group);
    let id = bench.create(listener::KIND, "link/hub/listener/orders", attrs.clone()).await;
    bench.shows(listener::KIND, "link/hub/listener/orders", &attrs).await;
    let ports = bench.list(load_balancer::KIND).await[0].attrs.read(&load_balancer::LISTENERS).unwrap();
    assert_eq!(ports, Value::List(vec![Value::map([("port", 9000.into()), ("protocol", Value::from("TCP"))])]));

    // Made one of TLS by hand it is seen with all that takes, and goes back.
    let by_hand = Attrs::new()
        .with(&listener::PROTOCOL, "TLS".to_owned())
        .with(&Attr::new("certificate"), "arn:aws:acm:us-east-1:222222222222:certificate/by-hand".to_owned())
        .with(&Attr::new("tls-policy"), "ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned())
        .with(&Attr::new("alpn"), vec!["HTTP2Only".to_owned()]);
    bench.update(listener::KIND, &id, by_hand.clone()).await;
    let mut secured = attrs.clone();
    secured.merge(&by_hand);
    let seen = bench.shows(listener::KIND, "link/hub/listener/orders", &secured).await;
    let back = Write {
        id: id.clone(),
        before: seen.attrs,
        after: attrs.clone(),
        changed: by_hand.iter().map(|(key, _)| key.clone()).collect(),
        ..blank(Operation::Update, listener::KIND, "link/hub/listener/orders")
    };
    bench.cloud.write(&back).await.unwrap();
    bench.shows(listener::KIND, "link/hub/listener/orders", &attrs).await;

    let other = bench.create(target_group::KIND, "link/hub/other", group_attrs("pl-shop-other", 80)).await;
    let error = bench.try_create(listener::KIND, listener_attrs(&balancer, 9000, &other)).await.unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Refused, "DuplicateListener"));
    assert!(error.message.contains("port 9000"), "{error}");

    let busy = bench.try_delete(target_group::KIND, &group).await.unwrap_err();
    assert_eq!((busy.class, busy.code.as_str()), (ErrorClass::Busy, "ResourceInUse"));

    bench.update(listener::KIND, &id, Attrs::new().with(&listener::PORT, 9001)).await;
    bench.shows(listener::KIND, "link/hub/listener/orders", &listener_attrs(&balancer, 9001, &group)).await;

    bench.delete(listener::KIND, &id, Attrs::new()).await;
    bench.try_delete(listener::KIND, &id).await.unwrap();
    assert_eq!(bench.read(listener::KIND, &id, &Attrs::new()).await, None);
    assert_eq!(bench.list(listener::KIND).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_made_by_hand_on_our_load_balancer_is_one_to_delete() {
    let bench = Bench::start().await;
    let balancer = bench.load_balancer("pl-shop-hub").await;
    let group = bench.create(target_group::KIND, "link/hub/orders", group_attrs("pl-shop-orders", 80)).await;
    bench.try_create(listener::KIND, listener_attrs(&balancer, 4444, &group)).await.unwrap();
    let listed = bench.list(listener::KIND).await;
    assert_eq!(listed[0].address().unwrap().as_str(), "link/hub/load-balancer/listener/4444");
}

#[tokio::test(flavor = "multi_thread")]
async fn others_load_balancers_are_listed_only_when_asked_for() {
    let bench = Bench::start().await;
    assert_eq!(bench.list(load_balancer::KIND).await, []);
    let named = Query::LoadBalancer(Selector::Name("orders-internal".into()));
    let listed = bench.list_for(load_balancer::KIND, &[named]).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].owner, Owner::Nobody);
    assert_eq!(listed[0].tags["team"], "orders");
    let by_id = Query::LoadBalancer(Selector::Id(listed[0].id.clone()));
    assert_eq!(bench.list_for(load_balancer::KIND, &[by_id]).await, listed);
    let tag = |value: &str| Query::LoadBalancer(Selector::Tag { key: "team".into(), value: value.into() });
    assert_eq!(bench.list_for(load_balancer::KIND, &[tag("orders")]).await, listed);
    assert_eq!(bench.list_for(load_balancer::KIND, &[tag("others")]).await, []);
    assert_eq!(bench.list_for(listener::KIND, &[tag("orders")]).await, [], "listeners of others are not ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_many_groups_takes_few_calls() {
    let bench = Bench::start().await;
    for number in 0..25 {
        let attrs = group_attrs(&format!("pl-shop-{number}"), 80);
        bench.create(target_group::KIND, &format!("link/hub/{number}"), attrs).await;
    }
    let count = || {
        bench.sandbox.requests().iter().filter(|(name, _)| name.contains("DescribeTags")).map(|(_, n)| n).sum::<u64>()
    };
    let before = count();
    assert_eq!(bench.list(target_group::KIND).await.len(), 25);
    assert_eq!(count() - before, 2, "twenty to a call");
}

#[tokio::test(flavor = "multi_thread")]
async fn load_balancers_that_are_gone_do_not_hide_those_that_are_there() {
    let bench = Bench::start().await;
    let (one, two) = (bench.load_balancer("pl-shop-one").await, bench.load_balancer("pl-shop-two").await);
    let ghost = |end: &str| {
        format!("arn:aws:elasticloadbalancing:{REGION}:222222222222:loadbalancer/net/ghost/0123456789abcde{end}")
    };
    let asked = [ghost("a"), one.clone(), ghost("b"), ghost("c"), two.clone()];
    let none = Attrs::new();
    let read = asked.iter().map(|id| bench.read(load_balancer::KIND, id, &none));
    let found: Vec<Option<String>> =
        futures_util::future::join_all(read).await.into_iter().map(|found| found.map(|found| found.id)).collect();
    assert_eq!(found, [None, Some(one), None, None, Some(two)]);
}
