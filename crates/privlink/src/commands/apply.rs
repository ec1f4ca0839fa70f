//! `apply`: makes the accounts as the spec says, or does exactly what a saved plan says.

use std::path::Path;

use privlink_kinds::KINDS;
use privlink_model::{Finding, Plan};
use privlink_spec::Sources;
use privlink_spec::document::Document;
use tokio::runtime::Runtime;

use super::runtime;
use crate::cli::{ApplyArgs, CloudArgs, ConsentArgs, Format, ShapeArgs, SpecArgs};
use crate::connection::{Connect, Connection, Destination};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::prepare::{self, Prepared, Ready, Request};
use crate::streams::Streams;
use crate::view::diagnostics::{self, Message};
use crate::view::plan_text::{self, Page};
use crate::view::words;
use crate::{consent, execute, plan_file, unread};

pub(crate) fn run(args: &ApplyArgs, connect: &dyn Connect, streams: &mut Streams) -> Result<Exit, Failure> {
    let runtime = runtime()?;
    if let Some(path) = &args.plan {
        return saved(path, args, connect, &runtime, streams);
    }
    let request = Request {
        spec: &args.spec,
        cloud: &args.cloud,
        select: &args.select,
        destroy: false,
        consent: Some(args.consent),
        format: Format::Text,
    };
    let ready = match runtime.block_on(prepare::prepare(request, connect, streams))? {
        Prepared::Plan(ready) => ready,
        Prepared::Ended(exit) => return Ok(exit),
    };
    let asked = Asked { verb: "apply", spec: &args.spec, cloud: &args.cloud, shape: args.shape, consent: args.consent };
    asked.carry_out(&ready, &runtime, streams)
}

/// What a person asked for when asking for a change.
pub(super) struct Asked<'a> {
    /// `apply` or `destroy`.
    pub(super) verb: &'static str,
    /// The spec.
    pub(super) spec: &'a SpecArgs,
    /// The accounts.
    pub(super) cloud: &'a CloudArgs,
    /// How the plan is shown.
    pub(super) shape: ShapeArgs,
    /// What was agreed to beforehand.
    pub(super) consent: ConsentArgs,
}

impl Asked<'_> {
    /// Shows a plan, asks, and carries it out.
    pub(super) fn carry_out(&self, ready: &Ready, runtime: &Runtime, streams: &mut Streams) -> Result<Exit, Failure> {
        let plan = &ready.plan;
        let mut announcements = ready.connection.place.announcements();
        announcements.extend(self.consent.dangerous_endpoint.then(|| "--dangerous-endpoint is given.".to_owned()));
        let page = Page {
            kinds: &KINDS,
            style: streams.out.style,
            concise: self.shape.concise,
            show_unchanged: self.shape.show_unchanged,
            announcements: &announcements,
        };
        streams.out.write(&plan_text::text(plan, page));
        if ready.incomplete {
            let help = "`privlink plan` shows what is known; mend what could not be read, then try again";
            streams
                .err
                .line(&format!("Nothing was changed: what was not read is not known to be absent.\n  help: {help}"));
            return Ok(exit_code::UNKNOWN);
        }
        if plan.steps.is_empty() {
            return Ok(exit_code::DONE);
        }
        let steps = words::count(plan.steps.len(), "step");
        let question = match self.verb {
            "destroy" => format!("Destroy project {:?} in {steps}?", plan.project),
            _ => format!("Apply {steps}?"),
        };
        consent::ask(self.consent, &question, streams)?;
        let next = next_command(self.verb, self.spec, self.cloud);
        let done = if self.verb == "destroy" { "Destroyed" } else { "Applied" };
        let words = execute::Words { done, next: &next };
        runtime.block_on(execute::execute(plan, &ready.connection, self.cloud.parallelism, words, streams))
    }
}

/// The command that goes on where this one stops.
fn next_command(verb: &str, spec: &SpecArgs, cloud: &CloudArgs) -> String {
    let mut command = format!("privlink {verb}");
    for file in spec.file.iter().filter(|file| file.as_path() != Path::new(".")) {
        command.push_str(&format!(" -f {}", file.display()));
    }
    for (name, value) in &spec.var {
        command.push_str(&format!(" --var {name}={value}"));
    }
    if let Some(folder) = &cloud.sandbox {
        command.push_str(" --sandbox");
        if folder != Path::new(".privlink/sandbox") {
            command.push_str(&format!("={}", folder.display()));
        }
    }
    if let Some(url) = &cloud.endpoint {
        command.push_str(&format!(" --endpoint {url}"));
    }
    command
}

/// Applies a saved plan, if the world is still the one that it was made for.
fn saved(
    path: &Path,
    args: &ApplyArgs,
    connect: &dyn Connect,
    runtime: &Runtime,
    streams: &Streams,
) -> Result<Exit, Failure> {
    let plan = plan_file::open(path)?;
    let beside = prepare::beside(args.spec.file.first());
    let to = Destination {
        accounts: &plan.accounts,
        project: &plan.project,
        args: &args.cloud,
        beside: &beside,
        resolver: None,
    };
    let connection = runtime.block_on(connect.connect(to))?;
    for announcement in connection.place.announcements() {
        streams.err.line(&format!("! {announcement}"));
    }
    consent::endpoint(args.consent, &connection.place)?;
    if let Some(exit) = runtime.block_on(moved(&plan, &connection, streams)) {
        return Ok(exit);
    }
    if plan.steps.is_empty() {
        streams.out.line(&plan_text::closing(&plan));
        return Ok(exit_code::DONE);
    }
    let next = next_command("apply", &args.spec, &args.cloud);
    let words = execute::Words { done: "Applied", next: &next };
    runtime.block_on(execute::execute(&plan, &connection, args.cloud.parallelism, words, streams))
}

/// Reads the world again; the exit code when it is not the one the plan was made for, after saying what moved.
async fn moved(plan: &Plan, connection: &Connection, streams: &Streams) -> Option<Exit> {
    let now = prepare::read(connection, &plan.project, &plan.queries, streams).await;
    let mut findings: Vec<Finding> = Vec::new();
    unread::replace(&mut findings, &now, &Document::default());
    if !findings.is_empty() {
        let messages: Vec<Message> = findings.iter().map(Message::of_finding).collect();
        diagnostics::write(&messages, &Sources::default(), &streams.err);
        streams.err.line("Nothing was changed.");
        return Some(if unread::is_blind(&now) { exit_code::ERROR } else { exit_code::UNKNOWN });
    }
    let stale = privlink_plan::stale(plan, &now);
    if stale.is_empty() {
        return None;
    }
    streams.err.line("The saved plan is stale: the world moved since it was made. Nothing was changed.");
    stale.iter().for_each(|moved| streams.err.line(&format!("  {moved}")));
    streams.err.line("  help: make a new plan with `privlink plan -o FILE`, look at it, and apply that");
    Some(exit_code::STALE)
}
