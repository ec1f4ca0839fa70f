//! A toy world for the tests of runs: a clock that jumps, a cloud in memory with faults, plans in one line a step.

pub(crate) mod clock;
pub(crate) mod cloud;
pub(crate) mod outcome;
pub(crate) mod plan;

use std::sync::Arc;

use privlink_engine::{EventSink, Run, StopSignal};
use privlink_model::{Event, Outcome, Step};

pub(crate) use clock::simulate;
pub(crate) use cloud::{Object, Toy};
pub(crate) use plan::{create, delete, plan, update};

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) events: Vec<Event>,
    pub(crate) cloud: Arc<Toy>,
}

/// How a run is started.
pub(crate) struct Setting {
    pub(crate) parallelism: usize,
    pub(crate) stop: StopSignal,
}

impl Default for Setting {
    fn default() -> Self {
        Self { parallelism: 32, stop: StopSignal::new() }
    }
}

/// Carries out the steps on the cloud, in virtual time.
pub(crate) fn run(steps: Vec<Step>, prepare: impl FnOnce(&Toy)) -> Ran {
    run_with(Setting::default(), steps, prepare)
}

pub(crate) fn run_with(setting: Setting, steps: Vec<Step>, prepare: impl FnOnce(&Toy)) -> Ran {
    simulate(async |clock| {
        let cloud = Arc::new(Toy::new(Arc::clone(&clock)));
        prepare(&cloud);
        let (events, mut said) = EventSink::channel();
        let run = Run {
            cloud: Arc::clone(&cloud) as _,
            clock,
            kinds: plan::KINDS,
            events,
            stop: setting.stop,
            parallelism: setting.parallelism,
        };
        let outcome = run.apply(&plan(steps)).await;
        let mut events = Vec::new();
        while let Some(event) = said.recv().await {
            events.push(event);
        }
        Ran { outcome, events, cloud }
    })
}
