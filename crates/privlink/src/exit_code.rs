//! Exit codes: what each number tells a script.
//!
//! Owns: the numbers and their meaning, shown by `privlink --help`. Refuses to know: which command ends how (see
//! `failure` for errors, `commands` for the rest). clap's own 2 for usage errors is overridden: 2 means changes here.

use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit(pub(crate) u8);

/// Done; with `--detailed-exitcode`, nothing to change.
pub(crate) const DONE: Exit = Exit(0);
/// An error.
pub(crate) const ERROR: Exit = Exit(1);
/// With `--detailed-exitcode`: there are changes.
pub(crate) const CHANGES: Exit = Exit(2);
/// Refused by a guard or by the person asked.
pub(crate) const REFUSED: Exit = Exit(5);
/// The world moved since a saved plan was made.
pub(crate) const STALE: Exit = Exit(6);
/// Something that is needed could not be read.
pub(crate) const UNKNOWN: Exit = Exit(8);
/// The command line is wrong.
pub(crate) const USAGE: Exit = Exit(64);
/// Stopped by SIGINT at a step boundary.
pub(crate) const INTERRUPTED: Exit = Exit(130);
/// Stopped by SIGTERM at a step boundary.
pub(crate) const TERMINATED: Exit = Exit(143);

/// Every code and its meaning, in order.
pub(crate) static TABLE: &[(Exit, &str)] = &[
    (DONE, "done; with --detailed-exitcode: nothing to change"),
    (ERROR, "error; the message says what was changed, if anything"),
    (CHANGES, "with --detailed-exitcode: there are changes"),
    (REFUSED, "refused by a guard or by the person asked"),
    (STALE, "the saved plan is stale: the world moved since"),
    (UNKNOWN, "something that is needed could not be read"),
    (USAGE, "usage error"),
    (INTERRUPTED, "interrupted (Ctrl-C), stopped between two steps"),
    (TERMINATED, "terminated, stopped between two steps"),
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
        assert_eq!(numbers, [0, 1, 2, 5, 6, 8, 64, 130, 143]);
    }

    #[test]
    fn the_help_names_every_code() {
        for (exit, meaning) in TABLE {
            assert!(table().contains(&format!("{}  {meaning}", exit.0)));
        }
    }
}
