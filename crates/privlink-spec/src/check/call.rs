//! Callers and workflows against the APIs they call.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Call, Document};
use crate::suggest;

pub(super) fn check(document: &Document, out: &mut Vec<Diagnostic>) {
    let calls = document.callers.values().flat_map(|caller| &caller.may_call);
    for call in calls.chain(document.workflows.values().filter_map(|workflow| workflow.call.as_ref())) {
        check_call(document, call, out);
    }
}

fn check_call(document: &Document, call: &Call, out: &mut Vec<Diagnostic>) {
    let Some(api) = document.apis.get(&call.api.value) else { return };
    let stages: Vec<&str> = api.stages.iter().map(|stage| stage.name.value.as_str()).collect();
    let domains: Vec<&str> = api.domains.iter().map(|domain| domain.name.value.as_str()).collect();
    if let Some(stage) = call.stage.as_ref().filter(|stage| !stages.contains(&stage.value.as_str())) {
        out.push(
            Diagnostic::error(
                codes::STAGE_UNKNOWN,
                format!("the API `{}` has no stage `{}`", api.name.value, stage.value),
            )
            .at(stage.span, "unknown stage")
            .help_if(suggest::help(&stage.value, stages, "stages")),
        );
    }
    if let Some(domain) = call.domain.as_ref().filter(|domain| !domains.contains(&domain.value.as_str())) {
        let help = suggest::help(&domain.value, domains, "domains");
        out.push(
            Diagnostic::error(
                codes::DOMAIN_UNKNOWN,
                format!("the API `{}` has no domain `{}`", api.name.value, domain.value),
            )
            .at(domain.span, "unknown domain")
            .help_if(help.or_else(|| Some(format!("add domain \"{}\" certificate=\"…\" to the API", domain.value)))),
        );
    }
}
