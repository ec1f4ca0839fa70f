//! `project "shop" { region …; tags …; resolver …; store …; guard … }`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

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
const GUARD: Shape = Shape { props: &["deletes", "updates", "minimum"], ..Shape::NONE };

/// Tags a user may give: AWS allows 50 on a resource, and ownership takes two.
const MOST_TAGS: usize = 48;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;
const S3: &str = "s3://";
/// An object's key has 1024 bytes; the longest name a run or lock puts under the prefix is well under 256.
const LONGEST_PREFIX: usize = 768;

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
    let url = form.arg()?;
    let account = match url.value.strip_prefix(S3) {
        // Whose credentials and whose region the bucket is reached with cannot be guessed.
        Some(_) => form.needed_reference("account", Kind::Account),
        None => {
            if let Some(account) = form.value("account") {
                cx.report(
                    Diagnostic::error(codes::STORE_ACCOUNT, "a folder belongs to no account")
                        .at(account.span, "an account")
                        .at(url.span, "of a folder")
                        .help(format!("take the account out, or write {S3}BUCKET/PREFIX")),
                );
            }
            None
        }
    };
    let sound = match url.value.strip_prefix(S3) {
        Some(rest) => {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            is_bucket(bucket) && is_prefix(prefix)
        }
        None => !url.value.is_empty() && !url.value.contains("://") && !url.value.contains(char::is_control),
    };
    let url = value::keep(cx, codes::STORE, url, sound, |text| {
        let help = match text.strip_prefix(S3) {
            Some(_) => {
                "a bucket is 3 to 63 lower-case letters, digits, dots and dashes, a prefix letters, digits and \
                        ! _ . * ' ( ) - between single slashes: s3://acme-privlink/shop"
            }
            None => "write a folder, or s3://BUCKET/PREFIX",
        };
        (format!("`{text}` is no store"), String::from(help))
    })?;
    Some(Store { url, account })
}

fn is_bucket(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || c == '.' || c == '-')
        && name.starts_with(plain)
        && name.ends_with(plain)
        && !name.contains("..")
        && name.parse::<Ipv4Addr>().is_err()
}

/// A prefix of the characters that S3 calls safe. `.` and `..` are legal there and taken for paths by many tools.
fn is_prefix(prefix: &str) -> bool {
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    prefix.is_empty()
        || prefix.len() <= LONGEST_PREFIX
            && prefix.chars().all(|c| c.is_ascii_alphanumeric() || "/!_.*'()-".contains(c))
            && prefix.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn decode_guard(cx: &Context, node: &Node) -> Guard {
    let form = Form::new(cx, node, &GUARD);
    let share = |name| form.text(name).and_then(|text| value::percent(cx, &text));
    let minimum = form.integer("minimum").and_then(|number| {
        let least = u32::try_from(number.value).ok().filter(|least| *least > 0);
        if least.is_none() {
            cx.report(
                Diagnostic::error(codes::GUARD_MINIMUM, format!("{} is no number of objects", number.value))
                    .at(number.span, "not 1 or more")
                    .help("with minimum=1 the shares count from the first object on"),
            );
        }
        least.map(|value| Spanned { value, span: number.span })
    });
    Guard { deletes: share("deletes"), updates: share("updates"), minimum }
}
