//! The nouns of privlink: what every other crate speaks in.
//!
//! Owns: addresses and scopes, values and attributes, kind schemas, snapshots of live accounts, what is desired, changes,
//! plans, findings, progress events, and the ports through which effects happen: [`Cloud`], [`Clock`], [`Objects`], [`Trail`],
//! [`Bus`].
//! Refuses to know: KDL, the AWS SDK, async runtimes, how anything is printed or stored.
//! Read next: `schema` for the facts that drive the generic code, `plan` for what the engine carries out.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod address;
mod attrs;
mod bus;
mod change;
mod cloud;
mod desired;
mod digest;
mod event;
mod finding;
mod journal;
pub mod keys;
mod objects;
mod permission;
mod plan;
mod schema;
mod snapshot;
mod trail;
mod value;

pub use access::{Access, Account, Role};
pub use address::{Address, Scope, partition};
pub use attrs::{Attr, AttrValue, Attrs};
pub use bus::{Announcement, Bus};
pub use change::{Action, AttributeChange, Change, ChangeSet, Reason};
pub use cloud::{BoxFuture, Clock, Cloud, CloudError, ErrorClass, Operation, Progress, Write, Written};
pub use desired::{Desired, Origin, Resource};
pub use digest::{digest, short_digest};
pub use event::{Cause, Event, Outcome, Residue, StepFailure};
pub use finding::{Finding, Severity};
pub use journal::{Begun, End, History, Illegal, Object, Record, State, StepRecord, Unwinding, Way, Ways, Why};
pub use objects::{DeleteEnd, ObjectError, Objects, PutEnd, Version, Versioned, When};
pub use permission::{Confined, Denial, Lack, Permission, Want};
pub use plan::{Op, Phase, Plan, Settle, Step, StepId, Steps, Undo, UndoOp};
pub use schema::{
    ApiCall, AttributeSchema, Bucket, Flow, KindSchema, Kinds, Ownership, ReplaceOrder, Service, Shape, Tells, Waits,
};
pub use snapshot::{Listing, Observed, Owner, Query, ScopeSnapshot, Selector, Snapshot, Status, Unread};
pub use trail::{Deed, Deeds, Subject, Trail};
pub use value::{Reference, Value};
