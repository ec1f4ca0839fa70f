//! How fast AWS lets its control plane be called: one table, for pacing calls and for predicting how long a plan takes.
//!
//! Owns: the token buckets of each service and operation, for each account and region.
//! Refuses to know: how calls are held back (`limiter`), what the calls do; how many objects there may be
//! (`quota_fact`).
//! Read next: `limiter`.
//!
//! AWS's figures: "API throttling" of the EC2 Developer Guide and of the Elastic Load Balancing User Guide, and "Quotas" of
//! the API Gateway Developer Guide, also for operations that no kind uses yet; "LookupEvents" of the CloudTrail API Reference;
//! "Quotas" of the EventBridge User Guide, whose figure for putting events is that of the regions with the smallest. STS and
//! IAM have no published figures; they are given modest ones. What is written as one in so many seconds is a bucket that holds one.

use privlink_model::{ApiCall, Bucket, Service};

/// Which bucket an operation draws from, beside its service's total.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quota {
    /// The class whose operations share one bucket; none when the operation has its own.
    pub class: Option<&'static str>,
    /// The bucket.
    pub bucket: Bucket,
    /// The bucket that all operations of the service share, where there is one.
    pub total: Option<Bucket>,
}

const fn bucket(capacity: f64, refill: f64) -> Bucket {
    Bucket { capacity, refill }
}

const fn ec2(capacity: f64, refill: f64) -> Quota {
    Quota { class: None, bucket: bucket(capacity, refill), total: None }
}

const fn elb(class: &'static str, capacity: f64, refill: f64) -> Quota {
    Quota { class: Some(class), bucket: bucket(capacity, refill), total: Some(ELB_TOTAL) }
}

const fn api_gateway(capacity: f64, refill: f64) -> Quota {
    Quota { class: None, bucket: bucket(capacity, refill), total: Some(API_GATEWAY_TOTAL) }
}

const ELB_TOTAL: Bucket = bucket(40.0, 10.0);
const API_GATEWAY_TOTAL: Bucket = bucket(40.0, 10.0);

/// Creating, modifying and deleting endpoints: the slowest of EC2's calls that privlink makes.
pub const ENDPOINT_WRITE: Quota = ec2(4.0, 0.3);
/// Creating, modifying and deleting endpoint services, accepting and rejecting connections.
pub const SERVICE_WRITE: Quota = ec2(10.0, 1.0);
/// EC2's other mutating calls.
pub const EC2_WRITE: Quota = ec2(50.0, 5.0);
/// EC2's reads. Those of network interfaces and security groups have half as much when they are neither filtered nor paged,
/// which ours always are.
pub const EC2_READ: Quota = ec2(100.0, 20.0);
const INTERFACE_WRITE: Quota = ec2(100.0, 5.0);
const TAGS_WRITE: Quota = ec2(100.0, 10.0);

/// Creating load balancers and changing their subnets.
pub const ELB_INTENSIVE: Quota = elb("resource-intensive", 10.0, 0.2);
/// Registering and deregistering targets.
pub const ELB_TARGETS: Quota = elb("registration", 20.0, 4.0);
/// Elastic Load Balancing's other mutating calls.
pub const ELB_WRITE: Quota = elb("mutating", 20.0, 3.0);
/// Elastic Load Balancing's reads.
pub const ELB_READ: Quota = elb("describe", 40.0, 10.0);

/// Any call of API Gateway without a quota of its own: as fast as all together.
pub const API_GATEWAY: Quota = api_gateway(40.0, 10.0);
/// Creating REST APIs.
pub const REST_API_CREATE: Quota = api_gateway(1.0, 1.0 / 3.0);
/// Deleting REST APIs.
pub const REST_API_DELETE: Quota = api_gateway(1.0, 1.0 / 30.0);
/// Writing whole REST APIs.
pub const REST_API_PUT: Quota = api_gateway(1.0, 1.0);
/// Creating deployments.
pub const DEPLOYMENT_CREATE: Quota = api_gateway(1.0, 0.2);
/// Reading the resources of REST APIs.
pub const RESOURCES_READ: Quota = api_gateway(5.0, 2.5);
const FIVE_A_SECOND: Quota = api_gateway(5.0, 5.0);
const ONE_IN_20_SECONDS: Quota = api_gateway(1.0, 1.0 / 20.0);
const ONE_IN_30_SECONDS: Quota = api_gateway(1.0, 1.0 / 30.0);

const STS: Quota = Quota { class: None, bucket: bucket(50.0, 20.0), total: None };
/// All calls of IAM are slow.
const IAM: Quota = Quota { class: None, bucket: bucket(10.0, 5.0), total: None };

/// Two a second.
const LOOKUP: Quota = Quota { class: None, bucket: bucket(2.0, 2.0), total: None };
const PUT_EVENTS: Quota = Quota { class: None, bucket: bucket(400.0, 400.0), total: None };
const EVENT_BUSES: Quota = Quota { class: Some("others"), bucket: bucket(50.0, 50.0), total: None };

/// A mutating call with its quota, for a schema.
pub(crate) const fn call(name: &'static str, quota: Quota) -> ApiCall {
    let shared = match quota.class {
        Some(class) => class,
        None => name,
    };
    ApiCall { name, bucket: quota.bucket, shared, total: quota.total }
}

