//! The user's nouns, as typed values: what a spec says once its text is read and its names are resolved.
//!
//! Owns: the types every later step reads. Refuses to know: KDL syntax (see `decode`), how a mistake is worded (see
//! `diagnostic`), and AWS.
//!
//! It is one file because the language is one table of nouns, which is read from top to bottom.
//!
//! **Invariant:** in a `Document` that came without errors every [`Ref`] points at a node that exists.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::Ipv4Net;

use crate::date::Date;
use crate::source::Span;

/// A value and the place in the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// The name of another node, checked to exist: `network="hub"`.
pub type Ref = Spanned<String>;

/// A whole spec: every file read, includes followed, variables replaced, names resolved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The ownership namespace.
    pub project: Option<Project>,
    /// Accounts by name.
    pub accounts: BTreeMap<String, Account>,
    /// Networks by name.
    pub networks: BTreeMap<String, Network>,
    /// Targets by name.
    pub targets: BTreeMap<String, Target>,
    /// APIs by name.
    pub apis: BTreeMap<String, Api>,
    /// Callers by name.
    pub callers: BTreeMap<String, Caller>,
    /// Workflows by name.
    pub workflows: BTreeMap<String, Workflow>,
    /// What is expected to be reachable, in the order written.
    pub expects: Vec<Expect>,
    /// Renames, in the order written.
    pub moves: Vec<Moved>,
    /// Drift that is known and not to be told, in the order written.
    pub ignores: Vec<Ignore>,
}

/// `project "shop" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// The node's name argument.
    pub name: Spanned<String>,
    /// Default region of the accounts.
    pub region: Option<Spanned<String>>,
    /// Tags put on everything that can carry tags.
    pub tags: BTreeMap<String, Spanned<String>>,
    /// The resolver that `host` targets are looked up with, `resolver "10.0.0.2"`; the system's when absent.
    pub resolver: Option<Spanned<IpAddr>>,
    /// Where lock, journal and history are shared.
    pub store: Option<Store>,
    /// Shares past which a plan is refused.
    pub guard: Option<Guard>,
}

/// `store "s3://bucket/prefix" account="gateway"`, or `store "folder"`, relative to the spec.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// As written.
    pub url: Spanned<String>,
    /// The account whose credentials and region the bucket is reached with; a bucket has one, a folder has none.
    pub account: Option<Ref>,
}

impl Store {
    /// Bucket and prefix, the prefix without slashes at its ends and maybe empty; none for a folder.
    pub fn bucket(&self) -> Option<(&str, &str)> {
        let rest = self.url.value.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        Some((bucket, prefix.trim_matches('/')))
    }
}

/// `guard deletes="30%" updates="30%" minimum=10`, the shares in percent.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// Share of owned objects a plan may delete.
    pub deletes: Option<Spanned<f64>>,
    /// Share of owned objects a plan may update.
    pub updates: Option<Spanned<f64>>,
    /// How many objects it takes at least for a share to count.
    pub minimum: Option<Spanned<u32>>,
}

/// `account "gateway" id="222222222222" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The node's name argument.
    pub name: Spanned<String>,
    /// Twelve digits.
    pub id: Spanned<String>,
    /// The account's own region, else the project's; an account without either is an error.
    pub region: Spanned<String>,
    /// How its credentials are come by.
    pub access: Access,
}

/// How an account's credentials are come by.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    /// The ambient credentials, as they are.
    Ambient,
    /// A named profile of the AWS configuration.
    Profile(Spanned<String>),
    /// A role assumed from the ambient credentials.
    Role(Role),
}

/// `role "privlink-deployer" external-id="…" session-name="…" mfa="arn:…"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// Name or ARN, as written.
    pub role: Spanned<String>,
    /// The external id the trust policy asks for.
    pub external_id: Option<Spanned<String>>,
    /// The session's name; `privlink` when absent.
    pub session_name: Option<Spanned<String>>,
    /// ARN of an MFA device.
    pub mfa: Option<Spanned<String>>,
}

/// `network "hub" …`: a VPC, or a network outside AWS.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// The node's name argument.
    pub name: Spanned<String>,
    /// What kind of network it is.
    pub place: Place,
}

