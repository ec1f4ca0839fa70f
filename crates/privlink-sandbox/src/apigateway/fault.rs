//! API Gateway's errors: owns their codes and statuses, and how one goes over the wire.

use crate::wire::{Fault, Reply};
use serde_json::json;

/// Refuses what the request asks.
pub(super) fn bad_request(message: impl Into<String>) -> Fault {
    Fault::new(400, "BadRequestException", message)
}

/// Says that something named does not exist.
pub(super) fn not_found(message: impl Into<String>) -> Fault {
    Fault::new(404, "NotFoundException", message)
}

/// Says that something of that name is there already.
pub(super) fn conflict(message: impl Into<String>) -> Fault {
    Fault::new(409, "ConflictException", message)
}

/// Says that a quota is used up; the same status as throttling, told apart by its code alone.
pub(super) fn limit(message: impl Into<String>) -> Fault {
    Fault::new(429, "LimitExceededException", message)
}

/// Refuses values that are outside an enumeration or a pattern, all of them in one message.
pub(super) fn validation(problems: &[String]) -> Fault {
    let count = problems.len();
    let noun = if count == 1 { "error" } else { "errors" };
    Fault::new(400, "ValidationException", format!("{count} validation {noun} detected: {}", problems.join("; ")))
}

/// Writes one problem as [`validation`] lists them.
pub(super) fn outside(value: &str, member: &str, set: &str) -> String {
    format!("Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{set}]")
}

/// Puts an error into the REST-JSON envelope.
pub(crate) fn refusal(fault: &Fault, request_id: &str) -> Reply {
    let mut reply = Reply::json(fault.status, &json!({ "message": fault.message }));
    reply.headers.push(("x-amzn-errortype".to_owned(), fault.code.clone()));
    reply.headers.push(("x-amzn-requestid".to_owned(), request_id.to_owned()));
    if let Some(seconds) = fault.retry_after {
        reply.headers.push(("retry-after".to_owned(), seconds.to_string()));
    }
    reply
}
