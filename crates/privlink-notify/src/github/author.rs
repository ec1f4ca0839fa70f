//! Whose token it is.
//!
//! Owns: how the account is found out. Refuses to know: what it wrote.
//!
//! `GET /user` answers people alone: the token of a job and those of apps get a 403, "Resource not accessible by
//! integration". GraphQL's `viewer` answers all three, `github-actions[bot]` for the token of a job; so it is asked first,
//! and `GET /user` where there is no GraphQL.

use serde::Deserialize;
use serde_json::{Value, json};

use super::GitHubError;
use super::client::{Call, GitHub, Verb};

/// What is asked for, in messages.
const WHAT: &str = "ask whose the token is";

/// Who wrote something.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct User {
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

impl GitHub {
    /// Whether somebody is us; nobody (a deleted account) is not.
    pub(super) async fn is_us(&self, user: Option<&User>) -> Result<bool, GitHubError> {
        match user {
            Some(user) => Ok(is(user, self.author.get_or_try_init(|| self.ask()).await?)),
            None => Ok(false),
        }
    }

    async fn ask(&self) -> Result<String, GitHubError> {
        let graphql = match self.base.strip_suffix("/v3") {
            // An Enterprise Server has it beside the API and not in it.
            Some(api) => format!("{api}/graphql"),
            None => format!("{}/graphql", self.base),
        };
        let query = json!({ "query": "query { viewer { login } }" });
        let call = Call { verb: Verb::Ask, path: graphql, body: Some(query), what: WHAT };
        let first = match self.login(&call, "/data/viewer/login").await {
            Err(error @ (GitHubError::RateLimited { .. } | GitHubError::Unauthorized { .. })) => return Err(error),
            Err(error) => error,
            login => return login,
        };
        let call = Call { verb: Verb::Get, path: format!("{}/user", self.base), body: None, what: WHAT };
        let second = self.login(&call, "/login").await;
        second.map_err(|second| GitHubError::Author { why: format!("{first}; {second}") })
    }

    async fn login(&self, call: &Call, pointer: &str) -> Result<String, GitHubError> {
        let answer: Value = self.call(call).await?.read(WHAT)?;
        let login = answer.pointer(pointer).and_then(Value::as_str).filter(|login| !login.is_empty());
        let why = || answer["errors"][0]["message"].as_str().unwrap_or("it names nobody").to_owned();
        login.map(str::to_owned).ok_or_else(|| GitHubError::Answer { what: WHAT, why: why() })
    }
}

/// Whether a user is an account. Apps are written with and without their `[bot]`; people's names have none.
fn is(user: &User, account: &str) -> bool {
    let bot =
        user.kind == "Bot" && user.login.strip_suffix("[bot]").is_some_and(|app| app.eq_ignore_ascii_case(account));
    bot || user.login.eq_ignore_ascii_case(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_with_an_apps_name_is_not_the_app() {
        let user = |login: &str, kind: &str| User { login: login.to_owned(), kind: kind.to_owned() };
        assert!(is(&user("github-actions[bot]", "Bot"), "github-actions[bot]"));
        assert!(is(&user("github-actions[bot]", "Bot"), "github-actions"));
        assert!(is(&user("Ana", "User"), "ana"));
        assert!(!is(&user("github-actions", "User"), "github-actions[bot]"));
        assert!(!is(&user("ana[bot]", "User"), "ana"));
    }
}
