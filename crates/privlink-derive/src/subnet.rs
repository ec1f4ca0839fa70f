//! Subnets: whether what is to be made in one has room there, and may stand there.
//!
//! Looks at resources, not at nouns: which endpoints and load balancers a subnet gets is known once all are derived.
//! What stands already needs nothing.

use std::collections::{BTreeMap, BTreeSet};

use privlink_model::keys::{endpoint, load_balancer, subnet};
use privlink_model::{Attr, Finding, Observed, Origin, Resource, Scope};
use privlink_spec::document::Place;

use crate::context::{Context, origin};

/// Free addresses that AWS wants in a subnet before it puts a load balancer there, of which the load balancer takes one.
const BALANCER: usize = 8;

/// What a subnet is to get.
#[derive(Debug, Default)]
struct Needs {
    endpoints: usize,
    balancers: usize,
}

impl Needs {
    /// The free addresses it takes when the load balancers come last.
    fn addresses(&self) -> usize {
        self.endpoints + if self.balancers == 0 { 0 } else { BALANCER + self.balancers - 1 }
    }

    fn describe(&self) -> String {
        let count = |number: usize, what: &str| match number {
            0 => None,
            1 => Some(format!("1 {what}")),
            _ => Some(format!("{number} {what}s")),
        };
        let parts = [count(self.endpoints, "endpoint"), count(self.balancers, "load balancer")];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
    }
}

/// Checks every subnet that something new is to stand in.
pub(crate) fn check(context: &mut Context<'_>) {
    let mut needs: BTreeMap<(Scope, String), Needs> = BTreeMap::new();
    for resource in context.resources() {
        for id in added(context, resource, endpoint::KIND, &endpoint::SUBNETS) {
            needs.entry((resource.scope.clone(), id)).or_default().endpoints += 1;
        }
        for id in added(context, resource, load_balancer::KIND, &load_balancer::SUBNETS) {
            needs.entry((resource.scope.clone(), id)).or_default().balancers += 1;
        }
    }
    let mut found = Vec::new();
    for ((scope, id), needs) in &needs {
        let Ok(subnets) = context.snapshot.list(scope, subnet::KIND) else { continue };
        let Some(live) = subnets.iter().find(|one| one.id == *id) else { continue };
        let Some((network, place)) = network_of(context, scope, live) else { continue };
        found.extend(full(live, needs, network, place));
        found.extend(shared(live, needs, network, place));
    }
    found.into_iter().for_each(|finding| context.find(finding));
}

/// The subnets in which a resource of the kind is to get an address that it has not; none when that could not be read.
fn added(context: &Context<'_>, resource: &Resource, kind: &'static str, key: &Attr<Vec<String>>) -> BTreeSet<String> {
    let mut subnets: BTreeSet<String> = BTreeSet::new();
    if resource.kind == kind && context.snapshot.list(&resource.scope, kind).is_ok() {
        subnets.extend(resource.attrs.read(key).unwrap_or_default());
        let live = context.ours(&resource.scope, kind, &resource.address);
        for had in live.and_then(|live| live.attrs.read(key)).unwrap_or_default() {
            subnets.remove(&had);
        }
    }
    subnets
}

/// The network that a subnet belongs to, and where the spec chooses its subnets.
fn network_of<'c>(context: &'c Context<'_>, scope: &Scope, live: &Observed) -> Option<(&'c str, Origin)> {
    let vpc = live.attrs.read(&subnet::VPC)?;
    let (name, _) = context.vpcs.iter().find(|(_, found)| found.scope == *scope && found.id == vpc)?;
    let Place::Vpc { vpc, subnets, .. } = &context.document.networks.get(name)?.place else { return None };
    Some((name, origin(subnets.as_ref().map_or(vpc.span, |subnets| subnets.span))))
}

fn full(live: &Observed, needs: &Needs, network: &str, place: Origin) -> Option<Finding> {
    let free = live.attrs.read(&subnet::FREE_ADDRESSES)?;
    let needed = i64::try_from(needs.addresses()).unwrap_or(i64::MAX);
    // A free count at its cap may be any number above it.
    if free >= needed.min(subnet::ENOUGH_ADDRESSES) {
        return None;
    }
    let message = format!(
        "subnet {} of network {network:?} has {free} free addresses, and {} there need {needed}",
        live.id,
        needs.describe()
    );
    let finding = Finding::error("privlink::network::subnet-full", message, place);
    Some(finding.labelled("not enough room").helped(
        "free addresses in it, or name other subnets for the network: an endpoint takes one address, and AWS makes a load \
         balancer only where 8 are free",
    ))
}

fn shared(live: &Observed, needs: &Needs, network: &str, place: Origin) -> Option<Finding> {
    let owner = live.attrs.read(&subnet::OWNER)?;
    if needs.endpoints == 0 || owner == live.scope.account {
        return None;
    }
    let message = format!(
        "subnet {} of network {network:?} is shared by account {owner}, and account {} cannot make endpoints in it",
        live.id, live.scope.account
    );
    let finding = Finding::error("privlink::network::shared-subnet", message, place);
    Some(finding.labelled("shared by another account").helped(format!(
        "AWS lets only the owner make endpoints in a subnet: declare the network in account {owner}, or use a VPC of {}",
        live.scope.account
    )))
}
