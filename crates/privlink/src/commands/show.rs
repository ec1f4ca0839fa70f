//! `show`: a saved plan, as `plan` showed it.

use super::concluded;
use super::shown::{self, Showing};
use crate::cli::{PlanAt, ShowArgs};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::site::Site;
use crate::streams::Streams;
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
    let saved = args.plan.to_string();
    let (format, shape) = (args.format.format, args.shape);
    shown::write(&plan, Showing { format, shape, announcements: &[], saved: Some(&saved) }, streams);
    Ok(exit_code::DONE)
}
