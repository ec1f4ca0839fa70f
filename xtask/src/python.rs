//! The virtual environment the witnesses run in: boto3 and moto, pinned, under `target/`.

use std::path::PathBuf;

use crate::command::{Outcome, command, output, root, run, target};

/// The interpreter of the virtual environment, which is made when it is not there or its pins changed.
pub(crate) fn interpreter() -> Result<PathBuf, String> {
    let folder = target().join("venv");
    let python = folder.join("bin/python");
    let pins = root().join("xtask/requirements.txt");
    let wanted = std::fs::read_to_string(&pins).map_err(|error| format!("{}: {error}", pins.display()))?;
    let stamp = folder.join("pins.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) && python.exists() {
        return Ok(python);
    }
    make(&folder, &python, &pins)?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(python)
}

fn make(folder: &std::path::Path, python: &std::path::Path, pins: &std::path::Path) -> Outcome {
    output(command("python3", &["--version"]))
        .map_err(|error| format!("the witnesses need python3 with venv: {error}"))?;
    if !python.exists() {
        run(command("python3", &["-m", "venv", &folder.display().to_string()]))
            .map_err(|error| format!("{error}\non Debian and Ubuntu: apt-get install python3-venv"))?;
    }
    let pins = pins.display().to_string();
    run(command(python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", &pins]))
}
