//! One statement of a policy, and whether it matches all that another one matches.
//!
//! Owns: IAM's rules for principals, actions, resources and conditions, as far as they are certain. Refuses to know: policies.
//!
//! **Invariant:** `covers` is sound and not complete: where it is true nothing that the other matches is missed.

use std::net::IpAddr;

use privlink_model::Value;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    Allow,
    Deny,
    /// Something we do not know.
    Other,
}

/// A statement in its normal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement<'a>(pub(super) &'a Value);

impl<'a> Statement<'a> {
    pub(super) fn effect(self) -> Effect {
        match self.get("Effect").and_then(Value::as_text) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => Effect::Other,
        }
    }

    fn get(self, key: &str) -> Option<&'a Value> {
        self.0.as_map()?.get(key)
    }

    /// Whom it is about, in a few words: `everyone where aws:SourceVpce is "vpce-1"`.
    pub(super) fn who(self) -> String {
        let who = match (self.get("Principal"), self.get("NotPrincipal")) {
            (Some(principal), _) if is_everyone(principal) => "everyone".to_owned(),
            (Some(Value::Map(kinds)), _) => first(kinds.values().flat_map(many), "nobody"),
            (Some(other), _) => first(many(other).into_iter(), "nobody"),
            (None, Some(_)) => "everyone but some".to_owned(),
            (None, None) => "whoever has it".to_owned(),
        };
        let conditions = self.get("Condition").and_then(Value::as_map).into_iter().flatten();
        let conditions: Vec<String> = conditions
            .flat_map(|(operator, keys)| {
                keys.as_map().into_iter().flatten().map(move |(key, values)| (operator, key, values))
            })
            .map(|(operator, key, values)| {
                let is = match operator.as_str() {
                    "StringEquals" | "ArnEquals" | "StringLike" | "ArnLike" | "IpAddress" | "Bool" => "is",
                    "StringNotEquals" | "ArnNotEquals" | "StringNotLike" | "ArnNotLike" | "NotIpAddress" => "is not",
                    other => other,
                };
                format!("{key} {is} {}", first(many(values).into_iter(), "(no value)"))
            })
            .collect();
        let conditions = if conditions.is_empty() {
            ", unconditionally".to_owned()
        } else {
            format!(" where {}", conditions.join(" and "))
        };
        format!("{who}{conditions}")
    }

    /// Whether its words hold variables, which are filled in with what the request is like.
    pub(super) fn has_variables(self) -> bool {
        varies(self.0)
    }

    /// Whether it matches every request that `narrow` matches.
    pub(super) fn covers(self, narrow: &Self) -> bool {
        let (Some(wide), Some(less)) = (self.0.as_map(), narrow.0.as_map()) else { return false };
        let keys = wide.keys().chain(less.keys());
        keys.map(String::as_str).all(|key| match (key, wide.get(key), less.get(key)) {
            // A name changes nothing.
            ("Sid", _, _) => true,
            (_, one, other) if one == other => true,
            ("Condition", wide, less) => conditions_cover(wide, less),
            ("Principal", Some(wide), Some(less)) => principals_cover(wide, less),
            ("Action" | "Resource", Some(wide), Some(_)) if *wide == Value::text_set(["*"]) => true,
            // A request may lack what a variable is filled in with, and what then becomes of the others is not known.
            ("Action" | "NotAction" | "Resource" | "NotResource", Some(wide), Some(less))
                if varies(wide) || varies(less) =>
            {
                false
            }
            ("Action" | "Resource", Some(wide), Some(less)) => {
                many(less).into_iter().all(|less| many(wide).into_iter().any(|wide| pattern_covers(key, wide, less)))
            }
            // Everything but these: the fewer they are, the more it matches. What none at all mean is not written down.
            ("NotAction" | "NotResource", Some(wide), Some(less)) => !wide.is_empty() && is_subset(wide, less),
            _ => false,
        })
    }
}

fn varies(value: &Value) -> bool {
    value.any(&|value| value.as_text().is_some_and(|text| text.contains("${")))
}

fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(_) | Value::Set(_) => value.elements(),
        one => vec![one],
    }
}

/// The first of some values, and how many more there are; else what none are called.
fn first<'a>(values: impl Iterator<Item = &'a Value>, none: &str) -> String {
    let values: Vec<String> =
        values.map(|value| value.as_text().map_or_else(|| value.to_string(), str::to_owned)).collect();
    match values.as_slice() {
        [] => none.to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one} or {two}"),
        [one, rest @ ..] => format!("{one} or {} others", rest.len()),
    }
}

fn is_subset(small: &Value, large: &Value) -> bool {
    let large = many(large);
    many(small).iter().all(|item| large.contains(item))
}

