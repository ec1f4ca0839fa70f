//! What the language has and nothing is derived from yet: refused at its place, so that nothing is ignored silently.
//!
//! A form leaves this file in the change that derives it.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Access, Api, Document, Network, Party, Place, Role, RouteAuth, TargetEndpoint};
use crate::source::Span;

/// One diagnostic for each thing of a document that is read but not derived.
pub fn not_derived(document: &Document) -> Vec<Diagnostic> {
    let mut out = Refusals::default();
    for account in document.accounts.values() {
        if let Access::Role(Role { mfa: Some(mfa), .. }) = &account.access {
            out.refuse("`mfa`", mfa.span);
        }
    }
    for network in document.networks.values() {
        routes_made(network, &mut out);
    }
    for api in document.apis.values() {
        of_api(document, api, &mut out);
    }
    for caller in document.callers.values() {
        out.refuse("`caller`", caller.span);
    }
    for workflow in document.workflows.values() {
        out.refuse("`workflow`", workflow.span);
    }
    for moved in &document.moves {
        out.refuse("`moved`", moved.from.span);
    }
    out.diagnostics
}

#[derive(Default)]
struct Refusals {
    diagnostics: Vec<Diagnostic>,
}

impl Refusals {
    fn refuse(&mut self, what: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(codes::NOT_DERIVED_YET, format!("{what} is understood, but nothing is made of it yet"))
                .at(span, "not supported yet")
                .help("take it out for now"),
        );
    }
}

fn routes_made(network: &Network, out: &mut Refusals) {
    let Place::Outside { via, .. } = &network.place else { return };
    for manage in via.iter().filter_map(|via| via.manage_routes.as_ref()).filter(|manage| manage.value) {
        out.refuse("`manage-routes`", manage.span);
    }
}

fn of_api(document: &Document, api: &Api, out: &mut Refusals) {
    for openapi in &api.openapi {
        out.refuse("`openapi`", openapi.span);
    }
    for domain in &api.domains {
        out.refuse("`domain`", domain.span);
    }
    for allow in &api.allows {
        match &allow.who {
            Party::Network(_) => {}
            Party::Account(who) => out.refuse("`allow` of an account", who.span),
            Party::Caller(who) => out.refuse("`allow` of a caller", who.span),
            Party::Workflow(who) => out.refuse("`allow` of a workflow", who.span),
        }
    }
    for stage in &api.stages {
        let settings = [
            ("`throttle`", stage.throttle.as_ref().map(|setting| setting.span)),
            ("`cache`", stage.cache.as_ref().map(|setting| setting.span)),
            ("`compression`", stage.compression.as_ref().map(|setting| setting.span)),
            ("`log`", stage.log.as_ref().map(|setting| setting.span)),
            ("`variables` of a stage", stage.variables.values().map(|value| value.span).min()),
        ];
        for (what, span) in settings {
            span.into_iter().for_each(|span| out.refuse(what, span));
        }
        stage.alarms.iter().for_each(|alarm| out.refuse("`alarm`", alarm.span));
    }
    for route in &api.routes {
        if let Some(auth) = route.auth.as_ref().filter(|auth| auth.value != RouteAuth::None) {
            out.refuse("`auth` other than \"none\"", auth.span);
        }
        if crosses_regions(document, api, &route.target.value) {
            out.refuse("a load balancer in another region than the API", route.target.span);
        }
    }
}

/// PrivateLink can cross regions, but the chain for it is another one.
fn crosses_regions(document: &Document, api: &Api, target: &str) -> bool {
    let region = |network: &str| match &document.networks.get(network)?.place {
        Place::Vpc { account, .. } => document.accounts.get(&account.value).map(|account| &account.region.value),
        Place::Outside { .. } => None,
    };
    let Some(target) = document.targets.get(target) else { return false };
    matches!(target.endpoint, TargetEndpoint::LoadBalancer(_))
        && matches!((region(&target.network.value), region(&api.network.value)), (Some(a), Some(b)) if a != b)
}
