//! Guards as a user meets them: a plan past them is shown, refused with code 5 before anything is changed, and let pass by
//! the flag that the refusal names.
#![allow(clippy::disallowed_methods, reason = "tests make files")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod scene;
mod served;

use scene::Scene;
use served::{Served, python, told};

const EXAMPLE: &str = "cross-account";

/// The text from the first node of that name on.
fn cut(spec: &str, from: &str) -> String {
    spec.split(from).next().unwrap().to_owned()
}

#[test]
fn a_spec_that_asks_for_nothing_is_refused_unless_that_is_meant() {
    let scene = Scene::new(EXAMPLE);
    let empty = scene.world();
    scene.expect(0, &["apply", "-y"]);
    let world = scene.world();
    let whole = std::fs::read_to_string(scene.file("privlink.kdl")).unwrap();
    // As when an include matches nothing.
    std::fs::write(scene.file("privlink.kdl"), cut(&whole, "network \"hub\"")).unwrap();

    let plan = scene.expect(2, &["plan", "--detailed-exitcode", "-o", "empty.plan"]);
    assert!(plan.contains("the spec asks for nothing") && plan.contains("--dangerous-empty"), "{plan}");
    let refused = scene.expect(5, &["apply", "-y"]);
    assert!(refused.contains("nothing was changed") && refused.contains("give --dangerous-empty"), "{refused}");
    assert!(!refused.contains("--dangerous-deletes"), "one mistake, one flag: {refused}");
    // A saved plan is no way around.
    scene.expect(5, &["apply", "empty.plan"]);
    scene.expect(5, &["apply", "-y", "--dangerous-deletes", "--dangerous-updates", "--dangerous-consumers"]);
    assert_eq!(scene.world(), world, "a refused plan changed something");

    scene.expect(0, &["apply", "-y", "--dangerous-empty"]);
    scene.is_as(&empty);
}

#[test]
fn the_shares_of_a_spec_count() {
    let scene = Scene::new(EXAMPLE);
    scene.edit(
        "    region \"us-east-1\"\n",
        "    region \"us-east-1\"\n    guard deletes=\"0%\" updates=\"2%\" minimum=1\n",
    );
    scene.expect(0, &["apply", "-y"]);
    let world = scene.world();
    scene.edit("10.0.0.0/8", "10.0.0.0/9");
    scene.edit("cors origins=\"*\"", "cors origins=\"https://shop.example\"");
    let refused = scene.expect(5, &["apply", "-y"]);
    for word in ["2 % is the limit", "0 % is the limit", "give --dangerous-deletes --dangerous-updates"] {
        assert!(refused.contains(word), "{word}: {refused}");
    }
    scene.expect(5, &["apply", "-y", "--dangerous-updates"]);
    assert_eq!(scene.world(), world);
    let applied = scene.expect(0, &["apply", "-y", "--dangerous-updates", "--dangerous-deletes"]);
    assert!(applied.contains("! --dangerous-updates is given."), "{applied}");
    scene.is_applied();
    // What the shares allow is no matter; a destroy is asked for, and none of theirs.
    scene.edit("deletes=\"0%\" updates=\"2%\" minimum=1", "deletes=\"100%\" updates=\"100%\"");
    scene.edit("10.0.0.0/9", "10.0.0.0/10");
    scene.expect(0, &["apply", "-y"]);
    scene.edit("deletes=\"100%\" updates=\"100%\"", "deletes=\"0%\" minimum=1");
    scene.expect(0, &["destroy", "-y"]);
}

#[test]
fn who_is_connected_is_not_cut_off_unawares() {
    let sandbox = Served::start(EXAMPLE);
    sandbox.expect(0, &["apply", "-y"], EXAMPLE);
    let endpoint = python("neighbour.py", &[&sandbox.url, "connect"]).trim().to_owned();
    let refused = sandbox.run(&["destroy", "-y"], EXAMPLE);
    assert_eq!(refused.status.code(), Some(5), "{}", told(&refused));
    let told = told(&refused);
    for word in [&endpoint, "of account 222222222222", "target/orders/endpoint-service", "give --dangerous-consumers"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    // Its own endpoint is connected all the time, and is no neighbour.
    python("neighbour.py", &[&sandbox.url, "leave", &endpoint]);
    sandbox.expect(0, &["destroy", "-y"], EXAMPLE);
}
