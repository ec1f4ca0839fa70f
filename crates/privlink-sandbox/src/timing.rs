//! Durations: one table of how long AWS takes for each asynchronous change, in virtual time.
//!
//! Typical figures; AWS publishes few. An object that changes asynchronously stores the moment at which it will be ready,
//! drawn from here when the change starts, and its state is computed from that moment and the clock.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long each asynchronous change takes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// An accepted endpoint, from pending to available.
    pub(crate) endpoint_pending: Duration,
    /// A modified endpoint, until it is available again.
    pub(crate) endpoint_modifying: Duration,
    /// A deleted endpoint, from deleting to deleted.
    pub(crate) endpoint_deleting: Duration,
    /// How long a deleted or rejected endpoint stays listed.
    pub(crate) endpoint_deleted_listed: Duration,
    /// An endpoint service, from Pending to Available.
    pub(crate) service_pending: Duration,
    /// An endpoint service, from Deleting to gone.
    pub(crate) service_deleting: Duration,
    /// A network interface, after its owner was deleted.
    pub(crate) eni_linger: Duration,
    /// A network load balancer, from provisioning to active.
    pub(crate) nlb_provisioning: Duration,
    /// A registered target, from initial to healthy.
    pub(crate) target_initial: Duration,
    /// A VPC link, from PENDING to AVAILABLE or FAILED.
    pub(crate) vpc_link_pending: Duration,
    /// A VPC link, from DELETING to gone.
    pub(crate) vpc_link_deleting: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        let seconds = Duration::from_secs;
        Timing {
            endpoint_pending: seconds(90),
            endpoint_modifying: seconds(30),
            endpoint_deleting: seconds(60),
            endpoint_deleted_listed: seconds(60),
            service_pending: seconds(15),
            service_deleting: seconds(15),
            eni_linger: seconds(60),
            nlb_provisioning: seconds(150),
            target_initial: seconds(30),
            vpc_link_pending: seconds(180),
            vpc_link_deleting: seconds(60),
        }
    }
}
