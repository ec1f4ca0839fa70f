//! Compares one desired object with one observed, attribute by attribute, by the facts of the schema.
//!
//! What the spec leaves out: a plain attribute is then AWS's to choose and is not compared. A set or a document that can be
//! changed in place, and whatever else its schema calls strict, is compared with nothing, since what stands there was put
//! there by hand, and is a hole as often as not: an extra security group, a policy. A required or immutable one is not:
//! leaving it out cannot mean "none" where AWS always has some, and must not cause a replacement. Whatever it is, one that
//! holds an object of ours that goes must let go of it.
//!
//! Tags are not compared: they are written at creation.

use std::collections::BTreeSet;

use privlink_model::{AttributeChange, Attrs, KindSchema, Observed, Ownership, Reference, Shape, Value};

/// Whether an attribute's change means replacement: by its own fact, because it says which object this is, or because the
/// kind has no call that changes anything.
pub(crate) fn is_immutable(schema: &KindSchema, key: &str) -> bool {
    schema.update.is_none()
        || schema.attribute(key).is_some_and(|fact| fact.immutable)
        || matches!(schema.ownership, Ownership::Parent(parent) if parent == key || schema.key.contains(&key))
}

/// Whether a change of an attribute means replacement: of a set that only grows, when something is surely taken away.
pub(crate) fn is_fixed(schema: &KindSchema, change: &AttributeChange) -> bool {
    let known = |value: &Option<Value>| value.as_ref().is_none_or(Value::is_known);
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let grows = schema.attribute(&change.key).is_some_and(|fact| fact.grows);
    is_immutable(schema, &change.key) || grows && known(&change.after) && lacks(schema, &change.key, after, before)
}

/// What the differ knows beside the two sides.
pub(crate) struct Around<'a> {
    /// Whether what a reference refers to will be another object than the observed one can have known.
    pub(crate) is_new: &'a dyn Fn(&Reference) -> bool,
    /// Ids of objects that go.
    pub(crate) gone: &'a BTreeSet<&'a str>,
}

/// The attributes that differ.
pub(crate) fn compare(schema: &KindSchema, after: &Attrs, before: &Observed, around: &Around) -> Vec<AttributeChange> {
    let mut keys: BTreeSet<&String> = after.iter().map(|(key, _)| key).collect();
    keys.extend(before.attrs.iter().map(|(key, _)| key));
    keys.into_iter()
        .filter(|key| schema.compares(key))
        .filter(|key| differs(schema, key, after.get(key), before.attrs.get(key), around))
        .map(|key| AttributeChange {
            key: key.clone(),
            before: before.attrs.get(key).cloned(),
            after: after.get(key).cloned(),
        })
        .collect()
}

fn differs(schema: &KindSchema, key: &str, after: Option<&Value>, before: Option<&Value>, around: &Around) -> bool {
    match (after, before) {
        (None, None) => false,
        (Some(after), _) if !after.is_known() => {
            let made = after.references().into_iter().any(around.is_new);
            // A value that will only be read late is written again, which changes nothing when it is the same; but nothing
            // is replaced on a mere suspicion.
            made || !is_immutable(schema, key)
        }
        (Some(after), Some(before)) => schema.normal(key, after) != schema.normal(key, before),
        (Some(after), None) => !schema.normal(key, after).is_empty(),
        (None, Some(before)) => {
            let managed = schema.attribute(key).is_some_and(|fact| {
                let strict = fact.strict || matches!(fact.shape, Shape::Set | Shape::Document);
                strict && !fact.required && !is_immutable(schema, key)
            });
            managed && !schema.normal(key, before).is_empty() || holds(before, around.gone)
        }
    }
}

/// Whether one of the texts stands in a value, at any depth.
fn holds(value: &Value, texts: &BTreeSet<&str>) -> bool {
    value.any(&|part| part.as_text().is_some_and(|text| texts.contains(text)))
}

/// Whether `has` lacks an element of `wanted`, or might.
pub(crate) fn lacks(schema: &KindSchema, key: &str, has: Option<&Value>, wanted: Option<&Value>) -> bool {
    let known = |value: Option<&Value>| value.is_none_or(Value::is_known);
    if !known(has) || !known(wanted) {
        return true;
    }
    let normal = |value: Option<&Value>| value.map(|value| schema.normal(key, value));
    let (has, wanted) = (normal(has), normal(wanted));
    let has: Vec<&Value> = has.iter().flat_map(Value::elements).collect();
    wanted.iter().flat_map(Value::elements).any(|element| !has.contains(&element))
}
