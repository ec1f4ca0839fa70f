//! The part of the command line that is about changing the accounts: the verbs `apply` and `destroy`, and what is agreed to
//! beforehand.
//!
//! Owns: these flags. Refuses to know: what is changed, and how.

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args};

use super::{CloudArgs, DangerArgs, EventsArgs, PlanAt, RunArgs, SelectArgs, ShapeArgs, SpecArgs};

/// What every verb asks that changes the accounts by a plan of its own; `destroy` asks no more.
#[derive(Debug, Args)]
pub(crate) struct ChangeArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) shape: ShapeArgs,
    #[command(flatten)]
    pub(crate) events: EventsArgs,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) danger: DangerArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}

/// `apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A saved plan, a file or store:NAME; without one, a plan is made now and you are asked. A saved plan is applied
    /// without asking.
    #[arg(value_name = "FILE", conflicts_with_all = ["target", "exclude"])]
    pub(crate) plan: Option<PlanAt>,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

/// Whether somebody is asked.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ConsentArgs {
    /// Do not ask.
    #[arg(short = 'y', long, env = "PRIVLINK_AUTO_APPROVE", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) auto_approve: bool,
    /// Change things through an endpoint that is neither AWS's nor on this machine.
    #[arg(long, env = "PRIVLINK_DANGEROUS_ENDPOINT", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_endpoint: bool,
    /// Do not look whether AWS did all that it accepted. Emulators of AWS keep less than they are given.
    #[arg(long, env = "PRIVLINK_DANGEROUS_UNCONFIRMED", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_unconfirmed: bool,
    /// Begin although AWS says that permissions are lacking.
    #[arg(long, env = "PRIVLINK_DANGEROUS_PERMISSIONS", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_permissions: bool,
}

impl ConsentArgs {
    /// The dangers agreed to, as their flags are spelled.
    pub(crate) fn dangers(self) -> Vec<&'static str> {
        let flags = [
            (self.dangerous_endpoint, "--dangerous-endpoint"),
            (self.dangerous_unconfirmed, "--dangerous-unconfirmed"),
            (self.dangerous_permissions, "--dangerous-permissions"),
        ];
        flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag).collect()
    }
}
