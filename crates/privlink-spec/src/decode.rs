//! Nodes to nouns: one file for each noun of the language.
//!
//! Owns: which nodes there are, and which properties and children each has. Refuses to know: how nouns relate (see
//! `check`). **Invariant:** a noun that comes without an error is complete; one that is not is left out, and what refers
//! to it is not called unknown.

mod account;
mod api;
mod call;
mod domain;
mod expect;
mod ignore;
mod network;
mod project;
mod route;
mod stage;
mod target;

pub(crate) use project::region_of;
pub(crate) use route::{PROXY, variable as route_variable};

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Account, Api, Caller, Document, Expect, Ignore, Moved, Network, Project, Target, Workflow};
use crate::node::Node;
use crate::read::Context;
use crate::suggest;
use crate::syntax::NOUNS;

/// One decoded top-level node.
#[derive(Debug)]
pub(crate) enum Noun {
    Project(Project),
    Account(Account),
    Network(Network),
    Target(Target),
    Api(Box<Api>),
    Caller(Caller),
    Workflow(Workflow),
    Expect(Expect),
    Moved(Moved),
    Ignore(Ignore),
}

/// Decodes a top-level node.
pub(crate) fn decode(cx: &Context, node: &Node) -> Option<Noun> {
    match node.name.value.as_str() {
        "project" => project::decode(cx, node).map(Noun::Project),
        "account" => account::decode(cx, node).map(Noun::Account),
        "network" => network::decode(cx, node).map(Noun::Network),
        "target" => target::decode(cx, node).map(Noun::Target),
        "api" => api::decode(cx, node).map(|api| Noun::Api(Box::new(api))),
        "caller" => call::caller(cx, node).map(Noun::Caller),
        "workflow" => call::workflow(cx, node).map(Noun::Workflow),
        "expect" => expect::decode(cx, node).map(Noun::Expect),
        "moved" => expect::moved(cx, node).map(Noun::Moved),
        "ignore" => ignore::decode(cx, node).map(Noun::Ignore),
        other => {
            cx.report(
                Diagnostic::error(codes::UNKNOWN_NODE, format!("a spec has no node `{other}`"))
                    .at(node.name.span, "unknown node")
                    .help_if(suggest::help(other, NOUNS.iter().copied(), "nodes")),
            );
            None
        }
    }
}

/// Puts a noun where it belongs. Of two with one name the first counts; `names` has reported the other.
pub(crate) fn place(document: &mut Document, noun: Noun) {
    match noun {
        Noun::Project(project) => {
            document.project.get_or_insert(project);
        }
        Noun::Account(account) => {
            document.accounts.entry(account.name.value.clone()).or_insert(account);
        }
        Noun::Network(network) => {
            document.networks.entry(network.name.value.clone()).or_insert(network);
        }
        Noun::Target(target) => {
            document.targets.entry(target.name.value.clone()).or_insert(target);
        }
        Noun::Api(api) => {
            document.apis.entry(api.name.value.clone()).or_insert(*api);
        }
        Noun::Caller(caller) => {
            document.callers.entry(caller.name.value.clone()).or_insert(caller);
        }
        Noun::Workflow(workflow) => {
            document.workflows.entry(workflow.name.value.clone()).or_insert(workflow);
        }
        Noun::Expect(expect) => document.expects.push(expect),
        Noun::Moved(moved) => document.moves.push(moved),
        Noun::Ignore(ignore) => document.ignores.push(ignore),
    }
}
