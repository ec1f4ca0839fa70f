//! What was read of the live accounts, and what there is to ask for.
//!
//! **Invariant:** a read has three outcomes. What could not be read is [`Unread`], never taken for absent.

use std::collections::BTreeMap;

use crate::address::{Address, Scope};
use crate::attrs::Attrs;
use crate::digest::digest;

/// How an existing thing is found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// By AWS's id or ARN.
    Id(String),
    /// By name: the `Name` tag of networks, the name of a load balancer.
    Name(String),
    /// By a tag.
    Tag {
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Name(name) => write!(f, "named {name:?}"),
            Self::Tag { key, value } => write!(f, "tagged {key}={value}"),
        }
    }
}

/// What must be looked up in a scope beside what we own there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Query {
    /// A VPC with its subnets and route tables, and the execute-api endpoints in it.
    Vpc(Selector),
    /// A load balancer with its zones and listeners.
    LoadBalancer(Selector),
    /// An endpoint service of somebody else, by its service name.
    EndpointService(String),
    /// A transit gateway and its attachments, by id.
    TransitGateway(String),
}

/// Whose an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// This project's, under this address.
    Ours(Address),
    /// Another privlink project's.
    Project(String),
    /// Nobody's that privlink knows of.
    Nobody,
}

/// Whether an object is usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Ready,
    /// Not yet; AWS's word for its state.
    Pending(String),
    /// It never will be; AWS's reason.
    Failed(String),
    /// It is on its way out.
    Deleting,
}

/// One object, as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Its kind.
    pub kind: &'static str,
    /// Where it is.
    pub scope: Scope,
    /// AWS's name for it.
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// Whether it is usable.
    pub status: Status,
    /// Its attributes, normalised.
    pub attrs: Attrs,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Observed {
    /// A hash of what it is, without its status: two reads of an untouched object agree.
    pub fn digest(&self) -> String {
        let mut text = format!("{} {} {}", self.kind, self.scope, self.id);
        for (key, value) in self.attrs.iter() {
            text.push_str(&format!("\n{key}={value}"));
        }
        for (key, value) in &self.tags {
            text.push_str(&format!("\n#{key}={value}"));
        }
        digest(&text)
    }

    /// Its address, when it is ours.
    pub fn address(&self) -> Option<&Address> {
        match &self.owner {
            Owner::Ours(address) => Some(address),
            _ => None,
        }
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Our stable code, such as `privlink::aws::assume-role`.
    pub code: &'static str,
    /// The call that failed, such as `ec2:DescribeVpcs`.
    pub operation: String,
    /// What AWS (or the network) said.
    pub message: String,
    /// A way out.
    pub help: Option<String>,
}

/// All objects of one kind that a gather asked for in one scope.
pub type Listing = Result<Vec<Observed>, Unread>;

/// What was read in one scope, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSnapshot {
    /// The listings, by kind name. A kind that was not asked for has none.
    pub listings: BTreeMap<&'static str, Listing>,
}

/// What was read of all scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// By scope.
    pub scopes: BTreeMap<Scope, ScopeSnapshot>,
}

impl Snapshot {
    /// The objects of a kind in a scope; empty when they were not asked for.
    ///
    /// # Errors
    /// When they could not be read.
    pub fn list(&self, scope: &Scope, kind: &str) -> Result<&[Observed], &Unread> {
        match self.scopes.get(scope).and_then(|read| read.listings.get(kind)) {
            Some(Ok(objects)) => Ok(objects),
            Some(Err(unread)) => Err(unread),
            None => Ok(&[]),
        }
    }

    /// Every object that was read.
    pub fn objects(&self) -> impl Iterator<Item = &Observed> {
        self.scopes.values().flat_map(|scope| scope.listings.values()).flatten().flatten()
    }

    /// Everything that could not be read: scope, kind, and why.
    pub fn unread(&self) -> impl Iterator<Item = (&Scope, &'static str, &Unread)> {
        self.scopes.iter().flat_map(|(scope, read)| {
            read.listings.iter().filter_map(move |(kind, listing)| Some((scope, *kind, listing.as_ref().err()?)))
        })
    }

    /// A digest of each object, by `scope kind id`: what a saved plan remembers of the world it was made for.
    pub fn digests(&self) -> BTreeMap<String, String> {
        self.objects()
            .map(|object| (format!("{} {} {}", object.scope, object.kind, object.id), object.digest()))
            .collect()
    }
}
