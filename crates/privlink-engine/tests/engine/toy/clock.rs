//! Virtual time: it jumps to the next moment that somebody waits for, as soon as nothing else can happen.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use privlink_model::{BoxFuture, Clock};

#[derive(Default)]
struct State {
    now: Duration,
    next: u64,
    sleepers: BTreeMap<(Duration, u64), Option<Waker>>,
}

#[derive(Default)]
pub(crate) struct JumpingClock(Mutex<State>);

impl JumpingClock {
    /// Wakes the next sleeper. Called when every task waits.
    fn jump(&self) {
        let mut state = self.0.lock().unwrap();
        let ((at, _), waker) =
            state.sleepers.pop_first().expect("all tasks wait, and none of them for a moment in time");
        state.now = state.now.max(at);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        let mut state = self.0.lock().unwrap();
        state.next += 1;
        let key = (state.now + time, state.next);
        state.sleepers.insert(key, None);
        Box::pin(Sleep { clock: self, key })
    }
}

struct Sleep<'a> {
    clock: &'a JumpingClock,
    key: (Duration, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.0.lock().unwrap();
        match state.sleepers.get_mut(&self.key) {
            Some(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.0.lock().unwrap().sleepers.remove(&self.key);
    }
}

/// Runs a future in virtual time.
pub(crate) fn simulate<T>(body: impl AsyncFnOnce(Arc<JumpingClock>) -> T) -> T {
    let clock = Arc::new(JumpingClock::default());
    let jumping = Arc::clone(&clock);
    let runtime = tokio::runtime::Builder::new_current_thread().on_thread_park(move || jumping.jump()).build().unwrap();
    runtime.block_on(body(clock))
}
