//! The vocabulary that `derive` writes and `kinds` read: for each kind its name and the typed keys of its attributes.
//!
//! What the attributes mean to AWS, and how they behave, is said by the schema in `privlink-kinds`; here is only how they
//! are spelled, so that the two crates, which do not know each other, cannot disagree.
//!
//! Every object has the computed attribute [`ID`]: AWS's name for it, the same as `Observed::id`.

use crate::attrs::Attr;
use crate::value::Value;

/// AWS's name for the object: an ARN in Elastic Load Balancing, an id elsewhere.
pub const ID: Attr<String> = Attr::new("id");

/// The tag that says which project owns an object.
pub const PROJECT_TAG: &str = "privlink:project";
/// The tag that says under which address.
pub const ADDRESS_TAG: &str = "privlink:address";
/// The tag that says which call made an object: a call whose answer was lost is found by it. Never compared.
pub const TOKEN_TAG: &str = "privlink:token";

/// What every name that privlink derives begins with, where an API can only be searched by names.
pub const NAME_PREFIX: &str = "pl-";

/// A VPC that exists.
pub mod vpc {
    use super::*;
    /// The kind.
    pub const KIND: &str = "vpc";
    /// Its `Name` tag.
    pub const NAME: Attr<String> = Attr::new("name");
    /// Its IPv4 ranges.
    pub const CIDRS: Attr<Vec<String>> = Attr::new("cidrs");
    /// `enableDnsSupport`.
    pub const DNS_SUPPORT: Attr<bool> = Attr::new("dns-support");
    /// `enableDnsHostnames`.
    pub const DNS_HOSTNAMES: Attr<bool> = Attr::new("dns-hostnames");
}

/// A subnet that exists.
pub mod subnet {
    use super::*;
    /// The kind.
    pub const KIND: &str = "subnet";
    /// Its VPC's id.
    pub const VPC: Attr<String> = Attr::new("vpc");
    /// Its `Name` tag.
    pub const NAME: Attr<String> = Attr::new("name");
    /// Availability zone name: means another zone in another account.
    pub const ZONE: Attr<String> = Attr::new("zone");
    /// Availability zone id: the same zone in every account.
    pub const ZONE_ID: Attr<String> = Attr::new("zone-id");
    /// Its IPv4 range.
    pub const CIDR: Attr<String> = Attr::new("cidr");
    /// Addresses free in it, counted up to [`ENOUGH_ADDRESSES`]: a count that moved with every address somebody takes
    /// would make a saved plan stale for nothing.
    pub const FREE_ADDRESSES: Attr<i64> = Attr::new("free-addresses");
    /// The account that owns it: another one than the scope's when it is shared.
    pub const OWNER: Attr<String> = Attr::new("owner");

    /// More free addresses than this are as good as this many.
    pub const ENOUGH_ADDRESSES: i64 = 64;
}

/// A route table that exists.
pub mod route_table {
    use super::*;
    /// The kind.
    pub const KIND: &str = "route-table";
    /// Its VPC's id.
    pub const VPC: Attr<String> = Attr::new("vpc");
    /// Whether subnets without a table of their own use it.
    pub const MAIN: Attr<bool> = Attr::new("main");
    /// Ids of the subnets associated with it.
    pub const SUBNETS: Attr<Vec<String>> = Attr::new("subnets");
    /// A list of maps with `destination` (CIDR), `target` (id of gateway, attachment, …) and `state`.
    pub const ROUTES: Attr<Value> = Attr::new("routes");
}

/// A transit gateway that exists.
pub mod transit_gateway {
    use super::*;
    /// The kind.
    pub const KIND: &str = "transit-gateway";
    /// `available`, or another state.
    pub const STATE: Attr<String> = Attr::new("state");
    /// Ids of the VPCs attached to it, as seen from this account.
    pub const VPCS: Attr<Vec<String>> = Attr::new("vpcs");
}

/// A security group.
pub mod security_group {
    use super::*;
    /// The kind.
    pub const KIND: &str = "security-group";
    /// Its name, unique in the VPC.
    pub const NAME: Attr<String> = Attr::new("name");
    /// Its description.
    pub const DESCRIPTION: Attr<String> = Attr::new("description");
    /// Its VPC's id.
    pub const VPC: Attr<String> = Attr::new("vpc");
}

