//! What a lock's holder writes into it, as JSON.

use serde::{Deserialize, Serialize};

use super::chance::nonce;
use super::holder::{Claim, Holder};
use super::wall::wall_seconds;

const VERSION: u32 = 1;

/// The contents of a lock. A later version may add members, which are passed over: whoever holds the lock is shown anyway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    v: u32,
    /// Tells this holding of the lock from every other.
    pub(super) nonce: String,
    owner: String,
    run: String,
    command: String,
    process: u32,
    since: u64,
    /// When it expires unless it is renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<u64>,
    /// How often it was renewed: no two states of a lock have the same text.
    #[serde(default)]
    pub(super) renewals: u64,
}

impl Facts {
    pub(super) fn of(claim: &Claim, expires: Option<u64>) -> Self {
        Self {
            v: VERSION,
            nonce: nonce(),
            owner: claim.owner.clone(),
            run: claim.run.clone(),
            command: claim.command.clone(),
            process: std::process::id(),
            since: wall_seconds(),
            expires,
            renewals: 0,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    pub(super) fn holder(self, alive: Option<bool>, mark: String) -> Holder {
        let Self { owner, run, command, process, since, expires, .. } = self;
        Holder { owner, run, command, process, since, expires, alive, mark }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_new_is_passed_over() {
        let facts = Facts::of(&Claim { owner: "ana@mac".to_owned(), ..Claim::default() }, Some(7));
        assert_eq!(Facts::decode(&facts.encode()).unwrap(), facts);
        let text = String::from_utf8(facts.encode()).unwrap().replace("{\"v\":1", "{\"v\":2,\"mood\":\"good\"");
        assert_eq!(Facts::decode(text.as_bytes()).unwrap().nonce, facts.nonce);
        assert!(Facts::decode(b"{}").is_err());
    }
}
