//! `destroy`: an apply of a spec that asks for nothing.

use super::apply::Asked;
use super::{concluded, told};
use crate::cli::DestroyArgs;
use crate::connection::Connect;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::streams::Streams;

pub(crate) fn run(args: &DestroyArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    let asked = Asked {
        verb: "destroy",
        saved: None,
        spec: &args.spec,
        select: &args.select,
        shape: args.shape,
        consent: args.consent,
        danger: args.danger,
        run: &args.run,
        cloud: &args.cloud,
    };
    told(args.events, streams, |streams| concluded(asked.carry_out(connect, streams)))
}
