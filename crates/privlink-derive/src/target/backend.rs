//! What is behind a target, as it was found (see `find`).

use privlink_model::Scope;

/// What is behind a target.
#[derive(Debug, Clone)]
pub(crate) enum Backend {
    /// A network load balancer in another account or VPC: reached over PrivateLink.
    Remote(Balancer),
    /// A network load balancer in the hub's own VPC: the VPC link goes straight to it.
    Local(Balancer),
    /// Somebody else's endpoint service.
    Service(Service),
    /// Addresses.
    Addresses {
        /// The addresses, sorted.
        addresses: Vec<String>,
        /// Whether they are outside the hub's VPC.
        outside: bool,
        /// What the Host header says when the spec does not.
        host: String,
    },
}

/// A load balancer as found.
#[derive(Debug, Clone)]
pub(crate) struct Balancer {
    pub(crate) arn: String,
    pub(crate) scope: Scope,
    pub(crate) dns_name: String,
    /// Ids of the zones it serves, which its endpoint service will serve.
    pub(crate) zone_ids: Vec<String>,
}

/// Somebody else's endpoint service as found.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// Names of the zones it serves, in the hub's account.
    pub(crate) zones: Vec<String>,
}

impl Backend {
    /// What the Host header says when the spec does not.
    pub(crate) fn host(&self) -> String {
        match self {
            Self::Remote(balancer) | Self::Local(balancer) => balancer.dns_name.clone(),
            Self::Service(service) => {
                // com.amazonaws.vpce.<region>.<id> is reached as <id>.<region>.vpce.amazonaws.com.
                let mut parts = service.name.rsplit('.');
                match (parts.next(), parts.next()) {
                    (Some(id), Some(region)) => format!("{id}.{region}.vpce.amazonaws.com"),
                    _ => service.name.clone(),
                }
            }
            Self::Addresses { host, .. } => host.clone(),
        }
    }
}
