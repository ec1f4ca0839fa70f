//! Runs that came to a good end and are taken back later: exactly, and only while the world is as they left it.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod scene;
mod served;

use scene::Scene;

const EXAMPLE: &str = "cross-account";

#[test]
fn a_finished_run_is_taken_back() {
    let scene = Scene::new(EXAMPLE);
    let before = scene.world();
    scene.expect(0, &["apply", "-y"]);
    let applied = scene.world();
    let (run, _) = scene.last();
    let shown = scene.expect(5, &["rollback", &run]);
    for word in
        ["The way back of this apply of project", "undo create link/gateway/hub (VPC link)", "nobody can be asked"]
    {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    assert_eq!(scene.world(), applied, "it was taken back unasked");

    let told = scene.expect(0, &["rollback", "-y", &run]);
    assert!(told.contains("Rolled back: ") && told.contains("All is as it was before"), "{told}");
    scene.is_as(&before);
    assert_eq!(scene.last(), (run.clone(), "rolled-back".to_owned()));
    let again = scene.expect(0, &["rollback", "-y", &run]);
    assert!(again.contains("is rolled back already"), "{again}");
    scene.expect(0, &["apply", "-y"]);
}

#[test]
fn a_change_is_set_back_and_only_while_nobody_made_another() {
    let scene = Scene::new(EXAMPLE);
    scene.expect(0, &["apply", "-y"]);
    let (first, _) = scene.last();
    let before = scene.world();
    scene.edit("10.0.0.0/8", "10.0.0.0/9");
    scene.edit("route \"/\"", "route \"/shop\"");
    scene.expect(0, &["apply", "-y"]);
    let (second, _) = scene.last();
    let changed = scene.world();

    let told = scene.expect(6, &["rollback", "-y", &first]);
    for word in ["The world moved since run", "Nothing was changed", "entry/hub/security-group/https-10.0.0.0_8"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert_eq!(scene.world(), changed);
    assert_eq!(scene.runs()[1]["state"], "applied");

    scene.expect(0, &["rollback", "-y", &second]);
    assert_eq!(kinds(&scene.world()), kinds(&before));
    scene.edit("10.0.0.0/9", "10.0.0.0/8");
    scene.edit("route \"/shop\"", "route \"/\"");
    scene.is_applied();
}

/// What there is of each kind, by number: what comes back may come back under another id.
fn kinds(world: &str) -> Vec<(String, usize)> {
    let json: serde_json::Value = serde_json::from_str(world).unwrap();
    let mut counts = Vec::new();
    count(&json, String::new(), &mut counts);
    counts.sort();
    counts
}

fn count(json: &serde_json::Value, path: String, counts: &mut Vec<(String, usize)>) {
    let Some(members) = json.as_object() else { return };
    if members.values().any(|member| member.get("tags").is_some()) {
        counts.push((path, members.len()));
        return;
    }
    members.iter().for_each(|(key, member)| count(member, format!("{path}/{key}"), counts));
}

#[test]
fn a_destroy_is_taken_back_as_far_as_its_plan_had_said() {
    let scene = Scene::new(EXAMPLE);
    scene.expect(0, &["apply", "-y"]);
    let before = kinds(&scene.world());
    scene.expect(0, &["destroy", "-y"]);
    let (run, _) = scene.last();
    let told = scene.expect(0, &["rollback", "-y", &run]);
    assert!(told.contains("Not as it was before, as the plan had declared"), "{told}");
    assert_eq!(kinds(&scene.world()), before);
    // The API's definition names another endpoint now, so a deployment of it is another; all else is as the spec says.
    let plan = scene.expect(2, &["plan", "--concise", "--detailed-exitcode"]);
    let changes: Vec<&str> = plan.lines().filter(|line| line.contains(" api/") || line.contains(" target/")).collect();
    assert!(changes.iter().all(|line| line.contains("/deployment") || line.contains("/stage/")), "{plan}");
    scene.expect(0, &["apply", "-y"]);
    scene.is_applied();
}
