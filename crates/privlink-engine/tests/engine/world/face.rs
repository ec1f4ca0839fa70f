//! The little world as runs see it: calls that take time, reads that lag, faults as told, and a process that may die.

#![expect(clippy::result_large_err, reason = "the errors of the port are as they are")]

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use privlink_model::{
    Address, Attrs, BoxFuture, Clock, Cloud, CloudError, ErrorClass, Observed, Operation, Owner, Ownership, Progress,
    Query, Scope, ScopeSnapshot, Status, Write, Written, keys,
};

use super::kinds::{KINDS, OWNER, schema};
use super::state::{State, Thing};
use crate::toy::clock::JumpingClock;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is refused, always.
    Refused,
    /// There are too many calls, so many times.
    Throttled(u32),
    /// The endpoint is out of reach, so many times.
    Unreachable(u32),
    /// It takes effect, and its answer is lost.
    Lost,
    /// It takes effect only a while after its answer was lost.
    LostAndLate,
    /// It has no effect, and nobody says so.
    Dropped,
    /// What it began never ends.
    NeverSettles,
    /// What it began ends badly; what was to be deleted stays, broken.
    EndsBadly,
    /// A deletion that comes to nothing: what was to be deleted stays, and works.
    Reverts,
    /// It takes effect but for one of the attributes.
    Forgets,
}

/// What the world is now and what is to go wrong.
#[derive(Default)]
struct Inner {
    state: State,
    faults: BTreeMap<String, Fault>,
    under_way: BTreeMap<u64, Write>,
    late: Vec<(Duration, Write)>,
    begun: u64,
    calls: Vec<(Duration, String)>,
    refusals: Vec<String>,
}

/// The world.
pub(crate) struct World {
    clock: Arc<JumpingClock>,
    inner: Mutex<Inner>,
    /// How long reads do not show what was written.
    lag: Duration,
}

/// The world as one process sees it.
pub(crate) struct Face {
    world: Arc<World>,
    dead: AtomicBool,
}

const CALL: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(12);

impl World {
    pub(crate) fn new(clock: Arc<JumpingClock>, state: State, lag: u64) -> Arc<Self> {
        let inner = Mutex::new(Inner { state, ..Inner::default() });
        Arc::new(Self { clock, inner, lag: Duration::from_secs(lag) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().unwrap();
        let now = self.clock.now();
        let (due, late) = std::mem::take(&mut inner.late).into_iter().partition(|(at, _)| *at <= now);
        inner.late = late;
        for (at, write) in due {
            let _ = inner.state.write(&write, at);
        }
        inner
    }

    /// Lets a call go wrong, known by its token.
    pub(crate) fn fault(&self, token: &str, fault: Fault) {
        self.inner().faults.insert(token.to_owned(), fault);
    }

    /// Lets everything go well from now on.
    pub(crate) fn heal(&self) {
        self.inner().faults.clear();
    }

    /// What there is.
    pub(crate) fn state(&self) -> State {
        self.inner().state.clone()
    }

    /// Changes what there is, as somebody else would.
    pub(crate) fn meddle(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.inner().state);
    }

    /// The calls that were made so far, and when.
    pub(crate) fn calls(&self) -> Vec<(Duration, String)> {
        self.inner().calls.clone()
    }

    /// The calls that were refused, but for those told to fail.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.inner().refusals.clone()
    }

    pub(crate) fn face(self: &Arc<Self>) -> Arc<Face> {
        Arc::new(Face { world: Arc::clone(self), dead: AtomicBool::new(false) })
    }

    /// What reads show of an object; none when it is not there.
    fn shown(&self, thing: &Thing, now: Duration) -> Option<Observed> {
        let lags = now < thing.changed_at + self.lag;
        let attrs = if lags { thing.earlier.clone()? } else { thing.attrs.clone() };
        if !thing.is_there(now) {
            return None;
        }
        let status = match &thing.failed {
            _ if !thing.stays() => Status::Deleting,
            Some(why) => Status::Failed(why.clone()),
            None if now < thing.ready_at => Status::Pending("pending".to_owned()),
            None => Status::Ready,
        };
        Some(Observed { status, attrs, ..observed(thing) })
    }

