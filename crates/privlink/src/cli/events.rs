//! The flag that asks a verb which changes things for events.

use clap::Args;

use super::Format;

/// In which form a run is told.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct EventsArgs {
    /// For people; or for programs: one event a line, as `privlink schema events` says. Programs are never asked.
    #[arg(long, value_enum, default_value_t, env = "PRIVLINK_FORMAT")]
    pub(crate) format: Format,
}
