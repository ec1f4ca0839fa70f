//! What a request takes: actions on objects, with what is known of the request and of each object.
//!
//! Which action a call takes on which of its parameters is said by the files of the services, from AWS's Service
//! Authorization Reference. Read next: `ec2.rs`, `elb.rs`, `gateway.rs`.

use super::condition::Context;
use super::{ec2, elb, gateway};
use crate::events::bus_arn;
use crate::json_rpc::{self, Members};
use crate::service::Service;
use crate::wire::{Call, Params};
use crate::world::World;
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

/// Says what a request takes.
pub(super) fn of(world: &World, call: &Call, service: Service) -> Vec<Demand> {
    match service {
        Service::Ec2 => ec2::demands(world, call),
        Service::Elb => elb::demands(world, call),
        Service::Gateway => gateway::demands(world, call),
        Service::Iam => {
            let params = Params::read(call);
            let action = params.get("Action").unwrap_or_default();
            vec![Demand::new(call, "iam", action, params.get("PolicySourceArn").unwrap_or("*").to_owned())]
        }
        Service::Trail => vec![Demand::new(call, "cloudtrail", json_rpc::operation(call), "*".to_owned())],
        Service::Events => events(call),
        // Who one is everybody may ask; whom one may become is for the role's trust policy to say.
        Service::Sts => Vec::new(),
    }
}

/// Says what a call of EventBridge takes: for putting, each bus that is named.
fn events(call: &Call) -> Vec<Demand> {
    // What cannot be read names no bus; the service refuses it.
    let members = Members::of(call).unwrap_or_default();
    let of = |bus: Option<&str>| Demand::new(call, "events", json_rpc::operation(call), bus_arn(call, bus));
    let entries = members.list("Entries").unwrap_or_default();
    if entries.is_empty() {
        return vec![of(members.text("Name").unwrap_or_default())];
    }
    let put = |entry: &Members| {
        let mut demand = of(entry.text("EventBusName").unwrap_or_default());
        for (key, member) in [("events:source", "Source"), ("events:detail-type", "DetailType")] {
            if let Ok(Some(value)) = entry.text(member) {
                demand.know(key, [value]);
            }
        }
        demand
    };
    entries.iter().map(put).collect()
}

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
