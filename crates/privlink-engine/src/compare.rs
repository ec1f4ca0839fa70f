//! Compares an object with what it should be: before a write with what the plan saw, after it with what was asked.
//!
//! Pure. Owns: which attributes count, and the words for a difference. Refuses to know where either side comes from.

use privlink_model::{Attrs, KindSchema, Observed, Operation, Status, Value, Way, Write};

/// How long a value may be in a message.
const SHOWN: usize = 120;

/// What moved since the plan was made, in words; none when nothing did.
///
/// `wanted` is what the whole plan asks of the object: a step before this one may have set some of it already. On the way back
/// this step's own part may be there too: what it takes back may have come to a bad end, or AWS may have dropped it.
pub(crate) fn moved(schema: &KindSchema, write: &Write, wanted: &Attrs, live: &Observed, way: Way) -> Option<String> {
    if live.status == Status::Deleting {
        return Some("it is being deleted".to_owned());
    }
    let differs = |key: &str| {
        let (was, is) = (write.before.get(key), live.attrs.get(key));
        let set_already = || {
            let of_this_step = write.changed.iter().any(|changed| changed == key);
            match write.operation {
                Operation::Update if of_this_step => way == Way::Back && schema.same(key, write.after.get(key), is),
                Operation::Update => schema.same(key, wanted.get(key), is),
                _ => false,
            }
        };
        schema.compares(key) && !schema.same(key, was, is) && !set_already()
    };
    let told = keys(&write.before, &live.attrs)
        .filter(|key| differs(key))
        .map(|key| told(schema, key, "was", write.before.get(key), live.attrs.get(key)));
    join(told)
}

/// What differs between what an object was and what it is, in words; none when nothing does.
pub(crate) fn differences(schema: &KindSchema, was: &Attrs, is: &Attrs) -> Option<String> {
    let differs = |key: &&str| schema.compares(key) && !schema.same(key, was.get(key), is.get(key));
    join(keys(was, is).filter(differs).map(|key| told(schema, key, "was", was.get(key), is.get(key))))
}

/// What AWS did not do of what was asked, in words; none when it did all.
pub(crate) fn dropped(schema: &KindSchema, write: &Write, found: &Attrs) -> Option<String> {
    let asked: Vec<&str> = match write.operation {
        Operation::Create => write.after.iter().map(|(key, _)| key.as_str()).collect(),
        Operation::Update => write.changed.iter().map(String::as_str).collect(),
        Operation::Delete | Operation::Wait => Vec::new(),
    };
    let secret = |key: &str| schema.attribute(key).is_some_and(|fact| fact.secret);
    let told = asked
        .into_iter()
        .filter(|key| schema.compares(key) && !secret(key))
        .filter(|key| !schema.same(key, write.after.get(key), found.get(key)))
        .map(|key| told(schema, key, "asked", write.after.get(key), found.get(key)));
    join(told)
}

fn keys<'a>(one: &'a Attrs, other: &'a Attrs) -> impl Iterator<Item = &'a str> {
    let keys: std::collections::BTreeSet<&str> = one.iter().chain(other.iter()).map(|(key, _)| key.as_str()).collect();
    keys.into_iter()
}

fn told(schema: &KindSchema, key: &str, then: &str, before: Option<&Value>, now: Option<&Value>) -> String {
    if schema.attribute(key).is_some_and(|fact| fact.secret) {
        return format!("{key} is another");
    }
    format!("{key} {then} {}, is {}", shown(before), shown(now))
}

