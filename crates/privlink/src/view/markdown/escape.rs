//! Text of others inside markdown: names, addresses, policies and AWS's words, which are shown and never obeyed.
//!
//! Owns: what keeps such text from opening or closing markup, making links, or calling people. Refuses to know: pages.
//!
//! GitHub looks for `@name`, `#12` and addresses of pages in what markdown made, so a backslash before them helps nothing:
//! only inside code are they left alone. So whatever is not plainly a word is written as code.
//!
//! **Invariant:** what comes out of [`code`], [`prose`] and [`summary`] has no line break; nothing inside a [`fence`] ends it.

use crate::view::words::visible;

/// How many characters of one text are shown outside of fences.
const LONGEST: usize = 300;

/// A name as code.
pub(crate) fn code(text: &str) -> String {
    let text = short(&visible(text));
    let text = if text.trim().is_empty() { "(empty)" } else { &text };
    let ticks = "`".repeat(longest_run(text) + 1);
    // Markdown takes one space off both ends, which lets backticks stand there.
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// A sentence: its plain words as they are, all else as code.
pub(crate) fn prose(text: &str) -> String {
    let text = short(&visible(text));
    let mut parts: Vec<String> = Vec::new();
    let mut odd: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        if is_plain(word) {
            flush(&mut odd, &mut parts);
            parts.push(word.to_owned());
        } else {
            odd.push(word);
        }
    }
    flush(&mut odd, &mut parts);
    parts.join(" ")
}

/// Odd words that follow one another are one piece of code; a comma or a bracket at its end is not of it.
fn flush(odd: &mut Vec<&str>, parts: &mut Vec<String>) {
    if odd.is_empty() {
        return;
    }
    let joined = odd.join(" ");
    odd.clear();
    let inner = joined.trim_start_matches(['(', '"']).trim_end_matches(['.', ',', ';', ':', ')', '"']);
    match joined.split_once(inner).filter(|_| !inner.trim().is_empty()) {
        Some((open, close)) => parts.push(format!("{open}{}{close}", code(inner))),
        None => parts.push(code(&joined)),
    }
}

/// A text for the line of a fold, which is HTML and not markdown.
pub(crate) fn summary(text: &str) -> String {
    let text = short(&visible(text));
    format!("<code>{}</code>", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// Lines between fences that are longer than any row of backticks or tildes in them.
pub(crate) fn fence<T: AsRef<str>>(language: &str, lines: impl IntoIterator<Item = T>) -> String {
    let mut body = String::new();
    for line in lines {
        body.push_str(&visible(line.as_ref()));
        body.push('\n');
    }
    let ticks = "`".repeat((longest_run(&body) + 1).max(3));
    format!("{ticks}{language}\n{body}{ticks}\n")
}

/// Whether a word cannot be taken for markup, a link, a person, an issue, a commit or the mark of a list.
fn is_plain(word: &str) -> bool {
    let core = word.trim_start_matches(['(', '"', '\'']).trim_end_matches([')', ',', ';', ':', '.', '"', '\'', '?']);
    let letters = |letter: char| letter.is_alphanumeric() || "(),;:.\"'?!/%+-=→·–—…".contains(letter);
    let path = core.contains(':') || core.starts_with("--") || (core.contains('/') && core.len() > 3);
    let mut pieces = word.split(|letter: char| !letter.is_alphanumeric());
    let number = |piece: &str| piece.len() >= 7 && piece.chars().all(|letter| letter.is_ascii_hexdigit());
    let linked = pieces.any(|piece| number(piece) || ["www", "gh"].contains(&&*piece.to_ascii_lowercase()));
    word.chars().all(letters) && !(path || linked || is_list_mark(word))
}

fn is_list_mark(word: &str) -> bool {
    let rest = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let rule = !word.is_empty() && word.chars().all(|letter| "-+=".contains(letter));
    rule || (rest.len() < word.len() && (rest == "." || rest == ")"))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}
