//! Whether the world is still as a run left it: the condition for taking back a run that came to its end long ago.
//!
//! Reads, never writes. Owns: which of a run's steps speaks last of an object. Refuses to know what differs means (`compare`).

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use privlink_model::{
    Address, Cloud, CloudError, ErrorClass, History, Kinds, Object, Op, Plan, Scope, State, Status, Step,
};
use tokio::sync::Semaphore;

use crate::compare;

/// How many objects are read at once.
const AT_ONCE: usize = 32;

/// An object that is not as a run left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where it is.
    pub scope: Scope,
    /// AWS's name for it.
    pub id: String,
    /// What differs, in words.
    pub what: String,
}

/// Everything that is no longer as a run left it.
///
/// # Errors
/// When something cannot be read: then nobody knows.
pub async fn moved_since(
    cloud: &Arc<dyn Cloud>,
    kinds: &Kinds,
    plan: &Plan,
    history: &History,
) -> Result<Vec<Moved>, CloudError> {
    let places = Semaphore::new(AT_ONCE);
    let reads = left(plan, history).into_iter().map(|(step, object)| {
        let places = &places;
        async move {
            let _place = places.acquire().await;
            look(cloud, kinds, step, &object).await
        }
    });
    let mut moved = Vec::new();
    for look in join_all(reads).await {
        moved.extend(look?);
    }
    Ok(moved)
}

/// What a run left, by the last step that had to do with each object.
fn left<'p>(plan: &'p Plan, history: &History) -> Vec<(&'p Step, Object)> {
    let mut left: BTreeMap<(&Scope, &str, String), (&Step, Object)> = BTreeMap::new();
    for step in &plan.steps {
        let state = history.step(step.id).forward;
        match (&step.op, state) {
            (Op::Delete { id, .. }, State::Done(_) | State::Answered(_)) => {
                left.remove(&(&step.scope, step.kind, id.clone()));
            }
            (Op::Create { .. } | Op::Update { .. }, State::Done(object)) => {
                left.insert((&step.scope, step.kind, object.id.clone()), (step, object));
            }
            _ => {}
        }
    }
    left.into_values().collect()
}

async fn look(
    cloud: &Arc<dyn Cloud>,
    kinds: &Kinds,
    step: &Step,
    object: &Object,
) -> Result<Option<Moved>, CloudError> {
    let live = match cloud.read(&step.scope, step.kind, &object.id, &object.attrs).await {
        Err(error) if error.class == ErrorClass::NotFound => None,
        live => live?.filter(|live| live.status != Status::Deleting),
    };
    let what = match (live, kinds.get(step.kind)) {
        (None, _) => Some("it is gone".to_owned()),
        (Some(live), Some(schema)) => compare::differences(schema, &object.attrs, &live.attrs),
        (Some(_), None) => None,
    };
    Ok(what.map(|what| Moved {
        address: step.address.clone(),
        kind: step.kind,
        scope: step.scope.clone(),
        id: object.id.clone(),
        what,
    }))
}
