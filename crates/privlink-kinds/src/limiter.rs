//! Holds calls back so that AWS does not have to: token buckets at the last place before the network.
//!
//! Owns: which lines a call stands in, repeating what AWS throttled all the same, counting requests, how many are in flight
//! at once. Refuses to know: what the figures are (`quota`), how a line moves (`line`), which operation a request asks for
//! (`operation`), what a throttle looks like (`throttle`).
//! Read next: `line`, `quota` for the figures, `connect` for where this is put in.
//!
//! **Invariant:** every attempt passes here, those the SDK repeats as well, so that a repeat also draws a token. The SDK
//! signs before it connects, and AWS refuses signatures older than five minutes; where waits can be long (deleting REST
//! APIs: one in 30 seconds) the caller waits in [`Limiter::prepay`], before the request is signed, and the attempt that
//! follows passes at once.
//!
//! **Invariant:** only this place repeats throttled calls, and a call that is repeated keeps its place in the line: its
//! bucket counts as empty, for somebody else drew from it, and nothing that came later leaves before it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;
use privlink_model::{Bucket, Scope, Service};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::line::{Line, Place};
use crate::operation::{operation, prefix};
use crate::quota;
use crate::throttle::{GivenUp, throttled};

/// One line: which bucket it stands before.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    scope: Scope,
    service: Service,
    /// An operation or a class of them; empty for the service's total.
    class: String,
}

/// One call: what it draws tokens for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Call {
    scope: Scope,
    service: Service,
    operation: String,
}

/// All lines of all scopes.
pub(crate) struct Limiter {
    speed: f64,
    lines: Mutex<HashMap<Key, Arc<Line>>>,
    tickets: AtomicU64,
    /// The tickets of calls that have waited for their own bucket already.
    prepaid: Mutex<HashMap<Call, VecDeque<u64>>>,
    requests: Mutex<BTreeMap<String, u64>>,
    slots: Semaphore,
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("speed", &self.speed).finish_non_exhaustive()
    }
}

/// A panic elsewhere cannot leave half-done work behind: the values stay usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Limiter {
    /// Makes full buckets that refill `speed` times as fast as AWS's, with so many requests in flight at most.
    pub(crate) fn new(speed: f64, parallelism: usize) -> Self {
        Self {
            speed: if speed.is_finite() && speed > 0.0 { speed } else { 1.0 },
            lines: Mutex::default(),
            tickets: AtomicU64::default(),
            prepaid: Mutex::default(),
            requests: Mutex::default(),
            slots: Semaphore::new(parallelism.max(1)),
        }
    }

    /// How many times faster than AWS's the quotas are.
    pub(crate) fn speed(&self) -> f64 {
        self.speed
    }

    /// How many requests were sent, by operation, such as `ec2:DescribeVpcs`.
    pub(crate) fn requests(&self) -> BTreeMap<String, u64> {
        lock(&self.requests).clone()
    }

    /// Waits for an operation's turn before its request is made; while the turn is held, the next attempt in this scope
    /// passes at once.
    pub(crate) async fn prepay(&self, scope: &Scope, service: Service, operation: &str) -> Prepaid<'_> {
        let call = Call { scope: scope.clone(), service, operation: operation.to_owned() };
        let ticket = self.ticket();
        let place = self.own(&call).stand(ticket);
        place.turn().await;
        place.leave();
        lock(&self.prepaid).entry(call.clone()).or_default().push_back(ticket);
        Prepaid { limiter: self, call, ticket }
    }

    fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed)
    }

    /// The ticket of a call, and whether the token of its own bucket is drawn.
    fn take_up(&self, call: &Call) -> (u64, bool) {
        match lock(&self.prepaid).get_mut(call).and_then(VecDeque::pop_front) {
            Some(ticket) => (ticket, true),
            None => (self.ticket(), false),
        }
    }

    /// Waits for an attempt's turn: `rest` of the time in its place, then for its own bucket, the service's, and a slot.
    /// The tokens are drawn at the moment of departure.
    async fn pass(&self, call: &Call, ticket: u64, prepaid: bool, rest: Duration) -> Pass<'_> {
        let (own, total) = (self.own(call), self.total(call));
        // A token that is drawn already is given an end even if who waits here goes away, by a timeout say.
        let mut pass = Pass { lines: [prepaid.then(|| Arc::clone(&own)), None], slot: None };
        let place = (!prepaid).then(|| own.stand(ticket));
        tokio::time::sleep(rest.div_f64(self.speed)).await;
        if let Some(place) = &place {
            place.turn().await;
        }
        let in_total = total.as_ref().map(|total| total.stand(ticket));
        if let Some(in_total) = &in_total {
            in_total.turn().await;
        }
        // The semaphore is never closed; were it, calls would go on without a bound.
        let slot = self.slots.acquire().await.ok();
        place.into_iter().chain(in_total).for_each(Place::leave);
        *lock(&self.requests).entry(format!("{}:{}", prefix(call.service), call.operation)).or_default() += 1;
        pass.lines = [Some(own), total];
        pass.slot = slot;
        pass
    }

    /// Takes AWS's word that a call found no token; which of its buckets was empty AWS does not say.
    fn found_empty(&self, call: &Call) {
        [Some(self.own(call)), self.total(call)].into_iter().flatten().for_each(|line| line.is_empty());
    }

    fn own(&self, call: &Call) -> Arc<Line> {
        let quota = quota::of(call.service, &call.operation);
        self.line(call, quota.class.unwrap_or(&call.operation), quota.bucket)
    }

    fn total(&self, call: &Call) -> Option<Arc<Line>> {
        quota::of(call.service, &call.operation).total.map(|bucket| self.line(call, "", bucket))
    }

    fn line(&self, call: &Call, class: &str, bucket: Bucket) -> Arc<Line> {
        let key = Key { scope: call.scope.clone(), service: call.service, class: class.to_owned() };
        let bucket = Bucket { refill: bucket.refill * self.speed, ..bucket };
        Arc::clone(lock(&self.lines).entry(key).or_insert_with(|| Arc::new(Line::new(bucket))))
    }
}

