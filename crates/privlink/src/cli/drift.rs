//! The part of the command line that is about drift: what is checked, how it is shown, who is told.
//!
//! Owns: these flags. Refuses to know: what is drift.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, ValueEnum};

use super::{CloudArgs, ConsentArgs, DangerArgs, GitHubArgs, RunArgs, SelectArgs, ShapeArgs, SpecArgs};
use crate::bus::BusAt;

/// In which form a check is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DriftFormat {
    /// For people.
    #[default]
    Text,
    /// For programs; `privlink schema drift` says how it looks.
    Json,
    /// For issues and step summaries.
    Markdown,
    /// For CI systems that show tests: one for each resource.
    Junit,
}

/// `drift`.
#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) shape: ShapeArgs,
    /// In which form.
    #[arg(long, value_enum, default_value_t, env = "PRIVLINK_FORMAT")]
    pub(crate) format: DriftFormat,
    /// Write the report to a file, in place of standard output.
    #[arg(short, long, value_name = "FILE", env = "PRIVLINK_OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Drift always has an exit code of its own.
    #[arg(long, env = "PRIVLINK_DETAILED_EXITCODE", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue, hide = true)]
    pub(crate) detailed_exitcode: bool,
    /// Do not ask the accounts' logs who did it.
    #[arg(long, env = "PRIVLINK_NO_WHO", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) no_who: bool,
    /// Put back what drifted, and nothing else: plan and apply of those resources, with all that an apply asks for.
    #[arg(long, env = "PRIVLINK_REPAIR", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) repair: bool,
    #[command(flatten)]
    pub(crate) tell: TellArgs,
    #[command(flatten, next_help_heading = "Options")]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) danger: DangerArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}

/// Who is told.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Telling")]
pub(crate) struct TellArgs {
    /// Keep an issue on GitHub: opened when something drifted, edited while it does, closed when it is gone.
    #[arg(
        long,
        env = "PRIVLINK_ISSUE",
        value_parser = FalseyValueParser::new(),
        action = ArgAction::SetTrue,
        conflicts_with_all = ["target", "exclude"]
    )]
    pub(crate) issue: bool,
    /// The variable that holds a webhook's URL, which is a secret. Slack's form of message [default: PRIVLINK_WEBHOOK, where it
    /// is set].
    #[arg(long, value_name = "NAME", env = "PRIVLINK_WEBHOOK_ENV", conflicts_with_all = ["target", "exclude"])]
    pub(crate) webhook_env: Option<String>,
    /// Put an event on an EventBridge bus when drift is found and when it is gone: a name or an ARN, maybe with @ACCOUNT.
    #[arg(long, value_name = "BUS[@ACCOUNT]", env = "PRIVLINK_EVENT_BUS", conflicts_with_all = ["target", "exclude"])]
    pub(crate) event_bus: Option<BusAt>,
    #[command(flatten)]
    pub(crate) github: GitHubArgs,
}
