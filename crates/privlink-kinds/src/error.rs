//! What becomes of a failed call: AWS's many codes sorted into the classes the engine acts by.
//!
//! Owns: the table of AWS's codes, and finding the true cause in the SDK's chains of errors.
//! Refuses to know: what is done about a failure; how it is shown.
//! Read next: `codes` for the stable codes of what could not be read.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use privlink_model::{CloudError, ErrorClass};

use crate::session::Session;

/// The operation named by failures to get credentials through a role.
pub(crate) const ASSUME_ROLE: &str = "sts:AssumeRole";
/// The code of failures to find any credentials.
pub(crate) const NO_CREDENTIALS: &str = "NoCredentials";

impl Session {
    /// Sorts a failed call into its class, with AWS's words.
    pub(crate) fn error<E>(&self, operation: &'static str, error: SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let request_id = error.request_id().map(str::to_owned);
        let mut failure = match &error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or_default();
                let message = answer.err().message().unwrap_or_default();
                let status = answer.raw().status().as_u16();
                let class = classify(code, message, status);
                self.failure(
                    class,
                    operation,
                    code,
                    if message.is_empty() { chain(&error) } else { message.to_owned() },
                )
            }
            SdkError::TimeoutError(_) => self.failure(ErrorClass::InDoubt, operation, "", chain(&error)),
            SdkError::ResponseError(answer) => self.failure(
                ErrorClass::Unreadable,
                operation,
                "",
                format!(
                    "the answer (status {}) could not be understood: {}",
                    answer.raw().status().as_u16(),
                    chain(&error)
                ),
            ),
            SdkError::DispatchFailure(failed) => {
                let class =
                    if failed.is_timeout() || failed.is_io() { ErrorClass::InDoubt } else { ErrorClass::Unreachable };
                self.failure(class, operation, "", chain(&error))
            }
            _ => self.failure(ErrorClass::Refused, operation, "", chain(&error)),
        };
        failure.request_id = request_id;
        failure
    }
}

/// The class of an answer that is an error.
pub(crate) fn classify(code: &str, message: &str, status: u16) -> ErrorClass {
    let _ = message;
    match code {
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "SlowDown" => ErrorClass::Throttled,
        _ if status >= 500 => ErrorClass::Busy,
        _ => ErrorClass::Refused,
    }
}

/// The words of an error and of what caused it, each once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = match error.downcast_ref::<ErrorMetadata>() {
            Some(metadata) => metadata.message().unwrap_or_default().to_owned(),
            None => error.to_string(),
        };
        if !text.is_empty() && !words.iter().any(|seen| seen.contains(&text)) {
            words.push(text);
        }
        next = error.source();
    }
    words.join(": ")
}
