//! The part of the command line that is about showing plans: the verbs `plan` and `show`, and the forms a plan has.
//!
//! Owns: these flags. Refuses to know: what a plan looks like in each form (see `view`).

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, ValueEnum};

use super::{CloudArgs, Format, PlanAt, SelectArgs, SpecArgs, StoreArgs};

/// How a plan is shown.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct ShapeArgs {
    /// One line for each change.
    #[arg(long, env = "PRIVLINK_CONCISE", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) concise: bool,
    /// Also show what stays as it is.
    #[arg(long, env = "PRIVLINK_SHOW_UNCHANGED", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) show_unchanged: bool,
}

/// In which form a plan is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs; `privlink schema plan` says what is in it.
    Json,
    /// For pull requests and step summaries, of a size that GitHub takes.
    Markdown,
    /// What is connected to what, as a Mermaid flowchart.
    Mermaid,
    /// What is connected to what, as a graph for Graphviz.
    Dot,
}

impl PlanFormat {
    /// In which form messages are written when there is no plan.
    pub(crate) fn of_messages(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Text | Self::Markdown | Self::Mermaid | Self::Dot => Format::Text,
        }
    }
}

/// In which form a plan is written.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct PlanFormatArgs {
    /// For people, for programs, for pull requests, or as a picture.
    #[arg(long, value_enum, default_value_t, env = "PRIVLINK_FORMAT")]
    pub(crate) format: PlanFormat,
}

/// `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) shape: ShapeArgs,
    #[command(flatten)]
    pub(crate) format: PlanFormatArgs,
    /// Save the plan, for `privlink apply FILE`; store:NAME saves it beside the runs.
    #[arg(short, long, value_name = "FILE", env = "PRIVLINK_OUT")]
    pub(crate) out: Option<PlanAt>,
    /// Exit with 2 when there are changes.
    #[arg(long, env = "PRIVLINK_DETAILED_EXITCODE", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}

/// `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A saved plan, a file or store:NAME.
    #[arg(value_name = "FILE")]
    pub(crate) plan: PlanAt,
    #[command(flatten)]
    pub(crate) shape: ShapeArgs,
    #[command(flatten)]
    pub(crate) format: PlanFormatArgs,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}
