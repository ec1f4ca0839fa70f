//! Links: how each target is reached from its hub, and the place it has there.
//!
//! The targets of a hub share a pair of load balancer and VPC link (see `pair`), `link/<account>/<network>`. A load balancer
//! holds 50 listeners; the 51st target starts a second pair, `link/<account>/<network>/2`. A target stays on the pair its
//! listener is on. `dedicated=#true` gives a target a pair of its own, `target/<name>/link`.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::keys::{listener, load_balancer, target_group, vpc_link};
use privlink_model::{Address, Attrs, Observed};
use privlink_spec::document::Target;

use crate::context::{Asker, Context};
use crate::hub::{Hub, hubs};
use crate::names::aws_name;
use crate::pair::{self, Listening};
use crate::port;
use crate::target::{self, Backend, Group};

/// Listeners a load balancer holds; AWS does not raise it.
const LISTENERS: usize = 50;

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
        pair::derive(context, hub, &place.link);
        let chain = target::chain(context, &asker, target, backend, hub, place, groups);
        reached.insert(name.clone(), Reach { link: place.link.clone(), port: place.port, scheme, host, chain });
    }
    reached
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
            let pair = pair::of(context, scope, &live.attrs.read(&listener::LOAD_BALANCER)?)?;
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
    let pair = live.attrs.read(&listener::LOAD_BALANCER).and_then(|arn| pair::of(context, scope, &arn));
    let group = live.attrs.read(&listener::TARGET_GROUP).unwrap_or_default();
    let groups = context.snapshot.list(scope, target_group::KIND).unwrap_or_default();
    let address = target::part(name, "target-group");
    let mut ours = groups.iter().filter(|known| known.id == group && known.address() == Some(&address));
    let Some((pair, group)) = pair.zip(ours.next()) else { return false };
    let stays = if target.dedicated { pair == target::part(name, "link") } else { pair.is_within(&hub.link) };
    let wanted = target::group_name(context, target, backend, hub, &pair);
    stays && group.attrs.read(&target_group::NAME).as_deref() != Some(&wanted)
}

fn with_room(hub: &Hub, used: &BTreeMap<Address, usize>) -> Address {
    let nth = |number: usize| if number == 1 { hub.link.clone() } else { hub.link.child(number) };
    let mut number = 1;
    while used.get(&nth(number)).is_some_and(|count| *count >= LISTENERS) {
        number += 1;
    }
    nth(number)
}
