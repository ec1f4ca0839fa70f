//! What holds for every run, whatever goes wrong in it: plans of the examples, carried out by the real SDK on the sandbox, with
//! a fault in each call and a death at each record.
//!
//! The end of a run, after it was resumed where it died, is applied, rolled back, or stuck with a list of what is left. Rolled
//! back, the world is as it was, but for what the plan had declared; applied, there is nothing left to do. Nothing exists
//! twice. A run that is taken back twice, or carried out twice, is as one that was once.
//!
//! A part of all cases is drawn by a seed, which is printed: `PRIVLINK_LAWS_SEED` has it again, `PRIVLINK_LAWS_CASES` says how
//! many cases each scene gets (`all` for every one), `PRIVLINK_LAWS_ONLY` which, by a part of what is printed of one.
#![allow(clippy::disallowed_methods, reason = "tests make files, read their settings and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]
#![expect(clippy::print_stdout, reason = "the seed and the cases, to have a failure again")]

mod case;
mod dying;
mod scene;

use std::sync::Arc;

use case::{Case, Trouble};
use scene::Scene;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Cases of one scene, unless said otherwise.
const CASES: usize = 40;
/// Cases at the same time.
const AT_ONCE: usize = 3;

/// A small generator: the same seed gives the same cases.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

fn seed() -> u64 {
    let given = std::env::var("PRIVLINK_LAWS_SEED").ok();
    given.map_or_else(|| u64::from(std::process::id()), |text| text.parse().unwrap())
}

/// Runs the drawn cases of a scene and gives those that broke a law.
async fn check(scene: Scene) {
    let seed = seed();
    let mut draw = Draw(seed | 1);
    let mut cases = case::all(&scene);
    let total = cases.len();
    let wanted = match std::env::var("PRIVLINK_LAWS_CASES").ok().as_deref() {
        Some("all") => total,
        Some(text) => text.parse().unwrap(),
        None => CASES,
    };
    match std::env::var("PRIVLINK_LAWS_ONLY") {
        // One kind of case, as often as cases are wanted: for what happens seldom.
        Ok(only) => {
            cases.retain(|case| format!("{case:?}").contains(&only));
            cases = cases.iter().cycle().take(if cases.is_empty() { 0 } else { wanted }).cloned().collect();
        }
        Err(_) => {
            while cases.len() > wanted {
                cases.swap_remove(draw.below(cases.len()));
            }
        }
    }
    println!("{}: seed {seed}, {} of {total} cases, {} steps", scene.name, cases.len(), scene.plan.steps.len());
    let (scene, places) = (Arc::new(scene), Arc::new(Semaphore::new(AT_ONCE)));
    let mut running = JoinSet::new();
    for case in cases {
        let (scene, places) = (Arc::clone(&scene), Arc::clone(&places));
        running.spawn(async move {
            let _place = places.acquire().await.unwrap();
            case::run(&scene, case).await
        });
    }
    let mut broken: Vec<(Case, String)> = Vec::new();
    let mut ends = std::collections::BTreeMap::<&str, usize>::new();
    while let Some(end) = running.join_next().await {
        match end.unwrap() {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err(Trouble { case, what }) => broken.push((case, what)),
        }
    }
    println!("{}: {ends:?}", scene.name);
    let told: Vec<String> = broken.iter().map(|(case, what)| format!("{case:?}\n{what}")).collect();
    assert!(told.is_empty(), "seed {seed}, {}: {} cases\n\n{}", scene.name, told.len(), told.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_across_accounts_is_made() {
    check(Scene::create("cross-account").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_across_networks_is_made() {
    check(Scene::create("cross-network").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_across_accounts_is_destroyed() {
    check(Scene::destroy("cross-account").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_of_target_changes() {
    check(Scene::change().await).await;
}
