//! Lines of source files, as the size rules count them.

use std::path::{Path, PathBuf};

/// Every Rust file of the project's own, sorted.
pub(crate) fn rust_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// How many lines stand before the inline tests.
pub(crate) fn lines_without_tests(text: &str) -> usize {
    let mut lines = 0;
    for line in text.lines() {
        if line.trim_start().starts_with("#[cfg(test)]") && !line.contains("mod ") {
            break;
        }
        lines += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::lines_without_tests;

    #[test]
    fn inline_tests_do_not_count() {
        assert_eq!(lines_without_tests("//! x\nfn a() {}\n\n#[cfg(test)]\nmod tests {}\n"), 3);
    }
}