/// One rule of a security group.
pub mod security_group_rule {
    use super::*;
    /// The kind.
    pub const KIND: &str = "security-group-rule";
    /// The group's id.
    pub const GROUP: Attr<String> = Attr::new("group");
    /// `ingress` or `egress`.
    pub const DIRECTION: Attr<String> = Attr::new("direction");
    /// `tcp`, `udp`, `icmp`, or `all`.
    pub const PROTOCOL: Attr<String> = Attr::new("protocol");
    /// First port; absent for `all`.
    pub const FROM_PORT: Attr<i64> = Attr::new("from-port");
    /// Last port; absent for `all`.
    pub const TO_PORT: Attr<i64> = Attr::new("to-port");
    /// The other side: a CIDR or a security group's id.
    pub const PEER: Attr<String> = Attr::new("peer");
}

/// An endpoint service: a load balancer offered over PrivateLink.
pub mod endpoint_service {
    use super::*;
    /// The kind.
    pub const KIND: &str = "endpoint-service";
    /// ARNs of its network load balancers.
    pub const LOAD_BALANCERS: Attr<Vec<String>> = Attr::new("load-balancers");
    /// Whether connections wait for acceptance.
    pub const ACCEPTANCE_REQUIRED: Attr<bool> = Attr::new("acceptance-required");
    /// Computed: `com.amazonaws.vpce.<region>.<id>`.
    pub const SERVICE_NAME: Attr<String> = Attr::new("service-name");
}

/// Somebody else's endpoint service, as a consumer sees it.
pub mod visible_service {
    use super::*;
    /// The kind. Its id is the service name.
    pub const KIND: &str = "visible-endpoint-service";
    /// Whether connections wait for acceptance by its owner.
    pub const ACCEPTANCE_REQUIRED: Attr<bool> = Attr::new("acceptance-required");
    /// Names of the zones it is offered in, in the consumer's account.
    pub const ZONES: Attr<Vec<String>> = Attr::new("zones");
    /// The owner's account id.
    pub const OWNER: Attr<String> = Attr::new("owner");
}

/// A principal allowed to connect to an endpoint service.
pub mod service_permission {
    use super::*;
    /// The kind. Its id is `<service id>/<principal>`.
    pub const KIND: &str = "service-permission";
    /// The service's id.
    pub const SERVICE: Attr<String> = Attr::new("service");
    /// The principal's ARN.
    pub const PRINCIPAL: Attr<String> = Attr::new("principal");
}

/// A connection to our endpoint service that we accepted.
pub mod endpoint_connection {
    use super::*;
    /// The kind. Its id is `<service id>/<endpoint id>`.
    pub const KIND: &str = "endpoint-connection";
    /// The service's id.
    pub const SERVICE: Attr<String> = Attr::new("service");
    /// The endpoint's id, in the consumer's account.
    pub const ENDPOINT: Attr<String> = Attr::new("endpoint");
    /// Computed: the consumer's account.
    pub const CONSUMER: Attr<String> = Attr::new("consumer");
}

/// An interface endpoint.
pub mod endpoint {
    use super::*;
    /// The kind.
    pub const KIND: &str = "endpoint";
    /// Its VPC's id.
    pub const VPC: Attr<String> = Attr::new("vpc");
    /// The name of the service it connects to.
    pub const SERVICE_NAME: Attr<String> = Attr::new("service-name");
    /// Ids of the subnets it has an address in.
    pub const SUBNETS: Attr<Vec<String>> = Attr::new("subnets");
    /// Ids of its security groups.
    pub const SECURITY_GROUPS: Attr<Vec<String>> = Attr::new("security-groups");
    /// Whether the service's private names resolve to it in its VPC.
    pub const PRIVATE_DNS: Attr<bool> = Attr::new("private-dns");
    /// Computed: the IPv4 addresses of its network interfaces; absent until AWS assigned one for each subnet.
    pub const ADDRESSES: Attr<Vec<String>> = Attr::new("addresses");
    /// Computed: its regional DNS name.
    pub const DNS_NAME: Attr<String> = Attr::new("dns-name");
}

