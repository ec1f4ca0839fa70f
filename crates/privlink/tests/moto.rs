//! A second world: moto, a mock of AWS that knows nothing of privlink, as far as it goes.
//!
//! The specs of `testdata/moto` are applied to a `moto_server`, planned again, read by boto3 with the checks that also
//! judge the sandbox, and destroyed. What comes out differently than on AWS stands in [`CANNOT`] and nowhere else: the
//! tests fail where moto differs and no row says so, and where a row says what moto no longer does. `docs/moto.md` prints
//! the same rows. Read next: `witness/moto_chain.py`.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod served;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;

use serde_json::Value;
use served::moto::Server;
use served::{privlink, python, root, told};

/// Something moto cannot do, or does otherwise than AWS.
struct Cannot {
    /// The spec that shows it, a folder of `testdata/moto`.
    spec: &'static str,
    /// What moto does.
    moto: &'static str,
    /// What AWS does.
    aws: &'static str,
    /// Everything that comes of it.
    seen: &'static [Seen],
}

/// One thing that comes out differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    /// The plan after the apply wants to change an attribute of an address.
    Differs(&'static str, &'static str),
    /// The plan after the apply cannot tell what an address is.
    Unknown(&'static str),
    /// The apply ends at an address: the call, and words of the answer.
    Refused(&'static str, &'static str, &'static str),
    /// boto3 finds a fact not to hold.
    Fact(&'static str),
    /// boto3 finds something left after the destroy.
    Left(&'static str),
}

use Seen::{Differs, Fact, Left, Refused, Unknown};

const HTML: &str = "an answer with status 500 that is not AWS's";

const CANNOT: &[Cannot] = &[
    Cannot {
        spec: "chain",
        moto: "takes `x-amazon-apigateway-any-method` for a method of that name",
        aws: "makes the method `ANY`",
        seen: &[
            Differs("api/legacy/definition", "paths"),
            Differs("api/local/definition", "paths"),
            Fact("/: any method"),
            Fact("/{proxy+}: any method"),
            Fact("/local: any method"),
        ],
    },
    Cannot {
        spec: "chain",
        moto: "leaves the connection's id out of imported integrations",
        aws: "keeps it: it ties the API to its VPC link",
        seen: &[Fact("/: which link"), Fact("/{proxy+}: which link"), Fact("/local: which link")],
    },
    Cannot {
        spec: "chain",
        moto: "leaves the authorization and the request parameters of imported methods empty",
        aws: "answers `NONE`, and the path parameter that was declared",
        seen: &[
            Fact("/: authorization"),
            Fact("/{proxy+}: authorization"),
            Fact("/local: authorization"),
            Fact("/{proxy+}: declares the rest"),
        ],
    },
    Cannot {
        spec: "chain",
        moto: "answers an imported integration's type in lower case",
        aws: "answers `HTTP_PROXY`",
        seen: &[Fact("/: integration type"), Fact("/{proxy+}: integration type"), Fact("/local: integration type")],
    },
    Cannot {
        spec: "chain",
        moto: "passes over the policy in an imported document",
        aws: "takes it for the API's resource policy",
        seen: &[
            Differs("api/legacy/definition", "policy"),
            Differs("api/local/definition", "policy"),
            Fact("legacy: has a policy"),
            Fact("local: has a policy"),
        ],
    },
    Cannot {
        spec: "chain",
        moto: "passes over the endpoints in an imported document",
        aws: "gives the API an alias for each",
        seen: &[
            Differs("api/legacy/definition", "endpoints"),
            Differs("api/local/definition", "endpoints"),
            Fact("legacy: alias for the entry"),
            Fact("local: alias for the entry"),
        ],
    },
    Cannot {
        spec: "chain",
        moto: "names a resource as the API's root that an import took away",
        aws: "keeps the root",
        seen: &[Fact("local: its root is the path /")],
    },
    Cannot {
        spec: "chain",
        moto: "does not say what a deployment holds",
        aws: "lists its paths and methods (`apisummary`)",
        seen: &[Fact("legacy: the stage runs what is defined"), Fact("local: the stage runs what is defined")],
    },
    Cannot {
        spec: "chain",
        moto: "does not know whether security groups are enforced on PrivateLink traffic",
        aws: "keeps the flag and shows it with the load balancer",
        seen: &[
            Differs("link/gateway/hub/enforcement", "enforce"),
            Fact("load balancer: PrivateLink traffic passes its groups"),
        ],
    },
    Cannot {
        spec: "chain",
        moto: "gives network load balancers ARNs of application load balancers",
        aws: "writes `loadbalancer/net/`",
        seen: &[Fact("load balancer: an ARN of a network load balancer")],
    },
    Cannot {
        spec: "chain",
        moto: "forgets a target's zone",
        aws: "keeps `all`, and refuses addresses outside the VPC without it",
        seen: &[Differs("target/legacy/targets", "zone"), Fact("target/legacy: outside the VPC in all zones")],
    },
    Cannot {
        spec: "chain",
        moto: "gives an endpoint no private name",
        aws: "lists the service's own names where private DNS is on",
        seen: &[Fact("entry: private name")],
    },
    Cannot {
        spec: "chain",
        moto: "lists a deleted endpoint for ever, in the state `deleted`",
        aws: "lists it no more after some minutes",
        seen: &[Left("gateway: deleted endpoints listed")],
    },
    Cannot {
        spec: "handshake",
        moto: "has no connections of endpoint services: none of their calls is there",
        aws: "lists, accepts and rejects them",
        seen: &[
            Refused("target/orders/connection", "ec2:AcceptVpcEndpointConnections", HTML),
            Unknown("target/orders/connection"),
            Unknown("target/orders/targets"),
            Unknown("api/orders/deployment"),
            Unknown("api/orders/stage/test"),
            Fact("connection: can be listed"),
        ],
    },
    Cannot {
        spec: "handshake",
        moto: "cannot say whether anybody is connected to an endpoint service, so that privlink destroys nothing",
        aws: "says so, and refuses to delete a service that is in use",
        seen: &[
            Left("application: endpoint services"),
            Left("gateway: endpoints in use"),
            Left("gateway: network interfaces"),
            Left("gateway: security groups"),
            Left("gateway: load balancers"),
            Left("gateway: VPC links"),
        ],
    },
    Cannot {
        spec: "handshake",
        moto: "makes an endpoint on another account's service available at once, allowed or not",
        aws: "makes it wait for acceptance, and refuses whom the service does not allow",
        seen: &[Fact("endpoint: waits for acceptance")],
    },
    Cannot {
        spec: "handshake",
        moto: "shows an endpoint service to its own account only",
        aws: "shows it to every account that may connect",
        seen: &[Fact("service: seen by who may connect")],
    },
    Cannot {
        spec: "handshake",
        moto: "gives endpoint services ids of 8 digits",
        aws: "gives them 17",
        seen: &[Fact("service: 17 digits in its id")],
    },
    Cannot {
        spec: "handshake",
        moto: "gives an endpoint's interfaces any address, and the type of every other interface",
        aws: "takes addresses of the endpoint's subnets, and calls the type `vpc_endpoint`",
        seen: &[Fact("endpoint: its addresses are inside its subnets"), Fact("endpoint: interface type")],
    },
    Cannot {
        spec: "handshake",
        moto: "does not know whether security groups are enforced on PrivateLink traffic",
        aws: "keeps the flag and shows it with the load balancer",
        seen: &[
            Differs("link/gateway/hub/enforcement", "enforce"),
            Fact("load balancer: PrivateLink traffic passes its groups"),
        ],
    },
    Cannot {
        spec: "handshake",
        moto: "gives network load balancers ARNs of application load balancers",
        aws: "writes `loadbalancer/net/`",
        seen: &[Fact("load balancer: an ARN of a network load balancer")],
    },
    Cannot {
        spec: "methods",
        moto: "refuses a method that declares no responses, as OpenAPI does",
        aws: "takes it: a proxy passes on what the target answers",
        seen: &[Refused("api/legacy/definition", "apigateway:PutRestApi", "{} should be non-empty")],
    },
    Cannot {
        spec: "preflight",
        moto: "refuses a parameter `proxy` for the path `{proxy+}`, as OpenAPI does",
        aws: "wants it so: the plus is its own sign for a path of any length",
        seen: &[Refused("api/legacy/definition", "apigateway:PutRestApi", "Path parameter 'proxy+' for 'options'")],
    },
    Cannot {
        spec: "mock",
        moto: "breaks on an integration that calls nothing, for want of a URI",
        aws: "answers by itself, without one",
        seen: &[Refused("api/legacy/definition", "apigateway:PutRestApi", HTML)],
    },
];

/// How much faster than AWS privlink is told that moto is: what it waits for there is done at once.
const SPEED: &str = "20";

/// A moto with the world that exists before privlink, and a folder for runs on it.
struct Moto(Server, tempfile::TempDir);

impl Moto {
    fn start() -> Self {
        let moto = Server::start();
        python("moto_world.py", &[&moto.url]);
        Self(moto, tempfile::tempdir().unwrap())
    }

    fn run(&self, verb: &[&str], spec: &str) -> Output {
        let spec = root().join("testdata/moto").join(spec);
        let mut command = privlink(verb);
        command.env("PRIVLINK_STORE", self.1.path());
        command.arg("-f").arg(spec).args(["--endpoint", &self.0.url, "--sandbox-speed", SPEED]).output().unwrap()
    }

    /// Runs privlink, which must exit with `code`; what it wrote.
    fn expect(&self, code: i32, verb: &[&str], spec: &str) -> String {
        let output = self.run(verb, spec);
        assert_eq!(output.status.code(), Some(code), "{verb:?} {spec}: {}", told(&output));
        told(&output)
    }

    /// What a plan wants, by address.
    fn plan(&self, code: i32, spec: &str) -> BTreeMap<String, Value> {
        let output = self.run(&["plan", "--format", "json", "--detailed-exitcode"], spec);
        assert_eq!(output.status.code(), Some(code), "plan {spec}: {}", told(&output));
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        let changes = plan["changes"].as_array().unwrap().iter();
        changes.map(|change| (change["address"].as_str().unwrap().to_owned(), change.clone())).collect()
    }
}

/// What comes out differently, against what the table says of one spec.
struct Comparison {
    spec: &'static str,
    rows: BTreeSet<Seen>,
    found: BTreeSet<Seen>,
    surprises: Vec<String>,
}

impl Comparison {
    fn of(spec: &'static str) -> Self {
        let rows = CANNOT.iter().filter(|row| row.spec == spec).flat_map(|row| row.seen).copied().collect();
        Self { spec, rows, found: BTreeSet::new(), surprises: Vec::new() }
    }

    /// Takes down a difference: one that the table has, or a surprise.
    fn note(&mut self, what: &str, is: impl Fn(&Seen) -> bool) {
        match self.rows.iter().find(|row| is(row)) {
            Some(row) => {
                self.found.insert(*row);
            }
            None => self.surprises.push(what.to_owned()),
        }
    }

    /// Takes down what a plan wants of addresses that were applied.
    fn plan(&mut self, plan: &BTreeMap<String, Value>, applied: &BTreeSet<String>) {
        for (address, change) in plan {
            match change["action"].as_str().unwrap() {
                "no-op" => {}
                "unknown" => self.note(
                    &format!("{address} is unknown: {change}"),
                    |row| matches!(row, Unknown(at) if at == address),
                ),
                _ if !applied.contains(address) => {}
                action => {
                    let attributes = change["attributes"].as_array().unwrap();
                    assert!(!attributes.is_empty(), "{change}");
                    for attribute in attributes {
                        let key = attribute["key"].as_str().unwrap();
                        let what = format!("{action} {address}, {key}: {attribute}");
                        self.note(&what, |row| matches!(row, Differs(at, of) if at == address && *of == key));
                    }
                }
            }
        }
    }

    /// Takes down the facts that boto3 found not to hold; how many it found to hold.
    fn facts(&mut self, moto: &Moto, what: &str) -> usize {
        let told = python("moto_chain.py", &[&moto.0.url, what]);
        let left = what == "left";
        let lines: Vec<&str> = told.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(fact) = line.strip_prefix("FAILED  ") else { continue };
            // The two lines below say what was found and what was wanted.
            let found: Vec<&str> = lines.iter().skip(at + 1).take(2).map(|line| line.trim()).collect();
            self.note(&format!("boto3 ({what}): {fact}: {}", found.join(", ")), |row| match row {
                Fact(name) => !left && *name == fact,
                Left(name) => left && *name == fact,
                _ => false,
            });
        }
        told.lines().filter(|line| line.starts_with("ok ")).count()
    }

    /// Takes down at which address an apply ended, with which answer.
    fn failure(&mut self, told: &str) {
        let failed: Vec<&str> = told.lines().filter(|line| line.contains("] failed ")).collect();
        assert_eq!(failed.len(), 1, "{told}");
        for line in failed {
            self.note(line, |row| {
                matches!(row, Refused(address, call, words)
                    if line.contains(&format!(" {address} ")) && line.contains(call) && line.contains(words))
            });
        }
    }

    fn done(self) {
        let gone: Vec<&Seen> = self.rows.difference(&self.found).collect();
        assert!(self.surprises.is_empty(), "{}: moto differs where no row says so: {:#?}", self.spec, self.surprises);
        assert!(gone.is_empty(), "{}: rows say what moto does no longer: {gone:#?}", self.spec);
    }
}

/// The addresses of the steps an apply or a destroy finished.
fn finished(told: &str, verb: &str) -> BTreeSet<String> {
    let marker = format!("] ok {verb} ");
    let rest = told.lines().filter_map(|line| Some(line.split_once(&marker)?.1));
    rest.filter_map(|rest| rest.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_chain_at_an_address_is_made_read_mended_and_taken_back() {
    let moto = Moto::start();
    let mut comparison = Comparison::of("chain");
    let first = moto.plan(2, "chain");
    assert!(first.values().all(|change| change["action"] == "create"), "{first:#?}");
    let applied = finished(&moto.expect(0, &["apply", "-y", "--dangerous-unconfirmed"], "chain"), "created");
    assert_eq!(applied, first.keys().cloned().collect(), "an apply makes what its plan said");
    let second = moto.plan(2, "chain");
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    comparison.plan(&second, &applied);
    assert!(comparison.facts(&moto, "chain") > 60, "boto3 confirms most of the chain");
    for (script, change) in [
        ("moto_change.py", "target-removed"),
        ("change.py", "rule-opened"),
        ("moto_change.py", "listener-port-changed"),
    ] {
        let made = python(script, &[&moto.0.url, change]);
        let plan = moto.expect(2, &["plan", "--detailed-exitcode"], "chain");
        for value in made.lines().filter_map(|line| Some(line.split_once(' ')?.1)) {
            assert!(plan.contains(value), "{change}: the plan does not show {value:?}:\n{plan}");
        }
        // The zone that moto forgets would have these replaced each time, by targets of the same address and port.
        moto.expect(0, &["apply", "-y", "--dangerous-unconfirmed"], "chain");
        comparison.plan(&moto.plan(2, "chain"), &applied);
    }
    comparison.facts(&moto, "chain");
    moto.expect(0, &["destroy", "-y", "--dangerous-unconfirmed"], "chain");
    comparison.facts(&moto, "left");
    let last = moto.plan(2, "chain");
    assert_eq!(last, first, "the world is as it was");
    comparison.done();
}

#[test]
fn a_service_in_another_account_comes_as_far_as_its_acceptance() {
    let moto = Moto::start();
    let mut comparison = Comparison::of("handshake");
    let link = moto.expect(0, &["apply", "-y", "--dangerous-unconfirmed", "--target", "link/gateway/hub"], "handshake");
    let told = moto.expect(
        4,
        &["apply", "-y", "--dangerous-unconfirmed", "--no-rollback", "--target", "target/orders/connection"],
        "handshake",
    );
    comparison.failure(&told);
    let mut applied = finished(&link, "created");
    applied.extend(finished(&told, "created"));
    for address in ["endpoint-service", "permission/gateway", "endpoint"] {
        assert!(applied.contains(&format!("target/orders/{address}")), "{applied:#?}");
    }
    comparison.plan(&moto.plan(8, "handshake"), &applied);
    assert!(comparison.facts(&moto, "handshake") > 20, "boto3 confirms the rest");
    moto.expect(8, &["destroy", "-y", "--dangerous-unfinished-run"], "handshake");
    comparison.facts(&moto, "left");
    comparison.done();
}

#[test]
fn definitions_that_moto_refuses_are_refused_at_their_step_and_leave_nothing() {
    let moto = Moto::start();
    for spec in ["methods", "preflight", "mock"] {
        let mut comparison = Comparison::of(spec);
        let first = moto.plan(2, spec);
        comparison.failure(&moto.expect(3, &["apply", "-y", "--dangerous-unconfirmed"], spec));
        assert_eq!(moto.plan(2, spec), first, "{spec}: the world is as it was");
        comparison.done();
    }
}

/// A row's ways to show, as the page prints them.
fn shows(row: &Cannot) -> String {
    let text = |seen: &Seen| match seen {
        Differs(address, attribute) => format!("plan: `{attribute}` of `{address}`"),
        Unknown(address) => format!("plan: `{address}` is unknown"),
        Refused(address, call, _) => format!("apply: `{call}` for `{address}`"),
        Fact(fact) => format!("boto3: {fact}"),
        Left(left) => format!("after destroy: {left}"),
    };
    row.seen.iter().map(text).collect::<Vec<_>>().join("<br>")
}

#[test]
fn the_page_says_what_the_table_says() {
    let page = std::fs::read_to_string(root().join("docs/moto.md")).unwrap();
    let mut rows = 0;
    for spec in CANNOT.iter().map(|row| row.spec).collect::<BTreeSet<_>>() {
        let mut table = String::from("| moto | AWS | shows as |\n| --- | --- | --- |\n");
        for row in CANNOT.iter().filter(|row| row.spec == spec) {
            table += &format!("| {} | {} | {} |\n", row.moto, row.aws, shows(row));
        }
        rows += table.lines().count();
        assert!(page.contains(&table), "docs/moto.md lacks the table of {spec}:\n{table}");
    }
    let said = page.lines().filter(|line| line.starts_with('|')).count();
    assert_eq!(said, rows, "docs/moto.md has rows that the table has not");
}