/// Where a network is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// A VPC that exists.
    Vpc {
        /// The owning account.
        account: Ref,
        /// How the VPC is found.
        vpc: Spanned<Selector>,
        /// The subnets to use; chosen by zone when absent.
        subnets: Option<Subnets>,
    },
    /// A network outside AWS, in another region or another cloud.
    Outside {
        /// Its address ranges; at least one.
        cidrs: Vec<Spanned<Ipv4Net>>,
        /// The networks it is reached through.
        via: Vec<Via>,
    },
}

/// How an existing thing is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// By AWS's id or ARN: `vpc "vpc-0a1b…"`.
    Id(String),
    /// By name (the `Name` tag of VPCs and subnets, the load balancer's name): `vpc name="hub"`.
    Name(String),
    /// By any tag: `tag="tier=private"`.
    Tag {
        /// The tag's key.
        key: String,
        /// The tag's value.
        value: String,
    },
}

/// `subnets "subnet-…" "subnet-…"` or `subnets tag="tier=private"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Subnets {
    /// One selector for each id written, or a single one by tag or name.
    pub selectors: Vec<Spanned<Selector>>,
    /// The whole node.
    pub span: Span,
}

/// `via "hub" transit-gateway="tgw-…" manage-routes=#true`.
#[derive(Debug, Clone, PartialEq)]
pub struct Via {
    /// The VPC network whose subnets reach it.
    pub network: Ref,
    /// The transit gateway the routes point to.
    pub transit_gateway: Option<Spanned<String>>,
    /// Whether privlink makes the routes.
    pub manage_routes: Option<Spanned<bool>>,
}

/// `target "orders" network="app" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The node's name argument.
    pub name: Spanned<String>,
    /// The network it is in.
    pub network: Ref,
    /// What it is.
    pub endpoint: TargetEndpoint,
    /// The port it listens on, 1 to 65535.
    pub port: Spanned<u16>,
    /// `port 443 tls=#true`.
    pub tls: bool,
    /// `port 443 host="api.partner.example"`: Host header and TLS name.
    pub host_header: Option<Spanned<String>>,
    /// How its health is checked; TCP on the port when absent.
    pub health_check: Option<HealthCheck>,
    /// `dedicated=#true`: a load balancer and VPC link of its own.
    pub dedicated: bool,
    /// The whole node.
    pub span: Span,
}

/// The four forms of a target.
#[derive(Debug, Clone, PartialEq)]
pub enum TargetEndpoint {
    /// `load-balancer "orders-internal"` (name or ARN), or by tag.
    LoadBalancer(Spanned<Selector>),
    /// `endpoint-service "com.amazonaws.vpce.…"`: somebody else's.
    EndpointService(Spanned<String>),
    /// `address "172.31.12.59" "172.31.12.60"`.
    Addresses(Vec<Spanned<IpAddr>>),
    /// `host "billing.corp.example"`: resolved when planning.
    Host(Spanned<String>),
}

/// `health-check protocol="http" path="/healthz" port=8080`.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCheck {
    /// `tcp`, `http` or `https`.
    pub protocol: Spanned<HealthProtocol>,
    /// The path asked for; HTTP and HTTPS only.
    pub path: Option<Spanned<String>>,
    /// Another port than the target's.
    pub port: Option<Spanned<u16>>,
}

/// The protocol of a health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthProtocol {
    /// A connection is enough.
    Tcp,
    /// `GET path` answers 200 to 399.
    Http,
    /// The same over TLS, whose certificate is not checked.
    Https,
}

/// `api "shop" account="gateway" network="hub" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// The node's name argument.
    pub name: Spanned<String>,
    /// The account it is made in.
    pub account: Ref,
    /// The VPC network its targets are reached from.
    pub network: Ref,
    /// The execute-api endpoints it is called through.
    pub entries: Vec<Entry>,
    /// Routes, in the order written.
    pub routes: Vec<Route>,
    /// OpenAPI documents that give routes.
    pub openapi: Vec<OpenApi>,
    /// CORS preflight, when answered.
    pub cors: Option<Cors>,
    /// Who may call, in the order written.
    pub allows: Vec<Allow>,
    /// A policy that replaces the derived one.
    pub policy: Option<PolicyFile>,
    /// The stages; at least one.
    pub stages: Vec<Stage>,
    /// Private custom domains.
    pub domains: Vec<Domain>,
    /// The whole node.
    pub span: Span,
}

