//! The first look: plan, apply and re-plan the first example on the built-in sandbox.

use crate::command::{Outcome, cargo, command, root, run, target};

/// Builds privlink and runs the example in a fresh sandbox.
pub(crate) fn run_example() -> Outcome {
    println!("Building privlink. The first build takes some minutes, most of them for the EC2 part of the AWS SDK.");
    run(cargo(&["build", "--package", "privlink"]))?;
    let world = target().join("try-sandbox");
    if world.exists() {
        std::fs::remove_dir_all(&world).map_err(|error| format!("{}: {error}", world.display()))?;
    }
    let program = target().join("debug/privlink");
    let example = root().join("examples/cross-account");
    let sandbox = format!("--sandbox={}", world.display());
    let example = example.display().to_string();
    for verb in [&["plan"][..], &["apply", "-y"], &["plan", "--detailed-exitcode"]] {
        println!();
        run(command(&program, &[verb, &["-f", &example, &sandbox]].concat()))?;
    }
    println!(
        "\nThat was examples/cross-account: look at privlink.kdl and world.kdl there, change one, and plan again:"
    );
    println!("  target/debug/privlink plan -f examples/cross-account {sandbox}");
    Ok(())
}
