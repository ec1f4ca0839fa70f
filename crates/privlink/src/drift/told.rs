//! What was told to whom, so that the same drift is told once.
//!
//! There is no state file, but the store only ever grows, and what was told is a fact of the past like a run: a log of lines, in
//! the store's own form of a journal, under a name that no run has. One line for each telling that was news.
//! Owns: that log. Refuses to know: how somebody is told (see `telling`).
//!
//! Where the log cannot be read or written, things are told again: that is better than not at all.

use privlink_engine::{Store, StoreError};
use privlink_model::short_digest;
use serde_json::{Value as Json, json};

use crate::stores::TOLD;

/// How much of the digest of a channel's address is kept: it tells one from another and says nothing of it.
const CHANNEL: usize = 8;

/// Somebody who is told, by something that changes when it is somebody else.
pub(super) fn channel(kind: &str, address: &str) -> String {
    format!("{kind}:{}", short_digest(address, CHANNEL))
}

/// The log of what was told.
pub(super) struct Told {
    lines: Vec<Line>,
    /// How long it is, in the store's own unit.
    at: u64,
}

/// That somebody was told.
#[derive(Clone)]
pub(super) struct Line {
    /// Of which project.
    pub(super) project: String,
    /// Who.
    pub(super) to: String,
    /// The digest of the drift that was told; none when that it is gone was, or nothing.
    pub(super) digest: Option<String>,
}

impl Told {
    /// Reads the log.
    pub(super) async fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let (bytes, at) = store.journal(TOLD).await?;
        let text = String::from_utf8_lossy(&bytes);
        // A line that a newer version wrote in another form tells this one nothing.
        Ok(Self { lines: text.lines().filter_map(Line::read).collect(), at })
    }

    /// What was told last on a channel; none where nothing ever was, and none of a digest where all was well.
    pub(super) fn last(&self, project: &str, to: &str) -> Option<Option<&str>> {
        let line = self.lines.iter().rev().find(|line| line.project == project && line.to == to)?;
        Some(line.digest.as_deref())
    }

    /// Adds a line, also where another check has added one meanwhile, unless that says the same.
    pub(super) async fn remember(&mut self, store: &dyn Store, line: Line, now: u64) -> Result<(), StoreError> {
        if self.write(store, line.clone(), now).await.is_ok() {
            return Ok(());
        }
        *self = Self::read(store).await?;
        if self.last(&line.project, &line.to) == Some(line.digest.as_deref()) {
            return Ok(());
        }
        self.write(store, line, now).await
    }

    async fn write(&mut self, store: &dyn Store, line: Line, now: u64) -> Result<(), StoreError> {
        let Line { project, to, digest } = &line;
        let text = json!({ "v": 1, "project": project, "to": to, "digest": digest, "at": now });
        self.at = store.append(TOLD, self.at, format!("{text}\n").as_bytes()).await?;
        self.lines.push(line);
        Ok(())
    }
}

impl Line {
    fn read(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let text = |key: &str| json.get(key)?.as_str().map(str::to_owned);
        Some(Self { project: text("project")?, to: text("to")?, digest: text("digest") })
    }
}

#[cfg(test)]
mod tests {
    use privlink_engine::FolderStore;

    use super::*;

    fn line(project: &str, to: &str, digest: Option<&str>) -> Line {
        Line { project: project.to_owned(), to: to.to_owned(), digest: digest.map(str::to_owned) }
    }

    #[tokio::test]
    async fn what_was_told_last_is_known_by_channel_and_project() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path().to_owned());
        let mut told = Told::read(&store).await.unwrap();
        assert_eq!(told.last("shop", "webhook"), None);
        told.write(&store, line("shop", "webhook", Some("d1")), 1).await.unwrap();
        told.write(&store, line("shop", "webhook", Some("d2")), 2).await.unwrap();
        told.write(&store, line("bank", "webhook", None), 3).await.unwrap();
        for told in [told, Told::read(&store).await.unwrap()] {
            assert_eq!(told.last("shop", "webhook"), Some(Some("d2")));
            assert_eq!(told.last("bank", "webhook"), Some(None));
            assert_eq!(told.last("shop", "bus"), None);
        }
    }

    #[tokio::test]
    async fn two_checks_at_once_do_not_lose_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path().to_owned());
        let read = async || Told::read(&store).await.unwrap();
        let (mut one, mut same, mut other) = (read().await, read().await, read().await);
        one.remember(&store, line("shop", "webhook", Some("d")), 1).await.unwrap();
        assert!(same.write(&store, line("shop", "webhook", Some("d")), 1).await.is_err(), "the log has moved on");
        same.remember(&store, line("shop", "webhook", Some("d")), 1).await.unwrap();
        other.remember(&store, line("shop", "bus", Some("e")), 1).await.unwrap();
        let told = read().await;
        assert_eq!([told.last("shop", "webhook"), told.last("shop", "bus")], [Some(Some("d")), Some(Some("e"))]);
        assert_eq!(told.lines.len(), 2, "what both told is there once");
        assert!(Line::read("{\"v\":9}").is_none() && Line::read("no json").is_none());
        assert_ne!(channel("webhook", "https://a"), channel("webhook", "https://b"));
    }
}
