//! The page of commands, from the command line's definition.

use clap::{Arg, Command};

use crate::cli;

/// Every command with its flags.
pub(crate) fn page() -> String {
    let mut page = String::from("# Commands\n");
    let command = cli::command();
    if let Some(about) = command.get_long_about() {
        page.push_str(&format!("\n{about}\n"));
    }
    page.push_str("\nOptions of every command: `--help`");
    for argument in command.get_arguments().filter(|argument| argument.is_global_set()) {
        page.push_str(&format!(", {} ({})", spelling(argument), help(argument)));
    }
    page.push_str(".\n");
    for subcommand in command.get_subcommands() {
        section(subcommand, "privlink", &mut page);
    }
    page
}

fn section(command: &Command, parent: &str, page: &mut String) {
    let name = format!("{parent} {}", command.get_name());
    page.push_str(&format!("\n## `{name}`\n"));
    if let Some(about) = command.get_about() {
        page.push_str(&format!("\n{about}.\n"));
    }
    let aliases: Vec<String> = command.get_visible_aliases().map(|alias| format!("`{alias}`")).collect();
    if !aliases.is_empty() {
        page.push_str(&format!("\nAlso: {}.\n", aliases.join(", ")));
    }
    let arguments: Vec<&Arg> = command.get_arguments().filter(|argument| !argument.is_global_set()).collect();
    if !arguments.is_empty() {
        page.push_str("\n| option | meaning | variable | default |\n| --- | --- | --- | --- |\n");
    }
    for argument in arguments {
        let variable = argument.get_env().map(|name| format!("`{}`", name.to_string_lossy())).unwrap_or_default();
        let defaults: Vec<String> =
            argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
        // Of a switch the default says nothing.
        let default = if argument.get_action().takes_values() { defaults.join(", ") } else { String::new() };
        page.push_str(&format!("| {} | {} | {variable} | {default} |\n", spelling(argument), help(argument)));
    }
    for subcommand in command.get_subcommands() {
        section(subcommand, &name, page);
    }
}

fn spelling(argument: &Arg) -> String {
    let value = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let value = value.filter(|_| argument.get_action().takes_values());
    let long = match (argument.get_long(), value) {
        (Some(long), Some(value)) if argument.is_require_equals_set() => format!("--{long}[={value}]"),
        (Some(long), Some(value)) => format!("--{long} {value}"),
        (Some(long), None) => format!("--{long}"),
        (None, value) => value.unwrap_or_else(|| argument.get_id().to_string()),
    };
    match argument.get_short() {
        Some(short) => format!("`-{short}`, `{long}`"),
        None => format!("`{long}`"),
    }
}

fn help(argument: &Arg) -> String {
    argument.get_help().map(|help| help.to_string().replace('|', "\\|")).unwrap_or_default()
}
