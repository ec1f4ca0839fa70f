//! What keeps something from being said on GitHub.
//!
//! Owns: every message about it, with a way out. Refuses to know: whether that ends the job it happened in.

/// The way out where the other side's certificate is not trusted.
pub(crate) const TRUST: &str =
    "install the system's certificates (ca-certificates), or name a file of them in SSL_CERT_FILE";

/// The way out where nobody answers.
pub(crate) const DIRECT: &str = "it is asked directly from this machine: HTTPS_PROXY and its like are not read";

/// Why GitHub was not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// The API's URL is none, or would carry the token in the clear.
    #[error("{url:?} is not the URL of an API: it must be https://, or http:// to this machine")]
    Api {
        /// What was given.
        url: String,
    },
    /// The repository has no such form.
    #[error("{repository:?} is not a repository; it is written OWNER/NAME")]
    Repository {
        /// What was given.
        repository: String,
    },
    /// The token is empty or holds what no token holds.
    #[error("the token is empty or broken")]
    Token,
    /// A marker that would not stay hidden, or could be taken for another.
    #[error("{marker:?} cannot be hidden in a comment: letters, digits and ._:/- can be")]
    Marker {
        /// What was given.
        marker: String,
    },
    /// More than GitHub takes.
    #[error("the text has {length} characters, and GitHub takes {}", super::LIMIT)]
    TooLong {
        /// How much it is, marker included.
        length: usize,
    },
    /// Nothing can be sent from here.
    #[error("cannot make HTTPS connections: {why}")]
    Tls {
        /// Why.
        why: String,
    },
    /// No answer.
    #[error("cannot {what}: no answer from {host}: {why}")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// Who was asked.
        host: String,
        /// What went wrong.
        why: String,
    },
    /// GitHub is out of order.
    #[error("cannot {what}: GitHub answered {status}")]
    Down {
        /// What was asked for.
        what: &'static str,
        /// The status of HTTP.
        status: u16,
    },
    /// The token is not one, or not any more.
    #[error("cannot {what}: GitHub does not accept the token ({message})")]
    Unauthorized {
        /// What was asked for.
        what: &'static str,
        /// GitHub's words.
        message: String,
    },
    /// The token is not allowed to.
    #[error("cannot {what}: the token may not ({message})")]
    Forbidden {
        /// What was asked for.
        what: &'static str,
        /// GitHub's words.
        message: String,
    },
    /// It does not exist, or not for this token.
    #[error("cannot {what}: {message}; it does not exist, or the token may not see it")]
    NotFound {
        /// What was asked for.
        what: &'static str,
        /// GitHub's words.
        message: String,
    },
    /// Anything else that GitHub said no to.
    #[error("cannot {what}: GitHub answered {status} ({message})")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The status of HTTP.
        status: u16,
        /// GitHub's words.
        message: String,
    },
    /// Too many requests, and waiting would take too long.
    #[error("cannot {what}: GitHub's rate limit is reached for another {wait} seconds")]
    RateLimited {
        /// What was asked for.
        what: &'static str,
        /// How long it would have to be waited.
        wait: u64,
        /// When requests are taken again, in seconds since 1970.
        until: u64,
    },
    /// An answer that is not what GitHub's description says.
    #[error("cannot {what}: the answer is not one of GitHub's ({why})")]
    Answer {
        /// What was asked for.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Whose token it is cannot be found out, and something stands there already.
    #[error("cannot tell which account the token belongs to, so that it is not known whose text it may edit ({why})")]
    Author {
        /// What was tried.
        why: String,
    },
}

impl GitHubError {
    /// A way out.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Token | Self::Unauthorized { .. } => {
                "in GitHub Actions: env: GITHUB_TOKEN: ${{ github.token }}; elsewhere a token that has not expired"
            }
            Self::Forbidden { message, .. } if message.contains("locked") => "unlock the conversation on GitHub",
            Self::Forbidden { message, .. } if message.contains("archived") => "unarchive the repository on GitHub",
            Self::Forbidden { message, .. } if message.contains("create labels") => {
                "give the job `permissions: issues: write`, which a label needs that does not exist yet, or make it by hand"
            }
            Self::Refused { status: 410, .. } => "turn issues on in the repository's settings",
            Self::Forbidden { .. } => {
                "give the job `permissions: pull-requests: write` (for comments and labels) and `issues: write` (for issues)"
            }
            Self::NotFound { .. } => {
                "look at the repository and the number, and at what the token is for: a token of another repository, or \
                 without `pull-requests: write`, sees nothing of a private one"
            }
            Self::RateLimited { .. } => "run it again later, or with a token of its own",
            Self::Author { .. } => "say whose it is by --author LOGIN; for an app that is NAME[bot]",
            Self::Tls { .. } => TRUST,
            Self::Unreachable { why, .. } if why.contains("certificate") => TRUST,
            Self::Unreachable { .. } => DIRECT,
            Self::Api { .. }
            | Self::Repository { .. }
            | Self::Marker { .. }
            | Self::TooLong { .. }
            | Self::Down { .. }
            | Self::Refused { .. }
            | Self::Answer { .. } => return None,
        })
    }

    /// Whether the request may have been carried out all the same.
    pub(super) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Down { .. } | Self::Answer { .. })
    }
}
