//! A message about spec text: what is wrong, where, and how to mend it.
//!
//! Owns: the form of a message, its order among others, and the bridge to `miette`'s renderers. Refuses to know: how it
//! looks on a screen (the binary picks the renderer) and which messages exist (see `codes`).

use std::fmt;

use miette::{LabeledSpan, MietteError, Severity as MietteSeverity, SourceCode, SourceSpan, SpanContents};

use crate::codes::Code;
use crate::source::{FileId, Index, SourceFile, Sources, Span};

/// The most characters of a message or label, and of a help text: they quote the spec, whose strings have no limit.
const LONGEST_MESSAGE: usize = 300;
const LONGEST_HELP: usize = 800;

/// Whether a character could move the cursor or turn the line around.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Text on one line, without hidden characters.
fn one_line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(4 * most));
    for c in text.chars().take(most) {
        if is_hidden(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    if text.chars().nth(most).is_some() {
        line.push('…');
    }
    line
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The spec cannot be used.
    Error,
    /// The spec can be used, but says something it probably does not mean.
    Warning,
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The text that is underlined.
    pub span: Span,
    /// What is said about it.
    pub text: String,
}

/// One problem of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, listed in [`crate::CODES`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// Places; the first is where the problem is.
    pub labels: Vec<Label>,
    /// A way out.
    pub help: Option<String>,
}

impl Diagnostic {
    pub(crate) fn error(code: Code, message: impl Into<String>) -> Self {
        let message = one_line(&message.into(), LONGEST_MESSAGE);
        Diagnostic { code: code.code, severity: Severity::Error, message, labels: Vec::new(), help: None }
    }

    pub(crate) fn warning(code: Code, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
    }

    pub(crate) fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: one_line(&text.into(), LONGEST_MESSAGE) });
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(one_line(&help.into(), LONGEST_HELP));
        self
    }

    pub(crate) fn help_if(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Where it is; nowhere for a problem with the command line or a file that could not be read.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Renders it as plain text: `file:line:column: error[code]: message`, labels and help below.
    pub fn plain(&self, sources: &Sources) -> String {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let place = self.span().map(|span| format!("{}: ", sources.locate(span))).unwrap_or_default();
        let mut text = format!("{place}{severity}[{}]: {}\n", self.code, self.message);
        for label in &self.labels {
            text.push_str(&format!("    {} {}\n", sources.locate(label.span), label.text));
        }
        for (index, line) in self.help.iter().flat_map(|help| help.lines()).enumerate() {
            text.push_str(if index == 0 { "    help: " } else { "          " });
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// Sorts by place, then by code. Problems without a place come first.
pub(crate) fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| (a.span(), a.code, &a.message).cmp(&(b.span(), b.code, &b.message)));
}

/// A diagnostic together with the texts it points into, for `miette`'s renderers.
#[derive(Debug)]
pub struct Report<'a> {
    diagnostic: &'a Diagnostic,
    text: Option<FileText<'a>>,
    elsewhere: Vec<Elsewhere<'a>>,
}

impl<'a> Report<'a> {
    /// Joins a diagnostic with its texts.
    pub fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let home = diagnostic.span().map(|span| span.file);
        let elsewhere = diagnostic
            .labels
            .iter()
            .filter(|label| Some(label.span.file) != home)
            .map(|label| Elsewhere { label, text: FileText::of(sources, label.span.file) })
            .collect();
        Report { diagnostic, text: home.and_then(|file| FileText::of(sources, file)), elsewhere }
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<MietteSeverity> {
        Some(match self.diagnostic.severity {
            Severity::Error => MietteSeverity::Error,
            Severity::Warning => MietteSeverity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.text.as_ref().map(|text| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.text.as_ref()?;
        let home = self.diagnostic.span()?.file;
        let labels = self.diagnostic.labels.iter().filter(move |label| label.span.file == home);
        Some(Box::new(labels.enumerate().map(|(index, label)| labeled(label, index == 0))))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|place| place as &dyn miette::Diagnostic)))
    }
}

/// A label in another file than the problem's own: `miette` renders one file for each diagnostic.
#[derive(Debug)]
struct Elsewhere<'a> {
    label: &'a Label,
    text: Option<FileText<'a>>,
}

impl fmt::Display for Elsewhere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label.text)
    }
}

impl std::error::Error for Elsewhere<'_> {}

impl miette::Diagnostic for Elsewhere<'_> {
    fn severity(&self) -> Option<MietteSeverity> {
        Some(MietteSeverity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.text.as_ref().map(|text| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.text.as_ref()?;
        Some(Box::new(std::iter::once(labeled(self.label, true))))
    }
}

fn labeled(label: &Label, primary: bool) -> LabeledSpan {
    let start = label.span.start as usize;
    let span = SourceSpan::from(start..(label.span.end as usize).max(start));
    let text = Some(label.text.clone());
    if primary { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
}

/// A file's text under its name.
#[derive(Debug)]
struct FileText<'a> {
    file: &'a SourceFile,
    index: &'a Index,
}

impl<'a> FileText<'a> {
    fn of(sources: &'a Sources, file: FileId) -> Option<Self> {
        Some(FileText { file: sources.get(file)?, index: sources.index(file)? })
    }
}

impl SourceCode for FileText<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // The crate counts lines from the start of what it is given: it is given the lines it may need.
        let text = &self.file.text;
        let first = self.index.line(span.offset()).saturating_sub(before);
        let last = self.index.line(span.offset() + span.len()) + after + 1;
        let start = self.index.start_of(first);
        let window = text.get(start..self.index.end_of(last, text)).ok_or(MietteError::OutOfBounds)?;
        let within = span.offset().checked_sub(start).ok_or(MietteError::OutOfBounds)?;
        let contents = window.read_span(&(within, span.len()).into(), before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.file.name.clone(),
            contents.data(),
            (start + contents.span().offset(), contents.span().len()).into(),
            first + contents.line(),
            contents.column(),
            first + contents.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn quoted_text_stays_on_its_line() {
        assert_eq!(one_line("a\nb\u{1b}[2J\u{202e}c", 100), "a\\nb\\u{1b}[2J\\u{202e}c");
        assert_eq!(one_line("äöü", 2), "äö…");
        assert_eq!(one_line("äö", 2), "äö");
    }
}
