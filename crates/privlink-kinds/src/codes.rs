//! The stable codes of what can go wrong between privlink and AWS, with what each means and what helps.
//!
//! Owns: the table. Refuses to know: how a failure is recognised (`error`).
//! Read next: `error`.

/// One stable code.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// The code, as in messages.
    pub code: &'static str,
    /// What it says, in one sentence.
    pub summary: &'static str,
    /// What it means and what to do.
    pub explain: &'static str,
}

/// A role could not be assumed.
pub const ASSUME_ROLE: &str = "privlink::aws::assume-role";
/// There are no credentials.
pub const NO_CREDENTIALS: &str = "privlink::aws::no-credentials";
/// The credentials are another account's.
pub const WRONG_ACCOUNT: &str = "privlink::aws::wrong-account";
/// No connection.
pub const UNREACHABLE: &str = "privlink::aws::unreachable";
/// No answer that makes sense.
pub const UNREADABLE: &str = "privlink::aws::unreadable";
/// A region the account may not have turned on.
pub const REGION_OFF: &str = "privlink::aws::region-off";
/// A permission is missing.
pub const DENIED: &str = "privlink::aws::denied";
/// Too many calls.
pub const THROTTLED: &str = "privlink::aws::throttled";
/// Anything else AWS says no to.
pub const REFUSED: &str = "privlink::aws::refused";

/// All codes of this crate.
pub static CODES: &[Code] = &[
    Code {
        code: ASSUME_ROLE,
        summary: "the account's role could not be assumed",
        explain: "privlink enters the account through the role that the spec names, and AWS STS did not allow it. AWS gives \
                  the same answer when the role does not exist, when its trust policy does not name the principal you are, \
                  when the external id differs, and when your own policies do not allow sts:AssumeRole. Check the role's \
                  ARN in the spec, then its trust policy, then your own permissions.",
    },
    Code {
        code: NO_CREDENTIALS,
        summary: "no AWS credentials were found",
        explain: "Nothing in the environment, the AWS configuration files or the machine's metadata service gives \
                  credentials. Log in (`aws sso login`), set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
                  AWS_SECRET_ACCESS_KEY.",
    },
    Code {
        code: WRONG_ACCOUNT,
        summary: "the credentials belong to another account",
        explain: "The spec names an account, and the credentials used for it are those of another one. Read with them, the \
                  account would seem to be empty, and everything would be made anew in the wrong place; so nothing was \
                  read. Name the right profile or a role to assume in the spec, or set AWS_PROFILE.",
    },
    Code {
        code: UNREACHABLE,
        summary: "the service could not be reached",
        explain: "No connection could be made, so nothing was changed. Check the network and proxies, and whether \
                  AWS_ENDPOINT_URL or an endpoint in the AWS configuration points to a place that is not running.",
    },
    Code {
        code: UNREADABLE,
        summary: "an answer could not be understood",
        explain: "What came back is not what an AWS service sends, such as a web page of a proxy or an empty answer. What \
                  was asked for counts as unknown, and nothing is planned on it. Check whether an endpoint override or a \
                  proxy stands between privlink and AWS.",
    },
    Code {
        code: REGION_OFF,
        summary: "the credentials are not valid in this region",
        explain: "AWS knows the credentials elsewhere but not in this region. As a rule the region is an opt-in region that \
                  the account has not turned on; otherwise the credentials have expired or were deleted. Turn the region \
                  on in the account's settings, or name another one in the spec.",
    },
    Code {
        code: DENIED,
        summary: "AWS denied the call",
        explain: "The credentials are valid, but no policy allows the call, or one forbids it: an identity policy, a \
                  permissions boundary or a service control policy of the organization. AWS's message names the action.",
    },
    Code {
        code: THROTTLED,
        summary: "AWS throttled the call, and kept doing so",
        explain: "privlink stays below AWS's published limits and repeats throttled calls. When that is not enough, others \
                  are calling in the same account, or the organization's shared limit is exhausted. Wait a little and try \
                  again.",
    },
    Code {
        code: REFUSED,
        summary: "AWS refused the call",
        explain: "AWS understood the call and said no. Its code and words are in the message.",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CODES;

    #[test]
    fn codes_are_unique_and_explained() {
        let codes: BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
        assert_eq!(codes.len(), CODES.len());
        assert!(CODES.iter().all(|code| code.code.starts_with("privlink::aws::") && code.explain.len() > 40));
    }
}
