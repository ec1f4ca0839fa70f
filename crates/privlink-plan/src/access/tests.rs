//! Verdicts: the ones that people meet, and that none is ever wrong, judged by trying requests out.

use std::net::Ipv4Addr;

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
        (on("Allow", "${aws:username}"), statement("Allow", &[("Resource", Value::text_set(["*"]))])),
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
        (on("Allow", "x/a"), statement("Allow", &[("Resource", Value::text_set(["x/a", "x/${aws:username}"]))])),
        (when("Allow", "StringEquals", "k", &["a"]), when("Allow", "StringEquals", "k", &["a", "${aws:username}"])),
        (when("Allow", "StringLike", "k", &["a"]), when("Allow", "StringEquals", "k", &["a", "b"])),
        (when("Allow", "NumericLessThan", "k", &["1"]), when("Allow", "NumericLessThan", "k", &["1", "2"])),
        (when("Allow", "IpAddress", "k", &["10.0.0.0/8"]), when("Allow", "IpAddress", "k", &["10.0.0.0/99"])),
        (when("Allow", "IpAddress", "k", &["10.0.0.0/8"]), when("Allow", "IpAddress", "k", &["::/0"])),
        (later(Value::from("vpce-1")), later(id("entry/hub"))),
        (statement("Allow", &[("NotPrincipal", "a".into())]), statement("Allow", &[("NotPrincipal", "b".into())])),
        // Whether a condition without values is met, and what is not among none, AWS does not say.
        (when("Allow", "StringEquals", "aws:SourceVpce", &["a"]), when("Allow", "StringEquals", "aws:SourceVpce", &[])),
        (when("Allow", "StringNotEquals", "k", &[]), when("Allow", "StringNotEquals", "k", &["a"])),
        (when("Deny", "NotIpAddress", "k", &["10.0.0.0/8"]), when("Deny", "NotIpAddress", "k", &[])),
        (
            statement("Deny", &[("NotResource", "a".into())]),
            statement("Deny", &[("NotResource", Value::text_set::<&str>([]))]),
        ),
    ] {
        let effect = before.as_map().unwrap()["Effect"].as_text().unwrap().to_lowercase();
        let both = both.replace("allow", &effect);
        let (before, after) = ([before], [after]);
        assert_eq!(counted(&before, &after), both);
        assert_eq!(counted(&after, &before), both);
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
    let empty = policy(&[when("Allow", "StringEquals", "k", &[])]);
    let told = judge(None, Some(&empty)).unwrap().text;
    assert_eq!(told, "new policy: 1 allow statement (everyone where k is (no value))");
    assert_eq!(judge(None, Some(&Value::from("x"))), None, "what has no statements is no policy");
    let (damaged, open) = (Value::from("{"), policy(&[on("Allow", "*")]));
    let changed = |before: &Value, after: &Value| {
        let access = judge(Some(before), Some(after)).unwrap();
        (access.verdict == Verdict::Changed).then_some(access.text).unwrap()
    };
    assert_eq!(changed(&open, &damaged), "changed: what comes cannot be read as a policy");
    assert_eq!(
        changed(&damaged, &open),
        "changed: what was there cannot be read as a policy, 1 allow statement (everyone, unconditionally)"
    );
    assert_eq!(judge(None, None), None);
}

#[test]
fn long_names_leave_room_for_what_else_changes() {
    let long = |letter: &str| letter.repeat(200);
    let who = |letter: &str| statement("Allow", &[("Principal", Value::map([("AWS", Value::from(long(letter)))]))]);
    let text = judged(&[on("Deny", "*")], &[who("a"), who("b")]);
    assert!(text.starts_with("loosened: 2 allow statements added (aaa") && text.chars().count() < 250, "{text}");
    assert!(text.ends_with("aaa…), 1 deny statement removed"), "{text}");
}

/// What is asked: by whom, what, of what, from where, and with which tags.
#[derive(Debug, Clone, Copy)]
struct Request {
    who: &'static str,
    action: &'static str,
    on: &'static str,
    ip: Ipv4Addr,
    endpoint: Option<&'static str>,
    tags: &'static [&'static str],
}

fn requests() -> Vec<Request> {
    let mut all = Vec::new();
    for who in ["p", "q"] {
        for (action, on) in [("a:Call", "r/a"), ("a:Call", "r/b"), ("a:Drop", "r/a"), ("b:Call", "s")] {
            for ip in [[10, 0, 0, 1], [10, 1, 0, 1], [192, 168, 0, 1]].map(Ipv4Addr::from) {
                for endpoint in [Some("v1"), Some("v2"), Some("v3"), None] {
                    for tags in [&[][..], &["t1"], &["t1", "t2"], &["t3"]] {
                        all.push(Request { who, action, on, ip, endpoint, tags });
                    }
                }
            }
        }
    }
    all
}

