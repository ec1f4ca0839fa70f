//! Policies of least privilege, by the real binary on a sandbox whose roles have exactly them.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a failed set-up is a failed test")]

mod served;

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value as Json;
use served::{SPEED, example, privlink, told};

const EXAMPLE: &str = "cross-account";
const EVERYTHING: &str = "allow \"*\"";

/// An example with a world of its own.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// What the roles of an example's world are allowed, in their order there: lines of a world file.
    fn new(name: &str, roles: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let read = |file: &str| std::fs::read_to_string(example(name).join(file)).unwrap();
        std::fs::write(folder.path().join("privlink.kdl"), read("privlink.kdl")).unwrap();
        let world = read("world.kdl");
        let mut parts = world.split("role \"privlink-deployer\"");
        let mut made = parts.next().unwrap().to_owned();
        for (part, role) in parts.by_ref().zip(roles) {
            made.push_str(&format!("role \"privlink-deployer\" {{\n{role}\n}}{part}"));
        }
        assert_eq!(made.matches("role \"privlink-deployer\" {").count(), roles.len());
        std::fs::write(folder.path().join("world.kdl"), made).unwrap();
        Self { folder }
    }

    /// The example of two accounts: the gateway's and the application's.
    fn two(gateway: &str, application: &str) -> Self {
        Self::new(EXAMPLE, &[gateway, application])
    }

    fn open() -> Self {
        Self::two(EVERYTHING, EVERYTHING)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, verb: &[&str]) -> Output {
        let mut command = privlink(verb);
        command.arg("-f").arg(self.folder.path()).current_dir(self.folder.path());
        command.arg(format!("--sandbox={}", self.path("sandbox").display())).args(["--sandbox-speed", SPEED]);
        command.output().unwrap()
    }

    fn expect(&self, code: i32, verb: &[&str]) -> String {
        let output = self.run(verb);
        assert_eq!(output.status.code(), Some(code), "{verb:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a plan shows, without the line that names the sandbox's folder.
    fn shown(&self) -> String {
        let text = self.expect(0, &["plan"]);
        text.split_once('\n').unwrap().1.to_owned()
    }

    fn plan(&self) -> String {
        let saved = self.path("saved.plan").display().to_string();
        self.expect(0, &["plan", "-o", &saved]);
        saved
    }
}

/// What `schema permissions` prints; it calls nothing, and so needs no sandbox.
fn schema(arguments: &[&str], spec: &Path) -> (Json, String) {
    let mut command = privlink(&["schema", "permissions"]);
    let output = command.arg("-f").arg(spec).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    (serde_json::from_slice(&output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// One document or several, as lines of a world file.
fn lines(documents: &Json) -> String {
    let documents = documents.as_array().cloned().unwrap_or_else(|| vec![documents.clone()]);
    documents.iter().map(|document| format!("policy #\"{document}\"#\n")).collect()
}

/// With exactly the policies that are printed for its plan, an example is applied, found to be as it should, and destroyed.
fn suffices(name: &str, roles: impl Fn(&Json) -> Vec<String>, accounts: usize) {
    let open = Bench::new(name, &vec![EVERYTHING; accounts]);
    let saved = open.plan();
    let (printed, _) = schema(&[&saved], Path::new("nowhere"));
    let roles = roles(&printed);
    let bench = Bench::new(name, &roles.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(bench.shown() == open.shown(), "reading sees less than it must");
    let applied = bench.expect(0, &["apply", &saved]);
    assert!(applied.contains("Applied: "), "{applied}");
    bench.expect(0, &["plan", "--detailed-exitcode"]);
    let destroyed = bench.expect(0, &["destroy", "-y"]);
    assert!(destroyed.contains("Destroyed: "), "{destroyed}");
    bench.expect(2, &["plan", "--detailed-exitcode"]);
}

#[test]
fn exactly_the_printed_policies_apply_and_destroy_a_chain_across_accounts() {
    suffices(EXAMPLE, |printed| ["gateway", "application"].map(|name| lines(&printed[name])).to_vec(), 2);
}

#[test]
fn exactly_the_printed_policy_applies_and_destroys_a_chain_across_networks() {
    suffices("cross-network", |printed| vec![lines(printed)], 1);
}

#[test]
fn the_policies_of_a_spec_read_it_and_no_more() {
    let (printed, _) = schema(&[], &example(EXAMPLE));
    let bench = Bench::two(&lines(&printed["gateway"]), &lines(&printed["application"]));
    assert!(bench.shown() == Bench::open().shown(), "reading sees less than it must");
    let output = bench.run(&["apply", "-y"]);
    assert!(!output.status.success(), "{}", told(&output));
    assert!(bench.shown() == Bench::open().shown(), "something was made");
}

#[test]
fn one_account_is_printed_as_it_can_be_pasted() {
    let spec = example(EXAMPLE);
    let (all, _) = schema(&[], &spec);
    assert_eq!(all.as_object().unwrap().keys().collect::<Vec<_>>(), ["application", "gateway"]);
    let (one, note) = schema(&["--account", "gateway"], &spec);
    assert_eq!((&one, note.as_str()), (&all["gateway"], ""));
    assert_eq!(one["Version"], "2012-10-17");
    let statements = one["Statement"].as_array().unwrap();
    assert!(statements.iter().all(|statement| statement["Effect"] == "Allow"), "{one}");

    let output = privlink(&["schema", "permissions", "--account", "nobody", "-f"]).arg(&spec).output().unwrap();
    assert_eq!(output.status.code(), Some(64), "{}", told(&output));
    assert!(
        told(&output).contains("there is no account \"nobody\"; there is application, gateway"),
        "{}",
        told(&output)
    );
    let output = privlink(&["schema", "permissions", "-f", "nowhere.kdl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let output = privlink(&["schema", "permissions"]).arg(spec.join("world.kdl")).output().unwrap();
    assert!(told(&output).contains("cannot be used as a saved plan"), "{}", told(&output));
}

/// Every action that a document allows, with what it allows it on.
fn allowed(document: &Json) -> Vec<(String, String)> {
    let texts = |value: &Json| value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    let of = |statement: &Json| {
        let (actions, resources): (Vec<String>, Vec<String>) =
            (texts(&statement["Action"]), texts(&statement["Resource"]));
        let pair = |action: &String| resources.iter().map(|on| (action.clone(), on.clone())).collect::<Vec<_>>();
        actions.iter().flat_map(pair).collect::<Vec<_>>()
    };
    document["Statement"].as_array().unwrap().iter().flat_map(of).collect()
}

#[test]
fn a_check_for_drift_takes_reading_the_log_and_one_bus_in_one_account() {
    let spec = example(EXAMPLE);
    let (plain, _) = schema(&[], &spec);
    let more = |arguments: &[&str], name: &str| {
        let (printed, _) = schema(arguments, &spec);
        let read = allowed(&plain[name]);
        let all = allowed(&printed[name]);
        assert!(read.iter().all(|one| all.contains(one)), "{name} reads less");
        let mut more: Vec<String> =
            all.into_iter().filter(|one| !read.contains(one)).map(|(action, on)| format!("{action} {on}")).collect();
        more.sort();
        more
    };
    let lookup = "cloudtrail:LookupEvents *".to_owned();
    assert_eq!(more(&["--drift"], "gateway"), [lookup.as_str()]);
    let telling = ["--drift", "--event-bus", "news@gateway"];
    assert_eq!(more(&telling, "application"), [lookup.as_str()]);
    let bus = "arn:aws:events:us-east-1:222222222222:event-bus/news";
    let told_too = [lookup, format!("events:DescribeEventBus {bus}"), format!("events:PutEvents {bus}")];
    assert_eq!(more(&telling, "gateway"), told_too);
    assert_eq!(more(&["--drift", "--event-bus", bus], "gateway"), told_too, "the account is that of the ARN");

    let refused = |arguments: &[&str], code: i32| {
        let output = privlink(&["schema", "permissions", "-f"]).arg(&spec).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", told(&output));
        told(&output)
    };
    assert!(
        refused(&["--drift", "--event-bus", "news"], 1).contains("write news@ACCOUNT; there is application, gateway")
    );
    refused(&["--drift", "--event-bus", "news@nobody"], 64);
    refused(&["--event-bus", "news@gateway"], 64);
    refused(&["--drift", "--event-bus", "a b"], 64);
    refused(&["--drift", "saved.plan"], 64);
}

#[test]
fn equal_plans_print_equal_policies() {
    let bench = Bench::open();
    let saved = bench.plan();
    let nowhere = Path::new("nowhere");
    assert_eq!(schema(&[&saved], nowhere), schema(&[&saved], nowhere));
    let again = Bench::open();
    assert_eq!(schema(&[&saved], nowhere), schema(&[&again.plan()], nowhere));
}

/// What `sandbox show` lists of the bench's world.
fn shown_world(bench: &Bench) -> String {
    let folder = format!("--sandbox={}", bench.path("sandbox").display());
    let output = privlink(&["sandbox", "show", &folder]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_two_accounts_lack_is_told_at_once_and_nothing_is_changed() {
    let gateway = "deny \"ec2:CreateVpcEndpoint\" \"apigateway:DELETE\"\nallow \"*\"";
    let application = "deny \"ec2:AcceptVpcEndpointConnections\"\nallow \"*\"";
    let bench = Bench::two(gateway, application);
    let saved = bench.plan();
    let before = shown_world(&bench);
    for verb in [&["apply", "-y"][..], &["apply", &saved]] {
        let output = bench.run(verb);
        let text = told(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        for line in [
            "privlink::permission::lacking: the credentials of 2 accounts may not do all that this plan needs",
            "application (111111111111, us-east-1)",
            "ec2:AcceptVpcEndpointConnections: a policy forbids it",
            "gateway (222222222222, us-east-1)",
            "ec2:CreateVpcEndpoint: a policy forbids it",
            "apigateway:DELETE: a policy forbids it",
            "privlink schema permissions FILE",
            "Nothing was changed.",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        assert_eq!(text.matches(" a policy forbids it").count(), 3, "{text}");
        assert_eq!(shown_world(&bench), before, "{text}");
    }
    let explained = privlink(&["explain", "privlink::permission::lacking"]).output().unwrap();
    assert!(explained.status.success(), "{}", told(&explained));
}

#[test]
fn who_may_not_ask_beforehand_is_told_no_by_aws_and_everything_is_taken_back() {
    let gateway = "deny \"iam:*\" \"apigateway:PUT\"\nallow \"*\"";
    let bench = Bench::two(gateway, EVERYTHING);
    bench.plan();
    let before = shown_world(&bench);
    let output = bench.run(&["apply", "-y"]);
    let text = told(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("note: what the credentials of gateway (222222222222, us-east-1) may do is not known"),
        "{text}"
    );
    assert!(text.contains("not authorized to perform: apigateway:PUT"), "{text}");
    assert_eq!(shown_world(&bench), before, "{text}");
}
