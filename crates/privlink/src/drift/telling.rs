//! Telling people and programs of drift: once when it is found, once when it is another, once when it is gone.
//!
//! Owns: who is told, and what counts as news for whom. An issue remembers by itself what it says; webhooks and event buses are
//! told by what the store remembers (see `told`), or, where a store remembers nothing because it is as new as the machine, by
//! whether the issue had news. Refuses to know: how a check is worded (see `view::drift`), and the requests.
//!
//! **Invariant:** what could not be read is never told as gone, and nobody is told of a part of a project.
#![expect(clippy::disallowed_methods, reason = "the URL of a webhook is a secret, which only the environment holds")]

use privlink_engine::{Store, wall_seconds};
use privlink_model::{Account, Announcement, Bus, Scope, short_digest};
use privlink_notify::github::{Issue, IssueEnd, Standing, Told as Seen};
use privlink_notify::{Secret, SystemClock, webhook};
use privlink_plan::{Drift, drift_json};
use serde_json::{Value as Json, json};

use super::told::{Line, Told, channel};
use crate::bus::BusAt;
use crate::cli::TellArgs;
use crate::failure::Failure;
use crate::github::{Job, Obstacle};
use crate::streams::Streams;
use crate::view::drift::{Report, chat, markdown};

/// The variable that holds a webhook's URL unless another is named.
pub(crate) const WEBHOOK: &str = "PRIVLINK_WEBHOOK";
/// What an issue is found by again; the name of a project follows.
const MARKER: &str = "privlink:drift:";
/// The label that issues are listed by.
const LABEL: &str = "privlink-drift";
/// How much of a digest tells one drift from another.
const DIGEST: usize = 32;
/// How many resources an event names: a bus takes 256 KiB.
const NAMED: usize = 200;

/// Who is to be told.
pub(crate) struct Telling<'a> {
    args: &'a TellArgs,
    job: Job,
    webhook: Option<Result<Secret, String>>,
}

/// What tells and remembers.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    /// Where it is remembered what was told.
    pub(crate) store: &'a dyn Store,
    /// The event buses.
    pub(crate) bus: &'a dyn Bus,
    /// Where warnings go.
    pub(crate) streams: &'a Streams,
}

impl<'a> Telling<'a> {
    /// Whom the command line and the environment name.
    pub(crate) fn of(args: &'a TellArgs) -> Self {
        let variable = |name: &str| std::env::var(name).ok().map(|url| Secret::new(&url)).filter(|url| !url.is_empty());
        let webhook = match &args.webhook_env {
            Some(name) => Some(variable(name).ok_or_else(|| name.clone())),
            None => variable(WEBHOOK).map(Ok),
        };
        Self { args, job: Job::of_process(&args.github), webhook }
    }

    /// Refuses what cannot be meant, before anything is read.
    pub(crate) fn check(&self, accounts: &[Account]) -> Result<(), Failure> {
        self.args.event_bus.as_ref().map_or(Ok(()), |bus| bus.account(accounts).map(drop))
    }

    /// Tells everybody who is to be told; whether all of them were.
    pub(crate) async fn tell(&self, report: Report<'_>, means: Means<'_>) -> bool {
        let drift = report.drift;
        if !self.args.issue && self.webhook.is_none() && self.args.event_bus.is_none() {
            return true;
        }
        if drift.found.is_empty() && !drift.is_complete() {
            means.streams.err.line("Nobody is told: not all could be read, so that nothing is known to be gone.");
            return true;
        }
        let digest = (!drift.found.is_empty()).then(|| drift.digest().chars().take(DIGEST).collect::<String>());
        let mut news = News { drift, digest: digest.as_deref(), by_issue: None, told: None, failed: false, means };
        let mut page = self.job.page.clone();
        if self.args.issue {
            match self.issue(report, news.digest).await {
                Ok(seen) => {
                    means.streams.err.line(&told_by_issue(&seen));
                    seen.notes.iter().for_each(|note| self.job.warn(note, None, means.streams));
                    news.by_issue = Some(is_news(seen.end));
                    page = seen.url.or(page);
                }
                Err(obstacle) => {
                    news.failed(&self.job, "the issue is not told", &obstacle.to_string(), obstacle.help())
                }
            }
        }
        if let Some(webhook) = &self.webhook {
            self.webhook(webhook, report, page.as_deref(), &mut news).await;
        }
        if let Some(bus) = &self.args.event_bus {
            self.event(bus, report, &mut news).await;
        }
        !news.failed
    }

