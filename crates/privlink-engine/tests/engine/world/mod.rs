//! A little world with AWS's manners, random plans for it, and runs that are killed, resumed and taken back there.

pub(crate) mod face;
pub(crate) mod kinds;
pub(crate) mod paper;
mod planned;
pub(crate) mod scene;
pub(crate) mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use privlink_engine::{EventSink, Journal, Run, StopSignal, Store};
use privlink_model::{Action, Begun, History, Outcome, Plan, StepId, Undo};
use proptest::prelude::{ProptestConfig, Strategy};

use crate::toy::clock::{JumpingClock, simulate};
use face::{Face, World};
use paper::Paper;
use scene::{Drawn, items};
use state::State;

/// A world told in names that do not depend on ids.
pub(crate) type Told = BTreeMap<String, BTreeMap<String, String>>;

/// A plan, the world it is for, and the paper on which its run is written down.
pub(crate) struct Trial {
    pub(crate) clock: Arc<JumpingClock>,
    pub(crate) world: Arc<World>,
    pub(crate) paper: Arc<Paper>,
    pub(crate) plan: Plan,
    /// What there was before.
    pub(crate) before: State,
    /// What is wanted.
    pub(crate) wanted: Told,
}

/// As many cases as asked for by `PROPTEST_CASES`, by one in so many: each case is many runs.
pub(crate) fn cases(one_in: u32) -> ProptestConfig {
    let all = ProptestConfig::default();
    ProptestConfig { cases: all.cases.div_ceil(one_in), ..all }
}

/// Which way a run goes, and who may stop it.
#[derive(Clone, Default)]
pub(crate) struct Going {
    pub(crate) back: bool,
    pub(crate) keep: bool,
    pub(crate) unconfirmed: bool,
    pub(crate) stop: StopSignal,
    pub(crate) blocked: StopSignal,
}

impl Going {
    pub(crate) fn back() -> Self {
        Self { back: true, ..Self::default() }
    }
}

/// The plan of a scene and the state of the world before it; none where there is no such plan.
fn try_plan(drawn: &Drawn) -> Option<(Plan, State)> {
    let items = items(drawn);
    let (before, ids) = scene::state(&items, false);
    let observed = ids
        .iter()
        .map(|(number, id)| (*number, face::observed(before.find(items[*number].kind, id).unwrap())))
        .collect();
    Some((planned::planned(&items, &observed)?, before))
}

/// The plan of a scene and the state of the world before it.
pub(crate) fn plan_of(drawn: &Drawn) -> (Plan, State) {
    try_plan(drawn).unwrap()
}

/// Scenes of at most so many items that can be planned for.
pub(crate) fn scenes(most: usize) -> impl Strategy<Value = Drawn> {
    scene::drawn(most).prop_filter("calls wait for each other", |drawn| try_plan(drawn).is_some())
}

/// Tries something on a scene, in virtual time.
pub(crate) fn on<T>(drawn: &Drawn, body: impl AsyncFnOnce(&Trial) -> T) -> T {
    let (plan, before) = plan_of(drawn);
    let (wanted, _) = scene::state(&items(drawn), true);
    simulate(async |clock| {
        let world = World::new(Arc::clone(&clock), before.clone(), drawn.lag);
        let trial = Trial { clock, world, paper: Paper::new(), plan, before, wanted: wanted.told() };
        body(&trial).await
    })
}

impl Trial {
    /// Begins the run's journal.
    pub(crate) async fn begin(&self) -> Journal {
        let begun = Begun { steps: u32::try_from(self.plan.steps.len()).unwrap(), ..Begun::default() };
        Journal::begin(Arc::clone(&self.paper) as Arc<dyn Store>, "run", b"plan", begun).await.unwrap()
    }

    /// Opens it again.
    pub(crate) async fn open(&self) -> Journal {
        Journal::open(Arc::clone(&self.paper) as Arc<dyn Store>, "run").await.unwrap().0
    }

    /// What is written down.
    pub(crate) async fn history(&self) -> History {
        Journal::read(&*self.paper, "run").await.unwrap()
    }

    fn run(&self, journal: Journal, face: Arc<Face>, going: Going) -> Run {
        Run {
            cloud: face,
            clock: Arc::clone(&self.clock) as _,
            kinds: kinds::KINDS,
            events: EventSink::channel().0,
            stop: going.stop,
            blocked: going.blocked,
            parallelism: 4,
            journal,
            keep: going.keep,
            confirm: !going.unconfirmed,
            by: "toy@test".to_owned(),
        }
    }

