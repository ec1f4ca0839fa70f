//! How fast AWS lets its control plane be called: one table, for pacing calls and for predicting how long a plan takes.
//!
//! Owns: the token buckets of each service and operation, for each account and region.
//! Refuses to know: how calls are held back (`limiter`), what the calls do.
//! Read next: `limiter`.
//!
//! AWS's figures: "API throttling" of the EC2 Developer Guide and of the Elastic Load Balancing User Guide, and "Quotas" of
//! the API Gateway Developer Guide. STS and IAM have no published figures; they are given modest ones.

use privlink_model::{ApiCall, Bucket, Service};

const fn bucket(capacity: f64, refill: f64) -> Bucket {
    Bucket { capacity, refill }
}

/// Creating, modifying and deleting endpoints: the slowest of EC2's calls that privlink makes.
pub const ENDPOINT_WRITE: Bucket = bucket(4.0, 0.3);
/// Creating, modifying and deleting endpoint services, accepting and rejecting connections.
pub const SERVICE_WRITE: Bucket = bucket(10.0, 1.0);
/// EC2's other mutating calls.
pub const EC2_WRITE: Bucket = bucket(50.0, 5.0);
/// EC2's reads.
pub const EC2_READ: Bucket = bucket(100.0, 20.0);
/// Creating load balancers and changing their subnets.
pub const ELB_INTENSIVE: Bucket = bucket(10.0, 0.2);
/// Registering and deregistering targets.
pub const ELB_TARGETS: Bucket = bucket(20.0, 4.0);
/// Elastic Load Balancing's other mutating calls.
pub const ELB_WRITE: Bucket = bucket(20.0, 3.0);
/// Elastic Load Balancing's reads, and all of its calls together.
pub const ELB_READ: Bucket = bucket(40.0, 10.0);
/// All calls of API Gateway together, and any call without a quota of its own.
pub const API_GATEWAY: Bucket = bucket(40.0, 10.0);
/// Creating REST APIs.
pub const REST_API_CREATE: Bucket = bucket(1.0, 1.0 / 3.0);
/// Deleting REST APIs.
pub const REST_API_DELETE: Bucket = bucket(1.0, 1.0 / 30.0);
/// Writing whole REST APIs.
pub const REST_API_PUT: Bucket = bucket(1.0, 1.0);
/// Creating deployments.
pub const DEPLOYMENT_CREATE: Bucket = bucket(1.0, 0.2);
/// Reading the resources of REST APIs.
pub const RESOURCES_READ: Bucket = bucket(5.0, 2.5);
/// STS.
pub const STS: Bucket = bucket(50.0, 20.0);
/// IAM, all of whose calls are slow.
pub const IAM: Bucket = bucket(10.0, 5.0);

/// A mutating call with its bucket, for a schema.
pub(crate) const fn call(name: &'static str, bucket: Bucket) -> ApiCall {
    ApiCall { name, bucket }
}

/// Which bucket an operation draws from, beside its service's total.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quota {
    /// The class whose operations share one bucket; none when the operation has its own.
    pub class: Option<&'static str>,
    /// The bucket.
    pub bucket: Bucket,
}

/// The quota of an operation, such as `CreateVpcEndpoint`.
pub fn of(service: Service, operation: &str) -> Quota {
    match service {
        Service::Ec2 => Quota { class: None, bucket: ec2(operation) },
        Service::Elb => elb(operation),
        Service::ApiGateway => Quota { class: None, bucket: api_gateway(operation) },
        Service::Sts => Quota { class: None, bucket: STS },
        Service::Iam => Quota { class: None, bucket: IAM },
    }
}

/// The bucket all operations of a service share, where there is one.
pub fn total(service: Service) -> Option<Bucket> {
    match service {
        Service::Ec2 | Service::Sts | Service::Iam => None,
        Service::Elb => Some(ELB_READ),
        Service::ApiGateway => Some(API_GATEWAY),
    }
}

fn is_read(operation: &str) -> bool {
    ["Describe", "Get", "Search", "List"].iter().any(|verb| operation.starts_with(verb))
}

fn ec2(operation: &str) -> Bucket {
    match operation {
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => ENDPOINT_WRITE,
        "CreateVpcEndpointServiceConfiguration"
        | "ModifyVpcEndpointServiceConfiguration"
        | "DeleteVpcEndpointServiceConfigurations"
        | "AcceptVpcEndpointConnections"
        | "RejectVpcEndpointConnections" => SERVICE_WRITE,
        _ if is_read(operation) => EC2_READ,
        _ => EC2_WRITE,
    }
}

fn elb(operation: &str) -> Quota {
    let (class, bucket) = match operation {
        "CreateLoadBalancer" | "SetSubnets" => ("resource-intensive", ELB_INTENSIVE),
        "RegisterTargets" | "DeregisterTargets" => ("registration", ELB_TARGETS),
        _ if is_read(operation) => ("describe", ELB_READ),
        _ => ("mutating", ELB_WRITE),
    };
    Quota { class: Some(class), bucket }
}

fn api_gateway(operation: &str) -> Bucket {
    match operation {
        "CreateRestApi" | "ImportRestApi" => REST_API_CREATE,
        "DeleteRestApi" => REST_API_DELETE,
        "PutRestApi" => REST_API_PUT,
        "CreateDeployment" => DEPLOYMENT_CREATE,
        "GetResources" => RESOURCES_READ,
        _ => API_GATEWAY,
    }
}

#[cfg(test)]
mod tests {
    use privlink_model::Service;

    use crate::KINDS;

    #[test]
    fn the_schemas_name_the_buckets_of_the_table() {
        for schema in KINDS.iter() {
            for call in [schema.create, schema.update, schema.delete].into_iter().flatten() {
                let quota = super::of(schema.service, call.name);
                assert_eq!(call.bucket, quota.bucket, "{} of {}", call.name, schema.name);
            }
        }
    }

    #[test]
    fn classes_of_elastic_load_balancing_share_a_bucket() {
        assert_eq!(super::of(Service::Elb, "SetSubnets").class, super::of(Service::Elb, "CreateLoadBalancer").class);
        assert_eq!(super::of(Service::Ec2, "CreateVpcEndpoint").class, None);
    }
}