/// What a list without values means, of which AWS does not tell.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Empty {
    Nothing,
    Everything,
    AsOthers,
}

fn texts(value: &Value) -> Vec<String> {
    value.as_text().map_or_else(|| value.texts(), |text| vec![text.to_owned()])
}

fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end),
        None => pattern == text,
    }
}

/// A second reading of IAM's rules, written for requests: nothing of the judge is in it.
fn matches(statement: &Value, request: Request, empty: Empty) -> bool {
    let map = statement.as_map().unwrap();
    let named = |principal: &Value| {
        let kinds = principal.as_map();
        let of = |kinds: &std::collections::BTreeMap<String, Value>| texts(&kinds["AWS"]);
        principal.as_text() == Some("*") || kinds.is_some_and(|it| of(it).iter().any(|name| like(name, request.who)))
    };
    let part = |these: &str, but: &str, asked: &str| match (map.get(these), map.get(but)) {
        (Some(these), _) => texts(these).iter().any(|pattern| like(pattern, asked)),
        (None, Some(but)) if texts(but).is_empty() => empty != Empty::Nothing,
        (None, Some(but)) => !texts(but).iter().any(|pattern| like(pattern, asked)),
        (None, None) => true,
    };
    let who = match (map.get("Principal"), map.get("NotPrincipal")) {
        (Some(principal), _) => named(principal),
        (None, other) => !named(other.unwrap()),
    };
    let conditions = map.get("Condition").and_then(Value::as_map).into_iter().flatten();
    let mut conditions = conditions.flat_map(|(operator, keys)| {
        keys.as_map().unwrap().iter().map(move |(key, values)| (operator.as_str(), key.as_str(), texts(values)))
    });
    who && part("Action", "NotAction", request.action)
        && part("Resource", "NotResource", request.on)
        && conditions.all(|(operator, key, values)| match (empty, values.is_empty()) {
            (Empty::Nothing, true) => false,
            (Empty::Everything, true) => true,
            _ => is_met(operator, key, &values, request),
        })
}

fn is_met(operator: &str, key: &str, values: &[String], request: Request) -> bool {
    let asked: Vec<String> = match key {
        "aws:SourceVpce" => request.endpoint.into_iter().map(str::to_owned).collect(),
        "aws:SourceIp" => vec![request.ip.to_string()],
        _ => request.tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    let within = |range: &String, ip: &String| {
        let (base, length) = range.split_once('/').unwrap();
        let (base, length): (Ipv4Addr, u32) = (base.parse().unwrap(), length.parse().unwrap());
        let keep = |ip: Ipv4Addr| ip.to_bits().checked_shr(32 - length).unwrap_or(0);
        keep(base) == keep(ip.parse().unwrap())
    };
    let (quantifier, operator) = operator.split_once(':').unwrap_or(("", operator));
    let (operator, if_exists) = operator.strip_suffix("IfExists").map_or((operator, false), |it| (it, true));
    let one = |text: &String| match operator {
        "StringEquals" => values.contains(text),
        "StringNotEquals" => !values.contains(text),
        "StringLike" => values.iter().any(|value| like(value, text)),
        "StringNotLike" => !values.iter().any(|value| like(value, text)),
        "IpAddress" => values.iter().any(|value| within(value, text)),
        "NotIpAddress" => !values.iter().any(|value| within(value, text)),
        other => panic!("{other}"),
    };
    match quantifier {
        _ if asked.is_empty() && if_exists => true,
        "ForAllValues" => asked.iter().all(one),
        "ForAnyValue" => asked.iter().any(one),
        _ if operator.contains("Not") => asked.iter().all(one),
        _ => asked.iter().any(one),
    }
}

/// What is decided: refused, not allowed, or allowed. What is refused here nobody else can allow.
fn decided(statements: &[Value], request: Request, empty: Empty) -> i8 {
    let hit = |effect: &str| {
        let mut of = statements.iter().filter(|it| it.as_map().unwrap()["Effect"].as_text() == Some(effect));
        of.any(|statement| matches(statement, request, empty))
    };
    if hit("Deny") { -1 } else { i8::from(hit("Allow")) }
}

fn some_of(all: &'static [&'static str]) -> impl Strategy<Value = Value> {
    proptest::sample::subsequence(all, 0..=all.len()).prop_map(Value::text_set)
}

