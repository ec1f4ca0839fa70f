//! The page of kinds, from their schemas: index, quotas of whole services, one section for each kind, permissions together.
//!
//! Owns: the page's order. Refuses to know: how a kind's life is told (see `kind_life`).

use std::collections::BTreeSet;

use privlink_kinds::{KINDS, quota};
use privlink_model::{AttributeSchema, KindSchema, Ownership, Service, Shape};

use super::kind_life;
use super::markdown::{Table, anchor, code, codes, prose, sentence};

const INTRO: &str = "# Kinds of resources

Nobody writes these: they are derived from the spec, and plans and messages name them. Of each kind the page tells its
attributes, the calls that make, change and delete it with AWS's quota for each, what is waited for, how a step is taken back
and which permissions it takes. `privlink schema kinds` prints this page.

A quota is a bucket: so many calls at once, then so many as time goes by. Each account and region has its own. privlink keeps
within them, and the time a plan is said to take rests on them.
";

/// Every kind with its attributes, calls, waits, quotas, undo and permissions.
pub(crate) fn page() -> String {
    let mut page = String::from(INTRO);
    page.push_str(&totals());
    let mut kinds: Vec<&KindSchema> = KINDS.iter().collect();
    kinds.sort_by_key(|schema| schema.name);
    let (found, made): (Vec<&KindSchema>, Vec<&KindSchema>) = kinds.into_iter().partition(|schema| is_found(schema));
    page.push_str("\n## What privlink makes\n");
    let mut index = Table::new(&["kind", "service", "lost when it is deleted"]);
    for schema in &made {
        index.row(&[link(schema), service(schema.service).to_owned(), schema.loses.unwrap_or("nothing").to_owned()]);
    }
    page.push_str(&index.finish());
    made.iter().for_each(|schema| section(schema, &mut page));
    page.push_str("\n## What privlink looks up\n\nThese exist before it and are never changed.\n");
    found.iter().for_each(|schema| section(schema, &mut page));
    page.push_str(&permissions());
    page
}

fn is_found(schema: &KindSchema) -> bool {
    schema.ownership == Ownership::LookUp
}

fn link(schema: &KindSchema) -> String {
    format!("[{}](#{})", code(schema.name), anchor(&title(schema)))
}

fn title(schema: &KindSchema) -> String {
    sentence(schema.title).trim_end_matches('.').to_owned()
}

fn service(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "Amazon EC2",
        Service::Elb => "Elastic Load Balancing",
        Service::ApiGateway => "Amazon API Gateway",
        Service::Sts => "AWS STS",
        Service::Iam => "AWS IAM",
        Service::CloudTrail => "AWS CloudTrail",
        Service::EventBridge => "Amazon EventBridge",
    }
}

/// The quotas that all calls of a service share.
fn totals() -> String {
    let mut text = String::new();
    for which in [Service::Ec2, Service::Elb, Service::ApiGateway, Service::Sts] {
        if let Some(bucket) = quota::total(which) {
            text.push_str(&format!("* {}, all calls together: {}\n", service(which), kind_life::rate(bucket)));
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn section(schema: &KindSchema, page: &mut String) {
    let owned = match schema.ownership {
        Ownership::Tags => " · known as ours by its tags".to_owned(),
        Ownership::Parent(key) => format!(" · known as ours by its `{key}`"),
        Ownership::LookUp => String::new(),
    };
    // Where the parent is the whole key, nothing more tells them apart.
    let told = match (schema.ownership, schema.key) {
        (_, []) => String::new(),
        (Ownership::Parent(parent), [key]) if *key == parent => String::new(),
        (_, key) => format!(" · told from others by {}", codes(key)),
    };
    let (title, name, service) = (title(schema), code(schema.name), service(schema.service));
    page.push_str(&format!("\n### {title}\n\n{name} · {service}{owned}{told}\n"));
    let mut attributes = Table::new(&["attribute", "what it is", "facts"]);
    for attribute in schema.attributes {
        attributes.row(&[code(attribute.key), sentence(attribute.doc), facts(attribute)]);
    }
    page.push_str(&attributes.finish());
    let lines = kind_life::lines(schema);
    if !lines.is_empty() {
        page.push('\n');
    }
    lines.iter().for_each(|line| page.push_str(&format!("* {}\n", prose(line))));
}

fn facts(attribute: &AttributeSchema) -> String {
    let facts = [
        (attribute.required, "required"),
        (attribute.computed, "decided by AWS"),
        (attribute.carried, "another resource's, carried along by a write, never compared"),
        (attribute.immutable, "a change means replacement"),
        (attribute.grows, "added to in place, taken from by replacement where both can stand at once"),
        (attribute.secret, "secret: never shown or kept"),
        (attribute.additive, "changed by one call that adds and one that removes"),
        (attribute.shape == Shape::Set, "unordered"),
        (attribute.shape == Shape::Document, "shown as a document"),
    ];
    facts.into_iter().filter(|(holds, _)| *holds).map(|(_, fact)| fact).collect::<Vec<_>>().join("; ")
}

/// What all kinds together take, as policies to begin with.
fn permissions() -> String {
    let reads: BTreeSet<&str> = KINDS.iter().flat_map(|schema| schema.read_actions).map(|one| one.action).collect();
    let writes = KINDS.iter().flat_map(|schema| schema.write_actions).map(|(_, one)| one.action);
    let writes: BTreeSet<&str> = writes.collect();
    let writes: BTreeSet<&str> = writes.difference(&reads).copied().collect();
    format!(
        "\n## Permissions together\n\nWhat `privlink plan` takes, in each account of a spec:\n{}\nWhat `privlink apply` and \
         `privlink destroy` take beside it:\n{}\nWhere the spec names a `role`, the credentials that privlink is started with \
         need `sts:AssumeRole` on it.\n\nThese are for every spec there can be. `privlink schema permissions` prints what one \
         spec, or one plan, takes of them, on which resources and under which conditions: see \
         [permissions](../permissions.md).\n",
        policy(&reads),
        policy(&writes)
    )
}

fn policy(actions: &BTreeSet<&str>) -> String {
    let statement = serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] });
    format!("\n```json\n{policy:#}\n```\n")
}
