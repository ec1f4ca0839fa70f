//! Values that come late: an endpoint has its addresses only once another account accepted its connection.
//!
//! Reads, never writes: what is here may be abandoned at any moment.

use futures_util::future::try_join_all;
use privlink_model::{Address, Attrs, ErrorClass, Observed, Status, StepFailure, StepId, Value};

use crate::events::WaitNews;
use crate::outputs::Late;
use crate::ports::{Ports, SHORTEST, passes, unread};

/// Reads the objects again, all at once, until each yields what is wanted of it.
pub(crate) async fn read_all(
    ports: &Ports,
    step: StepId,
    late: Vec<Late>,
) -> Result<Vec<(Address, Attrs)>, StepFailure> {
    try_join_all(late.into_iter().map(|late| read(ports, step, late))).await
}

async fn read(ports: &Ports, step: StepId, late: Late) -> Result<(Address, Attrs), StepFailure> {
    let start = ports.clock.now();
    let mut news = WaitNews::new(&ports.events, step);
    loop {
        let status = match ports.read(&late.scope, late.kind, &late.id, &late.attrs).await {
            Ok(Some(object)) if yields(&object, &late) => return Ok((late.address, object.attrs)),
            Ok(Some(object)) => match object.status {
                Status::Failed(reason) => return Err(without(&late, &reason)),
                Status::Deleting => return Err(without(&late, "being deleted")),
                Status::Pending(status) => status,
                Status::Ready => "not there yet".to_owned(),
            },
            Ok(None) => "not found".to_owned(),
            Err(error) if error.class == ErrorClass::NotFound => "not found".to_owned(),
            Err(error) if passes(&error) => unread(error),
            Err(error) => return Err(StepFailure::Call(error)),
        };
        let elapsed = ports.since(start);
        if elapsed >= late.limit {
            return Err(without(&late, &status));
        }
        news.tell(&format!("needs {}: {status}", wanted(&late)), elapsed);
        ports.clock.sleep(late.poll.min(late.limit.saturating_sub(elapsed)).max(SHORTEST)).await;
    }
}

fn yields(object: &Observed, late: &Late) -> bool {
    late.wanted.iter().all(|key| object.attrs.get(key).is_some_and(Value::is_known))
}

pub(crate) fn wanted(late: &Late) -> String {
    let keys: Vec<&str> = late.wanted.iter().map(String::as_str).collect();
    format!("{} of {}", keys.join(", "), late.address)
}

fn without(late: &Late, status: &str) -> StepFailure {
    StepFailure::Unresolved(format!("{} ({status})", wanted(late)))
}
