//! What may stand between a request and its service: the counter, throttling, faults, and reads that lag behind.
//!
//! Every request passes here once it is known who asks for what, before anything happens. None of this is part of the
//! world, so none of it is kept. **Invariant:** what is refused here has changed nothing. Read next: `gate/throttle.rs`,
//! `gate/faults.rs`, `gate/history.rs`.

mod fault_file;
pub(crate) mod faults;
mod history;
mod limits;
mod throttle;

use crate::fate::Fate;
use crate::service::Service;
use crate::trail;
use crate::wire::{Call, Fault};
use crate::world::{World, scope_key};
use faults::{Armed, FaultKind, Faults};
use history::History;
use std::collections::BTreeMap;
use std::time::Duration;
use throttle::Throttle;

/// Counts requests, holds them back and disturbs them.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// By `account/region service:Operation`.
    counts: BTreeMap<String, u64>,
    /// The same, of those that came too fast.
    throttled: BTreeMap<String, u64>,
    throttle: Throttle,
    armed: Armed,
    history: History,
    /// How long ago a call was when the log shows it; as with AWS, if absent.
    trail_lag: Option<Duration>,
}

/// What a request meets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// It goes on to its service, and what it sets going ends so.
    Fate(Fate),
    /// It goes on to its service, and its answer comes that much later.
    Slow(Duration),
    /// It goes on to its service, and its answer is lost.
    LostAnswer,
    /// It gets no answer and does nothing.
    Dropped,
    /// It gets an error and does nothing.
    Refused(Fault),
}

impl Gate {
    /// Counts a request, and says what it meets.
    pub(crate) fn before(&mut self, world: &World, call: &Call, service: Service, operation: &str) -> Met {
        let key = format!("{} {}:{operation}", scope_key(&call.account, &call.region), service.name());
        *self.counts.entry(key.clone()).or_default() += 1;
        if world.throttled
            && let Err(fault) = self.throttle.admit(service, operation, call, world.now())
        {
            *self.throttled.entry(key).or_default() += 1;
            return Met::Refused(fault);
        }
        match self.armed.meet(call, service, operation) {
            None => Met::Fate(Fate::Usual),
            Some(FaultKind::NeverSettles) => Met::Fate(Fate::Never),
            Some(FaultKind::SettlesFailed(reason)) => Met::Fate(Fate::Failed(reason)),
            Some(FaultKind::Slow(span)) => Met::Slow(span),
            Some(FaultKind::LostAnswer) => Met::LostAnswer,
            Some(FaultKind::Dropped) => Met::Dropped,
            Some(FaultKind::Throttled) => Met::Refused(throttle::refusal(service, 1.0)),
            Some(FaultKind::Refused { code, message, status }) => Met::Refused(Fault::new(status, code, message)),
        }
    }

    /// Gives the world that a read sees now, if it is not the present one.
    pub(crate) fn past(&mut self, present: &World) -> Option<&mut World> {
        self.history.seen(present)
    }

    /// Takes note that the world was changed, for reads that lag behind.
    pub(crate) fn after(&mut self, world: &World) {
        self.history.note(world);
    }

    /// Begins a new history: of this world, all reads know everything.
    pub(crate) fn forget(&mut self, world: &World) {
        self.history = History::new(self.history.lag(), world);
    }

    /// Sets what is to go wrong, in place of all that was set before.
    pub(crate) fn set_faults(&mut self, faults: Faults, world: &World) {
        self.armed = Armed::new(faults.list);
        self.history = History::new(faults.reads_lag, world);
        self.trail_lag = faults.trail_lag;
    }

    /// Gives what is still to go wrong.
    pub(crate) fn faults(&self) -> Faults {
        Faults { list: self.armed.left(), reads_lag: self.history.lag(), trail_lag: self.trail_lag }
    }

    /// Gives how long ago a call was when the log of calls shows it.
    pub(crate) fn trail_lag(&self) -> Duration {
        self.trail_lag.unwrap_or(trail::LAG)
    }

