//! Generated pages under `docs/reference`: commands, kinds, codes, exit codes, environment. The program itself prints them
//! (`privlink schema …`), so that they cannot say what it does not do.

use crate::command::{self, Outcome, cargo, command, output, root, target};

/// Each page and the schema that is printed into it.
const PAGES: &[(&str, &str)] = &[
    ("commands.md", "commands"),
    ("kinds.md", "kinds"),
    ("codes.md", "codes"),
    ("exit-codes.md", "exit-codes"),
    ("environment.md", "environment"),
    ("plan.schema.json", "plan"),
    ("drift.schema.json", "drift"),
    ("events.schema.json", "events"),
];

/// Writes the pages; with `check` compares them with what is there.
pub(crate) fn run(check: bool) -> Outcome {
    run_build()?;
    let folder = root().join("docs/reference");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut old = Vec::new();
    for (page, schema) in PAGES {
        let path = folder.join(page);
        let text = output(command(target().join("debug/privlink"), &["schema", schema]))?;
        if std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        old.push(format!("docs/reference/{page}"));
        if !check {
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    match (check, old.as_slice()) {
        (true, [_, ..]) => Err(format!("not current: {}\nrun `cargo xtask gen`", old.join(", "))),
        (false, written) => {
            println!("gen: {} pages written, {} current", written.len(), PAGES.len() - written.len());
            Ok(())
        }
        (true, []) => Ok(()),
    }
}

fn run_build() -> Outcome {
    command::run(cargo(&["build", "--package", "privlink", "--quiet"]))
}
