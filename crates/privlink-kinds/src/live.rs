//! The contract of a kind's live half, and what all live halves need to fulfil it.
//!
//! Owns: [`Live`], asking for many objects at once, reading attributes a call cannot do without, ownership from tags.
//! Refuses to know: any kind, any AWS operation.
//! Read next: `session` for what a call is made with, `shared_reads` for who asks together, `cloud` for who calls this.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use privlink_model::keys::{ADDRESS_TAG, PROJECT_TAG};
use privlink_model::{
    Address, Attr, AttrValue, Attrs, BoxFuture, CloudError, ErrorClass, Observed, Operation, Owner, Progress, Status,
    Write, Written,
};

use crate::session::Session;
use crate::shared_reads::lanes::Asked;

/// What can be done to a live object of one kind.
///
/// **Invariant:** `create`, `update` and `delete` make exactly one mutating call each.
pub(crate) trait Live: Sync {
    /// Makes it. The kind is looked up only, unless it says otherwise.
    fn create<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
        Box::pin(async move { Err(session.refused("Create", format!("a {} is not made by privlink", write.kind))) })
    }

    /// Changes it in place.
    fn update<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
        Box::pin(async move { Err(session.refused("Update", format!("a {} cannot be changed in place", write.kind))) })
    }

    /// Deletes it. That it is already gone is success.
    fn delete<'a>(&'a self, session: &'a Session, write: &'a Write) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move { Err(session.refused("Delete", format!("a {} is not deleted by privlink", write.kind))) })
    }

    /// Reads objects again, as many at once as AWS lets it. Those that do not exist are left out. Whose an object without
    /// tags is its parent says, who is not asked: here it may be nobody's.
    fn read<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read>;

    /// Reads of objects what tells how far they have come: all but their tags, and what is computed of other objects.
    fn look<'a>(&'a self, session: &'a Session, asked: &'a [Asked]) -> BoxFuture<'a, Read> {
        self.read(session, asked)
    }

    /// Whose the objects are that count against the quota that a create ran into; none where that takes a call for each.
    fn users<'a>(&'a self, _: &'a Session, _: &'a Write) -> BoxFuture<'a, Result<Option<Vec<Owner>>, CloudError>> {
        Box::pin(async { Ok(None) })
    }

    /// How far a write has come, judged by what a look found: its end is usable after create, update and wait, gone after
    /// delete.
    fn progress(&self, operation: Operation, observed: Option<Observed>) -> Progress {
        progress(operation, observed)
    }
}

/// What a read of several objects found.
pub(crate) type Read = Result<Vec<Observed>, CloudError>;

/// The ids of what is asked for.
pub(crate) fn ids(asked: &[Asked]) -> Vec<String> {
    asked.iter().map(|one| one.id.clone()).collect()
}

/// Reads objects that AWS has no call for several of, one by one and all at the same time.
pub(crate) async fn each<F>(asked: &[Asked], read: impl Fn(Asked) -> F) -> Read
where
    F: Future<Output = Result<Option<Observed>, CloudError>>,
{
    Ok(try_join_all(asked.iter().cloned().map(read)).await?.into_iter().flatten().collect())
}

/// Asks for objects by their ids, so many in a call. Where one of them is gone AWS fails the call as a whole: it is halved
/// until the others are found.
pub(crate) async fn by_ids<T, F>(
    ids: &[String],
    most: usize,
    call: impl Fn(Vec<String>) -> F,
) -> Result<Vec<T>, CloudError>
where
    F: Future<Output = Result<Vec<T>, CloudError>>,
{
    let mut found = Vec::new();
    let mut left: Vec<&[String]> = ids.chunks(most).collect();
    while let Some(batch) = left.pop() {
        match call(batch.to_vec()).await {
            Ok(some) => found.extend(some),
            Err(error) if error.class != ErrorClass::NotFound => return Err(error),
            Err(_) if batch.len() > 1 => left.extend(batch.chunks(batch.len().div_ceil(2))),
            Err(_) => {}
        }
    }
    Ok(found)
}

/// How far a write has come, judged by what a read found.
pub(crate) fn progress(operation: Operation, observed: Option<Observed>) -> Progress {
    match (operation, observed) {
        (Operation::Delete, None) => Progress::Done(Attrs::new()),
        (Operation::Delete, Some(observed)) => match observed.status {
            Status::Failed(reason) => Progress::Failed(reason),
            Status::Pending(word) => Progress::Pending(word),
            Status::Ready | Status::Deleting => Progress::Pending("deleting".to_owned()),
        },
        // What was just made may not be visible to reads for some seconds.
        (_, None) => Progress::Pending("not visible yet".to_owned()),
        (_, Some(observed)) => match observed.status {
            Status::Ready => Progress::Done(observed.attrs),
            Status::Pending(word) => Progress::Pending(word),
            Status::Failed(reason) => Progress::Failed(reason),
            Status::Deleting => Progress::Failed("it is being deleted".to_owned()),
        },
    }
}

/// An attribute that a call cannot be made without.
pub(crate) fn need<T: AttrValue>(
    session: &Session,
    operation: &'static str,
    attrs: &Attrs,
    key: &Attr<T>,
) -> Result<T, CloudError> {
    attrs
        .read(key)
        .ok_or_else(|| session.refused(operation, format!("the attribute {:?} has no value that is known", key.key())))
}

/// An id that a call answered with; AWS leaves none out, so its absence is an answer we do not understand.
pub(crate) fn answered(session: &Session, operation: &'static str, id: Option<&str>) -> Result<String, CloudError> {
    id.filter(|id| !id.is_empty()).map(str::to_owned).ok_or_else(|| {
        session.failure(ErrorClass::Unreadable, operation, "", "the answer holds no identifier of what was made")
    })
}

/// Takes "does not exist" for an answer: none.
pub(crate) fn found<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whose an object is, by its tags.
pub(crate) fn owner(project: &str, tags: &BTreeMap<String, String>) -> Owner {
    match (tags.get(PROJECT_TAG), tags.get(ADDRESS_TAG)) {
        (Some(owner), Some(address)) if owner == project => Owner::Ours(Address::new(address)),
        (Some(owner), _) if owner != project => Owner::Project(owner.clone()),
        _ => Owner::Nobody,
    }
}

/// Whose an object is that belongs to another and has no tags: its parent's owner's, under the parent's address.
pub(crate) fn child_owner(parent: &Owner, kind: &str, name: &str) -> Owner {
    match parent {
        Owner::Ours(address) => Owner::Ours(address.child(kind).child(name)),
        other => other.clone(),
    }
}
