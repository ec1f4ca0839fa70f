//! `stage "prod" { throttle …; cache …; compression …; log …; alarm …; variables … }`.

use std::collections::BTreeMap;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Alarm, Cache, Log, Spanned, Stage, Throttle};
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::suggest;
use crate::value;

const STAGE: Shape =
    Shape { one: &["throttle", "cache", "compression", "log", "variables"], many: &["alarm"], ..Shape::one("a name") };
const THROTTLE: Shape = Shape { props: &["rate", "burst"], ..Shape::NONE };
const CACHE: Shape = Shape { props: &["size-gb", "ttl"], ..Shape::NONE };
const COMPRESSION: Shape = Shape { props: &["min-bytes"], ..Shape::NONE };
const LOG: Shape = Shape { props: &["level", "access"], ..Shape::NONE };
const ALARM: Shape = Shape { props: &["above", "notify"], ..Shape::one("a metric") };
const VARIABLES: Shape = Shape { any_props: true, ..Shape::NONE };

/// The cache sizes API Gateway sells, in GB.
const CACHE_SIZES: &[f64] = &[0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118.0, 237.0];
const LONGEST_TTL_MS: u64 = 3_600_000;
const MOST_COMPRESSION_BYTES: i128 = 10_485_760;
const METRICS: &[&str] = &["5xx", "4xx", "latency", "integration-latency"];
const LEVELS: &[&str] = &["OFF", "ERROR", "INFO"];

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Stage> {
    let form = Form::new(cx, node, &STAGE);
    let name = form.arg().and_then(|name| {
        let sound = (1..=128).contains(&name.value.len())
            && name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        value::keep(cx, codes::STAGE_NAME, name, sound, |text| {
            (
                format!("`{text}` cannot name a stage"),
                value::with_fix(String::from("a stage's name is 1 to 128 letters, digits, - and _"), text, 128),
            )
        })
    });
    let throttle = form.child("throttle").and_then(|child| decode_throttle(cx, child));
    let cache = form.child("cache").and_then(|child| decode_cache(cx, child));
    let compression = form.child("compression").and_then(|child| decode_compression(cx, child));
    let log = form.child("log").and_then(|child| decode_log(cx, child));
    let alarms = form.children("alarm").filter_map(|child| decode_alarm(cx, child)).collect();
    let variables = form.child("variables").map(|child| decode_variables(cx, child)).unwrap_or_default();
    Some(Stage { name: name?, throttle, cache, compression, log, alarms, variables, span: node.span })
}

fn wrong(cx: &Context, span: crate::source::Span, message: String, help: &str) {
    cx.report(Diagnostic::error(codes::STAGE_SETTING, message).at(span, "not valid").help(help));
}

fn decode_throttle(cx: &Context, node: &Node) -> Option<Spanned<Throttle>> {
    let form = Form::new(cx, node, &THROTTLE);
    form.needed_value("rate", "1000");
    form.needed_value("burst", "2000");
    let rate = form.number("rate")?;
    let burst = form.integer("burst")?;
    if rate.value < 0.0 {
        wrong(
            cx,
            rate.span,
            format!("{} is no rate", rate.value),
            "a rate is a number of requests per second, 0 or more: rate=1000",
        );
        return None;
    }
    let Ok(most) = u32::try_from(burst.value) else {
        wrong(
            cx,
            burst.span,
            format!("{} is no burst", burst.value),
            "a burst is a whole number of requests, 0 or more: burst=2000",
        );
        return None;
    };
    Some(Spanned { value: Throttle { rate: rate.value, burst: most }, span: node.span })
}

