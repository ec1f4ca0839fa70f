//! Reading all of Elastic Load Balancing in one scope, with as few calls as its API allows.
//!
//! Owns: which objects are looked at closely. There is no filter by tag, so the lists are read whole and concurrently; tags,
//! twenty to a call, are asked only of objects whose name could be ours or that a query may mean; listeners and target health,
//! which have no call for many, only where somebody needs them.
//! Refuses to know: what an object's attributes mean, which is for its kind's file.
//! Read next: `elb` for the calls, then `load_balancer`, `target_group`, `targets`, `listener`.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{Listener, LoadBalancer, TargetGroup};
use futures_util::future::join_all;
use futures_util::join;
use privlink_model::keys::{NAME_PREFIX, listener, load_balancer, privatelink_enforcement, target_group, targets};
use privlink_model::{CloudError, Listing, Observed, Owner, Query, Selector};

use crate::elb::{Tags, list_load_balancers, list_target_groups, listeners_by_arn, tags, targets_of};
use crate::live::{found, owner};
use crate::session::Session;

type Read<T> = Result<T, CloudError>;

/// Reads what we own, and what the queries ask for.
pub(crate) async fn gather(session: &Session, queries: &[Query]) -> BTreeMap<&'static str, Listing> {
    let wanted: Vec<&Selector> = queries
        .iter()
        .filter_map(|query| match query {
            Query::LoadBalancer(selector) => Some(selector),
            _ => None,
        })
        .collect();
    let (balancers, groups) = join!(list_load_balancers(session), list_target_groups(session));
    // Where a name matches none, all are candidates that the message about it lists; nobody looks closer at them.
    let others = balancers.as_ref().map_or_else(|_| Vec::new(), |all| unmatched(session, all, &wanted));
    let balancers = balancers.map(|all| all.into_iter().filter(|live| is_candidate(live, &wanted)).collect::<Vec<_>>());
    let groups =
        groups.map(|all| all.into_iter().filter(|live| is_named_as_ours(live.target_group_name())).collect::<Vec<_>>());
    let mut arns: Vec<String> = balancers.iter().flat_map(|balancers| arns_of(balancers)).collect();
    arns.extend(groups.iter().flatten().filter_map(TargetGroup::target_group_arn).map(str::to_owned));
    let tags = tags(session, &arns).await;
    let (balancers, groups) =
        join!(async { read_load_balancers(session, balancers?, tags.clone()?, &wanted).await }, async {
            Ok::<_, CloudError>(read_target_groups(session, groups?, &tags.clone()?).await)
        },);
    let mut listings = BTreeMap::new();
    let mut put = |kind: &'static str, read: Read<Vec<Observed>>| {
        listings.insert(kind, read.map_err(|error| session.unread(&error)));
    };
    match balancers {
        Ok(mut read) => {
            let known = |other: &Observed| read.load_balancers.iter().any(|one| one.id == other.id);
            let others: Vec<Observed> = others.into_iter().filter(|other| !known(other)).collect();
            read.load_balancers.extend(others);
            put(load_balancer::KIND, Ok(read.load_balancers));
            put(privatelink_enforcement::KIND, Ok(read.enforcement));
            put(listener::KIND, read.listeners);
        }
        Err(error) => {
            put(load_balancer::KIND, Err(error.clone()));
            put(privatelink_enforcement::KIND, Err(error.clone()));
            put(listener::KIND, Err(error));
        }
    }
    match groups {
        Ok(read) => {
            put(target_group::KIND, Ok(read.groups));
            put(targets::KIND, read.targets);
        }
        Err(error) => {
            put(target_group::KIND, Err(error.clone()));
            put(targets::KIND, Err(error));
        }
    }
    listings
}

struct BalancersRead {
    load_balancers: Vec<Observed>,
    enforcement: Vec<Observed>,
    listeners: Read<Vec<Observed>>,
}

