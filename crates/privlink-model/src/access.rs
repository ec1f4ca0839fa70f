//! Accounts, and how their credentials are come by.

/// An account of the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name in the spec.
    pub name: String,
    /// Its twelve digits.
    pub id: String,
    /// The region its resources are in.
    pub region: String,
    /// How its credentials are come by.
    pub access: Access,
}

/// How an account's credentials are come by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The ambient credentials, as they are.
    Ambient,
    /// A named profile of the AWS configuration.
    Profile(String),
    /// A role assumed from the ambient credentials.
    Role(Role),
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The role's ARN.
    pub arn: String,
    /// The external id its trust policy asks for.
    pub external_id: Option<String>,
    /// Name of the session, seen in the account's audit log.
    pub session_name: String,
    /// ARN of an MFA device, where the trust policy asks for one.
    pub mfa: Option<String>,
}
