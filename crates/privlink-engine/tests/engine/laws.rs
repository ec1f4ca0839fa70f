//! What holds for every run: random plans, delays, faults and stops.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{EventSink, Run, StopSignal};
use privlink_model::{Clock as _, ErrorClass, Event, Outcome, Step, StepId};
use proptest::prelude::*;

use crate::toy::plan::{KINDS, StepExt as _};
use crate::toy::{Object, Ran, Toy, create, journal, plan, simulate};

/// A random step: whom it needs (by distance back), whether it has a token, and how its object behaves.
#[derive(Debug, Clone)]
struct Draw {
    needs: Vec<usize>,
    tokened: bool,
    call_takes: u64,
    settles_after: Option<u64>,
    refuses: Vec<ErrorClass>,
    loses_answers: bool,
    ends_badly: bool,
}

fn class() -> impl Strategy<Value = ErrorClass> {
    use ErrorClass::{Busy, Denied, InDoubt, Refused, Throttled, Unreachable};
    prop_oneof![
        4 => Just(Throttled), 4 => Just(Busy), 2 => Just(Unreachable), 2 => Just(InDoubt), 1 => Just(Refused), 1 => Just(Denied)
    ]
}

fn draw(refuses: usize, bad_ends: f64) -> impl Strategy<Value = Draw> {
    (
        prop::collection::vec(1_usize..6, 0..3),
        any::<bool>(),
        0_u64..9,
        prop::option::of(0_u64..40),
        prop::collection::vec(class(), 0..=refuses),
        any::<bool>(),
        prop::bool::weighted(bad_ends),
    )
        .prop_map(|(needs, tokened, call_takes, settles_after, refuses, loses_answers, ends_badly)| Draw {
            loses_answers,
            needs,
            tokened,
            call_takes,
            settles_after,
            refuses,
            ends_badly,
        })
}

fn steps(draws: &[Draw]) -> Vec<Step> {
    let number = |index: usize| u32::try_from(index + 1).unwrap();
    draws
        .iter()
        .enumerate()
        .map(|(index, draw)| {
            let needs = draw.needs.iter().filter_map(|back| index.checked_sub(*back)).map(number);
            let step = create(number(index), &format!("toy/{index}")).needs(needs);
            let step = if draw.tokened { step.tokened() } else { step };
            if draw.settles_after.is_some() { step.settles(60) } else { step }
        })
        .collect()
}

fn ran(draws: &[Draw], parallelism: usize, stop_at: Option<u64>) -> Ran {
    simulate(async |clock| {
        let cloud = Arc::new(Toy::new(Arc::clone(&clock)));
        for (index, draw) in draws.iter().enumerate() {
            let object = Object {
                call_takes: draw.call_takes,
                settles_after: draw.settles_after,
                loses_answers: draw.loses_answers,
                ends: draw.ends_badly.then(|| "broken".to_owned()),
                ..Object::refusing(&draw.refuses)
            };
            cloud.object(&format!("toy/{index}"), object);
        }
        let (events, mut said) = EventSink::channel();
        let stop = StopSignal::new();
        let run = Run {
            cloud: Arc::clone(&cloud) as _,
            clock: Arc::clone(&clock) as _,
            kinds: KINDS,
            events,
            stop: stop.clone(),
            blocked: StopSignal::new(),
            parallelism,
            journal: journal(draws.len()).await,
            keep: true,
            confirm: true,
            by: "toy@test".to_owned(),
        };
        let plan = plan(steps(draws));
        let finger = async {
            if let Some(second) = stop_at {
                clock.sleep(Duration::from_secs(second)).await;
                stop.stop();
            }
        };
        let (outcome, ()) = tokio::join!(run.apply(&plan), finger);
        let mut events = Vec::new();
        while let Some(event) = said.recv().await {
            events.push(event);
        }
        Ran { outcome, events, cloud }
    })
}

