//! Diagnostics and findings, all at once: underlined in the spec's text, or as JSON.
//!
//! Owns: one form for messages about spec text and about the world, and the line that counts them. Refuses to know: which
//! messages exist. Graphical on a terminal, plain ASCII without one.

use privlink_model::{Finding, Origin, Severity};
use privlink_spec::source::{FileId, Span};
use privlink_spec::{Diagnostic, Label, Report, Severity as SpecSeverity, Sources};
use serde_json::{Value as Json, json};

use super::{event_stream, words};
use crate::streams::{Sink, Streams};

/// How wide a message may grow.
const WIDTH: usize = 110;

/// What is wrong, in one form.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    severity: Severity,
    diagnostic: Diagnostic,
}

impl Message {
    /// A message about spec text.
    pub(crate) fn of_spec(diagnostic: &Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            SpecSeverity::Error => Severity::Error,
            SpecSeverity::Warning => Severity::Warning,
        };
        Self { severity, diagnostic: diagnostic.clone() }
    }

    /// A message about spec and world together.
    pub(crate) fn of_finding(finding: &Finding) -> Self {
        let label = |span| Label { span, text: finding.label.clone().unwrap_or_else(|| "here".to_owned()) };
        let message = match &finding.address {
            Some(address) if finding.origin.is_none() && !finding.message.contains(address.as_str()) => {
                format!("{address}: {}", finding.message)
            }
            _ => finding.message.clone(),
        };
        let diagnostic = Diagnostic {
            code: finding.code,
            severity: match finding.severity {
                Severity::Error | Severity::Unknown => SpecSeverity::Error,
                Severity::Warning | Severity::Note => SpecSeverity::Warning,
            },
            message,
            labels: finding
                .origin
                .map(|at| label(Span { file: FileId(at.file), start: at.start, end: at.end }))
                .into_iter()
                .collect(),
            help: finding.help.clone(),
        };
        Self { severity: finding.severity, diagnostic }
    }

    /// How grave it is.
    pub(crate) fn severity(&self) -> Severity {
        self.severity
    }
}

/// A place in the spec, as findings carry it.
pub(crate) fn origin(Span { file, start, end }: Span) -> Origin {
    Origin { file: file.0, start, end }
}

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
    let report = Report::new(&message.diagnostic, sources);
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
        Err(_) => format!("{}\n", message.diagnostic.plain(sources)),
    }
}

/// `3 errors, 1 warning`; none when there is nothing to count.
pub(crate) fn summary(messages: &[Message]) -> Option<String> {
    let of = |severity| messages.iter().filter(|message| message.severity == severity).count();
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
    let all: Vec<Json> = messages.iter().map(|message| one(message, sources)).collect();
    json!({ "format_version": "1.0", "diagnostics": all })
}

/// One message as JSON.
pub(crate) fn one(message: &Message, sources: &Sources) -> Json {
    let labels: Vec<Json> = message.diagnostic.labels.iter().map(|label| place(label, sources)).collect();
    json!({
        "severity": severity(message.severity),
        "code": message.diagnostic.code,
        "message": message.diagnostic.message,
        "labels": labels,
        "help": message.diagnostic.help,
    })
}

/// How grave something is, as programs read it.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Unknown => "unknown",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn place(label: &Label, sources: &Sources) -> Json {
    let located = sources.locate(label.span);
    let mut parts = located.rsplitn(3, ':');
    let column = parts.next().and_then(|text| text.parse::<u64>().ok());
    let line = parts.next().and_then(|text| text.parse::<u64>().ok());
    json!({
        "file": parts.next(),
        "line": line,
        "column": column,
        "start": label.span.start,
        "end": label.span.end,
        "text": label.text,
    })
}
