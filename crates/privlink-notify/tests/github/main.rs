//! What is said on GitHub and to webhooks, against a stand-in that checks each request by GitHub's own description.
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod comments;
mod honest;
mod issues;
mod labels;
mod limits;
#[path = "../../../privlink/tests/standin/mod.rs"]
mod standin;
mod webhooks;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use privlink_notify::github::Place;
use privlink_notify::{Clock, GitHub, Secret, SystemClock, Waiting};

use standin::{JOB, REPOSITORY, StandIn};

/// A clock that does not wait: it notes for how long it would have.
pub(crate) struct Impatient {
    ahead: AtomicU64,
    slept: Mutex<Vec<u64>>,
}

impl Impatient {
    fn new() -> Arc<Self> {
        Arc::new(Self { ahead: AtomicU64::new(0), slept: Mutex::default() })
    }

    fn slept(&self) -> Vec<u64> {
        self.slept.lock().unwrap().clone()
    }
}

impl Clock for Impatient {
    fn now(&self) -> u64 {
        SystemClock.now() + self.ahead.load(Ordering::SeqCst)
    }

    fn sleep(&self, time: Duration) -> Waiting<'_> {
        self.ahead.fetch_add(time.as_secs(), Ordering::SeqCst);
        self.slept.lock().unwrap().push(time.as_secs());
        Box::pin(async {})
    }
}

/// The repository, as the one who has a token.
fn github(standin: &StandIn, token: &str) -> GitHub {
    timed(standin, token, Impatient::new())
}

fn timed(standin: &StandIn, token: &str, clock: Arc<Impatient>) -> GitHub {
    at(standin, REPOSITORY, token, None, clock)
}

fn at(standin: &StandIn, repository: &str, token: &str, author: Option<&str>, clock: Arc<Impatient>) -> GitHub {
    let place = Place {
        api: standin.url.clone(),
        repository: repository.to_owned(),
        token: Secret::new(token),
        author: author.map(str::to_owned),
    };
    GitHub::new(place, clock).unwrap()
}

fn job(standin: &StandIn) -> GitHub {
    github(standin, JOB)
}
