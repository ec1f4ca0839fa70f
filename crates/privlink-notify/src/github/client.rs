//! Requests to GitHub: sent, repeated where that is harmless, and held back while a rate limit stands.
//!
//! Owns: the transport (octocrab's), patience, pages. Refuses to know: what is asked for.
//!
//! Answers are read into structures of our own: GitHub leaves members out (a comment of a deleted account has no user), and
//! one comment that a stricter model cannot read would make a whole page unreadable.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::error::GitHubError;
use super::limits::{Head, Verdict, blocked_until, verdict};
use crate::clock::Clock;
use crate::secret::Secret;
use crate::url::Parts;

/// How long all waiting for rate limits may take, unless said otherwise.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How often a harmless request is sent when no answer comes.
const ATTEMPTS: u32 = 3;
/// How often a request is sent after somewhere else.
const MOVES: u32 = 3;
/// A page of the longest comments has a tenth of this.
const LARGEST: usize = 256 << 20;
/// How much of GitHub's words goes into a message.
const WORDS: usize = 300;
/// More pages of a hundred than anything here can have: GitHub takes 2,500 comments on an issue.
const PAGES: usize = 100;

/// Which repository, and as whom.
#[derive(Debug, Clone)]
pub struct Place {
    /// The URL of the API: `https://api.github.com`, or `https://HOST/api/v3`.
    pub api: String,
    /// `OWNER/NAME`.
    pub repository: String,
    /// The token.
    pub token: Secret,
    /// The account that the token belongs to; without it GitHub is asked where it matters.
    pub author: Option<String>,
}

/// One repository, one account.
pub struct GitHub {
    crab: Octocrab,
    host: String,
    /// What stands before every path: `/api/v3` on an Enterprise Server.
    pub(super) base: String,
    repository: String,
    pub(super) author: OnceCell<String>,
    clock: Arc<dyn Clock>,
    patience: u64,
    waits: Mutex<Waits>,
}

/// What is known of rate limits.
#[derive(Default)]
struct Waits {
    /// Seconds waited so far.
    spent: u64,
    /// Until when nothing may be asked.
    blocked: u64,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Patch,
    Delete,
    /// Makes nothing, and may be repeated.
    Ask,
    /// Makes something: never repeated when no answer comes.
    Make,
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) verb: Verb,
    /// From the slash on.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    /// For messages: "cannot …".
    pub(super) what: &'static str,
}

/// A good answer.
pub(super) struct Answer {
    text: String,
    next: Option<String>,
}

struct Reply {
    head: Head,
    location: Option<String>,
    next: Option<String>,
    text: String,
}

impl GitHub {
    /// Sets up what is needed to ask; asks nothing yet. Needs a runtime around it.
    pub fn new(place: Place, clock: Arc<dyn Clock>) -> Result<Self, GitHubError> {
        let wrong = || GitHubError::Api { url: place.api.clone() };
        let parts = Parts::of(&place.api).filter(|parts| parts.is_private()).ok_or_else(wrong)?;
        let base = parts.path.trim_end_matches('/');
        if base.contains('?') {
            return Err(wrong());
        }
        let repository = match place.repository.split_once('/') {
            Some((owner, name)) if is_name(owner) && is_name(name) => place.repository.clone(),
            _ => return Err(GitHubError::Repository { repository: place.repository.clone() }),
        };
        let token = place.token.expose();
        if token.is_empty() || !token.chars().all(|letter| letter.is_ascii_graphic()) {
            return Err(GitHubError::Token);
        }
        let accept = "accept".parse().map_err(|_| wrong())?;
        let builder = Octocrab::builder().personal_token(token.to_owned());
        let builder = builder.add_header(accept, "application/vnd.github+json".to_owned());
        // The path stays with us: octocrab would put it before a path that has it already, as those of next pages do.
        let builder = builder.base_uri(parts.origin()).map_err(|_| wrong())?;
        let crab = builder.build().map_err(|error| GitHubError::Tls { why: chain(&error) })?;
        Ok(Self {
            crab,
            host: parts.authority.to_owned(),
            base: base.to_owned(),
            repository,
            author: OnceCell::new_with(place.author),
            clock,
            patience: PATIENCE.as_secs(),
            waits: Mutex::default(),
        })
    }

