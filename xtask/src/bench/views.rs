//! What showing a large saved plan takes, in each form.

use std::fs;
use std::path::Path;

use super::{big_plan, figures, write};
use crate::command::{Outcome, command, output, root};
use crate::measure::measure;

/// How many steps.
const STEPS: usize = 2_000;
/// In which forms.
const FORMS: [&str; 3] = ["text", "markdown", "json"];

pub(super) fn run(program: &Path, folder: &Path) -> Outcome {
    let small = write(folder, "views", "small.plan", "")?;
    let example = root().join("examples/cross-account").display().to_string();
    let sandbox = format!("--sandbox={}", folder.join("views/sandbox").display());
    output(command(program, &["plan", "-f", &example, &sandbox, "-o", &small.display().to_string()]))?;
    let saved = fs::read_to_string(&small).map_err(|error| format!("{}: {error}", small.display()))?;
    let plan = write(folder, "views", "big.plan", &big_plan::of(&saved, STEPS)?)?.display().to_string();
    println!("\nA saved plan of {STEPS} steps:");
    println!("{:<16} {:>9} {:>9} {:>9}  exit {:>10}", "show", "wall ms", "CPU ms", "peak MiB", "bytes");
    for form in FORMS {
        let arguments = ["show", &plan, "--format", form];
        let bytes = output(command(program, &arguments))?.len();
        println!("{form:<16} {}    {bytes:>10}", figures(&measure(command(program, &arguments))?));
    }
    Ok(())
}
