//! The server: owns the listening socket, the one lock around the world, and the order of answering and saving.
//!
//! **Invariant:** a request that changed the world is saved before it is answered. Requests that wait for the disk at the
//! same time share one write: the world's lock is not held meanwhile, so others go on. It listens on loopback alone, because it
//! verifies no signature. Read next: `route.rs` for what happens inside one request.

use crate::gate::Gate;
use crate::gate::faults::{FaultProblem, Faults};
use crate::ids::Ids;
use crate::route::{Delivery, Site, render};
use crate::service::Service;
use crate::store::Store;
use crate::summary::summarise;
use crate::trail::Log;
use crate::wire::{Call, Fault, Reply};
use crate::world::World;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The largest body that is read; AWS's own limit on an imported definition is 6 MB.
const BODY: usize = 10 * 1024 * 1024;

/// How long running requests may take once the sandbox is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// A running sandbox.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    /// Taken before the world's lock where both are held.
    keeper: Option<Mutex<Keeper>>,
}

/// The folder, and which generation of the world it holds.
#[derive(Debug)]
struct Keeper {
    store: Store,
    saved: u64,
}

#[derive(Debug)]
struct Inner {
    world: World,
    /// What `reset` goes back to.
    first: World,
    gate: Gate,
    log: Log,
    request_ids: Ids,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic inside one request must not end all others; the world is changed after the checks, if at all.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns once the folder holds the world of this generation or a later one.
    fn keep(&self, generation: u64) -> io::Result<()> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        let mut keeper = keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if keeper.saved >= generation {
            return Ok(());
        }
        let (text, present) = {
            let inner = self.lock();
            (serde_json::to_vec(&inner.world)?, inner.world.generation)
        };
        keeper.store.save(&text)?;
        keeper.saved = present;
        Ok(())
    }

    fn set_faults(&self, faults: Faults) {
        let Inner { world, gate, .. } = &mut *self.lock();
        gate.set_faults(faults, world);
    }

    /// Puts the world back to its beginning.
    fn reset(&self) -> io::Result<()> {
        let generation = {
            let mut inner = self.lock();
            let mut first = inner.first.clone();
            first.generation = inner.world.generation;
            first.clock = inner.world.clock.clone();
            first.throttled = inner.world.throttled;
            inner.world = first;
            let Inner { world, gate, .. } = &mut *inner;
            gate.forget(world);
            let generation = world.changed();
            inner.log.clear()?;
            generation
        };
        self.keep(generation)
    }
}

