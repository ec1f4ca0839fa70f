//! What trust costs: an apply as it is, without the looks after its writes, and with its journal in memory.
//!
//! Each is the median of some runs, every one on a sandbox of its own; they take turns, so that all meet the same machine.

use std::path::{Path, PathBuf};

use super::served::{self, Served};
use super::{SPEED, difference, specs, write};
use crate::command::{Outcome, command};
use crate::measure::{Taken, measure};

/// How many integrations.
const SIZE: usize = 10;
/// How often each is run.
const TURNS: usize = 5;
/// A file system in memory, where there is one: what is flushed there goes nowhere.
const MEMORY: &str = "/dev/shm";

/// One way to apply.
struct Way {
    name: &'static str,
    flags: &'static [&'static str],
    in_memory: bool,
}

const WAYS: [Way; 3] = [
    Way { name: "as it is", flags: &[], in_memory: false },
    Way { name: "without looks after writes", flags: &["--dangerous-unconfirmed"], in_memory: false },
    Way { name: "journal in memory", flags: &[], in_memory: true },
];

pub(super) fn run(program: &Path, folder: &Path) -> Outcome {
    let name = format!("overhead-{SIZE}");
    let spec = write(folder, &name, "privlink.kdl", &specs::integrations(SIZE))?;
    let world = write(folder, &name, "world.kdl", &specs::world(SIZE))?;
    let mut taken: [Vec<(Taken, u64)>; WAYS.len()] = Default::default();
    for turn in 0..TURNS {
        for (way, taken) in WAYS.iter().zip(&mut taken) {
            let store = store(folder, way, turn);
            taken.push(apply(program, &spec, &world, way, &store)?);
            // A journal more or less says nothing; a full disk would.
            let _ = std::fs::remove_dir_all(store);
        }
    }
    println!("\nApply of {SIZE}, median of {TURNS}, on a sandbox that runs {SPEED}x faster than AWS:");
    println!("{:<28} {:>9} {:>9} {:>9}  exit", "", "wall ms", "CPU ms", "requests");
    for (way, mut taken) in WAYS.iter().zip(taken) {
        taken.sort_by_key(|(taken, _)| taken.wall);
        let Some((median, requests)) = taken.get(taken.len() / 2) else { continue };
        let (wall, cpu) = (median.wall.as_secs_f64() * 1e3, median.cpu.as_secs_f64() * 1e3);
        println!("{:<28} {wall:>9.1} {cpu:>9.1} {requests:>9}  {}", way.name, median.code);
    }
    Ok(())
}

fn store(folder: &Path, way: &Way, turn: usize) -> PathBuf {
    let memory = Path::new(MEMORY);
    let place = if way.in_memory && memory.is_dir() { memory } else { folder };
    place.join(format!("privlink-bench-{}-{turn}", std::process::id()))
}

fn apply(program: &Path, spec: &Path, world: &Path, way: &Way, store: &Path) -> Result<(Taken, u64), String> {
    let sandbox = Served::start(program, world, SPEED)?;
    let before = sandbox.requests()?;
    let (spec, store) = (spec.display().to_string(), store.display().to_string());
    let mut command = command(program, &["apply", "-y", "-f", &spec, "--endpoint", &sandbox.url, "--store", &store]);
    command.envs(served::ENVIRONMENT).args(["--sandbox-speed", SPEED]).args(way.flags);
    let taken = measure(command)?;
    let requests = difference(&before, &sandbox.requests()?).values().sum();
    Ok((taken, requests))
}
