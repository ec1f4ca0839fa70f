//! Drift in the real binary: told apart from what is planned, ignored, put back, told, and never taken for absent.
//! What somebody does by hand is done to the sandbox's world between two commands.
#![cfg(feature = "aws")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests make files; a failed set-up is a failed test"
)]

mod drifting;
mod scene;
mod served;
mod standin;

use std::process::Output;

use drifting::{Project, at, rows, valid};
use scene::{Scene, Under};
use serde_json::{Value, json};
use served::{Served, example, interpreter, privlink, python, told};
use standin::{JOB, REPOSITORY, StandIn};

#[test]
fn what_was_changed_by_hand_is_told_apart_from_what_the_spec_changed_and_put_back_alone() {
    let project = Project::applied("cross-network");
    let clean = project.drift(0, &[]);
    assert_eq!((&clean["verdict"], &clean["summary"]["runs"]), (&json!("clean"), &json!(0)), "{clean:#}");
    project.0.edit("allow-from \"10.0.0.0/8\"", "allow-from \"10.0.0.0/9\"");
    let pending = project.drift(0, &[]);
    assert_eq!(rows(&pending, "drifted"), [""; 0]);
    assert!(rows(&pending, "pending").len() == 2, "a rule comes and a rule goes: {pending:#}");

    project.set("target/legacy/target-group", "/health/port", json!("8080"));
    project.hand(|world| {
        let listeners =
            world.pointer_mut("/scopes/222222222222~1us-east-1/elb/listeners").unwrap().as_object_mut().unwrap();
        let (arn, mut listener) = listeners.iter().next().map(|(arn, it)| (arn.clone(), it.clone())).unwrap();
        listeners.retain(|_, it| it["tags"]["privlink:address"] != "target/legacy/listener");
        let arn = format!("{}{}", &arn[..arn.len() - 4], "beef");
        (listener["arn"], listener["port"], listener["tags"]) = (json!(arn), json!(8099), json!({}));
        listeners.insert(arn, listener);
    });
    let drift = project.drift(2, &[]);
    assert_eq!(
        rows(&drift, "drifted"),
        [
            "added link/gateway/hub/load-balancer/listener/8099",
            "missing target/legacy/listener",
            "changed target/legacy/target-group: health-port"
        ],
        "{drift:#}"
    );
    let changed = &drift["drifted"][2]["attributes"][0];
    assert_eq!((&changed["expected"], &changed["found"]), (&json!("traffic-port"), &json!("8080")));
    assert_eq!(drift["pending"], pending["pending"]);
    assert_eq!(project.drift(2, &["--detailed-exitcode"]), drift, "the same drift is told the same way");

    let text = project.text(2, &["--no-who"]);
    for word in
        ["health-port  \"traffic-port\" → \"8080\"", "a repair deletes it", "drift --repair", "planned and not applied"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    // Nobody can be asked here.
    project.text(5, &["--repair"]);
    let repaired = project.text(0, &["--repair", "-y"]);
    assert!(repaired.contains("Repaired: ") && repaired.contains("No drift in"), "{repaired}");
    assert_eq!(rows(&project.drift(0, &[]), "pending").len(), 2, "what the spec changed was not applied");
    project.0.expect(2, &["plan", "--detailed-exitcode"]);
    project.0.expect(0, &["apply", "-y"]);
    project.drift(0, &[]);
}

#[test]
fn what_works_only_some_time_after_a_repair_is_waited_for() {
    let project = Project::applied("cross-network");
    project.hand(|world| {
        let listeners = world.pointer_mut("/scopes/222222222222~1us-east-1/elb/listeners").unwrap();
        listeners.as_object_mut().unwrap().retain(|_, it| it["tags"]["privlink:address"] != "target/legacy/listener");
    });
    // Of a group that no listener uses the targets are checked anew.
    project.set("target/legacy/target-group", "/ready_at", Value::Null);
    let repaired = project.text(0, &["--repair", "-y"]);
    assert!(repaired.contains("No drift in") && !repaired.contains("not working"), "{repaired}");
}

#[test]
fn a_name_that_resolves_to_other_addresses_is_drift_and_says_so() {
    let project = Project::applied("cross-network");
    project.hand(|world| world["hosts"]["billing.corp.example"] = json!(["172.31.40.10", "172.31.40.12"]));
    let drift = project.drift(2, &[]);
    assert_eq!(rows(&drift, "drifted"), ["changed target/billing/targets: addresses"], "{drift:#}");
    let row = &drift["drifted"][0]["attributes"][0];
    assert_eq!(row["name"], "billing.corp.example");
    assert_eq!(row["expected"], json!(["172.31.40.10", "172.31.40.12"]));
    assert_eq!(row["found"], json!(["172.31.40.10", "172.31.40.11"]));
    assert!(project.text(2, &[]).contains("billing.corp.example resolves to other addresses now; nobody touched AWS"));
    project.text(0, &["--repair", "-y"]);
    project.drift(0, &[]);
    // Other addresses and another name in the spec are changes of the spec.
    project.hand(|world| world["hosts"]["invoices.corp.example"] = json!(["172.31.40.20"]));
    project.0.edit("address \"172.31.12.59\"", "address \"172.31.12.60\"");
    project.0.edit("billing.corp.example", "invoices.corp.example");
    let pending = project.drift(0, &[]);
    for target in ["target/legacy/targets", "target/billing/targets"] {
        assert!(rows(&pending, "pending").contains(&target.to_owned()), "{pending:#}");
    }
}

#[test]
fn rules_ignore_drift_until_they_end() {
    let project = Project::applied("cross-network");
    project.set("target/legacy/target-group", "/health/port", json!("8080"));
    let spec = std::fs::read_to_string(project.0.file("privlink.kdl")).unwrap();
    let rule = |until: &str, address: &str, attribute: &str| {
        let rule =
            format!("ignore \"{address}\" attribute=\"{attribute}\" reason=\"failover test\" until=\"{until}\"\n");
        project.write("privlink.kdl", &format!("{spec}\n{rule}"));
    };
    rule("9999-12-31", "target/legacy", "health-port");
    let ignored = project.drift(0, &[]);
    assert_eq!((&ignored["verdict"], rows(&ignored, "drifted")), (&json!("clean"), Vec::new()));
    assert_eq!(rows(&ignored, "ignored"), ["changed target/legacy/target-group: health-port"]);
    assert_eq!(ignored["ignored"][0]["rule"]["reason"], "failover test");
    assert!(project.text(0, &[]).contains("ignored until 9999-12-31: failover test"));
    let plan = project.0.expect(2, &["plan", "--detailed-exitcode"]);
    assert!(plan.contains("an apply sets health-port; its drift is ignored until 9999-12-31: failover test"), "{plan}");
    assert!(project.text(0, &["--repair", "-y"]).contains("No drift"), "what is ignored is not repaired");

    rule("2026-01-01", "target/legacy", "health-port");
    let ended = project.drift(2, &[]);
    assert_eq!(ended["rules_ended"].as_array().unwrap().len(), 1, "{ended:#}");
    assert!(project.text(2, &[]).contains("ended on 2026-01-01 (failover test): its drift counts again"));

    rule("9999-12-31", "target/lagecy", "health-port");
    let idle = project.drift(2, &[]);
    assert_eq!(idle["rules_idle"][0]["address"], "target/lagecy", "{idle:#}");
}

#[test]
fn what_could_not_be_read_is_neither_drift_nor_clean() {
    let project = Project::applied("cross-network");
    let denied = "fault \"elbv2:DescribeTargetGroups\" every=#true { refused \"AccessDenied\" status=403 }\n";
    let text = project.0.expect_with(denied, 8, &["drift"]);
    assert!(text.contains("Not known: not all could be read") && text.contains("AccessDenied"), "{text}");
    project.set("entry/hub/security-group", "/description", json!("mine"));
    project.hand(|world| {
        let group = at(world, "entry/hub/security-group").unwrap();
        let rules = group["rules"].as_object_mut().unwrap();
        let mut rule = rules.values().find(|rule| rule["egress"] == false).unwrap().clone();
        (rule["id"], rule["tags"], rule["peer"]) = (json!("sgr-0bad"), json!({}), json!({ "Ipv4": "0.0.0.0/0" }));
        rules.insert("sgr-0bad".to_owned(), rule);
    });
    let faults = project.write("faults.kdl", denied);
    let known = project.drift(8, &["--sandbox-faults", &faults.display().to_string()]);
    assert_eq!(known["verdict"], "drift", "what is known is told all the same: {known:#}");
    assert!(!known["unknown"].as_array().unwrap().is_empty() && !known["unread"].as_array().unwrap().is_empty());
    let kept = project.0.expect_with(denied, 8, &["drift", "--repair", "-y"]);
    assert!(kept.contains("Nothing is repaired: not all could be read."), "{kept}");
    // Where nothing at all can be read there is nothing to tell.
    let blind = "fault \"sts:AssumeRole\" every=#true { refused \"AccessDenied\" status=403 }\n";
    project.0.expect_with(blind, 1, &["drift"]);
}

#[test]
fn runs_that_did_not_end_that_are_gone_or_never_were() {
    let scene = Scene::new("cross-network");
    let project = Project(scene);
    let never = project.text(0, &[]);
    assert!(never.contains("No drift: nothing of this project was applied"), "{never}");
    let under = project.0.until(&["apply", "-y"], " ok ", 3);
    under.kill();
    let (run, _) = project.0.last();
    let killed = project.text(0, &[]);
    assert!(killed.contains(&format!("the last run, {run}, is unfinished")), "{killed}");
    assert!(killed.contains(&format!("resume {run}")), "{killed}");
    project.0.expect(0, &["resume"]);
    project.drift(0, &[]);
    // Another store, such as that of another machine.
    project.set("target/legacy/target-group", "/health/port", json!("8080"));
    let elsewhere = project.0.command(&["drift"]).args(["--store", "elsewhere"]).output().unwrap();
    assert_eq!(elsewhere.status.code(), Some(2), "{}", told(&elsewhere));
    let words = told(&elsewhere);
    assert!(words.contains("elsewhere has no run of this project on record"), "{words}");
    assert!(words.contains("health-port"), "{words}");
    project.0.expect(0, &["apply", "-y"]);
    project.0.expect(0, &["destroy", "-y"]);
    let destroyed = project.drift(0, &[]);
    assert_eq!(destroyed["summary"]["drifted"], 0, "{destroyed:#}");
}

#[test]
fn nothing_is_checked_while_a_run_is_under_way() {
    let sandbox = Served::start_at("cross-account", "100");
    let slow = |verb: &[&str]| {
        let mut command = privlink(verb);
        command.arg("-f").arg(example("cross-account")).args(["--endpoint", &sandbox.url, "--sandbox-speed", "100"]);
        command.arg("--store").arg(sandbox.store()).env("USER", "ana");
        command
    };
    let first = Under::until(slow(&["apply", "-y"]), "Run ", 1);
    let second = slow(&["drift"]).output().unwrap();
    assert_eq!(second.status.code(), Some(7), "{}", told(&second));
    assert!(told(&second).contains("is locked by ana@"), "{}", told(&second));
    let waited = Under::until(slow(&["drift", "--lock-timeout", "5m"]), "Waiting: project", 1);
    assert_eq!(first.end().status.code(), Some(0));
    let waited = waited.end();
    assert_eq!(waited.status.code(), Some(0), "{}", told(&waited));
}

#[test]
fn a_ci_system_reads_it_as_tests() {
    let project = Project::applied("cross-network");
    project.set("target/legacy/target-group", "/health/port", json!("<8080>&"));
    let file = project.0.file("drift.xml");
    let output = project.0.command(&["drift"]).args(["--format", "junit", "-o"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(output.stdout.is_empty() && told(&output).contains("Drift: 1 of "), "{}", told(&output));
    let program = "import sys, xml.etree.ElementTree as tree\n\
                   root = tree.parse(sys.argv[1]).getroot()\n\
                   assert root.tag == 'testsuites', root.tag\n\
                   cases = list(root.iter('testcase'))\n\
                   assert len(cases) == int(root.get('tests')) > 10, root.attrib\n\
                   assert all(case.get('name') and case.get('classname') for case in cases)\n\
                   failed = [case for case in cases if case.find('failure') is not None]\n\
                   assert len(failed) == int(root.get('failures')) == 1\n\
                   print(failed[0].get('name'), failed[0].find('failure').text)";
    let mut command = std::process::Command::new(interpreter());
    let read = command.args(["-c", program]).arg(file).output().unwrap();
    assert!(read.status.success(), "{}", told(&read));
    let failed = String::from_utf8(read.stdout).unwrap();
    assert!(failed.starts_with("target/legacy/target-group") && failed.contains("\"<8080>&\""), "{failed}");
}

#[test]
fn a_hook_and_an_issue_are_told_once_and_told_as_gone() {
    let project = Project::applied("cross-network");
    let github = StandIn::start();
    let hook = format!("{}/hook", github.origin());
    let check = |code: i32, more: &[&str]| -> String {
        let mut command = project.0.command(&["drift"]);
        command.args(["--repository", REPOSITORY, "--api-url", &github.url]).args(more);
        let output: Output = command.env("GITHUB_TOKEN", JOB).env("PRIVLINK_WEBHOOK", &hook).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        assert!(!told(&output).contains("/hook"), "the URL is a secret: {}", told(&output));
        told(&output)
    };
    check(0, &["--issue"]);
    assert_eq!((github.hooks().len(), github.writes()), (0, 0), "nothing was told of nothing");

    project.set("target/legacy/target-group", "/health/port", json!("8080"));
    assert!(check(2, &["--issue"]).contains("Webhook told."));
    let hooks = github.hooks();
    assert!(hooks.len() == 1 && hooks[0]["text"].as_str().unwrap().contains("Drift: 1 of"), "{hooks:#?}");
    let writes = github.writes();
    check(2, &["--issue"]);
    check(2, &["--issue"]);
    assert_eq!((github.hooks().len(), github.writes()), (1, writes), "the same drift again");

    project.set("target/legacy/target-group", "/health/port", json!("9090"));
    assert!(check(2, &["--issue"]).contains("the drift is another"));
    assert_eq!(github.hooks().len(), 2);
    // Of a part of the project nobody is told.
    check(0, &["--target", "target/billing"]);
    assert_eq!(github.hooks().len(), 2);
    check(64, &["--issue", "--target", "target/billing"]);

    let repaired = check(0, &["--issue", "--repair", "-y"]);
    assert!(repaired.contains("closed: the drift is gone"), "{repaired}");
    assert_eq!(github.hooks().len(), 3);
    assert!(github.hooks()[2]["text"].as_str().unwrap().contains("No drift"));
    check(0, &["--issue"]);
    assert_eq!(github.hooks().len(), 3);
    let issues: Vec<Value> = github.state()["issues"].as_array().unwrap().clone();
    let ours: Vec<&Value> = issues.iter().filter(|issue| issue["title"] == "Drift in project crossnetwork").collect();
    assert!(ours.len() == 1 && ours[0]["state"] == "closed", "{issues:#?}");

    // Of two specs with one project's name a clean check of the one closes nothing of the other.
    project.set("target/legacy/target-group", "/health/port", json!("8080"));
    check(2, &["--issue", "--name", "shop/test"]);
    project.set("target/legacy/target-group", "/health/port", json!("traffic-port"));
    check(0, &["--issue", "--name", "shop-prod"]);
    let issues: Vec<Value> = github.state()["issues"].as_array().unwrap().clone();
    let named: Vec<&Value> = issues.iter().filter(|issue| issue["title"] == "Drift in project shop/test").collect();
    assert!(named.len() == 1 && named[0]["state"] == "open", "{issues:#?}");
}

#[test]
fn a_check_that_tells_nobody_does_not_look_fine() {
    let project = Project::applied("cross-network");
    let silent = project.0.command(&["drift", "--issue"]).output().unwrap();
    assert_eq!(silent.status.code(), Some(1), "{}", told(&silent));
    assert!(
        told(&silent).contains("the issue is not told: ") && told(&silent).contains("No drift"),
        "{}",
        told(&silent)
    );
    let unset = project.0.command(&["drift", "--webhook-env", "NOT_SET"]).output().unwrap();
    assert_eq!(unset.status.code(), Some(1), "{}", told(&unset));
    assert!(told(&unset).contains("there is no URL in NOT_SET"), "{}", told(&unset));
    for (url, why) in [("hooks.example/x", "is not one of HTTPS"), ("http://hooks.example/x", "begins with http://")] {
        let wrong = project.0.command(&["drift"]).env("PRIVLINK_WEBHOOK", url).output().unwrap();
        assert!(wrong.status.code() == Some(1) && told(&wrong).contains(why), "{}", told(&wrong));
    }
    // A webhook that fails is tried again; the drift has the last word.
    project.set("target/legacy/target-group", "/health/port", json!("8080"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failing =
        project.0.command(&["drift"]).env("PRIVLINK_WEBHOOK", format!("http://{free}/secret")).output().unwrap();
    assert_eq!(failing.status.code(), Some(2), "{}", told(&failing));
    assert!(
        told(&failing).contains("the webhook is not told") && !told(&failing).contains("secret"),
        "{}",
        told(&failing)
    );
    let github = StandIn::start();
    let hook = format!("{}/hook", github.origin());
    let again = project.0.command(&["drift"]).env("PRIVLINK_WEBHOOK", &hook).output().unwrap();
    assert_eq!((again.status.code(), github.hooks().len()), (Some(2), 1), "{}", told(&again));
}

#[test]
fn who_did_it_is_told_where_the_role_may_know() {
    let sandbox = Served::start("cross-network");
    sandbox.expect(0, &["apply", "-y"], "cross-network");
    python("change.py", &[&sandbox.url, "target-removed"]);
    // AWS's log lags behind by minutes, and so does the sandbox's.
    let by = (0..20).find_map(|_| {
        let output = sandbox.run(&["drift", "--format", "json"], "cross-network");
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        valid(&json);
        Some(json["drifted"][0]["by"].clone()).filter(|by| !by.is_null())
    });
    let by = by.expect("nobody was named");
    assert_eq!((&by["who"], &by["call"]), (&json!("hand"), &json!("elasticloadbalancing:DeregisterTargets")));
    let output = sandbox.run(&["drift", "--format", "json", "--no-who"], "cross-network");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["drifted"][0]["by"].is_null(), "{json:#}");
}
