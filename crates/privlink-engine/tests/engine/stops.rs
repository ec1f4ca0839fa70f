//! The wish to stop.

use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{EventSink, Run, StopSignal};
use privlink_model::{Clock as _, ErrorClass, Event, Outcome, Step};

use crate::toy::outcome::{ids, interrupted};
use crate::toy::plan::StepExt as _;
use crate::toy::{Object, Setting, Toy, create, journal, plan, run_with, simulate};

/// The outcome of a run that is stopped after so many seconds, and the second at which it ended.
fn stopped_at(second: u64, steps: Vec<Step>) -> (Outcome, u64) {
    simulate(async |clock| {
        let (stop, cloud) = (StopSignal::new(), Arc::new(Toy::new(Arc::clone(&clock))));
        cloud.object("slow", Object { settles_after: Some(30), ..Object::default() });
        cloud.object("refused", Object::refusing(&[ErrorClass::Busy; 50]));
        let (events, mut said) = EventSink::channel();
        let run = Run {
            cloud,
            clock: Arc::clone(&clock) as _,
            kinds: plan::KINDS,
            events,
            stop: stop.clone(),
            blocked: StopSignal::new(),
            parallelism: 8,
            journal: journal(steps.len()).await,
            keep: true,
            confirm: true,
            by: "toy@test".to_owned(),
        };
        let plan = plan(steps);
        let finger = async {
            clock.sleep(Duration::from_secs(second)).await;
            stop.stop();
        };
        let apply = async { (run.apply(&plan).await, clock.now().as_secs()) };
        let (end, ()) = tokio::join!(apply, finger);
        let mut stopping = 0;
        while let Some(event) = said.recv().await {
            stopping += usize::from(event == Event::Stopping);
        }
        assert_eq!(stopping, 1);
        end
    })
}

#[test]
fn a_stop_lets_the_steps_under_way_finish() {
    let steps = vec![create(1, "slow").settles(100), create(2, "refused"), create(3, "after").needs([1])];
    let outcome = interrupted(ids([1]), ids([2, 3]));
    assert_eq!(stopped_at(10, steps), (outcome, 31));
}

#[test]
fn a_stop_too_late_to_stop_anything_leaves_the_plan_applied() {
    assert_eq!(stopped_at(10, vec![create(1, "slow").settles(100)]), (Outcome::Applied, 31));
}

#[test]
fn a_stop_is_heeded_at_once_by_what_only_rests() {
    let outcome = interrupted(Vec::new(), ids([1]));
    assert_eq!(stopped_at(10, vec![create(1, "refused")]), (outcome, 10), "the next call would have been at 15 s");
}

#[test]
fn a_run_stopped_before_it_began_calls_nothing() {
    let stop = StopSignal::new();
    stop.stop();
    let ran = run_with(Setting { stop, ..Setting::default() }, vec![create(1, "a")], |_| {});
    assert_eq!(ran.outcome, interrupted(Vec::new(), ids([1])));
    assert_eq!(ran.events, [Event::Stopping]);
    assert_eq!(ran.cloud.log(), [] as [String; 0]);
}
