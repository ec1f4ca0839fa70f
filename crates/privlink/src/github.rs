//! What GitHub Actions says about the job that this runs in, and how its people are told what went wrong.
//!
//! Owns: which variable and which part of an event says what. Refuses to know: requests (see `privlink-notify`), and what is
//! said (see `commands`).
//!
//! A flag wins over a variable. Outside of GitHub Actions there are no variables, and flags say it all.
#![expect(clippy::disallowed_methods, reason = "here the environment of a job is read")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use privlink_notify::github::{GitHubError, Place};
use privlink_notify::{GitHub, Secret, SystemClock};
use serde_json::Value;

use crate::cli::GitHubArgs;
use crate::moment;
use crate::streams::Streams;

const API: &str = "https://api.github.com";
/// Where a token is looked for unless said otherwise.
const TOKENS: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];

/// A job, as far as its environment tells.
#[derive(Debug, Default)]
pub(crate) struct Job {
    repository: Option<String>,
    api: Option<String>,
    token: Option<Secret>,
    author: Option<String>,
    /// What set it off, as GitHub describes it; null where there is none.
    event: Value,
    reference: String,
    /// The page of the run.
    pub(crate) page: Option<String>,
    /// The commit that it is about.
    pub(crate) commit: Option<String>,
    /// The file that becomes the page of the step.
    pub(crate) summary: Option<PathBuf>,
    /// Whether it is a job at all.
    actions: bool,
    by_dependabot: bool,
}

/// What keeps GitHub from being told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Obstacle {
    /// Nobody said which repository.
    #[error("it is not known which repository to tell")]
    Repository,
    /// No token.
    #[error("there is no token in {0}")]
    Token(String),
    /// What set the job off is not about a pull request.
    #[error("this is not about a pull request, so that there is nowhere to comment")]
    PullRequest,
    /// The job follows one that was about a pull request, and it is not said which.
    #[error("the run before this one names no pull request, as GitHub leaves out those of forks")]
    Unnamed,
    /// The job is about several pull requests.
    #[error("this is about {0} pull requests, and it is not known which to tell")]
    PullRequests(usize),
    /// A pull request whose jobs may only read.
    #[error("{0}; the pull request is from a fork, and GitHub lets the jobs of such a one read only")]
    Fork(GitHubError),
    /// A job whose token may only read unless more is asked for.
    #[error("{0}; the job is Dependabot's, and may only read unless its `permissions` say more")]
    Dependabot(GitHubError),
    /// Too many requests, until a moment.
    #[error("{0}, until {1}")]
    Limited(GitHubError, String),
    /// GitHub.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
}

impl Obstacle {
    /// A way out.
    pub(crate) fn help(&self) -> Option<&str> {
        match self {
            Self::Repository => Some("--repository OWNER/NAME says it; in GitHub Actions GITHUB_REPOSITORY does"),
            Self::Token(_) => {
                Some("in GitHub Actions: env: GITHUB_TOKEN: ${{ github.token }}; --token-env names another variable")
            }
            Self::PullRequest => None,
            Self::Unnamed | Self::PullRequests(_) => Some("--pull-request N says it"),
            Self::Fork(_) => Some(
                "keep the plan as an artifact, and comment from a workflow_run workflow, which has a token of its own; \
                 pull_request_target would run a stranger's spec with your credentials",
            ),
            Self::GitHub(error) | Self::Dependabot(error) | Self::Limited(error, _) => error.help(),
        }
    }
}