/// A network load balancer (or, looked up, an application one).
pub mod load_balancer {
    use super::*;
    /// The kind. Its id is its ARN.
    pub const KIND: &str = "load-balancer";
    /// Its name, unique in the account and region.
    pub const NAME: Attr<String> = Attr::new("name");
    /// `network` or `application`.
    pub const TYPE: Attr<String> = Attr::new("type");
    /// `internal` or `internet-facing`.
    pub const SCHEME: Attr<String> = Attr::new("scheme");
    /// Ids of its subnets.
    pub const SUBNETS: Attr<Vec<String>> = Attr::new("subnets");
    /// Ids of its security groups.
    pub const SECURITY_GROUPS: Attr<Vec<String>> = Attr::new("security-groups");
    /// Computed: its VPC's id.
    pub const VPC: Attr<String> = Attr::new("vpc");
    /// Computed: its DNS name.
    pub const DNS_NAME: Attr<String> = Attr::new("dns-name");
    /// Computed: a list of maps with `port` and `protocol`, one for each listener.
    pub const LISTENERS: Attr<Value> = Attr::new("listeners");
    /// Computed: whether its security groups are enforced on PrivateLink traffic, `on` or `off`. Absent without security
    /// groups, and on load balancers of ours, whose flag is a resource of its own ([`super::privatelink_enforcement`]).
    pub const ENFORCEMENT: Attr<String> = Attr::new("enforcement");
}

/// Whether a load balancer's security groups are enforced on PrivateLink traffic.
pub mod privatelink_enforcement {
    use super::*;
    /// The kind. Its id is the load balancer's ARN.
    pub const KIND: &str = "privatelink-enforcement";
    /// The load balancer's ARN.
    pub const LOAD_BALANCER: Attr<String> = Attr::new("load-balancer");
    /// `on` or `off`.
    pub const ENFORCE: Attr<String> = Attr::new("enforce");
}

/// A target group.
pub mod target_group {
    use super::*;
    /// The kind. Its id is its ARN.
    pub const KIND: &str = "target-group";
    /// Its name, unique in the account and region.
    pub const NAME: Attr<String> = Attr::new("name");
    /// `TCP`.
    pub const PROTOCOL: Attr<String> = Attr::new("protocol");
    /// The port of its targets.
    pub const PORT: Attr<i64> = Attr::new("port");
    /// Its VPC's id.
    pub const VPC: Attr<String> = Attr::new("vpc");
    /// `ip`.
    pub const TARGET_TYPE: Attr<String> = Attr::new("target-type");
    /// `TCP`, `HTTP` or `HTTPS`.
    pub const HEALTH_PROTOCOL: Attr<String> = Attr::new("health-protocol");
    /// A port, or `traffic-port`.
    pub const HEALTH_PORT: Attr<String> = Attr::new("health-port");
    /// The path asked for; HTTP and HTTPS only.
    pub const HEALTH_PATH: Attr<String> = Attr::new("health-path");
}

/// The targets registered in a target group.
pub mod targets {
    use super::*;
    /// The kind. Its id is the target group's ARN.
    pub const KIND: &str = "targets";
    /// The target group's ARN.
    pub const TARGET_GROUP: Attr<String> = Attr::new("target-group");
    /// The addresses; often another resource's attribute.
    pub const ADDRESSES: Attr<Vec<String>> = Attr::new("addresses");
    /// The port they are registered with.
    pub const PORT: Attr<i64> = Attr::new("port");
    /// `all` for addresses outside the VPC; absent inside, where AWS finds the zone itself.
    pub const ZONE: Attr<String> = Attr::new("zone");
}

/// A listener of a network load balancer.
pub mod listener {
    use super::*;
    /// The kind. Its id is its ARN.
    pub const KIND: &str = "listener";
    /// The load balancer's ARN.
    pub const LOAD_BALANCER: Attr<String> = Attr::new("load-balancer");
    /// The port it listens on.
    pub const PORT: Attr<i64> = Attr::new("port");
    /// `TCP`.
    pub const PROTOCOL: Attr<String> = Attr::new("protocol");
    /// ARN of the target group it forwards to.
    pub const TARGET_GROUP: Attr<String> = Attr::new("target-group");
}

