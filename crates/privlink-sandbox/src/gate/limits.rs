//! How fast AWS lets itself be called: which token buckets a call draws from, and how large they are.
//!
//! Written from AWS's pages alone: "API throttling" of the EC2 Developer Guide, "Request throttling" of the Elastic Load
//! Balancing User Guide, the table of limits of the API Gateway Developer Guide, LookupEvents in the CloudTrail API
//! Reference, and "Quotas" of the EventBridge User Guide. Services without a published figure
//! are not held back, and limits of operations that the sandbox does not offer are left out. How tokens are drawn is in
//! `throttle.rs`.

use crate::service::Service;
use crate::wire::{Call, Params};
use std::borrow::Cow;

/// A bucket of tokens, one for each account and region.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bucket {
    /// The operation or the class of operations that draws from it.
    pub(super) name: Cow<'static, str>,
    /// The most it holds, which is what it begins with.
    pub(super) capacity: f64,
    /// Tokens a second.
    pub(super) refill: f64,
}

fn bucket(name: impl Into<Cow<'static, str>>, capacity: f64, refill: f64) -> Bucket {
    Bucket { name: name.into(), capacity, refill }
}

/// Gives every bucket that a call draws a token from.
pub(super) fn buckets(service: Service, operation: &str, call: &Call) -> Vec<Bucket> {
    match service {
        Service::Ec2 => vec![ec2(operation, call)],
        Service::Elb => vec![elb(operation), bucket("all calls", 40.0, 10.0)],
        Service::Gateway => gateway(operation, call).into_iter().chain([bucket("all calls", 40.0, 10.0)]).collect(),
        Service::Trail => vec![bucket(operation.to_owned(), 2.0, 2.0)],
        Service::Events => vec![events(operation)],
        _ => Vec::new(),
    }
}

/// EventBridge counts the requests that put events, here as in its slower regions, and all others together.
fn events(operation: &str) -> Bucket {
    match operation {
        "PutEvents" => bucket(operation.to_owned(), 400.0, 400.0),
        _ => bucket("other calls", 50.0, 50.0),
    }
}

/// EC2 gives each operation a bucket of its own, whose size goes by the operation's class.
fn ec2(operation: &str, call: &Call) -> Bucket {
    let (capacity, refill) = match operation {
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => (4.0, 0.3),
        "CreateVpcEndpointServiceConfiguration"
        | "ModifyVpcEndpointServiceConfiguration"
        | "DeleteVpcEndpointServiceConfigurations"
        | "AcceptVpcEndpointConnections"
        | "RejectVpcEndpointConnections" => (10.0, 1.0),
        "CreateNetworkInterface" | "DeleteNetworkInterface" | "ModifyNetworkInterfaceAttribute" => (100.0, 5.0),
        "CreateTags" | "DeleteTags" => (100.0, 10.0),
        "DescribeNetworkInterfaces" | "DescribeSecurityGroups" if is_wide(call) => {
            return bucket(format!("{operation} of everything at once"), 50.0, 10.0);
        }
        _ if ["Describe", "Get", "Search"].iter().any(|verb| operation.starts_with(verb)) => (100.0, 20.0),
        _ => (50.0, 5.0),
    };
    bucket(operation.to_owned(), capacity, refill)
}

/// Tells whether a list is asked for without filter and page size. Ids are no filter.
fn is_wide(call: &Call) -> bool {
    let params = Params::read(call);
    !params.has("Filter") && !params.has("MaxResults")
}

/// ELBv2 gives each class of operations one bucket.
fn elb(operation: &str) -> Bucket {
    match operation {
        "CreateLoadBalancer" | "SetSubnets" => bucket("resource-intensive calls", 10.0, 0.2),
        "RegisterTargets" | "DeregisterTargets" => bucket("registrations", 20.0, 4.0),
        _ if operation.starts_with("Describe") => bucket("reads", 40.0, 10.0),
        _ => bucket("other writes", 20.0, 3.0),
    }
}

/// API Gateway limits some operations, as "so many in so many seconds", and all of them together.
fn gateway(operation: &str, call: &Call) -> Option<Bucket> {
    let (name, calls, seconds) = match operation {
        "CreateRestApi" | "ImportRestApi" if is_edge(operation, call) => {
            return Some(bucket(format!("{operation} (edge-optimised)"), 1.0, 1.0 / 30.0));
        }
        "CreateRestApi" | "ImportRestApi" => (operation, 1.0, 3.0),
        "DeleteRestApi" => (operation, 1.0, 30.0),
        "PutRestApi" => (operation, 1.0, 1.0),
        "CreateDeployment" => (operation, 1.0, 5.0),
        "CreateResource" | "DeleteResource" => (operation, 5.0, 1.0),
        "GetResources" => (operation, 5.0, 2.0),
        "UpdateAccount" => (operation, 1.0, 20.0),
        _ => return None,
    };
    Some(bucket(name.to_owned(), calls, calls / seconds))
}

/// Tells whether a new API is to be edge-optimised, which is what AWS makes when nothing else is said.
fn is_edge(operation: &str, call: &Call) -> bool {
    let named = match operation {
        "ImportRestApi" => call.query_value("endpointConfigurationTypes").map(str::to_owned),
        _ => serde_json::from_slice::<serde_json::Value>(&call.body)
            .ok()
            .and_then(|body| Some(body.pointer("/endpointConfiguration/types/0")?.as_str()?.to_owned())),
    };
    named.is_none_or(|kind| kind == "EDGE")
}
