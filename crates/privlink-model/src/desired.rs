//! What the spec asks for, as resources.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Scope};
use crate::attrs::Attrs;

/// A place in the spec: file number, first byte, one past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Origin {
    /// Which file of those that were read.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// One resource that should exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// Where it should be.
    pub scope: Scope,
    /// Its attributes; references among them are edges of the graph.
    pub attrs: Attrs,
    /// Tags of the user's; ours are added when it is written.
    pub tags: BTreeMap<String, String>,
    /// Resources it needs without reading a value of theirs.
    pub after: BTreeSet<Address>,
    /// Where in the spec it comes from.
    pub origin: Origin,
    /// The user's node that asked for it, such as `target "orders"`.
    pub because: String,
}

impl Resource {
    /// Every resource this one must come after.
    pub fn needs(&self) -> BTreeSet<&Address> {
        let mut needs: BTreeSet<&Address> = self.after.iter().collect();
        for (_, value) in self.attrs.iter() {
            needs.extend(value.references().into_iter().map(|reference| &reference.address));
        }
        needs
    }
}

/// All that should exist, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// The resources.
    pub resources: BTreeMap<Address, Resource>,
}
