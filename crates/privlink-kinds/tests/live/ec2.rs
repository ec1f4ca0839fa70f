//! EC2's kinds: the life of an endpoint from one account to another, and what a gather makes of it.

use privlink_model::keys::{
    ID, endpoint, endpoint_connection, endpoint_service, load_balancer, security_group, security_group_rule,
    service_permission, transit_gateway, vpc,
};
use privlink_model::{
    Address, Attr, Attrs, Cloud, ErrorClass, Operation, Owner, Query, Selector, Status, Value, Write,
};

use crate::bench::{Bench, create, listing};

async fn group(bench: &Bench) -> (Write, Attrs) {
    let (vpc, _) = bench.network(&bench.hub, "hub").await;
    let attrs = Attrs::new()
        .with(&security_group::NAME, "pl-orders".to_owned())
        .with(&security_group::DESCRIPTION, "orders".to_owned())
        .with(&security_group::VPC, vpc);
    bench.create(&bench.hub, "security-group", "target/orders/group", attrs).await
}

fn rule(group: &str, port: i64) -> Attrs {
    Attrs::new()
        .with(&security_group_rule::GROUP, group.to_owned())
        .with(&security_group_rule::DIRECTION, "ingress".to_owned())
        .with(&security_group_rule::PROTOCOL, "tcp".to_owned())
        .with(&security_group_rule::FROM_PORT, port)
        .with(&security_group_rule::TO_PORT, port)
        .with(&security_group_rule::PEER, "10.0.0.0/16".to_owned())
}

/// A service in the application's account that the hub may use.
async fn service(bench: &Bench) -> (Write, Attrs, Write) {
    let query = Query::LoadBalancer(Selector::Name("orders".to_owned()));
    let snapshot = bench.gather(&bench.app, &[query]).await;
    let balancer = listing(&snapshot, load_balancer::KIND).first().unwrap().id.clone();
    let attrs = Attrs::new()
        .with(&endpoint_service::LOAD_BALANCERS, vec![balancer])
        .with(&endpoint_service::ACCEPTANCE_REQUIRED, true);
    let (service, known) = bench.create(&bench.app, "endpoint-service", "target/orders/service", attrs).await;
    let attrs = Attrs::new()
        .with(&service_permission::SERVICE, service.id.clone())
        .with(&service_permission::PRINCIPAL, "arn:aws:iam::222222222222:root".to_owned());
    let (permission, _) = bench.create(&bench.app, "service-permission", "target/orders/permission", attrs).await;
    (service, known, permission)
}

async fn endpoint_attrs(bench: &Bench, service: &Attrs, group: &str) -> Attrs {
    let (vpc, subnets) = bench.network(&bench.hub, "hub").await;
    Attrs::new()
        .with(&endpoint::VPC, vpc)
        .with(&endpoint::SERVICE_NAME, service.read(&endpoint_service::SERVICE_NAME).unwrap())
        .with(&endpoint::SUBNETS, subnets)
        .with(&endpoint::SECURITY_GROUPS, vec![group.to_owned()])
        .with(&endpoint::PRIVATE_DNS, false)
}

#[tokio::test]
async fn networks_are_looked_up() {
    let bench = Bench::new().await;
    let queries = [
        Query::Vpc(Selector::Name("hub".to_owned())),
        Query::TransitGateway("tgw-0123456789abcdef0".to_owned()),
        Query::EndpointService("com.amazonaws.us-east-1.execute-api".to_owned()),
        Query::EndpointService("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0".to_owned()),
    ];
    let snapshot = bench.gather(&bench.hub, &queries).await;
    let vpcs = listing(&snapshot, "vpc");
    assert_eq!(vpcs.len(), 1);
    assert_eq!(vpcs[0].attrs.read(&vpc::CIDRS), Some(vec!["10.0.0.0/16".to_owned()]));
    assert_eq!(vpcs[0].attrs.read(&vpc::DNS_SUPPORT), Some(true));
    assert_eq!(listing(&snapshot, "subnet").len(), 2);
    let routes = listing(&snapshot, "route-table").iter().map(|table| table.attrs.get("routes").unwrap().to_string());
    assert!(routes.collect::<String>().contains("tgw-0123456789abcdef0"));
    let gateway = &listing(&snapshot, "transit-gateway")[0];
    assert_eq!(gateway.attrs.read(&transit_gateway::VPCS), Some(vec![vpcs[0].id.clone()]));
    let visible = listing(&snapshot, "visible-endpoint-service");
    assert_eq!(visible.len(), 1, "the unknown one is left out");
    assert_eq!(visible[0].id, "com.amazonaws.us-east-1.execute-api");
}

