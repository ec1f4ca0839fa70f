//! What holds whenever a run is ended from outside: killed at any record, stopped, its disk full, its lock lost.

use std::time::Duration;

use privlink_engine::StopSignal;
use privlink_model::{Clock as _, Outcome, Step, Why};
use proptest::prelude::*;

use crate::world::face::Fault;
use crate::world::paper::Accident;
use crate::world::scene::Drawn;
use crate::world::{Going, Trial, cases, on, plan_of, scenes};

/// How many records an undisturbed run makes, and how long it takes.
fn measured(drawn: &Drawn, fault: Option<&Step>) -> (usize, u64) {
    on(drawn, async |trial| {
        hinder(trial, fault);
        let journal = trial.begin().await;
        let before = trial.paper.appends();
        trial.go(journal, Going::default()).await;
        (trial.paper.appends() - before, trial.clock.now().as_secs())
    })
}

fn hinder(trial: &Trial, fault: Option<&Step>) {
    if let Some(step) = fault {
        trial.world.fault(&step.token, Fault::Refused);
    }
}

/// The run is killed at a record, and maybe once more by whoever goes on; then somebody brings it to its end.
fn killed(
    drawn: &Drawn,
    fault: Option<&Step>,
    (record, accident): (usize, Accident),
    again: Option<usize>,
    arrives: bool,
) {
    for back in [false, true] {
        on(drawn, async |trial| {
            hinder(trial, fault);
            let journal = trial.begin().await;
            trial.paper.accident(record, accident);
            let end = trial.go_or_die(journal, Going::default(), arrives).await;
            assert_eq!(end, None, "it was to die");
            let mut going = Going { back, ..Going::default() };
            if let Some(record) = again {
                trial.paper.accident(record, accident);
                trial.go_or_die(trial.open().await, going.clone(), !arrives).await;
                trial.paper.calm();
                going.back |= record.is_multiple_of(2);
            }
            let taken_back = going.back || fault.is_some() || trial.history().await.unwinding().is_some();
            let outcome = trial.go(trial.open().await, going).await;
            if taken_back {
                trial.is_rolled_back(&outcome)
            } else {
                trial.is_applied(&outcome)
            }
            let calls = trial.world.calls();
            let once_more = trial.go(trial.open().await, Going { back: taken_back, ..Going::default() }).await;
            if taken_back {
                trial.is_rolled_back(&once_more)
            } else {
                trial.is_applied(&once_more)
            }
            assert_eq!(trial.world.calls(), calls, "all was done");
        });
    }
}

/// The journal cannot be written at a record: nothing is called any more. Then it can, and somebody goes on.
fn full(drawn: &Drawn, record: usize) {
    for back in [false, true] {
        on(drawn, async |trial| {
            let journal = trial.begin().await;
            trial.paper.accident(record, Accident::Full);
            let signal = trial.paper.struck();
            let struck = async {
                signal.stopped().await;
                trial.clock.now()
            };
            let life = trial.go(journal, Going::default());
            tokio::pin!(life);
            let at = tokio::select! {
                biased;
                at = struck => at,
                outcome = &mut life => panic!("{outcome:#?}"),
            };
            let outcome = life.await;
            assert_eq!(trial.called_after(at), 0);
            if outcome != Outcome::Applied {
                let Outcome::Stuck { cause, .. } = &outcome else { panic!("{outcome:#?}") };
                assert_eq!(cause.why, Why::Blocked);
            }
            trial.paper.calm();
            let outcome = trial.go(trial.open().await, Going { back, ..Going::default() }).await;
            if back { trial.is_rolled_back(&outcome) } else { trial.is_applied(&outcome) }
        });
    }
}

/// The lock is lost at a second: nothing is called any more. Then somebody goes on.
fn blocked(drawn: &Drawn, second: u64) {
    for back in [false, true] {
        on(drawn, async |trial| {
            let going = Going::default();
            let (outcome, ()) =
                tokio::join!(trial.go(trial.begin().await, going.clone()), give(trial, second, &going.blocked));
            assert_eq!(trial.called_after(Duration::from_secs(second)), 0);
            match &outcome {
                Outcome::Applied => {}
                Outcome::Stuck { cause, .. } => assert_eq!(cause.why, Why::Blocked),
                other => panic!("{other:#?}"),
            }
            let outcome = trial.go(trial.open().await, Going { back, ..Going::default() }).await;
            if back { trial.is_rolled_back(&outcome) } else { trial.is_applied(&outcome) }
        });
    }
}

async fn give(trial: &Trial, second: u64, signal: &StopSignal) {
    trial.clock.sleep(Duration::from_secs(second)).await;
    signal.stop();
}

/// The person stops the run at a second: it is taken back, or left as it is, as asked.
fn stopped(drawn: &Drawn, second: u64) {
    for keep in [false, true] {
        on(drawn, async |trial| {
            let going = Going { keep, ..Going::default() };
            let (outcome, ()) =
                tokio::join!(trial.go(trial.begin().await, going.clone()), give(trial, second, &going.stop));
            match (&outcome, keep) {
                (Outcome::Applied, _) => trial.is_applied(&outcome),
                (Outcome::RolledBack { cause, .. }, false) => {
                    assert_eq!(cause.why, Why::Interrupted);
                    trial.is_rolled_back(&outcome);
                }
                (Outcome::Kept { cause, .. }, true) => {
                    assert_eq!(cause.why, Why::Interrupted);
                    let back = second.is_multiple_of(2);
                    let outcome = trial.go(trial.open().await, Going { back, ..Going::default() }).await;
                    if back { trial.is_rolled_back(&outcome) } else { trial.is_applied(&outcome) }
                }
                (other, _) => panic!("{other:#?}"),
            }
        });
    }
}

/// A step of the plan, or none.
fn picked(drawn: &Drawn, pick: Option<prop::sample::Index>) -> Option<Step> {
    let steps = plan_of(drawn).0.steps;
    pick.filter(|_| !steps.is_empty()).map(|pick| pick.get(&steps).clone())
}

proptest! {
    #![proptest_config(cases(16))]
    #[test]
    fn a_run_that_is_killed_at_any_record_is_brought_to_its_end(
        drawn in scenes(5),
        fault in prop::option::of(any::<prop::sample::Index>()),
        again in prop::option::of(1_usize..12),
        arrives in any::<bool>(),
        kept in 1_usize..3,
    ) {
        let fault = picked(&drawn, fault);
        for record in 1..=measured(&drawn, fault.as_ref()).0 {
            for kept in [0, kept, usize::MAX] {
                killed(&drawn, fault.as_ref(), (record, Accident::Dies { kept }), again, arrives != record.is_multiple_of(2));
            }
        }
    }

    #[test]
    fn nothing_is_called_once_nothing_can_be_written_down(drawn in scenes(5)) {
        for record in 1..=measured(&drawn, None).0 {
            full(&drawn, record);
        }
    }

    #[test]
    fn nothing_is_called_once_the_lock_is_lost(drawn in scenes(5)) {
        let seconds = measured(&drawn, None).1;
        for second in (0..seconds).step_by(usize::try_from(seconds / 16 + 1).unwrap()) {
            blocked(&drawn, second);
        }
    }

    #[test]
    fn a_run_that_is_stopped_at_any_time_is_taken_back_or_kept(drawn in scenes(5)) {
        let seconds = measured(&drawn, None).1;
        for second in (0..seconds).step_by(usize::try_from(seconds / 16 + 1).unwrap()) {
            stopped(&drawn, second);
        }
    }
}
