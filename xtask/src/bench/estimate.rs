//! How long plans say they take against how long their applies take, on the sandbox's clock.
//!
//! The sandbox is slow enough here that what this machine takes for itself is small beside what AWS takes.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use super::served::{self, Served};
use super::{specs, write};
use crate::command::{Outcome, command};

const SPEED: &str = "30";
/// How many integrations.
const SIZES: [usize; 2] = [10, 50];

pub(super) fn run(program: &Path, folder: &Path) -> Outcome {
    println!("\nEstimates, on a sandbox that runs {SPEED}x faster than AWS and throttles as AWS does:");
    println!("{:>5}  {:>9} {:>9} {:>6} {:>9}  bottleneck", "size", "estimate", "took", "ratio", "throttled");
    for size in SIZES {
        let name = format!("estimate-{size}");
        let spec = write(folder, &name, "privlink.kdl", &specs::integrations(size))?;
        let world = write(folder, &name, "world.kdl", &specs::world(size))?;
        let told = folder.join(&name).join("apply.txt");
        let sandbox = Served::start(program, &world, SPEED)?;
        apply(program, &spec, &sandbox.url, &told)?;
        let text = fs::read_to_string(&told).map_err(|error| format!("{}: {error}", told.display()))?;
        let (estimate, bottleneck, took) =
            found(&text).ok_or_else(|| format!("{} does not say how long it takes and took", told.display()))?;
        let throttled: u64 = sandbox.throttled()?.values().sum();
        let ratio = took.as_secs_f64() / estimate.as_secs_f64();
        let (estimate, took) = (estimate.as_secs(), took.as_secs());
        println!("{size:>5}  {estimate:>8}s {took:>8}s {ratio:>6.2} {throttled:>9}  {bottleneck}");
    }
    Ok(())
}

fn apply(program: &Path, spec: &Path, url: &str, told: &Path) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", told.display());
    let out = File::create(told).map_err(failed)?;
    let mut command = command(program, &["apply", "-y", "-f", &spec.display().to_string(), "--endpoint", url]);
    command.envs(served::ENVIRONMENT).args(["--sandbox-speed", SPEED]);
    command.stderr(out.try_clone().map_err(failed)?).stdout(out);
    let status = command.status().map_err(failed)?;
    if status.success() { Ok(()) } else { Err(format!("the apply ended with {status}: see {}", told.display())) }
}

/// The estimate, what it says takes longest, and what it took, as the apply tells a person.
fn found(text: &str) -> Option<(Duration, &str, Duration)> {
    let (_, rest) = text.split_once("\u{b7} about ")?;
    let (estimate, rest) = rest.split_once(" (")?;
    let (bottleneck, rest) = rest.split_once(')')?;
    let (_, rest) = rest.split_once("Applied: ")?;
    let took = rest.lines().next()?.trim_end_matches('.').rsplit(" in ").next()?;
    Some((time(estimate)?, bottleneck, time(took)?))
}

/// A time as people read it: `5m 43s`.
fn time(text: &str) -> Option<Duration> {
    let seconds = text.split_whitespace().map(|part| {
        let (number, unit) = part.split_at_checked(part.len().checked_sub(1)?)?;
        let number: u64 = number.parse().ok()?;
        match unit {
            "h" => Some(number * 3600),
            "m" => Some(number * 60),
            "s" => Some(number),
            _ => None,
        }
    });
    seconds.sum::<Option<u64>>().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::found;
    use std::time::Duration;

    #[test]
    fn times_are_found_in_what_people_read() {
        let text = "Plan: 83 to create \u{b7} about 5m 54s (create load balancer, then VPC link) \u{b7} undo: exact\n\
                    Applied: 83 steps in 1h 5m 43s.\n";
        let expected = (Duration::from_secs(354), "create load balancer, then VPC link", Duration::from_secs(3943));
        assert_eq!(found(text), Some(expected));
        assert_eq!(found("Plan: nothing to do"), None);
    }
}