/// `entry network="hub" private-dns=#true { allow-from "10.0.0.0/8" }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The network it stands in.
    pub network: Ref,
    /// Whether `*.execute-api` names resolve to it in its VPC; `true` when not said.
    pub private_dns: bool,
    /// Clients let in on port 443; the VPC's own ranges when empty.
    pub allow_from: Vec<Spanned<Ipv4Net>>,
    /// The whole node.
    pub span: Span,
}

/// `route "/erp" target="erp" { methods …; to …; timeout …; auth … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The path: starts with `/`, no trailing slash but for the root.
    pub path: Spanned<String>,
    /// The target called.
    pub target: Ref,
    /// `exact=#true`: the path alone, without `{proxy+}` under it.
    pub exact: bool,
    /// Upper case; empty means `ANY`.
    pub methods: Vec<Spanned<String>>,
    /// The path prefix at the target; the route's own path when absent: what is called is what the target sees.
    pub to: Option<Spanned<String>>,
    /// Integration time limit in milliseconds, 50 to 29 000.
    pub timeout_ms: Option<Spanned<u32>>,
    /// Who the caller must prove to be.
    pub auth: Option<Spanned<RouteAuth>>,
    /// The whole node.
    pub span: Span,
}

/// `auth "iam"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteAuth {
    /// Anyone the policy lets in: the default.
    None,
    /// Signed calls.
    Iam,
    /// An API key of a usage plan.
    ApiKey,
}

/// `openapi "shop.openapi.yaml" target="orders"`.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenApi {
    /// Path relative to the file that names it.
    pub file: Spanned<String>,
    /// The target called.
    pub target: Ref,
    /// The whole node.
    pub span: Span,
}

/// `cors origins="https://a,https://b"` (or several arguments), `methods`, `headers`, `max-age`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cors {
    /// `*`, or origins; at least one.
    pub origins: Vec<Spanned<String>>,
    /// The whole node.
    pub span: Span,
}

/// `allow network="mobile-vpc"`, `allow account="mobile" method="GET" path="/orders/*"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Allow {
    /// Who.
    pub who: Party,
    /// Upper case; any when absent.
    pub method: Option<Spanned<String>>,
    /// A path, `*` at its end allowed; any when absent.
    pub path: Option<Spanned<String>>,
    /// The whole node.
    pub span: Span,
}

/// Somebody who calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Party {
    /// Anyone who comes through that network's entry.
    Network(Ref),
    /// Signed callers of that account.
    Account(Ref),
    /// A caller of this spec.
    Caller(Ref),
    /// A workflow of this spec.
    Workflow(Ref),
}

/// `policy "file.json"`.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyFile {
    /// The path as written.
    pub file: Spanned<String>,
    /// The file's text.
    pub text: Arc<str>,
}

/// `stage "prod" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The node's name argument.
    pub name: Spanned<String>,
    /// `throttle rate=1000 burst=2000`.
    pub throttle: Option<Spanned<Throttle>>,
    /// `cache size-gb=0.5 ttl="5m"`.
    pub cache: Option<Spanned<Cache>>,
    /// `compression min-bytes=1024`.
    pub compression: Option<Spanned<u32>>,
    /// `log level="INFO" access="shop-access"`.
    pub log: Option<Spanned<Log>>,
    /// Alarms, in the order written.
    pub alarms: Vec<Spanned<Alarm>>,
    /// `variables color="blue"`.
    pub variables: BTreeMap<String, Spanned<String>>,
    /// The whole node.
    pub span: Span,
}

/// Requests per second and burst.
#[derive(Debug, Clone, PartialEq)]
pub struct Throttle {
    /// Requests per second.
    pub rate: f64,
    /// Requests at once.
    pub burst: u32,
}

