//! `sandbox`: serves a world to any AWS client, and shows, saves and resets one.
//!
//! Owns: where a world is found, by the URL of a sandbox that is served or by the folder that keeps one. Refuses to know:
//! what a world holds (see `privlink-sandbox`).

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use privlink_sandbox::{Options, Sandbox};
use serde_json::Value as Json;

use super::runtime;
use crate::cli::{SandboxArgs, SandboxCommand, SaveArgs, ServeArgs, WorldArgs};
use crate::exit_code::{self, Exit};
use crate::failure::Failure;
use crate::loopback::{self, Method};
use crate::plan_file;
use crate::session::{self, SANDBOX_KEYS};
use crate::streams::Streams;

pub(crate) fn run(args: SandboxArgs, streams: &Streams) -> Result<Exit, Failure> {
    let runtime = runtime()?;
    match args.command {
        SandboxCommand::Serve(args) => runtime.block_on(serve(args, streams)),
        SandboxCommand::Show(args) => {
            let summary = runtime.block_on(ask(&args, Question::Summary))?;
            streams.out.line(&format!("{summary:#}"));
            Ok(exit_code::DONE)
        }
        SandboxCommand::Save(SaveArgs { to, world }) => {
            let world = runtime.block_on(ask(&world, Question::World))?;
            plan_file::write(&to, &format!("{world:#}\n"))?;
            streams.err.line(&format!("Saved to {}.", to.display()));
            Ok(exit_code::DONE)
        }
        SandboxCommand::Reset(args) => {
            runtime.block_on(ask(&args, Question::Reset))?;
            streams.err.line("The world is as it was at its beginning.");
            Ok(exit_code::DONE)
        }
    }
}

async fn serve(args: ServeArgs, streams: &Streams) -> Result<Exit, Failure> {
    let options = Options { speed: args.speed, seed: args.seed };
    let kept = match &args.keep {
        Some(folder) => session::open(folder)?,
        None => None,
    };
    let mut world = match kept {
        Some(world) => world,
        None => session::first_world(&args.world, &options)?,
    };
    world.set_speed(args.speed);
    world.set_throttling(!args.no_throttle);
    let faults = args.faults.as_deref().map(session::faults).transpose()?;
    let sandbox = start(world, args.listen, args.keep.as_deref()).await?;
    session::set_faults(&sandbox, faults)?;
    streams.out.write(&exports(&sandbox.url()));
    let speed = args.speed;
    streams.err.line(&format!("Serving at {}, {speed} times as fast as AWS. Ctrl-C stops it.", sandbox.url()));
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(Failure::System)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Failure::System)?,
        _ = terminate.recv() => {}
    }
    sandbox.stop().await.map_err(|error| Failure::cloud(format!("cannot keep the world: {error}")))?;
    Ok(exit_code::DONE)
}

async fn start(world: privlink_sandbox::World, listen: SocketAddr, store: Option<&Path>) -> Result<Sandbox, Failure> {
    let started = Sandbox::start(world, listen, store.map(Path::to_owned)).await;
    started.map_err(|error| Failure::cloud(format!("cannot start the sandbox: {error}")))
}

/// Runs of a world that is no more would be in the way of the next.
fn forget_runs(folder: &Path) -> Result<(), Failure> {
    let runs = folder.join("runs");
    match std::fs::remove_dir_all(&runs) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Failure::Write { path: runs, source }),
        _ => Ok(()),
    }
}

/// What a shell must set for AWS clients to come here.
fn exports(url: &str) -> String {
    let (key, secret) = SANDBOX_KEYS;
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
    .iter()
    .map(|(name, value)| format!("export {name}={value}\n"))
    .collect()
}

#[derive(Clone, Copy)]
enum Question {
    Summary,
    World,
    Reset,
}

/// Asks the sandbox at a URL, or one made for the moment over a folder.
async fn ask(args: &WorldArgs, question: Question) -> Result<Json, Failure> {
    if let Some(url) = &args.url {
        let (method, path) = match question {
            Question::Summary => (Method::Get, "/_sandbox/summary"),
            Question::World => (Method::Get, "/_sandbox/world"),
            Question::Reset => (Method::Post, "/_sandbox/reset"),
        };
        return loopback::ask(url, method, path).await.map_err(|error| Failure::cloud(format!("{url}: {error}")));
    }
    let folder = &args.sandbox;
    let world = session::open(folder)?.ok_or_else(|| Failure::Cloud {
        message: format!("no world is kept in {}", folder.display()),
        help: Some("name a folder by --sandbox, or a sandbox that is served by --url".to_owned()),
    })?;
    let sandbox = start(world, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Some(folder)).await?;
    let answer = match question {
        Question::Summary => sandbox.summary(),
        Question::World => sandbox.world_json(),
        Question::Reset => {
            sandbox.reset().map_err(|error| Failure::cloud(format!("cannot keep the world: {error}")))?;
            forget_runs(folder)?;
            Json::Null
        }
    };
    sandbox.stop().await.map_err(|error| Failure::cloud(format!("cannot keep the world: {error}")))?;
    Ok(answer)
}
