//! From a spec to a plan: load, connect, gather, resolve names, derive, plan.
//!
//! Owns: the order of these, and what is told along the way. Refuses to know: what the plan is for (see `commands`).
//!
//! **Invariant:** nothing here changes anything but the terminal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use privlink_derive::Derived;
use privlink_engine::{EventSink, gather};
use privlink_kinds::KINDS;
use privlink_model::{Account, Address, Event, Finding, Plan, Query, Scope, Severity, Snapshot};
use privlink_plan::{Inputs, Options};
use privlink_spec::document::{Document, Party};
use privlink_spec::{LoadOptions, Loaded, Sources};

use crate::cli::{CloudArgs, ConsentArgs, Format, SelectArgs, SpecArgs};
use crate::codes;
use crate::connection::{Connect, Connection, Destination};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::streams::Streams;
use crate::unread;
use crate::view::diagnostics;
use crate::view::event_stream;
use crate::view::message::{self, Message};
use crate::{consent, guard, hosts, ignores};

/// What a plan is asked for with.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The spec.
    pub(crate) spec: &'a SpecArgs,
    /// The accounts.
    pub(crate) cloud: &'a CloudArgs,
    /// The part of it.
    pub(crate) select: &'a SelectArgs,
    /// Everything is to go.
    pub(crate) destroy: bool,
    /// What was agreed to, when the plan is to be carried out; none when it is only shown.
    pub(crate) consent: Option<ConsentArgs>,
    /// In which form messages are written when there is no plan.
    pub(crate) format: Format,
}

/// A spec and the accounts it is for, none of which was called yet.
pub(crate) struct Opened {
    /// The files, for messages.
    sources: Sources,
    /// The spec.
    pub(crate) document: Document,
    /// The project's name.
    pub(crate) project: String,
    accounts: Vec<Account>,
    /// The accounts.
    pub(crate) connection: Connection,
}

impl Opened {
    /// The accounts of the spec.
    pub(crate) fn accounts(&self) -> &[Account] {
        &self.accounts
    }
}

/// A plan and what is known of it.
pub(crate) struct Ready {
    /// The plan.
    pub(crate) plan: Plan,
    /// Whether something that is needed could not be read.
    pub(crate) incomplete: bool,
}

/// A plan, or the exit code of a command that ended on the way; its messages are written.
pub(crate) enum Prepared {
    /// A plan.
    Plan(Box<Ready>),
    /// No plan.
    Ended(Exit),
}

/// Loads a spec and writes its diagnostics; none when it has errors.
pub(crate) fn load(spec: &SpecArgs, format: Format, streams: &Streams) -> Option<Loaded> {
    let variables: BTreeMap<String, String> = spec.var.iter().cloned().collect();
    let loaded = privlink_spec::load(&LoadOptions { files: spec.file.clone(), variables });
    let messages: Vec<Message> = loaded.diagnostics.iter().map(Message::of_spec).collect();
    let sound = messages.iter().all(|message| message.severity() != Severity::Error);
    if format == Format::Text {
        diagnostics::tell(&messages, &loaded.sources, streams);
    } else if !sound {
        streams.out.line(&format!("{:#}", diagnostics::json(&messages, &loaded.sources)));
    }
    sound.then_some(loaded)
}

/// Loads a spec and sets up what is needed to call its accounts; none when the spec has errors.
pub(crate) async fn open(
    request: Request<'_>,
    connect: &dyn Connect,
    streams: &Streams,
) -> Result<Option<Opened>, Failure> {
    let Some(loaded) = load(request.spec, request.format, streams) else { return Ok(None) };
    let Loaded { sources, document, .. } = loaded;
    let Some(project) = &document.project else { return Ok(None) };
    let resolver = project.resolver.as_ref().map(|address| address.value);
    let project = project.name.value.clone();
    let accounts = privlink_derive::accounts(&document);
    let beside = beside(request.spec.file.first());
    let to = Destination { accounts: &accounts, project: &project, args: request.cloud, beside: &beside, resolver };
    let connection = connect.connect(to).await?;
    if let Some(agreed) = request.consent {
        consent::endpoint(agreed, &connection.place)?;
    }
    Ok(Some(Opened { sources, document, project, accounts, connection }))
}

/// A plan as it was made, of which nothing was told yet.
struct Made {
    plan: Plan,
    derived: Derived,
    snapshot: Snapshot,
}

/// Makes a plan.
pub(crate) async fn prepare(opened: &Opened, request: Request<'_>, streams: &Streams) -> Result<Prepared, Failure> {
    let Made { mut plan, derived, snapshot } = make(opened, request, streams).await;
    let document = &opened.document;
    // What a broken spec no longer asks for was not taken out of it on purpose.
    if plan.findings.iter().all(|finding| finding.severity != Severity::Error) {
        let dangers = privlink_plan::guard(&plan, &KINDS, &snapshot, guard::limits(document));
        plan.findings.extend(dangers);
    }
    // Where everything is to go, what is expected of it is beside the point.
    if !request.destroy {
        plan.findings.extend(expectations(document));
    }
    let ignored = privlink_plan::ignored_changes(&plan, &ignores::rules(document, None));
    plan.findings.extend(ignored);
    Ok(judge(plan, &derived, &snapshot, &opened.sources, request, streams))
}

/// The same for a look at what is there: what only matters to who applies the plan is left out of it.
pub(crate) async fn look(opened: &Opened, request: Request<'_>, streams: &Streams) -> Prepared {
    let Made { mut plan, derived, snapshot } = make(opened, request, streams).await;
    plan.findings.retain(|finding| finding.severity != Severity::Warning);
    judge(plan, &derived, &snapshot, &opened.sources, request, streams)
}

