//! EC2: owns VPCs, subnets, security groups, interfaces, endpoints and endpoint services.
//!
//! The functions of `ports.rs` are what the other services may ask of it; load balancers and VPC links are known to it by
//! ARN alone. Read next: `state.rs` for the objects, `ports.rs` for the other services' side.

mod ports;
mod state;

pub(crate) use ports::{
    NewInterface, add_hidden_service, add_interface, claim_address, remove_hidden_service, remove_interfaces,
    security_group_exists, service_on_load_balancer, subnet, take_address, vpc,
};
pub(crate) use state::{State, Subnet, Vpc};

use crate::wire::{Call, Fault, Reply};
use crate::world::World;

/// Applies what has come due; called before every request.
pub(crate) fn settle(world: &mut World) {
    let now = world.now();
    for scope in world.scopes.values_mut() {
        scope.ec2.interfaces.retain(|_, interface| interface.gone_at.is_none_or(|gone| gone > now));
    }
}

/// Answers an EC2 request.
pub(crate) fn handle(_world: &mut World, _call: &Call) -> Result<Reply, Fault> {
    Err(Fault::new(400, "InvalidAction", "The action is not valid for this web service."))
}
