//! Whole command lines for a program: events alone on standard output, from the version to the outcome.

use serde_json::Value as Json;

use super::*;

/// Runs a command line that asks for events; the exit code, the lines, and what people are told.
fn events(scene: &Scene, line: &str, answer: Option<&str>) -> (Exit, Vec<Json>, String) {
    let (exit, out, err) = scene.run(&format!("{line} --format json"), answer);
    let lines: Vec<Json> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.first().unwrap()["type"], "version", "{out}");
    let ends = lines.iter().filter(|line| line["type"] == "outcome").count();
    assert_eq!((ends, &lines.last().unwrap()["type"]), (1, &"outcome".into()), "{out}");
    assert_eq!(lines.last().unwrap()["exit_code"], exit.0, "{out}");
    (exit, lines, err)
}

/// The type of each line, with what happens in it and the outcome.
fn story(lines: &[Json]) -> Vec<String> {
    let words = |line: &Json| {
        let members = ["type", "event", "severity", "outcome"].map(|name| line[name].as_str().unwrap_or_default());
        members.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    lines.iter().map(words).collect()
}

#[test]
fn an_apply_is_told_from_the_version_to_the_outcome() {
    let scene = Scene::new(Mood::Willing);
    let (exit, lines, err) = events(&scene, "apply -y SPEC --dangerous-empty", None);
    assert_eq!(exit, exit_code::DONE, "{err}");
    let expected = [
        "version",
        "gather started",
        "gather done",
        "diagnostic warning",
        "plan",
        "diagnostic note",
        "run",
        "step started",
        "step done",
        "outcome applied",
    ];
    assert_eq!(story(&lines), expected);
    assert_eq!(lines[4]["steps"][0]["operation"], "delete");
    assert_eq!(lines[4]["announcements"][0], "--dangerous-empty is given.");
    assert_eq!((&lines[6]["verb"], &lines[6]["done"]), (&"apply".into(), &Json::Array(Vec::new())));
    assert_eq!((&lines[8]["step"], &lines[8]["way"], &lines[8]["id"]), (&1.into(), &"forward".into(), &"sg-1".into()));
    assert_eq!(lines[9]["run"], lines[6]["run"]);
    // People are told of what needs their eyes, and nothing of progress.
    assert!(err.contains("privlink::guard::empty-spec") && !err.contains("ok deleted"), "{err}");
    let (exit, lines, _) = events(&scene, "apply -y SPEC", None);
    assert_eq!((exit, lines.last().unwrap()["outcome"].as_str()), (exit_code::DONE, Some("nothing-to-do")));
    assert_eq!(story(&lines)[3], "plan", "an empty plan is a plan");
}

#[test]
fn a_program_is_never_asked() {
    let scene = Scene::new(Mood::Willing);
    let (exit, lines, err) = events(&scene, "apply SPEC --dangerous-empty", Some("yes\n"));
    assert_eq!(exit, exit_code::REFUSED);
    let end = lines.last().unwrap();
    assert_eq!(end["outcome"], "refused");
    assert!(end["message"].as_str().unwrap().contains("nobody is asked with --format json"), "{end}");
    assert!(end["help"].as_str().unwrap().contains("-y") && !err.contains("Only \"yes\""), "{err}");
    let (_, lines, _) = events(&scene, "apply -y SPEC", None);
    let end = lines.last().unwrap();
    assert!(end["help"].as_str().unwrap().contains("--dangerous-empty"), "a guard is no question: {end}");
    assert!(scene.is_untouched() && runs(&scene).is_empty());
}

#[test]
fn a_failure_is_told_with_what_was_said_and_what_comes_next() {
    let scene = Scene::new(Mood::Refusing);
    let (exit, lines, err) = events(&scene, "destroy -y SPEC", None);
    assert_eq!(exit, exit_code::ROLLED_BACK);
    let failed = lines.iter().find(|line| line["event"] == "failed").unwrap();
    assert_eq!(failed["failure"]["call"]["code"], "CannotDelete");
    assert_eq!(
        (&failed["failure"]["call"]["class"], &failed["failure"]["call"]["request_id"]),
        (&"refused".into(), &"r-1".into())
    );
    let end = lines.last().unwrap();
    assert_eq!(
        (&end["outcome"], &end["why"], &end["failed"][0]["step"]),
        (&"rolled-back".into(), &"failed".into(), &1.into())
    );
    assert_eq!(end["failed"][0]["failure"], failed["failure"]);
    assert!(end["next"][0]["command"].as_str().unwrap().starts_with("privlink destroy -f "), "{end}");
    assert!(end["message"].as_str().unwrap().starts_with("Failed after 0s; nothing had been done"), "{end}");
    assert!(err.contains("error: step 1 of 1 failed"), "{err}");

    let (exit, lines, _) = events(&scene, "destroy -y --no-rollback SPEC", None);
    assert_eq!((exit, &lines.last().unwrap()["outcome"]), (exit_code::STUCK, &"kept".into()));
    let run = lines.last().unwrap()["run"].as_str().unwrap().to_owned();
    let (exit, lines, _) = events(&scene, "resume SPEC", None);
    assert_eq!((exit, &lines.last().unwrap()["run"]), (exit_code::ROLLED_BACK, &run.into()));
    assert!(story(&lines).contains(&"plan".to_owned()) && story(&lines).contains(&"unwinding".to_owned()));
}

#[test]
fn a_world_that_moved_is_told_object_by_object() {
    let scene = Scene::new(Mood::Willing);
    assert_eq!(scene.run("plan SPEC -o PLAN", None).0, exit_code::DONE);
    *scene.toy.group.lock().unwrap() = Some("renamed".to_owned());
    let (exit, lines, _) = events(&scene, "apply PLAN SPEC --dangerous-empty", None);
    let end = lines.last().unwrap();
    assert_eq!((exit, end["outcome"].as_str()), (exit_code::STALE, Some("stale")));
    assert_eq!(end["moved"][0], "security-group sg-1 in 222222222222/us-east-1 changed since the plan was made");
}

#[test]
fn what_ends_before_there_is_a_plan_has_an_outcome_too() {
    let closed = Scene::new(Mood::Closed);
    let (exit, lines, _) = events(&closed, "apply -y SPEC", None);
    assert_eq!((exit, lines.last().unwrap()["outcome"].as_str()), (exit_code::ERROR, Some("error")));
    assert!(lines.iter().any(|line| line["severity"] == "unknown" && line["code"] == "privlink::aws::denied"));

    let scene = Scene::new(Mood::Willing);
    std::fs::write(scene.file("privlink.kdl"), "project \"shop\"\nnetwrok \"hub\"\naccount \"a\" id=\"1\"").unwrap();
    for verb in ["apply -y SPEC", "destroy -y SPEC"] {
        let (exit, lines, err) = events(&scene, verb, None);
        assert_eq!(exit, exit_code::ERROR);
        assert_eq!(story(&lines)[1..3], ["diagnostic error", "diagnostic error"], "{verb}");
        assert_eq!((&lines[1]["labels"][0]["line"], &lines.last().unwrap()["outcome"]), (&2.into(), &"error".into()));
        assert!(err.contains("did you mean `network`?"), "{err}");
    }
    for verb in ["resume SPEC", "rollback -y nothing SPEC"] {
        let (exit, lines, _) = events(&scene, verb, None);
        assert_eq!((exit, lines.last().unwrap()["outcome"].as_str()), (exit_code::ERROR, Some("error")), "{verb}");
    }
    let (exit, out, _) = scene.run("apply --format yaml", None);
    assert_eq!((exit, out.as_str()), (exit_code::USAGE, ""), "a wrong command line has no stream");
}
