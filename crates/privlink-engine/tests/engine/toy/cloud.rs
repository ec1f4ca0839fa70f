//! A cloud in memory that does what each test tells it, and writes down what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use privlink_model::{
    Address, Attrs, BoxFuture, Clock, Cloud, CloudError, ErrorClass, Listing, Observed, Op, Operation, Owner, Progress,
    Query, Scope, ScopeSnapshot, Status, Step, Unread, Write, Written,
};

use super::clock::JumpingClock;

/// How the object at one address behaves.
#[derive(Clone, Default)]
pub(crate) struct Object {
    /// How long its calls take.
    pub(crate) call_takes: u64,
    /// Failures of its first calls, in turn.
    pub(crate) refuses: VecDeque<ErrorClass>,
    /// Whether calls that fail with a doubt took effect.
    pub(crate) loses_answers: bool,
    /// Failures of the first looks after its first call.
    pub(crate) hides_after_call: VecDeque<ErrorClass>,
    /// Whether its call breaks down.
    pub(crate) panics: bool,
    /// How long after its call it is settled; none for never.
    pub(crate) settles_after: Option<u64>,
    /// Failures of the first looks at it.
    pub(crate) hides: VecDeque<ErrorClass>,
    /// How it ends, if badly.
    pub(crate) ends: Option<String>,
    /// What the answer of its call says.
    pub(crate) written: Attrs,
    /// What is known when it is settled.
    pub(crate) settled: Attrs,
    /// What AWS does not do of what is asked, without a word.
    pub(crate) drops: Vec<String>,
    /// What a read shows beside what was written, and from when on.
    pub(crate) shows: Option<(u64, Attrs)>,
    /// Its state when read.
    pub(crate) fails: Option<String>,
}

impl Object {
    /// An object whose first calls fail.
    pub(crate) fn refusing(classes: &[ErrorClass]) -> Self {
        Self { refuses: classes.iter().copied().collect(), ..Self::default() }
    }
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Object>,
    log: Vec<String>,
    writes: Vec<Write>,
    calling: usize,
    most_calling: usize,
    called_at: BTreeMap<String, u64>,
    live: BTreeMap<String, Live>,
    effects: BTreeMap<String, usize>,
}

/// What there is at one address.
#[derive(Clone, Default)]
struct Live {
    attrs: Attrs,
    tags: BTreeMap<String, String>,
}

/// The cloud.
pub(crate) struct Toy {
    clock: Arc<JumpingClock>,
    state: Mutex<State>,
}

impl Toy {
    pub(crate) fn new(clock: Arc<JumpingClock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    pub(crate) fn object(&self, address: &str, object: Object) {
        self.state.lock().unwrap().objects.insert(address.to_owned(), object);
    }

    /// Puts there what steps change, delete or wait for.
    pub(crate) fn before(&self, steps: &[Step]) {
        for step in steps {
            if let Op::Update { before, .. } | Op::Delete { before, .. } | Op::Wait { before, .. } = &step.op {
                self.put(step.address.as_str(), before.clone());
            }
        }
    }

    /// Puts something there, as somebody else would.
    pub(crate) fn put(&self, address: &str, attrs: Attrs) {
        self.state.lock().unwrap().live.entry(address.to_owned()).or_default().attrs = attrs;
    }

    /// What there is at an address.
    pub(crate) fn live(&self, address: &str) -> Option<Attrs> {
        self.state.lock().unwrap().live.get(address).map(|live| live.attrs.clone())
    }

    /// What happened: `<second> <what> <address>`.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state.lock().unwrap().log.clone()
    }

    /// What happened, without what was only read.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.log().into_iter().filter(|line| !line.contains(" read ")).collect()
    }

    /// The calls made for an address.
    pub(crate) fn writes(&self, address: &str) -> Vec<Write> {
        let state = self.state.lock().unwrap();
        state.writes.iter().filter(|write| write.address.as_str() == address).cloned().collect()
    }

    /// How often a call for an address took effect.
    pub(crate) fn effects(&self, address: &str) -> usize {
        self.state.lock().unwrap().effects.get(address).copied().unwrap_or_default()
    }

    pub(crate) fn most_calling(&self) -> usize {
        self.state.lock().unwrap().most_calling
    }

    fn note(&self, what: &str, address: &str) {
        let line = format!("{} {what} {address}", self.clock.now().as_secs());
        self.state.lock().unwrap().log.push(line);
    }

    /// Does what a write asks.
    fn take_effect(&self, write: &Write, object: &Object) {
        let mut state = self.state.lock().unwrap();
        let address = write.address.as_str();
        *state.effects.entry(address.to_owned()).or_default() += 1;
        match write.operation {
            Operation::Delete => {
                state.live.remove(address);
            }
            Operation::Create | Operation::Update => {
                let live = state.live.entry(address.to_owned()).or_default();
                live.tags.extend(write.tags.clone());
                for (key, value) in write.after.iter().filter(|(key, _)| !object.drops.contains(key)) {
                    live.attrs.insert(key.clone(), value.clone());
                }
                for key in write.changed.iter().filter(|key| write.after.get(key).is_none()) {
                    live.attrs.remove(key);
                }
            }
            Operation::Wait => {}
        }
    }

    fn change<T>(&self, address: &str, change: impl FnOnce(&mut Object) -> T) -> T {
        change(self.state.lock().unwrap().objects.entry(address.to_owned()).or_default())
    }
}

