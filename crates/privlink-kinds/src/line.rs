//! A line before a token bucket: calls leave one by one, in the order of their tickets.
//!
//! Owns: whose turn it is, and when. Refuses to know: what a call is, how full AWS's bucket really is.
//! Read next: `limiter` for who stands in which lines.
//!
//! **Invariant:** nobody overtakes. A ticket is kept until its call has succeeded: one that AWS throttled stands before all
//! that came after it.
//!
//! **Invariant:** what is in the bucket here is never more than what is in AWS's, as far as our own calls go. AWS draws a
//! token at some moment between a call's departure and its answer, and what would flow in above the brim before that is lost
//! to it: so the brim is lower by one for every call that is under way.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use privlink_model::Bucket;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How exactly clocks and timers keep time: a bucket that was full begins to fill again so much later than we think.
const GRAIN: Duration = Duration::from_millis(2);

/// A bucket and those who wait for its tokens.
#[derive(Debug)]
pub(crate) struct Line {
    bucket: Bucket,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug)]
struct State {
    tokens: f64,
    at: Instant,
    /// Calls that left and have no answer yet.
    under_way: u32,
    waiting: BTreeSet<u64>,
}

/// Whether somebody may leave.
#[derive(Debug, PartialEq)]
enum Turn {
    Now,
    In(Duration),
    /// When something happens: another one leaves, or an answer comes.
    Later,
}

impl State {
    /// Lets flow in what has come since the last time.
    fn fill(&mut self, bucket: Bucket, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let brim = bucket.capacity - f64::from(self.under_way);
        let filled = self.tokens + passed * bucket.refill;
        (self.tokens, self.at) =
            if filled < brim { (filled, now.max(self.at)) } else { (self.tokens.max(brim), now + GRAIN) };
    }

    fn turn(&self, bucket: Bucket, ticket: u64) -> Turn {
        if self.waiting.first().is_some_and(|first| *first < ticket) {
            Turn::Later
        } else if self.tokens >= 1.0 || bucket.refill <= 0.0 {
            Turn::Now
        } else if bucket.capacity - f64::from(self.under_way) < 1.0 {
            Turn::Later
        } else {
            Turn::In(Duration::try_from_secs_f64((1.0 - self.tokens) / bucket.refill).unwrap_or(Duration::MAX))
        }
    }
}

impl Line {
    /// Makes a line before a full bucket.
    pub(crate) fn new(bucket: Bucket) -> Self {
        let state = State { tokens: bucket.capacity, at: Instant::now(), under_way: 0, waiting: BTreeSet::new() };
        Self { bucket, state: Mutex::new(state), news: Notify::new() }
    }

    /// The state as it is now. A panic elsewhere cannot leave half-done arithmetic behind: it stays usable.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.fill(self.bucket, Instant::now());
        state
    }

    /// Takes AWS's word that there was no token.
    pub(crate) fn is_empty(&self) {
        let mut state = self.state();
        state.tokens = state.tokens.min(0.0);
    }

    /// Notes that a call has its answer: from here on its token is drawn for certain.
    pub(crate) fn answered(&self) {
        {
            let mut state = self.state();
            state.under_way = state.under_way.saturating_sub(1);
        }
        self.news.notify_waiters();
    }

    /// Gives back the token of a call that never left.
    pub(crate) fn unspent(&self) {
        {
            let mut state = self.state();
            state.under_way = state.under_way.saturating_sub(1);
            state.tokens += 1.0;
        }
        self.news.notify_waiters();
    }

    /// Stands in line; whoever drops the place leaves it.
    pub(crate) fn stand(self: &Arc<Self>, ticket: u64) -> Place {
        self.state().waiting.insert(ticket);
        Place { line: Arc::clone(self), ticket }
    }
}

/// A place in a line.
#[derive(Debug)]
pub(crate) struct Place {
    line: Arc<Line>,
    ticket: u64,
}

impl Place {
    /// Waits until it is this one's turn, and there is a token.
    pub(crate) async fn turn(&self) {
        loop {
            let mut news = pin!(self.line.news.notified());
            // From here on nothing that happens is missed.
            news.as_mut().enable();
            let turn = self.line.state().turn(self.line.bucket, self.ticket);
            match turn {
                Turn::Now => return,
                // A timeout is the turn coming: it is looked at again.
                Turn::In(time) => drop(tokio::time::timeout(time, news).await),
                Turn::Later => news.await,
            }
        }
    }

