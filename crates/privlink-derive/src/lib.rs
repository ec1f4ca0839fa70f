//! Derivation: from the user's nouns and a snapshot of the live accounts to every AWS resource in between.
//!
//! Owns: the chains (see `target`), the shared load balancers and their ports (`link`), entries, definitions, policies, and
//! the checks that need both spec and snapshot. Refuses to know: how anything is read, compared, ordered or written.
//! Pure: the same document, snapshot and resolved hosts give the same resources.
//!
//! **Invariant:** an address never depends on the order of nodes, and a listener's port never on other targets once it exists.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod account;
mod api;
mod codes;
mod context;
mod cors;
mod definition;
mod entry;
mod hub;
mod link;
mod names;
mod network;
mod pair;
mod policy;
mod port;
mod quota;
mod route;
mod subnet;
mod target;
#[cfg(test)]
mod tests;
mod vpc;
mod way;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use privlink_model::{Address, Desired, Finding, Snapshot};
use privlink_spec::document::{Document, TargetEndpoint};

pub use access::{accounts, queries};
pub use codes::CODES;
use context::Context;

/// The addresses of `host` targets by name, or why a name gave none.
pub type Hosts = BTreeMap<String, Result<Vec<IpAddr>, String>>;

/// What derivation gave.
#[derive(Debug, Clone, Default)]
pub struct Derived {
    /// The resources that should exist.
    pub desired: Desired,
    /// What is wrong with spec and world together, sorted by place.
    pub findings: Vec<Finding>,
    /// What could not be derived because a look-up was unread, in words. While there is any, nothing may be deleted:
    /// what is missing from `desired` is not known to be unwanted.
    pub unknown: BTreeSet<String>,
}

/// The names of `host` targets, to be resolved before [`derive()`].
pub fn host_names(document: &Document) -> BTreeSet<String> {
    let hosts = document.targets.values().filter_map(|target| match &target.endpoint {
        TargetEndpoint::Host(host) => Some(host.value.clone()),
        _ => None,
    });
    hosts.collect()
}

/// The attributes that hold what a name resolved to, and the name: they change when its answer does, though neither the spec
/// nor AWS did.
pub fn resolved(document: &Document) -> BTreeMap<(Address, String), String> {
    let of_hosts = document.targets.values().filter_map(|target| match &target.endpoint {
        TargetEndpoint::Host(host) => Some((target::holds_addresses(&target.name.value), host.value.clone())),
        _ => None,
    });
    of_hosts.collect()
}

/// Derives every resource.
pub fn derive(document: &Document, snapshot: &Snapshot, hosts: &Hosts) -> Derived {
    let Some(project) = &document.project else { return Derived::default() };
    let mut context = Context::new(document, project, snapshot, hosts);
    network::find_all(&mut context);
    entry::derive(&mut context);
    let reached = link::derive(&mut context);
    for api in document.apis.values() {
        api::derive(&mut context, api, &reached);
    }
    account::check(&mut context);
    subnet::check(&mut context);
    quota::check(&mut context);
    context.finish()
}
