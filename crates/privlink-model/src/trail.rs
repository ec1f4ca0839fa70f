//! The port to what accounts remember of who changed what, such as CloudTrail.
//!
//! Owns: what such a log is asked, and its answers. Refuses to know: whose protocol it speaks, what is drift, how a deed is
//! shown.
//!
//! Such a log lags behind: CloudTrail has most deeds after five minutes, all after a quarter of an hour, and forgets them
//! after 90 days. Nothing found means that nothing is known, never that nobody did it.

use std::collections::BTreeMap;

use crate::address::Scope;
use crate::cloud::BoxFuture;
use crate::snapshot::Unread;

/// The logs of the live accounts.
pub trait Trail: Send + Sync {
    /// Finds out who changed objects of a scope since a moment, in seconds since 1970. Calls that failed changed nothing and
    /// are passed over. That it cannot be known, for want of a permission say, is no reason to do nothing.
    fn deeds<'a>(
        &'a self,
        scope: &'a Scope,
        since: u64,
        subjects: &'a [Subject],
    ) -> BoxFuture<'a, Result<Deeds, Unread>>;
}

/// An object whose changes are looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Its kind, which says which calls change such objects and which only name them.
    pub kind: &'static str,
    /// AWS's name for it, as observed: an id, an ARN, or several together such as `vpce-svc-1/vpce-2`, which a call must name all.
    pub id: String,
    /// AWS's name for what it belongs to, such as the group of a rule: what was done to that counts where nothing is known of
    /// the object itself.
    pub within: Option<String>,
}

/// What a log knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deeds {
    /// By the subjects that anything is known of; the newest first, never empty, and no more than it took to tell.
    pub of: BTreeMap<Subject, Vec<Deed>>,
    /// How far back the log was read whole, in seconds since 1970, where that is not as far as was asked: it was too long.
    pub only_since: Option<u64>,
}

impl Deeds {
    /// The deed that tells best who made an object what it is, of those that can have: the newest that was not privlink's, for
    /// privlink's own are on record as a rule; else the newest of privlink.
    pub fn last(&self, subject: &Subject, can_have: impl Fn(&Deed) -> bool) -> Option<&Deed> {
        let deeds = || self.of.get(subject).into_iter().flatten().filter(|deed| can_have(deed));
        deeds().find(|deed| !deed.by_privlink).or_else(|| deeds().next())
    }
}

/// A call that changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The call with its service, such as `ec2:ModifyVpcEndpoint`.
    pub call: String,
    /// When it was made, in seconds since 1970.
    pub at: u64,
    /// Who made it, in words: the name of a user, the session of a role, `root`, a service of AWS.
    pub by: String,
    /// The principal's ARN, where the log has one.
    pub arn: Option<String>,
    /// Where it came from: an IP address, or the name of a service of AWS.
    pub from: Option<String>,
    /// Whether it came from a privlink, which says so in what it sends.
    pub by_privlink: bool,
    /// Whether it named only what the object belongs to, so that it may have changed something else there.
    pub only_parent: bool,
    /// The log's own id of it.
    pub event: String,
}

#[cfg(test)]
mod tests {
    use super::{Deed, Deeds, Subject};

    fn deed(at: u64, by_privlink: bool) -> Deed {
        Deed {
            call: "ec2:ModifyVpcEndpoint".to_owned(),
            at,
            by: "alice".to_owned(),
            arn: None,
            from: None,
            by_privlink,
            only_parent: false,
            event: String::new(),
        }
    }

    #[test]
    fn somebody_else_comes_before_privlink() {
        let subject = |id: &str| Subject { kind: "endpoint", id: id.to_owned(), within: None };
        let last = |deeds: &[Deed], since: u64| {
            let of = [(subject("a"), deeds.to_vec())].into();
            Deeds { of, only_since: None }.last(&subject("a"), |deed| deed.at >= since).map(|deed| deed.at)
        };
        assert_eq!(last(&[deed(3, true), deed(2, false), deed(1, false)], 0), Some(2));
        assert_eq!(last(&[deed(3, true), deed(2, true)], 0), Some(3));
        assert_eq!(last(&[deed(3, true), deed(2, false)], 3), Some(3), "what was before cannot have done it");
        assert_eq!(last(&[deed(2, false)], 3), None);
        assert_eq!(Deeds::default().last(&subject("a"), |_| true), None);
    }
}
