//! What the other services may ask of ELBv2.

use super::state::LoadBalancer;
use crate::world::World;

/// Finds a load balancer.
pub(crate) fn load_balancer<'w>(world: &'w World, account: &str, region: &str, arn: &str) -> Option<&'w LoadBalancer> {
    world.scope(account, region).elb.load_balancers.get(arn)
}
