//! One account's credentials, fetched once and kept until shortly before they expire.
//!
//! Owns: keeping credentials, and saying why there are none. Refuses to know: where they come from.
//! Read next: `connect`, which makes the providers inside.
//!
//! The SDK has a cache of its own, which only its clients can ask. A gather wants to know before its first call whether
//! there are credentials at all, so that an account that cannot be entered costs one request and gives one message.
#![expect(clippy::disallowed_methods, reason = "credentials run out by the machine's time")]

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::ErrorMetadata;
use privlink_model::{Access, CloudError, ErrorClass};
use tokio::sync::Mutex;

use crate::error::{ASSUME_ROLE, GET_CREDENTIALS as GET, NO_CREDENTIALS, WRONG_ACCOUNT, chain, find};
use crate::live::answered;
use crate::session::Session;

const IDENTIFY: &str = "sts:GetCallerIdentity";

/// Credentials are fetched anew this long before they expire.
const MARGIN: Duration = Duration::from_secs(120);

/// A provider that remembers what the one inside gave.
#[derive(Debug)]
pub(crate) struct Kept {
    inner: SharedCredentialsProvider,
    kept: Mutex<Option<Credentials>>,
}

impl Kept {
    pub(crate) fn new(inner: SharedCredentialsProvider) -> Self {
        Self { inner, kept: Mutex::default() }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = kept.as_ref() {
            let fresh = credentials.expiry().is_none_or(|expiry| expiry > SystemTime::now() + MARGIN);
            if fresh {
                return Ok(credentials.clone());
            }
        }
        let credentials = self.inner.provide_credentials().await?;
        *kept = Some(credentials.clone());
        Ok(credentials)
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl Session {
    /// Asks for credentials and whose they are, so that what is wrong with them is found before any other call is made.
    ///
    /// **Invariant:** nothing is read or written with the credentials of another account than the spec says. An account
    /// whose network was looked for in another would seem to be empty.
    pub(crate) async fn check_credentials(&self) -> Result<(), CloudError> {
        let account = self.identity.get_or_try_init(|| self.identify()).await?;
        if *account == self.scope.account {
            return Ok(());
        }
        let words = format!("the credentials belong to account {account}, and the spec says {}", self.scope.account);
        Err(self.failure(ErrorClass::Denied, IDENTIFY, WRONG_ACCOUNT, words))
    }

    /// Most credentials say whose they are; for plain keys STS has to be asked.
    async fn identify(&self) -> Result<String, CloudError> {
        let credentials =
            self.credentials.provide_credentials().await.map_err(|error| self.credentials_error(&error))?;
        if let Some(account) = credentials.account_id() {
            return Ok(account.as_str().to_owned());
        }
        let answer = self.clients.sts.get_caller_identity().send().await;
        let answer = answer.map_err(|error| self.error(IDENTIFY, error))?;
        answered(self, IDENTIFY, answer.account())
    }

    /// Why there are no credentials, found in the chain of causes. Assuming a role needs credentials in turn: where those
    /// are what is missing, the chain holds a second failure to get credentials, and the role is not to blame.
    pub(crate) fn credentials_error(&self, error: &(dyn Error + 'static)) -> CloudError {
        let failures = credentials_errors(error);
        let (cause, role) = match (&self.account.access, failures.as_slice()) {
            (Access::Role(role), [] | [_]) => (error, Some(role)),
            (_, [.., innermost]) => (*innermost as &(dyn Error + 'static), None),
            (_, []) => (error, None),
        };
        let absent = failures.last().is_some_and(|last| matches!(last, CredentialsError::CredentialsNotLoaded(_)));
        // The machine's metadata service is the last that is asked: that it fails means that nobody else had any.
        if absent || find::<ImdsError>(cause).is_some() {
            return self.failure(ErrorClass::Denied, GET, NO_CREDENTIALS, "no credentials were found");
        }
        if let Some(answer) = find::<ErrorMetadata>(cause) {
            let words = answer.message().unwrap_or("AWS gave no reason");
            let code = answer.code().unwrap_or("Unknown");
            let mut failure = match role {
                Some(role) => self.failure(ErrorClass::Denied, ASSUME_ROLE, code, format!("{}: {words}", role.arn)),
                None => self.failure(ErrorClass::Denied, GET, code, words),
            };
            failure.request_id = answer.extra("aws_request_id").map(str::to_owned);
            return failure;
        }
        let operation = if role.is_some() { ASSUME_ROLE } else { GET };
        if find::<ConnectorError>(cause).is_some() {
            return self.failure(ErrorClass::Unreachable, operation, "", chain(cause));
        }
        let words = chain(cause);
        // The SDK has no type for an answer it cannot parse that could be looked for here.
        if words.contains("error parsing") {
            return self.failure(ErrorClass::Unreadable, operation, "", words);
        }
        self.failure(ErrorClass::Denied, operation, "InvalidCredentials", words)
    }
}

/// Every failure to get credentials in a chain of causes, the outermost first.
fn credentials_errors<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a CredentialsError> {
    let mut found = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        found.extend(error.downcast_ref::<CredentialsError>());
        next = error.source();
    }
    found
}