/// The steps that were done, that failed, and that were not started.
fn sorted(outcome: &Outcome, all: &BTreeSet<StepId>) -> [BTreeSet<StepId>; 3] {
    let set = |ids: &[StepId]| ids.iter().copied().collect::<BTreeSet<_>>();
    match outcome {
        Outcome::Applied => [all.clone(), BTreeSet::new(), BTreeSet::new()],
        Outcome::Kept { cause, done, not_started } => {
            assert!(!cause.failed.is_empty() || !not_started.is_empty());
            [set(done), cause.failed.iter().map(|(id, _)| *id).collect(), set(not_started)]
        }
        other => panic!("nothing is taken back here: {other:?}"),
    }
}

fn check(draws: &[Draw], parallelism: usize, stop_at: Option<u64>) {
    let ran = ran(draws, parallelism, stop_at);
    let steps: BTreeMap<StepId, Step> = steps(draws).into_iter().map(|step| (step.id, step)).collect();
    let all: BTreeSet<StepId> = steps.keys().copied().collect();

    let [done, failed, not_started] = sorted(&ran.outcome, &all);
    assert_eq!(done.len() + failed.len() + not_started.len(), all.len(), "each step has one end");
    assert_eq!(&(&done | &failed) | &not_started, all, "each step has one end");

    let (mut started, mut finished, mut ended) = (BTreeSet::new(), BTreeSet::new(), false);
    for event in &ran.events {
        match event {
            Event::Started { step, .. } => {
                assert!(!ended, "{step:?} started after the run was ending");
                assert!(started.insert(*step), "{step:?} started twice");
                assert!(steps[step].needs.is_subset(&finished), "{step:?} started before what it needs");
            }
            Event::Done { step, .. } => assert!(finished.insert(*step) && done.contains(step)),
            Event::Failed { step, .. } => {
                ended = true;
                assert!(failed.contains(step));
            }
            Event::Stopping => ended = true,
            _ => {}
        }
    }
    assert_eq!(finished, done, "what is done was said to be");

    for (id, step) in &steps {
        let mine = |what: &str| {
            let end = format!(" {what} {}", step.address);
            ran.cloud.log().iter().filter(|line| line.ends_with(&end)).count()
        };
        let (calls, doubts) = (mine("call"), mine("InDoubt"));
        let effects = ran.cloud.effects(step.address.as_str());
        assert!(effects <= 1, "{id:?} took effect twice");
        assert!(effects == 0 || !not_started.contains(id), "{id:?} had an effect and was forgotten");
        assert!(effects == 1 || !done.contains(id), "{id:?} is done without an effect");
        assert!(calls == 0 || started.contains(id), "{id:?} was called before it started");
        let probing = Event::Probing { step: *id };
        let probes = ran.events.iter().filter(|event| **event == probing).count();
        assert_eq!(probes, doubts, "{id:?} was not found out about each time");
    }
    assert!(ran.cloud.most_calling() <= parallelism);
    assert!(ran.events.iter().filter(|event| **event == Event::Stopping).count() <= 1);
}

proptest! {
    #[test]
    fn every_run_ends_as_it_says(
        draws in prop::collection::vec(draw(2, 0.05), 0..14),
        parallelism in 1_usize..5,
        stop_at in prop::option::of(0_u64..120),
    ) {
        check(&draws, parallelism, stop_at);
    }

    #[test]
    fn a_run_without_faults_is_applied(draws in prop::collection::vec(draw(0, 0.0), 0..30), parallelism in 1_usize..40) {
        check(&draws, parallelism, None);
        prop_assert_eq!(ran(&draws, parallelism, None).outcome, Outcome::Applied);
    }

    #[test]
    fn equal_runs_say_the_same(draws in prop::collection::vec(draw(2, 0.05), 0..14), stop_at in prop::option::of(0_u64..60)) {
        let (one, two) = (ran(&draws, 3, stop_at), ran(&draws, 3, stop_at));
        prop_assert_eq!(one.events, two.events);
        prop_assert_eq!(one.cloud.log(), two.cloud.log());
    }
}