    /// What reads show of everything in a scope. Of the snapshots of one owner only the newest counts.
    pub(crate) fn listed(&self, scope: &Scope) -> ScopeSnapshot {
        let (now, inner) = (self.clock.now(), self.inner());
        let mut read = ScopeSnapshot::default();
        for schema in KINDS.iter() {
            let of_kind = inner.state.things.iter().filter(|thing| thing.kind == schema.name && thing.scope == *scope);
            let shown: Vec<Observed> = of_kind.filter_map(|thing| self.shown(thing, now)).collect();
            let newest = |at: usize, object: &Observed| {
                schema.name != "snapshot"
                    || shown.iter().skip(at + 1).all(|other| other.attrs.read(&OWNER) != object.attrs.read(&OWNER))
            };
            let listed = shown.iter().enumerate().filter(|(at, object)| newest(*at, object));
            read.listings.insert(schema.name, Ok(listed.map(|(_, object)| object.clone()).collect()));
        }
        read
    }
}

/// An object as it is read once nothing lags.
pub(crate) fn observed(thing: &Thing) -> Observed {
    let owner = match schema(thing.kind).ownership {
        Ownership::Tags => thing.tags.get(keys::ADDRESS_TAG).cloned(),
        Ownership::Parent(_) | Ownership::LookUp => thing.attrs.read(&OWNER),
    };
    Observed {
        kind: thing.kind,
        scope: thing.scope.clone(),
        id: thing.id.clone(),
        owner: owner.map_or(Owner::Nobody, |owner| Owner::Ours(Address::new(owner))),
        status: Status::Ready,
        attrs: thing.attrs.clone(),
        tags: thing.tags.clone(),
    }
}

impl Face {
    /// The process is no more. What is under way reaches AWS or does not.
    pub(crate) fn die(&self, arrives: bool) {
        self.dead.store(true, Ordering::SeqCst);
        let now = self.world.clock.now();
        let mut inner = self.world.inner();
        for (_, write) in std::mem::take(&mut inner.under_way) {
            if arrives && !inner.faults.contains_key(&write.token) {
                let _ = inner.state.write(&write, now);
            }
        }
    }

    /// A call takes its time, in which the process may die.
    async fn pass(&self, time: Duration) {
        self.world.clock.sleep(time).await;
        if self.dead.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
    }

    fn error(&self, write: &Write, class: ErrorClass, message: &str) -> CloudError {
        CloudError {
            class,
            operation: format!("toy:{:?}", write.operation),
            scope: write.scope.clone(),
            code: format!("{class:?}"),
            message: message.to_owned(),
            request_id: None,
        }
    }

    /// What comes before a call takes effect.
    fn arrive(&self, write: &Write) -> Result<Option<Fault>, CloudError> {
        let mut inner = self.world.inner();
        let fault = inner.faults.get(&write.token).copied();
        let told = |class| Err(self.error(write, class, "told to fail"));
        match fault {
            Some(Fault::Refused) => return told(ErrorClass::Refused),
            Some(Fault::Throttled(times) | Fault::Unreachable(times)) if times > 0 => {
                let (class, fewer) = match fault {
                    Some(Fault::Throttled(_)) => (ErrorClass::Throttled, Fault::Throttled(times - 1)),
                    _ => (ErrorClass::Unreachable, Fault::Unreachable(times - 1)),
                };
                inner.faults.insert(write.token.clone(), fewer);
                return told(class);
            }
            Some(Fault::Dropped | Fault::LostAndLate) => {
                inner.faults.remove(&write.token);
                if fault == Some(Fault::LostAndLate) {
                    inner.late.push((self.world.clock.now() + LATE, write.clone()));
                }
                return told(ErrorClass::InDoubt);
            }
            _ => {}
        }
        Ok(fault)
    }

