//! `drift`: what is live against what was applied, shown, told, and put back where asked for.
//!
//! Owns: the order of these, and how it ends: with 2 where something drifted, with 8 where not all could be read, with 1 where
//! somebody was to be told and was not. Refuses to know: what is drift (see `drift`), how a repair goes (see `apply`).

use std::collections::BTreeSet;
use std::sync::Arc;

use privlink_engine::Store;
use privlink_kinds::KINDS;
use privlink_model::{Action, Address};
use privlink_plan::{Drift, Drifted, drift_json};

use super::apply::Asked;
use super::concluded;
use crate::cli::{ConsentArgs, DriftArgs, DriftFormat, Format, SelectArgs};
use crate::connection::Connect;
use crate::drift::telling::{Means, Telling};
use crate::drift::{self, Checked};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::prepare::{self, Opened, Request};
use crate::signals::Signals;
use crate::site::Site;
use crate::streams::Streams;
use crate::view::drift::{Report, junit, markdown, text};
use crate::view::style::Style;
use crate::view::words;
use crate::{plan_file, stores, view};

pub(crate) fn run(args: &DriftArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    concluded(async {
        let mut signals = Signals::new()?;
        let asked = Asking { args, streams, telling: Telling::of(&args.tell) };
        let Some(checking) = signals.or(asked.open(connect)).await? else { return Ok(exit_code::ERROR) };
        let found = match signals.or(checking.look(streams)).await? {
            Checked::Drift(drift) => drift,
            Checked::Ended(exit) => return Ok(exit),
        };
        let told = signals.or(async { Ok(checking.tell(&found, streams).await) }).await?;
        checking.show(&found)?;
        if args.repair && !found.found.is_empty() {
            // A repair listens to signals by itself.
            drop(signals);
            return checking.repair(&found, told).await;
        }
        Ok(exit_of(&found, told))
    })
}

/// The exit code of a check.
fn exit_of(drift: &Drift, told: bool) -> Exit {
    match (drift.is_complete(), drift.found.is_empty()) {
        (false, _) => exit_code::UNKNOWN,
        (true, false) => exit_code::CHANGES,
        // A schedule that tells nobody must not look as if all were well.
        (true, true) if !told => exit_code::ERROR,
        (true, true) => exit_code::DONE,
    }
}

/// What was asked for.
struct Asking<'a> {
    args: &'a DriftArgs,
    streams: &'a Streams,
    telling: Telling<'a>,
}

/// The same, with the accounts reached and the store open: a repair works on what was checked.
struct Checking<'a> {
    args: &'a DriftArgs,
    streams: &'a Streams,
    telling: Telling<'a>,
    opened: Arc<Opened>,
    store: Arc<dyn Store>,
    announcements: Vec<String>,
    /// The command that puts things back.
    back: String,
}

impl<'a> Asking<'a> {
    /// Reaches the accounts; none when the spec has errors.
    async fn open(self, connect: &dyn Connect) -> Result<Option<Checking<'a>>, Failure> {
        let Self { args, streams, telling } = self;
        let request = Request {
            spec: &args.spec,
            cloud: &args.cloud,
            select: &args.select,
            destroy: false,
            consent: args.repair.then_some(args.consent),
            format: messages(args.format),
        };
        let Some(opened) = prepare::open(request, connect, streams).await? else { return Ok(None) };
        telling.check(opened.accounts())?;
        let site = site(args);
        let store = stores::of_document(site, &opened.document, connect).await?;
        let announcements = opened.connection.place.announcements();
        let back = site.command("drift --repair");
        let opened = Arc::new(opened);
        Ok(Some(Checking { args, streams, telling, opened, store, announcements, back }))
    }
}