fn decode_cache(cx: &Context, node: &Node) -> Option<Spanned<Cache>> {
    let form = Form::new(cx, node, &CACHE);
    form.needed_value("size-gb", "0.5");
    let size = form.number("size-gb")?;
    if !CACHE_SIZES.contains(&size.value) {
        wrong(
            cx,
            size.span,
            format!("API Gateway has no cache of {} GB", size.value),
            "the sizes are 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118 and 237 GB",
        );
        return None;
    }
    let ttl = match form.text("ttl") {
        None if form.value("ttl").is_none() => 300_000,
        None => return None,
        Some(text) => {
            let ttl = value::duration_ms(cx, &text)?;
            if ttl.value > LONGEST_TTL_MS || ttl.value % 1000 != 0 {
                wrong(
                    cx,
                    ttl.span,
                    format!("`{}` is no time to live", text.value),
                    "a time to live is whole seconds, 0s to 1h: ttl=\"5m\"",
                );
                return None;
            }
            ttl.value
        }
    };
    Some(Spanned { value: Cache { size_gb: size.value, ttl_seconds: (ttl / 1000) as u32 }, span: node.span })
}

fn decode_compression(cx: &Context, node: &Node) -> Option<Spanned<u32>> {
    let form = Form::new(cx, node, &COMPRESSION);
    form.needed_value("min-bytes", "1024");
    let bytes = form.integer("min-bytes")?;
    match u32::try_from(bytes.value) {
        Ok(least) if bytes.value <= MOST_COMPRESSION_BYTES => Some(Spanned { value: least, span: node.span }),
        _ => {
            wrong(
                cx,
                bytes.span,
                format!("{} is no size to compress from", bytes.value),
                "it is 0 to 10485760 bytes: min-bytes=1024",
            );
            None
        }
    }
}

fn decode_log(cx: &Context, node: &Node) -> Option<Spanned<Log>> {
    let form = Form::new(cx, node, &LOG);
    let level = form.text("level");
    if let Some(level) = level.as_ref().filter(|level| !LEVELS.contains(&level.value.as_str())) {
        let help = suggest::help(&level.value, LEVELS.iter().copied(), "levels").unwrap_or_default();
        wrong(cx, level.span, format!("`{}` is no log level", level.value), &help);
        return None;
    }
    let access = form.text("access");
    let is_group = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
    if let Some(group) =
        access.as_ref().filter(|group| !(1..=512).contains(&group.value.len()) || !group.value.chars().all(is_group))
    {
        wrong(
            cx,
            group.span,
            format!("`{}` is no log group's name", group.value),
            "a log group's name is 1 to 512 letters, digits and _ - / . #",
        );
        return None;
    }
    let log = Log { level: level.map(|level| level.value), access: access.map(|access| access.value) };
    Some(Spanned { value: log, span: node.span })
}

fn decode_alarm(cx: &Context, node: &Node) -> Option<Spanned<Alarm>> {
    let form = Form::new(cx, node, &ALARM);
    let metric = form.arg();
    let above = form.needed_text("above");
    let notify = form.text("notify").map(|arn| value::arn(cx, &["sns"], arn));
    let metric = metric?;
    if !METRICS.contains(&metric.value.as_str()) {
        let help = suggest::help(&metric.value, METRICS.iter().copied(), "metrics").unwrap_or_default();
        wrong(cx, metric.span, format!("there is no alarm on `{}`", metric.value), &help);
        return None;
    }
    let above = above?;
    if metric.value.ends_with("latency") {
        value::duration_ms(cx, &above)?;
    } else {
        value::percent(cx, &above)?;
    }
    let notify = match notify {
        Some(arn) => Some(arn?.value),
        None => None,
    };
    Some(Spanned { value: Alarm { metric: metric.value, above: above.value, notify }, span: node.span })
}

fn decode_variables(cx: &Context, node: &Node) -> BTreeMap<String, Spanned<String>> {
    let form = Form::new(cx, node, &VARIABLES);
    let mut kept = BTreeMap::new();
    for (key, text) in form.all_texts() {
        let sound_key = key.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !key.value.is_empty();
        let sound_value = text.value.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c));
        if !sound_key {
            wrong(
                cx,
                key.span,
                format!("`{}` cannot name a stage variable", key.value),
                "names are letters, digits and _",
            );
        } else if !sound_value {
            wrong(
                cx,
                text.span,
                format!("`{}` cannot be a stage variable's value", text.value),
                "values are letters, digits and - . _ ~ : / ? # & = ,",
            );
        } else {
            kept.insert(key.value, text);
        }
    }
    kept
}