    /// What AWS makes of a call.
    fn take_effect(&self, write: &Write, fault: Option<Fault>) -> Result<Written, CloudError> {
        let now = self.world.clock.now();
        let mut inner = self.world.inner();
        let mut done = write.clone();
        if fault == Some(Fault::Forgets) {
            forget(&mut done);
        }
        let id = match inner.state.write(&done, now) {
            Ok(id) => id,
            Err((class, why)) => {
                inner.refusals.push(format!("{:?} {}: {why}", write.operation, write.address));
                return Err(self.error(write, class, &why));
            }
        };
        let deletes = write.operation == Operation::Delete;
        if let Some(thing) = inner.state.find_mut(write.kind, &id) {
            match (fault, deletes) {
                (Some(Fault::NeverSettles), true) => thing.gone_at = Some(Duration::MAX),
                (Some(Fault::NeverSettles), false) => thing.ready_at = Duration::MAX,
                (Some(Fault::EndsBadly), true) => {
                    thing.gone_at = None;
                    thing.failed = Some("it could not be deleted".to_owned());
                }
                (Some(Fault::EndsBadly), false) => thing.failed = Some("it came to nothing".to_owned()),
                (Some(Fault::Reverts), true) => thing.gone_at = None,
                _ => {}
            }
        }
        if fault == Some(Fault::Lost) {
            inner.faults.remove(&write.token);
            return Err(self.error(write, ErrorClass::InDoubt, "no answer"));
        }
        let attrs = if deletes { Attrs::new() } else { Attrs::new().with(&keys::ID, id.clone()) };
        Ok(Written { id, attrs })
    }
}

/// Leaves out one of the attributes that a write sets.
fn forget(write: &mut Write) {
    match write.operation {
        Operation::Update => {
            write.changed.pop();
        }
        _ => {
            write.after.remove("size");
        }
    }
}

impl Cloud for Face {
    fn gather<'a>(&'a self, scope: &'a Scope, _: &'a str, _: &'a [Query]) -> BoxFuture<'a, ScopeSnapshot> {
        Box::pin(async move {
            self.pass(CALL).await;
            self.world.listed(scope)
        })
    }

    fn write<'a>(&'a self, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
        Box::pin(async move {
            let number = {
                let mut inner = self.world.inner();
                inner.begun += 1;
                let number = inner.begun;
                inner.under_way.insert(number, write.clone());
                inner.calls.push((self.world.clock.now(), format!("{:?} {}", write.operation, write.address)));
                number
            };
            // Calls overtake each other.
            self.pass(CALL * u32::try_from(1 + number * 5 % 4).unwrap()).await;
            self.world.inner().under_way.remove(&number);
            let answer = match self.arrive(write) {
                Ok(fault) => self.take_effect(write, fault),
                Err(error) => Err(error),
            };
            self.pass(CALL).await;
            answer
        })
    }

    fn settle<'a>(&'a self, write: &'a Write, id: &'a str) -> BoxFuture<'a, Result<Progress, CloudError>> {
        Box::pin(async move {
            self.pass(CALL).await;
            let now = self.world.clock.now();
            let inner = self.world.inner();
            let thing = inner.state.find(write.kind, id);
            let shown = thing.and_then(|thing| self.world.shown(thing, now));
            Ok(match (write.operation, shown) {
                (Operation::Delete, None) => Progress::Done(Attrs::new()),
                (_, None) => return Err(self.error(write, ErrorClass::NotFound, "it is not there")),
                (_, Some(Observed { status: Status::Failed(why), .. })) => Progress::Failed(why),
                (Operation::Delete, Some(object)) if object.status == Status::Ready => {
                    Progress::Failed("it was not deleted".to_owned())
                }
                (Operation::Delete, Some(_)) => Progress::Pending("going".to_owned()),
                (_, Some(object)) if object.status == Status::Ready => Progress::Done(object.attrs),
                (_, Some(_)) => Progress::Pending("coming".to_owned()),
            })
        })
    }

    fn read<'a>(
        &'a self,
        _: &'a Scope,
        kind: &'a str,
        id: &'a str,
        _: &'a Attrs,
    ) -> BoxFuture<'a, Result<Option<Observed>, CloudError>> {
        Box::pin(async move {
            self.pass(CALL).await;
            let (now, inner) = (self.world.clock.now(), self.world.inner());
            Ok(inner.state.find(kind, id).and_then(|thing| self.world.shown(thing, now)))
        })
    }
}
