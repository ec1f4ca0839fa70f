//! `schema`: the JSON Schema of an output format.

use crate::cli::{SchemaArgs, SchemaOf};
use crate::exit_code::{self, Exit};
use crate::streams::Streams;

pub(crate) fn run(args: &SchemaArgs, streams: &Streams) -> Exit {
    match args.what {
        SchemaOf::Plan => streams.out.line(privlink_plan::SCHEMA_JSON.trim_end()),
    }
    exit_code::DONE
}
