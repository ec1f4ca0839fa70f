//! Findings: what lints and look-ups have to say about a plan.

use crate::address::Address;
use crate::desired::Origin;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing can be applied before it is mended.
    Error,
    /// Something that is needed could not be read.
    Unknown,
    /// Worth knowing, in the way of nothing.
    Warning,
    /// A note.
    Note,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code, such as `privlink::vpc::not-found`.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// The resource it is about.
    pub address: Option<Address>,
    /// The place in the spec it points at.
    pub origin: Option<Origin>,
    /// What stands under the underlined text.
    pub label: Option<String>,
    /// A way out.
    pub help: Option<String>,
}

impl Finding {
    /// An error at a place in the spec.
    pub fn error(code: &'static str, message: impl Into<String>, origin: Origin) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            address: None,
            origin: Some(origin),
            label: None,
            help: None,
        }
    }

    /// A warning at a place in the spec.
    pub fn warning(code: &'static str, message: impl Into<String>, origin: Origin) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message, origin) }
    }

    /// Adds what stands under the underlined text.
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a way out.
    pub fn helped(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the resource it is about.
    pub fn about(mut self, address: &Address) -> Self {
        self.address = Some(address.clone());
        self
    }
}
