//! Runs that fail, are interrupted or killed: each is rolled back or gone on with, and ends as if nothing had happened.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod scene;
mod served;

use scene::{Scene, Under};
use served::{SPEED, Served, example, privlink, told};

const EXAMPLE: &str = "cross-account";

/// The VPC link is refused, once.
const REFUSED: &str = r#"fault "apigateway:CreateVpcLink" { refused "BadRequestException" message="no" status=400 }"#;
/// The VPC link is made and fails.
const FAILS: &str = r#"fault "apigateway:CreateVpcLink" { settles-failed "the load balancer is not active" }"#;

#[test]
fn an_apply_that_fails_leaves_all_as_it_was() {
    for faults in [REFUSED, FAILS] {
        let scene = Scene::new(EXAMPLE);
        let before = scene.world();
        let told = scene.expect_with(faults, 3, &["apply", "-y"]);
        for word in ["create link/gateway/hub (VPC link)", "Rolling back", "all is as it was before", "privlink apply"]
        {
            assert!(told.contains(word), "{word}: {told}");
        }
        scene.is_as(&before);
        assert_eq!(scene.last().1, "rolled-back");
        // Nothing of it is in the way of the next one.
        scene.expect(0, &["apply", "-y"]);
        scene.is_applied();
    }
}

#[test]
fn a_run_that_was_kept_is_gone_on_with_or_taken_back() {
    let scene = Scene::new(EXAMPLE);
    let before = scene.world();
    let told = scene.expect_with(REFUSED, 4, &["apply", "-y", "--no-rollback"]);
    let (run, state) = scene.last();
    assert_eq!(state, "kept");
    assert!(told.contains(&format!("`privlink resume {run} --sandbox=sandbox`")), "{told}");
    assert_ne!(scene.world(), before);
    scene.expect(0, &["resume", &run]);
    assert_eq!(scene.last(), (run, "applied".to_owned()));
    scene.is_applied();
    scene.expect(0, &["destroy", "-y"]);
    scene.is_as(&before);

    scene.expect_with(REFUSED, 4, &["apply", "-y", "--no-rollback"]);
    scene.expect(0, &["resume", "--rollback"]);
    assert_eq!(scene.last().1, "rolled-back");
    scene.is_as(&before);
}

/// After so many steps the run is killed. The last ones are waited for, and nothing is called meanwhile.
const KILLED_AFTER: [usize; 4] = [1, 6, 11, 16];

#[test]
fn a_killed_run_is_gone_on_with() {
    for steps in KILLED_AFTER {
        let scene = Scene::new(EXAMPLE);
        let before = scene.world();
        scene.until(&["apply", "-y"], " ok ", steps).kill();
        let (run, state) = scene.last();
        assert_eq!(state, "unfinished");
        let refused = scene.expect(5, &["apply", "-y"]);
        assert!(refused.contains(&format!("privlink resume {run}")), "{refused}");
        scene.expect(0, &["resume"]);
        assert_eq!(scene.last(), (run, "applied".to_owned()));
        scene.is_applied();
        // Whatever was made twice or lost sight of would outlive this.
        scene.expect(0, &["destroy", "-y"]);
        scene.is_as(&before);
    }
}

#[test]
fn a_killed_run_is_taken_back() {
    for steps in KILLED_AFTER {
        let scene = Scene::new(EXAMPLE);
        let before = scene.world();
        scene.until(&["apply", "-y"], " ok ", steps).kill();
        let (run, _) = scene.last();
        let shown = scene.expect(5, &["rollback", &run]);
        assert!(shown.contains("The way back of this apply"), "{shown}");
        scene.expect(0, &["rollback", "-y", &run]);
        assert_eq!(scene.last(), (run, "rolled-back".to_owned()));
        scene.is_as(&before);
    }
}

#[test]
fn a_run_that_is_killed_on_its_way_back_goes_on_back() {
    let scene = Scene::new(EXAMPLE);
    let before = scene.world();
    std::fs::write(scene.file("faults.kdl"), REFUSED).unwrap();
    let faults = scene.file("faults.kdl").display().to_string();
    let mut run = scene.until(&["apply", "-y", "--sandbox-faults", &faults], "Rolling back", 1);
    run.wait_for(" ok undo ", 3);
    run.kill();
    assert_eq!(scene.last().1, "unwinding");
    scene.expect(3, &["resume"]);
    assert_eq!(scene.last().1, "rolled-back");
    scene.is_as(&before);
}

