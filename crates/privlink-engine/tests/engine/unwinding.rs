//! What holds for every plan, every world and every fault: a run ends applied, rolled back or stuck, and the world with it.

use std::collections::BTreeSet;

use privlink_engine::way_back;
use privlink_model::{Op, Outcome, Step, StepFailure, StepId, Value, Why};
use proptest::prelude::*;

use crate::world::face::Fault;
use crate::world::kinds::{KINDS, SIZE};
use crate::world::scene::{Drawn, gate_under_an_api};
use crate::world::state::State;
use crate::world::{Going, cases, on, plan_of, scenes};

/// A plan is carried out; going on with it changes nothing; it is taken back; taking it back again changes nothing.
fn there_and_back(drawn: &Drawn) {
    on(drawn, async |trial| {
        trial.is_applied(&trial.go(trial.begin().await, Going::default()).await);
        let calls = trial.world.calls();
        trial.is_applied(&trial.go(trial.open().await, Going::default()).await);
        assert_eq!(trial.world.calls(), calls, "all was done");
        let outcome = trial.go(trial.open().await, Going::back()).await;
        trial.is_rolled_back(&outcome);
        trial.is_declared(&outcome).await;
        assert_eq!(trial.world.refusals(), [] as [String; 0], "something was called at the wrong time");
        let calls = trial.world.calls();
        for going in [Going::back(), Going::default()] {
            trial.is_rolled_back(&trial.go(trial.open().await, going).await);
            assert_eq!(trial.world.calls(), calls, "all was taken back");
        }
    });
}

/// How a run ends.
#[derive(Debug, PartialEq)]
enum Ends {
    Applied,
    RolledBack,
    Stuck,
}

/// How a run ends in which one step meets with a fault; none where it does not meet with it.
fn ends(step: &Step, fault: Fault) -> Option<Ends> {
    let (waits, deletes) = (step.settle.is_some(), matches!(step.op, Op::Delete { .. }));
    match fault {
        Fault::Throttled(_) | Fault::Unreachable(_) | Fault::Lost | Fault::LostAndLate | Fault::Dropped => {
            Some(Ends::Applied)
        }
        Fault::Refused => Some(Ends::RolledBack),
        // Nothing can take the place of what does not go, and nobody can tell what has become of what is broken.
        Fault::NeverSettles if deletes && step.kind == "sole" => Some(Ends::Stuck),
        Fault::EndsBadly if deletes => waits.then_some(Ends::Stuck),
        Fault::NeverSettles | Fault::EndsBadly => waits.then_some(Ends::RolledBack),
        Fault::Reverts => (waits && deletes).then_some(Ends::RolledBack),
        Fault::Forgets => match &step.op {
            Op::Create { attrs, .. } => attrs.read(&SIZE).map(|_| Ends::RolledBack),
            Op::Update { .. } => Some(Ends::RolledBack),
            Op::Delete { .. } | Op::Wait { .. } => None,
        },
    }
}

const FAULTS: [Fault; 10] = [
    Fault::Refused,
    Fault::Throttled(5),
    Fault::Unreachable(2),
    Fault::Lost,
    Fault::LostAndLate,
    Fault::Dropped,
    Fault::NeverSettles,
    Fault::EndsBadly,
    Fault::Reverts,
    Fault::Forgets,
];

