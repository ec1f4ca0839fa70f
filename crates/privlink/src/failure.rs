//! What stops a command, and the exit code it maps to.
//!
//! Owns: the errors of the binary itself. Refuses to know: problems of a spec or a world, which are messages (see
//! `view::diagnostics`), and steps that failed, which are an outcome.

use std::io;
use std::path::PathBuf;

use privlink_engine::StoreError;

use crate::exit_code::{self, Exit};

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no saved plan that this version reads.
    #[error("{at} cannot be used as a saved plan: {source}")]
    PlanFile {
        /// The file, or its name in the store.
        at: String,
        /// Why.
        source: privlink_plan::DecodeError,
    },
    /// Results could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(String),
    /// The cloud to call could not be set up.
    #[error("{message}")]
    Cloud {
        /// What went wrong.
        message: String,
        /// A way out.
        help: Option<String>,
    },
    /// A safety or a person said no.
    #[error("{why}; nothing was changed")]
    Refused {
        /// Why.
        why: String,
        /// A way out.
        help: String,
    },
    /// Somebody else is at work on the project.
    #[error("{why}; nothing was changed")]
    Locked {
        /// By whom, and since when.
        why: String,
        /// A way out.
        help: String,
    },
    /// The person stopped it before anything was changed.
    #[error("stopped; nothing was changed")]
    Interrupted(Exit),
    /// Runs cannot be kept or read; nothing was called.
    #[error("{message}")]
    Store {
        /// What went wrong.
        message: String,
        /// A way out.
        help: Option<String>,
    },
    /// A run that does not exist, or that this cannot be done to.
    #[error("{message}")]
    Run {
        /// What is wrong.
        message: String,
        /// A way out.
        help: String,
    },
    /// A command line that cannot be meant.
    #[error("{message}")]
    Usage {
        /// What is wrong with it.
        message: String,
        /// A way out.
        help: String,
    },
    /// A code that does not exist.
    #[error("there is no code {code}")]
    Code {
        /// What was asked for.
        code: String,
        /// A way out.
        help: String,
    },
    /// An account that a spec or a plan does not name.
    #[error("there is no account {name:?}; there is {}", known.join(", "))]
    Account {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The operating system refused what every command needs.
    #[error("cannot start: {0}")]
    System(io::Error),
}

impl Failure {
    /// Something about the cloud, without a way out.
    pub(crate) fn cloud(message: impl Into<String>) -> Self {
        Self::Cloud { message: message.into(), help: None }
    }

    /// Something about the store, without a way out.
    pub(crate) fn store(error: StoreError) -> Self {
        Self::Store { message: error.to_string(), help: error.help().map(str::to_owned) }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Refused { .. } => exit_code::REFUSED,
            Self::Locked { .. } => exit_code::LOCKED,
            Self::Interrupted(exit) => *exit,
            Self::Usage { .. } | Self::Code { .. } | Self::Account { .. } => exit_code::USAGE,
            Self::Read { .. }
            | Self::Write { .. }
            | Self::PlanFile { .. }
            | Self::Output(_)
            | Self::Cloud { .. }
            | Self::Store { .. }
            | Self::Run { .. }
            | Self::System(_) => exit_code::ERROR,
        }
    }

    /// A way out.
    pub(crate) fn help(&self) -> Option<&str> {
        match self {
            Self::Refused { help, .. }
            | Self::Locked { help, .. }
            | Self::Run { help, .. }
            | Self::Usage { help, .. }
            | Self::Code { help, .. } => Some(help),
            Self::Cloud { help, .. } | Self::Store { help, .. } => help.as_deref(),
            Self::PlanFile { .. } => Some("make it again with `privlink plan -o FILE`"),
            Self::Account { .. } => Some("give the name that the account has in the spec, or leave --account out"),
            Self::Read { .. } | Self::Write { .. } | Self::Output(_) | Self::Interrupted(_) | Self::System(_) => None,
        }
    }
}
