//! The present: what has come due since the last request, in every service.

use crate::world::World;
use crate::{apigateway, ec2, elbv2};

impl World {
    /// Moves to the present and applies what has come due; called before each request.
    pub(crate) fn settle(&mut self) {
        self.clock.tick();
        self.apply_due();
    }

    /// Moves a world that stayed behind to the moment of another.
    pub(crate) fn follow(&mut self, present: &World) {
        self.clock = present.clock.clone();
        self.apply_due();
    }

    fn apply_due(&mut self) {
        ec2::settle(self);
        elbv2::settle(self);
        apigateway::settle(self);
    }
}
