//! What AWS's word that there were too many calls looks like, and how long to wait then.
//!
//! Owns: telling a throttle from every other answer while it is still bytes, pauses and their jitter, and that nobody else
//! repeats such a call. Refuses to know: who waits where (`limiter`).
//!
//! API Gateway answers with status 429 also where a count is exhausted, which no waiting mends: the type of the error tells
//! the two apart. The pauses grow up to a limit that leaves a request's signature valid to the last attempt.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use privlink_model::ErrorClass;

use crate::error::classify;

/// How often a call is made before its throttle is passed on.
const ATTEMPTS: u32 = 7;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// An answer that says there were too many calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Throttled {
    /// AWS's wish, where it has one.
    retry_after: Option<Duration>,
}

/// Marks an answer whose call was repeated often enough.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenUp;

impl Throttled {
    /// How long to wait before the call is made again; none when it was made often enough. `seed` is the call's own, so that
    /// many that were throttled together do not come back together.
    pub(crate) fn pause(self, attempt: u32, seed: u64) -> Option<Duration> {
        if attempt >= ATTEMPTS {
            return None;
        }
        let longest = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(8)).min(LONGEST_PAUSE);
        let mut hasher = DefaultHasher::new();
        (seed, attempt).hash(&mut hasher);
        let share = (hasher.finish() % 1000) as f64 / 1000.0;
        Some(longest.mul_f64(0.5 + share / 2.0).max(self.retry_after.unwrap_or_default()))
    }
}

/// Whether an answer is a throttle. Reads its body to the end where it is an error, and puts it back.
pub(crate) async fn throttled(answer: &mut HttpResponse) -> Result<Option<Throttled>, ConnectorError> {
    let status = answer.status().as_u16();
    if status < 400 {
        return Ok(None);
    }
    let body = ByteStream::new(answer.take_body()).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let kind = answer.headers().get("x-amzn-errortype").map(str::to_owned);
    let found = judge(status, kind.as_deref(), &String::from_utf8_lossy(&body));
    *answer.body_mut() = SdkBody::from(body);
    let seconds = || answer.headers().get("retry-after")?.trim().parse().ok().map(Duration::from_secs);
    Ok(found.then(|| Throttled { retry_after: seconds() }))
}

/// Judges by the error's type: in a header or a member where JSON is spoken, between tags where XML is.
fn judge(status: u16, kind: Option<&str>, body: &str) -> bool {
    let tagged = || body.split_once("<Code>")?.1.split_once("</Code>").map(|(code, _)| code);
    let member = || body.split_once("\"__type\"")?.1.split('"').nth(1);
    let code = kind.or_else(tagged).or_else(member).unwrap_or_default();
    let code = code.split([':', ',']).next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default().trim();
    // A page of a proxy is no word of AWS's, whatever its status.
    !code.is_empty() && classify(code, body, status) == ErrorClass::Throttled
}

/// Keeps the SDK from repeating what was repeated here.
#[derive(Debug)]
pub(crate) struct RepeatedAlready;

impl ClassifyRetry for RepeatedAlready {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().and_then(|answer| answer.extension::<GivenUp>()) {
            Some(GivenUp) => RetryAction::RetryForbidden,
            None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "repeated already"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_before(RetryClassifierPriority::http_status_code_classifier())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC2: &str = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.\
                       </Message></Error></Errors><RequestID>r</RequestID></Response>";
    const ELB: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message>\
                       </Error><RequestId>r</RequestId></ErrorResponse>";

    #[test]
    fn throttles_are_told_from_other_errors_by_their_type() {
        assert!(judge(503, None, EC2));
        assert!(judge(400, None, ELB));
        assert!(judge(429, Some("TooManyRequestsException"), r#"{"message":"Too Many Requests"}"#));
        assert!(judge(429, Some("com.amazonaws#TooManyRequestsException:http://x"), "{}"));
        assert!(judge(400, None, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#));
        assert!(judge(400, None, r#"{"message":"m", "__type" : "com.amazon.coral.service#ThrottlingException"}"#));
        assert!(!judge(400, None, r#"{"__type":"InvalidTimeRangeException"}"#));
        assert!(!judge(429, Some("LimitExceededException"), r#"{"message":"Maximum number of VPC links reached"}"#));
        assert!(!judge(400, None, &ELB.replace("Throttling", "TooManyLoadBalancers").replace("Rate exceeded", "")));
        assert!(!judge(503, Some("ServiceUnavailableException"), "{}"));
        assert!(!judge(429, None, "<html>slow down</html>"), "a proxy's page");
    }

    #[test]
    fn pauses_grow_differ_and_heed_what_aws_wishes() {
        let plain = Throttled { retry_after: None };
        for seed in 0..50 {
            let pauses: Vec<Duration> = (1..).map_while(|attempt| plain.pause(attempt, seed)).collect();
            assert_eq!(pauses.len(), 6);
            for (attempt, pause) in pauses.iter().enumerate() {
                let longest = Duration::from_secs(1 << attempt).min(LONGEST_PAUSE);
                assert!(*pause >= longest / 2 && *pause <= longest, "{attempt}: {pause:?}");
            }
            // Signatures live for five minutes, a token may be half a minute away each time.
            assert!(pauses.iter().sum::<Duration>() < Duration::from_secs(60));
        }
        let firsts: std::collections::BTreeSet<Duration> = (0..50).filter_map(|seed| plain.pause(1, seed)).collect();
        assert!(firsts.len() > 25, "jitter: {firsts:?}");
        assert_eq!(plain.pause(3, 4), plain.pause(3, 4));
        let patient = Throttled { retry_after: Some(Duration::from_secs(30)) };
        assert_eq!(patient.pause(1, 0), Some(Duration::from_secs(30)));
    }
}