    /// The same with another bound on all waiting together.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience: patience.as_secs(), ..self }
    }

    /// The path of something in the repository.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("{}/repos/{}/{rest}", self.base, self.repository)
    }

    /// Everything of a list, page after page; of a list without an end no more than some pages, if said so.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: String,
        most: Option<usize>,
    ) -> Result<Vec<T>, GitHubError> {
        let mut items = Vec::new();
        let mut next = Some(path);
        for _ in 0..most.unwrap_or(PAGES) {
            let Some(path) = next else { return Ok(items) };
            let answer = self.call(&Call { verb: Verb::Get, path, body: None, what }).await?;
            items.extend(answer.read::<Vec<T>>(what)?);
            next = answer.next;
        }
        match (next, most) {
            (Some(_), None) => Err(GitHubError::Answer { what, why: "its pages do not end".to_owned() }),
            _ => Ok(items),
        }
    }

    /// Makes something once: where no answer came, looks whether it is there before it is tried again.
    pub(super) async fn make<T: DeserializeOwned>(
        &self,
        call: &Call,
        look: impl AsyncFn() -> Result<Option<T>, GitHubError>,
    ) -> Result<T, GitHubError> {
        let mut attempt = 1;
        loop {
            let end = match self.call(call).await {
                Ok(answer) => answer.read(call.what),
                Err(error) => Err(error),
            };
            match end {
                Err(error) if error.leaves_doubt() => {
                    // Lists lag a little behind what was made.
                    self.back_off(attempt).await;
                    if let Some(there) = look().await? {
                        return Ok(there);
                    }
                    if attempt == ATTEMPTS {
                        return Err(error);
                    }
                    attempt += 1;
                }
                end => return end,
            }
        }
    }

    /// Sends a request until it is answered for good.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, GitHubError> {
        let attempts = if call.verb == Verb::Make { 1 } else { ATTEMPTS };
        let (mut attempt, mut limited, mut moves) = (1, 0, 0);
        let mut path = call.path.clone();
        loop {
            self.wait(call.what).await?;
            let end = self.send(call, &path).await.map(|reply| {
                let message = reply.message();
                let now = self.clock.now();
                (verdict(reply.head, &message, now, limited), message, now, reply)
            });
            let error = match end {
                Ok((Verdict::Done, _, _, reply)) => return Ok(Answer { text: reply.text, next: reply.next }),
                Ok((Verdict::Limited(until), _, now, _)) => {
                    limited += 1;
                    self.block(until.max(now.saturating_add(1)));
                    continue;
                }
                Ok((Verdict::Moved, message, _, reply)) => match self.moved(reply.location.as_deref()) {
                    Some(to) if moves < MOVES => {
                        moves += 1;
                        path = to;
                        continue;
                    }
                    _ => return Err(refusal(call.what, reply.head.status, message)),
                },
                Ok((Verdict::Refused, message, _, reply)) => {
                    return Err(refusal(call.what, reply.head.status, message));
                }
                Ok((Verdict::Broken, _, _, reply)) => GitHubError::Down { what: call.what, status: reply.head.status },
                Err(error) => error,
            };
            if attempt == attempts {
                return Err(error);
            }
            self.back_off(attempt).await;
            attempt += 1;
        }
    }

    /// Sends a request once.
    async fn send(&self, call: &Call, path: &str) -> Result<Reply, GitHubError> {
        let lost = |why: String| GitHubError::Unreachable { what: call.what, host: self.host.clone(), why };
        let exchange = async {
            let body = call.body.as_ref();
            let response = match call.verb {
                Verb::Get => self.crab._get(path).await,
                Verb::Patch => self.crab._patch(path, body).await,
                Verb::Delete => self.crab._delete(path, body).await,
                Verb::Ask | Verb::Make => self.crab._post(path, body).await,
            };
            let response = response.map_err(|error| lost(chain(&error)))?;
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
            let number = |name: &str| header(name).and_then(|value| value.trim().parse().ok());
            let head = Head {
                status: response.status().as_u16(),
                retry_after: number("retry-after"),
                remaining: number("x-ratelimit-remaining"),
                reset: number("x-ratelimit-reset"),
            };
            let location = header("location").map(str::to_owned);
            // Of its URL the path alone counts: a server behind another name may write its own.
            let next = header("link").and_then(next).and_then(Parts::of).map(|parts| parts.path.to_owned());
            let bytes = Limited::new(response.into_body(), LARGEST).collect().await;
            let bytes = bytes.map_err(|error| lost(chain(&*error)))?.to_bytes();
            Ok(Reply { head, location, next, text: String::from_utf8_lossy(&bytes).into_owned() })
        };
        let reply: Reply = match tokio::time::timeout(ANSWER, exchange).await {
            Ok(end) => end?,
            Err(_) => return Err(lost(format!("nothing came in {} seconds", ANSWER.as_secs()))),
        };
        if let Some(until) = blocked_until(reply.head) {
            self.block(until);
        }
        Ok(reply)
    }

    /// The path of another URL of this API; none where it is somebody else's, who must not get the token.
    fn moved(&self, to: Option<&str>) -> Option<String> {
        let to = to?;
        match Parts::of(to) {
            Some(parts) => (parts.authority.eq_ignore_ascii_case(&self.host)).then(|| parts.path.to_owned()),
            None => to.starts_with('/').then(|| to.to_owned()),
        }
    }

    fn block(&self, until: u64) {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.blocked = waits.blocked.max(until);
    }

    /// Waits while a limit stands, if that is not too long.
    async fn wait(&self, what: &'static str) -> Result<(), GitHubError> {
        let now = self.clock.now();
        let wait = {
            let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
            let wait = waits.blocked.saturating_sub(now);
            if wait > self.patience.saturating_sub(waits.spent) {
                return Err(GitHubError::RateLimited { what, wait, until: waits.blocked });
            }
            waits.spent += wait;
            wait
        };
        if wait > 0 {
            self.clock.sleep(Duration::from_secs(wait)).await;
        }
        Ok(())
    }

    async fn back_off(&self, attempt: u32) {
        self.clock.sleep(Duration::from_secs(1 << attempt.min(4))).await;
    }
}

