//! Links: the internal load balancer and VPC link that all targets of a hub (an API's account and network) share.
//!
//! ```text
//! link/<account>/<network>/security-group
//! link/<account>/<network>/load-balancer ← …/enforcement (off: API Gateway comes over PrivateLink)
//! link/<account>/<network>                 the VPC link
//! ```
//!
//! A load balancer holds 50 listeners; the 51st target starts a second pair, `link/<account>/<network>/2`. A target stays
//! on the pair its listener is on. `dedicated=#true` gives a target a pair of its own, `target/<name>/link`.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::keys::{
    ID, listener, load_balancer, privatelink_enforcement, security_group, target_group, vpc_link,
};
use privlink_model::{Address, Attrs, Finding, Observed, Scope, Value};
use privlink_spec::document::{Api, Target};

use crate::context::{Asker, Context, origin};
use crate::names::aws_name;
use crate::network::Vpc;
use crate::port;
use crate::target::{self, Backend, Group};

/// Listeners a load balancer holds; AWS does not raise it.
const LISTENERS: usize = 50;

/// The account and network that APIs reach their targets from.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    pub(crate) account: String,
    pub(crate) network: String,
    pub(crate) vpc: Vpc,
    /// Where the first pair lives.
    pub(crate) link: Address,
}

/// How an API's integration reaches a target.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// The VPC link.
    pub(crate) link: Address,
    /// The port its load balancer listens on for this target.
    pub(crate) port: i64,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// Host header and TLS name.
    pub(crate) host: String,
    /// What must stand before a deployment may send calls this way.
    pub(crate) chain: Vec<Address>,
}

/// Derives the links and chains of every hub; says how each target is reached, by its name.
pub(crate) fn derive(context: &mut Context<'_>) -> BTreeMap<String, Reach> {
    let hubs = hubs(context);
    let mut backends: BTreeMap<String, Backend> = BTreeMap::new();
    for (hub, targets) in &hubs {
        for target in targets {
            if let Some(backend) = target::find(context, target, hub) {
                backends.insert(target.name.value.clone(), backend);
            }
        }
    }
    let groups = target::groups(context, &hubs, &backends);
    let links = target::share_links(context, &hubs, &backends);
    let mut reached = BTreeMap::new();
    for (hub, targets) in &hubs {
        let found: Vec<(&Target, &Backend)> =
            targets.iter().filter_map(|target| Some((*target, backends.get(&target.name.value)?))).collect();
        target::check_zones(context, hub, &found);
        reached.extend(one(context, hub, &found, &groups, &links));
    }
    reached
}

/// Every hub with the targets that routes of its APIs call.
fn hubs<'d>(context: &mut Context<'d>) -> Vec<(Hub, Vec<&'d Target>)> {
    let document = context.document;
    let mut by_hub: BTreeMap<(String, String), BTreeMap<&str, &'d Target>> = BTreeMap::new();
    let mut hub_of: BTreeMap<&str, &Api> = BTreeMap::new();
    for api in document.apis.values() {
        for route in &api.routes {
            let Some(target) = document.targets.get(&route.target.value) else { continue };
            let first = *hub_of.entry(&target.name.value).or_insert(api);
            if first.network.value != api.network.value {
                context.find(two_hubs(target, first, api, route.target.span));
                continue;
            }
            let hub = (api.account.value.clone(), api.network.value.clone());
            by_hub.entry(hub).or_default().insert(&target.name.value, target);
        }
    }
    let mut hubs = Vec::new();
    for ((account, network), targets) in by_hub {
        let Some(vpc) = context.vpcs.get(&network).cloned() else { continue };
        let link = Address::new(format!("link/{account}/{network}"));
        hubs.push((Hub { account, network, vpc, link }, targets.into_values().collect()));
    }
    hubs
}

fn two_hubs(target: &Target, first: &Api, second: &Api, span: privlink_spec::source::Span) -> Finding {
    let message = format!(
        "target {:?} is called from network {:?} by API {:?} and from {:?} by {:?}",
        target.name.value, first.network.value, first.name.value, second.network.value, second.name.value
    );
    Finding::error("privlink::target::two-hubs", message, origin(span))
        .labelled("a target's chain lives in one network")
        .helped("declare a second target node, with another name, for the second network")
}

