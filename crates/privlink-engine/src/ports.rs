//! What the tasks of a run work with, and how they look at AWS through it.
//!
//! Owns: that every look takes a place, and what each failure of one means. Refuses to know: why somebody looks, and how often
//! (`step`, `settle`, `late`, `probe`).

use std::sync::Arc;
use std::time::Duration;

use privlink_model::{
    Attrs, Clock, Cloud, CloudError, ErrorClass, Kinds, Observed, Operation, Progress, Scope, ScopeSnapshot, Write,
};
use tokio::sync::Semaphore;

use crate::events::EventSink;
use crate::journal::Journal;
use crate::stop::StopSignal;

/// The shortest pause between looks, whatever a plan says.
pub(crate) const SHORTEST: Duration = Duration::from_millis(100);
/// How long AWS's reads may not know what its writes made.
pub(crate) const UNSEEN: Duration = Duration::from_secs(60);

/// What tasks work with.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) cloud: Arc<dyn Cloud>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: EventSink,
    pub(crate) kinds: Kinds,
    pub(crate) journal: Journal,
    pub(crate) project: Arc<str>,
    /// Places for reads that are under way: those who wait for AWS do not all ask in the same moment.
    pub(crate) looks: Arc<Semaphore>,
    /// Given when nothing more may be called.
    pub(crate) blocked: StopSignal,
    /// Whether what was written must be seen to be as asked.
    pub(crate) confirm: bool,
}

impl Ports {
    /// How long ago a moment is.
    pub(crate) fn since(&self, start: Duration) -> Duration {
        self.clock.now().saturating_sub(start)
    }

    /// Reads all of a scope that is ours.
    pub(crate) async fn gather(&self, scope: &Scope) -> ScopeSnapshot {
        let _place = self.looks.acquire().await;
        self.cloud.gather(scope, &self.project, &[]).await
    }

    /// Reads one object.
    pub(crate) async fn read(
        &self,
        scope: &Scope,
        kind: &str,
        id: &str,
        known: &Attrs,
    ) -> Result<Option<Observed>, CloudError> {
        let _place = self.looks.acquire().await;
        self.cloud.read(scope, kind, id, known).await
    }

    /// Reads what a write is about, under the id that it goes by.
    pub(crate) async fn read_of(&self, write: &Write, id: &str) -> Result<Option<Observed>, CloudError> {
        let mut known = write.before.clone();
        known.merge(&write.after);
        self.read(&write.scope, write.kind, id, &known).await
    }

    /// Looks how far what a write began has come.
    pub(crate) async fn progress(&self, write: &Write, id: &str) -> Result<Progress, CloudError> {
        let _place = self.looks.acquire().await;
        self.cloud.settle(write, id).await
    }
}

/// Whether a read that failed so is worth repeating.
pub(crate) fn passes(error: &CloudError) -> bool {
    matches!(error.class, ErrorClass::Throttled | ErrorClass::InDoubt | ErrorClass::Unreachable)
}

/// What stands in place of a state that could not be read: the same text for the same error.
pub(crate) fn unread(error: CloudError) -> String {
    format!("unread ({})", CloudError { request_id: None, ..error })
}

/// Whether the error says that what was to be deleted is no more.
pub(crate) fn gone(write: &Write, error: &CloudError) -> bool {
    write.operation == Operation::Delete && error.class == ErrorClass::NotFound
}
