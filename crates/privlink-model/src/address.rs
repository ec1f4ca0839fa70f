//! Names: ours for a resource, and AWS's for a place.

use std::fmt;

/// privlink's stable name of a resource, a path such as `target/orders/endpoint`.
///
/// It never depends on the order of anything, is shown in plans and kept in the tag `privlink:address`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

impl Address {
    /// Makes an address of its text.
    pub fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// The address of something that belongs to this one.
    pub fn child(&self, name: impl fmt::Display) -> Self {
        Self(format!("{}/{name}", self.0))
    }

    /// Whether this is `other` or lies under it.
    pub fn is_within(&self, other: &Address) -> bool {
        self.0.strip_prefix(other.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One account and one region: where a call goes, and what quotas are counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The twelve digits of the account.
    pub account: String,
    /// The region, such as `us-east-1`.
    pub region: String,
}

impl Scope {
    /// Makes a scope of its parts.
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into() }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// The partition of a region, as ARNs name it. AWS's page "Amazon Resource Names" lists them.
pub fn partition(region: &str) -> &'static str {
    match region.split('-').collect::<Vec<_>>().as_slice() {
        ["cn", ..] => "aws-cn",
        ["us", "gov", ..] => "aws-us-gov",
        ["us", "iso", ..] => "aws-iso",
        ["us", "isob", ..] => "aws-iso-b",
        ["us", "isof", ..] => "aws-iso-f",
        ["eu", "isoe", ..] => "aws-iso-e",
        ["eusc", ..] => "aws-eusc",
        _ => "aws",
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_is_within_itself_and_its_parents_only() {
        let endpoint = Address::new("target/orders/endpoint");
        assert!(endpoint.is_within(&Address::new("target/orders")));
        assert!(endpoint.is_within(&endpoint));
        assert!(!endpoint.is_within(&Address::new("target/ord")));
        assert!(!Address::new("target").is_within(&endpoint));
    }
}
