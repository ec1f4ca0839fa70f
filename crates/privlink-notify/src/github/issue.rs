//! Issues: one for each marker, for as long as the repository lives.
//!
//! Owns: when an issue is opened, edited, commented on, closed and opened again. Refuses to know: what is wrong, and how it
//! was found.
//!
//! | the issue | something is wrong, as told before | something is wrong, and it is news | all is well |
//! |---|---|---|---|
//! | none | | opened | nothing |
//! | open | text edited if it differs | text edited, comment | text edited, closed, comment |
//! | closed | left: somebody closed it knowing | opened again, text edited, comment | digest edited if it differs |
//!
//! What was told is a digest, hidden in the text. As an issue that is closed because all is well carries the digest of that,
//! whatever comes after is news; and one that a person closed stays closed until there is news. Nobody is asked who closed it.
//!
//! Issues are listed by a label, which is cheap. Labels are lost: GitHub drops them silently when a token's account may not
//! set them, and people take them off. So before an issue is opened, the newest open ones are looked through as well.

use serde::Deserialize;
use serde_json::{Value, json};

use super::author::User;
use super::client::{Call, GitHub, Verb};
use super::{GitHubError, bears, hidden, marked, same};
use crate::url::encode;

/// How many pages of a hundred issues are looked through for one that lost its label.
const DEEP: usize = 10;
/// The digest of nothing being wrong.
const CLEAN: &str = "clean";
/// What stands before a digest in its own marker.
const DIGEST: &str = "digest:";

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Something is wrong. The digest is that of all that matters about it: another one is news to whoever follows the issue.
    Wrong {
        /// Letters, digits and `._:/-`.
        digest: &'a str,
    },
    /// All is well.
    Clean,
}

/// What an issue is to say.
#[derive(Debug, Clone, Copy)]
pub struct Issue<'a> {
    /// What it is found by again, hidden at the start of the text: `privlink:drift:shop`.
    pub marker: &'a str,
    /// The label that it is listed by.
    pub label: &'a str,
    /// The title it is opened with. It is not edited, so that people may change it: let it hold nothing that changes.
    pub title: &'a str,
    /// The whole text, in Markdown.
    pub text: &'a str,
    /// The comment for whoever follows the issue, posted only where there is news.
    pub news: &'a str,
    /// How things stand.
    pub standing: Standing<'a>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueEnd {
    /// It is new.
    Opened,
    /// It was closed, and is open again.
    Reopened,
    /// It says something else now, and a comment says so.
    Announced,
    /// Its text was edited; it is no news.
    Edited,
    /// It says so already.
    Unchanged,
    /// Somebody closed it although what is wrong was known; it stays closed until there is news.
    LeftClosed,
    /// All is well, so it is closed.
    Closed,
    /// All is well, and nothing was open.
    Unneeded,
}

/// An issue that was seen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What became of it.
    pub end: IssueEnd,
    /// Its number.
    pub number: Option<u64>,
    /// Where it is read.
    pub url: Option<String>,
    /// What did not go as it should, for people: a comment that failed, a label that could not be set, a second issue.
    pub notes: Vec<String>,
}

/// An issue as GitHub tells it.
#[derive(Debug, Clone, Deserialize)]
struct Existing {
    number: u64,
    html_url: String,
    state: String,
    body: Option<String>,
    user: Option<User>,
    #[serde(default)]
    labels: Vec<Value>,
    /// Pull requests are listed among the issues.
    pull_request: Option<Value>,
}

impl Existing {
    fn is_open(&self) -> bool {
        self.state == "open"
    }

    fn has(&self, label: &str) -> bool {
        let named = |value: &Value| {
            value.as_str().or(value["name"].as_str()).is_some_and(|name| name.eq_ignore_ascii_case(label))
        };
        self.labels.iter().any(named)
    }

    /// The digest of what it says, from the line after its marker.
    fn digest(&self) -> Option<&str> {
        let line = self.body.as_deref()?.lines().nth(1)?;
        line.trim_end().strip_prefix("<!-- ")?.strip_prefix(DIGEST)?.strip_suffix(" -->")
    }
}

impl GitHub {
    /// Sees to it that the issue with this marker stands as things stand. There is never a second one.
    pub async fn issue(&self, issue: &Issue<'_>) -> Result<Told, GitHubError> {
        let digest = match issue.standing {
            Standing::Wrong { digest } => digest,
            Standing::Clean => CLEAN,
        };
        let text = marked(issue.marker, &(hidden(&format!("{DIGEST}{digest}"))? + issue.text))?;
        let found = self.find(issue).await?;
        let mut open = found.iter().filter(|existing| existing.is_open());
        let mut told = match (open.next(), found.iter().max_by_key(|existing| existing.number), issue.standing) {
            (None, None, Standing::Clean) => {
                Told { end: IssueEnd::Unneeded, number: None, url: None, notes: Vec::new() }
            }
            (None, None, Standing::Wrong { .. }) => self.open(issue, &text).await?,
            (Some(first), _, Standing::Wrong { .. }) => self.keep_open(first, issue, &text, digest).await?,
            (None, Some(last), Standing::Wrong { .. }) => self.reopen(last, issue, &text, digest).await?,
            (Some(first), _, Standing::Clean) => self.close(first, issue, &text).await?,
            (None, Some(last), Standing::Clean) => {
                if last.digest() != Some(CLEAN) {
                    self.edit(last, json!({ "body": text })).await?;
                }
                ended(last, IssueEnd::Unneeded)
            }
        };
        for other in open {
            match issue.standing {
                Standing::Clean => drop(self.close(other, issue, &text).await?),
                Standing::Wrong { .. } => {
                    told.notes.push(format!("{} is about the same; close one of them", other.html_url));
                }
            }
        }
        Ok(told)
    }

