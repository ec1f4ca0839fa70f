//! Finds out whether a call took effect whose answer was lost.
//!
//! A creation is found by the tag that carries its token, or, where the API has no tags, under its parent by its natural key;
//! a change by what the object says now; a deletion by whether the object is still there.
//!
//! **Invariant:** "it is not there", or "it is as it was", is only believed after it was said for [`SURE`] seconds: a request
//! may still be on its way, and AWS's reads lag behind its writes. What cannot be read stays in doubt.

use std::time::Duration;

use privlink_model::{
    Attrs, ErrorClass, KindSchema, Object, Observed, Operation, Owner, Ownership, Status, Way, Write, keys,
};

use crate::ports::{Ports, passes};

/// How long what a call may have made is looked for.
const SURE: Duration = Duration::from_secs(30);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(6);
/// How long reads that fail in passing are repeated.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a probe found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The call took effect.
    Made(Object),
    /// It took none.
    Nothing,
    /// It cannot be told; why.
    Unknown(String),
}

/// Finds out about one call.
pub(crate) async fn probe(ports: &Ports, write: &Write, way: Way) -> Found {
    let Some(schema) = ports.kinds.get(write.kind) else {
        return Found::Unknown(format!("the kind {:?} is not known", write.kind));
    };
    let start = ports.clock.now();
    loop {
        let look = match write.operation {
            Operation::Create => created(ports, schema, write).await,
            Operation::Update => updated(ports, schema, write, way).await,
            Operation::Delete => deleted(ports, write).await,
            Operation::Wait => return Found::Nothing,
        };
        let (limit, found) = match look {
            Look::Made(object) => return Found::Made(object),
            Look::Never(why) => return Found::Unknown(why),
            Look::NotYet => (SURE, Found::Nothing),
            Look::AsBefore(object) => (SURE, Found::Made(object)),
            Look::Unread(why) => (PATIENCE, Found::Unknown(why)),
        };
        if ports.since(start) >= limit {
            return found;
        }
        ports.clock.sleep(PAUSE).await;
    }
}

/// What one look saw.
enum Look {
    Made(Object),
    NotYet,
    /// It is as it should be; but it was so before as well, and reads may not know yet what came between.
    AsBefore(Object),
    Unread(String),
    Never(String),
}

fn made(observed: Observed) -> Look {
    Look::Made(Object { id: observed.id, attrs: observed.attrs })
}

async fn created(ports: &Ports, schema: &KindSchema, write: &Write) -> Look {
    let read = ports.gather(&write.scope).await;
    let objects = match read.listings.get(schema.name) {
        Some(Ok(objects)) => objects,
        Some(Err(unread)) => return Look::Unread(format!("{}: {}", unread.operation, unread.message)),
        None => return Look::Never(format!("a {} cannot be listed", schema.title)),
    };
    let is_it = |object: &&Observed| {
        object.status != Status::Deleting
            && matches!(object.owner, Owner::Ours(_))
            && match schema.ownership {
                Ownership::Tags => object.tags.get(keys::TOKEN_TAG) == Some(&write.token),
                Ownership::Parent(_) | Ownership::LookUp => has_all(schema, write, object),
            }
    };
    objects.iter().find(is_it).map_or(Look::NotYet, |object| made(object.clone()))
}

/// Whether an object is all that a write asks for: there is no other way to know one without tags.
fn has_all(schema: &KindSchema, write: &Write, object: &Observed) -> bool {
    write
        .after
        .iter()
        .filter(|(key, _)| schema.compares(key))
        .all(|(key, value)| schema.same(key, Some(value), object.attrs.get(key)))
}

async fn read(ports: &Ports, write: &Write) -> Result<Option<Observed>, Look> {
    match ports.read_of(write, &write.id).await {
        Ok(found) => Ok(found),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) if passes(&error) => Err(Look::Unread(error.to_string())),
        Err(error) => Err(Look::Never(error.to_string())),
    }
}

async fn updated(ports: &Ports, schema: &KindSchema, write: &Write, way: Way) -> Look {
    let object = match read(ports, write).await {
        Ok(Some(object)) => object,
        Ok(None) => return Look::Never("the object is gone".to_owned()),
        Err(look) => return look,
    };
    let all = |side: &Attrs| write.changed.iter().all(|key| schema.same(key, side.get(key), object.attrs.get(key)));
    if all(&write.after) {
        match way {
            Way::Forward => made(object),
            Way::Back => Look::AsBefore(Object { id: object.id, attrs: object.attrs }),
        }
    } else if all(&write.before) {
        Look::NotYet
    } else {
        Look::Never("it is neither as it was nor as it was to be".to_owned())
    }
}

async fn deleted(ports: &Ports, write: &Write) -> Look {
    match read(ports, write).await {
        Ok(Some(object)) if object.status == Status::Deleting => {
            Look::Made(Object { id: object.id, attrs: Attrs::new() })
        }
        Ok(Some(_)) => Look::NotYet,
        Ok(None) => Look::AsBefore(Object { id: write.id.clone(), attrs: Attrs::new() }),
        Err(look) => look,
    }
}
