//! The figures, from release builds against a sandbox in a process of its own: wall and CPU time, peak memory and requests by
//! operation for plans and applies of 2, 10 and 50 integrations, and the time to check large specs.
//!
//! The sandbox runs `SPEED` times faster than AWS, so waits shrink with it; requests, CPU and memory do not depend on it.

mod specs;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::command::{Outcome, cargo, command, run as run_command, target};
use crate::measure::{Taken, measure};

/// How much faster than AWS the sandbox runs.
const SPEED: &str = "200";
/// How many integrations.
const SIZES: [usize; 3] = [2, 10, 50];
/// How many routes.
const ROUTES: [usize; 3] = [100, 1_000, 10_000];

/// The task. With `summary` it leaves out the requests by operation.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let operations = match arguments {
        [] => true,
        ["--summary"] => false,
        _ => return Err("usage: cargo xtask bench [--summary]".to_owned()),
    };
    run_command(cargo(&["build", "--release", "--package", "privlink"]))?;
    let program = target().join("release/privlink");
    let folder = target().join("bench");
    start_up(&program)?;
    checks(&program, &folder)?;
    println!("\nOn a sandbox that runs {SPEED}x faster than AWS:");
    println!(
        "{:>5}  {:<22} {:>9} {:>9} {:>9} {:>9}  exit",
        "size", "command", "wall ms", "CPU ms", "peak MiB", "requests"
    );
    for size in SIZES {
        integrations(&program, &folder, size, operations)?;
    }
    Ok(())
}

fn start_up(program: &Path) -> Outcome {
    let mut walls: Vec<_> = Vec::new();
    for _ in 0..20 {
        walls.push(measure(command(program, &["--version"]))?.wall);
    }
    walls.sort();
    let median = walls.get(walls.len() / 2).copied().unwrap_or_default();
    println!("\nstart-up (--version), median of 20: {:.1} ms", median.as_secs_f64() * 1e3);
    Ok(())
}

fn checks(program: &Path, folder: &Path) -> Outcome {
    println!("\n{:>7} routes  {:>9} {:>9} {:>9}  exit", "", "wall ms", "CPU ms", "peak MiB");
    for routes in ROUTES {
        let spec = write(folder, &format!("routes-{routes}"), "privlink.kdl", &specs::routes(routes))?;
        let taken = measure(command(program, &["check", "-f", &spec.display().to_string()]))?;
        println!("{routes:>7} routes  {}", figures(&taken));
    }
    let spec = write(folder, "broken", "privlink.kdl", &specs::broken(1_000))?;
    let taken = measure(command(program, &["check", "-f", &spec.display().to_string()]))?;
    println!("  1 000 lines, every tenth wrong: {}", figures(&taken));
    Ok(())
}

fn integrations(program: &Path, folder: &Path, size: usize, operations: bool) -> Outcome {
    let name = format!("integrations-{size}");
    let spec = write(folder, &name, "privlink.kdl", &specs::integrations(size))?;
    let world = write(folder, &name, "world.kdl", &specs::world(size))?;
    let sandbox = Served::start(program, &world)?;
    let spec = spec.display().to_string();
    let verbs: [(&str, &[&str]); 4] = [
        ("plan on empty", &["plan"]),
        ("apply", &["apply", "-y"]),
        ("plan, nothing to do", &["plan", "--detailed-exitcode"]),
        ("destroy", &["destroy", "-y"]),
    ];
    for (title, verb) in verbs {
        let before = sandbox.requests()?;
        let mut command = command(program, &[verb, &["-f", &spec, "--endpoint", &sandbox.url]].concat());
        command.envs(sandbox.environment()).args(["--sandbox-speed", SPEED]);
        let taken = measure(command)?;
        let made = difference(&before, &sandbox.requests()?);
        let total: u64 = made.values().sum();
        println!("{size:>5}  {title:<22} {} {total:>9}  {}", plain_figures(&taken), taken.code);
        if operations {
            for (operation, count) in made {
                println!("{:>58} {count:>6}", operation);
            }
        }
    }
    Ok(())
}

fn figures(taken: &Taken) -> String {
    format!("{}  {}", plain_figures(taken), taken.code)
}

fn plain_figures(taken: &Taken) -> String {
    format!(
        "{:>9.1} {:>9.1} {:>9.1}",
        taken.wall.as_secs_f64() * 1e3,
        taken.cpu.as_secs_f64() * 1e3,
        taken.peak_kib as f64 / 1024.0
    )
}

fn write(folder: &Path, case: &str, name: &str, text: &str) -> Result<PathBuf, String> {
    let folder = folder.join(case);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let path = folder.join(name);
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// Requests by operation, over all scopes.
type Requests = BTreeMap<String, u64>;

fn difference(before: &Requests, after: &Requests) -> Requests {
    let made = after.iter().map(|(key, count)| (key.clone(), count - before.get(key).unwrap_or(&0)));
    made.filter(|(_, count)| *count > 0).collect()
}

/// A sandbox in a process of its own; ends with this value.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(program: &Path, world: &Path) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.args(["sandbox", "serve", "--listen", "127.0.0.1:0", "--speed", SPEED, "--world"]).arg(world);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| error.to_string())?;
        let printed = child.stdout.take().ok_or("the sandbox has no output")?;
        for line in BufReader::new(printed).lines() {
            let line = line.map_err(|error| error.to_string())?;
            if let Some(url) = line.split("AWS_ENDPOINT_URL=").nth(1) {
                return Ok(Self { child, url: url.trim_matches(['"', '\'', ' ']).to_owned() });
            }
        }
        Err("the sandbox did not say where it listens".to_owned())
    }

    fn environment(&self) -> [(&'static str, &'static str); 4] {
        [
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
    }

    fn requests(&self) -> Result<Requests, String> {
        let body = get(&self.url, "/_sandbox/requests")?;
        let counted: BTreeMap<String, u64> = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        let mut by_operation = Requests::new();
        for (key, count) in counted {
            let operation = key.split_once(' ').map_or(key.as_str(), |(_, operation)| operation);
            *by_operation.entry(operation.to_owned()).or_default() += count;
        }
        Ok(by_operation)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It holds nothing worth a clean end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One GET over a plain connection; the body.
fn get(url: &str, path: &str) -> Result<String, String> {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).map_err(|error| format!("{host}: {error}"))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").map_err(|e| e.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    body.ok_or_else(|| "an answer without a body".to_owned())
}