fn is_everyone(principal: &Value) -> bool {
    let star = |value: &Value| many(value).iter().any(|one| one.as_text() == Some("*"));
    star(principal) || principal.as_map().and_then(|kinds| kinds.get("AWS")).is_some_and(star)
}

fn principals_cover(wide: &Value, less: &Value) -> bool {
    if wide.as_text() == Some("*") {
        return true;
    }
    let (Some(wide), Some(less)) = (wide.as_map(), less.as_map()) else { return false };
    let star = Value::from("*");
    less.iter().all(|(kind, less)| {
        wide.get(kind).is_some_and(|wide| is_subset(less, wide) || (kind == "AWS" && many(wide).contains(&&star)))
    })
}

/// Whether one name or pattern stands for all that another does. Only a star at the end is understood; within an ARN it does
/// not reach beyond the part it is in.
fn pattern_covers(key: &str, wide: &Value, less: &Value) -> bool {
    if wide == less {
        return true;
    }
    let (Some(wide), Some(less)) = (wide.as_text(), less.as_text()) else { return false };
    let Some(prefix) = wide.strip_suffix('*') else { return false };
    let simple = !prefix.contains(['*', '?']);
    let rest = less.strip_prefix(prefix);
    wide == "*" || (simple && rest.is_some_and(|rest| key == "Action" || !rest.contains(':')))
}

/// All conditions must hold, so the wider statement has fewer of them, and each of its own is met wherever the other's are.
fn conditions_cover(wide: Option<&Value>, less: Option<&Value>) -> bool {
    let Some(wide) = wide.filter(|wide| !wide.is_empty()) else { return true };
    let (Some(wide), Some(less)) = (wide.as_map(), less.and_then(Value::as_map)) else { return false };
    wide.iter().all(|(operator, wide)| {
        let (Some(wide), Some(less)) = (wide.as_map(), less.get(operator).and_then(Value::as_map)) else {
            return false;
        };
        let rule = Rule::of(operator);
        wide.iter().all(|(key, wide)| less.get(key).is_some_and(|less| rule.covers(wide, less)))
    })
}

/// How the values of an operator are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// One of them: the more, the wider.
    Any,
    /// One of these ranges.
    Range,
    /// None of them: the fewer, the wider.
    None,
    /// None of these ranges.
    NoRange,
    /// Compared in another way.
    Alike,
}

impl Rule {
    fn of(operator: &str) -> Self {
        let operator = operator.split_once(':').map_or(operator, |(_, operator)| operator);
        match operator.strip_suffix("IfExists").unwrap_or(operator) {
            "StringEquals"
            | "StringEqualsIgnoreCase"
            | "StringLike"
            | "ArnEquals"
            | "ArnLike"
            | "NumericEquals"
            | "DateEquals"
            | "BinaryEquals"
            | "Bool" => Self::Any,
            "IpAddress" => Self::Range,
            "StringNotEquals"
            | "StringNotEqualsIgnoreCase"
            | "StringNotLike"
            | "ArnNotEquals"
            | "ArnNotLike"
            | "NumericNotEquals"
            | "DateNotEquals" => Self::None,
            "NotIpAddress" => Self::NoRange,
            _ => Self::Alike,
        }
    }

    /// Whether a condition with these values is met wherever one with those is.
    fn covers(self, wide: &Value, less: &Value) -> bool {
        let all_within = |inner: &Value, outer: &Value| {
            many(inner).into_iter().all(|inner| many(outer).into_iter().any(|outer| within(inner, outer)))
        };
        // AWS says of a condition without values that it "does not affect the policy", and not whether it is met.
        if [wide, less].into_iter().any(|values| values.is_empty() || varies(values)) {
            return wide == less;
        }
        match self {
            Self::Any => is_subset(less, wide),
            Self::None => is_subset(wide, less),
            Self::Range => all_within(less, wide),
            Self::NoRange => all_within(wide, less),
            Self::Alike => wide == less,
        }
    }
}

/// Whether an address or range of addresses lies within another.
fn within(inner: &Value, outer: &Value) -> bool {
    let range = |value: &Value| Range::of(value.as_text()?);
    inner == outer || range(inner).zip(range(outer)).is_some_and(|(inner, outer)| inner.is_within(outer))
}

/// A range of addresses: the first bits of an address of so many.
#[derive(Debug, Clone, Copy)]
struct Range {
    bits: u128,
    width: u32,
    length: u32,
}

impl Range {
    fn of(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let (bits, width) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let length = length.map_or(Some(width), |length| length.parse().ok())?;
        (length <= width).then_some(Self { bits, width, length })
    }

    fn is_within(self, outer: Self) -> bool {
        let prefix = |range: Self| range.bits.checked_shr(self.width - outer.length).unwrap_or(0);
        self.width == outer.width && self.length >= outer.length && prefix(self) == prefix(outer)
    }
}
