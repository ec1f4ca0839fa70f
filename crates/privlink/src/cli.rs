//! The command line: verbs, flags, and the environment variables behind the flags.
//!
//! Owns: every word a person may type. Refuses to know: what the verbs do (see `commands`). A flag wins over its variable,
//! the variable over the spec, the spec over the default.

mod changes;
mod comment;
mod drift;
mod events;
mod graph;
mod permissions;
mod plans;
mod runs;
#[cfg(feature = "aws")]
mod sandbox;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use privlink_model::Address;

use crate::exit_code;
pub(crate) use changes::{ApplyArgs, ChangeArgs, ConsentArgs};
pub(crate) use comment::{CommentArgs, GitHubArgs};
pub(crate) use drift::{DriftArgs, DriftFormat, TellArgs};
pub(crate) use events::EventsArgs;
pub(crate) use graph::{GraphArgs, GraphFormat};
pub(crate) use permissions::PermissionsArgs;
pub(crate) use plans::{PlanArgs, PlanFormat, ShapeArgs, ShowArgs};
pub(crate) use runs::{
    DangerArgs, ListRunsArgs, PlanAt, ResumeArgs, RollbackArgs, RunArgs, RunsArgs, RunsCommand, ShowRunArgs, StoreArgs,
    UnlockArgs,
};
#[cfg(feature = "aws")]
pub(crate) use sandbox::{SandboxArgs, SandboxCommand, SaveArgs, ServeArgs, WorldArgs};

/// Plans and applies private AWS API chains, across accounts and networks.
///
/// privlink keeps no state file: it reads the live accounts each time, knows its own resources by their tags, and never
/// changes what it does not own. It sends no telemetry.
#[derive(Debug, Parser)]
#[command(name = "privlink", version, max_term_width = 110, after_long_help = exit_code::table())]
#[command(propagate_version = false, disable_help_subcommand = true, arg_required_else_help = false)]
pub(crate) struct Cli {
    /// Write without colours.
    #[arg(long, global = true, env = "PRIVLINK_NO_COLOR", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) no_color: bool,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a spec without calling AWS.
    #[command(visible_alias = "validate")]
    Check(CheckArgs),
    /// Show what an apply would do.
    #[command(visible_aliases = ["preview", "diff"])]
    Plan(PlanArgs),
    /// Make the accounts as the spec says.
    Apply(ApplyArgs),
    /// Delete everything this project owns.
    Destroy(ChangeArgs),
    /// Find what was changed behind privlink's back, tell it, and put it back.
    ///
    /// What is live is compared with what was applied last, which the runs on record tell: what the spec changed and nobody
    /// applied yet is no drift. Exits with 2 where something drifted, with 8 where not all could be read.
    Drift(DriftArgs),
    /// List the runs of this project and how they ended.
    Runs(RunsArgs),
    /// Go on with a run that was killed, interrupted or is stuck.
    Resume(ResumeArgs),
    /// Take back what a run did.
    Rollback(RollbackArgs),
    /// Break a lock that nobody will release.
    Unlock(UnlockArgs),
    /// Show a saved plan.
    Show(ShowArgs),
    /// Draw what stands where and leads where, and what a plan changes of it.
    Graph(GraphArgs),
    /// Tell a pull request on GitHub what a saved plan does, in one comment that is edited in place.
    ///
    /// It never fails a job: what keeps it from telling (a fork's token, which may only read; no token; a rate limit; a plan
    /// that cannot be read) is a warning, and the exit code is 0. Nothing is posted where nothing changes, unless a comment is
    /// there already. The URL of each comment is written to standard output.
    Comment(CommentArgs),
    /// Explain a code that a message carries; without one, list them all.
    Explain(ExplainArgs),
    /// Print the JSON Schema of plans, the permissions of a spec, or a page of the reference.
    Schema(SchemaArgs),
    /// An AWS on this machine to try things on.
    #[cfg(feature = "aws")]
    Sandbox(SandboxArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
}

/// Which spec.
#[derive(Debug, Clone, Args)]
pub(crate) struct SpecArgs {
    /// A spec file, or a folder with a privlink.kdl; may be repeated.
    #[arg(short, long, value_name = "PATH", env = "PRIVLINK_FILE", default_value = ".")]
    pub(crate) file: Vec<PathBuf>,
    /// A value for a variable of the spec; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", env = "PRIVLINK_VAR", value_parser = assignment)]
    pub(crate) var: Vec<(String, String)>,
}

/// Which AWS.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CloudArgs {
    /// Use a sandbox inside this process, its world kept in DIR between commands [default DIR: .privlink/sandbox]. A new
    /// world starts from the world.kdl beside the spec.
    #[arg(long, value_name = "DIR", env = "PRIVLINK_SANDBOX", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = ".privlink/sandbox", conflicts_with = "endpoint")]
    pub(crate) sandbox: Option<PathBuf>,
    /// How much faster than AWS the sandbox is [default: 60; with --endpoint: 1].
    #[arg(long, value_name = "TIMES", env = "PRIVLINK_SANDBOX_SPEED", value_parser = speed)]
    pub(crate) sandbox_speed: Option<f64>,
    /// What goes wrong in the sandbox during this command.
    #[arg(long, value_name = "FILE", env = "PRIVLINK_SANDBOX_FAULTS", requires = "sandbox")]
    pub(crate) sandbox_faults: Option<PathBuf>,
    /// Call this URL in place of AWS's endpoints, for every service.
    #[arg(long, value_name = "URL", env = "PRIVLINK_ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// Calls under way at once.
    #[arg(long, value_name = "N", env = "PRIVLINK_PARALLELISM", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) parallelism: Option<u16>,
}

