//! Webhooks: a POST of JSON to a URL that somebody gave, as Slack and many others take it.
//!
//! Owns: that the URL, which is a password, stays unsaid. Refuses to know: the message (see the caller).
//!
//! Nothing is repeated but where the other side asks for it (429): a message that came twice is worse than one that a person
//! sends again.

use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::clock::Clock;
use crate::github::{DIRECT, TRUST, chain};
use crate::secret::Secret;
use crate::url::Parts;

/// How long the other side may take.
const ANSWER: Duration = Duration::from_secs(10);
/// How long it is waited when the other side asks for it.
const PATIENCE: u64 = 60;
/// How much of an answer is read, and how much of it is told.
const READ: usize = 64 << 10;
const TOLD: usize = 200;
/// From how many letters on a part of the URL may be a secret. Those that services make are longer.
const SECRET: usize = 6;

/// Why a webhook was not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The URL is none.
    #[error("the webhook's URL is not one of HTTPS")]
    Url,
    /// The URL would carry its secret in the clear.
    #[error("the webhook's URL begins with http://, and whoever sees it on its way can use it")]
    Insecure,
    /// Nothing can be sent from here.
    #[error("cannot make HTTPS connections: {0}")]
    Tls(String),
    /// No answer.
    #[error("no answer from the webhook at {host}: {why}")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// What went wrong.
        why: String,
    },
    /// The other side said no.
    #[error("the webhook at {host} answered {status}: {answer}")]
    Refused {
        /// Who was asked.
        host: String,
        /// The status of HTTP.
        status: u16,
        /// The beginning of its answer.
        answer: String,
    },
}

impl WebhookError {
    /// A way out.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Url => Some("give it as the service shows it, such as https://hooks.slack.com/services/…"),
            Self::Insecure => Some("use https://; http:// is for this machine alone"),
            Self::Tls(_) => Some(TRUST),
            Self::Unreachable { why, .. } if why.contains("certificate") => Some(TRUST),
            Self::Unreachable { .. } => Some(DIRECT),
            Self::Refused { .. } => None,
        }
    }
}

/// Whether a message could be posted to this URL, so that a wrong one is known before there is something to tell.
pub fn check(url: &Secret, plain_http: bool) -> Result<(), WebhookError> {
    parts(url, plain_http).map(drop)
}

fn parts(url: &Secret, plain_http: bool) -> Result<Parts<'_>, WebhookError> {
    let parts = Parts::of(url.expose()).ok_or(WebhookError::Url)?;
    if parts.is_private() || plain_http { Ok(parts) } else { Err(WebhookError::Insecure) }
}

/// Posts a message. `plain_http` lets a URL without encryption be one of another machine.
pub async fn post(url: &Secret, message: &Value, plain_http: bool, clock: &dyn Clock) -> Result<(), WebhookError> {
    let parts = parts(url, plain_http)?;
    let connector =
        HttpsConnectorBuilder::new().with_native_roots().map_err(|error| WebhookError::Tls(error.to_string()))?;
    let connector = connector.https_or_http().enable_http1().build();
    let client: Client<_, String> = Client::builder(TokioExecutor::new()).build(connector);
    let mut waited = false;
    loop {
        let unreachable = |why: String| WebhookError::Unreachable { host: parts.host().to_owned(), why };
        let exchange = async {
            let mut request = empty(|request| client.request(request));
            *request.method_mut() = "POST".parse().map_err(|_| WebhookError::Url)?;
            *request.uri_mut() = url.expose().parse().map_err(|_| WebhookError::Url)?;
            for (name, value) in [("content-type", "application/json"), ("user-agent", "privlink")] {
                request.headers_mut().insert(name, value.parse().map_err(|_| WebhookError::Url)?);
            }
            *request.body_mut() = message.to_string();
            let response = client.request(request).await.map_err(|error| unreachable(chain(&error)))?;
            let status = response.status().as_u16();
            let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
            // The beginning of a long answer is as good as none: it would be cut anyway.
            let text = Limited::new(response.into_body(), READ).collect().await.map(|body| body.to_bytes());
            Ok((status, wait, text.map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()))
        };
        let end = tokio::time::timeout(ANSWER, exchange).await;
        let (status, wait, text) =
            end.map_err(|_| unreachable(format!("nothing came in {} seconds", ANSWER.as_secs())))??;
        match (status, wait) {
            (200..=299, _) => return Ok(()),
            (429, Some(wait)) if wait <= PATIENCE && !waited => {
                waited = true;
                clock.sleep(Duration::from_secs(wait)).await;
            }
            _ => {
                let answer = told(&text, parts);
                return Err(WebhookError::Refused { host: parts.host().to_owned(), status, answer });
            }
        }
    }
}

/// An empty request, of the type that a client takes.
fn empty<R: Default, F>(_client: impl FnOnce(R) -> F) -> R {
    R::default()
}

/// The beginning of an answer, on one line. What it repeats of the URL is left out, as a whole and part by part: it may be
/// written in another way (JSON may say `\/` for `/`), and one part can be the whole secret.
fn told(text: &str, parts: Parts<'_>) -> String {
    let mut words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = Some(parts.path.trim_matches('/')).filter(|path| !path.is_empty());
    let long = parts.path.split(['/', '?', '&', '=']).filter(|part| part.len() >= SECRET);
    for secret in whole.into_iter().chain(long) {
        words = words.replace(secret, "…");
    }
    let words: String = words.chars().take(TOLD).collect();
    if words.is_empty() { "nothing".to_owned() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_without_the_secret() {
        let parts = Parts::of("https://hooks.example/services/T0/B0/x").unwrap();
        assert_eq!(told("no\n /services/T0/B0/x   here", parts), "no /… here");
        let parts = Parts::of("https://hooks.example/services/T0000000/B0000000/xyzxyz?key=abcabc").unwrap();
        for repeated in [
            "no /services/T0000000/B0000000/xyzxyz?key=abcabc",
            r#"{"path":"\/services\/T0000000\/B0000000\/xyzxyz"}"#,
            "no such key: abcabc",
            "https://hooks.example/services/T0000000/B0000000/xyzxyz/",
        ] {
            let words = told(repeated, parts);
            assert!(!["T0000000", "B0000000", "xyzxyz", "abcabc"].iter().any(|part| words.contains(part)), "{words}");
        }
        assert_eq!(told(" \n", parts), "nothing");
        assert_eq!(told(&"x".repeat(500), parts).len(), TOLD);
        assert_eq!(told("a/b", Parts::of("https://hooks.example/").unwrap()), "a/b");
    }

    #[tokio::test]
    async fn what_is_no_safe_url_is_refused_without_being_told() {
        let post =
            async |url, plain| post(&Secret::new(url), &Value::Null, plain, &crate::SystemClock).await.unwrap_err();
        assert_eq!(post("hooks.example/secret", false).await, WebhookError::Url);
        assert_eq!(post("ftp://hooks.example/secret", true).await, WebhookError::Url);
        let error = post("http://hooks.example/secret", false).await;
        assert_eq!(error, WebhookError::Insecure);
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}
