//! `destroy`: an apply of a spec that asks for nothing.

use super::apply::change;
use crate::cli::ChangeArgs;
use crate::connection::Connect;
use crate::exit_code::Exit;
use crate::failure::Failure;
use crate::streams::Streams;

pub(crate) fn run(args: &ChangeArgs, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    change("destroy", None, args, connect, streams)
}
