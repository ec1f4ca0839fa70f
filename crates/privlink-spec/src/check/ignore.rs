//! Ignored drift among itself: one reason and one end for each thing.

use std::collections::HashMap;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::document::{Document, Ignore};

pub(super) fn check(document: &Document, out: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(&str, Option<&str>), &Ignore> = HashMap::new();
    for ignore in &document.ignores {
        let attribute = ignore.attribute.as_ref().map(|attribute| attribute.value.as_str());
        let first = *seen.entry((&ignore.address.value, attribute)).or_insert(ignore);
        if first.span != ignore.span {
            let of = attribute.map(|attribute| format!(" of `{attribute}`")).unwrap_or_default();
            let message = format!("drift{of} in `{}` is ignored twice", ignore.address.value);
            out.push(
                Diagnostic::error(codes::IGNORE_TWICE, message)
                    .at(ignore.span, "ignored again here")
                    .at(first.span, "ignored first here")
                    .help("keep one of them, with the later date if both are meant"),
            );
        }
    }
}