/// A turn that was waited for. Dropped, it gives back what no call made use of.
#[must_use]
pub(crate) struct Prepaid<'l> {
    limiter: &'l Limiter,
    call: Call,
    ticket: u64,
}

impl Drop for Prepaid<'_> {
    fn drop(&mut self) {
        let mut prepaid = lock(&self.limiter.prepaid);
        let Some(tickets) = prepaid.get_mut(&self.call) else { return };
        let before = tickets.len();
        tickets.retain(|ticket| *ticket != self.ticket);
        if tickets.len() < before {
            self.limiter.own(&self.call).unspent();
        }
    }
}

/// A call that is under way.
struct Pass<'l> {
    lines: [Option<Arc<Line>>; 2],
    slot: Option<SemaphorePermit<'l>>,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.lines.iter().flatten().for_each(|line| line.answered());
    }
}

/// An HTTP client whose requests wait for their turn. All share the pool of connections of the client inside.
#[derive(Debug, Clone)]
pub(crate) struct Limited {
    pub(crate) inner: SharedHttpClient,
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) scope: Scope,
    pub(crate) service: Service,
}

impl HttpClient for Limited {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(LimitedConnector { connector, client: self.clone() })
    }

    /// The client inside would make a connector only to see whether it can: 60 µs for each client.
    fn validate_base_client_config(&self, _: &RuntimeComponentsBuilder, _: &ConfigBag) -> Result<(), BoxError> {
        Ok(())
    }
}

#[derive(Debug)]
struct LimitedConnector {
    connector: SharedHttpConnector,
    client: Limited,
}

impl HttpConnector for LimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connector, client) = (self.connector.clone(), self.client.clone());
        HttpConnectorFuture::new(async move {
            let Limited { limiter, scope, service, .. } = &client;
            let operation = operation(*service, &request);
            let call = Call { scope: scope.clone(), service: *service, operation };
            let (ticket, mut prepaid) = limiter.take_up(&call);
            let (mut request, mut attempt, mut rest) = (request, 1, Duration::ZERO);
            loop {
                let pass = limiter.pass(&call, ticket, prepaid, rest).await;
                let (again, seed) = (request.try_clone(), seed(&request));
                let mut answer = connector.call(request).await?;
                drop(pass);
                let Some(throttle) = throttled(&mut answer).await? else { return Ok(answer) };
                limiter.found_empty(&call);
                let (Some(pause), Some(again)) = (throttle.pause(attempt, seed), again) else {
                    answer.add_extension(GivenUp);
                    return Ok(answer);
                };
                (request, attempt, rest, prepaid) = (again, attempt + 1, pause, false);
            }
        })
    }
}