fn one(
    context: &mut Context<'_>,
    hub: &Hub,
    found: &[(&Target, &Backend)],
    groups: &BTreeMap<String, Group>,
    links: &BTreeMap<String, String>,
) -> BTreeMap<String, Reach> {
    let mut reached = BTreeMap::new();
    let listening = found.iter().filter(|(_, backend)| !matches!(backend, Backend::Local(_)));
    let names: BTreeSet<String> = listening.map(|(target, _)| target.name.value.clone()).collect();
    let places = place(context, hub, found, &names);
    for (target, backend) in found {
        let name = &target.name.value;
        let asker = Asker::new("target", name, target.span);
        let scheme = if target.tls { "https" } else { "http" };
        let host = match &target.host_header {
            Some(host) => host.value.clone(),
            None => backend.host(),
        };
        if let Backend::Local(balancer) = backend {
            let link = Address::new(format!("target/{}/link", links.get(&balancer.arn).unwrap_or(name)));
            let attrs = Attrs::new()
                .with(&vpc_link::NAME, aws_name(context.project_name(), &link, &balancer.arn, 64))
                .with(&vpc_link::LOAD_BALANCER, balancer.arn.clone());
            context.add(&asker, vpc_link::KIND, link.clone(), &hub.vpc.scope, attrs);
            let port = i64::from(target.port.value);
            reached.insert(name.clone(), Reach { link, port, scheme, host, chain: Vec::new() });
            continue;
        }
        let Some(place) = places.get(name) else { continue };
        pair(context, hub, &place.link);
        let chain = target::chain(context, &asker, target, backend, hub, place, groups);
        reached.insert(name.clone(), Reach { link: place.link.clone(), port: place.port, scheme, host, chain });
    }
    reached
}

/// Where a target listens.
#[derive(Debug, Clone)]
pub(crate) struct Listening {
    /// The pair.
    pub(crate) link: Address,
    /// The port.
    pub(crate) port: i64,
}

/// Gives every target its pair and port, those it has first.
fn place(
    context: &mut Context<'_>,
    hub: &Hub,
    found: &[(&Target, &Backend)],
    names: &BTreeSet<String>,
) -> BTreeMap<String, Listening> {
    let scope = &hub.vpc.scope;
    let mut ports: BTreeMap<String, i64> = BTreeMap::new();
    let mut pairs: BTreeMap<String, Address> = BTreeMap::new();
    // Listeners and load balancers that could not be read leave ports and pairs to chance: say so.
    let read = context.list(scope, listener::KIND).is_some() && context.list(scope, load_balancer::KIND).is_some();
    for (target, backend) in found.iter().filter(|_| read) {
        let name = &target.name.value;
        let address = target::part(name, "listener");
        let all = context.list(scope, listener::KIND).unwrap_or_default().iter();
        // Two, when a run ended between the halves of a replacement: the one that stays comes first.
        let mut live: Vec<&Observed> = all.filter(|live| live.address() == Some(&address)).collect();
        live.sort_by_key(|live| gives_way(context, target, backend, hub, live));
        let pair = live.iter().find_map(|live| {
            let pair = pair_of(context, scope, &live.attrs.read(&listener::LOAD_BALANCER)?)?;
            pair.is_within(&hub.link).then_some(pair)
        });
        let own = target.dedicated.then(|| target::part(name, "link"));
        if let Some(pair) = own.or(pair) {
            pairs.insert(name.clone(), pair);
        }
        let kept = live.first().filter(|live| !gives_way(context, target, backend, hub, live));
        if let Some(port) = kept.and_then(|live| live.attrs.read(&listener::PORT)) {
            ports.insert(name.clone(), port);
        }
    }
    // What listens on a load balancer of ours already, whoever made it, keeps its port until it is gone.
    let listeners = context.list(scope, listener::KIND).unwrap_or_default();
    let listening = listeners.iter().filter_map(|live| live.attrs.read(&listener::PORT)).collect();
    let ports = port::assign(names, &ports, &listening);
    let mut used: BTreeMap<Address, usize> = BTreeMap::new();
    for pair in pairs.values() {
        *used.entry(pair.clone()).or_default() += 1;
    }
    let mut places = BTreeMap::new();
    for (name, port) in ports {
        let link = pairs.get(&name).cloned().unwrap_or_else(|| {
            let pair = with_room(hub, &used);
            *used.entry(pair.clone()).or_default() += 1;
            pair
        });
        places.insert(name, Listening { link, port });
    }
    places
}

/// Whether a live listener is to be replaced beside itself, on another port of its load balancer: its target group is not the
/// one the target asks for now. Were it moved over to the new group in place, nothing would answer until the first checks of
/// that have passed.
fn gives_way(context: &Context<'_>, target: &Target, backend: &Backend, hub: &Hub, live: &Observed) -> bool {
    let scope = &hub.vpc.scope;
    let name = &target.name.value;
    let pair = live.attrs.read(&listener::LOAD_BALANCER).and_then(|arn| pair_of(context, scope, &arn));
    let group = live.attrs.read(&listener::TARGET_GROUP).unwrap_or_default();
    let groups = context.snapshot.list(scope, target_group::KIND).unwrap_or_default();
    let address = target::part(name, "target-group");
    let mut ours = groups.iter().filter(|known| known.id == group && known.address() == Some(&address));
    let Some((pair, group)) = pair.zip(ours.next()) else { return false };
    let stays = if target.dedicated { pair == target::part(name, "link") } else { pair.is_within(&hub.link) };
    let wanted = target::group_name(context, target, backend, hub, &pair);
    stays && group.attrs.read(&target_group::NAME).as_deref() != Some(&wanted)
}

