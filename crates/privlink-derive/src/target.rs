//! Targets: what is behind one, and the chain that makes it reachable from the hub.
//!
//! ```text
//! load balancer elsewhere   target/<t>/endpoint-service ← target/<t>/permission/<account>
//!   (provider's account)      ↑                 ↖ target/<t>/connection (accepts, in the provider's account)
//!   (hub's account)         target/<t>/endpoint ↗
//!                             ↑ its addresses
//! addresses, a host name    target/<t>/targets → target/<t>/target-group ← target/<t>/listener → link/…/load-balancer
//! load balancer in the hub  target/<t>/link (a VPC link straight to it)
//! ```
//!
//! A load balancer backs at most one endpoint service, so targets behind the same one share service and endpoint; they are
//! named for the target that has them, else for the first by name (see [`Group`]).

mod backend;
mod balancer;
mod find;
mod privatelink;
mod zone;

use std::collections::BTreeMap;

use privlink_model::keys::{ID, endpoint, listener, target_group, targets};
use privlink_model::{Address, Attrs, Value};
use privlink_spec::document::{HealthProtocol, Target};

pub(crate) use backend::Backend;
pub(crate) use find::find;
pub(crate) use privatelink::{Group, groups, share_links};
pub(crate) use zone::check as check_zones;

use crate::context::{Asker, Context};
use crate::hub::Hub;
use crate::names::aws_name;
use crate::pair::{Listening, balancer_name};

/// The part of a target's chain that holds its addresses.
const REGISTERED: &str = "targets";

/// The address of a part of a target's chain.
pub(crate) fn part(target: &str, part: &str) -> Address {
    Address::new(format!("target/{target}/{part}"))
}

/// Where the addresses of a target are held: its registered targets, and the attribute.
pub(crate) fn holds_addresses(target: &str) -> (Address, String) {
    (part(target, REGISTERED), targets::ADDRESSES.key().to_owned())
}

/// Derives the chain of a target; gives the resources that must stand before calls are sent its way.
pub(crate) fn chain(
    context: &mut Context<'_>,
    asker: &Asker,
    target: &Target,
    backend: &Backend,
    hub: &Hub,
    place: &Listening,
    groups: &BTreeMap<String, Group>,
) -> Vec<Address> {
    let name = &target.name.value;
    let scope = &hub.vpc.scope;
    let group = part(name, "target-group");
    let group_name = group_name(context, target, backend, hub, &place.link);
    context.add(asker, target_group::KIND, group.clone(), scope, target_group_attrs(target, hub, group_name));

    let registered = part(name, REGISTERED);
    let mut attrs = Attrs::new()
        .with_value(&targets::TARGET_GROUP, Value::of(&group, ID.key()))
        .with(&targets::PORT, i64::from(target.port.value));
    let mut after = Vec::new();
    match backend {
        Backend::Remote(_) | Backend::Service(_) => {
            let (endpoint, ready) = privatelink::derive(context, asker, target, backend, hub, place, groups);
            attrs = attrs.with_value(&targets::ADDRESSES, Value::of(&endpoint, endpoint::ADDRESSES.key()));
            after.push(ready);
        }
        Backend::Addresses { addresses, outside, .. } => {
            attrs.set(&targets::ADDRESSES, addresses.clone());
            // Outside the VPC AWS cannot find the zone of an address and wants it said.
            attrs.set_some(&targets::ZONE, outside.then(|| "all".to_owned()));
        }
        Backend::Local(_) => {}
    }
    // Targets are checked from the moment that a listener uses their group.
    let listening = part(name, "listener");
    after.push(listening.clone());
    context.add_after(asker, targets::KIND, registered.clone(), scope, attrs, after);

    let attrs = Attrs::new()
        .with_value(&listener::LOAD_BALANCER, Value::of(&place.link.child("load-balancer"), ID.key()))
        .with(&listener::PORT, place.port)
        .with(&listener::PROTOCOL, "TCP".to_owned())
        .with_value(&listener::TARGET_GROUP, Value::of(&group, ID.key()));
    context.add(asker, listener::KIND, listening.clone(), scope, attrs);
    vec![registered, listening]
}

/// The name of a target's group. A group serves one load balancer, and its targets are read as one set: another load balancer,
/// port or side of the VPC's border asks for another group, which stands before the old one goes.
pub(crate) fn group_name(
    context: &Context<'_>,
    target: &Target,
    backend: &Backend,
    hub: &Hub,
    link: &Address,
) -> String {
    let side = if matches!(backend, Backend::Addresses { outside: true, .. }) { "outside" } else { "inside" };
    let shape = format!("{} {} {side}", balancer_name(context, hub, link), target.port.value);
    aws_name(context.project_name(), &part(&target.name.value, "target-group"), &shape, 32)
}

fn target_group_attrs(target: &Target, hub: &Hub, name: String) -> Attrs {
    let mut attrs = Attrs::new()
        .with(&target_group::NAME, name)
        .with(&target_group::PROTOCOL, "TCP".to_owned())
        .with(&target_group::PORT, i64::from(target.port.value))
        .with(&target_group::VPC, hub.vpc.id.clone())
        .with(&target_group::TARGET_TYPE, "ip".to_owned());
    let check = target.health_check.as_ref();
    let protocol = match check.map(|check| check.protocol.value) {
        None | Some(HealthProtocol::Tcp) => "TCP",
        Some(HealthProtocol::Http) => "HTTP",
        Some(HealthProtocol::Https) => "HTTPS",
    };
    let port = check.and_then(|check| check.port.as_ref());
    attrs.set(&target_group::HEALTH_PROTOCOL, protocol.to_owned());
    attrs
        .set(&target_group::HEALTH_PORT, port.map_or_else(|| "traffic-port".to_owned(), |port| port.value.to_string()));
    if protocol != "TCP" {
        let path = check.and_then(|check| check.path.as_ref());
        attrs.set(&target_group::HEALTH_PATH, path.map_or_else(|| "/".to_owned(), |path| path.value.clone()));
    }
    attrs
}
