//! One message about spec text or about the world, in one form, and as JSON.
//!
//! Owns: what a message is made of. Refuses to know: which messages exist, and how people see them (see `diagnostics`).

use privlink_model::{Finding, Origin, Severity};
use privlink_spec::source::{FileId, Span};
use privlink_spec::{Diagnostic, Label, Severity as SpecSeverity, Sources};
use serde_json::{Value as Json, json};

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

    /// What is shown of it in the spec's text.
    pub(crate) fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }
}

/// A place in the spec, as findings carry it.
pub(crate) fn origin(Span { file, start, end }: Span) -> Origin {
    Origin { file: file.0, start, end }
}

/// One message as JSON.
pub(crate) fn json(message: &Message, sources: &Sources) -> Json {
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
