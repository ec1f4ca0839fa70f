//! Verdicts: the ones that people meet, and that none is ever wrong, judged by trying requests out.

use privlink_model::{
    Action, Address, AttributeChange, AttributeSchema, Change, KindSchema, Reason, Scope, Service, Value,
};
use proptest::prelude::*;

use super::{Verdict, access, judge};

/// A policy of statements, as JSON would have it.
fn policy(statements: &[Value]) -> Value {
    Value::map([("Statement", Value::List(statements.to_vec())), ("Version", Value::from("2012-10-17"))])
}

fn statement(effect: &str, members: &[(&str, Value)]) -> Value {
    let effect = [("Effect", Value::from(effect)), ("Principal", Value::from("*")), ("Action", Value::from("a:Call"))];
    let mut map = Value::map(effect);
    if let Value::Map(map) = &mut map {
        map.extend(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    }
    map
}

fn on(effect: &str, resource: &str) -> Value {
    statement(effect, &[("Resource", Value::from(resource))])
}

fn when(effect: &str, operator: &str, key: &str, values: &[&str]) -> Value {
    let condition = Value::map([(operator, Value::map([(key, Value::text_set(values.iter().copied()))]))]);
    statement(effect, &[("Resource", Value::from("*")), ("Condition", condition)])
}

fn judged(before: &[Value], after: &[Value]) -> String {
    judge(Some(&policy(before)), Some(&policy(after))).unwrap().text
}

/// The same without whom it is about.
fn counted(before: &[Value], after: &[Value]) -> String {
    let text = judged(before, after);
    let (head, rest) = text.split_once(" (").unwrap_or((&text, ")"));
    format!("{head}{}", rest.rsplit_once(')').unwrap().1)
}

#[test]
fn whole_statements_that_come_and_go() {
    let (all, some, deny) = (on("Allow", "*"), on("Allow", "a"), on("Deny", "*"));
    let both = [all.clone(), deny.clone()];
    assert_eq!(
        judged(std::slice::from_ref(&deny), &both),
        "loosened: 1 allow statement added (everyone, unconditionally)"
    );
    assert_eq!(judged(&both, std::slice::from_ref(&all)), "loosened: 1 deny statement removed");
    assert_eq!(judged(&both, std::slice::from_ref(&deny)), "tightened: 1 allow statement removed");
    assert_eq!(judged(std::slice::from_ref(&all), &both), "tightened: 1 deny statement added");
    assert_eq!(judged(&both, &[deny.clone(), all.clone()]), "cosmetic");
    assert_eq!(
        counted(std::slice::from_ref(&some), &[on("Allow", "b")]),
        "changed: 1 allow statement added, 1 allow statement removed"
    );
    assert_eq!(
        judged(std::slice::from_ref(&all), &[all.clone(), some]),
        "cosmetic",
        "what is allowed already is not allowed once more"
    );
}

#[test]
fn statements_that_are_reworded() {
    let vpce = |values: &[&str]| when("Allow", "StringEquals", "aws:SourceVpce", values);
    let but = |values: &[&str]| when("Deny", "StringNotEquals", "aws:SourceVpce", values);
    let from = |ranges: &[&str]| when("Allow", "IpAddress", "aws:SourceIp", ranges);
    let open = on("Allow", "*");
    for (narrow, wide) in [
        (vpce(&["a"]), vpce(&["a", "b"])),
        (vpce(&["a"]), open.clone()),
        (from(&["10.1.0.0/16"]), from(&["10.0.0.0/8"])),
        (from(&["10.0.0.0/16"]), from(&["10.0.0.0/8"])),
        (from(&["10.1.2.3"]), from(&["192.168.0.0/16", "10.1.0.0/16"])),
        (from(&["10.0.0.0/8"]), from(&["0.0.0.0/0"])),
        (from(&["2001:db8::/32"]), from(&["::/0"])),
        (on("Allow", "execute-api:/*/GET/orders"), on("Allow", "execute-api:/*")),
        (on("Allow", "a"), statement("Allow", &[("Resource", Value::text_set(["a", "b"]))])),
    ] {
        let (narrow, wide) = ([narrow], [wide]);
        assert_eq!(counted(&narrow, &wide), "loosened: 1 allow statement widened");
        assert_eq!(judged(&wide, &narrow), "tightened: 1 allow statement narrowed");
    }
    let wider = judged(&[vpce(&["a"])], &[vpce(&["a", "b"])]);
    assert_eq!(wider, "loosened: 1 allow statement widened (everyone where aws:SourceVpce is a or b)");
    // A deny that leaves out more denies less.
    assert_eq!(judged(&[but(&["a"])], &[but(&["a", "b"])]), "loosened: 1 deny statement narrowed");
    assert_eq!(judged(&[but(&["a", "b"])], &[but(&["a"])]), "tightened: 1 deny statement widened");
}

#[test]
fn what_is_not_certain_is_changed() {
    let id = |of: &str| Value::Set([Value::of(&privlink_model::Address::new(of), "id")].into());
    let later = |value: Value| {
        let condition = Value::map([("StringEquals", Value::map([("aws:SourceVpce", value)]))]);
        statement("Allow", &[("Resource", Value::from("*")), ("Condition", condition)])
    };
    let both = "changed: 1 allow statement added, 1 allow statement removed";
    for (before, after) in [
        (on("Allow", "arn:aws:s3:::a"), on("Allow", "arn:aws:s*")),
        (on("Allow", "a?c"), on("Allow", "a*c")),
        (on("Allow", "x/a"), on("Allow", "${aws:username}*")),
        (when("Allow", "StringLike", "k", &["a"]), when("Allow", "StringEquals", "k", &["a", "b"])),
        (when("Allow", "NumericLessThan", "k", &["1"]), when("Allow", "NumericLessThan", "k", &["1", "2"])),
        (when("Allow", "IpAddress", "k", &["10.0.0.0/8"]), when("Allow", "IpAddress", "k", &["10.0.0.0/99"])),
        (when("Allow", "IpAddress", "k", &["10.0.0.0/8"]), when("Allow", "IpAddress", "k", &["::/0"])),
        (later(Value::from("vpce-1")), later(id("entry/hub"))),
        (statement("Allow", &[("NotPrincipal", "a".into())]), statement("Allow", &[("NotPrincipal", "b".into())])),
    ] {
        assert_eq!(counted(&[before], &[after]), both);
    }
    let strange = [statement("Permit", &[])];
    assert_eq!(judged(&[], &strange), "changed: 1 other statement added");
    let version = |version: &str| {
        Value::map([("Version", Value::from(version)), ("Statement", Value::List(vec![on("Allow", "${aws:userid}")]))])
    };
    let access = judge(Some(&version("2008-10-17")), Some(&version("2012-10-17"))).unwrap();
    assert_eq!(access.verdict, Verdict::Changed);
}

#[test]
fn policies_that_come_and_go() {
    let one = policy(&[on("Allow", "*"), when("Allow", "IpAddress", "k", &["10.0.0.0/8"]), on("Deny", "b")]);
    let who = "everyone where k is 10.0.0.0/8; everyone, unconditionally";
    let contents = format!("2 allow statements ({who}), 1 deny statement");
    assert_eq!(judge(None, Some(&one)).unwrap().text, format!("new policy: {contents}"));
    assert_eq!(judge(Some(&one), None).unwrap().text, format!("the policy goes: {contents}"));
    assert_eq!(judge(Some(&one), Some(&Value::from(""))).unwrap().verdict, Verdict::Gone);
    let roles = Value::map([("AWS", Value::text_set(["r1", "r2", "r3"]))]);
    let three = policy(&[statement("Allow", &[("Principal", roles)]), on("Allow", "a"), on("Allow", "b")]);
    let told = judge(None, Some(&three)).unwrap().text;
    assert!(told.ends_with("; everyone, unconditionally, and others)"), "{told}");
    let one = policy(&[statement("Allow", &[("Principal", Value::from("r"))])]);
    assert_eq!(judge(None, Some(&one)).unwrap().text, "new policy: 1 allow statement (r, unconditionally)");
    assert_eq!(judge(None, Some(&policy(&[]))).unwrap().text, "new policy: no statements");
    assert_eq!(judge(None, Some(&Value::from("x"))), None, "what has no statements is no policy");
    assert_eq!(judge(None, None), None);
}

/// What is asked: who, for what, from where.
type Request = (&'static str, &'static str, std::net::Ipv4Addr, &'static str);

fn requests() -> Vec<Request> {
    let mut all = Vec::new();
    for who in ["p", "q"] {
        for on in ["r/a", "r/b", "s"] {
            for ip in ["10.0.0.1", "10.1.0.1", "192.168.0.1"] {
                for vpce in ["v1", "v2", "v3"] {
                    all.push((who, on, ip.parse().unwrap(), vpce));
                }
            }
        }
    }
    all
}

/// A second reading of IAM's rules, written for requests: nothing of the judge is in it.
fn matches(statement: &Value, request: Request) -> bool {
    let (who, on, ip, vpce) = request;
    let map = statement.as_map().unwrap();
    let texts = |value: &Value| value.as_text().map_or_else(|| value.texts(), |text| vec![text.to_owned()]);
    let like = |pattern: &String, text: &str| match pattern.strip_suffix('*') {
        Some(prefix) => text.starts_with(prefix),
        None => pattern == text,
    };
    let principal = &map["Principal"];
    let named =
        || principal.as_map().is_some_and(|kinds| texts(&kinds["AWS"]).iter().any(|name| name == who || name == "*"));
    let resource = match (map.get("Resource"), map.get("NotResource")) {
        (Some(these), _) => texts(these).iter().any(|pattern| like(pattern, on)),
        (None, Some(these)) => !texts(these).iter().any(|pattern| like(pattern, on)),
        (None, None) => true,
    };
    let within = |range: &String| {
        let (base, length) = range.split_once('/').unwrap();
        let (base, length): (std::net::Ipv4Addr, u32) = (base.parse().unwrap(), length.parse().unwrap());
        let keep = |ip: std::net::Ipv4Addr| ip.to_bits().checked_shr(32 - length).unwrap_or(0);
        keep(base) == keep(ip)
    };
    let met = |operator: &str, values: &Value| match operator {
        "StringEquals" => texts(values).iter().any(|value| value == vpce),
        "StringNotEquals" => !texts(values).iter().any(|value| value == vpce),
        "IpAddress" => texts(values).iter().any(within),
        "NotIpAddress" => !texts(values).iter().any(within),
        other => panic!("{other}"),
    };
    let conditions = map.get("Condition").and_then(Value::as_map).into_iter().flatten();
    let mut conditions =
        conditions.flat_map(|(operator, keys)| keys.as_map().unwrap().values().map(move |it| (operator, it)));
    (principal.as_text() == Some("*") || named())
        && resource
        && conditions.all(|(operator, values)| met(operator, values))
}

fn allows(statements: &[Value], request: Request) -> bool {
    let hit = |effect: &str| {
        let mut of = statements.iter().filter(|it| it.as_map().unwrap()["Effect"].as_text() == Some(effect));
        of.any(|statement| matches(statement, request))
    };
    hit("Allow") && !hit("Deny")
}

fn some_of(all: &'static [&'static str]) -> impl Strategy<Value = Value> {
    proptest::sample::subsequence(all, 1..=all.len()).prop_map(Value::text_set)
}

fn any_statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let principal =
        prop_oneof![Just(Value::from("*")), some_of(&["p", "q", "*"]).prop_map(|names| Value::map([("AWS", names)])),];
    let resource = (prop_oneof![3 => Just("Resource"), 1 => Just("NotResource")], some_of(&["*", "r/*", "r/a", "s"]));
    let vpce = (prop_oneof![Just("StringEquals"), Just("StringNotEquals")], some_of(&["v1", "v2"]));
    let ip = (
        prop_oneof![Just("IpAddress"), Just("NotIpAddress")],
        some_of(&["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "0.0.0.0/0", "192.168.0.0/16"]),
    );
    let condition = proptest::collection::vec(
        prop_oneof![vpce.prop_map(|it| ("aws:SourceVpce", it)), ip.prop_map(|it| ("aws:SourceIp", it))],
        0..=2,
    );
    (effect, principal, resource, condition).prop_map(|(effect, principal, (kind, resource), conditions)| {
        let conditions =
            conditions.into_iter().map(|(key, (operator, values))| (operator, Value::map([(key, values)])));
        let condition = Value::map(conditions);
        let members = [("Effect", effect.into()), ("Principal", principal), (kind, resource), ("Condition", condition)];
        Value::map(members)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_verdict_is_wrong(
        kept in proptest::collection::vec(any_statement(), 0..3),
        gone in proptest::collection::vec(any_statement(), 0..2),
        new in proptest::collection::vec(any_statement(), 0..2),
    ) {
        let before = [kept.clone(), gone].concat();
        let after = [kept, new].concat();
        let verdict = judge(Some(&policy(&before)), Some(&policy(&after))).unwrap().verdict;
        for request in requests() {
            let (was, is) = (allows(&before, request), allows(&after, request));
            match verdict {
                Verdict::Loosened => prop_assert!(is || !was, "{request:?}"),
                Verdict::Tightened => prop_assert!(was || !is, "{request:?}"),
                Verdict::Cosmetic => prop_assert_eq!(was, is, "{:?}", request),
                Verdict::Changed => {}
                Verdict::New | Verdict::Gone => prop_assert!(false, "both are there"),
            }
        }
    }
}

#[test]
fn a_policy_where_there_was_none_is_held_against_what_was_in_force() {
    static GATE: KindSchema = KindSchema {
        attributes: &[AttributeSchema::new("policy", "").document().without(|| policy(&[on("Allow", "*")]))],
        ..KindSchema::look_up("gate", "gate", Service::Ec2)
    };
    let some = policy(&[on("Allow", "a")]);
    let judged = |before: Option<&Value>, after: Option<&Value>| {
        let change = Change {
            address: Address::new("gate"),
            kind: "gate",
            scope: Scope::new("111111111111", "us-east-1"),
            action: Action::Update,
            reason: Reason::Differs,
            before: None,
            after: None,
            attributes: vec![AttributeChange {
                key: "policy".to_owned(),
                before: before.cloned(),
                after: after.cloned(),
            }],
            because: String::new(),
            origin: None,
        };
        access(&change, Some(&GATE)).remove(0).1.text
    };
    assert_eq!(judged(None, Some(&some)), "tightened: 1 allow statement narrowed");
    assert_eq!(judged(Some(&some), None), "loosened: 1 allow statement widened (everyone, unconditionally)");
}
