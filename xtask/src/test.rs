//! The test command: every Rust test, then the witnesses, which are tests too and find their interpreter by variable.

use crate::command::{Outcome, cargo, run};
use crate::python;

/// The variable that tells tests where the interpreter with boto3 and moto is.
const PYTHON: &str = "PRIVLINK_TEST_PYTHON";

/// Runs every test.
pub(crate) fn all() -> Outcome {
    let python = python::interpreter()?;
    // The loop without the SDK must stay whole: it is what most work uses.
    run(cargo(&["check", "--workspace", "--no-default-features", "--quiet"]))?;
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    tests.env(PYTHON, python);
    run(tests)
}