#[tokio::test]
async fn a_group_and_its_rules_live_and_die() {
    let bench = Bench::new().await;
    let (group, _) = group(&bench).await;
    let (rule_made, _) =
        bench.create(&bench.hub, "security-group-rule", "target/orders/rule", rule(&group.id, 443)).await;
    let snapshot = bench.gather(&bench.hub, &[]).await;
    let groups = listing(&snapshot, "security-group");
    assert_eq!(groups.len(), 1, "the default groups of the VPCs are not ours");
    assert_eq!(groups[0].address(), Some(&Address::new("target/orders/group")));
    let rules = listing(&snapshot, "security-group-rule");
    assert_eq!(rules.len(), 1, "the egress rule that AWS adds is not listed");
    assert_eq!(rules[0].address(), Some(&Address::new("target/orders/rule")));
    for (key, value) in rule(&group.id, 443).iter() {
        assert_eq!(rules[0].attrs.get(key), Some(value), "{key}");
    }
    bench.delete(&rule_made).await;
    bench.delete(&group).await;
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_finds_its_own_and_nobody_elses() {
    let bench = Bench::new().await;
    let (group, _) = group(&bench).await;
    let again = bench.cloud.write(&Write { operation: Operation::Create, ..group.clone() }).await.unwrap();
    assert_eq!(again.id, group.id);
    let other = Write { address: Address::new("target/other/group"), ..group.clone() };
    let refused = bench.cloud.write(&other).await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_str()), (ErrorClass::Refused, "InvalidGroup.Duplicate"));

    let first = create(&bench.hub, "security-group-rule", "target/orders/rule", rule(&group.id, 443));
    let made = bench.cloud.write(&first).await.unwrap();
    assert_eq!(bench.cloud.write(&first).await.unwrap().id, made.id);
    let other = create(&bench.hub, "security-group-rule", "target/other/rule", rule(&group.id, 443));
    let refused = bench.cloud.write(&other).await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Refused);
    assert!(refused.message.contains(&made.id), "{refused}");
}

#[tokio::test]
async fn a_rule_made_by_hand_on_a_group_of_ours_is_seen() {
    let bench = Bench::new().await;
    let (group, _) = group(&bench).await;
    let mut by_hand = create(&bench.hub, "security-group-rule", "unused", rule(&group.id, 22));
    by_hand.tags.clear();
    let made = bench.cloud.write(&by_hand).await.unwrap();
    let snapshot = bench.gather(&bench.hub, &[]).await;
    let seen = &listing(&snapshot, "security-group-rule")[0];
    let address = format!("target/orders/group/security-group-rule/{}", made.id);
    assert_eq!(seen.owner, Owner::Ours(Address::new(address)));
}

