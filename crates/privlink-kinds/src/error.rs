//! What becomes of a failed call: AWS's many codes sorted into the classes the engine acts by.
//!
//! Owns: the table of AWS's codes, and finding the true cause in the SDK's chains of errors.
//! Refuses to know: what is done about a failure; how it is shown.
//! Read next: `codes` for the stable codes of what could not be read, `credentials` for failures before any call.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use privlink_model::{Access, Account, CloudError, ErrorClass, Unread};

use crate::codes;
use crate::session::Session;

/// The operation named by failures to get credentials through a role.
pub(crate) const ASSUME_ROLE: &str = "sts:AssumeRole";
/// The operation named by failures to get credentials in another way.
pub(crate) const GET_CREDENTIALS: &str = "GetCredentials";
/// The code of failures to find any credentials.
pub(crate) const NO_CREDENTIALS: &str = "NoCredentials";
/// The code of credentials that belong to another account than the one that is meant.
pub(crate) const WRONG_ACCOUNT: &str = "WrongAccount";

impl Session {
    /// Sorts a failed call into its class, with AWS's words.
    pub(crate) fn error<E>(&self, operation: &str, error: SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut failure = match &error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or_default();
                let message = answer.err().message().unwrap_or_default();
                let raw = answer.raw();
                if code.is_empty() && message.is_empty() {
                    self.failure(ErrorClass::Unreadable, operation, "", unreadable(raw))
                } else {
                    self.failure(classify(code, message, raw.status().as_u16()), operation, code, message)
                }
            }
            SdkError::ResponseError(answer) => {
                self.failure(ErrorClass::Unreadable, operation, "", unreadable(answer.raw()))
            }
            SdkError::TimeoutError(_) => self.failure(ErrorClass::InDoubt, operation, "", chain(&error)),
            _ if find::<CredentialsError>(&error).is_some() => self.credentials_error(&error),
            SdkError::DispatchFailure(failed) => {
                self.failure(dispatch_class(failed, &error), operation, "", chain(&error))
            }
            _ => self.failure(ErrorClass::Refused, operation, "", chain(&error)),
        };
        failure.request_id = error.request_id().map(str::to_owned).or(failure.request_id);
        failure
    }

    /// One item of a bulk call that failed although the call as a whole did not.
    pub(crate) fn item_error(&self, operation: &str, code: &str, message: &str) -> CloudError {
        self.failure(classify(code, message, 400), operation, code, message)
    }

    /// Why something could not be read.
    pub(crate) fn unread(&self, error: &CloudError) -> Unread {
        let mut unread = unread(&self.account, error);
        if matches!(unread.code, codes::UNREACHABLE | codes::UNREADABLE) && !self.endpoints.is_empty() {
            unread.help = Some(format!("calls go to {}: check what answers there", self.endpoints.join(", ")));
        }
        unread
    }
}

