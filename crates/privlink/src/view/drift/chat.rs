//! A drift check as a message for a chat, in the form of Slack's webhooks, which others take too.
//!
//! Owns: the message and Slack's limits: 3,000 characters a block and 50 blocks. Refuses to know: where it is sent.
//! Texts of others are escaped: `&`, `<` and `>` are all that Slack obeys in one, and what is between backticks is left alone.

use serde_json::{Value as Json, json};

use super::{Report, access, what};
use crate::view::words;

/// How many characters a block may have.
const BLOCK: usize = 3_000;
/// How many resources are named before the rest is counted.
const NAMED: usize = 30;
/// How many characters of one line are shown.
const LINE: usize = 200;

/// The message. `page` is where more is read.
pub(crate) fn message(report: Report<'_>, page: Option<&str>) -> Json {
    let drift = report.drift;
    let verdict = escaped(&report.verdict());
    let title = format!("*{}* — {verdict}", escaped(&drift.project));
    let mut blocks = vec![section(&title)];
    let mut text = String::new();
    for drifted in report.gravest().into_iter().take(NAMED) {
        let keys: Vec<&str> = drifted.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
        let keys = match drifted.what {
            privlink_plan::What::Changed => format!(": {}", words::list(&keys)),
            _ => String::new(),
        };
        let by = drifted.by.as_ref().map(|deed| format!(" (by {})", deed.by)).unwrap_or_default();
        let access = access(drifted, report.kinds).map(|access| format!(", *{access}*")).unwrap_or_default();
        let line = format!("• {} `{}`{keys}{access}{by}", what(drifted), drifted.address.as_str().replace('`', "'"));
        let line = escaped(&line.chars().take(LINE).collect::<String>());
        if text.chars().count() + line.chars().count() + 1 > BLOCK {
            blocks.push(section(&std::mem::take(&mut text)));
        }
        text.push_str(&line);
        text.push('\n');
    }
    if drift.found.len() > NAMED {
        text.push_str(&format!("and {} more\n", drift.found.len() - NAMED));
    }
    if !text.is_empty() {
        blocks.push(section(&text));
    }
    if let Some(page) = page {
        blocks.push(section(&format!("<{}|More>", escaped(page).replace('|', "%7C"))));
    }
    json!({ "text": format!("{}: {verdict}", escaped(&drift.project)), "blocks": blocks })
}

fn section(text: &str) -> Json {
    let text: String = text.chars().take(BLOCK).collect();
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

fn escaped(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !letter.is_control() || *letter == '\n').collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
