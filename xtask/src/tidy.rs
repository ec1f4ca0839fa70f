//! The rules of the code base that a machine can check: who may depend on whom, which files may import which, sizes, module
//! docs, words.
//!
//! Runs as a test as well, so that `cargo test` has every check that CI has.

mod circles;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cloc::{lines_without_tests, rust_files};
use crate::command::{Outcome, cargo, output, root};

/// Who may depend on whom within the workspace.
const EDGES: &[(&str, &[&str])] = &[
    ("privlink-model", &[]),
    ("privlink-spec", &[]),
    ("privlink-derive", &["privlink-model", "privlink-spec"]),
    ("privlink-kinds", &["privlink-model"]),
    ("privlink-plan", &["privlink-model"]),
    ("privlink-engine", &["privlink-model"]),
    ("privlink-notify", &[]),
    ("privlink-sandbox", &[]),
    (
        "privlink",
        &[
            "privlink-derive",
            "privlink-engine",
            "privlink-kinds",
            "privlink-model",
            "privlink-notify",
            "privlink-plan",
            "privlink-sandbox",
            "privlink-spec",
        ],
    ),
    ("xtask", &[]),
];

/// Lines a file may have without its inline tests.
const MOST_LINES: usize = 800;
/// Lines from which on a file says why.
const LONG: usize = 500;

/// Checks all rules and lists every breach.
pub(crate) fn run() -> Outcome {
    let mut breaches = Vec::new();
    edges(&mut breaches)?;
    let mut crates: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for file in rust_files(&root()) {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let name = file.strip_prefix(root()).unwrap_or(&file).to_path_buf();
        source(&name, &text, &mut breaches);
        if let Some((name, path)) = name.to_str().and_then(|name| name.split_once("/src/"))
            && !path.contains("tests")
        {
            crates.entry(name.to_owned()).or_default().push((path.to_owned(), text));
        }
    }
    for (name, files) in &crates {
        for circle in circles::circles(files) {
            breaches.push(format!("{name}/src: these import each other in a circle: {}", circle.join(", ")));
        }
    }
    if breaches.is_empty() {
        println!("tidy: no breach");
        return Ok(());
    }
    Err(format!("{}\n{} breaches", breaches.join("\n"), breaches.len()))
}

fn edges(breaches: &mut Vec<String>) -> Outcome {
    let metadata = output(cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        EDGES.iter().map(|(name, may)| (*name, may.iter().copied().collect())).collect();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(may) = allowed.get(name) else {
            breaches.push(format!("crate {name}: not in the table of crates (xtask/src/tidy.rs)"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            // Tests of live halves run against the sandbox; that edge exists for tests alone.
            let for_tests = dependency["kind"].as_str() == Some("dev") && to == "privlink-sandbox";
            if to.starts_with("privlink") && !may.contains(to) && !for_tests {
                breaches.push(format!("crate {name} must not know {to}"));
            }
            if to.starts_with("aws-") && name != "privlink-kinds" {
                breaches.push(format!("crate {name} must not know {to}: only privlink-kinds names the SDK"));
            }
        }
    }
    Ok(())
}

fn source(file: &Path, text: &str, breaches: &mut Vec<String>) {
    let name = file.display();
    if !text.starts_with("//!") {
        breaches.push(format!("{name}: does not open with a module doc (//!)"));
    }
    let lines = lines_without_tests(text);
    let module_doc: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
    if lines > MOST_LINES {
        breaches.push(format!("{name}: {lines} lines; {MOST_LINES} at most"));
    } else if lines > LONG && !module_doc.contains("one file because") {
        breaches.push(format!("{name}: {lines} lines; over {LONG} the module doc says why (\"one file because …\")"));
    }
    for (number, line) in text.lines().enumerate() {
        if line.ends_with(' ') || line.ends_with('\t') {
            breaches.push(format!("{name}:{}: white space at the end of the line", number + 1));
        }
        // The needles are put together here so that this file does not breach its own rule.
        for needle in [concat!("#[", "ignore"), concat!("todo", "!("), concat!("unimplemented", "!(")] {
            if line.trim_start().starts_with(needle) {
                breaches.push(format!("{name}:{}: {needle}", number + 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_code_base_is_tidy() {
        if let Err(breaches) = super::run() {
            panic!("{breaches}");
        }
    }

    #[test]
    fn a_file_without_module_doc_is_a_breach() {
        let mut breaches = Vec::new();
        super::source(std::path::Path::new("a.rs"), "fn a() {} \n", &mut breaches);
        assert_eq!(breaches.len(), 2, "{breaches:?}");
    }
}
