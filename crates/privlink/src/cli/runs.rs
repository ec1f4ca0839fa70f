//! The part of the command line that is about runs: where they are kept, how they are locked, how one goes on.
//!
//! Owns: these flags and the verbs `runs`, `resume`, `rollback`, `unlock`. Refuses to know: what a store is.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, Subcommand};

use super::{CloudArgs, ConsentArgs, EventsArgs, FormatArgs, SpecArgs};

/// Where runs are kept.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct StoreArgs {
    /// Where runs, their locks and their journals are kept: a folder, or s3://BUCKET/PREFIX [default: the sandbox's folder
    /// with --sandbox, else the spec's store, else .privlink beside the spec].
    #[arg(long, value_name = "PLACE", env = "PRIVLINK_STORE")]
    pub(crate) store: Option<String>,
}

/// How long somebody else's run is waited for.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct LockArgs {
    /// Wait this long for somebody else's run to end, such as 30s or 5m.
    #[arg(long, value_name = "TIME", env = "PRIVLINK_LOCK_TIMEOUT", default_value = "0s", value_parser = duration)]
    pub(crate) lock_timeout: Duration,
}

/// How a run is kept, locked and ended.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) lock: LockArgs,
    /// When a step fails, leave what was done instead of taking it back.
    #[arg(long, env = "PRIVLINK_NO_ROLLBACK", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) no_rollback: bool,
}

/// Which guards are overridden.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct DangerArgs {
    /// Delete a larger share of the project than the guard allows.
    #[arg(long, env = "PRIVLINK_DANGEROUS_DELETES", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_deletes: bool,
    /// Change a larger share of the project than the guard allows.
    #[arg(long, env = "PRIVLINK_DANGEROUS_UPDATES", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_updates: bool,
    /// Let a spec that asks for nothing delete everything.
    #[arg(long, env = "PRIVLINK_DANGEROUS_EMPTY", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_empty: bool,
    /// Take away what others are connected to.
    #[arg(long, env = "PRIVLINK_DANGEROUS_CONSUMERS", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_consumers: bool,
    /// Take away the last entry of an API that stays.
    #[arg(long, env = "PRIVLINK_DANGEROUS_LAST_ENTRY", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_last_entry: bool,
    /// Begin a run although the one before did not come to an end.
    #[arg(long, env = "PRIVLINK_DANGEROUS_UNFINISHED_RUN", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_unfinished_run: bool,
}

impl DangerArgs {
    /// The flags that are given, as they are spelled.
    pub(crate) fn given(self) -> Vec<&'static str> {
        let flags = [
            (self.dangerous_deletes, "--dangerous-deletes"),
            (self.dangerous_updates, "--dangerous-updates"),
            (self.dangerous_empty, "--dangerous-empty"),
            (self.dangerous_consumers, "--dangerous-consumers"),
            (self.dangerous_last_entry, "--dangerous-last-entry"),
            (self.dangerous_unfinished_run, "--dangerous-unfinished-run"),
        ];
        flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag).collect()
    }
}

/// Where a saved plan is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlanAt {
    /// In a file.
    File(PathBuf),
    /// In the store, by name.
    Stored(String),
}

impl FromStr for PlanAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(name) = text.strip_prefix("store:") else { return Ok(Self::File(PathBuf::from(text))) };
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(plain) {
            return Err("expected store:NAME, the name of letters, digits, -, _ and .".to_owned());
        }
        Ok(Self::Stored(name.to_owned()))
    }
}

impl std::fmt::Display for PlanAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stored(name) => write!(f, "store:{name}"),
        }
    }
}

/// `runs`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    #[command(flatten)]
    pub(crate) list: ListRunsArgs,
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Tell what one run did, step by step.
    Show(ShowRunArgs),
}

/// `runs` by itself.
#[derive(Debug, Args)]
pub(crate) struct ListRunsArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}

/// `runs show`.
#[derive(Debug, Args)]
pub(crate) struct ShowRunArgs {
    /// The run.
    #[arg(value_name = "RUN")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) list: ListRunsArgs,
}

/// `resume`.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The run; the only one that did not come to an end, where there is only one.
    #[arg(value_name = "RUN")]
    pub(crate) name: Option<String>,
    /// Take back what it did, instead of doing what is left.
    #[arg(long, env = "PRIVLINK_ROLLBACK", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) rollback: bool,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) events: EventsArgs,
    /// Change things through an endpoint that is neither AWS's nor on this machine.
    #[arg(long, env = "PRIVLINK_DANGEROUS_ENDPOINT", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_endpoint: bool,
    /// Do not look whether AWS did all that it accepted. Emulators of AWS keep less than they are given.
    #[arg(long, env = "PRIVLINK_DANGEROUS_UNCONFIRMED", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) dangerous_unconfirmed: bool,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}

/// `rollback`.
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The run.
    #[arg(value_name = "RUN")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) lock: LockArgs,
    #[command(flatten)]
    pub(crate) events: EventsArgs,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}

/// `unlock`.
#[derive(Debug, Args)]
pub(crate) struct UnlockArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}

/// A time such as `30s`, `5m`, `1h` or `0`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time such as 30s, 5m or 1h".to_owned();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let unit = match text.strip_prefix(digits) {
        Some("s") => 1,
        Some("m") => 60,
        Some("h") => 3600,
        Some("") if number == 0 => 1,
        _ => return Err(wrong()),
    };
    let seconds = number.checked_mul(unit).filter(|seconds| *seconds <= 7 * 24 * 3600);
    seconds.map(Duration::from_secs).ok_or_else(|| "expected no more than a week".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        let seconds = |text| duration(text).map(|time| time.as_secs()).ok();
        assert_eq!(["0", "0s", "30s", "5m", "2h"].map(seconds), [0, 0, 30, 300, 7200].map(Some));
        assert_eq!(["", "s", "5", "5d", "-1s", "1.5m", "99999999999999999999s", "169h"].map(seconds), [None; 8]);
    }

    #[test]
    fn plans_are_in_files_or_in_the_store() {
        assert_eq!("a/b.plan".parse(), Ok(PlanAt::File(PathBuf::from("a/b.plan"))));
        assert_eq!("store:tuesday".parse(), Ok(PlanAt::Stored("tuesday".to_owned())));
        for bad in ["store:", "store:.", "store:../x", "store:a/b", "store:a b"] {
            assert!(bad.parse::<PlanAt>().is_err(), "{bad}");
        }
    }

    #[test]
    fn each_override_is_spelled_as_its_flag() {
        let all = DangerArgs {
            dangerous_deletes: true,
            dangerous_updates: true,
            dangerous_empty: true,
            dangerous_consumers: true,
            dangerous_last_entry: true,
            dangerous_unfinished_run: true,
        };
        let command = super::super::command();
        let apply = command.find_subcommand("apply").unwrap();
        for flag in all.given() {
            assert!(apply.get_arguments().any(|arg| arg.get_long() == flag.strip_prefix("--")), "{flag}");
        }
        assert!(DangerArgs::default().given().is_empty());
    }
}
