//! `schema`: the JSON Schema of a plan, and the reference pages.

use crate::cli::{SchemaArgs, SchemaOf};
use crate::exit_code::{self, Exit};
use crate::reference;
use crate::streams::Streams;

pub(crate) fn run(args: &SchemaArgs, streams: &Streams) -> Exit {
    let text = match args.what {
        SchemaOf::Plan => privlink_plan::SCHEMA_JSON.to_owned(),
        SchemaOf::Commands => reference::commands(),
        SchemaOf::Kinds => reference::kinds(),
        SchemaOf::Codes => reference::codes(),
        SchemaOf::ExitCodes => reference::exit_codes(),
        SchemaOf::Environment => reference::environment(),
    };
    streams.out.line(text.trim_end());
    exit_code::DONE
}
