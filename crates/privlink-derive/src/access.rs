//! Accounts as the cloud needs them, and what must be looked up in each.

use std::collections::BTreeMap;

use privlink_model::{Access, Account, Query, Role, Scope, Selector, partition};
use privlink_spec::document::{self, Document, Place, TargetEndpoint};

/// The accounts of a spec, by name.
pub fn accounts(document: &Document) -> Vec<Account> {
    document.accounts.values().map(account).collect()
}

fn account(account: &document::Account) -> Account {
    Account {
        name: account.name.value.clone(),
        id: account.id.value.clone(),
        region: account.region.value.clone(),
        access: match &account.access {
            document::Access::Ambient => Access::Ambient,
            document::Access::Profile(profile) => Access::Profile(profile.value.clone()),
            document::Access::Role(role) => Access::Role(self::role(account, role)),
        },
    }
}

fn role(account: &document::Account, role: &document::Role) -> Role {
    let arn = if role.role.value.starts_with("arn:") {
        role.role.value.clone()
    } else {
        format!("arn:{}:iam::{}:role/{}", partition(&account.region.value), account.id.value, role.role.value)
    };
    Role {
        arn,
        external_id: role.external_id.as_ref().map(|id| id.value.clone()),
        session_name: role.session_name.as_ref().map_or_else(|| "privlink".to_owned(), |name| name.value.clone()),
        mfa: role.mfa.as_ref().map(|mfa| mfa.value.clone()),
    }
}

/// The scope of an account.
pub(crate) fn scope(account: &document::Account) -> Scope {
    Scope::new(&account.id.value, &account.region.value)
}

/// A selector in the model's words.
pub(crate) fn selector(selector: &document::Selector) -> Selector {
    match selector {
        document::Selector::Id(id) => Selector::Id(id.clone()),
        document::Selector::Name(name) => Selector::Name(name.clone()),
        document::Selector::Tag { key, value } => Selector::Tag { key: key.clone(), value: value.clone() },
    }
}

/// What must be looked up, by scope. Every account has a scope, also one where only our own objects are read.
pub fn queries(document: &Document) -> BTreeMap<Scope, Vec<Query>> {
    let mut queries: BTreeMap<Scope, Vec<Query>> = BTreeMap::new();
    for account in document.accounts.values() {
        queries.entry(scope(account)).or_default();
    }
    let mut ask = |account: &str, query: Query| {
        if let Some(account) = document.accounts.get(account) {
            queries.entry(scope(account)).or_default().push(query);
        }
    };
    for network in document.networks.values() {
        match &network.place {
            Place::Vpc { account, vpc, .. } => ask(&account.value, Query::Vpc(selector(&vpc.value))),
            Place::Outside { via, .. } => {
                for via in via {
                    let gateway = via.transit_gateway.as_ref();
                    let Some(Place::Vpc { account, .. }) = document.networks.get(&via.network.value).map(|n| &n.place)
                    else {
                        continue;
                    };
                    if let Some(gateway) = gateway {
                        ask(&account.value, Query::TransitGateway(gateway.value.clone()));
                    }
                }
            }
        }
    }
    for target in document.targets.values() {
        match (&target.endpoint, document.networks.get(&target.network.value).map(|network| &network.place)) {
            (TargetEndpoint::LoadBalancer(load_balancer), Some(Place::Vpc { account, .. })) => {
                ask(&account.value, Query::LoadBalancer(selector(&load_balancer.value)));
            }
            (TargetEndpoint::EndpointService(service), _) => {
                let users = document
                    .apis
                    .values()
                    .filter(|api| api.routes.iter().any(|route| route.target.value == target.name.value));
                for api in users {
                    ask(&api.account.value, Query::EndpointService(service.value.clone()));
                }
            }
            _ => {}
        }
    }
    for asked in queries.values_mut() {
        asked.sort();
        asked.dedup();
    }
    queries
}