/// One step meets with a fault.
fn with_fault(drawn: &Drawn, step: &Step, fault: Fault) {
    let Some(expected) = ends(step, fault) else { return };
    on(drawn, async |trial| {
        trial.world.fault(&step.token, fault);
        let outcome = trial.go(trial.begin().await, Going::default()).await;
        match (&outcome, expected) {
            (_, Ends::Applied) => trial.is_applied(&outcome),
            (Outcome::Stuck { residue, .. }, Ends::Stuck) => {
                assert!(residue.iter().any(|residue| residue.step == step.id), "{residue:#?}");
            }
            (_, Ends::Stuck) => panic!("{outcome:#?}"),
            (_, Ends::RolledBack) => {
                trial.is_rolled_back(&outcome);
                trial.is_declared(&outcome).await;
                let Outcome::RolledBack { cause, .. } = &outcome else { return };
                assert_eq!(cause.why, Why::Failed);
                let [(id, failure)] = cause.failed.as_slice() else { panic!("one failure, not {:#?}", cause.failed) };
                assert_eq!(*id, step.id);
                let named = matches!(failure, StepFailure::ReadBack(_));
                assert_eq!(named, fault == Fault::Forgets, "{failure:?}");
                let calls = trial.world.calls();
                trial.is_rolled_back(&trial.go(trial.open().await, Going::back()).await);
                assert_eq!(trial.world.calls(), calls, "all was taken back");
            }
        }
    });
}

/// What AWS forgets is no failure to whoever takes its word, though it may be in the way of a later step. Nor was the step
/// before looked at, so that a read that lags can make this one stale.
fn with_word_taken(drawn: &Drawn, step: &Step) {
    if ends(step, Fault::Forgets).is_none() {
        return;
    }
    on(drawn, async |trial| {
        trial.world.fault(&step.token, Fault::Forgets);
        let outcome = trial.go(trial.begin().await, Going { unconfirmed: true, ..Going::default() }).await;
        if let Outcome::RolledBack { cause, .. } | Outcome::Stuck { cause, .. } = &outcome {
            let seen = |(id, failure): &(_, _)| match failure {
                StepFailure::ReadBack(_) => true,
                StepFailure::Stale(_) => false,
                _ => *id == step.id,
            };
            assert!(!cause.failed.iter().any(seen), "{cause:#?}");
        }
    });
}

/// One step back is refused for ever: what waits for it stays, everything else is taken back; then all is, once it can be.
fn with_undo_refused(drawn: &Drawn, number: usize) -> bool {
    on(drawn, async |trial| {
        trial.is_applied(&trial.go(trial.begin().await, Going::default()).await);
        let steps = way_back(&trial.plan, &KINDS, &trial.history().await);
        let Some(refused) = steps.get(number) else { return false };
        trial.world.fault(&refused.token, Fault::Refused);
        let outcome = trial.go(trial.open().await, Going::back()).await;
        let Outcome::Stuck { residue, .. } = &outcome else { panic!("{outcome:#?}") };
        let mut waiting = BTreeSet::from([refused.id]);
        for step in &steps {
            if step.needs.iter().any(|need| waiting.contains(need)) {
                waiting.insert(step.id);
            }
        }
        let left: BTreeSet<StepId> = residue.iter().map(|residue| residue.step).collect();
        assert_eq!(left, waiting);
        let history = trial.history().await;
        for step in steps.iter().filter(|step| !waiting.contains(&step.id)) {
            assert!(history.step(step.id).back.is_done(), "{:?} did not have to wait", step.id);
        }
        trial.world.heal();
        trial.is_rolled_back(&trial.go(trial.open().await, Going::back()).await);
        true
    })
}

/// One step back meets with a fault that passes: all is taken back.
fn with_undo_disturbed(drawn: &Drawn, number: usize, fault: Fault) -> bool {
    on(drawn, async |trial| {
        trial.is_applied(&trial.go(trial.begin().await, Going::default()).await);
        let steps = way_back(&trial.plan, &KINDS, &trial.history().await);
        let Some(disturbed) = steps.get(number) else { return false };
        trial.world.fault(&disturbed.token, fault);
        trial.is_rolled_back(&trial.go(trial.open().await, Going::back()).await);
        true
    })
}

