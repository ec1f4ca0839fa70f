//! What holds for every plan, every world and every fault: a run ends applied, rolled back or stuck, and the world with it.

use proptest::prelude::*;

use crate::world::scene::{Drawn, scenes};
use crate::world::{Going, on};

/// As many cases as asked for by `PROPTEST_CASES`, by one in so many: each case is many runs.
fn cases(one_in: u32) -> ProptestConfig {
    let all = ProptestConfig::default();
    ProptestConfig { cases: all.cases.div_ceil(one_in), ..all }
}

/// A plan is carried out; going on with it changes nothing; it is taken back; taking it back again changes nothing.
fn there_and_back(drawn: &Drawn) {
    on(drawn, async |trial| {
        trial.is_applied(&trial.go(trial.begin().await, Going::default()).await);
        let calls = trial.world.calls();
        trial.is_applied(&trial.go(trial.open().await, Going::default()).await);
        assert_eq!(trial.world.calls(), calls, "all was done");
        trial.is_rolled_back(&trial.go(trial.open().await, Going::back()).await);
        let calls = trial.world.calls();
        for going in [Going::back(), Going::default()] {
            trial.is_rolled_back(&trial.go(trial.open().await, going).await);
            assert_eq!(trial.world.calls(), calls, "all was taken back");
        }
    });
}

proptest! {
    #![proptest_config(cases(1))]
    #[test]
    fn an_applied_run_is_taken_back(drawn in scenes(8)) {
        there_and_back(&drawn);
    }
}
