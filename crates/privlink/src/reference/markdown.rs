//! Markdown, as far as the pages need it: sentences, cells, tables.
//!
//! Owns: what has to be escaped where. Refuses to know: what is written.

/// A table that is written row by row.
pub(super) struct Table {
    text: String,
}

impl Table {
    /// Begins a table with the titles of its columns.
    pub(super) fn new(titles: &[&str]) -> Self {
        let rule: String = titles.iter().map(|_| "| --- ").collect();
        Self { text: format!("\n| {} |\n{rule}|\n", titles.join(" | ")) }
    }

    /// Adds a row.
    pub(super) fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        let cells: Vec<String> = cells.iter().map(|cell| self::cell(cell.as_ref())).collect();
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    /// The whole table.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Text on one line, its bars escaped: GitHub takes them for the ends of cells even within code.
fn cell(text: &str) -> String {
    prose(&text.replace('|', "\\|").replace('\n', " "))
}

/// Text in which nothing outside of code is taken for HTML.
pub(super) fn prose(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    let escaped = pieces.map(|(number, piece)| match number % 2 {
        0 => piece.replace('<', "&lt;"),
        _ => piece.to_owned(),
    });
    escaped.collect::<Vec<_>>().join("`")
}

/// Text of several paragraphs, in which lines that are indented by four are code.
pub(super) fn paragraphs(text: &str) -> String {
    let lines = text.trim_end().lines();
    let escaped = lines.map(|line| if line.starts_with("    ") { line.to_owned() } else { prose(line) });
    escaped.collect::<Vec<_>>().join("\n")
}

/// A text as code.
pub(super) fn code(text: &str) -> String {
    format!("`{text}`")
}

/// Texts as code, one after another.
pub(super) fn codes<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(|text| code(text.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A text that begins and ends as a sentence does.
pub(super) fn sentence(text: &str) -> String {
    let mut text = text.trim().to_owned();
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    if !text.is_empty() && !text.ends_with(['.', '?', '!', ':']) {
        text.push('.');
    }
    text
}

/// Where a link to a title on the same page leads, by GitHub's rule.
pub(super) fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
    kept.map(|character| if character == ' ' { '-' } else { character.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_angle_brackets_do_no_harm() {
        let mut table = Table::new(&["a", "b"]);
        table.row(&["x | <y>", "`AWS_<SERVICE>` and <z>"]);
        assert_eq!(table.finish(), "\n| a | b |\n| --- | --- |\n| x \\| &lt;y> | `AWS_<SERVICE>` and &lt;z> |\n");
        assert_eq!(paragraphs("a <b>\n\n    c <d>\n"), "a &lt;b>\n\n    c <d>");
    }

    #[test]
    fn sentences_begin_and_end() {
        assert_eq!([sentence("its id"), sentence("`a` is"), sentence("Done.")], ["Its id.", "`a` is.", "Done."]);
    }

    #[test]
    fn links_lead_where_github_puts_titles() {
        assert_eq!(anchor("`privlink::account::no-region`"), "privlinkaccountno-region");
        assert_eq!(anchor("VPC link"), "vpc-link");
    }
}
