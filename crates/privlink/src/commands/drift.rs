//! `drift`: what is live against what was applied, shown, told, and put back where asked for.
//!
//! Owns: the order of these, and how it ends: with 2 where something drifted, with 8 where not all could be read, with 1 where
//! somebody was to be told and was not. Refuses to know: what is drift (see `drift`), how a repair goes (see `apply`).

use privlink_kinds::KINDS;
use privlink_plan::{Drift, drift_json};

use super::apply::Asked;
use super::concluded;
use crate::cli::{DriftArgs, DriftFormat, Format, SelectArgs};
use crate::connection::Connect;
use crate::drift::telling::{Means, Telling};
use crate::drift::{self, Asking, Checked};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::prepare::{self, Opened, Request};
use crate::signals::Signals;
use crate::site::Site;
use crate::streams::Streams;
use crate::view::drift::{Report, junit, markdown, text};
use crate::view::style::Style;
use crate::view::words;
use crate::{plan_file, stores};

pub(crate) fn run(args: &DriftArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    concluded(async {
        let mut signals = Signals::new()?;
        let back = site(args).command("drift --repair");
        let checking = Checking { args, connect, streams, telling: Telling::of(&args.tell), back };
        let (found, told) = match signals.or(checking.check()).await? {
            Outcome::Known { drift, told } => (drift, told),
            Outcome::Ended(exit) => return Ok(exit),
        };
        // A repair listens to signals by itself.
        drop(signals);
        let repaired = if args.repair && !found.found.is_empty() { Some(checking.repair(&found).await?) } else { None };
        Ok(match repaired {
            None => exit_of(&found, told),
            Some(exit) => exit,
        })
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

struct Checking<'a> {
    args: &'a DriftArgs,
    connect: &'a dyn Connect,
    streams: &'a Streams,
    telling: Telling<'a>,
    /// The command that puts things back.
    back: String,
}

/// What a check came to.
enum Outcome {
    /// It was found out, shown and told.
    Known { drift: Box<Drift>, told: bool },
    /// It was not; why is written.
    Ended(Exit),
}

impl Checking<'_> {
    async fn check(&self) -> Result<Outcome, Failure> {
        let Some(opened) = prepare::open(self.request(), self.connect, self.streams).await? else {
            return Ok(Outcome::Ended(exit_code::ERROR));
        };
        let (found, told) = match self.look(&opened, self.streams).await? {
            Ok(looked) => looked,
            Err(exit) => return Ok(Outcome::Ended(exit)),
        };
        let announcements = opened.connection.place.announcements();
        let report = self.report(&found, &opened, &announcements);
        let page = match self.args.format {
            DriftFormat::Text => {
                let style = if self.args.out.is_some() { Style { color: false } } else { self.streams.out.style };
                text::text(report, style, self.args.shape.concise)
            }
            DriftFormat::Json => format!("{:#}\n", drift_json(&found, report.accounts)),
            DriftFormat::Markdown => markdown::text(report),
            DriftFormat::Junit => junit::text(report),
        };
        if self.args.format != DriftFormat::Text {
            announcements.iter().for_each(|announcement| self.streams.err.line(&format!("! {announcement}")));
        }
        match &self.args.out {
            Some(path) => {
                plan_file::write(path, &page)?;
                self.streams.err.line(&format!("{}. Written to {}.", report.verdict(), path.display()));
            }
            None => self.streams.out.write(&page),
        }
        Ok(Outcome::Known { drift: found, told })
    }

    /// Checks, and tells whoever is to be told.
    async fn look(&self, opened: &Opened, streams: &Streams) -> Result<Result<(Box<Drift>, bool), Exit>, Failure> {
        self.telling.check(opened.accounts())?;
        let store = stores::of_document(self.site(), &opened.document, self.connect).await?;
        let asking = Asking {
            site: self.site(),
            select: &self.args.select,
            patience: self.args.run.lock.lock_timeout,
            who: !self.args.no_who,
            format: self.request().format,
        };
        let found = match drift::check(opened, &*store, asking, streams).await? {
            Checked::Drift(found) => found,
            Checked::Ended(exit) => return Ok(Err(exit)),
        };
        // Of a part of the project it is not known whether all is well.
        let narrowed = !self.args.select.target.is_empty() || !self.args.select.exclude.is_empty();
        let announcements = opened.connection.place.announcements();
        let means = Means { store: &*store, bus: &*opened.connection.bus, streams };
        let told = narrowed || self.telling.tell(self.report(&found, opened, &announcements), means).await;
        Ok(Ok((found, told)))
    }

    /// Puts back what drifted, then looks again.
    async fn repair(&self, found: &Drift) -> Result<Exit, Failure> {
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
        for drifted in found.found.iter().filter(|drifted| !drifted.pending.is_empty()) {
            let also = words::list(&drifted.pending);
            streams.err.line(&format!("The repair of {} also sets what the spec changed: {also}.", drifted.address));
        }
        let asked = Asked {
            verb: "drift --repair",
            saved: None,
            spec: &self.args.spec,
            select: &SelectArgs { only: Some(found.repairs()), ..SelectArgs::default() },
            shape: self.args.shape,
            consent: self.args.consent,
            danger: self.args.danger,
            run: &self.args.run,
            cloud: &self.args.cloud,
        };
        let exit = asked.carry_out(self.connect, streams).await?;
        if exit != exit_code::DONE {
            return Ok(exit);
        }
        let Some(opened) = prepare::open(self.request(), self.connect, streams).await? else {
            return Ok(exit_code::ERROR);
        };
        let (left, told) = match self.look(&opened, streams).await? {
            Ok(looked) => looked,
            Err(exit) => return Ok(exit),
        };
        streams.out.write(&text::text(self.report(&left, &opened, &[]), streams.out.style, self.args.shape.concise));
        Ok(exit_of(&left, told))
    }

    fn report<'a>(&'a self, drift: &'a Drift, opened: &'a Opened, announcements: &'a [String]) -> Report<'a> {
        Report { drift, accounts: opened.accounts(), kinds: &KINDS, announcements, repair: &self.back }
    }

    fn request(&self) -> Request<'_> {
        Request {
            spec: &self.args.spec,
            cloud: &self.args.cloud,
            select: &self.args.select,
            destroy: false,
            consent: self.args.repair.then_some(self.args.consent),
            format: match self.args.format {
                DriftFormat::Json => Format::Json,
                DriftFormat::Text | DriftFormat::Markdown | DriftFormat::Junit => Format::Text,
            },
        }
    }

    fn site(&self) -> Site<'_> {
        site(self.args)
    }
}

fn site(args: &DriftArgs) -> Site<'_> {
    Site { spec: &args.spec, store: &args.run.store, cloud: &args.cloud }
}
