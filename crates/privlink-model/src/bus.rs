//! The port to a bus of events that other programs listen to, such as EventBridge.
//!
//! Owns: what is put there. Refuses to know: what there is to tell, who listens, whose protocol the bus speaks.

use crate::address::Scope;
use crate::cloud::{BoxFuture, CloudError};

/// The event buses of the live accounts.
pub trait Bus: Send + Sync {
    /// Puts one announcement on a bus of a scope, by name or by ARN, and gives the bus's id of it. An ARN may be of another
    /// account, which must allow it; the call is made with the credentials of the scope.
    fn put<'a>(
        &'a self,
        scope: &'a Scope,
        bus: &'a str,
        announcement: &'a Announcement,
    ) -> BoxFuture<'a, Result<String, CloudError>>;
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Who tells it, such as `privlink`; never beginning with `aws.`, which is AWS's own.
    pub source: String,
    /// What kind of news it is, such as `Drift Found`.
    pub detail_type: String,
    /// The news: the text of a JSON object. All together a bus takes 256 KiB.
    pub detail: String,
}