/// The client dies, and the calls that it has sent take effect all the same.
#[test]
fn a_call_that_outlives_its_caller_is_found_and_not_made_twice() {
    let sandbox = Served::start(EXAMPLE);
    let world = || {
        let show = privlink(&["sandbox", "show", "--url", &sandbox.url]).output().unwrap();
        assert!(show.status.success(), "{}", told(&show));
        String::from_utf8(show.stdout).unwrap()
    };
    let before = world();
    for steps in [1, 4, 9, 13] {
        let mut command = privlink(&["apply", "-y", "--endpoint", &sandbox.url, "--sandbox-speed", SPEED, "-f"]);
        command.arg(example(EXAMPLE)).arg("--store").arg(sandbox.store());
        Under::until(command, " ok ", steps).kill();
        sandbox.expect(0, &["resume"], EXAMPLE);
        sandbox.expect(0, &["plan", "--detailed-exitcode"], EXAMPLE);
        sandbox.expect(0, &["destroy", "-y"], EXAMPLE);
        assert_eq!(world(), before, "killed after {steps}");
    }
}

#[test]
fn a_signal_takes_back_and_a_second_one_leaves_at_once() {
    for (signal, exit) in [("INT", 130), ("TERM", 143)] {
        let scene = Scene::new(EXAMPLE);
        let before = scene.world();
        let run = scene.until(&["apply", "-y"], " ok ", 3);
        run.signal(signal);
        let output = run.end();
        assert_eq!(output.status.code(), Some(exit), "{}", told(&output));
        for word in ["Stopping", "the run was stopped", "Stopped", "all is as it was before"] {
            assert!(told(&output).contains(word), "{word}: {}", told(&output));
        }
        scene.is_as(&before);
    }
    let scene = Scene::new(EXAMPLE);
    let before = scene.world();
    // So slow that the steps under way would take minutes.
    let mut command = scene.command(&["apply", "-y"]);
    command.env("PRIVLINK_SANDBOX_SPEED", "10");
    let mut run = Under::until(command, " ok ", 1);
    run.signal("INT");
    run.wait_for("Stopping", 1);
    run.signal("INT");
    let output = run.end();
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    let (run, state) = scene.last();
    assert_eq!(state, "unfinished");
    assert!(told(&output).contains(&format!("`privlink resume {run} --sandbox=sandbox`")), "{}", told(&output));
    scene.expect(0, &["resume", "--rollback"]);
    scene.is_as(&before);
}

#[test]
fn a_kept_run_that_is_interrupted_is_left_as_it_is() {
    let scene = Scene::new(EXAMPLE);
    let run = scene.until(&["apply", "-y", "--no-rollback"], " ok ", 3);
    run.signal("INT");
    let output = run.end();
    assert_eq!(output.status.code(), Some(130), "{}", told(&output));
    assert!(told(&output).contains("left as it is, as asked"), "{}", told(&output));
    scene.expect(0, &["resume"]);
    scene.is_applied();
}

#[test]
fn a_journal_that_cannot_be_read_is_told_and_stops_the_next_run() {
    let scene = Scene::new(EXAMPLE);
    scene.expect(0, &["apply", "-y"]);
    let (run, _) = scene.last();
    let folder = scene.file("sandbox/runs").join(&run);
    let plan = std::fs::read_to_string(folder.join("plan.json")).unwrap();
    std::fs::write(folder.join("plan.json"), plan.replacen("\"1.0\"", "\"9.0\"", 1)).unwrap();
    for verb in [&["rollback", "-y", &run][..], &["resume", &run]] {
        let told = scene.expect(1, verb);
        assert!(told.contains("9.0") && told.contains("which version"), "{told}");
    }
    let shown = scene.expect(0, &["runs", "show", &run]);
    assert!(shown.contains("a step whose plan cannot be read"), "{shown}");

    let journal = std::fs::read_to_string(folder.join("journal.jsonl")).unwrap();
    let mut lines: Vec<&str> = journal.lines().collect();
    lines[2] = "{\"v\":1,";
    std::fs::write(folder.join("journal.jsonl"), lines.join("\n") + "\n").unwrap();
    assert_eq!(scene.last(), (run.clone(), "unreadable".to_owned()));
    for verb in [&["apply", "-y"][..], &["runs", "show", &run]] {
        let told = scene.expect(1, verb);
        assert!(told.contains("line 3 of the journal"), "{told}");
    }
    scene.expect(0, &["apply", "-y", "--dangerous-unfinished-run"]);
}

#[test]
fn another_run_can_be_begun_over_an_unfinished_one_when_that_is_asked_for() {
    let scene = Scene::new(EXAMPLE);
    scene.until(&["apply", "-y"], " ok ", 5).kill();
    let told = scene.expect(0, &["apply", "-y", "--dangerous-unfinished-run"]);
    assert!(
        told.contains("! --dangerous-unfinished-run is given.") && told.contains("has not come to an end"),
        "{told}"
    );
    scene.is_applied();
    // What is over is no longer spoken of.
    scene.edit("10.0.0.0/8", "10.0.0.0/9");
    let told = scene.expect(0, &["apply", "-y"]);
    assert!(!told.contains("has not come to an end"), "{told}");
}