impl Answer {
    /// The answer as what it should be.
    pub(super) fn read<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, GitHubError> {
        serde_json::from_str(&self.text).map_err(|error| GitHubError::Answer { what, why: error.to_string() })
    }
}

impl Reply {
    /// GitHub's words on what is wrong.
    fn message(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        let mut words: Vec<String> = body["message"].as_str().map(str::to_owned).into_iter().collect();
        for error in body["errors"].as_array().into_iter().flatten() {
            let of = |member: &str| error[member].as_str().unwrap_or_default();
            let told = [of("message"), of("field"), of("code")];
            words.push(error.as_str().map_or_else(|| told.join(" ").trim().to_owned(), str::to_owned));
        }
        let words = if words.is_empty() { self.text.clone() } else { words.join("; ") };
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let words: String = words.chars().take(WORDS).collect();
        if words.is_empty() { "no word of why".to_owned() } else { words }
    }
}

fn refusal(what: &'static str, status: u16, message: String) -> GitHubError {
    match status {
        401 => GitHubError::Unauthorized { what, message },
        403 => GitHubError::Forbidden { what, message },
        404 => GitHubError::NotFound { what, message },
        _ => GitHubError::Refused { what, status, message },
    }
}

fn is_name(name: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    !matches!(name, "" | "." | "..") && name.chars().all(allowed)
}

/// The URL of the next page in a `link` header: `<https://…&page=2>; rel="next", <…>; rel="last"`.
fn next(link: &str) -> Option<&str> {
    link.split(',').find_map(|part| {
        let (url, rest) = part.trim().strip_prefix('<')?.split_once('>')?;
        rest.contains("rel=\"next\"").then_some(url)
    })
}

/// An error with what is behind it.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut link = Some(error);
    while let Some(error) = link {
        let told = error.to_string();
        // What only repeats what is behind it is left out.
        words.retain(|before| !before.contains(&told));
        words.push(told);
        link = error.source();
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_read_from_the_links() {
        let link = "<https://api.github.com/x?page=1>; rel=\"prev\", <https://api.github.com/x?page=3>; rel=\"next\"";
        assert_eq!(next(link), Some("https://api.github.com/x?page=3"));
        assert_eq!(next("<https://api.github.com/x?page=1>; rel=\"prev\""), None);
        assert_eq!(next(""), None);
    }

    fn place(api: &str, repository: &str, token: &str) -> Result<GitHub, GitHubError> {
        let place =
            Place { api: api.to_owned(), repository: repository.to_owned(), token: Secret::new(token), author: None };
        GitHub::new(place, Arc::new(crate::SystemClock))
    }

    #[tokio::test]
    async fn what_cannot_be_asked_is_refused_at_once() {
        let api = "https://api.github.com";
        for bad in ["", "api.github.com", "http://api.github.com", "ftp://x", "https://u:p@x", "https://x/?a"] {
            assert!(matches!(place(bad, "o/n", "t"), Err(GitHubError::Api { .. })), "{bad}");
        }
        for bad in ["", "o", "o/", "/n", "o/n/x", "o/..", "o n/x", "o/n?"] {
            assert!(matches!(place(api, bad, "t"), Err(GitHubError::Repository { .. })), "{bad}");
        }
        for bad in ["", " \n", "a b", "a\nb", "é"] {
            assert!(matches!(place(api, "o/n", bad), Err(GitHubError::Token)), "{bad}");
        }
    }

    #[tokio::test]
    async fn another_host_is_never_asked() {
        let github = place("https://ghe.example/api/v3/", "o/n", "t").unwrap();
        assert_eq!(github.path("issues"), "/api/v3/repos/o/n/issues");
        assert_eq!(github.moved(Some("https://ghe.example/api/v3/repositories/1")).unwrap(), "/api/v3/repositories/1");
        assert_eq!(github.moved(Some("/x")).as_deref(), Some("/x"));
        assert_eq!(github.moved(Some("https://evil.example/api/v3/x")), None);
        assert_eq!(github.moved(None), None);
    }
}
