//! `apply`: makes the accounts as the spec says, or does exactly what a saved plan says.
//!
//! Owns: what happens before the first call, in this order: the lock, the run before this one, the plan, the guards, the
//! question, the permissions, the journal. Refuses to know: how a run goes on from there (see `execute`).

use std::sync::Arc;

use privlink_engine::{Claim, Journal, Lock, Store, wall_seconds};
use privlink_kinds::KINDS;
use privlink_model::{Action, Begun, Finding, Plan, Way};
use privlink_spec::Sources;
use privlink_spec::document::Document;

use super::{concluded, told};
use crate::cli::{
    ApplyArgs, ChangeArgs, CloudArgs, ConsentArgs, DangerArgs, Format, PlanAt, RunArgs, SelectArgs, ShapeArgs, SpecArgs,
};
use crate::connection::{Connect, Connection, Destination};
use crate::execute::{self, Work};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::prepare::{self, Opened, Prepared, Request};
use crate::signals::Signals;
use crate::site::Site;
use crate::streams::Streams;
use crate::view::diagnostics;
use crate::view::message::Message;
use crate::view::outcome::Words;
use crate::view::plan_text::{self, Page};
use crate::view::{event_stream, words};
use crate::who::who;
use crate::{consent, guard, locks, moment, permissions, plan_file, standing, stores, unread};

pub(crate) fn run(args: &ApplyArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    change("apply", args.plan.as_ref(), &args.change, connect, streams)
}

/// Does what a verb asks for that changes the accounts.
pub(super) fn change(
    verb: &'static str,
    saved: Option<&PlanAt>,
    args: &ChangeArgs,
    connect: &dyn Connect,
    streams: &Streams,
) -> Result<Exit, Failure> {
    let asked = Asked {
        verb,
        saved,
        spec: &args.spec,
        select: &args.select,
        shape: args.shape,
        consent: args.consent,
        danger: args.danger,
        run: &args.run,
        cloud: &args.cloud,
    };
    told(args.events, streams, |streams| concluded(asked.carry_out(connect, streams)))
}

/// What a person asked for when asking for a change.
pub(super) struct Asked<'a> {
    /// `apply` or `destroy`.
    pub(super) verb: &'static str,
    /// The plan, where one was saved.
    pub(super) saved: Option<&'a PlanAt>,
    /// The spec.
    pub(super) spec: &'a SpecArgs,
    /// The part of it.
    pub(super) select: &'a SelectArgs,
    /// How the plan is shown.
    pub(super) shape: ShapeArgs,
    /// What was agreed to beforehand.
    pub(super) consent: ConsentArgs,
    /// Which guards are overridden.
    pub(super) danger: DangerArgs,
    /// How the run is kept, locked and ended.
    pub(super) run: &'a RunArgs,
    /// The accounts.
    pub(super) cloud: &'a CloudArgs,
}

/// What a change is made from.
enum Source {
    /// A spec.
    Spec(Arc<Opened>),
    /// A saved plan and its accounts.
    Saved(Box<(Plan, Connection)>),
}

impl Source {
    fn project(&self) -> &str {
        match self {
            Self::Spec(opened) => &opened.project,
            Self::Saved(saved) => &saved.0.project,
        }
    }

    fn connection(&self) -> &Connection {
        match self {
            Self::Spec(opened) => &opened.connection,
            Self::Saved(saved) => &saved.1,
        }
    }
}

/// Something to do, or the exit code of a command that ended before it; its messages are written.
enum Agreed {
    Plan(Box<Plan>),
    Ended(Exit),
}

