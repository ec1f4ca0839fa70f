//! The verbs, one file each.
//!
//! Own: what a verb does with the parts, in which order, and how it ends. Refuse to know: flags' spelling (see `cli`), how
//! things look (see `view`).

mod apply;
mod check;
mod comment;
mod completions;
mod destroy;
mod drift;
mod explain;
mod graph;
mod past;
mod permissions;
mod plan;
mod resume;
mod rollback;
mod runs;
#[cfg(feature = "aws")]
mod sandbox;
mod schema;
mod show;
mod shown;
mod unlock;

use tokio::runtime::Runtime;

use crate::cli::{Command, EventsArgs, Format};
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::streams::Streams;
use crate::view::event_stream;

/// Runs a verb.
pub(crate) fn run(command: Command, connect: &dyn Connect, streams: &Streams) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => Ok(check::run(&args, streams)),
        Command::Plan(args) => plan::run(&args, connect, streams),
        Command::Apply(args) => apply::run(&args, connect, streams),
        Command::Destroy(args) => destroy::run(&args, connect, streams),
        Command::Drift(args) => drift::run(&args, connect, streams),
        Command::Runs(args) => runs::run(&args, connect, streams),
        Command::Resume(args) => resume::run(&args, connect, streams),
        Command::Rollback(args) => rollback::run(&args, connect, streams),
        Command::Unlock(args) => unlock::run(&args, connect, streams),
        Command::Show(args) => show::run(&args, connect, streams),
        Command::Graph(args) => graph::run(&args, connect, streams),
        Command::Comment(args) => comment::run(&args, connect, streams),
        Command::Explain(args) => explain::run(&args, streams),
        Command::Schema(args) => schema::run(&args, streams),
        #[cfg(feature = "aws")]
        Command::Sandbox(args) => sandbox::run(args, streams),
        Command::Completions(args) => Ok(completions::run(&args, streams)),
    }
}

/// Carries out a verb that changes things, with events for a program that asked for them: the last is how it ended.
fn told(
    events: EventsArgs,
    streams: &Streams,
    work: impl FnOnce(&Streams) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    if events.format == Format::Text {
        return work(streams);
    }
    let streams = streams.for_program();
    let end = work(&streams);
    streams.events.conclude(&end);
    end
}

/// Tells that the world moved before anything was changed.
fn stale(message: &str, moved: &[String], help: &str, streams: &Streams) -> Exit {
    streams.err.line(message);
    moved.iter().for_each(|moved| streams.err.line(&format!("  {moved}")));
    streams.err.line(&format!("  help: {help}"));
    streams.events.end(|| event_stream::stale(message, moved, help));
    exit_code::STALE
}

/// The runtime of a command that calls; the others start faster without one.
fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::System)
}

/// Does work that calls. The end does not wait for what the work has given up, such as an answer that nobody types.
fn concluded<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let end = runtime.block_on(work);
    runtime.shutdown_background();
    end
}
