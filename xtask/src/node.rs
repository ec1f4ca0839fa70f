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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a lock that cannot be read is a failed test")]

    use super::{read, root};

    #[test]
    fn pins_are_exact_and_name_no_place() {
        let folder = root().join("xtask/node");
        let [package, lock] = ["package.json", "package-lock.json"].map(|name| {
            let text = read(&folder.join(name)).unwrap();
            serde_json::from_str::<serde_json::Value>(&text).unwrap()
        });
        for (name, version) in package["dependencies"].as_object().unwrap() {
            let version = version.as_str().unwrap();
            assert!(version.chars().all(|part| part.is_ascii_digit() || part == '.'), "{name}: {version} is a range");
        }
        for (name, entry) in lock["packages"].as_object().unwrap().iter().filter(|(name, _)| !name.is_empty()) {
            // Where a package is fetched from is for whoever runs this to say; what it must be is not.
            assert!(entry["resolved"].is_null(), "{name}: strip `resolved`");
            assert!(entry["integrity"].is_string(), "{name} has no digest");
        }
    }
}
