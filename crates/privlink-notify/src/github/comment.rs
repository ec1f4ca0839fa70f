//! Comments: one for each marker, edited in place.
//!
//! Owns: when something is posted, edited or left. Refuses to know: what the text means.

use serde::Deserialize;
use serde_json::json;

use super::author::User;
use super::client::{Call, GitHub, Verb};
use super::{GitHubError, bears, marked, same};

/// What a pull request is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Comment<'a> {
    /// What it is found by again, hidden at the start of the text: `privlink:plan:shop`.
    pub marker: &'a str,
    /// The text, in Markdown.
    pub text: &'a str,
    /// Nothing is posted where nothing was said before; what was said is edited all the same.
    pub only_edit: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentEnd {
    /// It is new.
    Posted,
    /// It said something else before.
    Edited,
    /// It says so already.
    Unchanged,
    /// There is none, and none was needed.
    Unneeded,
}

/// A comment that was seen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commented {
    /// What became of it.
    pub end: CommentEnd,
    /// Where it is read.
    pub url: Option<String>,
    /// How many more of ours have the same marker, which is what a race leaves behind; they were left as they are.
    pub others: usize,
}

/// A comment as GitHub tells it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Existing {
    id: u64,
    html_url: String,
    body: Option<String>,
    user: Option<User>,
}

impl GitHub {
    /// Sees to it that a pull request or an issue has one comment with this marker, and that it says this.
    pub async fn comment(&self, number: u64, comment: &Comment<'_>) -> Result<Commented, GitHubError> {
        let text = marked(comment.marker, comment.text)?;
        let found = self.ours(number, comment.marker).await?;
        let others = found.len().saturating_sub(1);
        let ended = |end, url: String| Ok(Commented { end, url: Some(url), others });
        match found.into_iter().next() {
            None if comment.only_edit => Ok(Commented { end: CommentEnd::Unneeded, url: None, others: 0 }),
            None => ended(CommentEnd::Posted, self.post(number, comment.marker, &text).await?.html_url),
            Some(first) if same(first.body.as_deref().unwrap_or_default(), &text) => {
                ended(CommentEnd::Unchanged, first.html_url)
            }
            Some(first) => {
                let path = self.path(&format!("issues/comments/{}", first.id));
                let body = Some(json!({ "body": text }));
                let call = Call { verb: Verb::Patch, path, body, what: "edit the comment" };
                match self.call(&call).await {
                    Ok(_) => ended(CommentEnd::Edited, first.html_url),
                    // Somebody deleted it since it was listed.
                    Err(GitHubError::NotFound { .. }) if comment.only_edit => {
                        Ok(Commented { end: CommentEnd::Unneeded, url: None, others })
                    }
                    Err(GitHubError::NotFound { .. }) => {
                        ended(CommentEnd::Posted, self.post(number, comment.marker, &text).await?.html_url)
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// The texts of all our comments whose marker begins with some words.
    pub async fn comments(&self, number: u64, marker: &str) -> Result<Vec<String>, GitHubError> {
        let start = format!("<!-- {marker}");
        let bears = |text: &str| text.starts_with(&start);
        let found = self.written_by_us(number, |existing| existing.body.as_deref().is_some_and(bears)).await?;
        Ok(found.into_iter().filter_map(|existing| existing.body).collect())
    }

    /// Our comments with a marker, oldest first.
    async fn ours(&self, number: u64, marker: &str) -> Result<Vec<Existing>, GitHubError> {
        self.written_by_us(number, |existing| bears(existing.body.as_deref(), marker)).await
    }

    async fn written_by_us(
        &self,
        number: u64,
        wanted: impl Fn(&Existing) -> bool,
    ) -> Result<Vec<Existing>, GitHubError> {
        let path = self.path(&format!("issues/{number}/comments?per_page=100"));
        let all: Vec<Existing> = self.list("list the comments", path, None).await?;
        let mut ours = Vec::new();
        for existing in all.into_iter().filter(wanted) {
            if self.is_us(existing.user.as_ref()).await? {
                ours.push(existing);
            }
        }
        ours.sort_by_key(|existing| existing.id);
        Ok(ours)
    }

    /// Posts a comment that begins with its marker.
    pub(super) async fn post(&self, number: u64, marker: &str, text: &str) -> Result<Existing, GitHubError> {
        let path = self.path(&format!("issues/{number}/comments"));
        let body = Some(json!({ "body": text }));
        let call = Call { verb: Verb::Make, path, body, what: "post the comment" };
        // The newest of them: an earlier one may say something else.
        let look = async || {
            let ours = self.ours(number, marker).await?;
            Ok(ours.into_iter().rev().find(|existing| same(existing.body.as_deref().unwrap_or_default(), text)))
        };
        self.make(&call, look).await
    }
}
