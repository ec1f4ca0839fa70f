//! `project "shop" { region …; tags …; resolver …; store …; guard … }`.

use std::collections::BTreeMap;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Guard, Project, Spanned, Store};
use crate::names::Kind;
use crate::node::{Node, Value};
use crate::read::{Context, Form, Shape};
use crate::value;

const PROJECT: Shape = Shape { one: &["region", "tags", "resolver", "store", "guard"], ..Shape::one("a name") };
const TAGS: Shape = Shape { any_props: true, ..Shape::NONE };
const STORE: Shape = Shape { props: &["account"], ..Shape::one("a folder or s3:// URL") };
const GUARD: Shape = Shape { props: &["deletes", "updates"], ..Shape::NONE };

/// Tags a user may give: AWS allows 50 on a resource, and ownership takes two.
const MOST_TAGS: usize = 48;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// The region a project gives its accounts, read ahead of the rest and without reports.
pub(crate) fn region_of(nodes: &[Node]) -> Option<Spanned<String>> {
    let project = nodes.iter().find(|node| node.name.value == "project")?;
    let region = project.children.iter().find(|child| child.name.value == "region")?;
    match region.args.first() {
        Some(Spanned { value: Value::Text(text), span }) => Some(Spanned { value: text.clone(), span: *span }),
        _ => None,
    }
}

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Project> {
    let form = Form::new(cx, node, &PROJECT);
    let name = form.arg().and_then(|name| value::name(cx, name));
    let region = form.child_text("region", "a region").and_then(|region| value::region(cx, region));
    let tags = form.child("tags").map(|tags| decode_tags(cx, tags)).unwrap_or_default();
    let resolver = form.child_text("resolver", "an address");
    let resolver = resolver.and_then(|text| value::address(cx, codes::IP_ADDRESS, &text));
    let store = form.child("store").and_then(|store| decode_store(cx, store));
    let guard = form.child("guard").map(|guard| decode_guard(cx, guard));
    Some(Project { name: name?, region, tags, resolver, store, guard })
}

fn decode_tags(cx: &Context, node: &Node) -> BTreeMap<String, Spanned<String>> {
    let form = Form::new(cx, node, &TAGS);
    let tags = form.all_texts();
    if tags.len() > MOST_TAGS {
        cx.report(
            Diagnostic::error(codes::TAG_COUNT, format!("{} tags are more than a resource can carry", tags.len()))
                .at(node.head, "too many tags")
                .help(format!("AWS allows 50, of which privlink needs two: keep at most {MOST_TAGS}")),
        );
    }
    let mut kept = BTreeMap::new();
    for (key, text) in tags {
        let folded = key.value.to_ascii_lowercase();
        if let Some(prefix) = ["aws:", "privlink:"].into_iter().find(|prefix| folded.starts_with(prefix)) {
            let message = format!("tags that begin with `{prefix}` are reserved");
            cx.report(
                Diagnostic::error(codes::TAG_RESERVED, message).at(key.span, "reserved").help("give it another name"),
            );
            continue;
        }
        let long_key = !(1..=LONGEST_KEY).contains(&key.value.chars().count());
        if long_key || text.value.chars().count() > LONGEST_VALUE {
            let (span, wrong, label) = if long_key {
                (key.span, "key is empty or too long", format!("not 1 to {LONGEST_KEY} characters"))
            } else {
                (text.span, "value is too long", format!("more than {LONGEST_VALUE} characters"))
            };
            cx.report(
                Diagnostic::error(codes::TAG_LENGTH, format!("a tag's {wrong}"))
                    .at(span, label)
                    .help(format!("AWS allows {LONGEST_KEY} characters in a key and {LONGEST_VALUE} in a value")),
            );
            continue;
        }
        let odd = |c: char| !(c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c));
        if let Some((part, found)) =
            [&key, &text].into_iter().find_map(|part| Some((part, part.value.chars().find(|c| odd(*c))?)))
        {
            cx.report(
                Diagnostic::error(codes::TAG_CHARACTER, format!("AWS does not allow {found:?} in a tag"))
                    .at(part.span, "not allowed")
                    .help("letters, digits, spaces and _ . : / = + - @ are"),
            );
            continue;
        }
        kept.insert(key.value, text);
    }
    kept
}

fn decode_store(cx: &Context, node: &Node) -> Option<Store> {
    let form = Form::new(cx, node, &STORE);
    let url = form.arg();
    let account = form.reference("account", Kind::Account);
    let url = url?;
    let bucket = url.value.strip_prefix("s3://").map(|rest| rest.split('/').next().unwrap_or(""));
    let sound = match bucket {
        Some(bucket) => {
            (3..=63).contains(&bucket.len())
                && bucket.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-')
        }
        None => !url.value.is_empty() && !url.value.contains("://"),
    };
    let url = value::keep(cx, codes::STORE, url, sound, |text| {
        (format!("`{text}` is no store"), String::from("write a folder, or s3://BUCKET/PREFIX"))
    })?;
    Some(Store { url, account })
}

fn decode_guard(cx: &Context, node: &Node) -> Guard {
    let form = Form::new(cx, node, &GUARD);
    let share = |name| form.text(name).and_then(|text| value::percent(cx, &text));
    Guard { deletes: share("deletes"), updates: share("updates") }
}
