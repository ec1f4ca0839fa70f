//! Exit codes: what each number tells a script.
//!
//! Owns: the numbers and their meaning, shown by `privlink --help`. Refuses to know: which command ends how (see
//! `failure` for errors, `commands` for the rest). clap's own 2 for usage errors is overridden: 2 means changes here.

use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit(pub(crate) u8);

/// Done; with `--detailed-exitcode`, nothing to change; of `drift`, nothing drifted.
pub(crate) const DONE: Exit = Exit(0);
/// An error.
pub(crate) const ERROR: Exit = Exit(1);
/// With `--detailed-exitcode`: there are changes; of `drift`, always: something drifted.
pub(crate) const CHANGES: Exit = Exit(2);
/// A run failed, and what it had done is taken back.
pub(crate) const ROLLED_BACK: Exit = Exit(3);
/// A run failed, and something of what it had done is left.
pub(crate) const STUCK: Exit = Exit(4);
/// Refused by a guard or by the person asked.
pub(crate) const REFUSED: Exit = Exit(5);
/// The world moved since the plan was made.
pub(crate) const STALE: Exit = Exit(6);
/// Somebody else holds the project's lock.
pub(crate) const LOCKED: Exit = Exit(7);
/// Something that is needed could not be read.
pub(crate) const UNKNOWN: Exit = Exit(8);
/// The command line is wrong.
pub(crate) const USAGE: Exit = Exit(64);
/// Stopped by SIGINT.
pub(crate) const INTERRUPTED: Exit = Exit(130);
/// Stopped by SIGTERM.
pub(crate) const TERMINATED: Exit = Exit(143);

/// Every code and its meaning, in order.
pub(crate) static TABLE: &[(Exit, &str)] = &[
    (DONE, "done; with --detailed-exitcode: nothing to change; drift: nothing drifted"),
    (
        ERROR,
        "error before anything was changed, or when the results could not be written; drift: somebody was not told",
    ),
    (CHANGES, "with --detailed-exitcode: there are changes; drift, always: something drifted"),
    (ROLLED_BACK, "the run failed and was rolled back: all is as it was, but for what the plan had declared"),
    (STUCK, "the run failed and something is left of it; the command that goes on is printed"),
    (REFUSED, "refused by a guard or by the person asked"),
    (STALE, "stale: the world moved since the plan was made; nothing is left of the run"),
    (LOCKED, "somebody else holds the lock; the message says who, and since when"),
    (UNKNOWN, "something that is needed could not be read"),
    (USAGE, "usage error"),
    (INTERRUPTED, "interrupted (Ctrl-C); the message says whether what was done is taken back"),
    (TERMINATED, "terminated; as for 130"),
];

/// The table as text, for the help.
pub(crate) fn table() -> String {
    let mut text = String::from("Exit codes:\n");
    for (exit, meaning) in TABLE {
        text.push_str(&format!("  {:>3}  {meaning}\n", exit.0));
    }
    text
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_a_promise() {
        let numbers: Vec<u8> = TABLE.iter().map(|(exit, _)| exit.0).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 64, 130, 143]);
    }

    #[test]
    fn the_help_names_every_code() {
        for (exit, meaning) in TABLE {
            assert!(table().contains(&format!("{}  {meaning}", exit.0)));
        }
    }
}
