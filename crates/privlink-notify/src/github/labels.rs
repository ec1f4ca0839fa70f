//! Labels: ours are set to what fits, all others stay.
//!
//! Owns: which are added and taken away. Refuses to know: what they mean.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::GitHubError;
use super::client::{Call, GitHub, Verb};
use crate::url::encode;

/// What was done about labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labelled {
    /// Put on.
    pub added: Vec<String>,
    /// Taken off.
    pub removed: Vec<String>,
}

/// A label as GitHub tells it.
#[derive(Debug, Deserialize)]
struct Label {
    name: String,
}

impl GitHub {
    /// Sees to it that of our labels, a pull request or an issue has those that are wanted and no other. GitHub makes a label
    /// that does not exist yet.
    pub async fn labels(&self, number: u64, ours: &[&str], wanted: &[&str]) -> Result<Labelled, GitHubError> {
        let path = self.path(&format!("issues/{number}/labels?per_page=100"));
        let there: Vec<Label> = self.list("list the labels", path, None).await?;
        // Labels that differ in case alone are one to GitHub.
        let there: BTreeSet<String> = there.into_iter().map(|label| label.name.to_ascii_lowercase()).collect();
        let has = |name: &str| there.contains(&name.to_ascii_lowercase());
        let pick = |names: &[&str], which: &dyn Fn(&str) -> bool| -> Vec<String> {
            names.iter().filter(|name| which(name)).map(|name| (*name).to_owned()).collect()
        };
        let added = pick(wanted, &|name| !has(name));
        let removed = pick(ours, &|name| has(name) && !wanted.contains(&name));
        if !added.is_empty() {
            self.add_labels(number, &added).await?;
        }
        for name in &removed {
            let path = self.path(&format!("issues/{number}/labels/{}", encode(name)));
            match self.call(&Call { verb: Verb::Delete, path, body: None, what: "take the label off" }).await {
                // Gone is what was wanted, whoever was first.
                Ok(_) | Err(GitHubError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Labelled { added, removed })
    }

    /// Puts labels on. Twice is as good as once, so that it is repeated where no answer comes.
    pub(super) async fn add_labels(&self, number: u64, names: &[String]) -> Result<(), GitHubError> {
        let path = self.path(&format!("issues/{number}/labels"));
        let body = Some(json!({ "labels": names }));
        self.call(&Call { verb: Verb::Ask, path, body, what: "put the labels on" }).await.map(drop)
    }
}
