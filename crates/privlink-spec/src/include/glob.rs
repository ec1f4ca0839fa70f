//! Patterns in `include`: `*` and `?` within one name of a path.

use std::path::{Path, PathBuf};

use super::{ReadFile, normal};

/// Whether a text has wildcards.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The paths a pattern matches, sorted; a text without wildcards is taken as it is.
pub(super) fn paths(files: &dyn ReadFile, home: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![home.to_path_buf()];
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    for part in parts {
        if is_pattern(part) {
            found = found.iter().flat_map(|folder| matching(files, folder, part)).collect();
        } else {
            found.iter_mut().for_each(|folder| folder.push(part));
        }
    }
    let mut found: Vec<PathBuf> = found.iter().map(|path| normal(path)).collect();
    found.sort();
    found.dedup();
    found
}

fn matching(files: &dyn ReadFile, folder: &Path, part: &str) -> Vec<PathBuf> {
    let names = files.list(&normal(folder));
    let visible = names.iter().filter(|name| !name.starts_with('.') || part.starts_with('.'));
    visible.filter(|name| matches(part, name)).map(|name| folder.join(name)).collect()
}

/// Whether a name matches: steps back to the last `*` only, so the time is at most the product of the lengths.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == name.get(n) => {
                p += 1;
                n += 1;
            }
            _ => match back {
                Some((star, at)) => {
                    back = Some((star, at + 1));
                    p = star + 1;
                    n = at + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_match_within_a_name() {
        assert!(matches("*.kdl", "a.kdl"));
        assert!(matches("a*b*c", "axxbyybzc"));
        assert!(matches("a?.kdl", "ab.kdl"));
        assert!(!matches("a?.kdl", "a.kdl"));
        assert!(!matches("*.kdl", "a.kdl.bak"));
        assert!(!matches("a*b", "ac"));
    }
}
