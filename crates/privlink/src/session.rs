//! Connections to AWS and to a sandbox in this process: the only place that wires the SDK's half of `privlink-kinds`.
//!
//! Owns: which cloud, clock and names a command line asks for. Refuses to know: what is done with them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use privlink_engine::SystemClock;
use privlink_kinds::{AwsCloud, ConnectOptions};
use privlink_model::BoxFuture;
use privlink_sandbox::{Faults, Options, Sandbox, World, WorldProblem};

use crate::connection::{Buckets, Connect, Connection, Destination, Place};
use crate::failure::Failure;
use crate::hosts::Names;

/// The key pair of a sandbox: any will do, and these cannot be mistaken for real ones.
pub(crate) const SANDBOX_KEYS: (&str, &str) = ("AKIASANDBOXSANDBOX00", "sandbox");

/// How much faster than AWS a sandbox is, unless said otherwise.
const SANDBOX_SPEED: f64 = 60.0;

/// AWS, and sandboxes in its stead.
pub(crate) struct AwsConnect;

impl Connect for AwsConnect {
    fn connect<'a>(&'a self, to: Destination<'a>) -> BoxFuture<'a, Result<Connection, Failure>> {
        Box::pin(async move {
            match &to.args.sandbox {
                Some(folder) => sandbox(folder, to).await,
                None => aws(to).await,
            }
        })
    }
}

async fn aws(to: Destination<'_>) -> Result<Connection, Failure> {
    // Another endpoint may be a sandbox that is served; AWS itself is as fast as it is.
    let speed = to.args.sandbox_speed.filter(|_| to.args.endpoint.is_some()).unwrap_or(1.0);
    let cloud = Arc::new(AwsCloud::connect(options(to, to.args.endpoint.clone(), None, speed)).await);
    let place = Place::of_endpoints(cloud.endpoints());
    let names = Names::of_spec(to.resolver);
    let names = match place.on_this_machine() {
        Some(url) => Names::Served(url.to_owned(), Box::new(names)),
        None => names,
    };
    let home = Arc::clone(&cloud);
    let (trail, bus) = (Arc::clone(&cloud), Arc::clone(&cloud));
    let buckets: Buckets = Box::new(move |account, bucket, prefix| home.objects(&account.id, bucket, prefix));
    let clock = Arc::new(SystemClock::new(speed));
    Ok(Connection { cloud, clock, names, place, buckets: Some(buckets), trail, bus })
}

async fn sandbox(folder: &Path, to: Destination<'_>) -> Result<Connection, Failure> {
    let speed = to.args.sandbox_speed.unwrap_or(SANDBOX_SPEED);
    let mut world = match open(folder)? {
        Some(world) => world,
        None => first_world(&to.beside.join("world.kdl"), &Options { speed, seed: 0 })?,
    };
    world.set_speed(speed);
    let faults = to.args.sandbox_faults.as_deref().map(faults).transpose()?;
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sandbox = Sandbox::start(world, any_port, Some(folder.to_owned())).await;
    let sandbox = Arc::new(sandbox.map_err(|error| Failure::cloud(format!("cannot start the sandbox: {error}")))?);
    set_faults(&sandbox, faults)?;
    let (key, secret) = SANDBOX_KEYS;
    let options = options(to, Some(sandbox.url()), Some((key.to_owned(), secret.to_owned())), speed);
    let cloud = Arc::new(AwsCloud::connect(options).await);
    let (trail, bus) = (Arc::clone(&cloud), Arc::clone(&cloud));
    Ok(Connection {
        cloud,
        clock: Arc::new(SystemClock::new(speed)),
        // The names keep the sandbox alive for as long as the connection.
        names: Names::World(Arc::new(move |name| sandbox.resolve(name))),
        place: Place::Sandbox { folder: folder.to_owned(), speed },
        buckets: None,
        trail,
        bus,
    })
}

fn options(
    to: Destination<'_>,
    endpoint: Option<String>,
    credentials: Option<(String, String)>,
    time_scale: f64,
) -> ConnectOptions {
    ConnectOptions {
        accounts: to.accounts.to_vec(),
        project: to.project.to_owned(),
        endpoint,
        credentials,
        time_scale,
        parallelism: to.args.parallelism.map(usize::from),
    }
}

/// The world that is kept in a folder, if one is.
pub(crate) fn open(folder: &Path) -> Result<Option<World>, Failure> {
    World::load(folder)
        .map_err(|error| Failure::cloud(format!("cannot read the sandbox's world in {}: {error}", folder.display())))
}

/// The world that a world file describes.
pub(crate) fn first_world(file: &Path, options: &Options) -> Result<World, Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure::Cloud {
        message: format!("a new sandbox needs a world to start from, and {} cannot be read: {error}", file.display()),
        help: Some("write what exists before privlink into a world.kdl beside the spec; examples/ has some".to_owned()),
    })?;
    World::from_kdl(&file.display().to_string(), &text, options)
        .map_err(|problems| Failure::cloud(format!("the world cannot be used:\n{}", lines(&problems))))
}

/// What a file says that goes wrong in a sandbox.
pub(crate) fn faults(file: &Path) -> Result<Faults, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::cloud(format!("the faults in {} cannot be read: {error}", file.display())))?;
    Faults::from_kdl(&file.display().to_string(), &text)
        .map_err(|problems| Failure::cloud(format!("the faults cannot be used:\n{}", lines(&problems))))
}

/// Sets what goes wrong, if anything shall.
pub(crate) fn set_faults(sandbox: &Sandbox, faults: Option<Faults>) -> Result<(), Failure> {
    let set = faults.map_or(Ok(()), |faults| sandbox.set_faults(faults));
    set.map_err(|problem| Failure::cloud(format!("the faults cannot be used: {problem}")))
}

fn lines(problems: &[WorldProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
