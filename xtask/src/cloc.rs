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

/// What stands before the inline tests. Tests in a file of their own end nothing.
pub(crate) fn without_tests(text: &str) -> &str {
    let tests = text.match_indices("#[cfg(test)]").find(|(start, marker)| {
        let mut next = text.get(start + marker.len()..).unwrap_or_default().trim_start().lines();
        next.next().is_some_and(|line| line.contains("mod ") && line.contains('{'))
    });
    tests.and_then(|(start, _)| text.get(..start)).unwrap_or(text)
}

/// How many lines stand before the inline tests.
pub(crate) fn lines_without_tests(text: &str) -> usize {
    without_tests(text).trim_end_matches(' ').lines().count()
}

#[cfg(test)]
mod tests {
    use super::lines_without_tests;

    #[test]
    fn inline_tests_do_not_count() {
        assert_eq!(lines_without_tests("//! x\nfn a() {}\n\n#[cfg(test)]\nmod tests {}\n"), 3);
    }

    #[test]
    fn tests_in_a_file_of_their_own_end_nothing() {
        assert_eq!(lines_without_tests("//! x\n#[cfg(test)]\nmod tests;\n\n#[cfg(test)]\nuse x;\nfn a() {}\n"), 7);
    }
}
