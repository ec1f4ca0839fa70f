//! Every code that a message may carry: the join of all crates' tables with the binary's own.
//!
//! Owns: the join, and the few codes of what only the binary finds. Refuses to know: how they are shown.

/// An expectation that nothing has proved.
pub(crate) const NOT_PROVED: &str = "privlink::expect::not-proved";

/// Permissions that a plan needs and an account's credentials do not have.
pub(crate) const PERMISSION_LACKING: &str = "privlink::permission::lacking";

static OWN: &[(&str, &str, &str)] = &[
    (
        NOT_PROVED,
        "An expectation was not proved.",
        "An `expect` says who can or cannot call what. Its names are checked, but this version does not yet prove it \
         against policies and routes, so a plan lists it as open. It stops nothing.",
    ),
    (
        PERMISSION_LACKING,
        "The credentials of an account may not do all that the plan needs.",
        "Before anything is changed, IAM is asked what the credentials of each account may do, for every step and for \
         taking it back (iam:SimulatePrincipalPolicy; it does nothing). All that is lacking in all accounts is listed, and \
         nothing is changed. `privlink schema permissions PLANFILE` prints the policy that each account needs for a saved \
         plan, `privlink schema permissions` the one that reading takes. IAM's answer takes the policies of the principal, \
         its permissions boundary and the organization's service control policies into account; it does not see policies of \
         resources and endpoints, resource control policies, and what a session was confined by when it began. Where \
         credentials may not ask, a note says so and the plan begins.",
    ),
];

/// A code and what it means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// The code.
    pub(crate) code: &'static str,
    /// One sentence.
    pub(crate) summary: &'static str,
    /// What it means and what to do.
    pub(crate) explain: &'static str,
}

/// Every code, in order.
pub(crate) fn entries() -> Vec<Entry> {
    let spec = privlink_spec::CODES.iter().map(|entry| (entry.code, entry.summary, entry.explain));
    let kinds = privlink_kinds::CODES.iter().map(|entry| (entry.code, entry.summary, entry.explain));
    let others = [OWN, privlink_derive::CODES, privlink_plan::CODES, privlink_engine::CODES];
    let all = spec.chain(kinds).chain(others.into_iter().flatten().copied());
    let mut entries: Vec<Entry> = all.map(|(code, summary, explain)| Entry { code, summary, explain }).collect();
    entries.sort_by_key(|entry| entry.code);
    entries
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_stands_in_one_table_and_explains_itself() {
        let entries = entries();
        let codes: BTreeSet<&str> = entries.iter().map(|entry| entry.code).collect();
        assert_eq!(codes.len(), entries.len());
        for entry in entries {
            assert!(entry.code.starts_with("privlink::") && !entry.summary.is_empty(), "{}", entry.code);
            assert!(entry.explain.len() > entry.summary.len(), "{} explains nothing", entry.code);
        }
    }
}
