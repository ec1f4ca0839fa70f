//! The port to a store of objects with conditional writes, such as S3.
//!
//! Owns: what such a store is asked, and its answers. Refuses to know: what is kept there, and whose protocol it speaks.

use std::fmt;

use crate::cloud::{BoxFuture, ErrorClass, answer};

/// Objects under one prefix of one place. Keys are relative to that prefix.
///
/// **Invariant:** a conditional write takes effect only if the object is as the condition says at that moment. When an answer
/// is lost, nobody knows whether it took effect: the class of the error is then [`ErrorClass::InDoubt`], and a condition that
/// does not hold may be of our own making.
pub trait Objects: Send + Sync {
    /// Where it is, for messages: `s3://bucket/prefix`.
    fn place(&self) -> String;

    /// Reads an object; none where there is none.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Versioned>, ObjectError>>;

    /// Writes an object whole.
    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<PutEnd, ObjectError>>;

    /// Deletes an object.
    fn delete<'a>(&'a self, key: &'a str, when: When) -> BoxFuture<'a, Result<DeleteEnd, ObjectError>>;

    /// Every key that begins with `prefix`, in order.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, ObjectError>>;

    /// Every name between `prefix`, which ends in `/`, and the next `/`, in order.
    fn folders<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, ObjectError>>;
}

/// What tells an object's content from what it was before and will be later; S3's entity tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub String);

/// The content of an object, and which version it is.
pub type Versioned = (Vec<u8>, Version);

/// When a write may take effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Whatever is there.
    Always,
    /// If there is no such object.
    Absent,
    /// If the object is this version.
    Is(Version),
}

/// How a put ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutEnd {
    /// Written; this is the version now.
    Done(Version),
    /// The condition did not hold.
    Conflict,
}

/// How a deletion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteEnd {
    /// It is gone.
    Done,
    /// The condition did not hold; there may be no such object.
    Conflict,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectError {
    /// What kind of failure.
    pub class: ErrorClass,
    /// The call, such as `s3:PutObject`.
    pub operation: String,
    /// Of what: `s3://bucket/prefix/key`.
    pub object: String,
    /// The store's code; empty when there was no answer.
    pub code: String,
    /// The store's words, or the network's.
    pub message: String,
    /// The store's request id, where the answer had one.
    pub request_id: Option<String>,
    /// What can be done about it, where that is known.
    pub help: Option<String>,
}

impl fmt::Display for ObjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.operation, self.object)?;
        answer(f, &self.code, &self.message, self.request_id.as_deref())
    }
}

impl std::error::Error for ObjectError {}
