//! One API against the networks and accounts around it.

use std::collections::{BTreeMap, BTreeSet};

use super::{account_of, is_outside, network, target};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Api, Document, Entry, Party, Place, Ref, Stage};

/// The most stages of an API.
const MOST_STAGES: usize = 10;

pub(super) fn check(document: &Document, api: &Api, out: &mut Vec<Diagnostic>) {
    home(document, api, out);
    entries(document, api, out);
    allows(document, api, out);
    stages(&api.stages, out);
    for route in &api.routes {
        let Some(called) = document.targets.get(&route.target.value) else { continue };
        if !is_outside(document, &api.network) && !target::reaches(document, &api.network.value, called) {
            out.push(
                Diagnostic::error(
                    codes::TARGET_UNREACHABLE,
                    format!("the API in `{}` cannot reach the target `{}`", api.network.value, called.name.value),
                )
                .at(route.target.span, "called here")
                .at(called.network.span, "the target's network")
                .at(api.network.span, "the API's network")
                .help_if(target::way_in(document, &api.network.value, called)),
            );
        }
    }
}

/// The API's network must be a VPC of the API's account: VPC links and load balancers cannot cross accounts.
fn home(document: &Document, api: &Api, out: &mut Vec<Diagnostic>) {
    let Some(network) = network(document, &api.network) else { return };
    let known = |account: &Ref| document.accounts.contains_key(&account.value);
    match &network.place {
        Place::Outside { .. } => out.push(
            Diagnostic::error(codes::API_NETWORK_OUTSIDE, "an API reaches its targets from a VPC, and this is none")
                .at(api.network.span, "outside AWS")
                .at(network.name.span, "has `cidr`, so it is outside AWS")
                .help("name a VPC network of the API's account"),
        ),
        Place::Vpc { account, .. } if known(account) && known(&api.account) && account.value != api.account.value => {
            out.push(
                Diagnostic::error(
                    codes::API_ACCOUNT,
                    format!("the API is in account `{}` and its network in `{}`", api.account.value, account.value),
                )
                .at(api.account.span, "the API's account")
                .at(account.span, "the network's account")
                .help(format!("write account=\"{}\", or name a network of `{}`", account.value, api.account.value)),
            )
        }
        Place::Vpc { .. } => {}
    }
}

fn entries(document: &Document, api: &Api, out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, &Entry> = BTreeMap::new();
    let region = document.accounts.get(&api.account.value).map(|account| &account.region);
    for entry in &api.entries {
        let name = entry.network.value.as_str();
        if let Some(first) = seen.insert(name, entry) {
            out.push(
                Diagnostic::error(codes::ENTRY_TWICE, format!("two entries stand in the network `{name}`"))
                    .at(entry.network.span, "again here")
                    .at(first.network.span, "first here")
                    .help("keep one, with the allow-from of both"),
            );
        }
        let Some(network) = network(document, &entry.network) else { continue };
        if is_outside(document, &entry.network) {
            out.push(
                Diagnostic::error(codes::ENTRY_OUTSIDE, "an entry stands in a VPC, and this network is outside AWS")
                    .at(entry.network.span, "not a VPC")
                    .at(network.name.span, "has `cidr`, so it is outside AWS")
                    .help("name a VPC network whose endpoint those clients reach, and let them in with allow-from"),
            );
        }
        if let (Some(own), Some(account)) = (region, account_of(document, network))
            && own.value != account.region.value
        {
            out.push(
                Diagnostic::error(
                    codes::ENTRY_REGION,
                    format!("the API is in {} and this entry in {}", own.value, account.region.value),
                )
                .at(entry.network.span, format!("in {}", account.region.value))
                .at(api.account.span, format!("in {}", own.value))
                .help("a private API is called through endpoints of its own region only"),
            );
        }
    }
}

fn allows(document: &Document, api: &Api, out: &mut Vec<Diagnostic>) {
    let entries: BTreeSet<&str> = api.entries.iter().map(|entry| entry.network.value.as_str()).collect();
    // An entry whose network is misspelt may be the one that is missed.
    let trusted = !entries.is_empty() && entries.iter().all(|entry| document.networks.contains_key(*entry));
    for allow in &api.allows {
        if let Party::Network(network) = &allow.who
            && trusted
            && !entries.contains(network.value.as_str())
        {
            out.push(
                Diagnostic::error(
                    codes::ALLOW_WITHOUT_ENTRY,
                    format!("`{}` is allowed to call, but the API has no entry there", network.value),
                )
                .at(network.span, "no entry in this network")
                .help(format!("add entry network=\"{}\" to the API", network.value)),
            );
        }
    }
    if let (Some(policy), Some(allow)) = (&api.policy, api.allows.first()) {
        out.push(
            Diagnostic::error(codes::EITHER_OR, "an API has a policy of its own or `allow`, not both")
                .at(allow.span, "has no effect")
                .at(policy.file.span, "this policy replaces the derived one")
                .help("say it in the policy and take `allow` out, or the other way round"),
        );
    }
}

fn stages(stages: &[Stage], out: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, &Stage> = BTreeMap::new();
    for stage in stages {
        if let Some(first) = seen.insert(stage.name.value.as_str(), stage) {
            out.push(
                Diagnostic::error(codes::DUPLICATE_NAME, format!("two stages are named `{}`", stage.name.value))
                    .at(stage.name.span, "named again here")
                    .at(first.name.span, "named first here")
                    .help("give one of them another name"),
            );
        }
    }
    if let Some(extra) = stages.get(MOST_STAGES) {
        out.push(
            Diagnostic::error(codes::API_STAGES, format!("{} stages are more than an API may have", stages.len()))
                .at(extra.name.span, "one too many")
                .help(format!("API Gateway allows {MOST_STAGES}: make another API")),
        );
    }
}