    /// Gives the number of requests by account, region and operation.
    pub(crate) fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// Gives how many of them came too fast and were refused for it.
    pub(crate) fn throttled(&self) -> &BTreeMap<String, u64> {
        &self.throttled
    }
}

#[cfg(test)]
mod tests {
    use super::faults::{Fault as Wrong, Turn};
    use super::*;
    use crate::world::Options;

    const USUAL: Met = Met::Fate(Fate::Usual);

    fn world() -> World {
        World::empty(&Options { speed: 0.0, seed: 1 })
    }

    fn call() -> Call {
        Call { account: "1".to_owned(), region: "r".to_owned(), ..Call::default() }
    }

    #[test]
    fn requests_are_counted_by_account_region_and_operation() {
        let (mut gate, world) = (Gate::default(), world());
        assert_eq!(gate.before(&world, &call(), Service::Ec2, "DescribeVpcs"), USUAL);
        assert_eq!(gate.before(&world, &call(), Service::Ec2, "DescribeVpcs"), USUAL);
        assert_eq!(gate.counts()["1/r ec2:DescribeVpcs"], 2);
        assert!(gate.throttled().is_empty());
    }

    #[test]
    fn only_calls_that_are_let_through_count_for_a_fault() {
        let (mut gate, mut world) = (Gate::default(), world());
        let second = Wrong { turn: Turn::Nth(2), ..Wrong::new("apigateway:DeleteRestApi", FaultKind::Dropped) };
        gate.set_faults(vec![second].into(), &world);
        let mut delete = |world: &World| gate.before(world, &call(), Service::Gateway, "DeleteRestApi");
        assert_eq!(delete(&world), USUAL);
        assert!(matches!(delete(&world), Met::Refused(fault) if fault.code == "TooManyRequestsException"));
        world.clock.advance(Duration::from_secs(30));
        assert_eq!(delete(&world), Met::Dropped);
        assert_eq!(gate.throttled()["1/r apigateway:DeleteRestApi"], 1);
        assert_eq!(gate.counts()["1/r apigateway:DeleteRestApi"], 3);
    }

    #[test]
    fn nobody_is_held_back_where_throttling_is_off() {
        let (mut gate, mut world) = (Gate::default(), world());
        world.set_throttling(false);
        for _ in 0..100 {
            assert_eq!(gate.before(&world, &call(), Service::Gateway, "DeleteRestApi"), USUAL);
        }
    }

    #[test]
    fn each_kind_is_met() {
        let (mut gate, world) = (Gate::default(), world());
        let kinds = [
            (FaultKind::NeverSettles, Met::Fate(Fate::Never)),
            (FaultKind::SettlesFailed("why".to_owned()), Met::Fate(Fate::Failed("why".to_owned()))),
            (FaultKind::Slow(Duration::from_secs(3)), Met::Slow(Duration::from_secs(3))),
            (FaultKind::LostAnswer, Met::LostAnswer),
            (FaultKind::Dropped, Met::Dropped),
            (FaultKind::Throttled, Met::Refused(Fault::new(503, "RequestLimitExceeded", "Request limit exceeded."))),
            (
                FaultKind::Refused { code: "X".to_owned(), message: "y".to_owned(), status: 409 },
                Met::Refused(Fault::new(409, "X", "y")),
            ),
        ];
        for (kind, met) in kinds {
            gate.set_faults(vec![Wrong::new("ec2:CreateVpcEndpoint", kind)].into(), &world);
            world_is_asked(&mut gate, &world, met);
            world_is_asked(&mut gate, &world, USUAL);
            gate = Gate::default();
        }
    }

    #[track_caller]
    fn world_is_asked(gate: &mut Gate, world: &World, met: Met) {
        assert_eq!(gate.before(world, &call(), Service::Ec2, "CreateVpcEndpoint"), met);
    }
}
