//! Holds calls back so that AWS does not have to: token buckets at the last place before the network.
//!
//! Owns: waiting for tokens, counting requests, how many are in flight at once.
//! Refuses to know: what the figures are (`quota`), what an answer says.
//! Read next: `quota` for the figures, `connect` for where this is put in.
//!
//! **Invariant:** every attempt passes here, those the SDK repeats as well, so that a repeat also draws a token. The SDK
//! signs before it connects, and AWS refuses signatures older than five minutes; where waits can be long (deleting REST
//! APIs: one in 30 seconds) the caller waits in [`Limiter::prepay`], before the request is signed, and the attempt that
//! follows passes at once.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
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
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::quota;

/// One bucket: which it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    scope: Scope,
    service: Service,
    /// An operation or a class of them; empty for the service's total.
    class: String,
}

/// One bucket: what is in it. Below zero, that many callers are waiting.
#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl Level {
    /// Takes a token and says how long to wait for it. Whoever comes first is served first.
    fn take(&mut self, bucket: Bucket, speed: f64, now: Instant) -> Duration {
        let refill = bucket.refill * speed;
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * refill).min(bucket.capacity) - 1.0;
        self.at = now;
        if self.tokens >= 0.0 || refill <= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-self.tokens / refill)
        }
    }
}

/// All buckets of all scopes.
pub(crate) struct Limiter {
    speed: f64,
    levels: Mutex<HashMap<Key, Level>>,
    prepaid: Mutex<HashMap<(Scope, String), u32>>,
    requests: Mutex<BTreeMap<String, u64>>,
    slots: Semaphore,
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("speed", &self.speed).finish_non_exhaustive()
    }
}

/// A panic elsewhere cannot leave half-done arithmetic behind: the values stay usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Limiter {
    /// Makes full buckets that refill `speed` times as fast as AWS's, with so many requests in flight at most.
    pub(crate) fn new(speed: f64, parallelism: usize) -> Self {
        Self {
            speed: if speed.is_finite() && speed > 0.0 { speed } else { 1.0 },
            levels: Mutex::default(),
            prepaid: Mutex::default(),
            requests: Mutex::default(),
            slots: Semaphore::new(parallelism.max(1)),
        }
    }

    /// How many requests were sent, by operation, such as `ec2:DescribeVpcs`.
    pub(crate) fn requests(&self) -> BTreeMap<String, u64> {
        lock(&self.requests).clone()
    }

    /// Waits for an operation's turn before its request is made; the next attempt in this scope passes at once.
    pub(crate) async fn prepay(&self, scope: &Scope, service: Service, operation: &str) {
        tokio::time::sleep(self.reserve(scope, service, operation)).await;
        *lock(&self.prepaid).entry((scope.clone(), operation.to_owned())).or_default() += 1;
    }

    /// Waits for an attempt's turn.
    async fn turn(&self, scope: &Scope, service: Service, operation: &str) {
        let prepaid = match lock(&self.prepaid).get_mut(&(scope.clone(), operation.to_owned())) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        };
        if !prepaid {
            tokio::time::sleep(self.reserve(scope, service, operation)).await;
        }
        *lock(&self.requests).entry(format!("{}:{operation}", prefix(service))).or_default() += 1;
    }

    /// Takes the tokens of an operation; says how long to wait for the later of them.
    fn reserve(&self, scope: &Scope, service: Service, operation: &str) -> Duration {
        let quota = quota::of(service, operation);
        let class = quota.class.unwrap_or(operation);
        let now = Instant::now();
        let mut levels = lock(&self.levels);
        let mut take = |class: &str, bucket: Bucket| {
            let key = Key { scope: scope.clone(), service, class: class.to_owned() };
            let full = Level { tokens: bucket.capacity, at: now };
            levels.entry(key).or_insert(full).take(bucket, self.speed, now)
        };
        let own = take(class, quota.bucket);
        quota::total(service).map_or(own, |bucket| own.max(take("", bucket)))
    }
}

/// The prefix IAM gives a service's actions.
pub(crate) fn prefix(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "ec2",
        Service::Elb => "elasticloadbalancing",
        Service::ApiGateway => "apigateway",
        Service::Sts => "sts",
        Service::Iam => "iam",
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
            let operation = operation(client.service, &request);
            client.limiter.turn(&client.scope, client.service, &operation).await;
            // The semaphore is never closed; were it, calls would go on without a bound.
            let _slot = client.limiter.slots.acquire().await.ok();
            connector.call(request).await
        })
    }
}

/// The operation of a request: the query protocols name it in the body, API Gateway by method and path.
fn operation(service: Service, request: &HttpRequest) -> String {
    match service {
        Service::ApiGateway => rest_operation(request.method(), path(request.uri())),
        _ => {
            let body = request.body().bytes().unwrap_or_default();
            let action = body.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"Action="));
            String::from_utf8_lossy(action.unwrap_or(b"Unknown")).into_owned()
        }
    }
}

