//! Objects in memory: a store of objects for runs that nobody has to go on with, and for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use privlink_model::{BoxFuture, DeleteEnd, ObjectError, Objects, PutEnd, Version, Versioned, When};

/// Objects that are gone with this value.
#[derive(Debug, Default)]
pub struct MemoryObjects {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Versioned>,
    writes: u64,
}

impl State {
    fn holds(&self, key: &str, when: &When) -> bool {
        let found = self.objects.get(key).map(|(_, version)| version);
        match when {
            When::Always => true,
            When::Absent => found.is_none(),
            When::Is(version) => found == Some(version),
        }
    }
}

impl MemoryObjects {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self, prefix: &str) -> Vec<String> {
        self.state().objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }
}

impl Objects for MemoryObjects {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Versioned>, ObjectError>> {
        Box::pin(async move { Ok(self.state().objects.get(key).cloned()) })
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<PutEnd, ObjectError>> {
        Box::pin(async move {
            let mut state = self.state();
            if !state.holds(key, &when) {
                return Ok(PutEnd::Conflict);
            }
            state.writes += 1;
            let version = Version(state.writes.to_string());
            state.objects.insert(key.to_owned(), (bytes, version.clone()));
            Ok(PutEnd::Done(version))
        })
    }

    fn delete<'a>(&'a self, key: &'a str, when: When) -> BoxFuture<'a, Result<DeleteEnd, ObjectError>> {
        Box::pin(async move {
            let mut state = self.state();
            if !state.holds(key, &when) {
                return Ok(DeleteEnd::Conflict);
            }
            state.objects.remove(key);
            Ok(DeleteEnd::Done)
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, ObjectError>> {
        Box::pin(async move { Ok(self.keys(prefix)) })
    }

    fn folders<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, ObjectError>> {
        Box::pin(async move {
            let keys = self.keys(prefix);
            let folders = keys.iter().filter_map(|key| Some(key.strip_prefix(prefix)?.split_once('/')?.0.to_owned()));
            Ok(folders.collect::<BTreeSet<String>>().into_iter().collect())
        })
    }
}
