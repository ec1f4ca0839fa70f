//! `show`: a saved plan, as `plan` showed it.

use privlink_kinds::KINDS;

use super::concluded;
use crate::cli::{Format, PlanAt, ShowArgs};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::site::Site;
use crate::streams::Streams;
use crate::view::plan_text::{self, Page};
use crate::{plan_file, stores};

pub(crate) fn run(args: &ShowArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let plan = match &args.plan {
        PlanAt::File(path) => plan_file::open(path)?,
        PlanAt::Stored(name) => concluded(async {
            let site = Site { spec: &args.spec, store: &args.store, cloud: &args.cloud };
            let store = stores::of_site(site, connect, streams).await?;
            stores::load_plan(&*store, name).await
        })?,
    };
    match args.format.format {
        Format::Text => {
            let page = Page {
                kinds: &KINDS,
                style: streams.out.style,
                concise: args.shape.concise,
                show_unchanged: args.shape.show_unchanged,
                announcements: &[],
            };
            streams.out.write(&plan_text::text(&plan, page));
        }
        Format::Json => streams.out.line(&format!("{:#}", privlink_plan::json(&plan, &KINDS))),
    }
    Ok(exit_code::DONE)
}
