//! Checks between nouns, once all are decoded: what AWS would refuse, or what could never work, and can be known here.
//!
//! Owns: the order of the passes. Refuses to know: text. Each pass is a pure function of the document, skips what did
//! not decode, and takes time linear in the spec (but for sorting).

mod api;
mod call;
mod ignore;
mod network;
mod not_derived;
mod route;
mod target;

pub use not_derived::not_derived;

use rayon::prelude::*;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Account, Api, Document, Network, Place, Ref};

/// Every check between nouns.
pub(crate) fn check(document: &Document) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    accounts(document, &mut out);
    network::check(document, &mut out);
    target::check(document, &mut out);
    call::check(document, &mut out);
    ignore::check(document, &mut out);
    let apis: Vec<&Api> = document.apis.values().collect();
    let found: Vec<Vec<Diagnostic>> = apis
        .into_par_iter()
        .map(|api| {
            let mut out = Vec::new();
            api::check(document, api, &mut out);
            route::check(api, &mut out);
            out
        })
        .collect();
    out.extend(found.into_iter().flatten());
    out
}

/// Two accounts with one id would each read and own the other's resources.
fn accounts(document: &Document, out: &mut Vec<Diagnostic>) {
    let mut sorted: Vec<&Account> = document.accounts.values().collect();
    sorted.sort_by_key(|account| (account.id.value.as_str(), account.region.value.as_str(), account.id.span));
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.id.value == second.id.value
            && first.region.value == second.region.value
        {
            out.push(
                Diagnostic::error(
                    codes::ACCOUNT_SAME,
                    format!("`{}` and `{}` are the same account and region", first.name.value, second.name.value),
                )
                .at(second.id.span, "the same id")
                .at(first.id.span, "is given here")
                .help("use one account, or correct an id"),
            );
        }
    }
}

/// The network behind a reference.
fn network<'d>(document: &'d Document, name: &Ref) -> Option<&'d Network> {
    document.networks.get(&name.value)
}

/// The account of a VPC network.
fn account_of<'d>(document: &'d Document, network: &'d Network) -> Option<&'d Account> {
    match &network.place {
        Place::Vpc { account, .. } => document.accounts.get(&account.value),
        Place::Outside { .. } => None,
    }
}

/// Whether a network is known to be outside AWS.
fn is_outside(document: &Document, name: &Ref) -> bool {
    network(document, name).is_some_and(|network| matches!(network.place, Place::Outside { .. }))
}
