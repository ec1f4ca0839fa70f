//! `schema`: the JSON Schema of a plan, the reference pages, and the permissions of a spec (see `permissions`).

use super::permissions;
use crate::cli::{SchemaArgs, SchemaOf};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::reference;
use crate::streams::Streams;
use crate::view::event_stream;

pub(crate) fn run(args: &SchemaArgs, streams: &Streams) -> Result<Exit, Failure> {
    let text = match &args.what {
        SchemaOf::Plan => privlink_plan::SCHEMA_JSON.to_owned(),
        SchemaOf::Drift => privlink_plan::DRIFT_SCHEMA_JSON.to_owned(),
        SchemaOf::Events => event_stream::SCHEMA_JSON.to_owned(),
        SchemaOf::Commands => reference::commands(),
        SchemaOf::Kinds => reference::kinds(),
        SchemaOf::Codes => reference::codes(),
        SchemaOf::ExitCodes => reference::exit_codes(),
        SchemaOf::Environment => reference::environment(),
        SchemaOf::Permissions(args) => return permissions::run(args, streams),
    };
    streams.out.line(text.trim_end());
    Ok(exit_code::DONE)
}
