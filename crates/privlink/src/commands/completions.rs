//! `completions`: a script that completes privlink's command line in a shell.

use crate::cli::{self, CompletionsArgs};
use crate::exit_code::{self, Exit};
use crate::streams::Streams;

pub(crate) fn run(args: &CompletionsArgs, streams: &Streams) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(), "privlink", &mut script);
    streams.out.write(&String::from_utf8_lossy(&script));
    exit_code::DONE
}
