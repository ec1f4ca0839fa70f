//! Entries: the execute-api interface endpoints that APIs are called through.
//!
//! ```text
//! entry/<network>/security-group ← entry/<network>/security-group/https-<cidr>
//! entry/<network>                  the endpoint, in one subnet for each zone
//! ```
//!
//! AWS lets one endpoint with private DNS serve a VPC, so an entry belongs to its network and all APIs share it.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use privlink_model::keys::{ID, endpoint, security_group, security_group_rule};
use privlink_model::{Address, Attrs, Finding, Owner, Scope, Value};
use privlink_spec::document::Entry;

use crate::context::{Asker, Context, origin};
use crate::names::aws_name;
use crate::vpc::Vpc;

/// The address of a network's entry.
pub(crate) fn address(network: &str) -> Address {
    Address::new(format!("entry/{network}"))
}

/// Derives the entry of every network that has one.
pub(crate) fn derive(context: &mut Context<'_>) {
    let mut by_network: BTreeMap<&str, Vec<(&str, &Entry)>> = BTreeMap::new();
    for api in context.document.apis.values() {
        for entry in &api.entries {
            by_network.entry(&entry.network.value).or_default().push((&api.name.value, entry));
        }
    }
    same_vpc(context, &by_network);
    for (network, entries) in by_network {
        let Some(vpc) = context.vpcs.get(network).cloned() else { continue };
        one(context, network, &vpc, &entries);
    }
}

/// Two networks of a spec can be one VPC, where only one entry can have private DNS.
fn same_vpc(context: &mut Context<'_>, by_network: &BTreeMap<&str, Vec<(&str, &Entry)>>) {
    let mut holders: BTreeMap<(Scope, String), &str> = BTreeMap::new();
    for (network, entries) in by_network {
        let (Some(vpc), Some((_, entry))) = (context.vpcs.get(*network), entries.first()) else { continue };
        if !entry.private_dns {
            continue;
        }
        let id = vpc.id.clone();
        if let Some(first) = holders.get(&(vpc.scope.clone(), id.clone())) {
            let message = format!(
                "networks {first:?} and {network:?} are both VPC {id}, and both have an entry with private DNS"
            );
            let finding = Finding::error("privlink::entry::private-dns-conflict", message, origin(entry.span))
                .labelled("AWS allows one such endpoint in a VPC")
                .helped(format!("let APIs share the entry in network {first:?}, or write private-dns=#false here"));
            context.find(finding);
        } else {
            holders.insert((vpc.scope.clone(), id), network);
        }
    }
}

fn one(context: &mut Context<'_>, network: &str, vpc: &Vpc, entries: &[(&str, &Entry)]) {
    let Some((_, first)) = entries.first() else { return };
    let asker = Asker::new("entry in network", network, first.span);
    let address = address(network);
    agree(context, network, entries);
    check(context, network, vpc, first, &address);

    let group = address.child("security-group");
    context.add(&asker, security_group::KIND, group.clone(), &vpc.scope, {
        Attrs::new()
            .with(&security_group::NAME, aws_name(context.project_name(), &group, &vpc.id, 128))
            .with(&security_group::DESCRIPTION, format!("Who may reach the execute-api endpoint of {network}"))
            .with(&security_group::VPC, vpc.id.clone())
    });
    for cidr in clients(vpc, entries) {
        allow(context, &asker, &vpc.scope, &group, &cidr);
    }
    let attrs = Attrs::new()
        .with(&endpoint::VPC, vpc.id.clone())
        .with(&endpoint::SERVICE_NAME, service_name(&vpc.scope.region))
        .with(&endpoint::SUBNETS, vpc.subnet_ids())
        .with_value(&endpoint::SECURITY_GROUPS, Value::Set([Value::of(&group, ID.key())].into()))
        .with(&endpoint::PRIVATE_DNS, first.private_dns);
    context.add(&asker, endpoint::KIND, address, &vpc.scope, attrs);
}

