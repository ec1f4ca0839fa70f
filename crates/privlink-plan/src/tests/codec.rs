//! The saved plan: what it keeps, what it refuses, when it is stale.

use std::collections::BTreeMap;
use std::time::Duration;

use expect_test::expect_file;
use privlink_model::{
    Access, Account, Address, Attrs, Finding, Op, Origin, Phase, Plan, Query, Role, Scope, Selector, Settle, Severity,
    Step, StepId, Undo, UndoOp, Value,
};
use proptest::prelude::*;

use super::toy::{FIRST, GROUP, KINDS, planned, resource, spec};
use super::world::World;
use crate::{DecodeError, Staleness, decode, encode, stale};

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z/\"\\\\ é\n]{0,8}", Just(String::new())]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        text().prop_map(Value::Text),
        (text(), text()).prop_map(|(address, key)| Value::of(&Address::new(address), &key)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_set(inner.clone(), 0..4).prop_map(Value::Set),
            prop::collection::btree_map(prop_oneof![text(), Just("set".to_owned())], inner.clone(), 0..4)
                .prop_map(Value::Map),
            inner.prop_map(|inner| Value::Digest(Box::new(inner))),
        ]
    })
}

fn attrs() -> impl Strategy<Value = Attrs> {
    prop::collection::btree_map(text(), value(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn op() -> impl Strategy<Value = Op> {
    let phase = prop_oneof![Just(None), Just(Some(Phase::Add)), Just(Some(Phase::Remove))];
    prop_oneof![
        (attrs(), prop::collection::btree_map(text(), text(), 0..3))
            .prop_map(|(attrs, tags)| Op::Create { attrs, tags }),
        (text(), attrs(), attrs(), prop::collection::vec(text(), 0..3), phase)
            .prop_map(|(id, before, after, changed, phase)| Op::Update { id, before, after, changed, phase }),
        (text(), attrs()).prop_map(|(id, before)| Op::Delete { id, before }),
        (text(), attrs()).prop_map(|(id, before)| Op::Wait { id, before }),
    ]
}

fn undo() -> impl Strategy<Value = Undo> {
    prop_oneof![
        Just(Undo::Exact(UndoOp::Delete)),
        Just(Undo::Exact(UndoOp::Restore)),
        Just(Undo::Exact(UndoOp::Recreate)),
        Just(Undo::Exact(UndoOp::Nothing)),
        text().prop_map(|loses| Undo::Recreate { loses }),
        text().prop_map(|why| Undo::None { why }),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let selector = prop_oneof![
        text().prop_map(Selector::Id),
        text().prop_map(Selector::Name),
        (text(), text()).prop_map(|(key, value)| Selector::Tag { key, value }),
    ];
    prop_oneof![
        selector.clone().prop_map(Query::Vpc),
        selector.prop_map(Query::LoadBalancer),
        text().prop_map(Query::EndpointService),
        text().prop_map(Query::TransitGateway),
    ]
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![
        Just(Access::Ambient),
        text().prop_map(Access::Profile),
        (text(), prop::option::of(text()), text(), prop::option::of(text())).prop_map(
            |(arn, external_id, session_name, mfa)| Access::Role(Role { arn, external_id, session_name, mfa })
        ),
    ]
}

prop_compose! {
    fn plan()(
        project in text(),
        ops in prop::collection::vec((op(), undo(), prop::option::of((text(), any::<u32>()))), 0..4),
        accesses in prop::collection::vec(access(), 0..3),
        queries in prop::collection::vec(query(), 0..3),
        message in text(),
        seconds in prop::option::of(0_u64..1_000_000),
    ) -> Plan {
        let scope = Scope::new("111111111111", "us-east-1");
        let steps = ops.into_iter().enumerate().map(|(number, (op, undo, settle))| Step {
            id: StepId(u32::try_from(number).unwrap() + 1),
            address: Address::new(project.clone()),
            kind: FIRST.name,
            scope: scope.clone(),
            op,
            call: "Create".to_owned(),
            needs: (1..=u32::try_from(number).unwrap()).map(StepId).collect(),
            undo,
            settle: settle.map(|(until, seconds)| Settle {
                until,
                typical: Duration::from_secs(seconds.into()),
                limit: Duration::from_millis(seconds.into()),
                poll: Duration::from_nanos(seconds.into()),
            }),
            token: "t".to_owned(),
            outage: Some(message.clone()),
        }).collect();
        let finding = Finding::error("privlink::plan::made-up", message.clone(), Origin { file: 1, start: 2, end: 3 });
        Plan {
            id: "x".to_owned(),
            accounts: accesses.into_iter().map(|access| Account {
                name: message.clone(), id: "1".to_owned(), region: "r".to_owned(), access,
            }).collect(),
            queries: BTreeMap::from([(scope, queries)]),
            objects: BTreeMap::from([(message.clone(), "digest".to_owned())]),
            changes: planned(&spec([resource("a", &FIRST, [("version", 1.into())])]), &World::default().snapshot()).changes,
            steps,
            findings: vec![Finding { severity: Severity::Note, ..finding.helped("so").labelled("here") }],
            eta: seconds.map(|seconds| (Duration::from_secs(seconds), message.clone())),
            project,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_decoded_plan_is_the_encoded_one(plan in plan()) {
        let read = decode(&encode(&plan), &KINDS).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read, plan);
    }

    #[test]
    fn a_cut_or_changed_file_is_refused_or_read_but_never_a_panic(plan in plan(), at: usize, byte: u8) {
        let text = encode(&plan);
        let at = at % text.trim_end().len();
        if let Some(cut) = text.get(..at) {
            prop_assert!(matches!(decode(cut, &KINDS), Err(DecodeError::Damaged(_))));
        }
        let mut bytes = text.into_bytes();
        bytes[at] = byte;
        let _ = decode(&String::from_utf8_lossy(&bytes), &KINDS);
    }
}

fn some_plan() -> Plan {
    planned(&spec([resource("group", &GROUP, [("name", "pl".into())])]), &World::default().snapshot())
}

#[test]
fn a_newer_minor_version_is_read_and_a_newer_major_one_is_refused() {
    let text = encode(&some_plan());
    let minor = text.replace("\"1.0\"", "\"1.7\"").replacen('{', "{\"new-member\":[1],", 1);
    assert_eq!(decode(&minor, &KINDS).unwrap(), some_plan());
    let major = text.replace("\"1.0\"", "\"2.0\"");
    assert!(matches!(decode(&major, &KINDS), Err(DecodeError::Newer(version)) if version == "2.0"));
}

/// A file of this version must stay readable, and must not change its form unnoticed. If this fails, the version wants a
/// new minor number and the old file a test of its own.
#[test]
fn the_form_of_version_one() {
    let desired = spec([
        resource("group", &GROUP, [("name", "pl".into()), ("rules", Value::text_set(["10.0.0.0/8"]))]),
        resource("n", &FIRST, [("version", 2.into()), ("base", Value::of(&Address::new("group"), "id"))]),
    ]);
    let old = spec([resource("n", &FIRST, [("version", 1.into()), ("base", "none".into())])]);
    let mut world = World::default();
    world.apply(&planned(&old, &world.snapshot()), &mut |_| 0, usize::MAX);
    let plan = planned(&desired, &world.snapshot());
    let json: serde_json::Value = serde_json::from_str(&encode(&plan)).unwrap();
    let text = format!("{json:#}\n");
    expect_file!["../../../../testdata/plan-file/1.0.json"].assert_eq(&text);
    assert_eq!(decode(&text, &KINDS).unwrap(), plan);
}

#[test]
fn what_is_no_plan_is_refused() {
    for text in ["", "{", "null", "[]", "{}", "\u{0}\u{1}", "{\"format\":\"privlink-plan\"}"] {
        assert!(decode(text, &KINDS).is_err(), "{text:?}");
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(decode(&deep, &KINDS), Err(DecodeError::Damaged(_))));
    let formless = "{\"format\":\"privlink-plan\",\"format_version\":\"1.0\",\"project\":1}";
    assert!(matches!(decode(formless, &KINDS), Err(DecodeError::Form(_))));
}

#[test]
fn unknown_kinds_and_contradictions_are_refused() {
    let text = encode(&some_plan());
    let unknown = text.replace("\"kind\":\"group\"", "\"kind\":\"moon\"");
    assert!(matches!(decode(&unknown, &KINDS), Err(DecodeError::UnknownKind(kind)) if kind == "moon"));
    let circle = text.replace("\"needs\":[]", "\"needs\":[1]");
    assert!(matches!(decode(&circle, &KINDS), Err(DecodeError::Inconsistent(_))));
}

#[test]
fn a_plan_is_stale_once_anything_moved() {
    let desired = spec([
        resource("a", &GROUP, [("name", "a".into())]),
        resource("b", &GROUP, [("name", "b".into())]),
        resource("n", &FIRST, [("version", 1.into())]),
    ]);
    let mut world = World::default();
    world.apply(&planned(&desired, &world.snapshot()), &mut |_| 0, usize::MAX);
    let plan = planned(&desired, &world.snapshot());
    assert!(stale(&plan, &world.snapshot()).is_empty());
    world.object("a").attrs.insert("note", "changed".into());
    world.object("b").id = "group-77".to_owned();
    let mut now = world.snapshot_without("first");
    now.scopes.values_mut().for_each(|scope| assert!(!scope.listings.is_empty()));
    let found: Vec<Staleness> = stale(&plan, &now).iter().map(|it| it.staleness).collect();
    assert_eq!(found.len(), 4);
    for kind in [Staleness::Appeared, Staleness::Vanished, Staleness::Changed, Staleness::Unread] {
        assert!(found.contains(&kind), "{kind:?}");
    }
    let said = stale(&plan, &now).first().unwrap().to_string();
    assert!(said.contains("111111111111/us-east-1"), "{said}");
}