/// The quota of an operation, such as `CreateVpcEndpoint`.
pub fn of(service: Service, operation: &str) -> Quota {
    let read = ["Describe", "Get", "Search", "List"].iter().any(|verb| operation.starts_with(verb));
    match (service, operation) {
        (Service::Ec2, "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints") => ENDPOINT_WRITE,
        (
            Service::Ec2,
            "CreateVpcEndpointServiceConfiguration"
            | "ModifyVpcEndpointServiceConfiguration"
            | "DeleteVpcEndpointServiceConfigurations"
            | "AcceptVpcEndpointConnections"
            | "RejectVpcEndpointConnections",
        ) => SERVICE_WRITE,
        (Service::Ec2, "CreateNetworkInterface" | "DeleteNetworkInterface" | "ModifyNetworkInterfaceAttribute") => {
            INTERFACE_WRITE
        }
        (Service::Ec2, "CreateTags" | "DeleteTags") => TAGS_WRITE,
        (Service::Ec2, _) if read => EC2_READ,
        (Service::Ec2, _) => EC2_WRITE,
        (Service::Elb, "CreateLoadBalancer" | "SetSubnets") => ELB_INTENSIVE,
        (Service::Elb, "RegisterTargets" | "DeregisterTargets") => ELB_TARGETS,
        (Service::Elb, _) if read => ELB_READ,
        (Service::Elb, _) => ELB_WRITE,
        (Service::ApiGateway, "CreateRestApi" | "ImportRestApi") => REST_API_CREATE,
        (Service::ApiGateway, "DeleteRestApi") => REST_API_DELETE,
        (Service::ApiGateway, "PutRestApi") => REST_API_PUT,
        (Service::ApiGateway, "CreateDeployment") => DEPLOYMENT_CREATE,
        (Service::ApiGateway, "GetResources") => RESOURCES_READ,
        (Service::ApiGateway, "CreateResource" | "DeleteResource" | "CreateApiKey" | "DeleteApiKey") => FIVE_A_SECOND,
        (Service::ApiGateway, "UpdateAccount" | "UpdateUsagePlan" | "CreateDocumentationVersion") => ONE_IN_20_SECONDS,
        (
            Service::ApiGateway,
            "CreateDomainName" | "UpdateDomainName" | "DeleteDomainName" | "ImportDocumentationParts",
        ) => ONE_IN_30_SECONDS,
        // Links to load balancers too: the one in 15 seconds that is told of them is of those of HTTP APIs.
        (Service::ApiGateway, _) => API_GATEWAY,
        (Service::Sts, _) => STS,
        (Service::Iam, _) => IAM,
        (Service::CloudTrail, _) => LOOKUP,
        (Service::EventBridge, "PutEvents") => PUT_EVENTS,
        (Service::EventBridge, _) => EVENT_BUSES,
    }
}

/// The bucket all operations of a service share, where there is one.
pub fn total(service: Service) -> Option<Bucket> {
    of(service, "").total
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
                assert_eq!(call, super::call(call.name, quota), "of {}", schema.name);
            }
        }
    }

    #[test]
    fn the_figures_are_those_of_awss_tables() {
        use Service::{ApiGateway, CloudTrail, Ec2, Elb, EventBridge};
        let table = [
            (Ec2, "DeleteVpcEndpoints", 4.0, 0.3),
            (Ec2, "AcceptVpcEndpointConnections", 10.0, 1.0),
            (Ec2, "DeleteNetworkInterface", 100.0, 5.0),
            (Ec2, "CreateTags", 100.0, 10.0),
            (Ec2, "RevokeSecurityGroupIngress", 50.0, 5.0),
            (Ec2, "SearchTransitGatewayRoutes", 100.0, 20.0),
            (Elb, "SetSubnets", 10.0, 0.2),
            (Elb, "DeregisterTargets", 20.0, 4.0),
            (Elb, "AddTags", 20.0, 3.0),
            (Elb, "DescribeTags", 40.0, 10.0),
            (ApiGateway, "ImportRestApi", 1.0, 1.0 / 3.0),
            (ApiGateway, "DeleteRestApi", 1.0, 1.0 / 30.0),
            (ApiGateway, "CreateDeployment", 1.0, 1.0 / 5.0),
            (ApiGateway, "GetResources", 5.0, 5.0 / 2.0),
            (ApiGateway, "DeleteResource", 5.0, 5.0),
            (ApiGateway, "UpdateDomainName", 1.0, 1.0 / 30.0),
            (ApiGateway, "UpdateUsagePlan", 1.0, 1.0 / 20.0),
            (ApiGateway, "CreateVpcLink", 40.0, 10.0),
            (CloudTrail, "LookupEvents", 2.0, 2.0),
            (EventBridge, "PutEvents", 400.0, 400.0),
            (EventBridge, "DescribeEventBus", 50.0, 50.0),
        ];
        for (service, operation, capacity, refill) in table {
            let bucket = super::of(service, operation).bucket;
            assert_eq!((bucket.capacity, bucket.refill), (capacity, refill), "{operation}");
        }
        let totals = [Ec2, Elb, ApiGateway].map(|service| super::total(service).map(|all| (all.capacity, all.refill)));
        assert_eq!(totals, [None, Some((40.0, 10.0)), Some((40.0, 10.0))]);
    }

    #[test]
    fn classes_of_elastic_load_balancing_share_a_bucket() {
        assert_eq!(super::of(Service::Elb, "SetSubnets").class, super::of(Service::Elb, "CreateLoadBalancer").class);
        assert_eq!(super::of(Service::Ec2, "CreateVpcEndpoint").class, None);
    }
}
