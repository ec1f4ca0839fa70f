//! `graph`: what stands where and leads where, and what a plan changes of it.

use privlink_kinds::KINDS;
use privlink_model::Plan;

use super::concluded;
use crate::cli::{Format, GraphArgs, GraphFormat, PlanAt};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::prepare::{self, Prepared, Request};
use crate::site::Site;
use crate::streams::Streams;
use crate::view::graph::{self, Extent};
use crate::{plan_file, stores};

pub(crate) fn run(args: &GraphArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    match &args.plan {
        // Nobody is called for a file.
        Some(PlanAt::File(path)) => Ok(drawn(&plan_file::open(path)?, args, streams)),
        Some(PlanAt::Stored(name)) => concluded(async {
            let site = Site { spec: &args.spec, store: &args.store, cloud: &args.cloud };
            let store = stores::of_site(site, connect, streams).await?;
            Ok(drawn(&stores::load_plan(&*store, name).await?, args, streams))
        }),
        None => concluded(live(args, connect, streams)),
    }
}

async fn live(args: &GraphArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let request = Request {
        spec: &args.spec,
        cloud: &args.cloud,
        select: &args.select,
        destroy: false,
        consent: None,
        format: Format::Text,
    };
    let Some(opened) = prepare::open(request, connect, streams).await? else { return Ok(exit_code::ERROR) };
    let ready = match prepare::prepare(&opened, request, streams).await? {
        Prepared::Plan(ready) => ready,
        Prepared::Ended(exit) => return Ok(exit),
    };
    let announcements = opened.connection.place.announcements();
    announcements.iter().for_each(|announcement| streams.err.line(&format!("! {announcement}")));
    let done = drawn(&ready.plan, args, streams);
    Ok(if ready.incomplete { exit_code::UNKNOWN } else { done })
}

fn drawn(plan: &Plan, args: &GraphArgs, streams: &Streams) -> Exit {
    let extent = if args.changes_only { Extent::Changes } else { Extent::Whole };
    let text = match args.format {
        GraphFormat::Mermaid => graph::mermaid_of(plan, &KINDS, extent),
        GraphFormat::Dot => graph::dot_of(plan, &KINDS, extent),
    };
    streams.out.write(&text);
    exit_code::DONE
}
