//! The part of the command line that is about `schema permissions`.
//!
//! Owns: these flags. Refuses to know: which permissions anything takes (see `privlink-kinds`).

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args};

use super::SpecArgs;
use crate::bus::BusAt;

/// `schema permissions`.
#[derive(Debug, Args)]
pub(crate) struct PermissionsArgs {
    /// A saved plan. It says itself which accounts it is for, so that no spec is read.
    #[arg(value_name = "PLANFILE")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Only the policy of this account, by its name in the spec.
    #[arg(long, value_name = "NAME", env = "PRIVLINK_ACCOUNT")]
    pub(crate) account: Option<String>,
    /// What `privlink drift` takes: reading, and asking the accounts' logs who did it.
    #[arg(
        long,
        env = "PRIVLINK_DRIFT",
        value_parser = FalseyValueParser::new(),
        action = ArgAction::SetTrue,
        conflicts_with = "plan"
    )]
    pub(crate) drift: bool,
    /// With --drift: what telling this event bus takes as well.
    #[arg(long, value_name = "BUS[@ACCOUNT]", env = "PRIVLINK_EVENT_BUS", requires = "drift")]
    pub(crate) event_bus: Option<BusAt>,
}
