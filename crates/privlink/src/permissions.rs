//! The pre-flight: before anything is changed, what the credentials of each account lack for a plan, all at once.
//!
//! Owns: asking every account, and whether the plan may begin. Refuses to know: what a plan needs and how credentials are
//! asked (see `privlink-kinds`), how it is told (see `view::permissions`).
//!
//! **Invariant:** nothing here changes anything, and what cannot be known stops nothing: AWS itself will say no.

use std::sync::Arc;

use privlink_kinds::permissions::{Wanted, wants};
use privlink_model::{Cloud, Lack, Plan, Scope, Severity, Want};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::streams::Streams;
use crate::view::event_stream;
use crate::view::permissions::{self, Lacking, Told};

/// Finds out what the accounts' credentials lack for a plan; the exit code when it is anything that the plan needs, unless it is
/// to begin anyway.
pub(crate) async fn preflight(
    plan: &Plan,
    connection: &Connection,
    begin_anyway: bool,
    streams: &Streams,
) -> Result<Option<Exit>, Failure> {
    let cloud = &connection.cloud;
    let asked: JoinSet<Told> =
        wants(plan).into_iter().map(|(scope, wanted)| ask(Arc::clone(cloud), scope, wanted)).collect();
    let mut told = asked.join_all().await;
    told.sort_by(|one, other| one.scope.cmp(&other.scope));
    for line in permissions::notes(plan, &told) {
        streams.err.line(&line);
        let note = line.strip_prefix("note: ").unwrap_or(&line);
        streams.events.say(|| event_stream::remark(Severity::Note, None, note, None));
    }
    match permissions::lacking(plan, &told, streams.err.style) {
        Some(text) => {
            streams.err.write(&text);
            let severity = if begin_anyway { Severity::Warning } else { Severity::Error };
            if let Some(event) = permissions::event(plan, &told, severity) {
                streams.events.say(|| event);
            }
            Ok((!begin_anyway).then_some(exit_code::ERROR))
        }
        None => Ok(None),
    }
}

/// Asks one account about everything that is wanted of it.
async fn ask(cloud: Arc<dyn Cloud>, scope: Scope, wanted: Vec<Wanted>) -> Told {
    let wants: Vec<Want> = wanted.iter().map(|wanted| wanted.want.clone()).collect();
    let lacking = cloud.lacking(&scope, &wants).await.map(|lacks| {
        let known = |Lack { want, denial }| {
            let wanted = wanted.iter().find(|wanted| wanted.want == want)?.clone();
            Some(Lacking { wanted, denial })
        };
        lacks.into_iter().filter_map(known).collect()
    });
    Told { scope, lacking }
}

#[cfg(test)]
mod tests;
