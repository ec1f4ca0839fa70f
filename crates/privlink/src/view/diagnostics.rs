//! Diagnostics and findings, all at once: underlined in the spec's text, or as JSON.
//!
//! Owns: how messages are shown, and the line that counts them. Refuses to know: what a message is made of (see `message`).
//! Graphical on a terminal, plain ASCII without one.

use privlink_model::Severity;
use privlink_spec::{Report, Sources};
use serde_json::{Value as Json, json};

use super::message::{self, Message};
use super::{event_stream, words};
use crate::sink::Sink;
use crate::streams::Streams;

/// How wide a message may grow.
const WIDTH: usize = 110;

/// Tells people, and a program that asked for events, all messages.
pub(crate) fn tell(messages: &[Message], sources: &Sources, streams: &Streams) {
    write(messages, sources, &streams.err);
    messages.iter().for_each(|message| streams.events.say(|| event_stream::diagnostic(message, sources)));
}

/// Writes all messages and the line that counts them; nothing when there are none.
pub(crate) fn write(messages: &[Message], sources: &Sources, sink: &Sink) {
    for message in messages {
        sink.write(&rendered(message, sources, sink));
    }
    if let Some(summary) = summary(messages) {
        sink.line(&sink.style.bold(&summary));
    }
}

fn rendered(message: &Message, sources: &Sources, sink: &Sink) -> String {
    let report = Report::new(message.diagnostic(), sources);
    let theme = match (sink.terminal, sink.style.color) {
        (true, true) => miette::GraphicalTheme::unicode(),
        (true, false) => miette::GraphicalTheme::unicode_nocolor(),
        (false, true) => {
            miette::GraphicalTheme { characters: miette::ThemeCharacters::ascii(), styles: miette::ThemeStyles::ansi() }
        }
        (false, false) => miette::GraphicalTheme::none(),
    };
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_links(false);
    let mut text = String::new();
    match handler.render_report(&mut text, &report) {
        Ok(()) => format!("{}\n\n", text.trim_end()),
        // A span that does not fit its text: the message still has to be seen.
        Err(_) => format!("{}\n", message.diagnostic().plain(sources)),
    }
}

/// `3 errors, 1 warning`; none when there is nothing to count.
pub(crate) fn summary(messages: &[Message]) -> Option<String> {
    let of = |severity| messages.iter().filter(|message| message.severity() == severity).count();
    let counts = [
        (of(Severity::Error), "error"),
        (of(Severity::Unknown), "unread place"),
        (of(Severity::Warning), "warning"),
        (of(Severity::Note), "note"),
    ];
    let parts: Vec<String> =
        counts.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| words::count(number, noun)).collect();
    if parts.is_empty() { None } else { Some(parts.join(", ")) }
}

/// All messages as JSON.
pub(crate) fn json(messages: &[Message], sources: &Sources) -> Json {
    let all: Vec<Json> = messages.iter().map(|message| message::json(message, sources)).collect();
    json!({ "format_version": "1.0", "diagnostics": all })
}
