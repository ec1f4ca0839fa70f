//! The page of kinds, from their schemas.

use privlink_kinds::KINDS;
use privlink_model::{ApiCall, KindSchema, Ownership, ReplaceOrder, Service, Shape, Waits};

use crate::view::words;

/// Every kind with its attributes, calls, waits, quotas, undo and permissions.
pub(crate) fn page() -> String {
    let mut page = String::from("# Kinds of resources\n\nNobody writes these: they are derived from the spec.\n");
    let mut kinds: Vec<&KindSchema> = KINDS.iter().collect();
    kinds.sort_by_key(|schema| schema.name);
    kinds.into_iter().for_each(|schema| section(schema, &mut page));
    page
}

fn section(schema: &KindSchema, page: &mut String) {
    let service = match schema.service {
        Service::Ec2 => "Amazon EC2",
        Service::Elb => "Elastic Load Balancing",
        Service::ApiGateway => "Amazon API Gateway",
        Service::Sts => "AWS STS",
    };
    let mut title = schema.title.to_owned();
    if let Some(first) = title.get(..1).map(str::to_uppercase) {
        title.replace_range(..1, &first);
    }
    let ownership = match schema.ownership {
        Ownership::Tags => "known as ours by its tags".to_owned(),
        Ownership::Parent(key) => format!("known as ours by its `{key}`"),
        Ownership::LookUp => "looked up, never changed".to_owned(),
    };
    page.push_str(&format!("\n## {title}\n\n`{}` · {service} · {ownership}\n", schema.name));
    page.push_str("\n| attribute | what it is | |\n| --- | --- | --- |\n");
    for attribute in schema.attributes {
        let mut facts = Vec::new();
        facts.extend(attribute.required.then_some("required"));
        facts.extend(attribute.computed.then_some("computed"));
        facts.extend(attribute.immutable.then_some("a change means replacement"));
        facts.extend(attribute.secret.then_some("secret"));
        facts.extend(attribute.additive.then_some("changed in two calls"));
        facts.extend((attribute.shape == Shape::Set).then_some("unordered"));
        facts.extend((attribute.shape == Shape::Document).then_some("document"));
        let outage = attribute.outage.map(|why| format!("outage: {why}"));
        let facts: Vec<&str> = facts.into_iter().chain(outage.as_deref()).collect();
        page.push_str(&format!("| `{}` | {} | {} |\n", attribute.key, attribute.doc, facts.join("; ")));
    }
    let writes = [
        ("create", schema.create, schema.ready),
        ("change", schema.update, schema.ready),
        ("delete", schema.delete, schema.gone),
    ];
    let mut lines: Vec<String> =
        writes.into_iter().filter_map(|(verb, call, waits)| Some(format!("{verb}: {}", told(&call?, waits)))).collect();
    if schema.create.is_some() {
        lines.push(match schema.replace {
            ReplaceOrder::CreateFirst => "replace: the new one first".to_owned(),
            ReplaceOrder::DeleteFirst => "replace: the old one goes first".to_owned(),
            ReplaceOrder::KeepOld => "replace: the old one stays, to go back to".to_owned(),
        });
        lines.push(match schema.permanent {
            Some(why) => format!("undo of a create: none, {why}"),
            None => "undo of a create: exact".to_owned(),
        });
        lines.push(match schema.loses {
            Some(what) => format!("undo of a delete: made again; lost: {what}"),
            None => "undo of a delete: exact".to_owned(),
        });
    }
    for (verb, actions) in [("read", schema.read_actions), ("write", schema.write_actions)] {
        if !actions.is_empty() {
            let actions: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
            lines.push(format!("permissions to {verb}: {}", actions.join(", ")));
        }
    }
    if !lines.is_empty() {
        page.push('\n');
    }
    lines.iter().for_each(|line| page.push_str(&format!("* {line}\n")));
}

fn told(call: &ApiCall, waits: Option<Waits>) -> String {
    let quota = format!("{} at once, then {} a second", call.bucket.capacity, round(call.bucket.refill));
    let waits = waits.map(|waits| {
        let (typical, limit) = (words::time(waits.typical), words::time(waits.limit));
        format!("; waits until {}, as a rule {typical}, at most {limit}", waits.until)
    });
    format!("`{}` ({quota}){}", call.name, waits.unwrap_or_default())
}

fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
