//! Finding objects by their ARNs, and AWS's errors for what is not there.

use super::request::{Request, check_arn, refuse};
use super::state::{Listener, LoadBalancer, TargetGroup};
use crate::wire::Fault;

/// Finds a load balancer, or gives AWS's error.
pub(super) fn load_balancer<'r>(request: &'r Request, arn: &str) -> Result<&'r LoadBalancer, Fault> {
    check_arn(arn, "loadbalancer")?;
    request.state().load_balancers.get(arn).ok_or_else(|| no_load_balancer(arn))
}

/// Says that a load balancer does not exist, by its name or ARN.
pub(super) fn no_load_balancer(what: &str) -> Fault {
    refuse("LoadBalancerNotFound", format!("Load balancers '[{what}]' not found"))
}

/// Finds a listener, or gives AWS's error.
pub(super) fn listener<'r>(request: &'r Request, arn: &str) -> Result<&'r Listener, Fault> {
    check_arn(arn, "listener")?;
    request.state().listeners.get(arn).ok_or_else(no_listener)
}

/// Says that a listener does not exist.
fn no_listener() -> Fault {
    refuse("ListenerNotFound", "One or more listeners not found")
}

/// Finds a target group, or gives AWS's error.
pub(super) fn target_group<'r>(request: &'r Request, arn: &str) -> Result<&'r TargetGroup, Fault> {
    check_arn(arn, "targetgroup")?;
    request.state().target_groups.get(arn).ok_or_else(no_target_group)
}

/// Says that a target group does not exist.
pub(super) fn no_target_group() -> Fault {
    refuse("TargetGroupNotFound", "One or more target groups not found")
}
