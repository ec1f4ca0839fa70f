//! One run of the program: arguments in, exit code out.
//!
//! Owns: usage errors, and the last word on every failure. Refuses to know: the process; tests call it as `main` does.

use std::ffi::OsString;

use clap::FromArgMatches as _;

use crate::cli::{self, Cli};
use crate::commands;
use crate::connection::Connect;
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::streams::Streams;

/// Runs one command line.
pub(crate) fn run(
    args: impl IntoIterator<Item = OsString>,
    connect: &dyn Connect,
    streams: impl FnOnce(bool) -> Streams,
) -> Exit {
    let parsed = cli::command().try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &streams(false)),
    };
    let streams = streams(cli.no_color);
    let result = commands::run(cli.command, connect, &streams);
    let result = match (result, streams.out.failure()) {
        (Ok(_), Some(why)) => Err(Failure::Output(why)),
        (result, _) => result,
    };
    match result {
        Ok(exit) => exit,
        Err(failure) => {
            let style = streams.err.style;
            if matches!(failure, Failure::Interrupted(_)) && streams.err.terminal {
                // The cursor stands behind a question, or behind what Ctrl-C looks like.
                streams.err.line("");
            }
            streams.err.line(&format!("{} {failure}", style.red("error:")));
            if let Some(help) = failure.help() {
                streams.err.line(&format!("  help: {help}"));
            }
            failure.exit()
        }
    }
}

/// Help and version are results; anything else is a usage error.
fn usage(error: &clap::Error, streams: &Streams) -> Exit {
    let (sink, exit) =
        if error.use_stderr() { (&streams.err, exit_code::USAGE) } else { (&streams.out, exit_code::DONE) };
    let text = error.render();
    let text = if sink.style.color { text.ansi().to_string() } else { text.to_string() };
    sink.write(&text);
    exit
}

#[cfg(test)]
mod tests;