#[tokio::test]
async fn an_endpoint_reaches_across_accounts() {
    let bench = Bench::new().await;
    let (service, known, permission) = service(&bench).await;
    let (group, _) = group(&bench).await;
    let attrs = endpoint_attrs(&bench, &known, &group.id).await;
    let (endpoint_made, _) = bench.create(&bench.hub, "endpoint", "target/orders/endpoint", attrs.clone()).await;
    let waiting = bench.read(&endpoint_made).await.unwrap();
    assert_eq!(waiting.status, Status::Ready, "waiting for acceptance is as far as the endpoint itself gets");
    let app = bench.gather(&bench.app, &[]).await;
    assert!(listing(&app, "endpoint-connection").is_empty(), "what waits to be accepted is not ours yet");

    let connection = Attrs::new()
        .with(&endpoint_connection::SERVICE, service.id.clone())
        .with(&endpoint_connection::ENDPOINT, endpoint_made.id.clone());
    let (accepted, _) = bench.create(&bench.app, "endpoint-connection", "target/orders/connection", connection).await;
    bench.settle(&endpoint_made, &endpoint_made.id).await.unwrap();
    let available = bench.read(&endpoint_made).await.unwrap();
    assert_eq!(available.attrs.read(&endpoint::ADDRESSES).map(|addresses| addresses.len()), Some(2));
    assert!(available.attrs.read(&endpoint::DNS_NAME).is_some());
    for (key, value) in attrs.iter() {
        assert_eq!(available.attrs.get(key), Some(value), "{key}");
    }
    // Accepting what is accepted is success.
    let again = Write { id: String::new(), ..accepted.clone() };
    assert_eq!(bench.cloud.write(&again).await.unwrap().id, accepted.id);

    let app = bench.gather(&bench.app, &[]).await;
    assert_eq!(listing(&app, "endpoint-service")[0].attrs, known);
    let permissions = listing(&app, "service-permission");
    assert_eq!(permissions.len(), 1);
    assert!(permissions[0].address().unwrap().is_within(&Address::new("target/orders/service")));
    let connections = listing(&app, "endpoint-connection");
    assert_eq!((connections.len(), &connections[0].owner), (1, &Owner::Nobody));
    let hub = bench.gather(&bench.hub, &[Query::Vpc(Selector::Name("hub".to_owned()))]).await;
    assert_eq!(listing(&hub, "endpoint"), [available], "found by tag and by VPC, listed once");

    let mut still_connected = service.clone();
    still_connected.operation = Operation::Delete;
    let refused = bench.cloud.write(&still_connected).await.unwrap_err();
    assert_eq!((refused.class, refused.code.as_str()), (ErrorClass::Busy, "ExistingVpcEndpointConnections"));

    bench.delete(&accepted).await;
    let rejected = bench.read(&endpoint_made).await.unwrap();
    assert!(matches!(rejected.status, Status::Failed(_)), "{:?}", rejected.status);
    bench.delete(&endpoint_made).await;
    bench.delete(&permission).await;
    bench.delete(&service).await;
    bench.delete(&group).await;
    assert_eq!(bench.read(&endpoint_made).await, None, "an unknown id is an absent endpoint");
    assert_eq!(bench.read(&service).await, None, "an unknown id is an absent service");
    let hub = bench.gather(&bench.hub, &[]).await;
    assert!(hub.listings.values().all(|listing| listing.as_ref().is_ok_and(Vec::is_empty)), "{hub:?}");
}

#[tokio::test]
async fn an_endpoint_changes_in_place() {
    let bench = Bench::new().await;
    let (_, known, _) = service(&bench).await;
    let (group, _) = group(&bench).await;
    let mut attrs = endpoint_attrs(&bench, &known, &group.id).await;
    let all = attrs.read(&endpoint::SUBNETS).unwrap();
    attrs.set(&endpoint::SUBNETS, all[..1].to_vec());
    let (made, _) = bench.create(&bench.hub, "endpoint", "target/orders/endpoint", attrs.clone()).await;
    let mut after = attrs.clone();
    after.set(&endpoint::SUBNETS, all.clone());
    let update = Write {
        operation: Operation::Update,
        before: attrs,
        after,
        changed: vec![endpoint::SUBNETS.key().to_owned()],
        ..made.clone()
    };
    bench.write(&update).await.unwrap();
    bench.settle(&update, &made.id).await.unwrap();
    let mut subnets = bench.read(&made).await.unwrap().attrs.read(&endpoint::SUBNETS).unwrap();
    subnets.sort();
    let mut all = all;
    all.sort();
    assert_eq!(subnets, all);
}

