//! What is looked up and never changed: subnets, things of others, and candidates for what was not found.

use privlink_model::keys::{PROJECT_TAG, endpoint_service, load_balancer, service_permission, subnet, vpc};
use privlink_model::{Attrs, Cloud, Observed, Owner, Query, Selector};

use crate::bench::{Bench, create, listing};

fn names(objects: &[Observed], key: &privlink_model::Attr<String>) -> Vec<String> {
    let mut names: Vec<String> = objects.iter().filter_map(|object| object.attrs.read(key)).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_subnet_says_whose_it_is_and_what_room_it_has() {
    let bench = Bench::new().await;
    let snapshot = bench.gather(&bench.hub, &[Query::Vpc(Selector::Name("hub".to_owned()))]).await;
    let found = &listing(&snapshot, subnet::KIND)[0];
    assert_eq!(found.attrs.read(&subnet::OWNER).as_deref(), Some("222222222222"));
    // A /24 has 251 of them; past the cap nobody counts.
    assert_eq!(found.attrs.read(&subnet::FREE_ADDRESSES), Some(subnet::ENOUGH_ADDRESSES));
}

#[tokio::test]
async fn services_of_others_are_listed_without_who_uses_them() {
    let bench = Bench::new().await;
    let query = [Query::LoadBalancer(Selector::Name("orders".to_owned()))];
    let balancer = listing(&bench.gather(&bench.app, &query).await, load_balancer::KIND)[0].id.clone();
    let attrs = Attrs::new()
        .with(&endpoint_service::LOAD_BALANCERS, vec![balancer.clone()])
        .with(&endpoint_service::ACCEPTANCE_REQUIRED, true);
    let mut theirs = create(&bench.app, endpoint_service::KIND, "target/orders/endpoint-service", attrs);
    theirs.tags.insert(PROJECT_TAG.to_owned(), "other".to_owned());
    let made = bench.write(&theirs).await.unwrap();
    let allowed = Attrs::new()
        .with(&service_permission::SERVICE, made.id.clone())
        .with(&service_permission::PRINCIPAL, "arn:aws:iam::222222222222:root".to_owned());
    bench.write(&create(&bench.app, service_permission::KIND, "", allowed)).await.unwrap();

    let snapshot = bench.gather(&bench.app, &[]).await;
    let services = listing(&snapshot, endpoint_service::KIND);
    assert_eq!(services.len(), 1);
    assert_eq!((&services[0].id, &services[0].owner), (&made.id, &Owner::Project("other".to_owned())));
    assert_eq!(services[0].attrs.read(&endpoint_service::LOAD_BALANCERS), Some(vec![balancer]));
    assert!(listing(&snapshot, service_permission::KIND).is_empty());
}

#[tokio::test]
async fn a_looked_up_load_balancer_says_whether_it_enforces_its_groups() {
    let bench = Bench::new().await;
    let query = ["orders", "guarded"].map(|name| Query::LoadBalancer(Selector::Name(name.to_owned())));
    let snapshot = bench.gather(&bench.app, &query).await;
    for (name, enforced) in [("orders", None), ("guarded", Some("on"))] {
        let mut found = listing(&snapshot, load_balancer::KIND).iter();
        let found = found.find(|one| one.attrs.read(&load_balancer::NAME).as_deref() == Some(name)).unwrap();
        assert_eq!(found.attrs.read(&load_balancer::ENFORCEMENT).as_deref(), enforced, "{name}");
        let alone = bench.cloud.read(&bench.app, load_balancer::KIND, &found.id, &found.attrs).await.unwrap();
        assert_eq!(alone.as_ref(), Some(found));
    }
}

#[tokio::test]
async fn where_nothing_matches_all_are_candidates() {
    let bench = Bench::new().await;
    let none = [Query::Vpc(Selector::Name("hob".to_owned())), Query::LoadBalancer(Selector::Name("ordres".to_owned()))];
    let hub = bench.gather(&bench.hub, &none).await;
    assert_eq!(names(listing(&hub, vpc::KIND), &vpc::NAME), ["hub", "other"]);
    let app = bench.gather(&bench.app, &none).await;
    assert_eq!(names(listing(&app, load_balancer::KIND), &load_balancer::NAME), ["guarded", "orders"]);

    let one = [Query::Vpc(Selector::Name("hub".to_owned()))];
    assert_eq!(names(listing(&bench.gather(&bench.hub, &one).await, vpc::KIND), &vpc::NAME), ["hub"]);
    let one = [Query::LoadBalancer(Selector::Name("orders".to_owned()))];
    let app = bench.gather(&bench.app, &one).await;
    assert_eq!(names(listing(&app, load_balancer::KIND), &load_balancer::NAME), ["orders"]);
}