    async fn open(&self, issue: &Issue<'_>, text: &str) -> Result<Told, GitHubError> {
        let body = json!({ "title": issue.title, "body": text, "labels": [issue.label] });
        let path = self.path("issues");
        let call = Call { verb: Verb::Make, path, body: Some(body), what: "open the issue" };
        let look = async || Ok(self.find(issue).await?.into_iter().find(Existing::is_open));
        let made: Existing = self.make(&call, look).await?;
        let mut told = ended(&made, IssueEnd::Opened);
        if !made.has(issue.label) {
            told.notes.push(unlabelled(
                issue.label,
                "GitHub left it out, as it does when the token's account may not set any",
            ));
        }
        Ok(told)
    }

    async fn keep_open(
        &self,
        there: &Existing,
        issue: &Issue<'_>,
        text: &str,
        digest: &str,
    ) -> Result<Told, GitHubError> {
        let news = there.digest() != Some(digest);
        let mut told = match (news, same(there.body.as_deref().unwrap_or_default(), text)) {
            (true, _) => {
                self.edit(there, json!({ "body": text })).await?;
                self.announce(there, issue, digest, IssueEnd::Announced).await
            }
            (false, true) => ended(there, IssueEnd::Unchanged),
            (false, false) => {
                self.edit(there, json!({ "body": text })).await?;
                ended(there, IssueEnd::Edited)
            }
        };
        if !there.has(issue.label)
            && let Err(error) = self.add_labels(there.number, &[issue.label.to_owned()]).await
        {
            told.notes.push(unlabelled(issue.label, &error.to_string()));
        }
        Ok(told)
    }

    async fn reopen(&self, there: &Existing, issue: &Issue<'_>, text: &str, digest: &str) -> Result<Told, GitHubError> {
        if there.digest() == Some(digest) {
            return Ok(ended(there, IssueEnd::LeftClosed));
        }
        self.edit(there, json!({ "state": "open", "state_reason": "reopened", "body": text })).await?;
        Ok(self.announce(there, issue, digest, IssueEnd::Reopened).await)
    }

    async fn close(&self, there: &Existing, issue: &Issue<'_>, text: &str) -> Result<Told, GitHubError> {
        self.edit(there, json!({ "state": "closed", "state_reason": "completed", "body": text })).await?;
        Ok(self.announce(there, issue, CLEAN, IssueEnd::Closed).await)
    }

    async fn edit(&self, there: &Existing, change: Value) -> Result<(), GitHubError> {
        let path = self.path(&format!("issues/{}", there.number));
        self.call(&Call { verb: Verb::Patch, path, body: Some(change), what: "edit the issue" }).await.map(drop)
    }

    /// Comments on what the issue says already: without the comment nobody is notified, and nothing is wrong.
    async fn announce(&self, there: &Existing, issue: &Issue<'_>, digest: &str, end: IssueEnd) -> Told {
        let marker = format!("{}:{digest}", issue.marker);
        let posted = match marked(&marker, issue.news) {
            Ok(text) => self.post(there.number, &marker, &text).await.map(drop),
            Err(error) => Err(error),
        };
        let mut told = ended(there, end);
        told.notes
            .extend(posted.err().map(|error| format!("the issue says so, but its followers are not told: {error}")));
        told
    }

    /// Our issues with the marker, oldest first.
    async fn find(&self, issue: &Issue<'_>) -> Result<Vec<Existing>, GitHubError> {
        let by_label = format!("state=all&labels={}", encode(issue.label));
        let mut found = self.among(&by_label, issue.marker).await?;
        if !found.iter().any(Existing::is_open) {
            found.extend(self.among("state=open", issue.marker).await?);
        }
        found.sort_by_key(|existing| existing.number);
        found.dedup_by_key(|existing| existing.number);
        Ok(found)
    }

    async fn among(&self, filter: &str, marker: &str) -> Result<Vec<Existing>, GitHubError> {
        let path = self.path(&format!("issues?{filter}&sort=created&direction=desc&per_page=100"));
        let all: Vec<Existing> = self.list("list the issues", path, Some(DEEP)).await?;
        let mut ours = Vec::new();
        for existing in all {
            let bears = existing.pull_request.is_none() && bears(existing.body.as_deref(), marker);
            if bears && self.is_us(existing.user.as_ref()).await? {
                ours.push(existing);
            }
        }
        Ok(ours)
    }
}

fn ended(there: &Existing, end: IssueEnd) -> Told {
    Told { end, number: Some(there.number), url: Some(there.html_url.clone()), notes: Vec::new() }
}

fn unlabelled(label: &str, why: &str) -> String {
    format!(
        "the label {label} is not on the issue ({why}); it is found all the same while it is among the newest open ones"
    )
}