impl Checking<'_> {
    /// Checks.
    async fn look(&self, streams: &Streams) -> Result<Checked, Failure> {
        let asking = drift::Asking {
            site: site(self.args),
            select: &self.args.select,
            patience: self.args.run.lock.lock_timeout,
            who: !self.args.no_who,
            format: messages(self.args.format),
        };
        drift::check(&self.opened, &self.store, asking, streams).await
    }

    /// Tells whoever is to be told; whether all of them were.
    async fn tell(&self, drift: &Drift, streams: &Streams) -> bool {
        // Of a part of the project it is not known whether all is well.
        let narrowed = !self.args.select.target.is_empty() || !self.args.select.exclude.is_empty();
        let means = Means { store: &*self.store, bus: &*self.opened.connection.bus, streams };
        narrowed || self.telling.tell(self.report(drift), means).await
    }

    /// Writes the report to where it is wanted.
    fn show(&self, drift: &Drift) -> Result<(), Failure> {
        let report = self.report(drift);
        let page = match self.args.format {
            DriftFormat::Text => {
                let style = if self.args.out.is_some() { Style { color: false } } else { self.streams.out.style };
                text::text(report, style, self.args.shape.concise)
            }
            DriftFormat::Json => format!("{:#}\n", drift_json(drift, report.accounts)),
            DriftFormat::Markdown => markdown::text(report),
            DriftFormat::Junit => junit::text(report),
        };
        if self.args.format != DriftFormat::Text {
            self.announcements.iter().for_each(|announcement| self.streams.err.line(&format!("! {announcement}")));
        }
        match &self.args.out {
            Some(path) => {
                plan_file::write(path, &page)?;
                self.streams.err.line(&format!("{}. Written to {}.", report.verdict(), path.display()));
            }
            None => self.streams.out.write(&page),
        }
        Ok(())
    }

    /// Puts back what drifted, then looks again. What works once more only some time after that is waited for: it is not yet
    /// another drift.
    async fn repair(&self, found: &Drift, told: bool) -> Result<Exit, Failure> {
        let aside = self.streams.aside();
        let streams = match self.args.format {
            DriftFormat::Text => self.streams,
            // What a program reads is the check alone.
            DriftFormat::Json | DriftFormat::Markdown | DriftFormat::Junit => &aside,
        };
        if !found.is_complete() {
            streams.err.line("Nothing is repaired: not all could be read.");
            return Ok(exit_code::UNKNOWN);
        }
        let repairs = found.repairs();
        for held in &repairs.held {
            streams.err.line(&format!("{}.", view::drift::held(held)));
        }
        if !repairs.held.is_empty() {
            let apply = site(self.args).command("apply");
            streams
                .err
                .line(&format!("  help: `{apply}` puts that back as well, with all else that differs from the spec"));
        }
        if repairs.chosen.is_empty() {
            streams.err.line("Nothing is repaired.");
            return Ok(exit_of(found, told));
        }
        let chosen = |drifted: &&Drifted| repairs.chosen.contains(&drifted.address);
        for drifted in found.found.iter().filter(chosen).filter(|drifted| !drifted.pending.is_empty()) {
            let also = words::list(&drifted.pending);
            streams.err.line(&format!("The repair of {} also applies what is planned for {also}.", drifted.address));
        }
        let exit = self.carry_out(repairs.chosen, self.args.consent, streams).await?;
        if exit != exit_code::DONE {
            return Ok(exit);
        }
        let mut signals = Signals::new()?;
        let mut looked = signals.or(self.look(streams)).await?;
        if let Checked::Drift(left) = &looked
            && let Some(unsettled) = unsettled(left)
        {
            let consent = ConsentArgs { auto_approve: true, ..self.args.consent };
            let exit = self.carry_out(unsettled, consent, streams).await?;
            // A wait that was in vain has changed nothing; what does not work is told by the look after it.
            if exit != exit_code::DONE && exit != exit_code::ROLLED_BACK {
                return Ok(exit);
            }
            looked = signals.or(self.look(streams)).await?;
        }
        let left = match looked {
            Checked::Drift(left) => left,
            Checked::Ended(exit) => return Ok(exit),
        };
        let told = signals.or(async { Ok(self.tell(&left, streams).await) }).await?;
        let report = Report { announcements: &[], ..self.report(&left) };
        streams.out.write(&text::text(report, streams.out.style, self.args.shape.concise));
        Ok(exit_of(&left, told))
    }

    /// An apply of these addresses alone.
    async fn carry_out(
        &self,
        only: BTreeSet<Address>,
        consent: ConsentArgs,
        streams: &Streams,
    ) -> Result<Exit, Failure> {
        let asked = Asked {
            verb: "drift --repair",
            saved: None,
            spec: &self.args.spec,
            select: &SelectArgs { only: Some(only), ..SelectArgs::default() },
            shape: self.args.shape,
            consent,
            danger: self.args.danger,
            run: &self.args.run,
            cloud: &self.args.cloud,
        };
        asked.carry_out_opened(&self.opened, &self.store, streams).await
    }

    fn report<'r>(&'r self, drift: &'r Drift) -> Report<'r> {
        Report {
            drift,
            accounts: self.opened.accounts(),
            kinds: &KINDS,
            announcements: &self.announcements,
            repair: &self.back,
        }
    }
}

/// What does not work yet, where that is all there is and it may only take time.
fn unsettled(left: &Drift) -> Option<BTreeSet<Address>> {
    let waits = left.is_complete() && left.found.iter().all(|drifted| drifted.repair.action == Action::Wait);
    let chosen = left.repairs().chosen;
    (waits && !chosen.is_empty()).then_some(chosen)
}

/// In which form messages are written when nothing could be checked.
fn messages(format: DriftFormat) -> Format {
    match format {
        DriftFormat::Json => Format::Json,
        DriftFormat::Text | DriftFormat::Markdown | DriftFormat::Junit => Format::Text,
    }
}

fn site(args: &DriftArgs) -> Site<'_> {
    Site { spec: &args.spec, store: &args.run.store, cloud: &args.cloud }
}