fn any_condition() -> impl Strategy<Value = (String, &'static str, Value)> {
    let operator = |names: &'static [&'static str]| {
        let quantifier = prop_oneof![4 => Just(""), 1 => Just("ForAllValues:"), 1 => Just("ForAnyValue:")];
        let if_exists = prop_oneof![3 => Just(""), 1 => Just("IfExists")];
        let parts = (quantifier, proptest::sample::select(names), if_exists);
        parts.prop_map(|(quantifier, name, if_exists)| format!("{quantifier}{name}{if_exists}"))
    };
    let texts: &[&str] = &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"];
    let ranges = some_of(&["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "0.0.0.0/0", "192.168.0.0/16"]);
    prop_oneof![
        (operator(texts), Just("aws:SourceVpce"), some_of(&["v1", "v2", "v*"])),
        (operator(texts), Just("aws:TagKeys"), some_of(&["t1", "t2", "t*"])),
        (operator(&["IpAddress", "NotIpAddress"]), Just("aws:SourceIp"), ranges),
    ]
}

fn any_statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let people = |names| some_of(names).prop_map(|names| Value::map([("AWS", names)]));
    let principal = prop_oneof![
        3 => Just(("Principal", Value::from("*"))),
        3 => people(&["p", "q", "*"]).prop_map(|names| ("Principal", names)),
        1 => people(&["p", "q"]).prop_map(|names| ("NotPrincipal", names)),
    ];
    let part = |these, but, patterns| {
        (prop_oneof![3 => Just(these), 1 => Just(but)], proptest::sample::subsequence(patterns, 0..=3))
    };
    let action = part("Action", "NotAction", &["*", "a:*", "a:Call", "*:Call"][..]);
    let resource = part("Resource", "NotResource", &["*", "r/*", "r/a", "s", "*/a"][..]);
    let conditions = proptest::collection::vec(any_condition(), 0..=2);
    (effect, principal, action, resource, conditions).prop_map(|(effect, principal, action, resource, conditions)| {
        let conditions = conditions.into_iter().map(|(operator, key, values)| (operator, Value::map([(key, values)])));
        let condition = Value::map(conditions);
        let parts = [action, resource].map(|(key, patterns)| (key, Value::text_set(patterns)));
        Value::map([("Effect", effect.into()), principal, ("Condition", condition)].into_iter().chain(parts))
    })
}

/// One part of a statement as it is in another one, so that they have all else in common; of conditions the values alone, or
/// what they ask for of those that are not there.
fn mixed(one: &Value, other: &Value, number: usize) -> Value {
    let parts = [&["Principal", "NotPrincipal"][..], &["Action", "NotAction"], &["Resource", "NotResource"]];
    let (mut map, other) = (one.as_map().unwrap().clone(), other.as_map().unwrap());
    for key in parts.get(number).into_iter().copied().flatten() {
        map.remove(*key);
        map.extend(other.get_key_value(*key).map(|(key, value)| (key.clone(), value.clone())));
    }
    if number >= parts.len() {
        let of_key = |key: &str| other["Condition"].as_map()?.values().find_map(|keys| keys.as_map()?.get(key));
        let others = |(key, values): (&String, &Value)| (key.clone(), of_key(key).unwrap_or(values).clone());
        let stricter = |operator: &String| operator.replace("IfExists", "");
        let conditions = map["Condition"].as_map().unwrap().iter().map(|(operator, keys)| match number % 2 {
            0 => (stricter(operator), keys.clone()),
            _ => (operator.clone(), Value::Map(keys.as_map().unwrap().iter().map(others).collect())),
        });
        map.insert("Condition".to_owned(), Value::Map(conditions.collect()));
    }
    Value::Map(map)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_verdict_is_wrong(
        kept in proptest::collection::vec(any_statement(), 0..3),
        gone in proptest::collection::vec(any_statement(), 0..3),
        new in proptest::collection::vec(any_statement(), 0..3),
        part in 0_usize..7,
        empty in proptest::sample::select(&[Empty::Nothing, Empty::Everything, Empty::AsOthers][..]),
    ) {
        let new = match gone.first() {
            Some(gone) if part < 6 => new.into_iter().map(|new| mixed(gone, &new, part)).collect(),
            _ => new,
        };
        let before = [kept.clone(), gone].concat();
        let after = [kept, new].concat();
        let verdict = judge(Some(&policy(&before)), Some(&policy(&after))).unwrap().verdict;
        if verdict == Verdict::Changed {
            return Ok(());
        }
        for request in requests() {
            let (was, is) = (decided(&before, request, empty), decided(&after, request, empty));
            match verdict {
                Verdict::Loosened => prop_assert!(is >= was, "{request:?}"),
                Verdict::Tightened => prop_assert!(is <= was, "{request:?}"),
                Verdict::Cosmetic => prop_assert_eq!(was, is, "{:?}", request),
                Verdict::New | Verdict::Gone | Verdict::Changed => prop_assert!(false, "both are there"),
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
