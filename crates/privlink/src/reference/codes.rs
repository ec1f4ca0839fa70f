//! The page of codes, from the tables of all crates.

use std::collections::{BTreeMap, BTreeSet};

use super::markdown::{anchor, code, paragraphs, prose, sentence};
use crate::codes::{Entry, entries};

/// Every code with what it means, by theme.
pub(crate) fn page() -> String {
    let mut page = String::from(
        "# Codes\n\nMessages carry codes that stay the same from version to version. `privlink explain CODE` says of each what \
         this page says; `privlink schema codes` prints the page. What `check` finds, every command finds that reads a spec; \
         what `plan` finds takes reading the accounts.\n",
    );
    let entries = entries();
    let mut themes: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &entries {
        themes.entry(theme(entry.code)).or_default().push(entry);
    }
    page.push('\n');
    for (theme, entries) in &themes {
        let links: Vec<String> = entries.iter().map(|entry| link(entry.code)).collect();
        page.push_str(&format!("* [**{theme}**](#{}): {}\n", anchor(theme), links.join(", ")));
    }
    let found = Found::new();
    for (theme, entries) in &themes {
        page.push_str(&format!("\n## {theme}\n"));
        for entry in entries {
            let (title, summary, by) = (code(entry.code), prose(&sentence(entry.summary)), found.by(entry.code));
            let explain = paragraphs(entry.explain);
            page.push_str(&format!("\n### {title}\n\n**{summary}** {by}\n\n{explain}\n"));
        }
    }
    page
}

/// What a code is about: the part after `privlink::`.
fn theme(code: &str) -> &str {
    code.split("::").nth(1).unwrap_or(code)
}

fn link(code: &str) -> String {
    format!("[{}](#{})", code.rsplit("::").next().unwrap_or(code), anchor(code))
}

/// Which crate's table a code stands in, and so when it is found.
struct Found {
    by_spec: BTreeSet<&'static str>,
    by_call: BTreeSet<&'static str>,
}

impl Found {
    fn new() -> Self {
        let kinds = privlink_kinds::CODES.iter().map(|entry| entry.code);
        let engine = privlink_engine::CODES.iter().map(|(code, _, _)| *code);
        Self {
            by_spec: privlink_spec::CODES.iter().map(|entry| entry.code).collect(),
            by_call: kinds.chain(engine).collect(),
        }
    }

    fn by(&self, code: &str) -> &'static str {
        if self.by_spec.contains(code) {
            "Found by `privlink check`."
        } else if self.by_call.contains(code) {
            "Found while AWS is called."
        } else {
            "Found by `privlink plan`."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_links_lead_to_one_place() {
        let entries = entries();
        let themes: BTreeSet<&str> = entries.iter().map(|entry| theme(entry.code)).collect();
        let titles = entries.iter().map(|entry| entry.code).chain(themes.iter().copied());
        let anchors: BTreeSet<String> = titles.map(anchor).collect();
        assert_eq!(anchors.len(), entries.len() + themes.len());
    }
}
