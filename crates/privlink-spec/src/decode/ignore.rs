//! `ignore "target/orders/targets" attribute="addresses" reason="…" until="2027-01-31"`: drift that is known, for a while.

use crate::codes;
use crate::date::{self, Date};
use crate::diagnostic::{self, Diagnostic};
use crate::document::{Ignore, Spanned};
use crate::node::Node;
use crate::read::{Context, Form, Shape};
use crate::value;

const IGNORE: Shape = Shape { props: &["attribute", "reason", "until"], ..Shape::one("an address") };

/// A reason stands in a line of a table.
const LONGEST_REASON: usize = 200;

pub(super) fn decode(cx: &Context, node: &Node) -> Option<Ignore> {
    let form = Form::new(cx, node, &IGNORE);
    let address = form.arg().and_then(|address| self::address(cx, address));
    let attribute = form.text("attribute").and_then(|attribute| self::attribute(cx, attribute));
    let reason = form.needed_text("reason").and_then(|reason| self::reason(cx, reason));
    let until = form.needed_text("until").and_then(|until| self::until(cx, &until));
    // Without the attribute that was meant it would ignore all of them.
    let complete = form.value("attribute").is_none() || attribute.is_some();
    complete.then_some(())?;
    Some(Ignore { address: address?, attribute, reason: reason?, until: until?, span: node.span })
}

/// Of what addresses are made. What AWS names, such as ARNs, can be part of an address; a pattern cannot.
fn is_address_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./:@+={}".contains(c)
}

fn address(cx: &Context, address: Spanned<String>) -> Option<Spanned<String>> {
    let text = address.value.as_str();
    let odd = text.chars().find(|c| !is_address_character(*c));
    let sound = odd.is_none() && text.split('/').all(|part| !part.is_empty());
    value::keep(cx, codes::IGNORE_ADDRESS, address, sound, |text| {
        let trimmed = text.trim_end_matches(['/', '*']);
        let help = match odd {
            Some('*') if text.ends_with('*') && trimmed.chars().all(is_address_character) && !trimmed.is_empty() => {
                format!("an address stands for all that is under it: write \"{trimmed}\"")
            }
            Some(c) => {
                format!("{c:?} cannot stand in it: addresses read like \"target/orders/targets\", as plans show them")
            }
            None if text.ends_with('/') && !trimmed.is_empty() => {
                format!("leave the slash at its end out: \"{trimmed}\"")
            }
            None => String::from("addresses read like \"target/orders/targets\", as plans show them"),
        };
        (format!("`{text}` is no address, nor the start of one"), help)
    })
}

fn attribute(cx: &Context, attribute: Spanned<String>) -> Option<Spanned<String>> {
    let text = attribute.value.as_str();
    let sound = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c));
    value::keep(cx, codes::IGNORE_ATTRIBUTE, attribute, sound, |text| {
        let help = "an attribute reads like \"health-check-path\", as plans show it; leave it out to mean all of them";
        (format!("`{text}` is no attribute"), String::from(help))
    })
}

fn reason(cx: &Context, reason: Spanned<String>) -> Option<Spanned<String>> {
    let text = reason.value.as_str();
    let odd = text.chars().find(|c| diagnostic::is_hidden(*c));
    let blank = text.trim().is_empty();
    let sound = !blank && odd.is_none() && text.chars().count() <= LONGEST_REASON;
    value::keep(cx, codes::IGNORE_REASON, reason, sound, |_| {
        let message = if blank {
            String::from("the reason says nothing")
        } else if let Some(c) = odd {
            format!("the reason is not one line of text: it holds {c:?}")
        } else {
            format!("the reason is longer than {LONGEST_REASON} characters")
        };
        (
            message,
            format!(
                "say in a line of 1 to {LONGEST_REASON} characters who does what: whoever looks at the drift reads it"
            ),
        )
    })
}

fn until(cx: &Context, until: &Spanned<String>) -> Option<Spanned<Date>> {
    let read = Date::parse(&until.value);
    if read.is_none() {
        cx.report(
            Diagnostic::error(codes::IGNORE_UNTIL, format!("`{}` is no date", until.value))
                .at(until.span, "not a date")
                .help(no_date(&until.value)),
        );
    }
    read.map(|value| Spanned { value, span: until.span })
}

/// What to write instead of something that is no date.
fn no_date(text: &str) -> String {
    let numbers: Vec<u16> = text.split(['-', '/', '.']).filter_map(|part| part.parse().ok()).collect();
    let &[year, month, day] = numbers.as_slice() else {
        return String::from("write the last day it counts as year-month-day: \"2027-01-31\"");
    };
    let month = u8::try_from(month).unwrap_or(u8::MAX);
    let last = date::days(year, month);
    match u8::try_from(day).ok().and_then(|day| Date::new(year, month, day)) {
        Some(date) if year >= 1000 => format!("write \"{date}\""),
        _ if year >= 1000 && last > 0 => match Date::new(year, month, last) {
            Some(date) => format!("the last day of that month is \"{date}\""),
            None => String::from("write it with four digits of the year: \"2027-01-31\""),
        },
        _ if year >= 1000 => String::from("months are 01 to 12: \"2027-01-31\""),
        _ => String::from("write the year with four digits and first: \"2027-01-31\""),
    }
}
