//! Runs as a program sees them: the events of the real binary, held against their schema by a validator that is not ours, and
//! drawn by a program that knows nothing else.
#![allow(clippy::disallowed_methods, reason = "tests make files and measure time")]
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod scene;
mod served;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

use scene::Scene;
use served::{Served, example, privlink, python_command, root, told};

const EXAMPLE: &str = "cross-account";
const REFUSED: &str = r#"fault "apigateway:CreateVpcLink" { refused "BadRequestException" message="no" status=400 }"#;
/// AWS does not yet know the service that an endpoint is made to.
const BUSY: &str = r#"fault "ec2:CreateVpcEndpoint" { refused "InvalidServiceName" }"#;

/// A whole stream.
struct Told {
    lines: Vec<Value>,
    stderr: String,
}

impl Told {
    /// Runs a command for its events, which must exit with `code` and keep to the schema.
    fn of(mut command: Command, code: i32) -> Self {
        let output = command.args(["--format", "json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        Self::whole(&String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), code)
    }

    fn whole(text: &str, stderr: String, code: i32) -> Self {
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        is_valid(written(text.as_bytes()).path(), lines.len());
        assert_eq!(lines[0]["type"], "version", "{text}");
        assert_eq!(lines.iter().filter(|line| line["type"] == "outcome").count(), 1, "{text}");
        let told = Self { lines, stderr };
        assert_eq!((&told.end()["type"], &told.end()["exit_code"]), (&"outcome".into(), &code.into()), "{text}");
        told
    }

    /// The last line.
    fn end(&self) -> &Value {
        self.lines.last().unwrap()
    }

    /// The only line of a type.
    fn one(&self, name: &str) -> &Value {
        let mut all = self.lines.iter().filter(|line| line["type"] == name);
        let one = all.next().unwrap_or_else(|| panic!("no {name} in {:?}", self.lines));
        assert!(all.next().is_none(), "several of {name}");
        one
    }

    /// The steps that something happened to on a way, in the order of the lines.
    fn steps(&self, way: &str, event: &str) -> Vec<u64> {
        let of = |line: &&Value| line["type"] == "step" && line["way"] == way && line["event"] == event;
        self.lines.iter().filter(of).map(|line| line["step"].as_u64().unwrap()).collect()
    }

    /// What a program draws of it.
    fn drawn(&self) -> Vec<String> {
        let text: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        let mut child = python_command("events.py", &["draw"]);
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Holds a file of events against the schema that the binary prints.
fn check(events: &Path) -> Output {
    let schema = written(&privlink(&["schema", "events"]).output().unwrap().stdout);
    let paths = [schema.path(), events].map(|path| path.display().to_string());
    python_command("events.py", &["check", &paths[0], &paths[1]]).output().unwrap()
}

/// Whether all lines of a file keep to the schema, and there are so many of them.
fn is_valid(events: &Path, lines: usize) {
    let output = check(events);
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{lines} lines\n"));
}

fn written(text: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    file
}

/// A command whose events are read as they come.
struct Live {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    text: String,
}

impl Live {
    fn start(mut command: Command) -> Self {
        // So slow that what is read here is read before the end.
        command.args(["--format", "json"]).env("PRIVLINK_SANDBOX_SPEED", "300");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, text: String::new() }
    }

    /// Reads on until so many steps are done; it has not ended then.
    fn until_done(&mut self, steps: usize) -> &mut Self {
        for _ in 0..steps {
            self.until(r#""event":"done","step""#);
        }
        assert!(self.child.try_wait().unwrap().is_none(), "the lines came when all was over");
        self
    }

    fn until(&mut self, part: &str) {
        loop {
            let line = self.lines.next().unwrap_or_else(|| panic!("no {part} in {}", self.text)).unwrap();
            self.text.push_str(&format!("{line}\n"));
            if line.contains(part) {
                return;
            }
        }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Reads to the end.
    fn end(mut self, code: i32) -> Told {
        for line in self.lines.by_ref() {
            self.text.push_str(&format!("{}\n", line.unwrap()));
        }
        assert_eq!(self.child.wait().unwrap().code(), Some(code), "{}", self.text);
        Told::whole(&self.text, String::new(), code)
    }
}

/// A way that is drawn goes up, step by step, and ends with all of it.
fn climbs(drawn: &[String], way: &str, total: usize) {
    let of_way: Vec<&String> = drawn.iter().filter(|line| line.starts_with(way)).collect();
    let done = |line: &String| line.split([' ', '/']).nth(1).unwrap().parse::<usize>().unwrap();
    assert!(of_way.windows(2).all(|pair| done(pair[0]) + 1 == done(pair[1])), "{drawn:?}");
    assert_eq!(of_way.last().unwrap().as_str(), format!("{way} {total}/{total} 100%"), "{drawn:?}");
}

#[test]
fn an_apply_a_rollback_and_a_destroy_are_told_whole() {
    let scene = Scene::new(EXAMPLE);
    let told = Told::of(scene.command(&["apply", "-y"]), 0);
    assert_eq!(told.end()["outcome"], "applied");
    let steps = told.one("plan")["steps"].as_array().unwrap();
    climbs(&told.drawn(), "forward", steps.len());
    // Nothing starts before what it needs is done, and each step that starts is done.
    let mut done: BTreeSet<u64> = BTreeSet::new();
    for line in told.lines.iter().filter(|line| line["type"] == "step") {
        let id = line["step"].as_u64().unwrap();
        let step = steps.iter().find(|step| step["id"] == id).unwrap();
        assert_eq!((&line["address"], &line["way"]), (&step["address"], &"forward".into()));
        match line["event"].as_str().unwrap() {
            "started" => {
                let needs = step["needs"].as_array().unwrap();
                assert!(needs.iter().all(|need| done.contains(&need.as_u64().unwrap())), "{line}");
            }
            "done" => assert!(done.insert(id), "{line}"),
            "waiting" => assert!(step["settle"].is_object() && line["elapsed_ms"].is_u64(), "{line}"),
            other => panic!("{other}: {line}"),
        }
    }
    assert_eq!(done.len(), steps.len());
    let gathered = |event: &str| {
        let of = |line: &&Value| line["type"] == "gather" && line["event"] == event;
        told.lines.iter().filter(of).map(|line| line["account"].to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!((gathered("started"), gathered("started").len()), (gathered("done"), 2));
    let run = told.one("run");
    assert_eq!(run["run"], scene.last().0);
    assert!(run["place"].as_str().unwrap().contains("sandbox") && run["store"].as_str().unwrap().contains("sandbox"));
    // Messages are for people, progress is for the program; attributes are for nobody here.
    assert!(!told.stderr.contains(" ok created") && !told.stderr.contains("Plan:"), "{}", told.stderr);
    assert!(told.lines.iter().all(|line| !line.to_string().contains("attributes")));

    let again = Told::of(scene.command(&["apply", "-y"]), 0);
    assert_eq!(
        (&again.end()["outcome"], again.one("plan")["steps"].as_array().unwrap().len()),
        (&"nothing-to-do".into(), 0)
    );

    let name = scene.last().0;
    let back = Told::of(scene.command(&["rollback", "-y", &name]), 0);
    assert_eq!((&back.end()["outcome"], &back.end()["why"]), (&"rolled-back".into(), &"asked".into()));
    assert_eq!(
        (&back.one("run")["way"], back.one("run")["done"].as_array().unwrap().len()),
        (&"back".into(), steps.len())
    );
    climbs(&back.drawn(), "back", back.one("unwinding")["steps"].as_array().unwrap().len());
    let resumed = Told::of(scene.command(&["resume", &name]), 0);
    assert_eq!(resumed.end()["outcome"], "nothing-to-do");

    scene.expect(0, &["apply", "-y"]);
    let destroyed = Told::of(scene.command(&["destroy", "-y"]), 0);
    assert_eq!((&destroyed.one("run")["verb"], &destroyed.end()["outcome"]), (&"destroy".into(), &"applied".into()));
    climbs(&destroyed.drawn(), "forward", destroyed.one("plan")["steps"].as_array().unwrap().len());
}

/// A command while things go wrong.
fn with(scene: &Scene, faults: &str, verb: &[&str]) -> Command {
    let file = scene.file("faults.kdl");
    std::fs::write(&file, faults).unwrap();
    let mut command = scene.command(verb);
    command.arg("--sandbox-faults").arg(file);
    command
}

#[test]
fn a_failure_is_told_with_its_call_and_the_way_back_step_by_step() {
    let scene = Scene::new(EXAMPLE);
    let before = scene.world();
    let told = Told::of(with(&scene, REFUSED, &["apply", "-y"]), 3);
    let failed: Vec<&Value> = told.lines.iter().filter(|line| line["event"] == "failed").collect();
    let [failed] = failed.as_slice() else { panic!("one step fails: {failed:?}") };
    let call = &failed["failure"]["call"];
    assert_eq!((&failed["address"], &call["class"]), (&"link/gateway/hub".into(), &"refused".into()));
    assert_eq!(
        (&call["operation"], &call["code"]),
        (&"apigateway:CreateVpcLink".into(), &"BadRequestException".into())
    );
    assert!(call["request_id"].is_string(), "{call}");
    let steps = told.one("unwinding")["steps"].as_array().unwrap();
    assert_eq!(told.steps("back", "done").len(), steps.len());
    assert!(steps.iter().all(|step| told.steps("forward", "done").contains(&step["undoes"].as_u64().unwrap())));
    climbs(&told.drawn(), "back", steps.len());
    let end = told.end();
    assert_eq!(
        (&end["outcome"], &end["why"], &end["failed"][0]["step"]),
        (&"rolled-back".into(), &"failed".into(), &failed["step"])
    );
    assert_eq!(end["next"][0]["command"], "privlink apply --sandbox=sandbox");
    // People are told of the failure as ever.
    assert!(told.stderr.contains("create link/gateway/hub (VPC link)"), "{}", told.stderr);
    scene.is_as(&before);

    let kept = Told::of(with(&scene, REFUSED, &["apply", "-y", "--no-rollback"]), 4);
    assert_eq!(kept.end()["outcome"], "kept");
    let done = kept.steps("forward", "done");
    let rest = Told::of(scene.command(&["resume"]), 0);
    let known: Vec<u64> = rest.one("run")["done"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
    assert_eq!(known.iter().collect::<BTreeSet<_>>(), done.iter().collect::<BTreeSet<_>>());
    climbs(&rest.drawn(), "forward", rest.one("plan")["steps"].as_array().unwrap().len());
    scene.is_applied();
}

#[test]
fn a_call_that_is_made_again_is_told() {
    let scene = Scene::new(EXAMPLE);
    let told = Told::of(with(&scene, BUSY, &["apply", "-y"]), 0);
    let again: Vec<&Value> = told.lines.iter().filter(|line| line["event"] == "retrying").collect();
    let [again] = again.as_slice() else { panic!("one call is made again: {again:?}") };
    assert_eq!((&again["call"]["class"], &again["call"]["code"]), (&"busy".into(), &"InvalidServiceName".into()));
    assert!(told.steps("forward", "done").contains(&again["step"].as_u64().unwrap()));
}

#[test]
fn lines_come_at_once_and_an_interruption_is_told_to_its_end() {
    let scene = Scene::new(EXAMPLE);
    let before = scene.world();
    let mut live = Live::start(scene.command(&["apply", "-y"]));
    live.until_done(4).signal("INT");
    let told = live.end(130);
    assert_eq!(told.one("stopping")["why"], "interrupted");
    assert_eq!(told.one("unwinding")["why"], "interrupted");
    assert_eq!((&told.end()["outcome"], &told.end()["why"]), (&"rolled-back".into(), &"interrupted".into()));
    climbs(&told.drawn(), "back", told.one("unwinding")["steps"].as_array().unwrap().len());
    scene.is_as(&before);

    let mut live = Live::start(scene.command(&["apply", "-y"]));
    live.until_done(4).signal("TERM");
    live.until(r#""type":"stopping""#);
    live.signal("TERM");
    let told = live.end(143);
    assert_eq!(told.end()["outcome"], "abandoned");
    let next = told.end()["next"][0]["command"].as_str().unwrap();
    assert_eq!(next, format!("privlink resume {} --sandbox=sandbox", scene.last().0));
    let rest = Told::of(scene.command(&["resume"]), 0);
    climbs(&rest.drawn(), "forward", rest.one("plan")["steps"].as_array().unwrap().len());
    scene.is_applied();
}

#[test]
fn a_killed_run_has_told_the_command_that_goes_on() {
    let scene = Scene::new(EXAMPLE);
    let mut live = Live::start(scene.command(&["apply", "-y"]));
    live.until_done(6);
    live.child.kill().unwrap();
    live.child.wait().unwrap();
    let run = live.text.lines().find(|line| line.starts_with(r#"{"type":"run""#)).unwrap();
    let run: Value = serde_json::from_str(run).unwrap();
    assert_eq!(run["next"][0]["to"], "resume");
    let refused = Told::of(scene.command(&["apply", "-y"]), 5);
    assert!(refused.end()["help"].as_str().unwrap().contains(run["next"][0]["command"].as_str().unwrap()));
    let rest = Told::of(scene.command(&["resume"]), 0);
    climbs(&rest.drawn(), "forward", rest.one("plan")["steps"].as_array().unwrap().len());
    assert_eq!(scene.last(), (run["run"].as_str().unwrap().to_owned(), "applied".to_owned()));
}

#[test]
fn a_reader_that_goes_away_does_not_stop_the_run() {
    let scene = Scene::new(EXAMPLE);
    let mut live = Live::start(scene.command(&["apply", "-y"]));
    live.until_done(2);
    drop(live.lines);
    assert_eq!(live.child.wait().unwrap().code(), Some(0));
    assert_eq!(scene.last().1, "applied");
    scene.is_applied();
}

#[test]
fn what_ends_before_a_run_has_an_outcome() {
    let scene = Scene::new(EXAMPLE);
    let refused = Told::of(scene.command(&["apply"]), 5);
    assert_eq!(refused.end()["outcome"], "refused");
    assert!(!refused.one("plan")["steps"].as_array().unwrap().is_empty());
    assert!(scene.runs().is_empty());

    scene.expect(0, &["plan", "-o", "saved.plan"]);
    scene.expect(0, &["apply", "-y"]);
    let stale = Told::of(scene.command(&["apply", "saved.plan"]), 6);
    assert_eq!(stale.end()["outcome"], "stale");
    assert!(!stale.end()["moved"].as_array().unwrap().is_empty());

    let blind = r#"fault "ec2:DescribeVpcs" every=#true { refused "UnauthorizedOperation" status=403 }"#;
    let incomplete = Told::of(with(&scene, blind, &["apply", "-y"]), 8);
    assert_eq!(incomplete.end()["outcome"], "incomplete");
    assert!(incomplete.lines.iter().any(|line| line["severity"] == "unknown" && line["help"].is_string()));

    scene.edit("target=\"orders\"", "target=\"odrers\"");
    let broken = Told::of(scene.command(&["apply", "-y"]), 1);
    let diagnostic = broken.lines.iter().find(|line| line["severity"] == "error").unwrap();
    assert_eq!(
        (&diagnostic["code"], &diagnostic["labels"][0]["file"].is_string()),
        (&"privlink::target::unknown".into(), &true)
    );
    assert_eq!(broken.end()["outcome"], "error");
    assert!(broken.stderr.contains("did you mean `orders`?"), "{}", broken.stderr);
}

#[test]
fn who_waits_for_a_lock_is_told_whose_it_is() {
    // So slow that the first is still at work while the others ask.
    const SLOW: &str = "50";
    let sandbox = Served::start_at(EXAMPLE, SLOW);
    let slow = |verb: &[&str]| {
        let mut command = privlink(verb);
        command.arg("-f").arg(example(EXAMPLE)).args(["--endpoint", &sandbox.url, "--sandbox-speed", SLOW]);
        command.arg("--store").arg(sandbox.store()).env("USER", "ana");
        command
    };
    let mut first = Live::start(slow(&["apply", "-y"]));
    first.until(r#""type":"run""#);
    let mut waits = Live::start(slow(&["apply", "-y", "--lock-timeout", "5m"]));
    waits.until(r#""type":"lock""#);
    let locked = Told::of(slow(&["apply", "-y"]), 7);
    assert_eq!(locked.end()["outcome"], "locked");
    let (first, waited) = (first.end(0), waits.end(0));
    let lock = waited.one("lock");
    assert!(lock["owner"].as_str().unwrap().starts_with("ana@"), "{lock}");
    assert_eq!(lock["run"], first.one("run")["run"]);
    assert_eq!(waited.end()["outcome"], "nothing-to-do");
}

#[test]
fn every_sort_of_line_keeps_to_the_schema() {
    let file = root().join("testdata/events/lines.jsonl");
    is_valid(&file, std::fs::read_to_string(&file).unwrap().lines().count());
    // The validator is not one that finds nothing.
    for bad in [
        r#"{"type":"version","format_version":"2.0","privlink":"1"}"#,
        r#"{"type":"stopping","why":"tired","message":""}"#,
        r#"{"type":"step","event":"done","step":1,"way":"forward","address":"a","id":"x","elapsed_ms":1,"attrs":{}}"#,
        r#"{"type":"outcome","outcome":"applied","exit_code":0,"message":"","help":null,"next":[]}"#,
    ] {
        let output = check(written(format!("{bad}\n").as_bytes()).path());
        assert_eq!(output.status.code(), Some(1), "{bad}: {}", told(&output));
    }
}