    async fn issue(&self, report: Report<'_>, digest: Option<&str>) -> Result<Seen, Obstacle> {
        let github = self.job.connect(&self.args.github)?;
        let name = self.args.github.name.as_ref().unwrap_or(&report.drift.project);
        let issue = Issue {
            marker: &format!("{MARKER}{}", plain(name)),
            label: LABEL,
            title: &format!("Drift in project {name}"),
            text: &markdown::text(report),
            news: &markdown::news(report),
            standing: digest.map_or(Standing::Clean, |digest| Standing::Wrong { digest }),
        };
        github.issue(&issue).await.map_err(|error| self.job.explain(error))
    }

    async fn webhook(&self, url: &Result<Secret, String>, report: Report<'_>, page: Option<&str>, news: &mut News<'_>) {
        let url = match url {
            Ok(url) => url,
            Err(name) => {
                let why = format!("there is no URL in {name}");
                return news.failed(&self.job, "the webhook is not told", &why, None);
            }
        };
        if let Err(error) = webhook::check(url, false) {
            return news.failed(&self.job, "the webhook is not told", &error.to_string(), error.help());
        }
        // The secret itself is not at hand, nor needed: which variable holds it tells one webhook from another.
        let to = channel("webhook", self.args.webhook_env.as_deref().unwrap_or(WEBHOOK));
        if !news.is_for(&to).await {
            return;
        }
        match webhook::post(url, &chat::message(report, page), false, &SystemClock).await {
            Ok(()) => news.done(&to, "Webhook told.").await,
            Err(error) => {
                news.failed(&self.job, "the webhook is not told", &error.to_string(), error.help());
                news.forgotten(&to).await;
            }
        }
    }

    async fn event(&self, at: &BusAt, report: Report<'_>, news: &mut News<'_>) {
        let to = channel("event-bus", &at.to_string());
        if !news.is_for(&to).await {
            return;
        }
        let account = match at.account(report.accounts) {
            Ok(account) => account,
            Err(failure) => {
                return news.failed(&self.job, "the event bus is not told", &failure.to_string(), failure.help());
            }
        };
        let scope = Scope::new(&account.id, at.region().unwrap_or(&account.region));
        let announcement = Announcement {
            source: "privlink".to_owned(),
            detail_type: if news.digest.is_some() { "Drift Found" } else { "Drift Cleared" }.to_owned(),
            detail: detail(report).to_string(),
        };
        match news.means.bus.put(&scope, &at.bus, &announcement).await {
            Ok(id) => news.done(&to, &format!("Event {id} put on {at}.")).await,
            Err(error) => {
                news.failed(&self.job, "the event bus is not told", &error.to_string(), None);
                news.forgotten(&to).await;
            }
        }
    }
}

/// What there is to tell, and what became of it so far.
struct News<'a> {
    drift: &'a Drift,
    /// What is told; none where all is well.
    digest: Option<&'a str>,
    /// Whether it was news to the issue.
    by_issue: Option<bool>,
    /// What was told before, once it was read.
    told: Option<Told>,
    failed: bool,
    means: Means<'a>,
}

