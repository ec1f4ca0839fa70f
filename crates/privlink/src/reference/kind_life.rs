//! How the page of kinds tells a kind's life: calls, quotas, waits, replacement, undo, interruptions, permissions.
//!
//! **Invariant:** what is said of undo is what `privlink-plan` decides from the same facts.

use privlink_kinds::quota;
use privlink_model::{ApiCall, Bucket, KindSchema, Operation, Permission, ReplaceOrder, Shape, Waits};

use super::markdown::codes;
use crate::view::words;

/// One line for each thing worth knowing; none for what is only looked up and takes no permission.
pub(super) fn lines(schema: &KindSchema) -> Vec<String> {
    let mut lines = Vec::new();
    let writes = [
        ("create", schema.create, schema.ready),
        ("change", schema.update, schema.ready),
        ("delete", schema.delete, schema.gone),
    ];
    for (verb, call, waits) in writes {
        lines.extend(call.map(|call| format!("**{verb}:** {}", told(schema, call, waits))));
    }
    if schema.create.is_some() {
        lines.extend(life(schema));
    }
    for attribute in schema.attributes {
        lines.extend(attribute.outage.map(|why| {
            let of = if attribute.shape == Shape::Set { "what is taken from" } else { "a change of" };
            format!("**interrupts traffic:** {of} `{}`: {why}", attribute.key)
        }));
    }
    let to_write = |wanted: Operation| {
        let of = move |(operation, permission): &(Operation, Permission)| (*operation == wanted).then_some(*permission);
        schema.write_actions.iter().filter_map(of).collect()
    };
    let permissions: Vec<String> = [
        ("to read", schema.read_actions.to_vec()),
        ("to create", to_write(Operation::Create)),
        ("to change", to_write(Operation::Update)),
        ("to delete", to_write(Operation::Delete)),
    ]
    .into_iter()
    .filter(|(_, permissions)| !permissions.is_empty())
    .map(|(verb, permissions)| format!("{verb} {}", codes(&actions(&permissions))))
    .collect();
    if !permissions.is_empty() {
        lines.push(format!("**permissions:** {}", permissions.join("; ")));
    }
    lines
}

/// The actions of permissions, each once, in their order.
fn actions(permissions: &[Permission]) -> Vec<&'static str> {
    let mut actions: Vec<&str> = Vec::new();
    for permission in permissions {
        if !actions.contains(&permission.action) {
            actions.push(permission.action);
        }
    }
    actions
}

fn life(schema: &KindSchema) -> Vec<String> {
    let mut lines = Vec::new();
    let replace = match schema.replace {
        ReplaceOrder::KeepOld => "a new one is made; the old one stays, to go back to",
        ReplaceOrder::CreateFirst => "the new one is made before the old one goes",
        ReplaceOrder::DeleteFirst => "the old one goes before the new one is made; in between there is none",
    };
    // Nothing to add where all that could be replaced is in the key.
    let fixed = |key: &&str| !schema.key.contains(key);
    let other =
        schema.attributes.iter().filter(|one| one.immutable || one.grows).map(|one| one.key).any(|key| fixed(&key));
    let same_key = (schema.replace == ReplaceOrder::CreateFirst && !schema.key.is_empty() && other)
        .then(|| format!("; with the same {}, the old one goes first", codes(schema.key)));
    let alone = schema.attributes.iter().filter(|one| !one.alone_in.is_empty()).map(|one| {
        format!(
            "; with `{}` in the same {}, the old one goes first, as one alone can have it",
            one.key,
            codes(one.alone_in)
        )
    });
    let exceptions: String = same_key.into_iter().chain(alone).collect();
    lines.push(format!("**replace:** {replace}{exceptions}"));
    let create = match (schema.permanent, schema.delete) {
        (Some(why), _) => format!("impossible: {why}"),
        (None, Some(_)) => "exact, it is deleted".to_owned(),
        (None, None) => "exact where what it belongs to is undone as well; otherwise impossible".to_owned(),
    };
    lines.push(format!("**undo of a create:** {create}"));
    if schema.update.is_some() {
        let secret = schema.attributes.iter().find(|attribute| attribute.secret);
        let secret = secret.map(|attribute| format!(", but for `{}`, whose old value is not kept", attribute.key));
        lines.push(format!(
            "**undo of a change:** exact, the old values are written back{}",
            secret.unwrap_or_default()
        ));
    }
    if schema.delete.is_some() {
        lines.push(match schema.loses {
            Some(what) => format!("**undo of a delete:** it is made again, not as it was: {what}"),
            None => "**undo of a delete:** exact, it is made again".to_owned(),
        });
    }
    if !schema.deleted_with.is_empty() {
        let keys = codes(schema.deleted_with);
        lines.push(format!("**goes with:** {keys}; when that is deleted, no step deletes this"));
    }
    lines
}

fn told(schema: &KindSchema, call: ApiCall, waits: Option<Waits>) -> String {
    let class = quota::of(schema.service, call.name).class;
    let class = class.map(|class| format!(", shared by all {class} calls")).unwrap_or_default();
    let waits = waits.map(|waits| {
        let (typical, limit) = (words::time(waits.typical), words::time(waits.limit));
        format!("; then waits until {}, as a rule {typical}, at most {limit}", waits.until)
    });
    format!("`{}`, {}{class}{}", call.name, rate(call.bucket), waits.unwrap_or_default())
}

/// A bucket in words: `4 at once, then 3 every 10 seconds`.
pub(super) fn rate(bucket: Bucket) -> String {
    let Bucket { capacity, refill } = bucket;
    // The least number of calls that comes with a whole number of seconds.
    let whole = (1..=10).map(f64::from).map(|calls| (calls, calls / refill));
    let whole = whole
        .map(|(calls, seconds)| (calls, seconds.round(), seconds))
        .find(|(_, round, seconds)| *round >= 1.0 && (round - seconds).abs() < 1e-6);
    let refill = match whole {
        Some((calls, seconds, _)) if seconds > 1.0 => format!("{calls} every {seconds} seconds"),
        _ => format!("{refill} a second"),
    };
    format!("{capacity} at once, then {refill}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_said_in_whole_numbers() {
        let said = |capacity, refill| rate(Bucket { capacity, refill });
        assert_eq!(said(4.0, 0.3), "4 at once, then 3 every 10 seconds");
        assert_eq!(said(1.0, 1.0 / 30.0), "1 at once, then 1 every 30 seconds");
        assert_eq!(said(1.0, 1.0), "1 at once, then 1 a second");
        assert_eq!(said(40.0, 10.0), "40 at once, then 10 a second");
        assert_eq!(said(5.0, 2.5), "5 at once, then 5 every 2 seconds");
    }
}