/// What tells a request from every other one: its signature is over its time and all that it says.
fn seed(request: &HttpRequest) -> u64 {
    let mut hasher = DefaultHasher::new();
    (request.headers().get("authorization"), request.uri()).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use privlink_model::{Scope, Service};

    use super::{Call, Limiter};

    fn call(scope: &Scope, service: Service, operation: &str) -> Call {
        Call { scope: scope.clone(), service, operation: operation.to_owned() }
    }

    /// Whether a call passes without having to wait for a token.
    async fn passes(limiter: &Limiter, call: &Call) -> bool {
        let (ticket, prepaid) = limiter.take_up(call);
        let pass = limiter.pass(call, ticket, prepaid, Duration::ZERO);
        // The pass is dropped: the answer is there.
        tokio::time::timeout(Duration::from_millis(20), pass).await.is_ok()
    }

    #[tokio::test]
    async fn a_bucket_is_one_operations_in_one_scope() {
        let limiter = Limiter::new(1.0, 8);
        let (here, there) = (Scope::new("1", "r"), Scope::new("2", "r"));
        for _ in 0..4 {
            assert!(passes(&limiter, &call(&here, Service::Ec2, "CreateVpcEndpoint")).await);
        }
        assert!(!passes(&limiter, &call(&here, Service::Ec2, "CreateVpcEndpoint")).await);
        assert!(passes(&limiter, &call(&there, Service::Ec2, "CreateVpcEndpoint")).await, "another account's");
        assert!(passes(&limiter, &call(&here, Service::Ec2, "DescribeVpcs")).await, "another operation's");
    }

    #[tokio::test]
    async fn the_total_of_a_service_binds_too() {
        let limiter = Limiter::new(0.01, 8);
        let scope = Scope::new("1", "r");
        for number in 0..40 {
            let operation = if number % 2 == 0 { "GetRestApis" } else { "GetVpcLinks" };
            assert!(passes(&limiter, &call(&scope, Service::ApiGateway, operation)).await, "{number}");
        }
        assert!(!passes(&limiter, &call(&scope, Service::ApiGateway, "GetRestApi")).await);
        assert!(passes(&limiter, &call(&scope, Service::Elb, "DescribeTags")).await, "another service's");
    }

    #[tokio::test]
    async fn what_was_prepaid_passes_at_once_and_keeps_its_place() {
        let limiter = Limiter::new(0.01, 8);
        let scope = Scope::new("1", "r");
        let turn = limiter.prepay(&scope, Service::ApiGateway, "DeleteRestApi").await;
        let delete = call(&scope, Service::ApiGateway, "DeleteRestApi");
        assert!(passes(&limiter, &delete).await);
        assert_eq!(limiter.requests().get("apigateway:DeleteRestApi"), Some(&1));
        assert!(!passes(&limiter, &delete).await, "only one was paid for");
        drop(turn);
        assert!(!passes(&limiter, &delete).await, "what was used is not given back");
        // A turn that nobody uses must not hold back those to come.
        let limiter = Limiter::new(0.01, 8);
        for _ in 0..3 {
            drop(limiter.prepay(&scope, Service::ApiGateway, "DeleteRestApi").await);
        }
        assert!(passes(&limiter, &delete).await);
    }

    #[tokio::test]
    async fn an_attempt_that_was_throttled_stands_before_all_that_came_later() {
        let limiter = Limiter::new(100.0, 8);
        let put = call(&Scope::new("1", "r"), Service::ApiGateway, "PutRestApi");
        let (first, _) = limiter.take_up(&put);
        drop(limiter.pass(&put, first, false, Duration::ZERO).await);
        limiter.found_empty(&put);
        let left = std::sync::Mutex::new(Vec::new());
        let again = async {
            let pass = limiter.pass(&put, first, false, Duration::from_secs(3)).await;
            left.lock().unwrap().push("first");
            drop(pass);
        };
        let later = async {
            let (ticket, _) = limiter.take_up(&put);
            let pass = limiter.pass(&put, ticket, false, Duration::ZERO).await;
            left.lock().unwrap().push("later");
            drop(pass);
        };
        futures_util::join!(again, later);
        assert_eq!(*left.lock().unwrap(), ["first", "later"]);
    }
}
