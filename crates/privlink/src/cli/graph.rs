//! The part of the command line that is about pictures: the verb `graph`.
//!
//! Owns: its flags. Refuses to know: what is drawn (see `view::graph`).

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, ValueEnum};

use super::{CloudArgs, PlanAt, SelectArgs, SpecArgs, StoreArgs};

/// In which language a picture is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A flowchart that GitHub draws in comments and step summaries.
    #[default]
    Mermaid,
    /// A graph for Graphviz.
    Dot,
}

/// `graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// A saved plan, a file or store:NAME; without one, the spec and the live accounts are drawn as `plan` sees them.
    #[arg(value_name = "FILE", conflicts_with_all = ["target", "exclude"])]
    pub(crate) plan: Option<PlanAt>,
    /// In which language.
    #[arg(long, value_enum, default_value_t, env = "PRIVLINK_FORMAT")]
    pub(crate) format: GraphFormat,
    /// Draw only what changes, and what that comes from and leads to.
    #[arg(long, env = "PRIVLINK_CHANGES_ONLY", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) changes_only: bool,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}
