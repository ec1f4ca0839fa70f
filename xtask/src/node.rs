//! What tests look with that is written in JavaScript: the real mermaid, a markdown renderer and GitHub's description of its
//! own API, pinned by a lock file, under `target/`.
//!
//! Packages are only laid down: none of their install scripts is run.

use std::path::{Path, PathBuf};

use crate::command::{Outcome, command, output, root, run, target};

/// The folder of installed packages, which is made when it is not there or its pins changed.
pub(crate) fn modules() -> Result<PathBuf, String> {
    let folder = target().join("node");
    let modules = folder.join("node_modules");
    let pins = root().join("xtask/node");
    let wanted = read(&pins.join("package-lock.json"))?;
    let stamp = folder.join("pins.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) && modules.exists() {
        return Ok(modules);
    }
    make(&folder, &pins)?;
    write(&stamp, &wanted)?;
    Ok(modules)
}

fn make(folder: &Path, pins: &Path) -> Outcome {
    for program in ["node", "npm"] {
        output(command(program, &["--version"])).map_err(|error| {
            format!("the tests of pictures and comments need {program}: {error}\non Debian and Ubuntu: apt-get install nodejs npm")
        })?;
    }
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for name in ["package.json", "package-lock.json"] {
        write(&folder.join(name), &read(&pins.join(name))?)?;
    }
    let prefix = folder.display().to_string();
    run(command("npm", &["ci", "--prefix", &prefix, "--ignore-scripts", "--no-audit", "--no-fund"]))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Outcome {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