impl Job {
    /// The job that this process is in.
    pub(crate) fn of_process(args: &GitHubArgs) -> Self {
        Self::of(args, &|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn of(args: &GitHubArgs, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let event = variable("GITHUB_EVENT_PATH").and_then(|path| fs::read_to_string(path).ok());
        let event: Value = event.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let token = match &args.token_env {
            Some(name) => variable(name),
            None => TOKENS.into_iter().find_map(variable),
        };
        let commit = commit(&event, variable);
        let repository = args.repository.clone().or_else(|| variable("GITHUB_REPOSITORY"));
        Self {
            page: page(variable),
            api: args.api_url.clone().or_else(|| variable("GITHUB_API_URL")),
            token: token.map(|token| Secret::new(&token)).filter(|token| !token.is_empty()),
            author: args.author.clone(),
            reference: variable("GITHUB_REF").unwrap_or_default(),
            commit: commit.filter(|commit| is_commit(commit)),
            summary: variable("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            actions: variable("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            by_dependabot: variable("GITHUB_ACTOR").is_some_and(|actor| actor == "dependabot[bot]"),
            repository,
            event,
        }
    }

    /// The repository, ready to be told. Needs a runtime around it.
    pub(crate) fn connect(&self, args: &GitHubArgs) -> Result<GitHub, Obstacle> {
        let token = self
            .token
            .clone()
            .ok_or_else(|| Obstacle::Token(args.token_env.clone().unwrap_or_else(|| TOKENS.join(" or "))))?;
        let place = Place {
            api: self.api.clone().unwrap_or_else(|| API.to_owned()),
            repository: self.repository.clone().ok_or(Obstacle::Repository)?,
            token,
            author: self.author.clone(),
        };
        Ok(GitHub::new(place, Arc::new(SystemClock))?)
    }

    /// The pull request that the job is about.
    pub(crate) fn pull_request(&self) -> Result<u64, Obstacle> {
        let number = |pointer: &str| self.event.pointer(pointer).and_then(Value::as_u64);
        // A comment on a pull request comes as one on an issue.
        let issue = || number("/issue/number").filter(|_| self.event.pointer("/issue/pull_request").is_some());
        let reference = || self.reference.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok();
        if let Some(number) = number("/pull_request/number").or_else(issue).or_else(reference) {
            return Ok(number);
        }
        let Some(before) = self.event.get("workflow_run") else { return Err(Obstacle::PullRequest) };
        // GitHub names all that have the run's last commit, also such as take it into a fork, under a number of the fork's.
        let ours = self.event.pointer("/repository/id");
        let elsewhere =
            |one: &Value| one.pointer("/base/repo/id").is_some_and(|base| ours.is_some_and(|ours| ours != base));
        let named = before["pull_requests"].as_array().into_iter().flatten().filter(|one| !elsewhere(one));
        match named.collect::<Vec<_>>()[..] {
            [one] => one["number"].as_u64().ok_or(Obstacle::Unnamed),
            [] if before["event"] == "pull_request" => Err(Obstacle::Unnamed),
            [] => Err(Obstacle::PullRequest),
            ref many => Err(Obstacle::PullRequests(many.len())),
        }
    }

    /// An error of GitHub's, with what the event knows about its cause.
    pub(crate) fn explain(&self, error: GitHubError) -> Obstacle {
        let repository = |side: &str| self.event.pointer(&format!("/pull_request/{side}/repo/full_name"));
        // The repository of a fork may be gone; then it has no name.
        let fork = self.event.get("pull_request").is_some() && repository("head") != repository("base");
        match error {
            GitHubError::Forbidden { .. } if fork => Obstacle::Fork(error),
            GitHubError::Forbidden { .. } if self.by_dependabot => Obstacle::Dependabot(error),
            GitHubError::RateLimited { until, .. } => Obstacle::Limited(error, moment::utc(until)),
            error => error.into(),
        }
    }

    /// Tells what could not be done. In GitHub Actions it is shown on the page of the run as well.
    pub(crate) fn warn(&self, message: &str, help: Option<&str>, streams: &Streams) {
        if self.actions {
            let help = help.map(|help| format!("\nhelp: {help}")).unwrap_or_default();
            streams.err.line(&format!("::warning title=privlink::{}", command(&format!("{message}{help}"))));
            return;
        }
        streams.err.line(&format!("{} {message}", streams.err.style.yellow("warning:")));
        if let Some(help) = help {
            streams.err.line(&format!("  help: {help}"));
        }
    }

    /// Tells the same of an obstacle.
    pub(crate) fn warn_of(&self, about: &str, obstacle: &Obstacle, streams: &Streams) {
        self.warn(&format!("{about}: {obstacle}"), obstacle.help(), streams);
    }
}

/// A text as a part of a command to the runner, which ends at the end of the line.
fn command(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The page of the run, where its parts are such as GitHub's are.
fn page(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (server, repository, run) =
        (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
    let page = format!("{}/{repository}/actions/runs/{run}", server.trim_end_matches('/'));
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ":/._-".contains(letter);
    (page.starts_with("http") && page.chars().all(plain)).then_some(page)
}

/// The commit that a job is about. Where something other than a commit set it off, `GITHUB_SHA` is the last one of the default
/// branch, whatever the job is about: then it is none, unless the event names one.
fn commit(event: &Value, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let named = ["/pull_request/head/sha", "/workflow_run/head_sha"].iter().find_map(|pointer| event.pointer(pointer));
    match named {
        Some(commit) => commit.as_str().map(str::to_owned),
        None if event.get("issue").is_some() => None,
        None => variable("GITHUB_SHA"),
    }
}

fn is_commit(text: &str) -> bool {
    (40..=64).contains(&text.len()) && text.chars().all(|letter| letter.is_ascii_hexdigit())
}

/// How much a step may write on its page.
const MOST: u64 = 1 << 20;

/// Appends to the page of a step; the message where it cannot.
pub(crate) fn append(path: &Path, text: &str) -> Result<(), String> {
    use std::io::Write as _;
    let there = fs::metadata(path).map_or(0, |file| file.len());
    if there.saturating_add(text.len() as u64) > MOST {
        return Err("it would have more than the 1 MiB that GitHub takes".to_owned());
    }
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