/// A VPC link of API Gateway v1.
pub mod vpc_link {
    use super::*;
    /// The kind.
    pub const KIND: &str = "vpc-link";
    /// Its name; AWS does not make it unique.
    pub const NAME: Attr<String> = Attr::new("name");
    /// ARN of its network load balancer.
    pub const LOAD_BALANCER: Attr<String> = Attr::new("load-balancer");
}

/// A REST API, without what it does.
pub mod rest_api {
    use super::*;
    /// The kind.
    pub const KIND: &str = "rest-api";
    /// Its name; AWS does not make it unique.
    pub const NAME: Attr<String> = Attr::new("name");
    /// Its description.
    pub const DESCRIPTION: Attr<String> = Attr::new("description");
    /// `PRIVATE`.
    pub const ENDPOINT_TYPE: Attr<String> = Attr::new("endpoint-type");
}

/// What a REST API does: its paths, its policy, its endpoints. Written whole.
pub mod api_definition {
    use super::*;
    /// The kind. Its id is the API's id.
    pub const KIND: &str = "api-definition";
    /// The API's id.
    pub const API: Attr<String> = Attr::new("api");
    /// The API's name: a definition written whole carries it.
    pub const NAME: Attr<String> = Attr::new("name");
    /// The API's description, likewise.
    pub const DESCRIPTION: Attr<String> = Attr::new("description");
    /// The resource policy, as a structure; ARNs of the API itself in their short form `execute-api:/…`.
    pub const POLICY: Attr<Value> = Attr::new("policy");
    /// Ids of the execute-api endpoints that get an alias for it.
    pub const ENDPOINTS: Attr<Vec<String>> = Attr::new("endpoints");
    /// Map from path to map from method (`ANY`, `GET`, …) to a method; see [`method`].
    pub const PATHS: Attr<Value> = Attr::new("paths");

    /// The keys of one method in [`PATHS`]: a map.
    pub mod method {
        /// `NONE` or `AWS_IAM`.
        pub const AUTHORIZATION: &str = "authorization";
        /// Whether an API key is asked for.
        pub const API_KEY: &str = "api-key";
        /// Names of the path parameters that are declared, a set: `proxy`.
        pub const PATH_PARAMETERS: &str = "path-parameters";
        /// The integration, a map: see [`super::integration`].
        pub const INTEGRATION: &str = "integration";
        /// Declared responses: map from status to a map with `headers`, a set of header names.
        pub const RESPONSES: &str = "responses";
    }

    /// The keys of the integration of one method: a map.
    pub mod integration {
        /// `HTTP_PROXY` or `MOCK`.
        pub const TYPE: &str = "type";
        /// `ANY`, …; absent for `MOCK`.
        pub const METHOD: &str = "method";
        /// Scheme, host, listener port and path; absent for `MOCK`.
        pub const URI: &str = "uri";
        /// The VPC link's id; absent for `MOCK`.
        pub const VPC_LINK: &str = "vpc-link";
        /// Map from `integration.request.path.proxy` to `method.request.path.proxy`.
        pub const PARAMETERS: &str = "parameters";
        /// Map from content type to template.
        pub const TEMPLATES: &str = "templates";
        /// `WHEN_NO_MATCH` or `NEVER`.
        pub const PASSTHROUGH: &str = "passthrough";
        /// Time limit in milliseconds; absent for AWS's default of 29 000 (and for `MOCK`).
        pub const TIMEOUT_MS: &str = "timeout-ms";
        /// Responses: map from status to map from `method.response.header.X` to a quoted value.
        pub const RESPONSES: &str = "responses";
    }
}

/// A deployment: a snapshot of a definition that stages run.
pub mod deployment {
    use super::*;
    /// The kind. Its id is the deployment's id.
    pub const KIND: &str = "deployment";
    /// The API's id.
    pub const API: Attr<String> = Attr::new("api");
    /// The digest of the definition it was made of, kept in its description.
    pub const DIGEST: Attr<String> = Attr::new("digest");
}

/// A stage: what callers reach.
pub mod stage {
    use super::*;
    /// The kind. Its id is `<api id>/<stage name>`.
    pub const KIND: &str = "stage";
    /// The API's id.
    pub const API: Attr<String> = Attr::new("api");
    /// Its name.
    pub const NAME: Attr<String> = Attr::new("name");
    /// The deployment it runs.
    pub const DEPLOYMENT: Attr<String> = Attr::new("deployment");
}
