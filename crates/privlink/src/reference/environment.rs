//! The page of environment variables: those behind flags, from the command line's definition, and those that are standard.
//!
//! Owns: the list of the standard ones. Refuses to know: how they are read (see `streams`, `github`, and the AWS SDK).

use std::collections::BTreeMap;

use super::markdown::{Table, code};
use crate::cli;

/// What the program itself reads beside its own variables.
const TERMINAL: &[(&str, &str)] = &[
    ("NO_COLOR", "No colours, unless it is empty. Wins over `CLICOLOR_FORCE`."),
    ("CLICOLOR_FORCE", "Colours where there is no terminal, unless it is empty or `0`."),
    ("CI", "Nobody is asked and nothing is redrawn, unless it is empty, `0` or `false`."),
    ("USER`, `LOGNAME`, `USERNAME", "Who a run is said to be by, for others to read. Nothing is decided by it."),
    ("HOSTNAME`, `COMPUTERNAME", "The machine's name beside it, where the system does not keep one in a file."),
    ("COLUMNS", "How wide help is where there is no terminal to measure; never more than 110."),
];

/// What the AWS SDK reads. It sets defaults for whatever the spec leaves open.
const AWS: &[(&str, &str)] = &[
    ("AWS_PROFILE", "The profile for accounts of the spec that name none."),
    (
        "AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_ACCOUNT_ID",
        "Credentials, and whose they are: with the last one STS need not be asked.",
    ),
    ("AWS_CONFIG_FILE`, `AWS_SHARED_CREDENTIALS_FILE", "Where profiles are, if not in `~/.aws`."),
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`, `AWS_ROLE_SESSION_NAME",
        "Credentials for a token, as in Kubernetes and many CI systems.",
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, `AWS_CONTAINER_CREDENTIALS_FULL_URI`, \
         `AWS_CONTAINER_AUTHORIZATION_TOKEN`, `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "Credentials of a container.",
    ),
    (
        "AWS_EC2_METADATA_DISABLED`, `AWS_EC2_METADATA_SERVICE_ENDPOINT`, `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "Whether and where the machine's metadata service is asked for credentials.",
    ),
    (
        "AWS_ENDPOINT_URL",
        "Another place than AWS, for all services. Each plan says so aloud; `--endpoint` wins over it.",
    ),
    (
        "AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2`, `AWS_ENDPOINT_URL_API_GATEWAY`, \
         `AWS_ENDPOINT_URL_STS",
        "The same for one service; wins over `AWS_ENDPOINT_URL`.",
    ),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "`true`: neither variables nor profiles say where services are."),
    ("AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT", "`true`: AWS's endpoints of that sort."),
    ("AWS_SDK_UA_APP_ID", "A name for the calls in AWS's logs."),
    ("SSL_CERT_FILE`, `SSL_CERT_DIR", "The certificates that are trusted, in place of the system's."),
];

/// What GitHub Actions sets, and the tokens that other programs take there.
const GITHUB: &[(&str, &str)] = &[
    (
        "GITHUB_TOKEN`, `GH_TOKEN",
        "The token for comments, labels and issues; the first that is not empty. `--token-env` names another.",
    ),
    (
        "GITHUB_REPOSITORY`, `GITHUB_API_URL",
        "Which repository, and where GitHub is. `--repository` and `--api-url` win.",
    ),
    (
        "GITHUB_EVENT_PATH`, `GITHUB_REF",
        "What set the job off: its pull request, the commit, and whether it comes from a fork. `--pull-request` wins.",
    ),
    ("GITHUB_SERVER_URL`, `GITHUB_RUN_ID`, `GITHUB_SHA", "The page of the run and the commit, which a comment names."),
    ("GITHUB_STEP_SUMMARY", "The file that `comment --summary` appends to."),
    ("GITHUB_ACTIONS", "`true`: what could not be told is a warning on the page of the run."),
    (
        "PRIVLINK_WEBHOOK",
        "The URL that `drift` posts to: a secret, and so behind no flag. `--webhook-env` names another variable.",
    ),
    ("GITHUB_ACTOR", "`dependabot[bot]`: explains a token that may only read."),
];

const NOT_READ: &str = "
Not read, though other programs do: `AWS_REGION` and `AWS_DEFAULT_REGION` (the spec names each account's region),
`AWS_MAX_ATTEMPTS` and `AWS_RETRY_MODE` (what may be sent again differs from call to call), `AWS_CA_BUNDLE` (use
`SSL_CERT_FILE`), `HTTPS_PROXY` and its like.
";

/// Every environment variable that is read.
pub(crate) fn page() -> String {
    let mut page = String::from(
        "# Environment\n\nA flag wins over its variable, the variable over the spec, the spec over the default. Of a flag \
         that may be repeated the variable holds one value; of addresses several, separated by commas. A switch is off when \
         its variable is empty, `0`, `n`, `no`, `f`, `false` or `off`, and on at anything else. `privlink schema environment` \
         prints this page.\n\n## Behind flags\n",
    );
    let mut variables: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    collect(&cli::command(), "", &mut variables);
    let mut table = Table::new(&["variable", "flag", "commands"]);
    for ((variable, flag), commands) in variables {
        table.row(&[code(&variable), code(&format!("--{flag}")), commands.join(", ")]);
    }
    page.push_str(&table.finish());
    for (title, intro, rows) in [
        ("Terminals", "What is common to programs that people look at.", TERMINAL),
        (
            "AWS",
            "What is common to programs that call AWS. A `profile` or `role` in the spec wins. On a sandbox (`--sandbox`) \
             credentials and endpoints are its own.",
            AWS,
        ),
        (
            "GitHub",
            "What `comment` and `drift --issue` find in a job of GitHub Actions, so that they need no flags.",
            GITHUB,
        ),
    ] {
        page.push_str(&format!("\n## {title}\n\n{intro}\n"));
        let mut table = Table::new(&["variable", "what it does"]);
        rows.iter().for_each(|(variable, meaning)| table.row(&[code(variable), (*meaning).to_owned()]));
        page.push_str(&table.finish());
    }
    page.push_str(NOT_READ);
    page
}

fn collect(command: &clap::Command, path: &str, variables: &mut BTreeMap<(String, String), Vec<String>>) {
    for argument in command.get_arguments() {
        if let (Some(variable), Some(flag)) = (argument.get_env(), argument.get_long()) {
            let key = (variable.to_string_lossy().into_owned(), flag.to_owned());
            let name = if path.is_empty() { "all".to_owned() } else { code(path) };
            variables.entry(key).or_default().push(name);
        }
    }
    for subcommand in command.get_subcommands() {
        let path = format!("{path} {}", subcommand.get_name());
        collect(subcommand, path.trim_start(), variables);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who;

    #[test]
    fn what_names_the_person_is_on_the_page() {
        for name in who::USER.iter().chain(&who::HOST) {
            let named = |(variables, _): &(&str, &str)| variables.split("`, `").any(|variable| variable == *name);
            assert!(TERMINAL.iter().any(named), "{name}");
        }
    }

    /// The variables that a module asks for by name.
    fn asked(source: &'static str) -> Vec<&'static str> {
        let code = source.split("#[cfg(test)]").next().unwrap();
        let capital = |letter: char| letter.is_ascii_uppercase() || letter == '_';
        let texts = code.split('"').skip(1).step_by(2);
        texts.filter(|text| !text.is_empty() && text.chars().all(capital)).collect()
    }

    /// Whatever else asks for a variable by name, in the modules of the program that do.
    #[test]
    fn what_is_asked_of_the_environment_is_on_the_page() {
        for (source, rows, some) in [
            (include_str!("../streams.rs"), TERMINAL, ["NO_COLOR", "CI"]),
            (include_str!("../github.rs"), GITHUB, ["GH_TOKEN", "GITHUB_EVENT_PATH"]),
        ] {
            let names = asked(source);
            assert!(some.iter().all(|name| names.contains(name)), "{names:?}");
            for name in names {
                let named = |(variables, _): &(&str, &str)| variables.split("`, `").any(|variable| variable == name);
                assert!(rows.iter().any(named), "{name}");
            }
        }
    }
}
