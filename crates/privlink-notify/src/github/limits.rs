//! What an answer's head says: done, refused, broken, or too many requests and until when.
//!
//! Owns: GitHub's rules about rate limits, as pure functions. Refuses to know: sending and waiting.
//! <https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately>

/// What matters of an answer's head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The status of HTTP.
    pub(super) status: u16,
    /// `retry-after`, in seconds.
    pub(super) retry_after: Option<u64>,
    /// `x-ratelimit-remaining`.
    pub(super) remaining: Option<u64>,
    /// `x-ratelimit-reset`, in seconds since 1970.
    pub(super) reset: Option<u64>,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was carried out.
    Done,
    /// It is elsewhere.
    Moved,
    /// It was not carried out: too many requests, until this moment.
    Limited(u64),
    /// GitHub is out of order; it may have been carried out.
    Broken,
    /// No.
    Refused,
}

/// Without a word on how long: GitHub asks for a minute at least, and for more each time.
const A_MINUTE: u64 = 60;

/// What an answer means. `before` is how often the limit was met already.
pub(super) fn verdict(head: Head, message: &str, now: u64, before: u32) -> Verdict {
    match head.status {
        200..=299 => Verdict::Done,
        301 | 302 | 307 | 308 => Verdict::Moved,
        403 | 429 => match limited_until(head, message, now, before) {
            Some(until) => Verdict::Limited(until),
            None => Verdict::Refused,
        },
        // What makes something that notifies people has a limit of its own, and is refused as if it were wrong.
        422 if is_of_limits(message) => Verdict::Limited(a_while(now, before)),
        408 | 500..=599 => Verdict::Broken,
        _ => Verdict::Refused,
    }
}

fn limited_until(head: Head, message: &str, now: u64, before: u32) -> Option<u64> {
    if let Some(seconds) = head.retry_after {
        return Some(now.saturating_add(seconds));
    }
    if let Some(until) = blocked_until(head) {
        return Some(until);
    }
    (head.status == 429 || is_of_limits(message)).then(|| a_while(now, before))
}

/// Whether GitHub's words are about too many requests; an Enterprise Server has its own.
fn is_of_limits(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["rate limit", "abuse detection", "submitted too quickly"].iter().any(|words| message.contains(words))
}

fn a_while(now: u64, before: u32) -> u64 {
    now.saturating_add(A_MINUTE << before.min(6))
}

/// Until when nothing more may be asked, whatever this answer was.
pub(super) fn blocked_until(head: Head) -> Option<u64> {
    // The reset is a whole second, in which the limit may still stand.
    head.reset.filter(|_| head.remaining == Some(0)).map(|reset| reset.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16) -> Head {
        Head { status, ..Head::default() }
    }

    #[test]
    fn limits_are_told_from_refusals() {
        let plain = "Resource not accessible by integration";
        assert_eq!(verdict(head(403), plain, 100, 0), Verdict::Refused);
        assert_eq!(verdict(head(404), "Not Found", 100, 0), Verdict::Refused);
        assert_eq!(verdict(Head { retry_after: Some(7), ..head(403) }, plain, 100, 0), Verdict::Limited(107));
        assert_eq!(verdict(Head { retry_after: Some(7), ..head(429) }, "", 100, 3), Verdict::Limited(107));
        let spent = Head { remaining: Some(0), reset: Some(160), ..head(403) };
        assert_eq!(verdict(spent, "API rate limit exceeded", 100, 0), Verdict::Limited(161));
        let secondary = "You have exceeded a secondary rate limit.";
        assert_eq!(verdict(head(403), secondary, 100, 0), Verdict::Limited(160));
        assert_eq!(verdict(head(403), secondary, 100, 2), Verdict::Limited(340));
        assert_eq!(verdict(head(429), "", u64::MAX, u32::MAX), Verdict::Limited(u64::MAX));
        let abuse = "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.";
        assert_eq!(verdict(head(403), abuse, 100, 0), Verdict::Limited(160));
        let quick = "Validation Failed; was submitted too quickly";
        assert_eq!(verdict(head(422), quick, 100, 1), Verdict::Limited(220));
        let long = Head { retry_after: Some(7), remaining: Some(0), reset: Some(160), status: 422 };
        assert_eq!(verdict(long, "Validation Failed; body is too long", 100, 0), Verdict::Refused);
        // What is left of the primary limit says nothing about a refusal.
        assert_eq!(verdict(Head { remaining: Some(9), reset: Some(160), ..head(403) }, plain, 1, 0), Verdict::Refused);
    }

    #[test]
    fn the_last_request_of_an_hour_is_done_and_blocks_the_next() {
        let last = Head { remaining: Some(0), reset: Some(160), ..head(201) };
        assert_eq!((verdict(last, "", 100, 0), blocked_until(last)), (Verdict::Done, Some(161)));
        assert_eq!(blocked_until(Head { remaining: Some(1), ..last }), None);
    }

    #[test]
    fn broken_is_not_refused() {
        assert!([408, 500, 502, 503, 504].iter().all(|status| verdict(head(*status), "", 0, 0) == Verdict::Broken));
        assert!([301, 302, 307, 308].iter().all(|status| verdict(head(*status), "", 0, 0) == Verdict::Moved));
        assert!([400, 401, 410, 422].iter().all(|status| verdict(head(*status), "", 0, 0) == Verdict::Refused));
    }
}
