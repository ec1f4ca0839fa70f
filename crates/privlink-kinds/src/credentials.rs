//! One account's credentials, fetched once and kept until shortly before they expire.
//!
//! Owns: keeping credentials, and saying why there are none. Refuses to know: where they come from.
//! Read next: `connect`, which makes the providers inside.
//!
//! The SDK has a cache of its own, which only its clients can ask. A gather wants to know before its first call whether
//! there are credentials at all, so that an account that cannot be entered costs one request and gives one message.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::ErrorMetadata;
use privlink_model::{Access, CloudError, ErrorClass};
use tokio::sync::Mutex;

use crate::error::{ASSUME_ROLE, NO_CREDENTIALS, chain, find};
use crate::session::Session;

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
    /// Asks for credentials, so that their absence is found before any call is made.
    pub(crate) async fn check_credentials(&self) -> Result<(), CloudError> {
        match self.credentials.provide_credentials().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.credentials_error(&error)),
        }
    }

    /// Why there are no credentials, found in the chain of causes: an account may be entered through several doors.
    pub(crate) fn credentials_error(&self, error: &(dyn Error + 'static)) -> CloudError {
        if let Access::Role(role) = &self.account.access
            && let Some(answer) = find::<ErrorMetadata>(error)
        {
            let words = answer.message().unwrap_or("AWS gave no reason");
            let code = answer.code().unwrap_or("Unknown");
            let mut failure = self.failure(ErrorClass::Denied, ASSUME_ROLE, code, format!("{}: {words}", role.arn));
            failure.request_id = answer.extra("aws_request_id").map(str::to_owned);
            return failure;
        }
        if find::<CredentialsError>(error).is_some_and(is_absent)
            || deepest_credentials_error(error).is_some_and(is_absent)
        {
            return self.failure(ErrorClass::Denied, "GetCredentials", NO_CREDENTIALS, "no credentials were found");
        }
        if let Some(answer) = find::<ErrorMetadata>(error) {
            let words = answer.message().unwrap_or("no reason was given");
            return self.failure(ErrorClass::Denied, "GetCredentials", answer.code().unwrap_or("Unknown"), words);
        }
        if find::<ConnectorError>(error).is_some() {
            return self.failure(ErrorClass::Unreachable, ASSUME_ROLE, "", chain(error));
        }
        self.failure(ErrorClass::Denied, "GetCredentials", "InvalidCredentials", chain(error))
    }
}

fn is_absent(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::CredentialsNotLoaded(_))
}

/// The innermost error of credentials: assuming a role needs credentials in turn.
fn deepest_credentials_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        found = error.downcast_ref::<CredentialsError>().or(found);
        next = error.source();
    }
    found
}
