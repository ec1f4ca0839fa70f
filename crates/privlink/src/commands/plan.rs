//! `plan`: what an apply would do, shown, and saved where asked for.

use privlink_model::Plan;

use super::concluded;
use super::shown::{self, Showing};
use crate::cli::{PlanArgs, PlanAt};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::prepare::{self, Opened, Prepared, Request};
use crate::site::{self, Site};
use crate::streams::Streams;
use crate::{plan_file, stores};

pub(crate) fn run(args: &PlanArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    concluded(plan(args, connect, streams))
}

async fn plan(args: &PlanArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let request = Request {
        spec: &args.spec,
        cloud: &args.cloud,
        select: &args.select,
        destroy: false,
        consent: None,
        format: args.format.format.of_messages(),
    };
    let Some(opened) = prepare::open(request, connect, streams).await? else { return Ok(exit_code::ERROR) };
    let ready = match prepare::prepare(&opened, request, streams).await? {
        Prepared::Plan(ready) => ready,
        Prepared::Ended(exit) => return Ok(exit),
    };
    let announcements = opened.connection.place.announcements();
    // A plan that is incomplete is not saved.
    let saved = args.out.as_ref().filter(|_| !ready.incomplete).map(ToString::to_string);
    let (format, shape) = (args.format.format, args.shape);
    let showing = Showing { format, shape, announcements: &announcements, saved: saved.as_deref() };
    shown::write(&ready.plan, showing, streams);
    if let (Some(at), true) = (&args.out, ready.incomplete) {
        // It would leave undone what was not known, and look like a whole plan.
        streams.err.line(&format!("Not saved to {at}: the plan is incomplete."));
    } else if let Some(at) = &args.out {
        save(&ready.plan, at, args, &opened, connect).await?;
        let site = Site { spec: &args.spec, store: &args.store, cloud: &args.cloud };
        let apply = site.command(&format!("apply {}", site::quoted(&at.to_string())));
        streams.err.line(&format!("Saved: `{apply}` does exactly this."));
    }
    Ok(if ready.incomplete {
        exit_code::UNKNOWN
    } else if args.detailed_exitcode && !ready.plan.changes.is_empty() {
        exit_code::CHANGES
    } else {
        exit_code::DONE
    })
}

async fn save(
    plan: &Plan,
    at: &PlanAt,
    args: &PlanArgs,
    opened: &Opened,
    connect: &dyn Connect,
) -> Result<(), Failure> {
    match at {
        PlanAt::File(path) => plan_file::save(plan, path),
        PlanAt::Stored(name) => {
            let site = Site { spec: &args.spec, store: &args.store, cloud: &args.cloud };
            let store = stores::of_document(site, &opened.document, connect).await?;
            stores::save_plan(&*store, name, plan).await
        }
    }
}
