//! Project automation in plain Rust: `cargo xtask <task>`.
//!
//! Owns: what a checkout is built, tested, measured and kept tidy with. Everything that CI runs is here, so that it runs the
//! same on a desk. Read next: the module named for the task.
#![expect(clippy::disallowed_methods, reason = "tasks measure, and write what they make")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to whoever runs them")]

mod bench;
mod ci;
mod cloc;
mod command;
mod generate;
mod measure;
mod node;
mod python;
mod test;
mod tidy;
mod tryout;

use std::process::ExitCode;

const TASKS: &str = "tasks:
  try     plan, apply and re-plan the first example on the built-in sandbox
  test    everything that can fail: all tests, and the witnesses in Python
  ci      what CI runs: format, lints, tidy, tests, docs, generated files
  tidy    the rules of the code base
  gen     write the generated pages under docs/ (with --check: compare only)
  bench   the figures: requests, time, CPU and memory on the sandbox (release build)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["try"] => tryout::run_example(),
        ["test"] => test::all(),
        ["ci"] => ci::run_all(),
        ["tidy"] => tidy::run(),
        ["gen"] => generate::run(false),
        ["gen", "--check"] => generate::run(true),
        ["bench", rest @ ..] => bench::run(rest),
        _ => Err(format!("usage: cargo xtask <task>\n\n{TASKS}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
