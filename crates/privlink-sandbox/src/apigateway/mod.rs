//! API Gateway: owns REST APIs and VPC links.

use crate::wire::{Call, Fault, Reply};
use crate::world::World;
use serde::{Deserialize, Serialize};

/// What API Gateway keeps for one account and region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {}

/// Applies what has come due; called before every request.
pub(crate) fn settle(_world: &mut World) {}

/// Answers an API Gateway request.
pub(crate) fn handle(_world: &mut World, _call: &Call) -> Result<Reply, Fault> {
    Err(Fault::new(400, "InvalidAction", "Could not find operation"))
}
