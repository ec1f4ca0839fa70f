//! The part of the command line that is about GitHub: which repository, as whom, and the verb `comment`.
//!
//! Owns: these flags. Refuses to know: what GitHub Actions says where there is no flag (see `github`).

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{ArgAction, CloudArgs, PlanAt, SpecArgs, StoreArgs};

/// How long a name of a comment may be.
const LONGEST_NAME: usize = 100;

/// Which repository on GitHub, and as whom.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "GitHub")]
pub(crate) struct GitHubArgs {
    /// The repository [default: $GITHUB_REPOSITORY].
    #[arg(long, value_name = "OWNER/NAME", env = "PRIVLINK_REPOSITORY")]
    pub(crate) repository: Option<String>,
    /// The URL of GitHub's API [default: $GITHUB_API_URL, else that of github.com].
    #[arg(long, value_name = "URL", env = "PRIVLINK_API_URL")]
    pub(crate) api_url: Option<String>,
    /// The variable that holds the token; a token is never given on the command line [default: GITHUB_TOKEN, else GH_TOKEN].
    #[arg(long, value_name = "NAME", env = "PRIVLINK_TOKEN_ENV")]
    pub(crate) token_env: Option<String>,
    /// The account that the token belongs to, such as `github-actions[bot]` [default: GitHub is asked].
    #[arg(long, value_name = "LOGIN", env = "PRIVLINK_AUTHOR")]
    pub(crate) author: Option<String>,
    /// What the comment or the issue is known by, in place of the project's name: for specs of one repository that share a
    /// project.
    #[arg(long, value_name = "NAME", env = "PRIVLINK_NAME", value_parser = name)]
    pub(crate) name: Option<String>,
}

/// `comment`.
#[derive(Debug, Args)]
pub(crate) struct CommentArgs {
    /// Saved plans, files or store:NAME. Each has a comment of its own, by its project.
    #[arg(value_name = "FILE", required_unless_present = "failed", conflicts_with = "failed")]
    pub(crate) plans: Vec<PlanAt>,
    /// What a plan told that failed, in a file: the comment says that it failed, and shows this. The project is that of the
    /// spec, unless --name says another.
    #[arg(long, value_name = "FILE", env = "PRIVLINK_FAILED")]
    pub(crate) failed: Option<PathBuf>,
    /// Label the pull request by what the plans of all its comments do: privlink:create, change, replace, delete, outage,
    /// failed. Other labels stay as they are.
    #[arg(long, env = "PRIVLINK_LABELS", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) labels: bool,
    /// Append the text to $GITHUB_STEP_SUMMARY as well.
    #[arg(long, env = "PRIVLINK_SUMMARY", value_parser = FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub(crate) summary: bool,
    /// The pull request [default: that of the event].
    #[arg(long, value_name = "N", env = "PRIVLINK_PULL_REQUEST", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) pull_request: Option<u64>,
    #[command(flatten)]
    pub(crate) github: GitHubArgs,
    #[command(flatten, next_help_heading = "Options")]
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
}

fn name(text: &str) -> Result<String, String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._/-".contains(letter);
    match text {
        _ if text.is_empty() || text.len() > LONGEST_NAME || !text.chars().all(allowed) => {
            Err(format!("expected 1 to {LONGEST_NAME} letters, digits and ._/-"))
        }
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_as_a_marker_can_hold() {
        assert!(["shop", "eu/shop_2", "a.b-c"].into_iter().all(|text| name(text).is_ok()));
        let long = "x".repeat(LONGEST_NAME + 1);
        assert!(["", "a b", "-->", "é", "a\nb", &long].into_iter().all(|text| name(text).is_err()));
    }
}
