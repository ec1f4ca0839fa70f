//! An apply killed at any moment, its journal left aside: the next one finds by tags what it made and finishes it, with no
//! duplicate and nothing lost. What the journal is for is tested in `resume`.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]
#![expect(clippy::print_stdout, reason = "the seed and the moments, to have a failure again")]

mod served;

use std::path::Path;
use std::time::{Duration, Instant};

use served::{SPEED, example, privlink, told};

const EXAMPLE: &str = "cross-account";
const MOMENTS: u32 = 20;

fn run(world: &Path, verb: &[&str]) -> std::process::Output {
    let mut command = command(world, verb);
    command.output().unwrap()
}

fn command(world: &Path, verb: &[&str]) -> std::process::Command {
    let mut command = privlink(verb);
    command.arg("-f").arg(example(EXAMPLE)).arg(format!("--sandbox={}", world.display()));
    command.args(["--sandbox-speed", SPEED]);
    command
}

fn expect(code: i32, world: &Path, verb: &[&str]) {
    let output = run(world, verb);
    assert_eq!(output.status.code(), Some(code), "{verb:?}: {}", told(&output));
}

/// What the world holds, without ids and times that differ from run to run.
fn summary(world: &Path) -> String {
    let show = privlink(&["sandbox", "show"]).arg(format!("--sandbox={}", world.display())).output().unwrap();
    assert!(show.status.success(), "{}", told(&show));
    String::from_utf8(show.stdout).unwrap()
}

#[test]
fn the_next_apply_finishes_what_a_killed_one_began() {
    let folder = tempfile::tempdir().unwrap();
    let reference = folder.path().join("reference");
    let before = {
        expect(2, &reference, &["plan", "--detailed-exitcode"]);
        summary(&reference)
    };
    let start = Instant::now();
    expect(0, &reference, &["apply", "-y"]);
    let whole = start.elapsed();

    // A small generator with a printed seed: the moments differ from run to run and can be had again.
    let seed = std::process::id() ^ whole.subsec_nanos();
    println!("seed {seed}, an apply takes {whole:?}");
    let mut state = u64::from(seed) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(u32::MAX >> 1)
    };
    let moments: Vec<Duration> = (0..MOMENTS).map(|_| whole.mul_f64(next())).collect();
    for (number, moment) in moments.iter().enumerate() {
        let world = folder.path().join(format!("world-{number}"));
        let mut apply = command(&world, &["apply", "-y"]);
        let mut child = apply.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(*moment);
        child.kill().unwrap();
        child.wait().unwrap();
        println!("killed after {moment:?}");
        expect(0, &world, &["apply", "-y", "--dangerous-unfinished-run"]);
        expect(0, &world, &["plan", "--detailed-exitcode"]);
        // A duplicate, or anything made and lost sight of, would outlive the destroy.
        // Where the killed run had done all, the next apply had nothing to do, and the killed one is the last still.
        expect(0, &world, &["destroy", "-y", "--dangerous-unfinished-run"]);
        assert_eq!(summary(&world), before, "killed after {moment:?}: something is left");
    }
}
