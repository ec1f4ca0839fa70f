//! STS: owns who a caller is and which roles may be assumed.

use crate::wire::{Call, Fault, Reply};
use crate::world::World;

/// Answers an STS request.
pub(crate) fn handle(_world: &mut World, _call: &Call) -> Result<Reply, Fault> {
    Err(Fault::new(400, "InvalidAction", "Could not find operation"))
}
