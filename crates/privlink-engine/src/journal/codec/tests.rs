//! Every record comes back as it was written; every other line is refused and says why.

use privlink_model::{Address, Attrs, Begun, End, Object, Record, StepId, StepRecord, Unwinding, Value, Way, Why};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{LineError, decode, encode};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<String>().prop_map(Value::Text),
        (any::<String>(), any::<String>()).prop_map(|(address, key)| Value::of(&Address::new(address), &key)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            btree_set(inner.clone(), 0..4).prop_map(Value::Set),
            btree_map(any::<String>(), inner.clone(), 0..4).prop_map(Value::Map),
            inner.prop_map(|inner| Value::Digest(Box::new(inner))),
        ]
    })
}

fn attrs() -> impl Strategy<Value = Attrs> {
    btree_map(any::<String>(), value(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn object() -> impl Strategy<Value = Object> {
    (any::<String>(), attrs()).prop_map(|(id, attrs)| Object { id, attrs })
}

fn event() -> impl Strategy<Value = StepRecord> {
    prop_oneof![
        (any::<String>(), any::<String>(), attrs()).prop_map(|(token, id, before)| StepRecord::Intent {
            token,
            id,
            before
        }),
        object().prop_map(StepRecord::Answered),
        any::<String>().prop_map(StepRecord::Refused),
        object().prop_map(StepRecord::Found),
        Just(StepRecord::Absent),
        attrs().prop_map(StepRecord::Settled),
        any::<String>().prop_map(StepRecord::Failed),
        object().prop_map(StepRecord::Skipped),
    ]
}

fn begun() -> impl Strategy<Value = Begun> {
    (any::<[String; 7]>(), any::<u32>(), any::<u64>(), any::<bool>()).prop_map(|(texts, steps, at, keep)| {
        let [run, project, verb, plan, by, version, place] = texts;
        Begun { run, project, verb, plan, steps, by, at, keep, version, place }
    })
}

fn record() -> impl Strategy<Value = Record> {
    let why =
        prop_oneof![Just(Why::Failed), Just(Why::Stale), Just(Why::Interrupted), Just(Why::Asked), Just(Why::Blocked)];
    let way = prop_oneof![Just(Way::Forward), Just(Way::Back)];
    let end = prop_oneof![Just(End::Applied), Just(End::RolledBack), Just(End::Stuck), Just(End::Kept)];
    let failed = vec((any::<u32>().prop_map(StepId), any::<String>()), 0..3);
    prop_oneof![
        begun().prop_map(Record::Begun),
        (any::<String>(), any::<u64>()).prop_map(|(by, at)| Record::Resumed { by, at }),
        (why, failed).prop_map(|(why, failed)| Record::Unwinding(Unwinding { why, failed })),
        (any::<u32>(), way, event()).prop_map(|(step, way, event)| Record::Step { step: StepId(step), way, event }),
        (end, any::<u64>()).prop_map(|(end, at)| Record::Ended { end, at }),
    ]
}

fn line(record: &Record) -> Vec<u8> {
    let mut lines = Vec::new();
    encode(record, &mut lines);
    lines
}

proptest! {
    #[test]
    fn a_record_comes_back_as_it_was_written(record in record()) {
        let line = line(&record);
        let ends = line.iter().filter(|byte| **byte == b'\n').count();
        prop_assert_eq!(ends, 1);
        prop_assert_eq!(decode(&line), Ok(record));
    }

    #[test]
    fn a_line_that_was_cut_off_is_damaged(record in record(), cut in any::<proptest::sample::Index>()) {
        let line = line(&record);
        let part = &line[..cut.index(line.len() - 1)];
        prop_assert!(matches!(decode(part), Err(LineError::Damaged(_))), "{}", String::from_utf8_lossy(part));
    }

    #[test]
    fn no_line_is_a_panic(text in any::<String>(), version in option::of(0_u64..3)) {
        let _ = decode(text.as_bytes());
        let _ = decode(format!("{{\"v\":{version:?},\"record\":{text:?}}}").as_bytes());
    }
}

#[test]
fn the_form_of_a_line_is_this() {
    let attrs = Attrs::from_iter([("names".to_owned(), Value::text_set(["a"]))]);
    let event = StepRecord::Intent { token: "t".to_owned(), id: "vpce-1".to_owned(), before: attrs };
    let line = line(&Record::Step { step: StepId(3), way: Way::Forward, event });
    let form = r#"{"v":1,"record":{"step":{"step":3,"way":"forward","event":{"intent":{"token":"t","id":"vpce-1","before":{"names":{"set":["a"]}}}}}}}"#;
    assert_eq!(String::from_utf8(line).unwrap(), format!("{form}\n"));
}

#[test]
fn what_another_version_wrote_is_refused() {
    let sound = String::from_utf8(line(&Record::Ended { end: End::Applied, at: 1 })).unwrap();
    assert_eq!(decode(sound.replace("\"v\":1", "\"v\":2").as_bytes()), Err(LineError::Newer(2)));
    for other in [
        sound.replace("\"v\":1", "\"v\":\"1\""),
        sound.replace("\"v\":1", "\"v\":0"),
        sound.replace("\"v\":1", "\"v\":1,\"more\":1"),
        sound.replace("\"at\":1", "\"at\":1,\"more\":1"),
        sound.replace("applied", "vanished"),
        sound.replace("\"ended\"", "\"began\""),
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
    ] {
        assert!(matches!(decode(other.as_bytes()), Err(LineError::Form(_))), "{other}");
    }
}
