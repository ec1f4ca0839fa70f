//! Callers and workflows against the APIs they call.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Call, Document};
use crate::suggest::{self, Budget};

/// What can be named of an API.
struct Parts<'d> {
    stages: BTreeSet<&'d str>,
    domains: BTreeSet<&'d str>,
}

pub(super) fn check(document: &Document, out: &mut Vec<Diagnostic>) {
    let mut parts: BTreeMap<&str, Parts> = BTreeMap::new();
    let mut budget = Budget::default();
    let calls = document.callers.values().flat_map(|caller| &caller.may_call);
    for call in calls.chain(document.workflows.values().filter_map(|workflow| workflow.call.as_ref())) {
        let Some(api) = document.apis.get(&call.api.value) else { continue };
        let parts = parts.entry(&api.name.value).or_insert_with(|| Parts {
            stages: api.stages.iter().map(|stage| stage.name.value.as_str()).collect(),
            domains: api.domains.iter().map(|domain| domain.name.value.as_str()).collect(),
        });
        check_call(&api.name.value, parts, call, &mut budget, out);
    }
}

fn check_call(api: &str, parts: &Parts, call: &Call, budget: &mut Budget, out: &mut Vec<Diagnostic>) {
    if let Some(stage) = call.stage.as_ref().filter(|stage| !parts.stages.contains(stage.value.as_str())) {
        let help = suggest::help_within(budget, &stage.value, parts.stages.iter().copied(), "stages");
        out.push(
            Diagnostic::error(codes::STAGE_UNKNOWN, format!("the API `{api}` has no stage `{}`", stage.value))
                .at(stage.span, "unknown stage")
                .help_if(help.or_else(|| Some(format!("add stage \"{}\" to the API", stage.value)))),
        );
    }
    if let Some(domain) = call.domain.as_ref().filter(|domain| !parts.domains.contains(domain.value.as_str())) {
        let help = suggest::help_within(budget, &domain.value, parts.domains.iter().copied(), "domains");
        out.push(
            Diagnostic::error(codes::DOMAIN_UNKNOWN, format!("the API `{api}` has no domain `{}`", domain.value))
                .at(domain.span, "unknown domain")
                .help_if(
                    help.or_else(|| Some(format!("add domain \"{}\" certificate=\"…\" to the API", domain.value))),
                ),
        );
    }
}
