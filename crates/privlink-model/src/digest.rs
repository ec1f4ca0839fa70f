//! Stable hashes: of values for comparing, of names for telling cut names apart.

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a text, 64 lower-case hexadecimal digits.
pub fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first `length` digits of [`digest`].
pub fn short_digest(text: &str, length: usize) -> String {
    let mut full = digest(text);
    full.truncate(length);
    full
}
