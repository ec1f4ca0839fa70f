//! `plan`: what an apply would do, shown, and saved where asked for.

use privlink_kinds::KINDS;

use super::runtime;
use crate::cli::{Format, PlanArgs};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::plan_file;
use crate::prepare::{Prepared, Request, prepare};
use crate::streams::Streams;
use crate::view::plan_text::{self, Page};

pub(crate) fn run(args: &PlanArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let runtime = runtime()?;
    let request = Request {
        spec: &args.spec,
        cloud: &args.cloud,
        select: &args.select,
        destroy: false,
        consent: None,
        format: args.format.format,
    };
    let ready = match runtime.block_on(prepare(request, connect, streams))? {
        Prepared::Plan(ready) => ready,
        Prepared::Ended(exit) => return Ok(exit),
    };
    let announcements = ready.connection.place.announcements();
    match args.format.format {
        Format::Text => {
            let page = Page {
                kinds: &KINDS,
                style: streams.out.style,
                concise: args.shape.concise,
                show_unchanged: args.shape.show_unchanged,
                announcements: &announcements,
            };
            streams.out.write(&plan_text::text(&ready.plan, page));
        }
        Format::Json => {
            announcements.iter().for_each(|announcement| streams.err.line(&format!("! {announcement}")));
            streams.out.line(&format!("{:#}", privlink_plan::json(&ready.plan, &KINDS)));
        }
    }
    if let (Some(path), true) = (&args.out, ready.incomplete) {
        // It would leave undone what was not known, and look like a whole plan.
        streams.err.line(&format!("Not saved to {}: the plan is incomplete.", path.display()));
    } else if let Some(path) = &args.out {
        plan_file::save(&ready.plan, path)?;
        streams.err.line(&format!("Saved: `privlink apply {}` does exactly this.", path.display()));
    }
    Ok(if ready.incomplete {
        exit_code::UNKNOWN
    } else if args.detailed_exitcode && !ready.plan.changes.is_empty() {
        exit_code::CHANGES
    } else {
        exit_code::DONE
    })
}
