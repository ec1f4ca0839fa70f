//! What CI runs; nothing that a desk cannot.

use crate::command::{Outcome, cargo, run};
use crate::{generate, test, tidy};

/// Runs everything.
pub(crate) fn run_all() -> Outcome {
    run(cargo(&["fmt", "--all", "--check"]))?;
    tidy::run()?;
    test::all()?;
    generate::run(true)?;
    let lints = ["--quiet", "--all-targets", "--", "-D", "warnings"];
    run(cargo(&[&["clippy", "--workspace", "--no-default-features"], lints.as_slice()].concat()))?;
    run(cargo(&[&["clippy", "--workspace"], lints.as_slice()].concat()))?;
    let mut docs = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    run(docs)
}
