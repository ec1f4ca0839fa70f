//! Files of a crate that import each other in a circle: none of them can be read, tested or moved without the others.
//!
//! What two files need has a home below both. A folder and what stands in it may name each other. Read as text: paths that
//! begin with `crate::`, and imports that begin with `use super::` at the start of a line.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloc::without_tests;

/// A module's path within its crate.
type Module = Vec<String>;

/// The circles among a crate's files, which are given by their paths below `src` and with their texts.
pub(super) fn circles(files: &[(String, String)]) -> Vec<Vec<&str>> {
    let modules: BTreeMap<Module, &str> = files.iter().map(|(path, _)| (module(path), path.as_str())).collect();
    let imports: BTreeMap<Module, BTreeSet<Module>> = files
        .iter()
        .map(|(path, text)| {
            let own = module(path);
            let named = paths(&own, without_tests(text)).into_iter().filter_map(|path| home(path, &modules));
            let others = named.filter(|other| !other.starts_with(&own) && !own.starts_with(other)).collect();
            (own, others)
        })
        .collect();
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        imports.keys().map(|own| (own, reached(own, &imports))).collect();
    let mut circles = Vec::new();
    let mut told = BTreeSet::new();
    for (own, reach) in &reached {
        if !reach.contains(own) || told.contains(own) {
            continue;
        }
        let circle: Vec<&Module> =
            reach.iter().copied().filter(|other| reached.get(other).is_some_and(|back| back.contains(own))).collect();
        told.extend(circle.iter().copied());
        circles.push(circle.into_iter().filter_map(|one| modules.get(one).copied()).collect());
    }
    circles
}

/// The module that a file is: `a/b.rs` and `a/b/mod.rs` are `a::b`.
fn module(path: &str) -> Module {
    let mut parts: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// The module that a path leads into.
fn home(mut path: Module, modules: &BTreeMap<Module, &str>) -> Option<Module> {
    while !path.is_empty() && !modules.contains_key(&path) {
        path.pop();
    }
    (!path.is_empty()).then_some(path)
}

/// Every module that one leads to over imports, itself where they lead back.
fn reached<'m>(from: &Module, imports: &'m BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<&'m Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = imports.get(from).into_iter().flatten().collect();
    while let Some(one) = next.pop() {
        if reached.insert(one) {
            next.extend(imports.get(one).into_iter().flatten());
        }
    }
    reached
}

/// The paths from the crate's root that a module's text names.
fn paths(own: &Module, text: &str) -> Vec<Module> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (start, word) in code.match_indices("crate::") {
        let before = code.get(..start).and_then(|before| before.chars().next_back());
        if !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '$')) {
            tree(code.get(start + word.len()..).unwrap_or_default(), &[], &mut found);
        }
    }
    let mut imported = Vec::new();
    for (start, word) in code.match_indices("use super::") {
        let line = code.get(..start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        if line.is_empty() || line.starts_with("pub") {
            tree(code.get(start + word.len()..).unwrap_or_default(), &[], &mut imported);
        }
    }
    for path in imported {
        let ups = 1 + path.iter().take_while(|part| *part == "super").count();
        let above = own.iter().take(own.len().saturating_sub(ups));
        found.push(above.chain(path.iter().skip(ups - 1)).cloned().collect());
    }
    found
}

/// Adds the paths of a tree such as `a::{b, c::D}`; gives what stands after it.
fn tree<'t>(text: &'t str, above: &[String], found: &mut Vec<Module>) -> &'t str {
    let mut path = above.to_vec();
    let mut rest = text.trim_start();
    loop {
        if let Some(mut group) = rest.strip_prefix('{') {
            loop {
                group = tree(group, &path, found).trim_start();
                match group.strip_prefix(',') {
                    Some(next) => group = next,
                    None => return group.strip_prefix('}').unwrap_or(group),
                }
            }
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if !name.is_empty() {
            path.push(name.to_owned());
        }
        match after.strip_prefix("::").filter(|_| !name.is_empty()) {
            Some(next) => rest = next,
            None => {
                found.push(path);
                // Another name for it, or all that is in it.
                let end = after.find([',', '}', ';', '\n']).unwrap_or(after.len());
                return after.get(end..).unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::circles;

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, String)> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        circles(&files).iter().map(|circle| circle.join(" ")).collect()
    }

    #[test]
    fn files_that_import_each_other_are_told_together() {
        let files = [
            ("lib.rs", "mod a;\nuse a::A;\n"),
            ("a.rs", "use crate::b::B;\nuse crate::d::D;\n"),
            ("b.rs", "fn f() {\n    crate::c::g()\n}\n"),
            (
                "c/mod.rs",
                "use std::{\n    fmt,\n    io::Read as _,\n};\n\nuse super::{\n    d as other,\n    a::{self, x},\n};\n",
            ),
            ("d.rs", "//! See [`crate::a`].\n\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n"),
        ];
        assert_eq!(told(&files), ["a.rs b.rs c/mod.rs"]);
        let [_, a, b, _, d] = files;
        assert!(told(&[a, b, d]).is_empty());
    }

    #[test]
    fn a_folder_and_what_stands_in_it_are_one() {
        let files = [("a.rs", "use crate::a::b::B;\n"), ("a/b.rs", "use super::A;\nuse crate::lib::x;\n")];
        assert!(told(&files).is_empty());
        let files = [("a/b.rs", "use super::c::C;\n"), ("a/c.rs", "pub(crate) use super::b::{B, b};\n"), ("a.rs", "")];
        assert_eq!(told(&files), ["a/b.rs a/c.rs"]);
    }
}