async fn read_load_balancers(
    session: &Session,
    candidates: Vec<LoadBalancer>,
    tags: Tags,
    wanted: &[&Selector],
) -> Read<BalancersRead> {
    let listed: Vec<LoadBalancer> =
        candidates.into_iter().filter(|live| is_listed(session, live, &tags, wanted)).collect();
    let listeners = listeners_by_arn(session, &arns_of(&listed)).await?;
    let none = Vec::new();
    let mut read = BalancersRead { load_balancers: Vec::new(), enforcement: Vec::new(), listeners: Ok(Vec::new()) };
    let mut ours: Vec<(&Listener, Owner)> = Vec::new();
    for live in &listed {
        let Some(arn) = live.load_balancer_arn() else { continue };
        let its_listeners = listeners.get(arn).unwrap_or(&none);
        let its_tags = tags.get(arn).cloned().unwrap_or_default();
        let owner = owner(&session.project, &its_tags);
        read.load_balancers.extend(crate::load_balancer::live::observe(session, live, its_tags, its_listeners));
        if matches!(owner, Owner::Ours(_)) {
            read.enforcement.extend(crate::privatelink_enforcement::live::observe(session, live, &owner));
            ours.extend(its_listeners.iter().map(|listener| (listener, owner.clone())));
        }
    }
    let arns: Vec<String> = ours.iter().filter_map(|(one, _)| one.listener_arn()).map(str::to_owned).collect();
    read.listeners = self::tags(session, &arns).await.map(|tags| {
        let observe = |(live, parent): &(&Listener, Owner)| {
            let its_tags = live.listener_arn().and_then(|arn| tags.get(arn)).cloned().unwrap_or_default();
            crate::listener::live::observe(session, live, its_tags, parent)
        };
        ours.iter().filter_map(observe).collect()
    });
    Ok(read)
}

fn arns_of(balancers: &[LoadBalancer]) -> Vec<String> {
    balancers.iter().filter_map(LoadBalancer::load_balancer_arn).map(str::to_owned).collect()
}

/// Whether a load balancer is worth a closer look.
fn is_candidate(live: &LoadBalancer, wanted: &[&Selector]) -> bool {
    is_named_as_ours(live.load_balancer_name())
        || wanted.iter().any(|selector| match selector {
            Selector::Id(id) => live.load_balancer_arn() == Some(id),
            Selector::Name(name) => live.load_balancer_name() == Some(name),
            Selector::Tag { .. } => true,
        })
}

/// Every load balancer, without tags and listeners, when a name or an ARN that is asked for is none of theirs.
fn unmatched(session: &Session, all: &[LoadBalancer], wanted: &[&Selector]) -> Vec<Observed> {
    let matched = |selector: &&Selector| match selector {
        Selector::Id(id) => all.iter().any(|live| live.load_balancer_arn() == Some(id)),
        Selector::Name(name) => all.iter().any(|live| live.load_balancer_name() == Some(name)),
        Selector::Tag { .. } => true,
    };
    if wanted.iter().all(matched) {
        return Vec::new();
    }
    all.iter().filter_map(|live| crate::load_balancer::live::observe(session, live, BTreeMap::new(), &[])).collect()
}

/// Whether a load balancer, its tags known, is ours or asked for.
fn is_listed(session: &Session, live: &LoadBalancer, tags: &Tags, wanted: &[&Selector]) -> bool {
    let none = BTreeMap::new();
    let its_tags = live.load_balancer_arn().and_then(|arn| tags.get(arn)).unwrap_or(&none);
    matches!(owner(&session.project, its_tags), Owner::Ours(_))
        || wanted.iter().any(|selector| match selector {
            Selector::Id(id) => live.load_balancer_arn() == Some(id),
            Selector::Name(name) => live.load_balancer_name() == Some(name),
            Selector::Tag { key, value } => its_tags.get(key) == Some(value),
        })
}

struct GroupsRead {
    groups: Vec<Observed>,
    targets: Read<Vec<Observed>>,
}

async fn read_target_groups(session: &Session, mut candidates: Vec<TargetGroup>, tags: &Tags) -> GroupsRead {
    let owned = |live: &TargetGroup| {
        let its_tags = live.target_group_arn().and_then(|arn| tags.get(arn)).cloned().unwrap_or_default();
        (owner(&session.project, &its_tags), its_tags)
    };
    candidates.retain(|live| matches!(owned(live).0, Owner::Ours(_)));
    let observe = |live: &TargetGroup| crate::target_group::live::observe(session, live, owned(live).1);
    let groups = candidates.iter().filter_map(observe).collect();
    let read = join_all(candidates.iter().map(async |live| {
        let arn = live.target_group_arn().unwrap_or_default();
        // One deleted since the list was read has no targets.
        let targets = found(targets_of(session, arn).await)?.unwrap_or_default();
        let port = crate::targets::live::group_port(live);
        Ok(crate::targets::live::observe(session, arn, port, &targets, &owned(live).0))
    }));
    let targets = read.await.into_iter().collect::<Read<Vec<Option<Observed>>>>();
    GroupsRead { groups, targets: targets.map(|read| read.into_iter().flatten().collect()) }
}

fn is_named_as_ours(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with(NAME_PREFIX))
}
