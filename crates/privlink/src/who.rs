//! Who is at work: `user@host`, written into locks and journals so that others know whom to ask.
//!
//! Owns: where the two names come from. Refuses to know: who may do what.
#![expect(clippy::disallowed_methods, reason = "here the environment is asked who the person is")]

use std::fs;

/// The variables that name the person, then those that name the machine.
pub(crate) const USER: [&str; 3] = ["USER", "LOGNAME", "USERNAME"];
pub(crate) const HOST: [&str; 2] = ["HOSTNAME", "COMPUTERNAME"];

/// Where Linux keeps the machine's name.
const HOST_FILES: [&str; 2] = ["/proc/sys/kernel/hostname", "/etc/hostname"];

/// `user@host`.
pub(crate) fn who() -> String {
    let variable = |name: &&str| std::env::var(name).ok().as_deref().and_then(word);
    let file = |path: &&str| fs::read_to_string(path).ok().as_deref().and_then(word);
    let user = USER.iter().find_map(variable).unwrap_or_else(|| "somebody".to_owned());
    let host = HOST_FILES.iter().find_map(file).or_else(|| HOST.iter().find_map(variable));
    format!("{user}@{}", host.unwrap_or_else(|| "some machine".to_owned()))
}

/// What is left of a name for a terminal: no blanks, no control characters, not too long.
fn word(text: &str) -> Option<String> {
    let word: String = text.trim().chars().filter(|letter| !letter.is_control() && *letter != ' ').take(64).collect();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::{who, word};

    #[test]
    fn both_names_are_one_word() {
        assert_eq!(
            [word(" ana\n"), word("a\u{1b}[2Jb"), word(" \n")],
            [Some("ana".into()), Some("a[2Jb".into()), None]
        );
        assert_eq!(who().split('@').count(), 2);
    }
}
