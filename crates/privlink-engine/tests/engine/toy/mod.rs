//! A toy world for the tests of runs: a clock that jumps, a cloud in memory with faults, plans in one line a step.

pub(crate) mod clock;
pub(crate) mod cloud;
pub(crate) mod outcome;
pub(crate) mod plan;

use std::sync::Arc;

use privlink_engine::{EventSink, Journal, Run, StopSignal};
use privlink_model::{Begun, Event, Outcome, Record, Step};

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
    /// Whether a failed run is left as it is.
    pub(crate) keep: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self { parallelism: 32, stop: StopSignal::new(), keep: true }
    }
}

/// Carries out the steps on the cloud, in virtual time.
pub(crate) fn run(steps: Vec<Step>, prepare: impl FnOnce(&Toy)) -> Ran {
    run_with(Setting::default(), steps, prepare)
}

pub(crate) fn run_with(setting: Setting, steps: Vec<Step>, prepare: impl FnOnce(&Toy)) -> Ran {
    simulate(async |clock| {
        let cloud = Arc::new(Toy::new(Arc::clone(&clock)));
        cloud.before(&steps);
        prepare(&cloud);
        let (events, mut said) = EventSink::channel();
        let run = Run {
            cloud: Arc::clone(&cloud) as _,
            clock,
            kinds: plan::KINDS,
            events,
            stop: setting.stop,
            blocked: StopSignal::new(),
            parallelism: setting.parallelism,
            journal: journal(steps.len()).await,
            keep: setting.keep,
            confirm: true,
            by: "toy@test".to_owned(),
        };
        let outcome = run.apply(&plan(steps)).await;
        let mut events = Vec::new();
        while let Some(event) = said.recv().await {
            events.push(event);
        }
        Ran { outcome, events, cloud }
    })
}

/// The journal of a run of so many steps that has just begun.
pub(crate) async fn journal(steps: usize) -> Journal {
    let journal = Journal::in_memory();
    let begun = Begun { steps: u32::try_from(steps).unwrap(), ..Begun::default() };
    journal.record(Record::Begun(begun)).await.unwrap();
    journal
}
