//! What a request takes: each action on each object.
//!
//! Which action a call takes on which of its parameters is said by the files of the services, from AWS's Service
//! Authorization Reference. Read next: `ec2.rs`, `elb.rs`, `gateway.rs`.

use super::demand::Demand;
use super::{ec2, elb, gateway};
use crate::events::bus_arn;
use crate::json_rpc::{self, Members};
use crate::service::Service;
use crate::wire::{Call, Params};
use crate::world::World;

/// Says what a request takes.
pub(super) fn demands(world: &World, call: &Call, service: Service) -> Vec<Demand> {
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
