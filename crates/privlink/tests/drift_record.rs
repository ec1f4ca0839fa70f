//! Drift and the record in the real binary: runs that were taken back, that cannot be read, that are made meanwhile; and what a
//! repair, which is a run, must leave alone.
#![cfg(feature = "aws")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make files; a failed set-up is a failed test"
)]

mod drifting;
mod scene;
mod served;

use std::path::PathBuf;
use std::process::Stdio;

use drifting::{Project, rows};
use serde_json::{Value, json};
use served::told;

#[test]
fn what_was_taken_back_is_planned_again_and_not_drift() {
    let project = Project::applied("cross-network");
    // Of two runs the older one is taken back, so that it ends after the newer one began. Records are exact to the second.
    for (from, to) in [("10.0.0.0/8", "10.0.0.0/9"), ("172.31.12.59", "172.31.12.60")] {
        std::thread::sleep(std::time::Duration::from_millis(1100));
        project.0.edit(from, to);
        project.0.expect(0, &["apply", "-y"]);
    }
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let older = project.0.runs()[1]["run"].as_str().unwrap().to_owned();
    project.0.expect(0, &["rollback", "-y", &older]);
    let rules = ["entry/hub/security-group/https-10.0.0.0_8", "entry/hub/security-group/https-10.0.0.0_9"];
    assert_eq!(rows(&project.drift(0, &[]), "pending"), rules);
    project.0.expect(0, &["apply", "-y"]);

    // What a failed destroy brings back has other ids, and so has what names it.
    let fails = "fault \"elbv2:DeleteLoadBalancer\" every=#true { refused \"OperationNotPermitted\" status=400 }\n";
    project.0.expect_with(fails, 3, &["destroy", "-y"]);
    let deployment = "api/legacy/deployment";
    assert_eq!(rows(&project.drift(0, &[]), "pending"), [deployment], "it names a link that is gone");
    project.0.edit("\"/billing\"", "\"/bill\"");
    assert_eq!(rows(&project.drift(0, &[]), "pending"), ["api/legacy/definition", deployment]);
}

#[test]
fn a_run_that_cannot_be_read_is_not_passed_over() {
    let project = Project::applied("cross-network");
    project.0.edit("172.31.12.59", "172.31.12.60");
    project.0.expect(0, &["apply", "-y"]);
    // By hand it is set back to what an older run had set.
    project.hand(|world| {
        let text = world.to_string().replace("172.31.12.60", "172.31.12.59");
        *world = serde_json::from_str(&text).unwrap();
    });
    let (run, _) = project.0.last();
    let plan = project.0.file(&format!("sandbox/runs/{run}/plan.json"));
    let changed = ["changed api/legacy/definition: paths", "changed target/legacy/targets: addresses"];
    assert_eq!(rows(&project.drift(2, &[]), "drifted"), changed);
    for damage in [&|plan: &PathBuf| std::fs::write(plan, "damaged"), &|plan: &PathBuf| std::fs::remove_file(plan)]
        as [&dyn Fn(&PathBuf) -> std::io::Result<()>; 2]
    {
        damage(&plan).unwrap();
        let drift = project.drift(2, &[]);
        assert_eq!(rows(&drift, "drifted"), changed, "{drift:#}");
        let note = drift["notes"][0].as_str().unwrap();
        assert!(note.contains(&format!("run {run} could not be read")) && note.contains("counts as drift"), "{note}");
        assert_eq!(drift["notes"].as_array().unwrap().len(), 1, "{drift:#}");
    }
}