fn shown(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn join(told: impl Iterator<Item = String>) -> Option<String> {
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use privlink_model::{
        Address, AttributeSchema, Attrs, KindSchema, Observed, Operation, Owner, Scope, Service, Status, Value, Way,
        Write,
    };

    use super::{dropped, moved};

    static ATTRIBUTES: [AttributeSchema; 4] = [
        AttributeSchema::new("port", "A port."),
        AttributeSchema::new("peers", "Peers.").set(),
        AttributeSchema::new("arn", "AWS's.").computed(),
        AttributeSchema { secret: true, ..AttributeSchema::new("key", "A secret.") },
    ];
    static SCHEMA: KindSchema =
        KindSchema { attributes: &ATTRIBUTES, ..KindSchema::look_up("thing", "thing", Service::Ec2) };

    fn attrs(entries: &[(&str, Value)]) -> Attrs {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    fn write(operation: Operation, before: Attrs, after: Attrs, changed: &[&str]) -> Write {
        Write {
            address: Address::new("a"),
            kind: "thing",
            scope: Scope::new("1", "r"),
            operation,
            id: "x".to_owned(),
            before,
            after,
            changed: changed.iter().map(|key| (*key).to_owned()).collect(),
            tags: BTreeMap::new(),
            token: String::new(),
        }
    }

    fn live(attrs: Attrs) -> Observed {
        Observed {
            kind: "thing",
            scope: Scope::new("1", "r"),
            id: "x".to_owned(),
            owner: Owner::Nobody,
            status: Status::Ready,
            attrs,
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn only_what_counts_moves() {
        let before = attrs(&[("port", Value::Int(1)), ("arn", Value::Text("a".to_owned()))]);
        let write = write(Operation::Delete, before, Attrs::new(), &[]);
        let same = attrs(&[
            ("port", Value::Int(1)),
            ("arn", Value::Text("b".to_owned())),
            ("peers", Value::text_set([""; 0])),
        ]);
        assert_eq!(moved(&SCHEMA, &write, &Attrs::new(), &live(same), Way::Forward), None);
        let other = attrs(&[("port", Value::Int(2))]);
        assert_eq!(
            moved(&SCHEMA, &write, &Attrs::new(), &live(other), Way::Forward).as_deref(),
            Some("port was 1, is 2")
        );
    }

    #[test]
    fn what_an_earlier_step_of_the_plan_set_has_not_moved() {
        let before = attrs(&[("port", Value::Int(1)), ("peers", Value::text_set(["a"]))]);
        let wanted = attrs(&[("port", Value::Int(2)), ("peers", Value::text_set(["b"]))]);
        let write = write(Operation::Update, before, wanted.clone(), &["peers"]);
        let now = attrs(&[("port", Value::Int(2)), ("peers", Value::text_set(["a"]))]);
        assert_eq!(moved(&SCHEMA, &write, &wanted, &live(now), Way::Forward), None);
        let set = attrs(&[("port", Value::Int(2)), ("peers", Value::text_set(["b"]))]);
        assert!(moved(&SCHEMA, &write, &wanted, &live(set), Way::Forward).is_some(), "somebody did this step's work");
    }

    #[test]
    fn what_aws_drops_is_named() {
        let after = attrs(&[("port", Value::Int(2)), ("peers", Value::text_set(["b"]))]);
        let created = write(Operation::Create, Attrs::new(), after.clone(), &[]);
        assert_eq!(dropped(&SCHEMA, &created, &after), None);
        let found = attrs(&[("port", Value::Int(2))]);
        assert_eq!(dropped(&SCHEMA, &created, &found).as_deref(), Some("peers asked [\"b\"], is nothing"));
        let updated = write(Operation::Update, Attrs::new(), after, &["port"]);
        assert_eq!(dropped(&SCHEMA, &updated, &found), None, "it was not asked for peers");
    }

    #[test]
    fn a_secret_is_not_told() {
        let before = attrs(&[("key", Value::Text("old".to_owned()))]);
        let write = write(Operation::Delete, before, Attrs::new(), &[]);
        let now = attrs(&[("key", Value::Text("new".to_owned()))]);
        assert_eq!(moved(&SCHEMA, &write, &Attrs::new(), &live(now), Way::Forward).as_deref(), Some("key is another"));
    }
}