impl News<'_> {
    /// Whether it is news on a channel.
    async fn is_for(&mut self, to: &str) -> bool {
        if self.told.is_none() {
            self.told = match Told::read(self.means.store).await {
                Ok(told) => Some(told),
                Err(error) => {
                    self.warn(&format!("what was told before is not known: {error}"));
                    None
                }
            };
        }
        let last = self.told.as_ref().and_then(|told| told.last(&self.drift.project, to));
        match (last, self.digest) {
            (Some(last), now) => last != now,
            (None, now) => self.by_issue.unwrap_or(now.is_some()),
        }
    }

    /// Remembers that it was told.
    async fn done(&mut self, to: &str, said: &str) {
        self.means.streams.err.line(said);
        self.remember(to, self.digest).await;
    }

    /// Remembers that it was not, so that the next check tries again whatever the issue says.
    async fn forgotten(&mut self, to: &str) {
        if self.told.as_ref().is_some_and(|told| told.last(&self.drift.project, to).is_none()) {
            self.remember(to, None).await;
        }
    }

    async fn remember(&mut self, to: &str, digest: Option<&str>) {
        let Some(told) = &mut self.told else { return };
        let (project, digest) = (self.drift.project.clone(), digest.map(str::to_owned));
        let line = Line { project, to: to.to_owned(), digest };
        if let Err(error) = told.remember(self.means.store, line, wall_seconds()).await {
            self.warn(&format!("it cannot be remembered that this was told, so it is told again: {error}"));
        }
    }

    fn warn(&self, message: &str) {
        let err = &self.means.streams.err;
        err.line(&format!("{} {message}", err.style.yellow("warning:")));
    }

    fn failed(&mut self, job: &Job, what: &str, why: &str, help: Option<&str>) {
        self.failed = true;
        job.warn(&format!("{what}: {why}"), help, self.means.streams);
    }
}

/// A project's name in a marker, which takes no odd letters.
fn plain(project: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let sound = project.chars().all(plain) && !project.contains("--") && !project.ends_with('-') && !project.is_empty();
    if sound { project.to_owned() } else { short_digest(project, 16) }
}

/// Whether whoever follows the issue hears of it.
fn is_news(end: IssueEnd) -> bool {
    match end {
        IssueEnd::Opened | IssueEnd::Reopened | IssueEnd::Announced | IssueEnd::Closed => true,
        IssueEnd::Edited | IssueEnd::Unchanged | IssueEnd::LeftClosed | IssueEnd::Unneeded => false,
    }
}

fn told_by_issue(seen: &Seen) -> String {
    let what = match seen.end {
        IssueEnd::Opened => "opened",
        IssueEnd::Reopened => "opened again",
        IssueEnd::Announced => "edited, and commented on: the drift is another",
        IssueEnd::Edited => "edited",
        IssueEnd::Unchanged => "says so already",
        IssueEnd::LeftClosed => "left closed: somebody closed it knowing of this drift",
        IssueEnd::Closed => "closed: the drift is gone",
        IssueEnd::Unneeded => "not needed",
    };
    match &seen.url {
        Some(url) => format!("Issue {url}: {what}."),
        None => format!("Issue: {what}."),
    }
}

/// What an event says: the head of the public JSON, and the resources in a few words each.
fn detail(report: Report<'_>) -> Json {
    let whole = drift_json(report.drift, report.accounts);
    let short = |it: &Json| {
        let keys: Vec<&Json> = it["attributes"].as_array().into_iter().flatten().map(|row| &row["key"]).collect();
        json!({
            "address": it["address"], "kind": it["kind"], "account": it["account"], "region": it["region"], "id": it["id"],
            "what": it["what"], "state": it["state"], "attributes": keys, "by": it["by"],
        })
    };
    let drifted: Vec<Json> = whole["drifted"].as_array().into_iter().flatten().take(NAMED).map(short).collect();
    json!({
        "format_version": whole["format_version"],
        "project": whole["project"],
        "verdict": whole["verdict"],
        "digest": whole["digest"],
        "summary": whole["summary"],
        "drifted": drifted,
    })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn every_project_has_a_marker_of_its_own() {
        assert_eq!(["shop", "a.b_c-d"].map(plain), ["shop", "a.b_c-d"]);
        let odd = ["the shop", "a--b", "a-", "é"].map(plain);
        assert!(odd.iter().all(|name| name.len() == 16), "{odd:?}");
        assert_ne!(odd[0], odd[1]);
    }
}