/// A failure of a call.
fn error(class: ErrorClass, scope: &Scope) -> CloudError {
    CloudError {
        class,
        operation: "toy:Call".to_owned(),
        scope: scope.clone(),
        code: format!("{class:?}"),
        message: "told to fail".to_owned(),
        request_id: None,
    }
}

impl Cloud for Toy {
    /// Takes five seconds; finds one object for each query, or, when nothing is looked up, what was made; and none of the
    /// other kind in account 2, which is denied. Account 3 breaks down.
    fn gather<'a>(&'a self, scope: &'a Scope, project: &'a str, queries: &'a [Query]) -> BoxFuture<'a, ScopeSnapshot> {
        Box::pin(async move {
            self.clock.sleep(Duration::from_secs(5)).await;
            assert!(!scope.account.ends_with('3'), "the toy account broke");
            let object = |query| Observed {
                kind: "plain",
                scope: scope.clone(),
                id: format!("{project} {query:?}"),
                owner: Owner::Nobody,
                status: Status::Ready,
                attrs: Attrs::new(),
                tags: BTreeMap::new(),
            };
            let mut listings: BTreeMap<&'static str, Listing> =
                BTreeMap::from([("plain", Ok(queries.iter().map(object).collect()))]);
            if queries.is_empty() {
                let state = self.state.lock().unwrap();
                let made = |(address, live): (&String, &Live)| Observed {
                    kind: "plain",
                    scope: scope.clone(),
                    id: format!("{address}-id"),
                    owner: Owner::Ours(Address::new(address)),
                    status: Status::Ready,
                    attrs: live.attrs.clone(),
                    tags: live.tags.clone(),
                };
                let made: Vec<Observed> = state.live.iter().map(made).collect();
                listings = BTreeMap::from([("plain", Ok(made.clone())), ("token", Ok(made))]);
            }
            if scope.account.ends_with('2') {
                let unread = Unread {
                    code: "toy::denied",
                    operation: "toy:List".to_owned(),
                    message: "told to fail".to_owned(),
                    help: None,
                };
                listings.insert("token", Err(unread));
            }
            ScopeSnapshot { listings }
        })
    }

    fn write<'a>(&'a self, write: &'a Write) -> BoxFuture<'a, Result<Written, CloudError>> {
        Box::pin(async move {
            let address = write.address.as_str();
            self.note("call", address);
            {
                let mut state = self.state.lock().unwrap();
                state.writes.push(write.clone());
                state.calling += 1;
                state.most_calling = state.most_calling.max(state.calling);
            }
            let object = self.change(address, |object| object.clone());
            self.clock.sleep(Duration::from_secs(object.call_takes)).await;
            self.state.lock().unwrap().calling -= 1;
            assert!(!object.panics, "the toy {address} broke");
            if let Some(class) = self.change(address, |object| object.refuses.pop_front()) {
                self.note(&format!("{class:?}"), address);
                if class == ErrorClass::InDoubt && object.loses_answers {
                    self.take_effect(write, &object);
                }
                self.change(address, |object| object.hides.append(&mut object.hides_after_call));
                return Err(error(class, &write.scope));
            }
            self.take_effect(write, &object);
            self.note("answer", address);
            self.state.lock().unwrap().called_at.insert(address.to_owned(), self.clock.now().as_secs());
            let id = if write.id.is_empty() { format!("{address}-id") } else { write.id.clone() };
            Ok(Written { id, attrs: object.written })
        })
    }

    fn settle<'a>(&'a self, write: &'a Write, id: &'a str) -> BoxFuture<'a, Result<Progress, CloudError>> {
        Box::pin(async move {
            let address = write.address.as_str();
            assert_eq!(id, format!("{address}-id"));
            self.note("look", address);
            if let Some(class) = self.change(address, |object| object.hides.pop_front()) {
                return Err(error(class, &write.scope));
            }
            let object = self.change(address, |object| object.clone());
            if write.operation == Operation::Delete && object.settles_after.is_none() && self.live(address).is_none() {
                return Ok(Progress::Done(Attrs::new()));
            }
            let since = self.state.lock().unwrap().called_at.get(address).copied().unwrap_or_default();
            let settled = object.settles_after.is_some_and(|after| self.clock.now().as_secs() >= since + after);
            Ok(match (settled, object.ends) {
                (true, Some(reason)) => Progress::Failed(reason),
                (true, None) => Progress::Done(object.settled),
                (false, _) => Progress::Pending("pending".to_owned()),
            })
        })
    }

    fn read<'a>(
        &'a self,
        scope: &'a Scope,
        kind: &'a str,
        id: &'a str,
        _: &'a Attrs,
    ) -> BoxFuture<'a, Result<Option<Observed>, CloudError>> {
        Box::pin(async move {
            let address = id.strip_suffix("-id").unwrap_or(id);
            self.note("read", address);
            if let Some(class) = self.change(address, |object| object.hides.pop_front()) {
                return Err(error(class, scope));
            }
            let object = self.change(address, |object| object.clone());
            let Some(mut attrs) = self.live(address) else { return Ok(None) };
            if let Some((_, more)) = object.shows.filter(|(from, _)| self.clock.now().as_secs() >= *from) {
                attrs.merge(&more);
            }
            Ok(Some(Observed {
                kind: if kind == "token" { "token" } else { "plain" },
                scope: scope.clone(),
                id: id.to_owned(),
                owner: Owner::Nobody,
                status: object.fails.map_or(Status::Ready, Status::Failed),
                attrs,
                tags: BTreeMap::new(),
            }))
        })
    }
}
