//! Hubs: the accounts and networks that APIs reach their targets from.

use std::collections::BTreeMap;

use privlink_model::{Address, Finding};
use privlink_spec::document::{Api, Target};
use privlink_spec::source::Span;

use crate::context::{Context, origin};
use crate::vpc::Vpc;

/// The account and network that APIs reach their targets from.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    pub(crate) account: String,
    pub(crate) network: String,
    pub(crate) vpc: Vpc,
    /// Where the first pair lives.
    pub(crate) link: Address,
}

/// Every hub with the targets that routes of its APIs call.
pub(crate) fn hubs<'d>(context: &mut Context<'d>) -> Vec<(Hub, Vec<&'d Target>)> {
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

fn two_hubs(target: &Target, first: &Api, second: &Api, span: Span) -> Finding {
    let message = format!(
        "target {:?} is called from network {:?} by API {:?} and from {:?} by {:?}",
        target.name.value, first.network.value, first.name.value, second.network.value, second.name.value
    );
    Finding::error("privlink::target::two-hubs", message, origin(span))
        .labelled("a target's chain lives in one network")
        .helped("declare a second target node, with another name, for the second network")
}