/// The name of the execute-api service of a region.
fn service_name(region: &str) -> String {
    format!("com.amazonaws.{region}.execute-api")
}

/// Who is let in: what the entries of all APIs say, the VPC itself where they say nothing.
fn clients(vpc: &Vpc, entries: &[(&str, &Entry)]) -> BTreeSet<Ipv4Net> {
    let mut clients = BTreeSet::new();
    for (_, entry) in entries {
        if entry.allow_from.is_empty() {
            clients.extend(vpc.cidrs.iter().copied());
        }
        clients.extend(entry.allow_from.iter().map(|cidr| cidr.value));
    }
    clients
}

fn allow(context: &mut Context<'_>, asker: &Asker, scope: &Scope, group: &Address, cidr: &Ipv4Net) {
    let rule = group.child(format!("https-{}", cidr.to_string().replace('/', "_")));
    let attrs = Attrs::new()
        .with_value(&security_group_rule::GROUP, Value::of(group, ID.key()))
        .with(&security_group_rule::DIRECTION, "ingress".to_owned())
        .with(&security_group_rule::PROTOCOL, "tcp".to_owned())
        .with(&security_group_rule::FROM_PORT, 443)
        .with(&security_group_rule::TO_PORT, 443)
        .with(&security_group_rule::PEER, cidr.to_string());
    context.add(asker, security_group_rule::KIND, rule, scope, attrs);
}

/// Entries of several APIs in one network are one endpoint, so they must agree.
fn agree(context: &mut Context<'_>, network: &str, entries: &[(&str, &Entry)]) {
    let Some((first_api, first)) = entries.first() else { return };
    for (api, entry) in entries.iter().skip(1).filter(|(_, entry)| entry.private_dns != first.private_dns) {
        let message = format!(
            "APIs {first_api:?} and {api:?} share the entry in network {network:?} but disagree on private-dns"
        );
        let finding = Finding::error("privlink::entry::disagreement", message, origin(entry.span))
            .labelled(format!("private-dns=#{} here", entry.private_dns))
            .helped(format!("write private-dns=#{} in both, or in neither", first.private_dns));
        context.find(finding);
    }
}

fn check(context: &mut Context<'_>, network: &str, vpc: &Vpc, entry: &Entry, address: &Address) {
    if !entry.private_dns {
        return;
    }
    if !vpc.dns {
        let message = format!("private DNS of the entry in {network:?} needs DNS support and hostnames in {}", vpc.id);
        let finding = Finding::error("privlink::entry::vpc-dns", message, origin(entry.span))
            .labelled("private-dns=#true")
            .helped(format!(
                "turn on enableDnsSupport and enableDnsHostnames of {}, or write private-dns=#false",
                vpc.id
            ));
        context.find(finding);
    }
    let Some(endpoints) = context.list(&vpc.scope, endpoint::KIND) else { return };
    let service = service_name(&vpc.scope.region);
    let taken = endpoints.iter().find(|other| {
        other.attrs.read(&endpoint::VPC).as_deref() == Some(&vpc.id)
            && other.attrs.read(&endpoint::SERVICE_NAME).as_deref() == Some(&service)
            && other.attrs.read(&endpoint::PRIVATE_DNS) == Some(true)
            && other.address().is_none_or(|ours| ours != address)
    });
    if let Some(other) = taken {
        let owner = match &other.owner {
            Owner::Ours(address) => format!("this project's {address}"),
            Owner::Project(project) => format!("project {project:?}"),
            Owner::Nobody => "somebody else".to_owned(),
        };
        let message = format!(
            "VPC {} of {network:?} has an execute-api endpoint with private DNS already: {}, of {owner}",
            vpc.id, other.id
        );
        let finding = Finding::error("privlink::entry::private-dns-conflict", message, origin(entry.span))
            .labelled("AWS allows one such endpoint in a VPC")
            .helped("write private-dns=#false here, or turn private DNS of the other endpoint off first")
            .about(address);
        context.find(finding);
    }
}
