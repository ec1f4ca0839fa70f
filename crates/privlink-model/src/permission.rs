//! Permissions: what calls must be allowed to do, as schemas state it and as the credentials of an account are asked for it.
//!
//! Owns: the vocabulary. Refuses to know: which kind takes which permission (see the kinds), how a policy is written, how it
//! is found out what credentials may do.

use std::collections::BTreeMap;

/// What confines a permission to what is the project's own, as far as AWS can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confined {
    /// Nothing: AWS knows no tags there, or the object is somebody else's.
    Not,
    /// The request gives the project's tag to what it makes.
    ByRequest,
    /// The object has the project's tag.
    ByObject,
    /// The request gives the project's tag, and tags are given by this call alone, which makes the object.
    ByTagging(&'static str),
    /// The role that is made is the one of this AWS service. AWS makes it once in the life of an account.
    ByService(&'static str),
}

/// An IAM permission, as a schema states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The action, such as `ec2:CreateVpcEndpoint`.
    pub action: &'static str,
    /// `*`, or what follows `arn:<partition>:` in the ARN of the resource. `{region}` and `{account}` stand for the scope's, any
    /// other name in braces for an attribute of the kind: its text, each of its texts, or the whole ARN that it holds.
    pub resource: &'static str,
    /// What confines it.
    pub confined: Confined,
    /// The attribute of the kind that takes it to be turned on, and nothing else; none where it is always needed.
    pub turns_on: Option<&'static str>,
}

impl Permission {
    /// A permission that nothing confines.
    pub const fn new(action: &'static str, resource: &'static str) -> Self {
        Self { action, resource, confined: Confined::Not, turns_on: None }
    }

    /// A permission of an action that knows no resources.
    pub const fn anywhere(action: &'static str) -> Self {
        Self::new(action, "*")
    }

    /// Confines it.
    pub const fn confined(mut self, by: Confined) -> Self {
        self.confined = by;
        self
    }

    /// Says that only turning this attribute on takes it.
    pub const fn turns_on(mut self, attribute: &'static str) -> Self {
        self.turns_on = Some(attribute);
        self
    }
}

/// Something that the credentials of an account must be allowed to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Want {
    /// The action, such as `ec2:CreateVpcEndpoint`.
    pub action: String,
    /// The resource's ARN, with a `*` for what is not known yet; `*` alone for actions that know no resources.
    pub resource: String,
    /// What is known of the request and of the object, by condition key.
    pub context: BTreeMap<String, Vec<String>>,
}

/// Why something is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Denial {
    /// No policy allows it.
    NotAllowed,
    /// A policy forbids it.
    Forbidden,
    /// A policy of the organization stands in its way.
    Organization,
    /// The permissions boundary of the credentials stands in its way.
    Boundary,
}

/// Something that the credentials of an account are not allowed to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lack {
    /// What they must be allowed to do.
    pub want: Want,
    /// Why they are not.
    pub denial: Denial,
}
