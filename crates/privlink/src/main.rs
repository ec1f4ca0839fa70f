//! The binary `privlink`: commands and views over the crates that do the work.
//!
//! Owns: wiring, wording, exit codes. Refuses to know: AWS (see `privlink-kinds`), KDL (see `privlink-spec`).
//! Read next: `run` for one run, `prepare` for how a plan comes to be, `execute` for how it is carried out.
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![cfg_attr(
    not(feature = "aws"),
    expect(dead_code, reason = "what only a cloud needs is compiled and tested without one")
)]

mod bus;
mod cli;
mod codes;
mod commands;
mod connection;
mod consent;
mod dns;
mod drift;
mod events;
mod execute;
mod exit_code;
mod failure;
mod github;
mod guard;
mod hosts;
mod ignores;
mod locks;
#[cfg(feature = "aws")]
mod loopback;
mod moment;
#[cfg(not(feature = "aws"))]
mod offline;
mod permissions;
mod plan_file;
mod prepare;
mod reference;
mod run;
#[cfg(feature = "aws")]
mod session;
mod signals;
mod sink;
mod site;
mod standing;
mod stores;
mod streams;
mod unread;
mod view;
mod who;

use std::process::ExitCode;

#[cfg(not(feature = "aws"))]
use offline::NoConnect as Clouds;
#[cfg(feature = "aws")]
use session::AwsConnect as Clouds;

fn main() -> ExitCode {
    run::run(std::env::args_os(), &Clouds, streams::Streams::of_process).into()
}
