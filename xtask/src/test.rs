//! The test command: every Rust test, the witnesses in Python among them; they find what they look with by variable.

use crate::command::{Outcome, cargo, run};
use crate::{node, python};

/// The variable that tells tests where the interpreter with boto3 and moto is.
const PYTHON: &str = "PRIVLINK_TEST_PYTHON";
/// The variable that tells tests where the packages of `xtask/node` are.
const NODE_MODULES: &str = "PRIVLINK_TEST_NODE_MODULES";

/// Runs every test.
pub(crate) fn all() -> Outcome {
    let python = python::interpreter()?;
    let modules = node::modules()?;
    // The loop without the SDK must stay whole: it is what most work uses.
    run(cargo(&["check", "--workspace", "--no-default-features", "--quiet"]))?;
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    tests.env(PYTHON, python).env(NODE_MODULES, modules);
    run(tests)
}