/// Why something could not be read, under its stable code and with a way out.
fn unread(account: &Account, error: &CloudError) -> Unread {
    let code = stable_code(error);
    let help = match (code, &account.access) {
        (codes::ASSUME_ROLE, Access::Role(role)) => Some(format!(
            "check that {} exists in account {} and that its trust policy names you{}",
            role.arn,
            account.id,
            match (&role.mfa, &role.external_id) {
                (Some(_), _) =>
                    "; it may ask for an MFA code, which privlink cannot enter: use a profile whose session has one",
                (None, Some(_)) => " and asks for the external id the spec gives",
                (None, None) => "; it may ask for an external id, and the spec gives none",
            }
        )),
        (codes::NO_CREDENTIALS, Access::Profile(name)) => {
            Some(format!("log in with `aws sso login --profile {name}`, or check the profile in the AWS configuration"))
        }
        (codes::NO_CREDENTIALS, _) => Some(
            "log in with `aws sso login`, set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into(),
        ),
        (codes::WRONG_ACCOUNT, _) => Some(format!(
            "name a profile of account {0} in the spec or in AWS_PROFILE, or a role in account {0} to assume",
            error.scope.account
        )),
        (codes::UNREACHABLE, _) if says(&error.message, &["certificate", "unknownissuer"]) => {
            Some("put the certificate of your proxy in SSL_CERT_FILE; AWS_CA_BUNDLE is not read".into())
        }
        (codes::UNREACHABLE | codes::UNREADABLE, _) => {
            Some("check the network, proxies, and AWS_ENDPOINT_URL or endpoints in the AWS configuration".into())
        }
        (codes::REGION_OFF, _) => Some(format!(
            "{} may be an opt-in region that account {} has not turned on; or the credentials have expired",
            error.scope.region, error.scope.account
        )),
        (codes::DENIED, _) => {
            Some(format!("allow {} to the credentials of account {}", error.operation, error.scope.account))
        }
        (codes::THROTTLED, _) => {
            Some("wait a minute and try again; somebody else may be calling in the same account".into())
        }
        _ => None,
    };
    let ours = error.code.is_empty() || [NO_CREDENTIALS, WRONG_ACCOUNT].contains(&error.code.as_str());
    let words = if ours { error.message.clone() } else { format!("{}: {}", error.code, error.message) };
    Unread { code, operation: error.operation.clone(), message: words, help }
}

/// The stable code of a failed call.
pub fn stable_code(error: &CloudError) -> &'static str {
    match error.class {
        // STS refuses the role of a region that is off with the words it has for a token that is none.
        ErrorClass::Denied
            if error.operation == ASSUME_ROLE
                && matches!(error.code.as_str(), "InvalidClientTokenId" | "RegionDisabledException") =>
        {
            codes::REGION_OFF
        }
        ErrorClass::Denied if error.operation == ASSUME_ROLE => codes::ASSUME_ROLE,
        ErrorClass::Denied if error.operation == GET_CREDENTIALS => codes::NO_CREDENTIALS,
        ErrorClass::Denied => match error.code.as_str() {
            WRONG_ACCOUNT => codes::WRONG_ACCOUNT,
            "AuthFailure" | "UnrecognizedClientException" | "InvalidClientTokenId" | "OptInRequired" => {
                codes::REGION_OFF
            }
            _ => codes::DENIED,
        },
        ErrorClass::Throttled => codes::THROTTLED,
        ErrorClass::InDoubt | ErrorClass::Unreachable => codes::UNREACHABLE,
        ErrorClass::Unreadable => codes::UNREADABLE,
        ErrorClass::Quota | ErrorClass::NotFound | ErrorClass::Busy | ErrorClass::Refused => codes::REFUSED,
    }
}

/// The class of an answer that is an error.
pub(crate) fn classify(code: &str, message: &str, status: u16) -> ErrorClass {
    match code {
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "SlowDown" => ErrorClass::Throttled,
        "UnauthorizedOperation"
        | "AuthFailure"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "OptInRequired"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "Blocked" => ErrorClass::Denied,
        "DependencyViolation"
        | "ResourceInUse"
        | "ResourceInUseException"
        | "ExistingVpcEndpointConnections"
        | "IncorrectState"
        | "InvalidState"
        | "InvalidTarget"
        | "PriorRequestNotComplete"
        | "ConcurrentTagAccess"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "Unavailable" => ErrorClass::Busy,
        "InsufficientFreeAddressesInSubnet" | "ServiceQuotaExceededException" => ErrorClass::Quota,
        _ if code.starts_with("AccessDenied") => ErrorClass::Denied,
        _ if code.ends_with("NotFound") || code == "NotFoundException" => ErrorClass::NotFound,
        _ if code.ends_with("LimitExceeded") || code == "LimitExceededException" || code.starts_with("TooMany") => {
            ErrorClass::Quota
        }
        // API Gateway has one code for most refusals: only the words tell those that pass from those that stay.
        "ConflictException" if says(message, &["concurrent", "try again", "in progress", "pending", "deleting"]) => {
            ErrorClass::Busy
        }
        "BadRequestException"
            if says(message, &["is referenced in", "currently associated", "active stages pointing"]) =>
        {
            ErrorClass::Busy
        }
        _ if status == 429 || says(message, &["rate exceeded"]) => ErrorClass::Throttled,
        _ if status == 503 => ErrorClass::Busy,
        // It failed inside AWS, maybe after it had begun.
        _ if status >= 500 => ErrorClass::InDoubt,
        _ => ErrorClass::Refused,
    }
}

