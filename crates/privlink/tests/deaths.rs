//! Two hundred applies of the examples, each killed at a random moment, then gone on with or taken back by the run's journal: no
//! duplicate, nothing orphaned, no journal lost.
//!
//! `PRIVLINK_DEATHS_SEED` has the moments again, as far as processes allow.
#![allow(clippy::disallowed_methods, reason = "tests make files, read their settings and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]
#![expect(clippy::print_stdout, reason = "the seed and the moments, to have a failure again")]

mod served;

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use served::{SPEED, example, privlink, told};

const EXAMPLES: [&str; 2] = ["cross-account", "cross-network"];
/// For each example.
const DEATHS: u32 = 100;
/// At the same time, for each example.
const AT_ONCE: u32 = 2;

fn command(example_name: &str, world: &Path, verb: &[&str]) -> std::process::Command {
    let mut command = privlink(verb);
    command.arg("-f").arg(example(example_name)).arg(format!("--sandbox={}", world.display()));
    command.args(["--sandbox-speed", SPEED]);
    command
}

fn expect(code: i32, output: &Output) {
    assert_eq!(output.status.code(), Some(code), "{}", told(output));
}

fn summary(world: &Path) -> Value {
    let show = privlink(&["sandbox", "show"]).arg(format!("--sandbox={}", world.display())).output().unwrap();
    expect(0, &show);
    serde_json::from_slice(&show.stdout).unwrap()
}

/// How many objects there are of each kind in each account and region. Any duplicate or orphan is one too many.
fn counted(summary: &Value) -> Vec<(String, usize)> {
    let mut counts = Vec::new();
    for (scope, services) in summary.as_object().into_iter().flatten() {
        for (service, kinds) in services.as_object().into_iter().flatten() {
            for (kind, objects) in kinds.as_object().into_iter().flatten() {
                let count = objects.as_object().map(serde_json::Map::len).or(objects.as_array().map(Vec::len));
                counts.push((format!("{scope} {service} {kind}"), count.unwrap_or(1)));
            }
        }
    }
    counts
}

/// The runs of a world: their names, and how they ended.
fn runs(name: &str, world: &Path) -> Vec<(String, String)> {
    let mut list = privlink(&["runs", "--format", "json"]);
    let list = list.arg("-f").arg(example(name)).arg(format!("--sandbox={}", world.display())).output().unwrap();
    expect(0, &list);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    let text = |run: &Value, key: &str| run[key].as_str().unwrap_or_default().to_owned();
    list["runs"].as_array().unwrap().iter().map(|run| (text(run, "run"), text(run, "state"))).collect()
}

/// What an apply that nobody kills leaves, what it found, and how long it takes.
struct Reference {
    before: Value,
    after: Vec<(String, usize)>,
    whole: Duration,
}

fn reference(name: &str, world: &Path) -> Reference {
    expect(0, &command(name, world, &["plan"]).output().unwrap());
    let before = summary(world);
    let start = Instant::now();
    expect(0, &command(name, world, &["apply", "-y"]).output().unwrap());
    Reference { before, whole: start.elapsed(), after: counted(&summary(world)) }
}

fn die(name: &str, world: &Path, reference: &Reference, moment: Duration, back: bool) {
    let mut apply = command(name, world, &["apply", "-y"]);
    let mut child = apply.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
    let runs = runs(name, world);
    let told_runs = format!("{name} killed after {moment:?}, {runs:?}");
    assert!(runs.len() <= 1, "{told_runs}");
    let Some((run, _)) = runs.first().filter(|(_, state)| state != "never-begun") else {
        // Nothing can be there.
        if let Ok(true) = world.join("world.json").try_exists() {
            assert_eq!(summary(world), reference.before, "{told_runs}");
        }
        return;
    };
    let mut then = if back { privlink(&["rollback", run, "-y"]) } else { privlink(&["resume", run]) };
    let then = then.arg("-f").arg(example(name)).arg(format!("--sandbox={}", world.display()));
    let end = then.args(["--sandbox-speed", SPEED]).output().unwrap();
    assert_eq!(end.status.code(), Some(0), "{told_runs}: {}", told(&end));
    if back {
        assert_eq!(summary(world), reference.before, "{told_runs}: {}", told(&end));
    } else {
        assert_eq!(counted(&summary(world)), reference.after, "{told_runs}: {}", told(&end));
    }
}

fn deaths(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let reference = reference(name, &folder.path().join("reference"));
    let given = std::env::var("PRIVLINK_DEATHS_SEED").ok().map(|text| text.parse().unwrap());
    let seed: u64 = given.unwrap_or_else(|| u64::from(std::process::id()));
    println!("{name}: seed {seed}, an apply takes {:?}", reference.whole);
    let moment = |number: u32| {
        // Two rounds of a small generator for each number: the moments do not depend on who comes first.
        let mixed = (seed ^ u64::from(number) << 32 | 1).wrapping_mul(6_364_136_223_846_793_005);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
        reference.whole.mul_f64((mixed >> 40) as f64 / f64::from(1_u32 << 24))
    };
    std::thread::scope(|scope| {
        for lane in 0..AT_ONCE {
            let (folder, reference, moment) = (folder.path(), &reference, &moment);
            scope.spawn(move || {
                for number in (lane..DEATHS).step_by(usize::try_from(AT_ONCE).unwrap()) {
                    let world = folder.join(format!("world-{number}"));
                    die(name, &world, reference, moment(number), number % 4 < 2);
                    std::fs::remove_dir_all(world).ok();
                }
            });
        }
    });
}

#[test]
fn a_killed_apply_across_accounts_is_gone_on_with_or_taken_back() {
    deaths(EXAMPLES[0]);
}

#[test]
fn a_killed_apply_across_networks_is_gone_on_with_or_taken_back() {
    deaths(EXAMPLES[1]);
}
