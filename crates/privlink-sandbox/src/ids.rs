//! Identifiers: owns the one source of everything that AWS would draw at random.
//!
//! Deterministic from a seed and a counter, so that the same requests in the same order give the same world twice. It
//! knows shapes (hex, alphanumeric, UUID), not what they name.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A seeded source of identifiers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ids {
    seed: u64,
    counter: u64,
}

impl Ids {
    /// Starts a source.
    pub(crate) fn new(seed: u64) -> Ids {
        Ids { seed, counter: 0 }
    }

    /// Starts another source from the same seed whose draws do not disturb this one's.
    pub(crate) fn sibling(&self) -> Ids {
        Ids { seed: !self.seed, counter: self.counter }
    }

    /// Gives lower-case hexadecimal digits: 17 for EC2, 16 for a load balancer, 10 for some others.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.draw(length, b"0123456789abcdef")
    }

    /// Gives lower-case letters and digits, as API Gateway's ids have them.
    pub(crate) fn alnum(&mut self, length: usize) -> String {
        self.draw(length, b"0123456789abcdefghijklmnopqrstuvwxyz")
    }

    /// Gives a version-4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = self.hex(32);
        uuid(&hex, ["8", "9", "a", "b"][(self.number() % 4) as usize])
    }

    /// Gives a number that is spread over the whole range.
    pub(crate) fn number(&mut self) -> u64 {
        let block = self.block();
        block.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }

    fn draw(&mut self, length: usize, alphabet: &[u8]) -> String {
        let mut out = String::with_capacity(length);
        while out.len() < length {
            for byte in self.block() {
                if out.len() < length {
                    out.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
                }
            }
        }
        out
    }

    fn block(&mut self) -> [u8; 32] {
        self.counter = self.counter.wrapping_add(1);
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.counter.to_be_bytes());
        hash.finalize().into()
    }
}

/// Gives an id in the form of a version-4 UUID that depends on the text alone.
pub(crate) fn stable_uuid(text: &str) -> String {
    uuid(&stable_hex(text, 32), "a")
}

/// Writes 32 digits as a version-4 UUID of a variant.
fn uuid(hex: &str, variant: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-{variant}{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Gives hexadecimal digits that depend on the text alone; for what a world file names but gives no id.
pub(crate) fn stable_hex(text: &str, length: usize) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_ids_of_the_right_shape() {
        let (mut a, mut b, mut c) = (Ids::new(7), Ids::new(7), Ids::new(8));
        assert_eq!(a.hex(17), b.hex(17));
        assert_ne!(a.hex(17), c.hex(17));
        assert_ne!(a.hex(17), a.hex(17));
        let uuid = a.uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.chars().nth(14), Some('4'));
        assert_eq!(a.hex(40).len(), 40);
    }
}