/// The pair a live load balancer of ours belongs to.
fn pair_of(context: &Context<'_>, scope: &Scope, arn: &str) -> Option<Address> {
    let balancers = context.snapshot.list(scope, load_balancer::KIND).ok()?;
    let address = balancers.iter().find(|balancer| balancer.id == arn)?.address()?;
    Some(Address::new(address.as_str().strip_suffix("/load-balancer")?))
}

fn with_room(hub: &Hub, used: &BTreeMap<Address, usize>) -> Address {
    let nth = |number: usize| if number == 1 { hub.link.clone() } else { hub.link.child(number) };
    let mut number = 1;
    while used.get(&nth(number)).is_some_and(|count| *count >= LISTENERS) {
        number += 1;
    }
    nth(number)
}

/// The name of a pair's load balancer: that of the one that can stay, else one that none has which must go. AWS takes no subnet
/// away from a load balancer that a VPC link stands on, so one with a subnet too many is replaced beside itself.
pub(crate) fn balancer_name(context: &Context<'_>, hub: &Hub, link: &Address) -> String {
    let address = link.child("load-balancer");
    let wanted = hub.vpc.subnet_ids();
    let listed = context.snapshot.list(&hub.vpc.scope, load_balancer::KIND).unwrap_or_default();
    let live = listed.iter().filter(|live| live.address() == Some(&address));
    let here = live.filter(|live| live.attrs.read(&load_balancer::VPC).as_ref() == Some(&hub.vpc.id));
    let stays = |live: &&Observed| {
        let subnets = live.attrs.read(&load_balancer::SUBNETS).unwrap_or_default();
        subnets.iter().all(|subnet| wanted.contains(subnet))
    };
    let (staying, going): (Vec<&Observed>, Vec<&Observed>) = here.partition(stays);
    let name = |live: &&Observed| live.attrs.read(&load_balancer::NAME);
    let taken: Vec<String> = going.iter().filter_map(name).collect();
    let shape = |turn: usize| if turn == 0 { hub.vpc.id.clone() } else { format!("{} {turn}", hub.vpc.id) };
    // Of one name more than are taken, one is free.
    let mut names = (0..=taken.len()).map(|turn| aws_name(context.project_name(), &address, &shape(turn), 32));
    let kept = staying.iter().find_map(name);
    kept.or_else(|| names.find(|name| !taken.contains(name))).unwrap_or_default()
}

/// Derives a pair: security group, load balancer, enforcement, VPC link. Asked by each of its targets, added once.
fn pair(context: &mut Context<'_>, hub: &Hub, link: &Address) {
    let scope = &hub.vpc.scope;
    let asker = match context.document.networks.get(&hub.network) {
        Some(network) => Asker::new("the APIs in network", &hub.network, network.name.span),
        None => return,
    };
    let group = link.child("security-group");
    context.add(&asker, security_group::KIND, group.clone(), scope, {
        Attrs::new()
            .with(&security_group::NAME, aws_name(context.project_name(), &group, &hub.vpc.id, 128))
            .with(&security_group::DESCRIPTION, format!("Load balancer behind the VPC link {link}"))
            .with(&security_group::VPC, hub.vpc.id.clone())
    });
    let groups = Value::Set([Value::of(&group, ID.key())].into());
    let balancer = link.child("load-balancer");
    context.add(&asker, load_balancer::KIND, balancer.clone(), scope, {
        Attrs::new()
            .with(&load_balancer::NAME, balancer_name(context, hub, link))
            .with(&load_balancer::TYPE, "network".to_owned())
            .with(&load_balancer::SCHEME, "internal".to_owned())
            .with(&load_balancer::SUBNETS, hub.vpc.subnet_ids())
            .with_value(&load_balancer::SECURITY_GROUPS, groups)
    });
    let enforcement = link.child("enforcement");
    context.add(&asker, privatelink_enforcement::KIND, enforcement.clone(), scope, {
        Attrs::new()
            .with_value(&privatelink_enforcement::LOAD_BALANCER, Value::of(&balancer, ID.key()))
            .with(&privatelink_enforcement::ENFORCE, "off".to_owned())
    });
    let attrs = Attrs::new()
        .with(&vpc_link::NAME, aws_name(context.project_name(), link, &hub.vpc.id, 64))
        .with_value(&vpc_link::LOAD_BALANCER, Value::of(&balancer, ID.key()));
    context.add_after(&asker, vpc_link::KIND, link.clone(), scope, attrs, vec![enforcement]);
}
