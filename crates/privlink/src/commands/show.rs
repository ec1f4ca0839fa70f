//! `show`: a saved plan, as `plan` showed it.

use privlink_kinds::KINDS;

use crate::cli::{Format, ShowArgs};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::plan_file;
use crate::streams::Streams;
use crate::view::plan_text::{self, Page};

pub(crate) fn run(args: &ShowArgs, streams: &Streams) -> Result<Exit, Failure> {
    let plan = plan_file::open(&args.plan)?;
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
