//! Emphasis on a terminal: colours and weights, or nothing.
//!
//! Owns: escape sequences. Refuses to know: meaning; every view says in words or symbols what a colour only repeats.

/// How text is marked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Style {
    /// Whether escape sequences are written.
    pub(crate) color: bool,
}

impl Style {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
    /// What is new.
    pub(crate) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }
    /// What goes, and what failed.
    pub(crate) fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }
    /// What changes, and what is to be minded.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }
    /// Headings.
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }
    /// What matters less.
    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }
}

#[cfg(test)]
mod tests {
    use super::Style;

    #[test]
    fn without_colour_text_is_left_alone() {
        assert_eq!(Style { color: false }.red("gone"), "gone");
        assert_eq!(Style { color: true }.red("gone"), "\x1b[31mgone\x1b[0m");
    }
}