async fn make(opened: &Opened, request: Request<'_>, streams: &Streams) -> Made {
    let Opened { document, project, accounts, connection, .. } = opened;
    let queries = privlink_derive::queries(document);
    let names = if request.destroy { Default::default() } else { privlink_derive::host_names(document) };
    let (snapshot, hosts) = tokio::join!(
        read(connection, project, &queries, streams),
        hosts::resolve(names, &connection.names, hosts::LIMIT)
    );
    let derived =
        if request.destroy { Derived::default() } else { privlink_derive::derive(document, &snapshot, &hosts) };
    let inputs = Inputs {
        project,
        kinds: &KINDS,
        desired: &derived.desired,
        snapshot: &snapshot,
        accounts,
        queries: &queries,
        findings: derived.findings.clone(),
        options: options(request),
    };
    let mut plan = privlink_plan::plan(inputs);
    unread::replace(&mut plan.findings, &snapshot, document);
    unread::withhold_deletions(&mut plan, &derived.unknown);
    Made { plan, derived, snapshot }
}

fn judge(
    mut plan: Plan,
    derived: &Derived,
    snapshot: &Snapshot,
    sources: &Sources,
    request: Request<'_>,
    streams: &Streams,
) -> Prepared {
    let messages: Vec<Message> =
        plan.findings.iter().filter(|finding| finding.severity != Severity::Note).map(Message::of_finding).collect();
    // People find notes in the plan.
    for note in plan.findings.iter().filter(|finding| finding.severity == Severity::Note) {
        streams.events.say(|| event_stream::diagnostic(&Message::of_finding(note), sources));
    }
    let broken = plan.findings.iter().any(|finding| finding.severity == Severity::Error);
    let blind = unread::is_blind(snapshot);
    if request.format == Format::Text {
        diagnostics::tell(&messages, sources, streams);
    } else if broken || blind {
        streams.out.line(&format!("{:#}", diagnostics::json(&messages, sources)));
    }
    if blind {
        streams.err.line("Nothing could be read, so nothing was planned or changed.");
    }
    if broken || blind {
        return Prepared::Ended(exit_code::ERROR);
    }
    let unread = plan.findings.iter().find(|finding| finding.severity == Severity::Unknown).cloned();
    let incomplete = unread.is_some() || !derived.unknown.is_empty();
    if let Some(unread) = unread {
        let message = "this plan is incomplete: what rests on what could not be read is unknown or missing".to_owned();
        plan.findings.push(Finding { severity: Severity::Note, message, help: None, ..unread });
    }
    Prepared::Plan(Box::new(Ready { plan, incomplete }))
}

/// What is expected to be reachable and has not been proved.
fn expectations(document: &Document) -> Vec<Finding> {
    let expects = document.expects.iter().map(|expect| {
        let (party, who) = match &expect.who {
            Party::Network(who) => ("network", who),
            Party::Account(who) => ("account", who),
            Party::Caller(who) => ("caller", who),
            Party::Workflow(who) => ("workflow", who),
        };
        let can = if expect.can { "can" } else { "cannot" };
        let method = expect.method.as_ref().map_or("GET", |method| method.value.as_str());
        let path = expect.path.as_ref().map_or("/", |path| path.value.as_str());
        let api = &expect.api.value;
        Finding {
            code: codes::NOT_PROVED,
            severity: Severity::Note,
            message: format!("not yet proved: {party} {:?} {can} call {method} {path} of API {api:?}", who.value),
            address: None,
            origin: Some(message::origin(expect.span)),
            label: None,
            help: None,
        }
    });
    expects.collect()
}

fn options(request: Request<'_>) -> Options {
    let addresses = |texts: &[String]| texts.iter().map(|text| Address::new(text.trim_matches('/'))).collect();
    Options {
        targets: addresses(&request.select.target),
        excludes: addresses(&request.select.exclude),
        destroy: request.destroy,
        only: request.select.only.clone(),
    }
}

/// The folder that a spec is in.
pub(crate) fn beside(spec: Option<&PathBuf>) -> PathBuf {
    let Some(path) = spec else { return PathBuf::from(".") };
    if path.is_dir() {
        return path.clone();
    }
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Reads all accounts, and says so on a terminal while it lasts.
pub(crate) async fn read(
    connection: &Connection,
    project: &str,
    queries: &BTreeMap<Scope, Vec<Query>>,
    streams: &Streams,
) -> Snapshot {
    let (sink, mut events) = EventSink::channel();
    let gathering = gather(&connection.cloud, &KINDS, project, queries, &sink);
    tokio::pin!(gathering);
    let (total, mut read) = (queries.len(), 0);
    let say = |read: usize| {
        if streams.err.terminal {
            streams.err.write(&format!("\r\x1b[KReading the accounts: {read} of {total} read"));
        }
    };
    let note = |event: &Event, read: &mut usize| {
        if let Some(line) = event_stream::gather(event) {
            streams.events.say(|| line);
        }
        if let Event::Gathered { .. } = event {
            *read += 1;
            say(*read);
        }
    };
    say(0);
    let snapshot = loop {
        tokio::select! {
            snapshot = &mut gathering => break snapshot,
            Some(event) = events.recv() => note(&event, &mut read),
        }
    };
    while let Ok(event) = events.try_recv() {
        note(&event, &mut read);
    }
    if streams.err.terminal {
        streams.err.write("\r\x1b[K");
    }
    snapshot
}