    /// Draws a token and leaves the line: from here on the call counts as under way.
    pub(crate) fn leave(self) {
        let mut state = self.line.state();
        state.tokens -= 1.0;
        state.under_way += 1;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.line.state().waiting.remove(&self.ticket);
        self.line.news.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINTS: Bucket = Bucket { capacity: 4.0, refill: 0.3 };
    const DEPLOYMENTS: Bucket = Bucket { capacity: 1.0, refill: 0.2 };

    fn full(bucket: Bucket) -> (State, Instant) {
        let now = Instant::now();
        (State { tokens: bucket.capacity, at: now, under_way: 0, waiting: BTreeSet::from([7, 8]) }, now)
    }

    fn seconds(turn: Turn) -> f64 {
        match turn {
            Turn::Now => 0.0,
            Turn::In(time) => time.as_secs_f64(),
            Turn::Later => f64::INFINITY,
        }
    }

    #[test]
    fn who_came_later_waits_for_who_came_first() {
        let (state, _) = full(ENDPOINTS);
        assert_eq!(state.turn(ENDPOINTS, 7), Turn::Now);
        assert_eq!(state.turn(ENDPOINTS, 8), Turn::Later);
        assert_eq!(state.turn(ENDPOINTS, 3), Turn::Now, "one that comes back with an old ticket");
    }

    #[test]
    fn calls_beyond_the_burst_wait_for_the_refill() {
        let (mut state, now) = full(ENDPOINTS);
        state.tokens -= 4.0;
        assert!((seconds(state.turn(ENDPOINTS, 7)) - 1.0 / 0.3).abs() < 1e-6);
        state.fill(ENDPOINTS, now + Duration::from_secs(2));
        assert!((seconds(state.turn(ENDPOINTS, 7)) - (1.0 / 0.3 - 2.0)).abs() < 1e-6);
        state.fill(ENDPOINTS, now + Duration::from_secs(3600));
        assert_eq!(state.tokens, 4.0);
    }

    #[test]
    fn what_flows_in_before_the_answer_is_not_counted_on() {
        let (mut state, now) = full(DEPLOYMENTS);
        (state.tokens, state.under_way) = (0.0, 1);
        state.fill(DEPLOYMENTS, now + Duration::from_secs(60));
        assert_eq!(state.turn(DEPLOYMENTS, 7), Turn::Later, "AWS may have drawn the token just now");
        state.under_way = 0;
        assert!((seconds(state.turn(DEPLOYMENTS, 7)) - 5.0).abs() < 1e-6, "five seconds from the answer on");
        state.fill(DEPLOYMENTS, now + Duration::from_secs(65));
        assert!(seconds(state.turn(DEPLOYMENTS, 7)) > 0.0, "and a little more, for clocks are not exact");
        state.fill(DEPLOYMENTS, now + Duration::from_secs(65) + GRAIN * 2);
        assert_eq!(state.turn(DEPLOYMENTS, 7), Turn::Now);
        // Below the brim nothing is lost, so calls under way cost nothing.
        let (mut state, now) = full(ENDPOINTS);
        (state.tokens, state.under_way) = (0.0, 2);
        state.fill(ENDPOINTS, now + Duration::from_secs(5));
        assert_eq!(state.turn(ENDPOINTS, 7), Turn::Now);
    }

    #[tokio::test]
    async fn the_line_keeps_its_order_and_an_old_ticket_comes_first() {
        let line = Arc::new(Line::new(Bucket { capacity: 1.0, refill: 200.0 }));
        let (sender, mut left) = tokio::sync::mpsc::unbounded_channel();
        let first = line.stand(1);
        for ticket in [4, 2, 3] {
            let (line, sender) = (line.clone(), sender.clone());
            tokio::spawn(async move {
                let place = line.stand(ticket);
                place.turn().await;
                place.leave();
                sender.send(ticket).unwrap();
                line.answered();
            });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        first.turn().await;
        assert!(left.try_recv().is_err(), "all wait for the first");
        first.leave();
        line.is_empty();
        line.answered();
        for ticket in [2, 3, 4] {
            assert_eq!(left.recv().await, Some(ticket));
        }
    }

    #[tokio::test]
    async fn who_gives_up_holds_nobody_back() {
        let line = Arc::new(Line::new(ENDPOINTS));
        let (first, second) = (line.stand(1), line.stand(2));
        assert_eq!(line.state().turn(ENDPOINTS, 2), Turn::Later);
        drop(first);
        tokio::time::timeout(Duration::from_secs(5), second.turn()).await.unwrap();
    }
}