/// The path of a URI.
fn path(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default();
    path.split(['?', '#']).next().unwrap_or_default()
}

/// The operation of a REST request: `POST /restapis/abc/deployments` is `CreateDeployment`.
fn rest_operation(method: &str, path: &str) -> String {
    const NOUNS: [(&str, &str); 6] = [
        ("restapis", "RestApi"),
        ("vpclinks", "VpcLink"),
        ("resources", "Resource"),
        ("deployments", "Deployment"),
        ("stages", "Stage"),
        ("exports", "Export"),
    ];
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    // An endpoint of somebody's own may put a prefix before the path.
    let start = segments.iter().position(|segment| matches!(*segment, "restapis" | "vpclinks")).unwrap_or_default();
    // Collections and names alternate, so the depth tells them apart: a stage may well be called "stages".
    let whole = segments.len().saturating_sub(start) % 2 == 1;
    let noun = |back: usize| {
        let segment = segments.iter().rev().nth(back)?;
        NOUNS.iter().find(|(plural, _)| plural == segment).map(|(_, noun)| *noun)
    };
    let last = |back: usize| noun(back).unwrap_or("Unknown");
    match (method, whole) {
        ("GET", true) => format!("Get{}s", last(0)),
        (_, true) => format!("Create{}", last(0)),
        ("GET", false) => format!("Get{}", last(1)),
        ("PUT", false) => format!("Put{}", last(1)),
        ("PATCH", false) => format!("Update{}", last(1)),
        (_, false) => format!("Delete{}", last(1)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use privlink_model::{Scope, Service};

    use super::{Limiter, path, rest_operation};

    #[test]
    fn the_path_of_a_uri_is_without_host_and_query() {
        assert_eq!(path("https://apigateway.eu-west-1.amazonaws.com/restapis/a?mode=overwrite"), "/restapis/a");
        assert_eq!(path("http://127.0.0.1:1"), "");
    }

    #[test]
    fn rest_requests_are_told_apart_by_method_and_path() {
        let check = |method, path, expect: &str| assert_eq!(rest_operation(method, path), expect);
        check("GET", "/restapis", "GetRestApis");
        check("POST", "/restapis", "CreateRestApi");
        check("PUT", "/restapis/abc", "PutRestApi");
        check("DELETE", "/restapis/abc", "DeleteRestApi");
        check("POST", "/restapis/abc/deployments", "CreateDeployment");
        check("GET", "/restapis/abc/resources", "GetResources");
        check("PATCH", "/restapis/abc/stages/stages", "UpdateStage");
        check("DELETE", "/gateway/vpclinks/x", "DeleteVpcLink");
        check("GET", "/", "GetUnknown");
    }

    #[test]
    fn calls_beyond_the_burst_wait_for_the_refill() {
        let limiter = Limiter::new(1.0, 8);
        let (here, there) = (Scope::new("1", "r"), Scope::new("2", "r"));
        for _ in 0..4 {
            assert_eq!(limiter.reserve(&here, Service::Ec2, "CreateVpcEndpoint"), Duration::ZERO);
        }
        assert_eq!(limiter.reserve(&there, Service::Ec2, "CreateVpcEndpoint"), Duration::ZERO, "another account's");
        assert!(limiter.reserve(&here, Service::Ec2, "CreateVpcEndpoint") > Duration::from_millis(3000));
        assert!(limiter.reserve(&here, Service::Ec2, "CreateVpcEndpoint") > Duration::from_millis(6000));
        assert_eq!(limiter.reserve(&here, Service::Ec2, "DescribeVpcs"), Duration::ZERO, "another operation's");
    }

    #[test]
    fn the_total_of_a_service_binds_too() {
        let limiter = Limiter::new(1.0, 8);
        let scope = Scope::new("1", "r");
        let waits: Vec<Duration> = ["GetRestApis", "GetVpcLinks"]
            .iter()
            .flat_map(|operation| std::iter::repeat_n(operation, 25))
            .map(|operation| limiter.reserve(&scope, Service::ApiGateway, operation))
            .collect();
        assert_eq!(waits.iter().filter(|wait| wait.is_zero()).count(), 40);
    }

    #[tokio::test]
    async fn what_was_prepaid_passes_at_once() {
        let limiter = Limiter::new(100.0, 8);
        let scope = Scope::new("1", "r");
        limiter.prepay(&scope, Service::ApiGateway, "DeleteRestApi").await;
        limiter.turn(&scope, Service::ApiGateway, "DeleteRestApi").await;
        assert!(limiter.prepaid.lock().unwrap().values().all(|left| *left == 0));
        assert_eq!(limiter.requests().get("apigateway:DeleteRestApi"), Some(&1));
        // Only one token was drawn: the bucket holds one, so the next waits for one refill, not for two.
        assert!(limiter.reserve(&scope, Service::ApiGateway, "DeleteRestApi") <= Duration::from_millis(300));
    }
}