    /// Carries the plan out, or takes it back, until its end.
    pub(crate) async fn go(&self, journal: Journal, going: Going) -> Outcome {
        let back = going.back;
        let run = self.run(journal, self.world.face(), going);
        if back { run.roll_back(&self.plan).await } else { run.apply(&self.plan).await }
    }

    /// The same by a process that dies when the paper's accident happens; none then. What was under way arrives or does not.
    pub(crate) async fn go_or_die(&self, journal: Journal, going: Going, arrives: bool) -> Option<Outcome> {
        let (back, face) = (going.back, self.world.face());
        let run = self.run(journal, Arc::clone(&face), going);
        let life = async { if back { run.roll_back(&self.plan).await } else { run.apply(&self.plan).await } };
        let (mut life, struck) = (Box::pin(life), self.paper.struck());
        let end = tokio::select! {
            biased;
            () = struck.stopped() => None,
            outcome = &mut life => Some(outcome),
        };
        if end.is_none() {
            face.die(arrives);
        }
        end
    }

    /// How many calls were made after a moment.
    pub(crate) fn called_after(&self, moment: Duration) -> usize {
        self.world.calls().iter().filter(|(at, _)| *at > moment).count()
    }

    /// What there is, in names.
    pub(crate) fn told(&self) -> Told {
        assert!(self.world.state().tokens_are_single(), "there are two of one token");
        self.world.state().told()
    }

    /// The world is as wanted.
    pub(crate) fn is_applied(&self, outcome: &Outcome) {
        assert_eq!(*outcome, Outcome::Applied);
        assert_same(&self.told(), &self.wanted);
    }

    /// The world is as it was, but for what the plan had declared.
    pub(crate) fn is_as_before(&self) {
        self.is_as(&self.before);
    }

    /// The world is as it was at some time, but for what the plan had declared.
    pub(crate) fn is_as(&self, before: &State) {
        let (now, before) = (self.told(), before.told());
        let unexpected = |name: &String| !name.starts_with("mark ") || before.contains_key(name);
        let now: Told = now.into_iter().filter(|(name, _)| unexpected(name)).collect();
        assert_same(&now, &before);
        let state = self.world.state();
        let removed: BTreeSet<&str> = self
            .plan
            .changes
            .changes
            .iter()
            .filter(|change| !matches!(change.action, Action::NoOp | Action::Update | Action::Create))
            .filter_map(|change| Some(change.before.as_ref()?.id.as_str()))
            .collect();
        for thing in self.before.staying().filter(|thing| !removed.contains(thing.id.as_str())) {
            let still = state.find(thing.kind, &thing.id).is_some_and(|thing| thing.stays());
            assert!(still, "{} has another id for nothing", thing.id);
        }
        for thing in state.staying().filter(|thing| thing.kind == "snapshot") {
            let was = self.before.find(thing.kind, &thing.id).is_some();
            let points = state.staying().any(|other| other.attrs.read(&kinds::POINTS).as_ref() == Some(&thing.id));
            assert!(was || points, "the snapshot {} is left behind", thing.id);
        }
    }

    /// What is said not to have come back as it was is what the plan had declared, of the steps that had an effect.
    pub(crate) async fn is_declared(&self, outcome: &Outcome) {
        let Outcome::RolledBack { inexact, .. } = outcome else { panic!("{outcome:#?}") };
        let history = self.history().await;
        let lossy = self.plan.steps.iter().filter(|step| !matches!(step.undo, Undo::Exact(_)));
        let lossy: BTreeSet<StepId> =
            lossy.map(|step| step.id).filter(|id| history.step(*id).forward.has_effect()).collect();
        assert_eq!(inexact.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>(), lossy);
    }

    /// It was taken back.
    pub(crate) fn is_rolled_back(&self, outcome: &Outcome) {
        assert!(matches!(outcome, Outcome::RolledBack { .. }), "{outcome:#?}");
        self.is_as_before();
    }
}

fn assert_same(now: &Told, then: &Told) {
    let names: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    for name in names {
        assert_eq!(now.get(name), then.get(name), "{name}");
    }
}
