//! Where a command works: its spec, its store, its accounts; and the commands that lead a person there again.
//!
//! Owns: how those are spelled, for a POSIX shell. Refuses to know: when which is told.

use std::path::Path;

use crate::cli::{CloudArgs, SpecArgs, StoreArgs};

/// Where a command works, and so where the next one must.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    /// The spec.
    pub(crate) spec: &'a SpecArgs,
    /// Where runs are kept.
    pub(crate) store: &'a StoreArgs,
    /// The accounts.
    pub(crate) cloud: &'a CloudArgs,
}

impl Site<'_> {
    /// A whole command: `privlink resume RUN -f spec`.
    pub(crate) fn command(self, verb: &str) -> String {
        let mut command = format!("privlink {verb}");
        for file in self.spec.file.iter().filter(|file| file.as_path() != Path::new(".")) {
            command.push_str(&format!(" -f {}", quoted(&file.display().to_string())));
        }
        for (name, value) in &self.spec.var {
            command.push_str(&format!(" --var {}", quoted(&format!("{name}={value}"))));
        }
        if let Some(store) = &self.store.store {
            command.push_str(&format!(" --store {}", quoted(store)));
        }
        if let Some(folder) = &self.cloud.sandbox {
            command.push_str(" --sandbox");
            if folder != Path::new(".privlink/sandbox") {
                command.push_str(&format!("={}", quoted(&folder.display().to_string())));
            }
        }
        if let Some(url) = &self.cloud.endpoint {
            command.push_str(&format!(" --endpoint {}", quoted(url)));
        }
        command
    }
}

/// A word as a shell takes it for one.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_next_command_leads_to_the_same_place() {
        let spec = SpecArgs { file: vec![PathBuf::from("my spec")], var: vec![("env".to_owned(), "it's".to_owned())] };
        let store = StoreArgs { store: Some("s3://b/p".to_owned()) };
        let mut cloud = CloudArgs::default();
        let said = Site { spec: &spec, store: &store, cloud: &cloud }.command("resume R");
        assert_eq!(said, r"privlink resume R -f 'my spec' --var 'env=it'\''s' --store s3://b/p");
        cloud.sandbox = Some(PathBuf::from("here"));
        let spec = SpecArgs { file: vec![PathBuf::from(".")], var: Vec::new() };
        let said = Site { spec: &spec, store: &StoreArgs::default(), cloud: &cloud }.command("unlock");
        assert_eq!(said, "privlink unlock --sandbox=here");
    }
}
