//! A demand: one action on one object, with what is known of the request and of the object.
//!
//! Read next: `takes.rs` for what each request demands.

use super::condition::Context;
use crate::wire::Call;
use std::collections::BTreeMap;

/// One action on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Demand {
    /// `ec2:CreateVpcEndpoint`.
    pub(super) action: String,
    /// Its ARN, with `*` for an id that is yet to be given; `*` alone for actions that know no objects.
    pub(super) resource: String,
    pub(super) context: Context,
}

/// Tags of a request or of an object.
pub(super) type Tags = BTreeMap<String, String>;

impl Demand {
    /// Demands an action on an object, with what is known of every request.
    pub(super) fn new(call: &Call, service: &str, action: &str, resource: String) -> Demand {
        let mut demand = Demand { action: format!("{service}:{action}"), resource, context: Context::new() };
        demand.know("aws:PrincipalAccount", [&call.account]);
        demand.know("aws:PrincipalArn", [&call.principal_arn]);
        demand.know("aws:RequestedRegion", [&call.region]);
        demand.know("aws:SecureTransport", ["true"]);
        demand
    }

    /// Adds what is known.
    pub(super) fn know(&mut self, key: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
        let values = values.into_iter().map(|value| value.as_ref().to_owned()).collect();
        self.context.insert(key.to_lowercase(), values);
    }

    /// Adds the tags that the request gives.
    pub(super) fn giving(mut self, tags: &Tags) -> Demand {
        for (key, value) in tags {
            self.know(&format!("aws:RequestTag/{key}"), [value]);
        }
        if !tags.is_empty() {
            self.know("aws:TagKeys", tags.keys());
        }
        self
    }

    /// Adds the tags that the object has, also under its service's own older key.
    pub(super) fn having(mut self, tags: Option<&Tags>) -> Demand {
        let service = self.action.split(':').next().unwrap_or_default().to_owned();
        for (key, value) in tags.into_iter().flatten() {
            self.know(&format!("aws:ResourceTag/{key}"), [value]);
            self.know(&format!("{service}:ResourceTag/{key}"), [value]);
        }
        self
    }
}
