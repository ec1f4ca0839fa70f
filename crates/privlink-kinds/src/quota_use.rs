//! Telling of an exhausted quota which one it is, and what uses it.
//!
//! Owns: the words. Refuses to know: which objects count, which each kind tells by [`Live::users`]; the quotas
//! themselves (`quota_fact`).
//! Read next: `quota_fact`.

use privlink_model::{CloudError, ErrorClass, Owner, Write};

use crate::live::Live;
use crate::quota_fact::{QuotaFact, quota_fact};
use crate::session::Session;

/// Adds to an error about an exhausted quota which one it is, what uses it and what can be done; leaves others as they are.
pub(crate) async fn told(session: &Session, live: &dyn Live, write: &Write, error: CloudError) -> CloudError {
    let Some(fact) = quota_fact(write.kind, &error.code).filter(|_| error.class == ErrorClass::Quota) else {
        return error;
    };
    // What cannot be counted must not take the true cause's place.
    let users = live.users(session, write).await.ok().flatten();
    CloudError { message: words(&error.message, fact, users.as_deref()), ..error }
}

fn words(message: &str, fact: &QuotaFact, users: Option<&[Owner]>) -> String {
    let QuotaFact { name, default, counts, .. } = fact;
    let message = message.trim_end_matches('.');
    let way_out = if fact.adjustable {
        "delete some that are not needed, or ask for more in Service Quotas"
    } else {
        "AWS does not raise it: delete some that are not needed"
    };
    let used = users.map(|users| format!(": there are {} {counts}, {}", users.len(), whose(users)));
    format!("{message}; the quota is \"{name}\", {default} by default{}; {way_out}", used.unwrap_or_default())
}

fn whose(users: &[Owner]) -> String {
    let count = |which: fn(&&Owner) -> bool| users.iter().filter(which).count();
    let ours = count(|owner| matches!(owner, Owner::Ours(_)));
    let mut projects: Vec<&str> = users
        .iter()
        .filter_map(|owner| match owner {
            Owner::Project(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    projects.sort_unstable();
    projects.dedup();
    let theirs = count(|owner| matches!(owner, Owner::Project(_)));
    let others = match projects.as_slice() {
        [] => String::new(),
        [one] => format!(", {theirs} of project {one:?}"),
        some => format!(", {theirs} of {} other privlink projects", some.len()),
    };
    format!("of which {ours} are this project's{others}")
}

#[cfg(test)]
mod tests {
    use privlink_model::{Address, Owner};

    use super::words;
    use crate::quota_fact::quota_fact;

    #[test]
    fn an_exhausted_quota_is_named_with_what_uses_it() {
        let fact = quota_fact("vpc-link", "LimitExceededException").unwrap();
        let ours = || Owner::Ours(Address::new("link/hub"));
        let users = [ours(), Owner::Nobody, Owner::Project("billing".to_owned()), ours(), Owner::Nobody];
        assert_eq!(
            words("Limit reached.", fact, Some(&users)),
            "Limit reached; the quota is \"VPC links per Region\", 20 by default: there are 5 VPC links in the account and \
             region, of which 2 are this project's, 1 of project \"billing\"; delete some that are not needed, or ask for \
             more in Service Quotas"
        );
        let two = [Owner::Project("a".to_owned()), Owner::Project("b".to_owned()), Owner::Project("a".to_owned())];
        assert!(words("", fact, Some(&two)).contains("of which 0 are this project's, 3 of 2 other privlink projects;"));
        let uncounted = words("Limit reached", quota_fact("listener", "TooManyListeners").unwrap(), None);
        assert_eq!(
            uncounted,
            "Limit reached; the quota is \"Listeners per Network Load Balancer\", 50 by default; AWS does not raise it: \
             delete some that are not needed"
        );
    }
}