/// Somebody changes an object after the run: it stays as they made it, and is named.
fn with_late_meddler(drawn: &Drawn, step: &Step) {
    let Op::Update { id, .. } = &step.op else { return };
    on(drawn, async |trial| {
        trial.is_applied(&trial.go(trial.begin().await, Going::default()).await);
        let mut size = None;
        trial.world.meddle(|state| {
            let thing = state.find_mut(step.kind, id).unwrap();
            size = thing.attrs.read(&SIZE).map(|size| size + 100);
            thing.attrs.set_some(&SIZE, size);
            thing.earlier = Some(thing.attrs.clone());
        });
        let outcome = trial.go(trial.open().await, Going::back()).await;
        let Outcome::Stuck { residue, .. } = &outcome else { panic!("{outcome:#?}") };
        assert!(residue.iter().any(|residue| residue.step == step.id), "{residue:#?}");
        assert_eq!(trial.world.state().find(step.kind, id).unwrap().attrs.read(&SIZE), size);
    });
}

/// A step is refused and the run is kept as it is; then it is not, and somebody goes on.
fn kept(drawn: &Drawn, step: &Step) {
    on(drawn, async |trial| {
        trial.world.fault(&step.token, Fault::Refused);
        let going = Going { keep: true, ..Going::default() };
        let outcome = trial.go(trial.begin().await, going).await;
        let Outcome::Kept { cause, done, not_started } = &outcome else { panic!("{outcome:#?}") };
        assert_eq!(cause.failed.len() + done.len() + not_started.len(), trial.plan.steps.len());
        trial.world.heal();
        trial.is_applied(&trial.go(trial.open().await, Going::default()).await);
    });
}

const PASSING: [Fault; 5] =
    [Fault::Throttled(5), Fault::Unreachable(2), Fault::Lost, Fault::LostAndLate, Fault::Dropped];

/// Each step back meets with each fault that passes.
fn disturbed(drawn: &Drawn) {
    for fault in PASSING {
        let mut number = 0;
        while with_undo_disturbed(drawn, number, fault) {
            number += 1;
        }
    }
}

/// Somebody changes an object that a step is about to change.
fn with_meddler(drawn: &Drawn, step: &Step) {
    let (Op::Update { id, before, .. } | Op::Delete { id, before }) = &step.op else { return };
    let Some(size) = before.read(&SIZE) else { return };
    on(drawn, async |trial| {
        let mut before = trial.before.clone();
        let meddle = |state: &mut State| {
            let thing = state.find_mut(step.kind, id).unwrap();
            thing.attrs.insert(SIZE.key(), Value::Int(size + 100));
            thing.earlier = Some(thing.attrs.clone());
        };
        meddle(&mut before);
        trial.world.meddle(meddle);
        let outcome = trial.go(trial.begin().await, Going::default()).await;
        let Outcome::RolledBack { cause, .. } = &outcome else { panic!("{outcome:#?}") };
        assert_eq!(cause.why, Why::Stale, "{cause:#?}");
        trial.is_as(&before);
    });
}

proptest! {
    #![proptest_config(cases(2))]
    #[test]
    fn an_applied_run_is_taken_back(drawn in scenes(8)) {
        there_and_back(&drawn);
    }
}

proptest! {
    #![proptest_config(cases(16))]
    #[test]
    fn every_fault_at_every_step_ends_as_it_should(drawn in scenes(6)) {
        for step in &plan_of(&drawn).0.steps {
            for fault in FAULTS {
                with_fault(&drawn, step, fault);
            }
            with_word_taken(&drawn, step);
            kept(&drawn, step);
        }
    }

    #[test]
    fn what_cannot_be_taken_back_is_named_and_holds_up_nothing_else(drawn in scenes(6)) {
        let mut number = 0;
        while with_undo_refused(&drawn, number) {
            number += 1;
        }
    }

    #[test]
    fn what_passes_does_not_keep_anything_from_being_taken_back(drawn in scenes(6)) {
        disturbed(&drawn);
    }

    #[test]
    fn what_somebody_changed_since_the_plan_stays(drawn in scenes(6)) {
        for step in &plan_of(&drawn).0.steps {
            with_meddler(&drawn, step);
            with_late_meddler(&drawn, step);
        }
    }
}

#[test]
fn a_snapshot_of_what_is_gone_is_made_again_whatever_passes() {
    disturbed(&gate_under_an_api());
}