/// A stage's response cache.
#[derive(Debug, Clone, PartialEq)]
pub struct Cache {
    /// One of AWS's sizes, in GB.
    pub size_gb: f64,
    /// Time to live in seconds, 0 to 3600.
    pub ttl_seconds: u32,
}

/// A stage's logs.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// `OFF`, `ERROR` or `INFO`.
    pub level: Option<String>,
    /// Name of the access log group.
    pub access: Option<String>,
}

/// `alarm "5xx" above="1%" notify="arn:…"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// `5xx`, `4xx`, `latency` or `integration-latency`.
    pub metric: String,
    /// As written: a share (`1%`) or a time (`800ms`).
    pub above: String,
    /// ARN told when it rings.
    pub notify: Option<String>,
}

/// `domain "api.shop.internal" certificate="arn:…" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// The name.
    pub name: Spanned<String>,
    /// ARN of its certificate.
    pub certificate: Spanned<String>,
    /// Accounts that may associate their endpoints.
    pub shares: Vec<Ref>,
    /// Private hosted zone that gets the alias.
    pub dns_zone: Option<Spanned<String>>,
    /// The whole node.
    pub span: Span,
}

/// `caller "mobile-backend" account="mobile" network="mobile-vpc" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// The node's name argument.
    pub name: Spanned<String>,
    /// The account the role is made in.
    pub account: Ref,
    /// The network it calls from.
    pub network: Option<Ref>,
    /// ARNs that may assume the role.
    pub assumable_by: Vec<Spanned<String>>,
    /// What it may call.
    pub may_call: Vec<Call>,
    /// The whole node.
    pub span: Span,
}

/// `may-call api="shop" …`, `call api="shop" …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The API called.
    pub api: Ref,
    /// The stage; any when absent.
    pub stage: Option<Spanned<String>>,
    /// The private custom domain the call goes to.
    pub domain: Option<Spanned<String>>,
    /// Upper case; any when absent.
    pub method: Option<Spanned<String>>,
    /// A path, `*` at its end allowed; any when absent.
    pub path: Option<Spanned<String>>,
    /// The whole node.
    pub span: Span,
}

/// `workflow "nightly-sync" account="mobile" network="mobile-vpc" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// The node's name argument.
    pub name: Spanned<String>,
    /// The account it runs in.
    pub account: Ref,
    /// The network it calls from.
    pub network: Ref,
    /// What it calls.
    pub call: Option<Call>,
    /// `auth api-key="x-api-key" secret="arn:…"`: header and secret.
    pub auth: Option<Spanned<WorkflowAuth>>,
    /// `standard` or `express`, or a definition file.
    pub definition: Option<Spanned<WorkflowDefinition>>,
    /// The whole node.
    pub span: Span,
}

/// How a workflow's connection authorises itself.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowAuth {
    /// Header that carries the key.
    pub api_key: String,
    /// ARN of the secret; its value is never read.
    pub secret: String,
}

/// What a workflow runs.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkflowDefinition {
    /// A generated standard workflow.
    Standard,
    /// A generated express workflow.
    Express,
    /// A state machine definition in a file.
    File(String),
}

/// `expect network="mobile-vpc" can-call="shop" method="GET" path="/orders/1"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// Who calls.
    pub who: Party,
    /// `can-call` or `cannot-call`.
    pub can: bool,
    /// The API called.
    pub api: Ref,
    /// Upper case; `GET` when absent.
    pub method: Option<Spanned<String>>,
    /// The path called; `/` when absent.
    pub path: Option<Spanned<String>>,
    /// The whole node.
    pub span: Span,
}

/// `moved from="api/old" to="api/new"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The former address, or the start of several.
    pub from: Spanned<String>,
    /// The new one.
    pub to: Spanned<String>,
}

/// `ignore "target/orders/targets" attribute="addresses" reason="…" until="2027-01-31"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ignore {
    /// A resource's address, or the start of several, up to a slash.
    pub address: Spanned<String>,
    /// The one attribute meant; all of them when absent.
    pub attribute: Option<Spanned<String>>,
    /// Why: one line, not blank.
    pub reason: Spanned<String>,
    /// The last day it counts.
    pub until: Spanned<Date>,
    /// The whole node.
    pub span: Span,
}