/// Which resources.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectArgs {
    /// Only this address, what is under it and what it needs; may be repeated.
    #[arg(long, value_name = "ADDRESS", env = "PRIVLINK_TARGET", value_delimiter = ',')]
    pub(crate) target: Vec<String>,
    /// Not this address nor what is under it; may be repeated.
    #[arg(long, value_name = "ADDRESS", env = "PRIVLINK_EXCLUDE", value_delimiter = ',')]
    pub(crate) exclude: Vec<String>,
    /// Nobody types this: what a repair is of.
    #[arg(skip)]
    pub(crate) only: Option<BTreeSet<Address>>,
}

/// In which form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// In which form.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct FormatArgs {
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t, env = "PRIVLINK_FORMAT")]
    pub(crate) format: Format,
}

/// The command line's definition. Help shows which variable stands behind a flag, never what is in it.
pub(crate) fn command() -> clap::Command {
    hide_values(Cli::command())
}

fn hide_values(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| arg.hide_env_values(true));
    command.mut_subcommands(hide_values)
}

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code, such as privlink::network::unknown.
    pub(crate) code: Option<String>,
}

/// `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of what.
    #[command(subcommand)]
    pub(crate) what: SchemaOf,
}

/// What has a schema.
#[derive(Debug, Subcommand)]
pub(crate) enum SchemaOf {
    /// The JSON of `plan --format json`, as a JSON Schema.
    Plan,
    /// The JSON of `drift --format json`, as a JSON Schema.
    Drift,
    /// One line of what `apply --format json` writes, as a JSON Schema.
    Events,
    /// The commands and their options, as a page.
    Commands,
    /// The kinds of resources, as a page.
    Kinds,
    /// The codes of messages, as a page.
    Codes,
    /// The exit codes, as a page.
    ExitCodes,
    /// The environment variables, as a page.
    Environment,
    /// The IAM policies that the accounts of a spec need, as JSON.
    ///
    /// Without a plan: what reading them takes, for `privlink plan`, or with --drift for `privlink drift`. With one: what
    /// applying that plan takes, from reading the accounts again to rolling back. One account gives a policy document as it can be pasted, several an object of
    /// them by name. Nothing is called.
    Permissions(PermissionsArgs),
}

/// `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 && speed <= 100_000.0 => Ok(speed),
        _ => Err("expected a number above 0 and up to 100000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_variable_named_after_it() {
        fn check(command: &clap::Command) {
            for flag in command.get_arguments().filter(|arg| !arg.is_positional()) {
                let Some(long) = flag.get_long().filter(|long| !matches!(*long, "help" | "version")) else { continue };
                let expected = format!("PRIVLINK_{}", long.to_uppercase().replace('-', "_"));
                let given = flag.get_env().map(|name| name.to_string_lossy().into_owned());
                assert_eq!(given.as_deref(), Some(expected.as_str()), "{} --{long}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn a_sandbox_folder_is_given_with_an_equals_sign_only() {
        let parsed = |args: &[&str]| Cli::try_parse_from(args).unwrap().command;
        let Command::Apply(args) = parsed(&["privlink", "apply", "--sandbox", "plan.json"]) else { unreachable!() };
        assert_eq!(args.change.cloud.sandbox, Some(PathBuf::from(".privlink/sandbox")));
        assert_eq!(args.plan, Some(PlanAt::File(PathBuf::from("plan.json"))));
        let Command::Apply(args) = parsed(&["privlink", "apply", "--sandbox=here"]) else { unreachable!() };
        assert_eq!(args.change.cloud.sandbox, Some(PathBuf::from("here")));
    }

    #[test]
    fn values_are_checked() {
        for bad in [
            &["privlink", "plan", "--var", "x"][..],
            &["privlink", "plan", "--sandbox-speed", "0"],
            &["privlink", "plan", "--sandbox", "--endpoint", "http://x"],
            &["privlink", "plan", "--parallelism", "0"],
            &["privlink", "plan", "-o", "store:"],
            &["privlink", "apply", "store:../x"],
            &["privlink", "apply", "--lock-timeout", "soon"],
        ] {
            assert!(Cli::try_parse_from(bad).is_err(), "{bad:?}");
        }
    }
}
