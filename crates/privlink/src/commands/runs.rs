//! `runs`: which runs there were, and what one of them did.
//!
//! Owns: what is read for that. Refuses to know: how it is shown (see `view::runs`). Writes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use privlink_engine::{Holder, Journal, Store};

use super::concluded;
use crate::cli::{Format, ListRunsArgs, RunsArgs, RunsCommand, ShowRunArgs};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::site::Site;
use crate::standing;
use crate::stores;
use crate::streams::Streams;
use crate::view::{run_story, runs as table};

pub(crate) fn run(args: &RunsArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    match &args.command {
        None => concluded(list(&args.list, connect, streams)),
        Some(RunsCommand::Show(args)) => concluded(show(args, connect, streams)),
    }
}

async fn open(args: &ListRunsArgs, connect: &dyn Connect, streams: &Streams) -> Result<Arc<dyn Store>, Failure> {
    let site = Site { spec: &args.spec, store: &args.store, cloud: &args.cloud };
    stores::of_site(site, connect, streams).await
}

async fn list(args: &ListRunsArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let store = open(args, connect, streams).await?;
    let runs = standing::all(&store).await?;
    let mut holders: BTreeMap<String, Option<Holder>> = BTreeMap::new();
    let mut rows = Vec::new();
    for (run, history) in runs {
        let project = history.as_ref().ok().and_then(|history| history.begun()).map(|begun| begun.project.clone());
        if let Some(project) = &project
            && !holders.contains_key(project)
        {
            holders.insert(project.clone(), store.holder(project).await.map_err(Failure::store)?);
        }
        let holder = project.and_then(|project| holders.get(&project)?.as_ref());
        let held = holder.is_some_and(|holder| holder.run == run && holder.alive != Some(false));
        rows.push(table::Row { run, history: history.map_err(|error| error.to_string()), held });
    }
    match args.format.format {
        Format::Text if rows.is_empty() => streams.out.line(&format!("No runs in {}.", store.place())),
        Format::Text => streams.out.write(&table::text(&rows, streams.out.style)),
        Format::Json => streams.out.line(&format!("{:#}", table::json(&rows))),
    }
    Ok(exit_code::DONE)
}

async fn show(args: &ShowRunArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let store = open(&args.list, connect, streams).await?;
    let history = Journal::read(&*store, &args.name).await.map_err(stores::no_run)?;
    let plan = stores::plan_of(&*store, &args.name).await;
    if let Err(failure) = &plan {
        streams
            .err
            .line(&format!("{} {failure}; steps are told by their numbers", streams.err.style.yellow("warning:")));
    }
    let story = run_story::Story { run: &args.name, history: &history, plan: plan.as_ref().ok() };
    match args.list.format.format {
        Format::Text => streams.out.write(&run_story::text(story, streams.out.style)),
        Format::Json => streams.out.line(&format!("{:#}", run_story::json(story))),
    }
    Ok(exit_code::DONE)
}
