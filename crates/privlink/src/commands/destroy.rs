//! `destroy`: an apply of a spec that asks for nothing.

use super::apply::Asked;
use super::runtime;
use crate::cli::{DestroyArgs, Format};
use crate::connection::Connect;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::prepare::{Prepared, Request, prepare};
use crate::streams::Streams;

pub(crate) fn run(args: &DestroyArgs, connect: &dyn Connect, streams: &mut Streams) -> Result<Exit, Failure> {
    let runtime = runtime()?;
    let request = Request {
        spec: &args.spec,
        cloud: &args.cloud,
        select: &args.select,
        destroy: true,
        consent: Some(args.consent),
        format: Format::Text,
    };
    let ready = match runtime.block_on(prepare(request, connect, streams))? {
        Prepared::Plan(ready) => ready,
        Prepared::Ended(exit) => return Ok(exit),
    };
    let asked =
        Asked { verb: "destroy", spec: &args.spec, cloud: &args.cloud, shape: args.shape, consent: args.consent };
    asked.carry_out(&ready, &runtime, streams)
}
