//! API Gateway's errors: owns their codes and statuses; their envelope is the server's.

use crate::wire::Fault;

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
