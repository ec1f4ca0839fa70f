//! The ports through which effects happen: a cloud to read and write, and a clock to wait by.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::address::{Address, Scope};
use crate::attrs::Attrs;
use crate::permission::{Lack, Want};
use crate::snapshot::{Observed, Query, ScopeSnapshot, Unread};

/// A boxed future, so that the ports can be trait objects without an async runtime in this crate.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The live accounts.
pub trait Cloud: Send + Sync {
    /// Reads what we own in a scope and what is looked up there. Never fails as a whole: what could not be read says so.
    fn gather<'a>(&'a self, scope: &'a Scope, project: &'a str, queries: &'a [Query]) -> BoxFuture<'a, ScopeSnapshot>;

    /// Makes one mutating call.
    fn write<'a>(&'a self, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>>;

    /// Looks once whether what a write began has come to its end.
    fn settle<'a>(&'a self, write: &'a Write, id: &'a str) -> BoxFuture<'a, Result<Progress, CloudError>>;

    /// Reads one object again.
    fn read<'a>(
        &'a self,
        scope: &'a Scope,
        kind: &'a str,
        id: &'a str,
        attrs: &'a Attrs,
    ) -> BoxFuture<'a, Result<Option<Observed>, CloudError>>;

    /// Finds out which of these the credentials of a scope lack, without doing any of them. It is an error, and no reason to
    /// do nothing, when that cannot be known; a cloud that has no way to know says so.
    fn lacking<'a>(&'a self, scope: &'a Scope, wants: &'a [Want]) -> BoxFuture<'a, Result<Vec<Lack>, Unread>> {
        let _ = wants;
        let unread = Unread {
            code: NOT_KNOWN,
            operation: String::new(),
            message: format!("nothing tells what the credentials of {scope} may do"),
            help: None,
        };
        Box::pin(async move { Err(unread) })
    }
}

/// The code of permissions that cannot be known.
const NOT_KNOWN: &str = "privlink::permission::not-known";

/// What a write is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Delete it.
    Delete,
    /// Only wait for it.
    Wait,
}

/// One mutating call, every value known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where the call goes.
    pub scope: Scope,
    /// What to do.
    pub operation: Operation,
    /// AWS's name for it; empty for a create.
    pub id: String,
    /// What was observed; empty for a create.
    pub before: Attrs,
    /// What is desired; empty for a delete.
    pub after: Attrs,
    /// The keys that differ; empty but for an update.
    pub changed: Vec<String>,
    /// Tags to put on it, ours included; empty but for a create.
    pub tags: BTreeMap<String, String>,
    /// Client token where the API has one.
    pub token: String,
}

/// What a write answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// AWS's name for the object.
    pub id: String,
    /// Attributes known from the answer.
    pub attrs: Attrs,
}

/// How far something has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// At its end; the attributes that are known now.
    Done(Attrs),
    /// Not yet; AWS's word for its state.
    Pending(String),
    /// It ended badly; AWS's reason.
    Failed(String),
}

/// What kind of failure a call had, which decides what is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorClass {
    /// Too many calls: wait and try again.
    Throttled,
    /// A count is exhausted: trying again is no use.
    Quota,
    /// The credentials may not do this, or are none.
    Denied,
    /// The object does not exist.
    NotFound,
    /// Another object is in the way and may be on its way out: worth trying again for a while.
    Busy,
    /// AWS refused the request.
    Refused,
    /// No answer: it may or may not have taken effect.
    InDoubt,
    /// The endpoint could not be reached: it took no effect.
    Unreachable,
    /// An answer that could not be understood.
    Unreadable,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudError {
    /// What kind of failure.
    pub class: ErrorClass,
    /// The call, such as `ec2:CreateVpcEndpoint`.
    pub operation: String,
    /// Where.
    pub scope: Scope,
    /// AWS's code; empty when there was no answer.
    pub code: String,
    /// AWS's words, or the network's.
    pub message: String,
    /// AWS's request id, where the answer had one.
    pub request_id: Option<String>,
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.operation, self.scope)?;
        answer(f, &self.code, &self.message, self.request_id.as_deref())
    }
}

/// What the other side said of a call that failed.
pub(crate) fn answer(f: &mut fmt::Formatter<'_>, code: &str, message: &str, request_id: Option<&str>) -> fmt::Result {
    if !code.is_empty() {
        write!(f, ": {code}")?;
    }
    write!(f, ": {message}")?;
    match request_id {
        Some(id) => write!(f, " (request {id})"),
        None => Ok(()),
    }
}

impl std::error::Error for CloudError {}

/// Time, as the cloud's waits see it: on a sandbox that runs faster, a minute passes in a second.
pub trait Clock: Send + Sync {
    /// Time passed since some fixed moment.
    fn now(&self) -> Duration;
    /// Waits.
    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()>;
}