/// What somebody changes by hand, and a step takes back.
async fn changed(bench: &Bench, made: &Write, key: &str, before: &Attrs, after: &Attrs) -> Attrs {
    assert!(privlink_kinds::KINDS.get(made.kind).unwrap().attribute(key).is_some(), "{key}");
    let update = Write {
        operation: Operation::Update,
        before: before.clone(),
        after: after.clone(),
        changed: vec![key.to_owned()],
        ..made.clone()
    };
    bench.write(&update).await.unwrap();
    bench.settle(&update, &made.id).await.unwrap();
    bench.read(&Write { before: before.clone(), after: after.clone(), ..made.clone() }).await.unwrap().attrs
}

#[tokio::test]
async fn an_endpoints_policy_is_awss_default_or_seen() {
    let policy = Attr::<Value>::new("policy");
    let bench = Bench::new().await;
    let (group, _) = group(&bench).await;
    let name = Attrs::new().with(&endpoint_service::SERVICE_NAME, "com.amazonaws.us-east-1.execute-api".to_owned());
    let attrs = endpoint_attrs(&bench, &name, &group.id).await;
    let (made, _) = bench.create(&bench.hub, "endpoint", "entry/hub/endpoint", attrs.clone()).await;
    let fresh = bench.read(&made).await.unwrap();
    assert_eq!(fresh.attrs.get("policy"), None, "AWS shows its default, which is no policy of anybody's");

    let statement = |effect: &str| {
        Value::map(
            [("Effect", effect), ("Principal", "*"), ("Action", "execute-api:Invoke"), ("Resource", "*")]
                .map(|(key, value)| (key, Value::from(value))),
        )
    };
    let narrow = attrs.clone().with(&policy, Value::map([("Statement", Value::List(vec![statement("Deny")]))]));
    let seen = changed(&bench, &made, "policy", &attrs, &narrow).await;
    let schema = privlink_kinds::KINDS.get("endpoint").unwrap();
    assert!(schema.same("policy", seen.get("policy"), narrow.get("policy")), "{seen:?}");
    let back = changed(&bench, &made, "policy", &narrow, &attrs).await;
    assert_eq!(back.get("policy"), None);
    // Made again after it was deleted, it has the policy that it had.
    let (again, _) = bench.create(&bench.hub, "endpoint", "entry/again/endpoint", narrow.clone()).await;
    let again = bench.read(&again).await.unwrap();
    assert!(schema.same("policy", again.attrs.get("policy"), narrow.get("policy")), "{again:?}");
}

#[tokio::test]
async fn a_service_is_offered_under_its_own_name_in_its_own_region_or_seen() {
    let (name, regions) = (Attr::<String>::new("private-dns-name"), Attr::<Vec<String>>::new("other-regions"));
    let bench = Bench::new().await;
    let (service, known, _) = service(&bench).await;
    let plain: Attrs = service.after.clone();
    assert_eq!((known.get(name.key()), known.get(regions.key())), (None, None));
    let named = plain.clone().with(&name, "orders.example.com".to_owned());
    let seen = changed(&bench, &service, name.key(), &plain, &named).await;
    assert_eq!(seen.read(&name).as_deref(), Some("orders.example.com"));
    assert_eq!(changed(&bench, &service, name.key(), &named, &plain).await.get(name.key()), None);
    let wide = plain.clone().with(&regions, vec!["us-west-2".to_owned()]);
    let seen = changed(&bench, &service, regions.key(), &plain, &wide).await;
    assert_eq!(seen.read(&regions), Some(vec!["us-west-2".to_owned()]));
    assert_eq!(changed(&bench, &service, regions.key(), &wide, &plain).await.get(regions.key()), None);
}