impl Asked<'_> {
    /// Makes a plan or takes the saved one, shows it, asks, and carries it out.
    async fn carry_out(&self, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
        let mut signals = Signals::new()?;
        let Some((source, store)) = signals.or(self.source(connect, streams)).await? else {
            return Ok(exit_code::ERROR);
        };
        self.carry_out_of(&source, &store, signals, streams).await
    }

    /// The same of a spec whose accounts are reached already.
    pub(super) async fn carry_out_opened(
        &self,
        opened: &Arc<Opened>,
        store: &Arc<dyn Store>,
        streams: &Streams,
    ) -> Result<Exit, Failure> {
        self.carry_out_of(&Source::Spec(Arc::clone(opened)), store, Signals::new()?, streams).await
    }

    async fn carry_out_of(
        &self,
        source: &Source,
        store: &Arc<dyn Store>,
        mut signals: Signals,
        streams: &Streams,
    ) -> Result<Exit, Failure> {
        let run = moment::run_name(source.project());
        let claim = Claim { owner: who(), run: run.clone(), command: format!("privlink {}", self.verb) };
        let timeout = self.run.lock.lock_timeout;
        let lock = signals.or(locks::take(&**store, source.project(), &claim, timeout, streams)).await?;
        let end = self.under_lock(&run, source, store, &lock, &mut signals, streams).await;
        locks::release(lock, streams).await;
        end
    }

    /// What the change is made from, and where runs are kept; none when the spec has errors.
    async fn source(
        &self,
        connect: &dyn Connect,
        streams: &Streams,
    ) -> Result<Option<(Source, Arc<dyn Store>)>, Failure> {
        let Some(at) = self.saved else {
            let Some(opened) = prepare::open(self.request(), connect, streams).await? else { return Ok(None) };
            let store = stores::of_document(self.site(), &opened.document, connect).await?;
            return Ok(Some((Source::Spec(Arc::new(opened)), store)));
        };
        let (plan, store) = match at {
            PlanAt::File(path) => {
                let plan = plan_file::open(path)?;
                (plan, stores::of_site(self.site(), connect, streams).await?)
            }
            PlanAt::Stored(name) => {
                let store = stores::of_site(self.site(), connect, streams).await?;
                (stores::load_plan(&*store, name).await?, store)
            }
        };
        let beside = prepare::beside(self.spec.file.first());
        let to = Destination {
            accounts: &plan.accounts,
            project: &plan.project,
            args: self.cloud,
            beside: &beside,
            resolver: None,
        };
        let connection = connect.connect(to).await?;
        consent::endpoint(self.consent, &connection.place)?;
        Ok(Some((Source::Saved(Box::new((plan, connection))), store)))
    }

    async fn under_lock(
        &self,
        run: &str,
        source: &Source,
        store: &Arc<dyn Store>,
        lock: &Lock,
        signals: &mut Signals,
        streams: &Streams,
    ) -> Result<Exit, Failure> {
        let plan = match signals.or(self.agree(source, &**store, streams)).await? {
            Agreed::Plan(plan) => plan.in_run(run),
            Agreed::Ended(exit) => return Ok(exit),
        };
        let lacking = permissions::preflight(&plan, source.connection(), self.consent.dangerous_permissions, streams);
        if let Some(exit) = signals.or(lacking).await? {
            return Ok(exit);
        }
        let begun = Begun {
            run: run.to_owned(),
            project: plan.project.clone(),
            verb: self.verb.to_owned(),
            plan: plan.id.clone(),
            steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
            by: who(),
            at: wall_seconds(),
            keep: self.run.no_rollback,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            place: source.connection().place.words(),
        };
        let text = privlink_plan::encode(&plan);
        let journal = Journal::begin(Arc::clone(store), run, text.as_bytes(), begun).await;
        let journal = journal.map_err(|error| Failure::Store {
            message: format!("the run cannot be written down: {error}; nothing was called"),
            help: Some("name another place for runs by --store".to_owned()),
        })?;
        streams.err.line(&format!("Run {run}"));
        let site = self.site();
        let words = Words {
            done: match (self.verb, &self.select.only) {
                ("destroy", _) => "Destroyed",
                (_, Some(_)) => "Repaired",
                _ => "Applied",
            },
            again: site.command(self.verb),
            resume: site.command(&format!("resume {run}")),
            rollback: site.command(&format!("rollback {run}")),
        };
        let work = Work {
            plan: &plan,
            connection: source.connection(),
            journal,
            store: store.place(),
            way: Way::Forward,
            keep: self.run.no_rollback,
            confirm: !self.consent.dangerous_unconfirmed,
            parallelism: self.cloud.parallelism,
            words,
        };
        Ok(execute::execute(work, lock, signals, streams).await)
    }

    /// Everything that must be said and agreed to before a run begins. Changes nothing.
    async fn agree(&self, source: &Source, store: &dyn Store, streams: &Streams) -> Result<Agreed, Failure> {
        let overridden = self.danger.dangerous_unfinished_run;
        standing::judge(store, source.project(), overridden, self.site(), streams).await?;
        match source {
            Source::Spec(opened) => {
                let ready = match prepare::prepare(opened, self.request(), streams).await? {
                    Prepared::Plan(ready) => ready,
                    Prepared::Ended(exit) => return Ok(Agreed::Ended(exit)),
                };
                self.show(&ready.plan, &opened.connection, streams);
                streams.events.say(|| event_stream::plan(&ready.plan, &self.announcements(&opened.connection)));
                if ready.incomplete {
                    let help = "`privlink plan` shows what is known; mend what could not be read, then try again";
                    streams.err.line(&format!(
                        "Nothing was changed: what was not read is not known to be absent.\n  help: {help}"
                    ));
                    return Ok(Agreed::Ended(exit_code::UNKNOWN));
                }
                if ready.plan.steps.is_empty() {
                    return Ok(Agreed::Ended(exit_code::DONE));
                }
                self.refuse(&ready.plan)?;
                self.beside(&ready.plan, streams);
                let steps = words::count(ready.plan.steps.len(), "step");
                let question = match (self.verb, &self.select.only) {
                    ("destroy", _) => format!("Destroy project {:?} in {steps}?", ready.plan.project),
                    (_, Some(_)) => format!("Repair by {steps}?"),
                    _ => format!("Apply {steps}?"),
                };
                consent::ask(self.consent, &question, streams).await?;
                Ok(Agreed::Plan(Box::new(ready.plan)))
            }
            Source::Saved(saved) => {
                let (plan, connection) = &**saved;
                for announcement in self.announcements(connection) {
                    streams.err.line(&format!("! {announcement}"));
                }
                streams.events.say(|| event_stream::plan(plan, &self.announcements(connection)));
                if let Some(exit) = moved(plan, connection, streams).await {
                    return Ok(Agreed::Ended(exit));
                }
                if plan.steps.is_empty() {
                    streams.out.line(&plan_text::closing(plan));
                    return Ok(Agreed::Ended(exit_code::DONE));
                }
                self.refuse(plan)?;
                Ok(Agreed::Plan(Box::new(plan.clone())))
            }
        }
    }

    /// Tells what a repair carries out that did not drift, because something that did needs it.
    fn beside(&self, plan: &Plan, streams: &Streams) {
        let Some(only) = &self.select.only else { return };
        let others = plan.changes.changes.iter().filter(|change| change.action != Action::NoOp);
        for change in others.filter(|change| !only.contains(&change.address)) {
            streams.err.line(&format!("Also changed, as the repair needs it: {}.", change.address));
        }
    }

    fn refuse(&self, plan: &Plan) -> Result<(), Failure> {
        let allowed = guard::Allowed {
            deletes: self.danger.dangerous_deletes,
            updates: self.danger.dangerous_updates,
            empty: self.danger.dangerous_empty,
            consumers: self.danger.dangerous_consumers,
            last_entry: self.danger.dangerous_last_entry,
        };
        guard::refused(plan, allowed).map_or(Ok(()), Err)
    }

    fn show(&self, plan: &Plan, connection: &Connection, streams: &Streams) {
        let page = Page {
            kinds: &KINDS,
            style: streams.out.style,
            concise: self.shape.concise,
            show_unchanged: self.shape.show_unchanged,
            announcements: &self.announcements(connection),
        };
        streams.out.write(&plan_text::text(plan, page));
    }

    fn announcements(&self, connection: &Connection) -> Vec<String> {
        let mut announcements = connection.place.announcements();
        let given = self.consent.dangers().into_iter().chain(self.danger.given());
        announcements.extend(given.map(|flag| format!("{flag} is given.")));
        announcements
    }

    fn request(&self) -> Request<'_> {
        Request {
            spec: self.spec,
            cloud: self.cloud,
            select: self.select,
            destroy: self.verb == "destroy",
            consent: Some(self.consent),
            format: Format::Text,
        }
    }

    fn site(&self) -> Site<'_> {
        Site { spec: self.spec, store: &self.run.store, cloud: self.cloud }
    }
}

/// Reads the world again; the exit code when it is not the one the plan was made for, after saying what moved.
async fn moved(plan: &Plan, connection: &Connection, streams: &Streams) -> Option<Exit> {
    let now = prepare::read(connection, &plan.project, &plan.queries, streams).await;
    let mut findings: Vec<Finding> = Vec::new();
    unread::replace(&mut findings, &now, &Document::default());
    if !findings.is_empty() {
        let messages: Vec<Message> = findings.iter().map(Message::of_finding).collect();
        diagnostics::tell(&messages, &Sources::default(), streams);
        streams.err.line("Nothing was changed.");
        return Some(if unread::is_blind(&now) { exit_code::ERROR } else { exit_code::UNKNOWN });
    }
    let stale = privlink_plan::stale(plan, &now);
    if stale.is_empty() {
        return None;
    }
    let message = "The saved plan is stale: the world moved since it was made. Nothing was changed.";
    let help = "make a new plan with `privlink plan -o FILE`, look at it, and apply that";
    let moved: Vec<String> = stale.iter().map(ToString::to_string).collect();
    Some(super::stale(message, &moved, help, streams))
}