impl Sandbox {
    /// Serves a world on a loopback address (port 0 chooses one), keeping it in a folder if one is given.
    ///
    /// # Errors
    ///
    /// Fails when the address is not a loopback address or is taken, and when the folder cannot be written, is in use by
    /// another process, or holds a world other than the one that was loaded from it.
    pub async fn start(mut world: World, listen: SocketAddr, store: Option<PathBuf>) -> io::Result<Sandbox> {
        if !listen.ip().is_loopback() {
            let message = format!(
                "{listen} is not a loopback address; the sandbox verifies no signatures and must not be reachable from elsewhere"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let (keeper, first, log) = match store {
            Some(folder) => {
                let (store, first) = Store::open(folder, &mut world)?;
                let log = Log::open(store.log()?)?;
                (Some(Mutex::new(Keeper { store, saved: world.generation })), first, log)
            }
            None => (None, world.clone(), Log::default()),
        };
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let request_ids = world.ids.sibling();
        let inner = Mutex::new(Inner { world, first, gate: Gate::default(), log, request_ids });
        let shared = Arc::new(Shared { inner, keeper });
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared), stopped));
        Ok(Sandbox { shared, address, stop, accepting })
    }

    /// Gives the address that clients are pointed at: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives the whole world, with its clock and counters.
    pub fn world_json(&self) -> Value {
        world_json(&mut self.shared.lock())
    }

    /// Lists what exists, without times and counters: equal lists mean equal worlds.
    pub fn summary(&self) -> Value {
        summary(&mut self.shared.lock())
    }

    /// Gives the number of requests since the start, by account, region and operation.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.shared.lock().gate.counts().clone()
    }

    /// Gives how many of them came faster than AWS allows and were refused for it.
    pub fn throttled(&self) -> BTreeMap<String, u64> {
        self.shared.lock().gate.throttled().clone()
    }

    /// Sets what is to go wrong from here on, in place of all that was set before; a list of [`Fault`](crate::Fault)s
    /// alone will do. Calls are counted from now.
    ///
    /// # Errors
    ///
    /// Fails when one of them could never do what it says; then nothing is set.
    pub fn set_faults(&self, faults: impl Into<Faults>) -> Result<(), FaultProblem> {
        let faults = faults.into();
        faults.list.iter().try_for_each(crate::Fault::check)?;
        self.shared.set_faults(faults);
        Ok(())
    }

    /// Gives what is still to go wrong, each fault counted from now.
    pub fn faults(&self) -> Faults {
        self.shared.lock().gate.faults()
    }

    /// Resolves a name as the world's resolver does.
    pub fn resolve(&self, host: &str) -> Option<Vec<IpAddr>> {
        resolve(&self.shared.lock(), host)
    }

    /// Puts the world back to what it was when it was made.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub fn reset(&self) -> io::Result<()> {
        self.shared.reset()
    }

    /// Stops listening, lets running requests finish, saves, and gives the folder free.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be written.
    pub async fn stop(self) -> io::Result<()> {
        self.stop.send_replace(true);
        let _ = self.accepting.await;
        let generation = {
            let mut inner = self.shared.lock();
            inner.world.settle();
            inner.world.changed()
        };
        self.shared.keep(generation)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, stopped: watch::Receiver<bool>) {
    let mut connections = tokio::task::JoinSet::new();
    let mut stop = stopped.clone();
    loop {
        let (stream, from) = tokio::select! {
            () = told(&mut stop) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => (stream, from.ip()),
                // Out of file handles, most likely: the connections that are open free some.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        connections.spawn(serve(stream, from, Arc::clone(&shared), stopped.clone()));
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(stream: TcpStream, from: IpAddr, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let service = service_fn(move |request| respond(Arc::clone(&shared), from, request));
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A client that breaks off is its own affair.
        _ = connection.as_mut() => {}
        () = told(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            // A client that began a request and never ends it must not keep the sandbox from stopping.
            let _ = tokio::time::timeout(GRACE, connection).await;
        }
    }
}

/// Waits until it is time to stop.
async fn told(stop: &mut watch::Receiver<bool>) {
    // An error means that the sandbox itself is gone, which is the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Closes a connection without an answer.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault closed the connection")
    }
}

impl std::error::Error for Closed {}

async fn respond(
    shared: Arc<Shared>,
    from: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (parts, body) = request.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut call = Call {
        from: from.to_string(),
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect(),
        headers: parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        ..Call::default()
    };
    let (reply, delivery) = match Limited::new(body, BODY).collect().await {
        Ok(body) => {
            call.body = body.to_bytes().to_vec();
            // Saving waits for the disk, which the runtime's own threads must not.
            tokio::task::spawn_blocking(move || reply(&shared, call)).await.unwrap_or_else(|_| {
                let fault =
                    Fault::new(500, "InternalError", "The sandbox failed inside this request: please report it");
                (render(Service::Gateway, &fault, "-"), Delivery::AtOnce)
            })
        }
        Err(_) => {
            let message = "The request is too large or was cut short.";
            let fault = Fault::new(413, "RequestEntityTooLargeException", message);
            (render(Service::Gateway, &fault, "-"), Delivery::AtOnce)
        }
    };
    match delivery {
        Delivery::AtOnce => {}
        Delivery::After(span) => tokio::time::sleep(span).await,
        Delivery::Never => return Err(Closed),
    }
    Ok(write(reply))
}

fn write(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Answers one request: under the world's lock, then, if it changed the world, not before that is kept.
fn reply(shared: &Shared, mut call: Call) -> (Reply, Delivery) {
    if call.path.starts_with("/_sandbox/") {
        return (for_people(shared, &call), Delivery::AtOnce);
    }
    let (answered, request_id, generation) = {
        let mut guard = shared.lock();
        let inner = &mut *guard;
        call.request_id = inner.request_ids.uuid();
        let request_id = call.request_id.clone();
        let Inner { world, gate, log, .. } = inner;
        let answered = Site { world, gate, log }.answer(call);
        let generation = answered.changed.then(|| inner.world.changed());
        (answered, request_id, generation)
    };
    // A read must not wait for another's write to reach the disk.
    let kept = generation.map_or(Ok(()), |generation| shared.keep(generation));
    match answered.logged.and(kept) {
        Ok(()) => (answered.reply, answered.delivery),
        Err(error) => {
            let fault = Fault::new(500, "InternalError", format!("The sandbox could not keep its world: {error}"));
            (render(answered.service, &fault, &request_id), answered.delivery)
        }
    }
}

/// Answers what is under `/_sandbox/`, which is no part of AWS and needs no signature.
fn for_people(shared: &Shared, call: &Call) -> Reply {
    let not_found = || Reply::json(404, &serde_json::json!({ "message": "nothing is here" }));
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/_sandbox/world") => Reply::json(200, &world_json(&mut shared.lock())),
        ("GET", "/_sandbox/summary") => Reply::json(200, &summary(&mut shared.lock())),
        ("GET", "/_sandbox/requests") => Reply::json(200, &serde_json::json!(shared.lock().gate.counts())),
        ("GET", "/_sandbox/throttled") => Reply::json(200, &serde_json::json!(shared.lock().gate.throttled())),
        ("GET", "/_sandbox/trail") => Reply::json(200, &shared.lock().log.json()),
        ("GET", "/_sandbox/faults") => Reply::text(200, shared.lock().gate.faults().to_string()),
        ("PUT", "/_sandbox/faults") => match Faults::from_kdl("faults", &String::from_utf8_lossy(&call.body)) {
            Ok(faults) => {
                shared.set_faults(faults);
                Reply::empty(204)
            }
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Reply::json(400, &serde_json::json!({ "problems": problems }))
            }
        },
        ("DELETE", "/_sandbox/faults") => {
            shared.set_faults(Faults::default());
            Reply::empty(204)
        }
        ("GET", "/_sandbox/resolve") => match call.query_value("host").and_then(|host| resolve(&shared.lock(), host)) {
            Some(addresses) => Reply::json(200, &serde_json::json!(addresses)),
            None => not_found(),
        },
        ("POST", "/_sandbox/reset") => match shared.reset() {
            Ok(()) => Reply::empty(204),
            Err(error) => Reply::json(500, &serde_json::json!({ "message": error.to_string() })),
        },
        _ => not_found(),
    }
}

fn world_json(inner: &mut Inner) -> Value {
    inner.world.settle();
    serde_json::to_value(&inner.world).unwrap_or_default()
}

fn summary(inner: &mut Inner) -> Value {
    inner.world.settle();
    summarise(&inner.world)
}

fn resolve(inner: &Inner, host: &str) -> Option<Vec<IpAddr>> {
    inner.world.hosts.get(&host.trim_end_matches('.').to_ascii_lowercase()).cloned()
}