#[tokio::test]
async fn a_connection_rejected_by_hand_is_seen_and_accepted_again() {
    let state = Attr::<String>::new("state");
    let bench = Bench::new().await;
    let (service, known, _) = service(&bench).await;
    let (group, _) = group(&bench).await;
    let attrs = endpoint_attrs(&bench, &known, &group.id).await;
    let (endpoint_made, _) = bench.create(&bench.hub, "endpoint", "target/orders/endpoint", attrs).await;
    let accepted = Attrs::new()
        .with(&endpoint_connection::SERVICE, service.id.clone())
        .with(&endpoint_connection::ENDPOINT, endpoint_made.id.clone());
    let (made, _) = bench.create(&bench.app, "endpoint-connection", "target/orders/connection", accepted.clone()).await;
    let rejected = accepted.clone().with(&state, "rejected".to_owned());
    let seen = changed(&bench, &made, "state", &accepted, &rejected).await;
    assert_eq!(seen.read(&state).as_deref(), Some("rejected"));
    let listed = bench.gather(&bench.app, &[]).await;
    let listed = &listing(&listed, "endpoint-connection")[0];
    assert_eq!((&listed.status, listed.attrs.read(&state).as_deref()), (&Status::Ready, Some("rejected")));
    assert_eq!(bench.read(&made).await, None, "to whoever made it, it is gone");

    let mended = changed(&bench, &made, "state", &rejected, &accepted).await;
    assert_eq!(mended.get("state"), None);
    bench.settle(&endpoint_made, &endpoint_made.id).await.unwrap();
    assert_eq!(bench.read(&endpoint_made).await.unwrap().status, Status::Ready);
    // What is brought back as it was is rejected where it was; and deleting is done where it was rejected before.
    let again = create(&bench.app, "endpoint-connection", "target/orders/connection", rejected.clone());
    bench.write(&again).await.unwrap();
    bench.delete(&Write { before: rejected.clone(), after: Attrs::new(), ..made.clone() }).await;
}

#[tokio::test]
async fn a_token_that_is_sent_twice_makes_one_endpoint() {
    let bench = Bench::new().await;
    let (_, known, _) = service(&bench).await;
    let (group, _) = group(&bench).await;
    let attrs = endpoint_attrs(&bench, &known, &group.id).await;
    let write = create(&bench.hub, "endpoint", "target/orders/endpoint", attrs);
    let (first, second) = (bench.write(&write).await.unwrap(), bench.write(&write).await.unwrap());
    assert_eq!(first.id, second.id);
    assert_eq!(first.attrs.read(&ID), Some(first.id));
}

#[tokio::test]
async fn what_is_too_early_is_worth_trying_again() {
    let bench = Bench::new().await;
    let (service, known, permission) = service(&bench).await;
    bench.delete(&permission).await;
    let (group, _) = group(&bench).await;
    let attrs = endpoint_attrs(&bench, &known, &group.id).await;
    let unseen = bench.cloud.write(&create(&bench.hub, "endpoint", "e", attrs)).await.unwrap_err();
    assert_eq!((unseen.class, unseen.code.as_str()), (ErrorClass::Busy, "InvalidServiceName"));

    let connection = Attrs::new()
        .with(&endpoint_connection::SERVICE, service.id.clone())
        .with(&endpoint_connection::ENDPOINT, "vpce-0123456789abcdef0".to_owned());
    let early = bench.cloud.write(&create(&bench.app, "endpoint-connection", "c", connection)).await.unwrap_err();
    assert_eq!(early.class, ErrorClass::Busy, "{early}");
}

#[tokio::test]
async fn another_projects_objects_are_not_ours() {
    let bench = Bench::new().await;
    let (group, _) = group(&bench).await;
    let snapshot = bench.cloud.gather(&bench.hub, "another", &[]).await;
    assert!(listing(&snapshot, "security-group").is_empty());
    let read = bench.read(&group).await.unwrap();
    assert_eq!(read.owner, Owner::Ours(Address::new("target/orders/group")));
}

#[tokio::test]
async fn a_gather_takes_few_requests() {
    let bench = Bench::new().await;
    let before: u64 = bench.sandbox.requests().values().sum();
    bench.gather(&bench.hub, &[Query::Vpc(Selector::Name("hub".to_owned()))]).await;
    let sent: u64 = bench.sandbox.requests().values().sum::<u64>() - before;
    let counted: u64 = bench.cloud.requests().values().sum();
    assert_eq!(sent, counted, "each request is counted once: {:?}", bench.cloud.requests());
    assert!(sent <= 14, "{:?}", bench.cloud.requests());
}