#[test]
fn a_repair_leaves_what_is_planned_elsewhere_and_what_is_ignored() {
    let project = Project::applied("cross-network");
    project.set("api/legacy/stage/newtest", "/variables", json!({ "color": "green" }));
    project.set("target/billing/target-group", "/health/port", json!("8080"));
    project.0.edit("\"/billing\"", "\"/bill\"");
    let repaired = project.text(2, &["--repair", "-y"]);
    let held =
        "api/legacy/stage/newtest is not repaired: it goes together with what is planned for api/legacy/definition";
    assert!(repaired.contains(held) && repaired.contains("Repaired: 1 step"), "{repaired}");
    let left = project.drift(2, &[]);
    assert_eq!(rows(&left, "drifted"), ["changed api/legacy/stage/newtest: settings"]);
    assert_eq!(rows(&left, "pending"), ["api/legacy/definition", "api/legacy/deployment"]);
    // All is carried out by an apply, as the help says.
    assert!(repaired.contains("`privlink apply --sandbox=sandbox` puts that back as well"), "{repaired}");
    project.0.expect(0, &["apply", "-y"]);

    project.set("target/legacy/target-group", "/health/port", json!("8080"));
    project.set("target/legacy/target-group", "/health/interval", json!(10));
    let spec = std::fs::read_to_string(project.0.file("privlink.kdl")).unwrap();
    let rule = "ignore \"target/legacy\" attribute=\"health-port\" reason=\"failover test\" until=\"9999-12-31\"";
    project.write("privlink.kdl", &format!("{spec}\n{rule}\n"));
    let found = project.drift(2, &[]);
    assert_eq!(found["summary"]["resources"], 17, "what is ignored in part is counted once: {found:#}");
    let repaired = project.text(2, &["--repair", "-y"]);
    let held = "target/legacy/target-group is not repaired: that would put back health-port of target/legacy/target-group \
                as well, ignored until 9999-12-31: failover test";
    assert!(repaired.contains(held) && repaired.contains("Nothing is repaired."), "{repaired}");
    let left = project.drift(2, &[]);
    assert_eq!(left, found, "nothing was changed");
}

#[test]
fn a_repair_does_not_put_something_back_elsewhere_than_those_call_it_who_use_it() {
    let project = Project::applied("cross-network");
    // Ours is gone, and another stands on its port: what is made now would be on the next one, and the API would call the old.
    project.hand(|world| {
        let listeners = "/scopes/222222222222~1us-east-1/elb/listeners";
        let listeners = world.pointer_mut(listeners).unwrap().as_object_mut().unwrap();
        let is_ours = |it: &Value| it["tags"]["privlink:address"] == "target/legacy/listener";
        let (arn, mut listener) =
            listeners.iter().find(|(_, it)| is_ours(it)).map(|(a, it)| (a.clone(), it.clone())).unwrap();
        listeners.remove(&arn);
        let arn = format!("{}{}", &arn[..arn.len() - 4], "beef");
        (listener["arn"], listener["tags"]) = (json!(arn), json!({}));
        let action = listener.clone();
        listeners.insert(arn, action);
    });
    let found = project.drift(2, &[]);
    let port = found["drifted"][0]["attributes"].as_array().unwrap().iter().find(|it| it["key"] == "port").unwrap();
    let added = format!("added link/gateway/hub/load-balancer/listener/{}", port["found"]);
    assert_eq!(rows(&found, "drifted"), [&added, "missing target/legacy/listener"], "{found:#}");
    let left = project.text(2, &["--repair", "-y"]);
    for word in [
        "target/legacy/listener is not repaired: it goes together with what is planned for api/legacy/de",
        "`privlink apply --sandbox=sandbox` puts that back as well",
        "Nothing is repaired.",
    ] {
        assert!(left.contains(word), "{word}: {left}");
    }
    project.0.expect(0, &["apply", "-y"]);
    project.0.is_applied();
    project.drift(0, &[]);
}

#[test]
fn what_was_read_while_a_run_was_made_or_gone_on_with_is_not_told() {
    let project = Project::applied("cross-network");
    let faults = project.write("slow.kdl", "fault \"apigateway:GetVpcLinks\" every=#true { slow \"1000s\" }\n");
    let (run, _) = project.0.last();
    let journal = project.0.file(&format!("sandbox/runs/{run}/journal.jsonl"));
    let runs = project.0.file("sandbox/runs");
    let goes_on = |_: u32| {
        let line = "{\"v\":1,\"record\":{\"resumed\":{\"by\":\"ana@laptop\",\"at\":1}}}\n";
        let text = std::fs::read_to_string(&journal).unwrap();
        std::fs::write(&journal, text + line).unwrap();
    };
    let begins =
        |number: u32| std::fs::create_dir(runs.join(format!("29991231-235959-crossnetwork-{number:04}"))).unwrap();
    for happens in [&goes_on as &dyn Fn(u32), &begins] {
        let mut command = project.0.command(&["drift", "--format", "json"]);
        let mut check =
            command.arg("--sandbox-faults").arg(&faults).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Sooner or later, and so between the two looks that a check takes at the record.
        for number in 0..2000 {
            if check.try_wait().unwrap().is_some() {
                break;
            }
            happens(number);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let output = check.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{}", told(&output));
        assert!(told(&output).contains("was under way while its accounts were read"), "{}", told(&output));
        assert!(output.stdout.is_empty(), "{}", told(&output));
    }
}
