//! The part of the command line that is about the sandbox: the verb `sandbox`.
//!
//! Owns: its flags. Refuses to know: what a world is.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Subcommand};

use super::speed;

/// `sandbox`.
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    #[command(subcommand)]
    pub(crate) command: SandboxCommand,
}

/// What to do with a sandbox.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Serve a world to any AWS client on this machine.
    Serve(ServeArgs),
    /// List what exists in a world.
    Show(WorldArgs),
    /// Write a world to a file, as JSON.
    Save(SaveArgs),
    /// Put a world back to its beginning.
    Reset(WorldArgs),
}

/// `sandbox serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen; only this machine's own addresses. Port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS:PORT", env = "PRIVLINK_LISTEN", default_value = "127.0.0.1:4566")]
    pub(crate) listen: SocketAddr,
    /// What exists at the beginning.
    #[arg(long, value_name = "FILE", env = "PRIVLINK_WORLD", default_value = "world.kdl")]
    pub(crate) world: PathBuf,
    /// How much faster than AWS it is.
    #[arg(long, value_name = "TIMES", env = "PRIVLINK_SPEED", default_value = "60", value_parser = speed)]
    pub(crate) speed: f64,
    /// What the ids are made from: the same seed gives the same ids.
    #[arg(long, value_name = "N", env = "PRIVLINK_SEED", default_value = "0")]
    pub(crate) seed: u64,
    /// Keep the world in this folder between runs.
    #[arg(long, value_name = "DIR", env = "PRIVLINK_KEEP")]
    pub(crate) keep: Option<PathBuf>,
    /// What goes wrong: calls that fail in one way or another, reads that lag behind.
    #[arg(long, value_name = "FILE", env = "PRIVLINK_FAULTS")]
    pub(crate) faults: Option<PathBuf>,
    /// Let everyone call as fast as they like; else those who call faster than AWS allows are refused as AWS refuses them.
    #[arg(long, env = "PRIVLINK_NO_THROTTLE", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) no_throttle: bool,
}

/// Which world.
#[derive(Debug, Args)]
pub(crate) struct WorldArgs {
    /// Of a sandbox that is being served; wins over a folder.
    #[arg(long, value_name = "URL", env = "PRIVLINK_URL")]
    pub(crate) url: Option<String>,
    /// Of a folder that keeps one.
    #[arg(long, value_name = "DIR", env = "PRIVLINK_SANDBOX", default_value = ".privlink/sandbox")]
    pub(crate) sandbox: PathBuf,
}

/// `sandbox save`.
#[derive(Debug, Args)]
pub(crate) struct SaveArgs {
    /// The file to write.
    #[arg(value_name = "FILE")]
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) world: WorldArgs,
}
