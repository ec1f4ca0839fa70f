//! Reference pages in Markdown, made from the tables that the program itself runs by, so that they cannot say what it does
//! not do.
//!
//! Owns: the pages' form. Refuses to know: the facts on them (see `cli`, `exit_code`, `codes` and the kinds' schemas).

mod commands;
mod kinds;

use std::collections::BTreeMap;

pub(crate) use commands::page as commands;
pub(crate) use kinds::page as kinds;

use crate::{cli, codes, exit_code};

/// Every code, with its explanation.
pub(crate) fn codes() -> String {
    let mut page = String::from("# Codes\n\nWhat `privlink explain CODE` says of each.\n");
    for entry in codes::entries() {
        page.push_str(&format!("\n## `{}`\n\n{}\n\n{}\n", entry.code, entry.summary, entry.explain.trim_end()));
    }
    page
}

/// Every exit code.
pub(crate) fn exit_codes() -> String {
    let mut page = String::from("# Exit codes\n\n| code | meaning |\n| --- | --- |\n");
    for (exit, meaning) in exit_code::TABLE {
        page.push_str(&format!("| {} | {meaning} |\n", exit.0));
    }
    page
}

/// Every environment variable that is read.
pub(crate) fn environment() -> String {
    let mut page = String::from(
        "# Environment\n\nA flag wins over its variable, the variable over the spec, the spec over the default. Of a flag \
         that may be repeated the variable holds one value; addresses may be several, separated by commas. A switch is off \
         at `0`, `false`, `no`, `off` and when empty.\n\n| variable | flag | commands |\n| --- | --- | --- |\n",
    );
    let mut variables: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    collect(&cli::command(), "", &mut variables);
    for ((variable, flag), commands) in variables {
        page.push_str(&format!("| `{variable}` | `--{flag}` | {} |\n", commands.join(", ")));
    }
    page.push_str(OTHERS);
    page
}

fn collect(command: &clap::Command, path: &str, variables: &mut BTreeMap<(String, String), Vec<String>>) {
    for argument in command.get_arguments() {
        if let (Some(variable), Some(flag)) = (argument.get_env(), argument.get_long()) {
            let key = (variable.to_string_lossy().into_owned(), flag.to_owned());
            let name = if path.is_empty() { "all".to_owned() } else { format!("`{path}`") };
            variables.entry(key).or_default().push(name);
        }
    }
    for subcommand in command.get_subcommands() {
        let path = format!("{path} {}", subcommand.get_name());
        collect(subcommand, path.trim_start(), variables);
    }
}

const OTHERS: &str = "
Read beside these:

| variable | what it does |
| --- | --- |
| `AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, … | AWS's own chain of credentials, for accounts without a `profile` of their own |
| `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>` | other endpoints than AWS's; each plan says so aloud |
| `NO_COLOR` | no colours |
| `CLICOLOR_FORCE` | colours without a terminal |
| `CI` | nobody is asked, and nothing is redrawn |
";

#[cfg(test)]
mod tests {
    #[test]
    fn pages_hold_what_the_program_knows() {
        assert!(super::environment().contains("| `PRIVLINK_AUTO_APPROVE` | `--auto-approve` | `apply`, `destroy` |"));
        assert!(super::exit_codes().contains("| 6 | the saved plan is stale"));
        assert!(super::codes().contains("## `privlink::network::unknown`"));
        assert!(super::commands().contains("## `privlink plan`"));
        assert!(super::kinds().contains("## VPC link"));
    }
}
