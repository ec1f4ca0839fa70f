//! A run of the past that is gone on with: what `resume` and `rollback` have in common.
//!
//! Owns: finding it with its plan and accounts, its lock, its journal. Refuses to know: which way it goes.

use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{Claim, Journal, Lock, Store};
use privlink_model::{History, Plan, Way};

use crate::cli::ConsentArgs;
use crate::connection::{Connect, Connection, Destination};
use crate::execute::{self, Work};
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::signals::Signals;
use crate::site::Site;
use crate::streams::Streams;
use crate::view::event_stream;
use crate::view::outcome::Words;
use crate::who::who;
use crate::{consent, locks, prepare, stores};

/// A run, with all that going on with it takes.
pub(super) struct Past<'a> {
    /// Its name.
    pub(super) run: String,
    /// Its plan.
    pub(super) plan: Plan,
    /// The accounts of its plan.
    pub(super) connection: Connection,
    store: Arc<dyn Store>,
    site: Site<'a>,
    confirm: bool,
}

impl<'a> Past<'a> {
    /// Finds a run by its name.
    pub(super) async fn find(
        run: String,
        store: Arc<dyn Store>,
        site: Site<'a>,
        consent: ConsentArgs,
        connect: &dyn Connect,
        streams: &Streams,
    ) -> Result<Self, Failure> {
        let plan = stores::plan_of(&*store, &run).await?;
        let beside = prepare::beside(site.spec.file.first());
        let to = Destination {
            accounts: &plan.accounts,
            project: &plan.project,
            args: site.cloud,
            beside: &beside,
            resolver: None,
        };
        let connection = connect.connect(to).await?;
        for announcement in connection.place.announcements() {
            streams.err.line(&format!("! {announcement}"));
        }
        consent::endpoint(consent, &connection.place)?;
        Ok(Self { run, plan, connection, store, site, confirm: !consent.dangerous_unconfirmed })
    }

    /// Takes the lock of its project.
    pub(super) async fn lock(&self, verb: &str, timeout: Duration, streams: &Streams) -> Result<Lock, Failure> {
        let claim = Claim { owner: who(), run: self.run.clone(), command: format!("privlink {verb}") };
        locks::take(&*self.store, &self.plan.project, &claim, timeout, streams).await
    }

    /// Opens its journal; only under its lock, as nobody else may be writing there.
    pub(super) async fn open(&self) -> Result<(Journal, History), Failure> {
        let (journal, history) = Journal::open(Arc::clone(&self.store), &self.run).await.map_err(stores::no_run)?;
        let made = history.begun().map_or("", |begun| begun.place.as_str());
        let here = self.connection.place.words();
        if made.is_empty() == here.is_empty() {
            return Ok((journal, history));
        }
        // What a sandbox holds says nothing about AWS: every object would be found missing.
        let named = |place: &str| if place.is_empty() { "AWS".to_owned() } else { place.to_owned() };
        Err(Failure::Run {
            message: format!("run {} was made on {}, and calls go to {} now", self.run, named(made), named(&here)),
            help: "give the flags and the environment that it was begun with".to_owned(),
        })
    }

    /// Goes on with it.
    pub(super) async fn go(
        &self,
        journal: Journal,
        way: Way,
        keep: bool,
        lock: &Lock,
        signals: &mut Signals,
        streams: &Streams,
    ) -> Exit {
        let verb = journal.history().begun().map_or_else(String::new, |begun| begun.verb.clone());
        let words = Words {
            done: if verb == "destroy" { "Destroyed" } else { "Applied" },
            again: self.site.command(&verb),
            resume: self.command("resume"),
            rollback: self.command("rollback"),
        };
        streams.events.say(|| event_stream::plan(&self.plan, &self.connection.place.announcements()));
        let parallelism = self.site.cloud.parallelism;
        let (plan, connection, confirm) = (&self.plan, &self.connection, self.confirm);
        let store = self.store.place();
        let work = Work { plan, connection, journal, store, way, keep, confirm, parallelism, words };
        execute::execute(work, lock, signals, streams).await
    }

    /// A command about this run.
    pub(super) fn command(&self, verb: &str) -> String {
        self.site.command(&format!("{verb} {}", self.run))
    }
}
