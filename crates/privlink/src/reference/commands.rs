//! The page of commands, from the command line's definition.
//!
//! **Invariant:** the page depends on the definition alone: not on the width of a terminal, nor on variables that are set.

use clap::{Arg, Command};

use super::markdown::{Table, anchor, code, codes, sentence};
use crate::cli;

/// Every command with its usage and options.
pub(crate) fn page() -> String {
    let mut page = String::from("# Commands\n");
    let mut command = cli::command();
    // Usage lines name the commands above them only once the whole is built.
    command.build();
    if let Some(about) = command.get_long_about() {
        page.push_str(&format!("\n{about}\n"));
    }
    page.push_str(
        "\nEach option may be given by its [variable](environment.md) instead. Results go to standard output, everything \
         else to standard error; how a command ended is told by its [exit code](exit-codes.md). This page is what \
         `privlink schema commands` prints; `privlink COMMAND --help` says the same of one command.\n",
    );
    let mut index = Table::new(&["command", "what it does"]);
    list(&command, "privlink", &mut index);
    page.push_str(&index.finish());
    page.push_str("\n## Every command\n");
    let options: Vec<&Arg> = command.get_arguments().filter(|argument| argument.is_global_set()).collect();
    page.push_str(&table(&options));
    page.push_str("\n`-h` and `--help` tell what there is; `privlink --version` tells the version.\n");
    for subcommand in command.get_subcommands_mut() {
        section(subcommand, "privlink", &mut page);
    }
    page
}

fn list(command: &Command, path: &str, index: &mut Table) {
    for subcommand in shown(command) {
        let name = format!("{path} {}", subcommand.get_name());
        let about = subcommand.get_about().map(|about| sentence(&about.to_string())).unwrap_or_default();
        index.row(&[format!("[{}](#{})", code(&name), anchor(&name)), about]);
        list(subcommand, &name, index);
    }
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set())
}

fn section(command: &mut Command, parent: &str, page: &mut String) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{parent} {}", command.get_name());
    let usage = command.render_usage().to_string();
    page.push_str(&format!("\n## {}\n", code(&name)));
    if let Some(about) = command.get_long_about().or(command.get_about()) {
        page.push_str(&format!("\n{}\n", sentence(&about.to_string())));
    }
    page.push_str(&format!("\n```text\n{}\n```\n", usage.trim_start_matches("Usage:").trim()));
    let aliases: Vec<String> = command.get_visible_aliases().map(|alias| format!("{parent} {alias}")).collect();
    if !aliases.is_empty() {
        page.push_str(&format!("\nThe same: {}.\n", codes(&aliases)));
    }
    let own = |argument: &&Arg| !argument.is_global_set() && !argument.is_hide_set();
    let told = |argument: &&Arg| !matches!(argument.get_id().as_str(), "help" | "version");
    let arguments: Vec<&Arg> = command.get_arguments().filter(own).filter(told).collect();
    if !arguments.is_empty() {
        page.push_str(&table(&arguments));
    }
    for subcommand in command.get_subcommands_mut() {
        section(subcommand, &name, page);
    }
}

fn table(arguments: &[&Arg]) -> String {
    let mut table = Table::new(&["option", "meaning", "variable", "default"]);
    for argument in arguments {
        let variable = argument.get_env().map(|name| code(&name.to_string_lossy())).unwrap_or_default();
        let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        // Of a switch the default says nothing.
        let default = if argument.get_action().takes_values() { codes(&defaults) } else { String::new() };
        table.row(&[spelling(argument), meaning(argument), variable, default]);
    }
    table.finish()
}

fn spelling(argument: &Arg) -> String {
    let value = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let value = value.filter(|_| argument.get_action().takes_values());
    let long = match (argument.get_long(), value) {
        (Some(long), Some(value)) if argument.is_require_equals_set() => format!("--{long}[={value}]"),
        (Some(long), Some(value)) => format!("--{long} {value}"),
        (Some(long), None) => format!("--{long}"),
        (None, Some(value)) => value,
        (None, None) => argument.get_id().to_string(),
    };
    match argument.get_short() {
        Some(short) => format!("`-{short}`, {}", code(&long)),
        None => code(&long),
    }
}

/// The help, and the values there are.
fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(|help| sentence(&help.to_string())).unwrap_or_default();
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| argument.get_action().takes_values() && !value.is_hide_set())
        .map(|value| match value.get_help() {
            Some(help) => format!("{} ({})", code(value.get_name()), within(&help.to_string())),
            None => code(value.get_name()),
        })
        .collect();
    if !values.is_empty() {
        text.push_str(&format!(" One of {}.", values.join(", ")));
    }
    text
}

/// A sentence as a part of another. Its first word stays as it is where that is an abbreviation.
fn within(sentence: &str) -> String {
    let text = sentence.trim_end_matches('.');
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            format!("{}{second}{}", first.to_lowercase(), letters.as_str())
        }
        _ => text.to_owned(),
    }
}
