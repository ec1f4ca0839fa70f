//! The figures, from release builds against a sandbox in a process of its own: wall and CPU time, peak memory and requests by
//! operation for plans and applies of 2, 10 and 50 integrations, the time to check large specs, and to show a large plan.
//!
//! The sandbox runs `SPEED` times faster than AWS, so waits shrink with it; requests, CPU and memory do not depend on it.
//! Then comes what journals and read-back cost; last the plans' estimates against what the applies took, on a slower one.

mod big_plan;
mod by_hand;
mod estimate;
mod overhead;
mod served;
mod specs;
mod views;

use std::path::{Path, PathBuf};

use crate::command::{Outcome, cargo, command, run as run_command, target};
use crate::measure::{Taken, measure};
use served::{Requests, Served};

/// How much faster than AWS the sandbox runs.
const SPEED: &str = "200";
/// The line before which something is changed by hand.
const DRIFTED: &str = "drift, one found";
/// How many integrations.
const SIZES: [usize; 3] = [2, 10, 50];
/// How many routes.
const ROUTES: [usize; 3] = [100, 1_000, 10_000];

/// The task. With `summary` it leaves out the requests by operation; `views` is that part alone.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let (operations, all) = match arguments {
        [] => (true, true),
        ["--summary"] => (false, true),
        ["views"] => (false, false),
        _ => return Err("usage: cargo xtask bench [--summary | views]".to_owned()),
    };
    run_command(cargo(&["build", "--release", "--package", "privlink"]))?;
    let program = target().join("release/privlink");
    let folder = target().join("bench");
    // What an earlier bench left, its runs above all, would be in the way.
    let _ = std::fs::remove_dir_all(&folder);
    if !all {
        return views::run(&program, &folder);
    }
    start_up(&program)?;
    checks(&program, &folder)?;
    views::run(&program, &folder)?;
    println!("\nOn a sandbox that runs {SPEED}x faster than AWS:");
    println!(
        "{:>5}  {:<22} {:>9} {:>9} {:>9} {:>9}  exit",
        "size", "command", "wall ms", "CPU ms", "peak MiB", "requests"
    );
    for size in SIZES {
        integrations(&program, &folder, size, operations)?;
    }
    overhead::run(&program, &folder)?;
    estimate::run(&program, &folder)
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
    let sandbox = Served::start(program, &world, SPEED)?;
    let spec = spec.display().to_string();
    let verbs: [(&str, &[&str]); 6] = [
        ("plan on empty", &["plan"]),
        ("apply", &["apply", "-y"]),
        ("plan, nothing to do", &["plan", "--detailed-exitcode"]),
        ("drift, clean", &["drift"]),
        (DRIFTED, &["drift"]),
        ("destroy", &["destroy", "-y"]),
    ];
    for (title, verb) in verbs {
        if title == DRIFTED {
            by_hand::change(&sandbox.url)?;
        }
        let before = sandbox.requests()?;
        let mut command = command(program, &[verb, &["-f", &spec, "--endpoint", &sandbox.url]].concat());
        command.envs(served::ENVIRONMENT).args(["--sandbox-speed", SPEED]);
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

fn difference(before: &Requests, after: &Requests) -> Requests {
    let made = after.iter().map(|(key, count)| (key.clone(), count - before.get(key).unwrap_or(&0)));
    made.filter(|(_, count)| *count > 0).collect()
}