fn says(message: &str, words: &[&str]) -> bool {
    let message = message.to_lowercase();
    words.iter().any(|word| message.contains(word))
}

/// Whether a call that got no answer can have taken effect.
fn dispatch_class(failed: &DispatchFailure, error: &(dyn Error + 'static)) -> ErrorClass {
    if failed.is_user() {
        return ErrorClass::Refused;
    }
    let refused = find::<io::Error>(error).is_some_and(|error| {
        use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable};
        matches!(
            error.kind(),
            ConnectionRefused | HostUnreachable | NetworkUnreachable | NetworkDown | AddrNotAvailable
        )
    });
    // The client's error types for a connection that was never made are private; their words are all there is.
    if refused || says(&chain(error), &["client error (connect)", "dns error", "http connect timeout"]) {
        ErrorClass::Unreachable
    } else {
        ErrorClass::InDoubt
    }
}

/// Says what came instead of an answer.
fn unreadable(raw: &HttpResponse) -> String {
    let body = String::from_utf8_lossy(raw.body().bytes().unwrap_or_default());
    let start: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
    let start = if start.is_empty() { "nothing".to_owned() } else { format!("{start:?}") };
    format!("an answer with status {} that is not AWS's: it begins with {start}", raw.status().as_u16())
}

/// The first error of a type in a chain of causes.
pub(crate) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// What the SDK says of each layer an error passed, and what tells nobody anything.
const NOISE: [&str; 5] =
    ["dispatch failure", "io error", "other", "service error", "an error occurred while loading credentials"];

/// The words of an error and of what caused it, each once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = match error.downcast_ref::<ErrorMetadata>() {
            Some(metadata) => metadata.message().unwrap_or_default().to_owned(),
            None => error.to_string(),
        };
        if !text.is_empty() && !NOISE.contains(&text.as_str()) && !words.iter().any(|seen| seen.contains(&text)) {
            words.push(text);
        }
        next = error.source();
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use privlink_model::ErrorClass::{self, *};

    use super::classify;

    #[test]
    fn codes_are_sorted_into_classes() {
        let check =
            |code, message, status, expect: ErrorClass| assert_eq!(classify(code, message, status), expect, "{code}");
        check("RequestLimitExceeded", "", 503, Throttled);
        check("TooManyRequestsException", "Too Many Requests", 429, Throttled);
        check("LimitExceededException", "", 429, Quota);
        check("VpcEndpointLimitExceeded", "", 400, Quota);
        check("TooManyLoadBalancers", "", 400, Quota);
        check("UnauthorizedOperation", "", 403, Denied);
        check("AccessDeniedException", "", 403, Denied);
        check("InvalidVpcEndpointId.NotFound", "", 400, NotFound);
        check("LoadBalancerNotFound", "", 400, NotFound);
        check("DependencyViolation", "", 400, Busy);
        check("ConflictException", "Unable to complete operation due to concurrent modification.", 409, Busy);
        check("ConflictException", "Stage already exists", 409, Refused);
        check("BadRequestException", "Cannot delete vpc link. Vpc link 'x', is referenced in [ANY:y]", 400, Busy);
        check("BadRequestException", "Invalid patch path", 400, Refused);
        check("InternalError", "", 500, InDoubt);
        check("InvalidParameter", "", 400, Refused);
    }
}
